/**
 * A branch's changes on top of a running that has changed meanwhile: merged where they do not meet; where they do, either
 * side is kept whole (draft-ietf-netconf-privcand, "Conflict resolution"). Costs what the changes cost.
 */

import { isImplicit } from '../../../datastore/row/shape.ts';
import { Overlay } from '../../../datastore/view/overlay.ts';
import type { SourceView } from '../../../datastore/view/source.ts';
import type { Row, RowChange, RowKey, RowNode } from '../../../datastore/view/view.ts';
import type { DataSchemaNode, SchemaNode } from '../../../yang/schema/node.ts';
import { type Conflict, changedColumns, conflictSteps, idOf, ROWS_PER_STEP } from './conflicts.ts';

/** What is kept where the changes meet. */
export type Preference = 'candidate' | 'running';

export interface RebaseInput {
  /** The branch as it is, over running. */
  readonly candidate: SourceView;
  readonly running: SourceView;
  /** What the branch has changed, and what running has, both since the branch began; in key order. */
  readonly mine: readonly RowChange[];
  readonly theirs: readonly RowChange[];
}

export interface Rebased {
  readonly conflicts: readonly Conflict[];
  /** In steps, over running: what the branch says from now on. */
  merge(preference: Preference): Generator<void, Overlay>;
}

/** In steps, because there may be many changes. */
export function* rebaseSteps(input: RebaseInput): Generator<void, Rebased> {
  const conflicts = yield* conflictSteps(input.running.keys, input.mine, input.theirs);
  return { conflicts, merge: (preference) => new Merge(input, conflicts, preference).steps() };
}

class Merge {
  readonly #input: RebaseInput;
  readonly #conflicts: readonly Conflict[];
  readonly #preference: Preference;
  readonly #merged: Overlay;
  /** Rows that are settled with all below them, and columns and groups that are. */
  readonly #settled = new Set<string>();

  constructor(input: RebaseInput, conflicts: readonly Conflict[], preference: Preference) {
    this.#input = input;
    this.#conflicts = conflicts;
    this.#preference = preference;
    this.#merged = new Overlay(input.running);
  }

  *steps(): Generator<void, Overlay> {
    let done = 0;
    for (const conflict of this.#conflicts) {
      this.#settle(conflict);
      if (++done % ROWS_PER_STEP === 0) yield;
    }
    for (const change of this.#input.mine) {
      this.#take(change);
      if (++done % ROWS_PER_STEP === 0) yield;
    }
    return this.#merged;
  }

