/**
 * Deletions that follow from another change: of the other cases of a choice of which one was set, and of what a `when` no
 * longer allows. They need no access right of their own (RFC 8341 section 3.2.3, "implicit side effect").
 */
import { asRow } from '../../datastore/row/shape.ts';
import type { RowKey } from '../../datastore/view/view.ts';
import type { DataSchemaNode } from '../../yang/schema/node.ts';
import { casesOf } from '../edit/case.ts';
import { Instances } from '../validate/instance.ts';
import type { StoreChange } from '../validate/validate.ts';

/** Tells of a node that the change has deleted, by the row that it was or was in, whether that had to be. */
export function impliedDeletions({ after }: StoreChange): (key: RowKey, node: DataSchemaNode) => boolean {
  const { keys } = after;
  let instances: Instances | undefined;

  /** `parent`: the row in which the node is a child, or would be. */
  function isExcluded(node: DataSchemaNode, own: RowKey, parent: RowKey): boolean {
    instances ??= new Instances(after);
    const row = instances.row(parent);
    // Gone with what it was in.
    if (row === undefined) return false;
    for (const { others } of casesOf(node)) {
      for (const other of others) if (instances.exists(parent, row, other)) return true;
    }
    return node.whens.length > 0 && !instances.holds(own, node);
  }

  return (key, deleted) => {
    let own = key;
    for (let node: DataSchemaNode | undefined = deleted; node; ) {
      const parent = asRow(node) ? (keys.parent(own) ?? '') : own;
      if (isExcluded(node, own, parent)) return true;
      own = parent;
      const above: DataSchemaNode['dataParent'] = node.dataParent;
      node = above && 'index' in above ? above : undefined;
    }
    return false;
  };
}
