/** sluice-mirrors as values. */
import type { KeySpace } from '../../datastore/key/key.ts';
import type { RowKey, View } from '../../datastore/view/view.ts';
import { Direction } from '../../engine/gen/sluice_pb.js';
import type { ContainerNode, LeafNode, ListNode } from '../../yang/schema/node.ts';
import { containerAt, leafAt, listAt, requiredValue } from '../nodes.ts';

export const MIRRORS = '/sluice-mirrors:mirrors';
export const MIRROR = `${MIRRORS}/mirror`;

export interface Mirror {
  readonly name: string;
  readonly source: string;
  readonly direction: Direction;
  readonly destination: string;
}

const directions: Readonly<Record<string, Direction>> = {
  ingress: Direction.INGRESS,
  egress: Direction.EGRESS,
  both: Direction.BOTH,
};

export class MirrorModel {
  readonly keys: KeySpace;
  readonly mirrors: ContainerNode;
  readonly mirror: ListNode;
  readonly source: LeafNode;
  readonly destination: LeafNode;
  readonly base: RowKey;
  readonly #direction: LeafNode;

  constructor(keys: KeySpace) {
    this.keys = keys;
    this.mirrors = containerAt(keys.schema, MIRRORS);
    this.mirror = listAt(keys.schema, MIRROR);
    this.source = leafAt(keys.schema, `${MIRROR}/source`);
    this.destination = leafAt(keys.schema, `${MIRROR}/destination`);
    this.#direction = leafAt(keys.schema, `${MIRROR}/direction`);
    this.base = keys.child('', this.mirrors);
  }

  key(name: string): RowKey {
    return this.keys.child(this.base, this.mirror, [name]);
  }

  nameOf(key: RowKey): string {
    return this.keys.last(key)?.keys[0] as string;
  }

  read(view: View, key: RowKey): Mirror | undefined {
    const row = view.get(key);
    if (row === undefined) return undefined;
    return {
      name: this.nameOf(key),
      source: requiredValue(row, this.source),
      direction: directions[requiredValue(row, this.#direction)] ?? Direction.BOTH,
      destination: requiredValue(row, this.destination),
    };
  }
}
