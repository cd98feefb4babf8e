/**
 * Validation by difference (RFC 7950 section 8): given that `before` is valid, what can the change have made invalid? The
 * rows that differ are checked, and the contexts that the inverse index leads to; nothing else is read.
 */
import { defaultOf } from '../../datastore/reading/defaults.ts';
import { atOnce } from '../../datastore/reading/steps.ts';
import type { StoreView } from '../../datastore/view/source.ts';
import type { Row, RowChange, RowKey, RowNode } from '../../datastore/view/view.ts';
import type { Fault } from '../../yang/fault.ts';
import type { DataSchemaNode, LeafNode } from '../../yang/schema/node.ts';
import { notUnique } from '../edit/faults.ts';
import { inSlices } from '../slices.ts';
import { Agenda } from './agenda.ts';
import type { Check, ConstraintIndex, MustCheck, ReferenceCheck, UniqueCheck } from './constraints.ts';
import { impossible, instanceRequired, mustViolated } from './faults.ts';
import { Instances } from './instance.ts';
import { refersToInstance } from './reference.ts';
import { structureFaults } from './structure.ts';

/** A difference between views of the datastore. */
export interface StoreChange {
  readonly before: StoreView;
  readonly after: StoreView;
  readonly rows: readonly RowChange[];
}

export interface ValidateOptions {
  /** `before` is no valid datastore but nothing: what no row stands for is checked too. */
  readonly whole?: boolean;
  /** More faults than these are not looked for. */
  readonly limit?: number;
}

export const FAULT_LIMIT = 100;

/** Faults of one row: what explains others first. */
const ranks: readonly Check['kind'][] = ['structure', 'reference', 'unique', 'when', 'must'];

const none: readonly Fault[] = [];

/** All faults, up to the limit, in document order of their contexts. */
export function validate(index: ConstraintIndex, change: StoreChange, options: ValidateOptions = {}): readonly Fault[] {
  return atOnce(new Validation(index, change, options).run());
}

/** As `validate`, letting the event loop turn. The views must not change meanwhile. */
export function validateInSlices(
  index: ConstraintIndex,
  change: StoreChange,
  options: ValidateOptions = {},
): Promise<readonly Fault[]> {
  return inSlices(new Validation(index, change, options).run());
}

class Validation {
  readonly #agenda: Agenda;
  readonly #instances: Instances;
  readonly #change: StoreChange;
  readonly #whole: boolean;
  readonly #limit: number;

  constructor(index: ConstraintIndex, change: StoreChange, { whole, limit }: ValidateOptions) {
    this.#change = change;
    this.#agenda = new Agenda(index, change.after);
    this.#instances = new Instances(change.after);
    this.#whole = whole ?? false;
    this.#limit = limit ?? FAULT_LIMIT;
  }

