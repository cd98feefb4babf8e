/**
 * `when` after an edit (RFC 7950 sections 8.2 and 8.3.2): what the edit set must be possible, and what it has made
 * impossible goes, which can make more impossible. Runs on the difference of the edit, by the inverse index.
 */
import type { Overlay } from '../../datastore/view/overlay.ts';
import type { RowChange, RowKey } from '../../datastore/view/view.ts';
import type { Fault } from '../../yang/fault.ts';
import type { DataSchemaNode } from '../../yang/schema/node.ts';
import { Agenda } from '../validate/agenda.ts';
import type { Check, ConstraintIndex, WhenCheck } from '../validate/constraints.ts';
import { impossible } from '../validate/faults.ts';
import { Instances } from '../validate/instance.ts';
import type { ConditionalNode } from './apply.ts';
import { clear } from './clear.ts';
import { RowDraft } from './draft.ts';

const whens: ReadonlySet<Check['kind']> = new Set(['when']);

export interface Settled {
  /** Of nodes that were set and may not be; they are gone from the overlay. */
  readonly faults: readonly Fault[];
  /** Whether anything was taken away. */
  readonly isChanged: boolean;
}

/** `changes`: the difference that the overlay is. */
export function* settleConditions(
  index: ConstraintIndex,
  overlay: Overlay,
  changes: readonly RowChange[],
  conditional: readonly ConditionalNode[],
): Generator<void, Settled> {
  const { keys } = overlay;
  const faults: Fault[] = [];
  let instances = new Instances(overlay);
  const holding = new Map<DataSchemaNode, Set<RowKey>>();
  for (const { row, node } of conditional) {
    yield;
    if (!isThere(instances, row, node)) continue;
    if (instances.holds(row, node)) {
      const rows = holding.get(node);
      if (rows) rows.add(row);
      else holding.set(node, new Set([row]));
      continue;
    }
    const path = keys.node(row) === node ? keys.path(row) : keys.path(row, node);
    faults.push(impossible(path, node.name, node.whens));
    takeAway(overlay, row, node);
    instances = new Instances(overlay);
    holding.clear();
  }
  let isChanged = faults.length > 0;
  let pending = isChanged ? overlay.changes() : changes;
  while (pending.length > 0) {
    const agenda = new Agenda(index, overlay, whens);
    for (const change of pending) {
      agenda.add(change);
      yield;
    }
    const gone: RowChange[] = [];
    for (const { key, checks } of agenda.items()) {
      yield;
      for (const check of checks) {
        if (check.kind !== 'when' || holding.get(check.node)?.has(key)) continue;
        if (!isMade(instances, key, check) || instances.holds(key, check.node)) continue;
        gone.push(...takeAway(overlay, key, check.node));
        instances = new Instances(overlay);
        holding.clear();
      }
    }
    isChanged ||= gone.length > 0;
    pending = gone;
  }
  return { faults, isChanged };
}

/** Whether the node that was set is still there: a container in a row is as long as the row is. */
function isThere(instances: Instances, row: RowKey, node: DataSchemaNode): boolean {
  const found = instances.row(row);
  if (!found) return false;
  if (node.kind !== 'leaf' && node.kind !== 'anydata' && node.kind !== 'anyxml') return true;
  return found.leaves.has(node);
}

function isMade(instances: Instances, key: RowKey, { holder, node }: WhenCheck): boolean {
  if (holder === node) return instances.view.get(key) !== undefined;
  const row = instances.row(key);
  return row !== undefined && instances.exists(key, row, node);
}

/** Removes the node; says which rows changed by that. */
function takeAway(overlay: Overlay, key: RowKey, node: DataSchemaNode): RowChange[] {
  const { keys } = overlay;
  const before = new Map<RowKey, RowChange>();
  const remember = (at: RowKey) => {
    for (const { key: below, node: of, row } of overlay.subtree(at)) {
      before.set(below, { key: below, node: of, before: row, after: undefined });
    }
  };
  if (keys.node(key) === node) {
    remember(key);
    overlay.delete(key);
  } else {
    const row = overlay.get(key);
    if (row) before.set(key, { key, node: keys.node(key), before: row, after: undefined });
    if (node.kind !== 'leaf') remember(key);
    const draft = new RowDraft(overlay, key, keys.node(key));
    clear(overlay, keys, draft, node);
    draft.write();
  }
  return [...before.values()]
    .map((change) => ({ ...change, after: overlay.get(change.key) }))
    .filter((change) => change.before !== change.after);
}
