/**
 * What a difference makes worth checking: pairs of a check and the row of its context, each once, in the order in which
 * the changed rows stand. Rows of the configuration are read only on the ways that the routes of triggers name.
 */
import type { KeySpace, KeyStep } from '../../datastore/key.ts';
import { type ColumnNode, isImplicit } from '../../datastore/shape.ts';
import type { StoreView } from '../../datastore/source.ts';
import type { Row, RowChange, RowKey, RowNode } from '../../datastore/view.ts';
import type { DataSchemaNode, LeafListNode, LeafNode } from '../../yang/schema/node.ts';
import { casesOf } from '../edit/case.ts';
import type { Check, ConstraintIndex, Trigger } from './constraints.ts';
import { rowsBelow, rowsRelated } from './way.ts';

export interface Item {
  readonly check: Check;
  readonly key: RowKey;
  /** Of a structure check: the children whose number may have changed; undefined: all. */
  counts: Set<RowNode> | undefined;
}

export class Agenda {
  readonly #index: ConstraintIndex;
  readonly #keys: KeySpace;
  readonly #after: StoreView;
  readonly #kinds: ReadonlySet<Check['kind']> | undefined;
  readonly #items: Item[] = [];
  readonly #known = new Map<Check, Map<RowKey, Item>>();

  /** `kinds`: only these are noted. */
  constructor(index: ConstraintIndex, after: StoreView, kinds?: ReadonlySet<Check['kind']>) {
    this.#index = index;
    this.#keys = after.keys;
    this.#after = after;
    this.#kinds = kinds;
  }

  /** The items noted so far. Items that are noted while they are walked come up too. */
  items(): Iterable<Item> {
    return this.#items;
  }

  /** Notes what one changed row calls for. */
  add(change: RowChange): void {
    const { key, node, before, after } = change;
    if (after || isImplicit(node)) this.#row(key, node);
    if (node && !before !== !after) this.#parent(key, node);
    this.#affected(change);
    this.#vanished(change);
  }

  /** Notes everything that is asked of rows that exist implicitly, which no difference names: for a whole datastore. */
  addImplicit(): void {
    this.#row('', undefined);
    for (const node of this.#keys.shape.root.rows) {
      if (isImplicit(node) && node.config) this.#row(this.#keys.child('', node), node);
    }
  }

  #row(key: RowKey, node: RowNode | undefined): void {
    for (const check of this.#index.byRow.get(node) ?? []) this.#note(check, key);
    for (const check of node ? (this.#index.uniqueParts.get(node) ?? []) : []) {
      const owner = this.#keys.decode(key).findLast((step) => step.node === check.node);
      if (owner) this.#note(check, owner.key);
    }
  }

  /** A child came or went: how many there are, and which case is selected, is the parent's matter. */
  #parent(key: RowKey, child: RowNode): void {
    const parent = this.#keys.parent(key) ?? '';
    const node = this.#keys.shape.of(child).parent;
    const switches = casesOf(child).length > 0 || foldedCase(child);
    for (const check of this.#index.byRow.get(node) ?? []) {
      if (check.kind === 'structure') this.#note(check, parent, new Set([child]));
      else if (switches) this.#note(check, parent);
    }
  }

