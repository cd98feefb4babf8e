/** What YANG does not say of mirrors at a commit's price: what is mirrored takes no copies. Looked up, never walked. */
import type { Change } from '../../datastore/view/view.ts';
import type { Fault } from '../../yang/fault.ts';
import type { LeafNode } from '../../yang/schema/node.ts';
import type { MirrorModel } from './model.ts';

export function checkMirrors(change: Change, model: MirrorModel): readonly Fault[] {
  const faults: Fault[] = [];
  for (const { node, key, after } of change.rows) {
    if (node !== model.mirror || after === undefined) continue;
    /** `own` of this mirror must not be `other` of any. */
    const apart = (own: LeafNode, other: LeafNode): void => {
      const [row] = change.after.rowsWith(other, after.leaves.get(own) ?? '');
      if (row === undefined) return;
      faults.push({
        type: 'application',
        tag: 'operation-failed',
        appTag: 'must-violation',
        path: model.keys.path(key, own),
        message: `It is the ${other.name} of mirror ${model.nameOf(row)}: copies of copies would never end.`,
        mentions: [model.keys.path(row)],
      });
    };
    apart(model.destination, model.source);
    apart(model.source, model.destination);
  }
  return faults;
}