  /** Yields between pieces of work. */
  *run(): Generator<void, readonly Fault[]> {
    if (this.#whole) this.#agenda.addImplicit();
    for (const row of this.#change.rows) {
      this.#agenda.add(row);
      yield;
    }
    const found: { readonly key: RowKey; readonly rank: number; readonly id: number; readonly fault: Fault }[] = [];
    for (const item of this.#agenda.items()) {
      const { key, counts } = item;
      const row = this.#instances.row(key);
      if (row === undefined) continue;
      for (const check of item.checks) {
        for (const fault of this.#faults(check, key, row, counts?.get(check))) {
          found.push({ key, rank: ranks.indexOf(check.kind), id: check.id, fault });
        }
      }
      if (found.length >= this.#limit) break;
      yield;
    }
    found.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.rank - b.rank || a.id - b.id));
    return found.slice(0, this.#limit).map(({ fault }) => fault);
  }

  #faults(check: Check, key: RowKey, row: Row, counts: ReadonlySet<RowNode> | undefined): Iterable<Fault> {
    switch (check.kind) {
      case 'must':
        return this.#must(check, key, row);
      case 'when':
        if (!this.#stands(check.holder, key, row, check.node) || this.#instances.holds(key, check.node)) return none;
        return [impossible(this.#path(key, check.node), check.node.name, check.node.whens)];
      case 'reference':
        return this.#reference(check, key, row);
      case 'structure':
        return structureFaults(this.#instances, key, row, check.requirements, counts);
      case 'unique':
        return this.#unique(check, key);
    }
  }

  /** Whether the node was made: the row itself, or a child in it. */
  #stands(holder: DataSchemaNode | undefined, key: RowKey, row: Row, node: DataSchemaNode): boolean {
    return holder === node ? this.#change.after.get(key) !== undefined : this.#instances.exists(key, row, node);
  }

  #must({ holder, node, constraint }: MustCheck, key: RowKey, row: Row): Iterable<Fault> {
    const there =
      holder === node ||
      (node.kind === 'container'
        ? this.#instances.isInUse(key, row, node) && this.#instances.isPossible(key, node)
        : this.#instances.exists(key, row, node) ||
          (node.kind === 'leaf' && this.#valueOf(node, key, row) !== undefined));
    if (!there || constraint.expression.test(this.#instances.tree, this.#instances.tree.node(key, node))) return none;
    return [mustViolated(this.#path(key, node), constraint)];
  }

  #reference({ node }: ReferenceCheck, key: RowKey, row: Row): Iterable<Fault> {
    const value = node.kind === 'leaf' ? this.#valueOf(node, key, row) : this.#change.after.keys.last(key)?.keys[0];
    if (value === undefined || refersToInstance(this.#instances, key, node, node.type, value)) return none;
    return [instanceRequired(this.#path(key, node), value, node.type)];
  }

  /** Two entries that are alike are one fault, at the later one, or at the changed one where the other is not changed. */
  *#unique({ node, leaves }: UniqueCheck, key: RowKey): Iterable<Fault> {
    const { after, before } = this.#change;
    const { keys } = after;
    const values: string[] = [];
    const places: RowKey[] = [];
    for (const leaf of leaves) {
      const place = this.#rowOf(leaf, node, key);
      const row = after.get(place);
      const value = row && (row.leaves.get(leaf) ?? defaultOf(row, leaf));
      if (value === undefined) return;
      values.push(value);
      places.push(place);
    }
    for (const other of after.rowsWithUnique(keys.parent(key) ?? '', node, leaves, values)) {
      if (other === key) continue;
      if (other > key && before.get(other) === undefined) continue;
      const paths = leaves.map((leaf, index) => keys.path(places[index] ?? key, leaf));
      const names = leaves.map((leaf) => leaf.name).join(', ');
      const twin = keys.path(other);
      yield { ...notUnique(keys.path(key), paths, `${twin} has the same ${names}`), mentions: [twin] };
      return;
    }
  }

  #rowOf(leaf: LeafNode, list: DataSchemaNode, entry: RowKey): RowKey {
    const { keys } = this.#change.after;
    const holder = keys.shape.holder(leaf);
    if (!holder || holder === list) return entry;
    const way = [holder];
    for (let at = keys.shape.of(holder).parent; at && at !== list; at = keys.shape.of(at).parent) way.unshift(at);
    return way.reduce((at, node) => keys.child(at, node), entry);
  }

  /** The value, or the default in use. */
  #valueOf(leaf: LeafNode, key: RowKey, row: Row): string | undefined {
    const value = row.leaves.get(leaf);
    if (value !== undefined || leaf.default === undefined) return value;
    const isInUse = this.#instances.isInUse(key, row, leaf) && this.#instances.isPossible(key, leaf);
    return isInUse ? leaf.default : undefined;
  }

  #path(key: RowKey, node: DataSchemaNode): string {
    const { keys } = this.#change.after;
    return keys.node(key) === node ? keys.path(key) : keys.path(key, node);
  }
}
