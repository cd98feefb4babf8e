/** sluice-cross-connects as values. */
import type { KeySpace } from '../../datastore/key/key.ts';
import type { Row, RowKey, View } from '../../datastore/view/view.ts';
import type { LeafNode, ListNode } from '../../yang/schema/node.ts';
import { containerAt, leafAt, listAt, requiredValue } from '../nodes.ts';

export const CROSS_CONNECTS = '/sluice-cross-connects:cross-connects';
export const CROSS_CONNECT = `${CROSS_CONNECTS}/cross-connect`;

export class CrossConnectModel {
  readonly keys: KeySpace;
  readonly crossConnect: ListNode;
  readonly a: LeafNode;
  readonly b: LeafNode;
  readonly base: RowKey;

  constructor(keys: KeySpace) {
    this.keys = keys;
    this.crossConnect = listAt(keys.schema, CROSS_CONNECT);
    this.a = leafAt(keys.schema, `${CROSS_CONNECT}/interface-a`);
    this.b = leafAt(keys.schema, `${CROSS_CONNECT}/interface-b`);
    this.base = keys.child('', containerAt(keys.schema, CROSS_CONNECTS));
  }

  nameOf(key: RowKey): string {
    return this.keys.valueOf(key, this.crossConnect);
  }

  /** Names of the two interfaces. */
  ends(row: Row): readonly [string, string] {
    return [requiredValue(row, this.a), requiredValue(row, this.b)];
  }

  /** Keys of the cross-connects that an interface is an end of, with the leaf that names it; one where all is well. */
  *of(view: View, name: string): Generator<readonly [RowKey, LeafNode]> {
    for (const leaf of [this.a, this.b]) for (const key of view.rowsWith(leaf, name)) yield [key, leaf];
  }
}
