/**
 * What a change of a datastore is to one subscriber (RFC 8641 section 3.3): from what was seen before to what is seen
 * after. It costs what the change costs, not what the datastore holds.
 */
import type { KeyStep } from '../../../../datastore/key/key.ts';
import { type ColumnNode, isImplicit, isOrdered } from '../../../../datastore/row/shape.ts';
import type { RowChange, RowKey, RowNode } from '../../../../datastore/view/view.ts';
import type { Wanted } from '../../filter/selector.ts';
import type { ChangeType } from '../subscription/terms.ts';
import type { Sight } from './sight.ts';

/** What happened to one row with all below it, or to one leaf or anydata of a row. */
export interface Entry {
  readonly key: RowKey;
  /** Undefined: the root. */
  readonly node: RowNode | undefined;
  readonly column?: ColumnNode;
  readonly operation: ChangeType;
}

/** Rows in key order, parents before what is below them; also rows that are the same may be among them. */
export function* changeEntries(rows: Iterable<RowChange>, before: Sight, after: Sight): Iterable<Entry> {
  let passed: RowKey | undefined;
  for (const change of rows) {
    if (passed !== undefined && change.key.startsWith(passed)) continue;
    passed = undefined;
    const step = turningPoint(change, before, after);
    if (step !== undefined) {
      passed = step.key;
      const operation = rowOperation(step, before, after);
      if (operation !== undefined) yield { key: step.key, node: step.node, operation };
      continue;
    }
    yield* inRow(change, before, after);
  }
}

/** The outermost row on the way to a changed one that is seen before and after in different ways, or not at all. */
function turningPoint(
  { key, node, before: old, after: now }: RowChange,
  before: Sight,
  after: Sight,
): KeyStep | undefined {
  for (const step of before.view.keys.decode(key)) {
    const was = before.of(step.key, step.node);
    const is = after.of(step.key, step.node);
    if (was === 'none' && is === 'none') return step;
    if (!isSame(was, is) && !isPassed(step, was, is, before, after)) return step;
    const cameOrWent = step.node === node && step.key === key && (old === undefined) !== (now === undefined);
    if (cameOrWent && !isImplicit(step.node)) return step;
  }
  return undefined;
}

/** A container without presence in which a filter begins, or ceases, to select something: what it selects is told of itself. */
function isPassed({ node, key }: KeyStep, was: Wanted, is: Wanted, before: Sight, after: Sight): boolean {
  if (!isImplicit(node) || was === 'all' || is === 'all') return false;
  return before.mayRead(node, key) && after.mayRead(node, key);
}

function isSame(a: Wanted, b: Wanted): boolean {
  return typeof a === 'string' || typeof b === 'string' ? a === b : a.sameAs(b);
}

function rowOperation({ key, node }: KeyStep, before: Sight, after: Sight): ChangeType | undefined {
  const was = before.shows(key, node);
  const is = after.shows(key, node);
  if (was) return is ? 'replace' : 'delete';
  if (!is) return undefined;
  return isOrdered(node) ? 'insert' : 'create';
}

function* inRow({ key, node, before: old, after: now }: RowChange, before: Sight, after: Sight): Iterable<Entry> {
  if (node !== undefined && isOrdered(node) && old?.position !== now?.position && after.shows(key, node)) {
    yield { key, node, operation: 'move' };
  }
  for (const [column, value] of old?.leaves ?? []) {
    if (isKey(column) || !before.column(column, key, node)) continue;
    const next = now?.leaves.get(column);
    if (next === undefined || !after.column(column, key, node)) yield { key, node, column, operation: 'delete' };
    else if (next !== value) yield { key, node, column, operation: 'replace' };
  }
  for (const column of now?.leaves.keys() ?? []) {
    if (isKey(column) || !after.column(column, key, node)) continue;
    if (old?.leaves.has(column) === true && before.column(column, key, node)) continue;
    yield { key, node, column, operation: 'create' };
  }
}

function isKey(column: ColumnNode): boolean {
  return column.kind === 'leaf' && column.isKey;
}
