/**
 * Where two sets of changes from one starting point meet (draft-ietf-netconf-privcand, "What is a conflict?"): both have
 * changed one value, or one's existence; the members of one leaf-list; the order of one user-ordered list; the case of one
 * choice; or one has deleted what the other works in. Costs what the changes cost.
 */
import type { KeySpace } from '../../../datastore/key/key.ts';
import { type ColumnNode, isImplicit, isOrdered, isRow } from '../../../datastore/row/shape.ts';
import type { RowChange, RowKey } from '../../../datastore/view/view.ts';
import type {
  CaseNode,
  ChoiceNode,
  DataSchemaNode,
  LeafListNode,
  ListNode,
  SchemaNode,
} from '../../../yang/schema/node.ts';

export type Conflict =
  /** A leaf, or anydata, in a row that both keep. */
  | { readonly kind: 'value'; readonly key: RowKey; readonly column: ColumnNode }
  /** A row that one has created or deleted and the other changed, created or deleted, or changed something below. */
  | { readonly kind: 'row'; readonly key: RowKey }
  | { readonly kind: 'members'; readonly parent: RowKey; readonly node: LeafListNode }
  | { readonly kind: 'order'; readonly parent: RowKey; readonly node: ListNode }
  /** `mine` is what this side has set, in another case than the other side. */
  | { readonly kind: 'case'; readonly key: RowKey; readonly choice: ChoiceNode; readonly mine: CaseNode };

/** One side's changes, by what they can meet in. */
class Side {
  readonly rows = new Map<RowKey, RowChange>();
  readonly members = new Map<string, { readonly parent: RowKey; readonly node: LeafListNode }>();
  readonly orders = new Map<string, { readonly parent: RowKey; readonly node: ListNode }>();
  readonly cases = new Map<string, { readonly key: RowKey; readonly choice: ChoiceNode; readonly set: CaseNode }>();
  readonly #keys: KeySpace;
  #deletes = false;

  constructor(keys: KeySpace) {
    this.#keys = keys;
  }

  *add(changes: readonly RowChange[]): Generator<void, void> {
    for (let i = 0; i < changes.length; i++) {
      this.#add(changes[i] as RowChange);
      if (i % ROWS_PER_STEP === 0) yield;
    }
  }

  /** The outermost row at or above a key that this side has deleted. */
  deletedAbove(key: RowKey): RowKey | undefined {
    if (!this.#deletes) return undefined;
    return this.#keys.decode(key).find((step) => deletes(this.rows.get(step.key)))?.key;
  }

  #add(change: RowChange): void {
    const { key, node, before, after } = change;
    this.rows.set(key, change);
    this.#deletes ||= deletes(change);
    const parent = node === undefined ? '' : this.#keys.parentOf(key, node);
    if (node?.kind === 'leaf-list') this.members.set(idOf(parent, node), { parent, node });
    else if (node?.kind === 'list' && isOrdered(node) && after !== undefined && before?.position !== after.position) {
      this.orders.set(idOf(parent, node), { parent, node });
    }
    if (after === undefined) return;
    if (before === undefined && node !== undefined) this.#addCases(parent, node);
    for (const column of changedColumns(change)) if (after.leaves.has(column)) this.#addCases(key, column);
  }

  /** The cases, inside of the row of `key`, that a node which was set stands in. */
  #addCases(key: RowKey, node: DataSchemaNode): void {
    for (let at = node.parent; at !== undefined; at = at.parent) {
      if (at.kind === 'case' && at.parent?.kind === 'choice') {
        this.cases.set(idOf(key, at.parent), { key, choice: at.parent, set: at });
      } else if (at.kind !== 'choice' && (at.kind !== 'container' || isRow(at))) return;
    }
  }
}

/** Rows between two turns of the event loop. */
export const ROWS_PER_STEP = 250;

/** Conflicts in document order of the places where this side meets the other, found in steps. */
export function* conflictSteps(
  keys: KeySpace,
  mine: readonly RowChange[],
  theirs: readonly RowChange[],
): Generator<void, readonly Conflict[]> {
  if (mine.length === 0 || theirs.length === 0) return [];
  const own = new Side(keys);
  yield* own.add(mine);
  const other = new Side(keys);
  yield* other.add(theirs);
  const found = new Map<string, Conflict>();
  const row = (key: RowKey): void => {
    if (!found.has(key)) found.set(key, { kind: 'row', key });
  };
  let done = 0;
  for (const change of mine) {
    if (++done % ROWS_PER_STEP === 0) yield;
    const { key, node } = change;
    if (change.after !== undefined) {
      const gone = other.deletedAbove(keys.parent(key) ?? '');
      if (gone !== undefined) {
        row(gone);
        continue;
      }
    }
    const met = other.rows.get(key);
    if (met === undefined || node?.kind === 'leaf-list') continue;
    if (existence(change) || existence(met)) row(own.deletedAbove(key) ?? key);
    else {
      const columns = new Set(changedColumns(met));
      for (const column of changedColumns(change)) {
        if (columns.has(column)) found.set(idOf(key, column), { kind: 'value', key, column });
      }
    }
  }
  for (const { key, after } of theirs) {
    if (++done % ROWS_PER_STEP === 0) yield;
    const gone = after && own.deletedAbove(keys.parent(key) ?? '');
    if (gone !== undefined) row(gone);
  }
  for (const [id, { parent, node }] of own.members) {
    if (other.members.has(id)) found.set(`members ${id}`, { kind: 'members', parent, node });
  }
  for (const [id, { parent, node }] of own.orders) {
    if (other.orders.has(id)) found.set(`order ${id}`, { kind: 'order', parent, node });
  }
  for (const [id, { key, choice, set }] of own.cases) {
    const met = other.cases.get(id);
    if (met !== undefined && met.set !== set) found.set(`case ${id}`, { kind: 'case', key, choice, mine: set });
  }
  return [...found.values()].sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : placeOf(a) > placeOf(b) ? 1 : 0));
}

/** The columns that differ; of a row that came or went all that it has. */
export function changedColumns({ before, after }: RowChange): readonly ColumnNode[] {
  const changed: ColumnNode[] = [];
  for (const [column, value] of after?.leaves ?? []) if (before?.leaves.get(column) !== value) changed.push(column);
  for (const column of before?.leaves.keys() ?? []) if (after?.leaves.has(column) !== true) changed.push(column);
  return changed;
}

const numbers = new WeakMap<SchemaNode, number>();
let lastNumber = 0;

/** One name for what a node is in or directly below one row; paths do not tell cases apart. */
export function idOf(key: RowKey, node: SchemaNode): string {
  let number = numbers.get(node);
  if (number === undefined) {
    number = ++lastNumber;
    numbers.set(node, number);
  }
  return `${key} ${number}`;
}

function placeOf(conflict: Conflict): RowKey {
  return 'key' in conflict ? conflict.key : conflict.parent;
}

/** Whether a row that stands for something came or went. */
function existence({ node, before, after }: RowChange): boolean {
  return !isImplicit(node) && (before === undefined) !== (after === undefined);
}

function deletes(change: RowChange | undefined): boolean {
  return change !== undefined && change.after === undefined && !isImplicit(change.node);
}
