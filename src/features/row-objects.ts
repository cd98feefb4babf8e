/** Objects of the engine of which each is one row with the rows below it, and may refer to interfaces. */
import type { PlannedOperation } from '../commit/feature.ts';
import type { RowKey, RowNode } from '../datastore/view/view.ts';
import type { ObjectKind } from '../engine/gen/sluice_pb.js';
import type { LeafNode } from '../yang/schema/node.ts';
import { EnginePlan, type Wanted } from './engine-plan.ts';
import type { InterfaceChange } from './interfaces/change.ts';
import type { InterfaceObjects } from './interfaces/objects.ts';

export interface RowObjects {
  readonly kind: ObjectKind;
  /** For people. */
  readonly label: string;
  /** Whose rows the objects are. */
  readonly node: RowNode;
  /** Leaves of the row, or of one below it, that name interfaces: the object is planned when such a one is touched. */
  readonly interfaceLeaves?: readonly LeafNode[];
  /** The object's name in the engine. */
  name(key: RowKey): string;
  /** Undefined: nothing, because the row or what it refers to is not there. */
  wanted(objects: InterfaceObjects, key: RowKey): Wanted | undefined;
  /** Rows that belong to an interface by where they are. */
  below?(objects: InterfaceObjects, name: string): Iterable<RowKey>;
}

export function planRows(change: InterfaceChange, rows: RowObjects): readonly PlannedOperation[] {
  const plan = new EnginePlan();
  const { before, after } = change;
  const { keys } = after.interfaces;
  const seen = new Set<RowKey>();
  const own = `${rows.node.path}/`;
  for (const { node, key } of change.change.rows) {
    if (node === rows.node) planRow(key);
    else if (node?.path.startsWith(own)) planOwner(key);
  }
  for (const name of change.touched) {
    for (const objects of [before, after]) {
      for (const leaf of rows.interfaceLeaves ?? [])
        for (const key of objects.view.rowsWith(leaf, name)) planOwner(key);
      for (const key of rows.below?.(objects, name) ?? []) planRow(key);
    }
  }
  return plan.operations;

  function planOwner(key: RowKey): void {
    const owner = keys.decode(key).find(({ node }) => node === rows.node)?.key;
    if (owner !== undefined) planRow(owner);
  }

  function planRow(key: RowKey): void {
    if (seen.has(key)) return;
    seen.add(key);
    plan.object(
      rows.kind,
      rows.label,
      rows.name(key),
      () => rows.wanted(before, key),
      () => rows.wanted(after, key),
    );
  }
}