  /** The contexts elsewhere that read what changed. */
  #affected(change: RowChange): void {
    const gone = new Set<number>();
    let steps: readonly KeyStep[] | undefined;
    for (const node of changedNodes(this.#keys, change)) {
      for (const trigger of this.#index.triggers.get(node) ?? []) {
        const { check, way } = trigger;
        if (gone.has(way) || (this.#kinds && !this.#kinds.has(check.kind))) continue;
        gone.add(way);
        steps ??= this.#keys.decode(change.key);
        for (const context of this.#contexts(trigger, steps)) {
          this.#note(check, context);
          if (check.kind === 'when' && !this.#kinds) this.#around(check.node, context);
        }
      }
    }
  }

  /** A condition may have changed: what it asks for when it holds is asked of the row that the node is a child in. */
  #around(node: DataSchemaNode, key: RowKey): void {
    const last = this.#keys.last(key);
    const inRow = last && last.node === node ? (this.#keys.parent(key) ?? '') : key;
    const holder = last && last.node === node ? this.#keys.shape.of(last.node).parent : last?.node;
    for (const check of this.#index.byRow.get(holder) ?? []) {
      if (check.kind === 'structure' || check.kind === 'must') this.#note(check, inRow);
    }
  }

  *#contexts({ check, route }: Trigger, steps: readonly KeyStep[]): Iterable<RowKey> {
    const view = this.#after;
    const keys = this.#keys;
    if (route.kind === 'ancestor' && route.node !== undefined) {
      const from = steps.find((step) => step.node === route.node);
      if (from) {
        yield* rowsBelow(view, keys, from.key, from.node, check.holder);
        return;
      }
    }
    if (route.kind === 'join') {
      const entry = steps.findLast((step) => step.node === route.list);
      const by = route.by as LeafNode | LeafListNode;
      const place = route.list.kind === 'list' ? route.list.keys.indexOf(route.key as LeafNode) : 0;
      const value = entry?.keys[place];
      if (value !== undefined && view.plan.has(by)) {
        for (const row of view.rowsWith(by, value)) yield* rowsRelated(view, keys, row, check.holder);
        return;
      }
    }
    yield* rowsBelow(view, keys, '', undefined, check.holder);
  }

  /** Values and nodes that are gone: who referred to them is asked whether another instance remains. */
  #vanished({ key, node, before, after }: RowChange): void {
    if (!before || (this.#kinds && !this.#kinds.has('reference'))) return;
    if (node?.kind === 'leaf-list') {
      if (!after) this.#lost(node, this.#keys.last(key)?.keys[0] ?? '');
    } else {
      for (const [column, value] of before.leaves) {
        if (column.kind === 'leaf' && after?.leaves.get(column) !== value) this.#lost(column, value);
      }
    }
    if (this.#index.identifiers.length > 0) this.#unreachable(key, node, before, after);
  }

  #lost(target: LeafNode | LeafListNode, value: string): void {
    for (const check of this.#index.referrers.get(target) ?? []) {
      for (const row of this.#after.rowsWith(check.node, value)) this.#note(check, row);
    }
  }

  #unreachable(key: RowKey, node: RowNode | undefined, before: Row, after: Row | undefined): void {
    const paths: string[] = [];
    if (!after && node) paths.push(this.#keys.path(key));
    for (const column of before.leaves.keys()) {
      if (!after?.leaves.has(column)) paths.push(this.#keys.path(key, column));
    }
    for (const check of this.#index.identifiers) {
      if (!this.#after.plan.has(check.node)) {
        for (const row of rowsBelow(this.#after, this.#keys, '', undefined, check.holder)) this.#note(check, row);
        continue;
      }
      for (const path of paths) for (const row of this.#after.rowsWith(check.node, path)) this.#note(check, row);
    }
  }

  #note(check: Check, key: RowKey, counts?: Set<RowNode>): void {
    if (this.#kinds && !this.#kinds.has(check.kind)) return;
    let rows = this.#known.get(check);
    if (!rows) {
      rows = new Map();
      this.#known.set(check, rows);
    }
    const known = rows.get(key);
    if (!known) {
      const item = { check, key, counts };
      rows.set(key, item);
      this.#items.push(item);
    } else if (!counts) known.counts = undefined;
    else if (known.counts) for (const child of counts) known.counts.add(child);
  }
}

/** The schema nodes of which an instance in the row came, went or has another value; defaults that did so included. */
function* changedNodes(keys: KeySpace, { node, before, after }: RowChange): Iterable<DataSchemaNode> {
  const existence = !before !== !after;
  if (existence && node) yield node;
  const { columns } = keys.shape.of(node);
  if (existence) {
    for (const column of columns) {
      if (before?.leaves.has(column) || after?.leaves.has(column) || hasDefault(column)) yield column;
    }
    return;
  }
  for (const column of columns) {
    if (before?.leaves.get(column) !== after?.leaves.get(column)) yield column;
  }
}

function hasDefault(column: ColumnNode): boolean {
  return column.kind === 'leaf' && column.default !== undefined;
}

/** Whether the row node is in a non-presence container that is itself in a case. */
function foldedCase(child: RowNode): boolean {
  for (let at = child.dataParent; at?.kind === 'container' && !at.presence; at = at.dataParent) {
    if (casesOf(at).length > 0) return true;
  }
  return false;
}
