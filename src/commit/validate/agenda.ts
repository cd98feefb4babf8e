/**
 * What a difference makes worth checking: rows, each once, with the checks that they are the context of, in the order in
 * which the changed rows stand. Rows of the configuration are read only on the ways that the routes of triggers name.
 */
import type { KeySpace, KeyStep } from '../../datastore/key/key.ts';
import { type ColumnNode, isImplicit } from '../../datastore/row/shape.ts';
import type { StoreView } from '../../datastore/view/source.ts';
import type { Row, RowChange, RowKey, RowNode } from '../../datastore/view/view.ts';
import type { DataSchemaNode, LeafListNode, LeafNode } from '../../yang/schema/node.ts';
import { casesOf } from '../edit/case.ts';
import type { Check, ConstraintIndex, Trigger } from './constraints.ts';
import { rowsBelow, rowsRelated } from './way.ts';

/** A row, and what of it is to be checked. */
export interface Item {
  readonly key: RowKey;
  /** Checks that this row is the context of, each once. */
  readonly checks: readonly Check[];
  /** Of a structure check: the children whose number may have changed; none here: all. */
  readonly counts: ReadonlyMap<Check, ReadonlySet<RowNode>> | undefined;
}

class NotedRow implements Item {
  readonly key: RowKey;
  checks: Check[] = [];
  counts: Map<Check, Set<RowNode>> | undefined;
  /** `checks` are all that the row can be the context of: the list is shared, and nothing is left to note. */
  isWhole = false;

  constructor(key: RowKey) {
    this.key = key;
  }

  whole(checks: Check[]): void {
    this.checks = checks;
    this.counts = undefined;
    this.isWhole = true;
  }

  note(check: Check, child: RowNode | undefined): void {
    if (this.isWhole) return;
    if (!this.checks.includes(check)) {
      this.checks.push(check);
      if (child === undefined) return;
      this.counts ??= new Map();
      this.counts.set(check, new Set([child]));
    } else if (child === undefined) this.counts?.delete(check);
    else this.counts?.get(check)?.add(child);
  }
}

/** What in a row sets off triggers: the row itself by coming or going (no column), or a column. */
interface Source {
  readonly column: ColumnNode | undefined;
  readonly triggers: readonly Trigger[];
}

/** What a child that comes or goes asks of the row above it. */
interface ParentCheck {
  readonly check: Check;
  readonly counts: boolean;
}

export class Agenda {
  readonly #index: ConstraintIndex;
  readonly #keys: KeySpace;
  readonly #after: StoreView;
  readonly #kinds: ReadonlySet<Check['kind']> | undefined;
  readonly #rows = new Map<RowKey, NotedRow>();
  // What the index says of schema nodes, worked out when the first of their rows comes up.
  readonly #ownChecks = new Map<RowNode | undefined, Check[]>();
  readonly #parentChecks = new Map<RowNode, readonly ParentCheck[]>();
  readonly #sources = new Map<RowNode | undefined, readonly Source[]>();
  /** What was looked up for the change at hand: several constraints join by one leaf. */
  readonly #looked: { readonly by: DataSchemaNode; readonly value: string; readonly rows: readonly RowKey[] }[] = [];

  /** `kinds`: only these are noted. */
  constructor(index: ConstraintIndex, after: StoreView, kinds?: ReadonlySet<Check['kind']>) {
    this.#index = index;
    this.#keys = after.keys;
    this.#after = after;
    this.#kinds = kinds;
  }

  /** The rows noted so far. */
  items(): Iterable<Item> {
    return this.#rows.values();
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
    const checks = this.#checksOf(node);
    if (checks.length > 0) this.#noted(key).whole(checks);
    for (const check of node ? (this.#index.uniqueParts.get(node) ?? []) : []) {
      const owner = this.#keys.decode(key).findLast((step) => step.node === check.node);
      if (owner) this.#note(check, owner.key);
    }
  }

  /** The checks of rows of the node, of the wanted kinds. */
  #checksOf(node: RowNode | undefined): Check[] {
    let checks = this.#ownChecks.get(node);
    if (checks === undefined) {
      checks = (this.#index.byRow.get(node) ?? []).filter(({ kind }) => this.#wants(kind));
      this.#ownChecks.set(node, checks);
    }
    return checks;
  }

  #wants(kind: Check['kind']): boolean {
    return this.#kinds === undefined || this.#kinds.has(kind);
  }