  /** Running's side is what the overlay says already; the candidate's is written. */
  #settle(conflict: Conflict): void {
    const keep = this.#preference === 'candidate';
    switch (conflict.kind) {
      case 'value':
        if (!keep) this.#settled.add(idOf(conflict.key, conflict.column));
        break;
      case 'row':
        this.#settled.add(conflict.key);
        if (keep) this.#restore(conflict.key);
        break;
      case 'members':
        this.#settled.add(idOf(conflict.parent, conflict.node));
        if (keep) this.#copyEntries(conflict.parent, conflict.node);
        break;
      case 'order':
        this.#settled.add(idOf(conflict.parent, conflict.node));
        if (keep) this.#copyOrder(conflict.parent, conflict.node);
        break;
      case 'case':
        if (keep) this.#clearCases(conflict);
        else this.#settled.add(idOf(conflict.key, conflict.mine));
    }
  }

  /** What the candidate says of a row and all below it, or that it is gone; the rows above it, too, where they are. */
  #restore(key: RowKey): void {
    const { candidate } = this.#input;
    this.#merged.delete(key);
    for (const above of candidate.keys.decode(key).slice(0, -1)) {
      const row = candidate.get(above.key);
      if (row !== undefined && this.#merged.get(above.key) === undefined) this.#put(above.key, above.node, row);
    }
    for (const { key: at, node, row } of candidate.subtree(key)) this.#put(at, node, row);
  }

  #copyEntries(parent: RowKey, node: RowNode): void {
    for (const { key } of [...this.#merged.entries(parent, node)]) this.#merged.delete(key);
    for (const { key, row } of this.#input.candidate.entries(parent, node)) this.#put(key, node, row);
  }

  /** The candidate's order; what only running has comes after. */
  #copyOrder(parent: RowKey, node: RowNode): void {
    const ordered = [...this.#input.candidate.entries(parent, node)];
    const own = new Set(ordered.map(({ key }) => key));
    const theirs = [...this.#merged.entries(parent, node)].filter(({ key }) => !own.has(key));
    for (const { key, row } of ordered) {
      const now = this.#merged.get(key);
      // An entry that running has deleted stays deleted: that is no question of order.
      if (now === undefined && !this.#isMine(key)) continue;
      this.#merged.put(key, node, {
        ...(now ?? row),
        ...(row.position === undefined ? {} : { position: row.position }),
      });
    }
    for (const { key } of theirs) this.#merged.place(key, { at: 'last' });
  }

  #isMine(key: RowKey): boolean {
    return this.#input.mine.some((change) => change.key === key);
  }

  /** Takes away what running has in the other cases of a choice. */
  #clearCases({ key, choice, mine }: Extract<Conflict, { kind: 'case' }>): void {
    const { keys } = this.#merged;
    const shape = keys.shape.of(keys.node(key));
    const others = (node: DataSchemaNode): boolean => isInside(node, choice) && !isInside(node, mine);
    for (const node of shape.rows.filter(others)) {
      for (const entry of [...this.#merged.entries(key, node)]) this.#merged.delete(entry.key);
    }
    const row = this.#merged.get(key);
    const leaves = [...(row?.leaves ?? [])].filter(([column]) => !others(column));
    if (row !== undefined && leaves.length < row.leaves.size) {
      this.#merged.put(key, keys.node(key), { ...row, leaves: new Map(leaves) });
    }
  }

  #take(change: RowChange): void {
    const { key, node, before, after } = change;
    if (this.#isSettled(key)) return;
    const parent = node === undefined ? '' : this.#merged.keys.parentOf(key, node);
    const isGroupSettled = node !== undefined && this.#settled.has(idOf(parent, node));
    if (isGroupSettled && node.kind === 'leaf-list') return;
    if (node !== undefined && this.#isCaseSettled(parent, node)) return;
    if (after === undefined) {
      if (isImplicit(node)) this.#takeColumns(change, undefined);
      else this.#merged.delete(key);
      return;
    }
    const now = this.#merged.get(key);
    if (now === undefined && before === undefined && !isImplicit(node)) {
      // A place that running has given away is not taken: the entry comes last.
      this.#put(key, node, isGroupSettled ? { leaves: after.leaves } : after);
      return;
    }
    this.#takeColumns(change, isGroupSettled || before?.position === after.position ? now?.position : after.position);
  }

  /** Changes those columns of the row of now that the candidate has changed. */
  #takeColumns(change: RowChange, position: string | undefined): void {
    const { key, node, after } = change;
    const leaves = new Map(this.#merged.get(key)?.leaves);
    for (const column of changedColumns(change)) {
      if (this.#settled.has(idOf(key, column)) || this.#isCaseSettled(key, column)) continue;
      const value = after?.leaves.get(column);
      if (value === undefined) leaves.delete(column);
      else leaves.set(column, value);
    }
    this.#put(key, node, { leaves, ...(position === undefined ? {} : { position }) });
  }

  #put(key: RowKey, node: RowNode | undefined, row: Row): void {
    this.#merged.put(key, node, row);
    const { position } = row;
    if (node === undefined || position === undefined) return;
    // Running may have given the place to another entry.
    const parent = this.#merged.keys.parentOf(key, node);
    for (const entry of this.#merged.placed(parent, node, true, `${position}\0`)) {
      if (entry.position !== position) return;
      if (entry.key === key) continue;
      this.#merged.place(key, { at: 'after', anchor: entry.key });
      return;
    }
  }

  /** At or below a row that is settled whole. */
  #isSettled(key: RowKey): boolean {
    return this.#settled.size > 0 && this.#merged.keys.decode(key).some((step) => this.#settled.has(step.key));
  }

  /** In a case that gave way to one of running. */
  #isCaseSettled(key: RowKey, node: DataSchemaNode): boolean {
    if (this.#settled.size === 0) return false;
    for (let at: SchemaNode | undefined = node; at !== undefined; at = at.parent) {
      if (at.kind === 'case' && this.#settled.has(idOf(key, at))) return true;
    }
    return false;
  }
}

function isInside(node: SchemaNode, above: SchemaNode): boolean {
  for (let at: SchemaNode | undefined = node; at !== undefined; at = at.parent) if (at === above) return true;
  return false;
}
