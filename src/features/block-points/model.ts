/** sluice-block-points as values. */
import type { KeySpace } from '../../datastore/key/key.ts';
import type { RowKey } from '../../datastore/view/view.ts';
import type { ContainerNode, LeafNode, ListNode } from '../../yang/schema/node.ts';
import { containerAt, leafAt, listAt } from '../nodes.ts';
import { objectName } from '../object-name.ts';

export const BLOCK_POINTS = '/sluice-block-points:block-points';
export const BLOCK_POINT = `${BLOCK_POINTS}/block-point`;

export interface BlockPoint {
  readonly port: string;
  /** 0: untagged frames. */
  readonly vid: number;
}

export class BlockPointModel {
  readonly keys: KeySpace;
  readonly blockPoints: ContainerNode;
  readonly blockPoint: ListNode;
  readonly port: LeafNode;
  readonly base: RowKey;

  constructor(keys: KeySpace) {
    this.keys = keys;
    this.blockPoints = containerAt(keys.schema, BLOCK_POINTS);
    this.blockPoint = listAt(keys.schema, BLOCK_POINT);
    this.port = leafAt(keys.schema, `${BLOCK_POINT}/port`);
    this.base = keys.child('', this.blockPoints);
  }

  key({ port, vid }: BlockPoint): RowKey {
    return this.keys.child(this.base, this.blockPoint, [port, vlanOf(vid)]);
  }

  /** The block point in the key of its row. */
  read(key: RowKey): BlockPoint {
    const [, entry] = this.keys.decode(key);
    const vlan = entry?.keys[1];
    return { port: entry?.keys[0] as string, vid: vlan === 'untagged' ? 0 : Number(vlan) };
  }
}

/** The model's value for a VLAN identifier of the engine. */
export function vlanOf(vid: number): string {
  return vid === 0 ? 'untagged' : String(vid);
}

/** The engine's name of a block point, by the contract's convention. */
export function blockPointName({ port, vid }: BlockPoint): string {
  return objectName(port, vid);
}