  /** A child came or went: how many there are, and which case is selected, is the parent's matter. */
  #parent(key: RowKey, child: RowNode): void {
    let asked = this.#parentChecks.get(child);
    if (asked === undefined) {
      const switches = casesOf(child).length > 0 || foldedCase(child);
      asked = this.#checksOf(this.#keys.shape.of(child).parent)
        .map((check) => ({ check, counts: check.kind === 'structure' }))
        .filter(({ counts }) => counts || switches);
      this.#parentChecks.set(child, asked);
    }
    if (asked.length === 0) return;
    const noted = this.#noted(this.#keys.parentOf(key, child));
    for (const { check, counts } of asked) noted.note(check, counts ? child : undefined);
  }

  /** The contexts elsewhere that read what changed. */
  #affected(change: RowChange): void {
    const sources = this.#sourcesOf(change.node);
    if (sources.length === 0) return;
    const gone = new Set<number>();
    this.#looked.length = 0;
    let steps: readonly KeyStep[] | undefined;
    for (const source of sources) {
      if (!isChanged(source, change)) continue;
      for (const trigger of source.triggers) {
        const { check, way } = trigger;
        if (gone.has(way)) continue;
        gone.add(way);
        steps ??= this.#keys.decode(change.key);
        for (const context of this.#contexts(trigger, steps)) {
          this.#note(check, context);
          if (check.kind === 'when' && !this.#kinds) this.#around(check.node, context);
        }
      }
    }
  }

  /**
   * What in rows of a node sets off triggers, but for those that lead back to the row: where it is left, all of its checks
   * are noted already.
   */
  #sourcesOf(row: RowNode | undefined): readonly Source[] {
    let sources = this.#sources.get(row);
    if (sources === undefined) {
      const nodes: DataSchemaNode[] = [...(row ? [row] : []), ...this.#keys.shape.of(row).columns];
      sources = nodes.flatMap((node) => {
        const triggers = (this.#index.triggers.get(node) ?? []).filter(({ check, route }) => {
          if (!this.#wants(check.kind)) return false;
          const isOwn = route.kind === 'ancestor' && route.node !== undefined && route.node === row;
          return !isOwn || check.holder !== row || (check.kind === 'when' && check.node === row);
        });
        if (triggers.length === 0) return [];
        return [{ column: node === row ? undefined : (node as ColumnNode), triggers }];
      });
      this.#sources.set(row, sources);
    }
    return sources;
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
        for (const row of this.#rowsWith(by, value)) yield* rowsRelated(view, keys, row, check.holder);
        return;
      }
    }
    yield* rowsBelow(view, keys, '', undefined, check.holder);
  }

  #rowsWith(by: LeafNode | LeafListNode, value: string): readonly RowKey[] {
    const known = this.#looked.find((one) => one.by === by && one.value === value);
    if (known !== undefined) return known.rows;
    const rows = [...this.#after.rowsWith(by, value)];
    this.#looked.push({ by, value, rows });
    return rows;
  }

  /** Values and nodes that are gone: who referred to them is asked whether another instance remains. */
  #vanished({ key, node, before, after }: RowChange): void {
    if (!before || !this.#wants('reference')) return;
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

  #note(check: Check, key: RowKey): void {
    if (this.#wants(check.kind)) this.#noted(key).note(check, undefined);
  }

  #noted(key: RowKey): NotedRow {
    let noted = this.#rows.get(key);
    if (noted === undefined) {
      noted = new NotedRow(key);
      this.#rows.set(key, noted);
    }
    return noted;
  }
}

/** Whether an instance in the row came, went or has another value; a default that did so included. */
function isChanged({ column }: Source, { before, after }: RowChange): boolean {
  const existence = !before !== !after;
  if (column === undefined) return existence;
  if (!existence) return before?.leaves.get(column) !== after?.leaves.get(column);
  return hasDefault(column) || (before ?? after)?.leaves.has(column) === true;
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
