/**
 * Changes over a view, themselves a view: what an edit writes to, and what a candidate is.
 *
 *     rows      key → row, or "gone" (that row alone)
 *     cleared   keys whose whole subtree of the base is hidden; none lies below another
 *     order     list, position → key           for the rows above that stand in ordered-by user lists
 *     index     index key                      for the rows above
 *     owners    unique group, key → index key  entries whose combination was computed anew
 *
 * Every operation costs O(log n) of the number of changes; `fork` shares all of it until either side writes.
 */
import sortedTree from 'sorted-btree';
import { LAST_POSITION, orderPrefix } from '../index-plan.ts';
import { END } from '../key/key.ts';
import { POSITION_LIMIT, positionBetween, positions } from '../key/position.ts';
import { StoredRow, sameRow, unknownOf } from '../row/row-codec.ts';
import { isImplicit, isOrdered } from '../row/shape.ts';
import { noKeys, type Placed, SourceView } from './source.ts';
import type { KeyedRow, Row, RowChange, RowKey, RowNode } from './view.ts';

// A CommonJS package whose class is the property `default` of what Node imports.
const BTree = sortedTree.default;
type BTree<K, V> = InstanceType<typeof sortedTree.default<K, V>>;

let versions = 0;

interface Entry {
  readonly node: RowNode | undefined;
  /** Undefined: gone. */
  readonly row: Row | undefined;
}

/** Where an entry of an ordered-by user list goes (RFC 7950 sections 7.7.9 and 7.8.6); the anchor is a sibling's key. */
export type Place = { readonly at: 'first' | 'last' } | { readonly at: 'before' | 'after'; readonly anchor: RowKey };

function tree<V>(): BTree<string, V> {
  return new BTree<string, V>(undefined, (a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

export class Overlay extends SourceView {
  readonly base: SourceView;
  #rows = tree<Entry>();
  #cleared = tree<true>();
  #order = tree<RowKey>();
  #index = tree<true>();
  #owners = tree<string>();
  /** Another one after each write; forks share it. */
  #version = 0;
  /** The own row that was asked for last, and of which version: whoever works on a row asks for it again and again. */
  #lastKey: RowKey | undefined;
  #lastRow: Row | undefined;
  #lastVersion = 0;

  constructor(base: SourceView) {
    super(base.keys, base.plan);
    this.base = base;
  }

  /** Whether anything was written, be it what the base says already. */
  get isTouched(): boolean {
    return this.#rows.size > 0 || this.#cleared.size > 0;
  }

  /** How many rows and subtrees are held. */
  get size(): number {
    return this.#rows.size + this.#cleared.size;
  }

  /** The same changes, over this base or another that says the same; later writes to either do not show in the other. */
  fork(base: SourceView = this.base): Overlay {
    const copy = new Overlay(base);
    copy.#rows = this.#rows.clone();
    copy.#cleared = this.#cleared.clone();
    copy.#order = this.#order.clone();
    copy.#index = this.#index.clone();
    copy.#owners = this.#owners.clone();
    copy.#version = this.#version;
    return copy;
  }

  /** Whether the other is a fork (or this, its origin) and neither was written to since. */
  sameAs(other: Overlay): boolean {
    return this.#version === other.#version;
  }

  get(key: RowKey): Row | undefined {
    if (key === this.#lastKey && this.#version === this.#lastVersion) return this.#lastRow;
    const entry = this.#rows.get(key);
    if (entry !== undefined) {
      this.#lastKey = key;
      this.#lastRow = entry.row;
      this.#lastVersion = this.#version;
      return entry.row;
    }
    return this.#isCleared(key) ? undefined : this.base.get(key);
  }

  *scan(from: RowKey, to: RowKey): Iterable<KeyedRow> {
    let start: RowKey | undefined = from;
    // The next own row; looked up by key at each step, so that writing while reading is harmless.
    let own = this.#rows.getPairOrNextHigher(from);
    while (start !== undefined) {
      const begin: RowKey = start;
      start = undefined;
      for (const item of this.base.scan(begin, to)) {
        while (own !== undefined && own[0] < item.key) {
          const yielded = keyed(own);
          const at: RowKey = own[0];
          if (yielded !== undefined) yield yielded;
          own = this.#rows.nextHigherPair(at);
        }
        if (own !== undefined && own[0] === item.key) {
          const yielded = keyed(own);
          const at: RowKey = own[0];
          if (yielded !== undefined) yield yielded;
          own = this.#rows.nextHigherPair(at);
          continue;
        }
        const cleared = this.#clearedAbove(item.key);
        if (cleared !== undefined) {
          start = cleared + END;
          break;
        }
        yield item;
      }
      if (start !== undefined && start >= to) start = undefined;
    }
    while (own !== undefined && own[0] < to) {
      const yielded = keyed(own);
      const at: RowKey = own[0];
      if (yielded !== undefined) yield yielded;
      own = this.#rows.nextHigherPair(at);
    }
  }

  *placed(parent: RowKey, node: RowNode, reverse: boolean, from?: string): Iterable<Placed> {
    const prefix = orderPrefix(this.keys, parent, node);
    const next = (after: string): [string, RowKey] | undefined => {
      const pair = reverse ? this.#order.nextLowerPair(after) : this.#order.nextHigherPair(after);
      return pair?.[0].startsWith(prefix) ? pair : undefined;
    };
    let own = next(from !== undefined ? prefix + from : reverse ? prefix + LAST_POSITION : prefix);
    for (const item of this.base.placed(parent, node, reverse, from)) {
      if (this.#hides(item.key)) continue;
      while (own !== undefined && own[0].slice(prefix.length) < item.position !== reverse) {
        const [at, key]: [string, RowKey] = own;
        yield { position: at.slice(prefix.length), key };
        own = next(at);
      }
      yield item;
    }
    while (own !== undefined) {
      const [at, key]: [string, RowKey] = own;
      yield { position: at.slice(prefix.length), key };
      own = next(at);
    }
  }

  lookup(prefix: string): Iterable<RowKey> {
    const base = this.base.lookup(prefix);
    const own = this.#index.size > 0 ? this.#index.nextHigherKey(prefix) : undefined;
    // Most of those who ask find nobody.
    if (base === noKeys && !own?.startsWith(prefix)) return noKeys;
    return this.#lookup(prefix, base);
  }

  *#lookup(prefix: string, base: Iterable<RowKey>): Iterable<RowKey> {
    const owned = this.plan.isSpread(prefix) ? prefix.slice(1, 4) : undefined;
    for (const key of base) {
      if (owned !== undefined ? !this.#owners.has(owned + key) && !this.#isCleared(key) : !this.#hides(key)) yield key;
    }
    for (let at = this.#index.nextHigherKey(prefix); at?.startsWith(prefix); at = this.#index.nextHigherKey(at)) {
      yield at.slice(prefix.length);
    }
  }

  /**
   * Sets a row (`node` undefined: the root's). Rows above it are the caller's concern. In an ordered-by user list an
   * entry keeps its place; a new one goes to the end.
   */
  put(key: RowKey, node: RowNode | undefined, row: Row): void {
    this.#put(key, node, row);
    this.#follow(key, node);
  }

  /** Removes a row and all below it. */
  delete(key: RowKey): void {
    this.#version = ++versions;
    const node = this.keys.node(key);
    const to = key + END;
    for (const [at, entry] of this.#rows.getRange(key, to)) {
      this.#forget(at, entry);
      this.#rows.delete(at);
    }
    for (const group of this.#owners.size === 0 ? [] : this.plan.groups) {
      const prefix = group.prefix.slice(1);
      for (const [at, index] of this.#owners.getRange(prefix + key, prefix + to)) {
        this.#owners.delete(at);
        this.#index.delete(index);
      }
    }
    if (this.keys.shape.of(node).rows.length === 0) {
      if (!this.#isCleared(key)) this.#rows.set(key, { node, row: undefined });
    } else if (!this.#isCleared(key)) {
      for (const [at] of this.#cleared.getRange(key, to)) this.#cleared.delete(at);
      this.#cleared.set(key, true);
    }
    if (node?.kind !== 'list') this.#follow(key, node);
  }

  /** Removes what a row says but leaves the rows below it: for rows that exist implicitly. */
  deleteRow(key: RowKey, node: RowNode | undefined): void {
    this.#set(key, { node, row: undefined });
    this.#follow(key, node);
  }

  /** Moves an entry of an ordered-by user list. Only its own row changes. */
  place(key: RowKey, place: Place): void {
    const last = this.keys.last(key);
    const row = this.get(key);
    if (last === undefined || !isOrdered(last.node) || row === undefined) throw new Error('no entry to place');
    const parent = this.keys.parent(key) ?? '';
    const { before, after } = this.#neighbours(parent, last.node, key, place);
    const at = row.position;
    if (at !== undefined && (before === undefined || at > before) && (after === undefined || at < after)) return;
    const position = positionBetween(before, after);
    this.#put(key, last.node, { leaves: row.leaves, position });
    if (position.length > POSITION_LIMIT) this.#renumber(parent, last.node);
  }

  /** What differs from the base, in key order. Rows that say what the base says are left out. */
  changes(): readonly RowChange[] {
    const changes: RowChange[] = [];
    for (const [key, { node, row }] of this.#rows.entries()) {
      const before = this.base.get(key);
      const after = row && before ? withUnknown(row, before) : row;
      if (!sameRow(before, after)) changes.push({ key, node, before, after });
    }
    for (const cleared of this.#cleared.keys()) {
      for (const { key, node, row } of this.base.scan(cleared, cleared + END)) {
        if (!this.#rows.has(key)) changes.push({ key, node, before: row, after: undefined });
      }
      const root = cleared === '' && !this.#rows.has('') ? this.base.get('') : undefined;
      if (root !== undefined) changes.push({ key: '', node: undefined, before: root, after: undefined });
    }
    return changes.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  }

  /** Writes a difference into this overlay. */
  apply(changes: Iterable<RowChange>): void {
    for (const { key, node, after } of changes) this.#set(key, { node, row: after });
    for (const { key, node } of changes) this.#follow(key, node);
  }

  /**
   * Keeps what this overlay says when the base changes under it by `changes`: takes over what those rows said before,
   * where the overlay does not say otherwise.
   */
  absorb(changes: Iterable<RowChange>): void {
    const taken: RowChange[] = [];
    for (const change of changes) {
      if (this.#hides(change.key)) continue;
      this.#set(change.key, { node: change.node, row: change.before });
      taken.push(change);
    }
    for (const { key, node } of taken) this.#follow(key, node);
  }

  #put(key: RowKey, node: RowNode | undefined, row: Row): void {
    if (row.leaves.size === 0 && isImplicit(node)) this.#set(key, { node, row: undefined });
    else this.#set(key, { node, row: this.#complete(key, node, row) });
  }

  /** Key leaves and the position are there whatever the writer left out. */
  #complete(key: RowKey, node: RowNode | undefined, row: Row): Row {
    let complete = row;
    if (node?.kind === 'list' && node.keys.some((leaf) => !row.leaves.has(leaf))) {
      const values = this.keys.last(key)?.keys ?? [];
      const leaves = new Map(node.keys.map((leaf, i) => [leaf, values[i] ?? ''] as const));
      complete = { ...row, leaves: new Map([...leaves, ...row.leaves]) };
    }
    if (node === undefined || !isOrdered(node) || row.position !== undefined) return complete;
    const parent = this.keys.parentOf(key, node);
    const position = this.get(key)?.position ?? positionBetween(this.#edge(parent, node, true), undefined);
    return { leaves: complete.leaves, position };
  }

  #neighbours(parent: RowKey, node: RowNode, key: RowKey, place: Place): { before?: string; after?: string } {
    const beside = (reverse: boolean, from?: string): string | undefined => {
      for (const entry of this.placed(parent, node, reverse, from)) if (entry.key !== key) return entry.position;
      return undefined;
    };
    const span = (before: string | undefined, after: string | undefined): { before?: string; after?: string } => ({
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    });
    if (!('anchor' in place)) {
      return place.at === 'first' ? span(undefined, beside(false)) : span(beside(true), undefined);
    }
    const anchor = this.get(place.anchor)?.position;
    if (anchor === undefined || place.anchor === key) throw new Error('no entry to place another beside');
    return place.at === 'before' ? span(beside(true, anchor), anchor) : span(anchor, beside(false, anchor));
  }

  #edge(parent: RowKey, node: RowNode, reverse: boolean): string | undefined {
    for (const { position } of this.placed(parent, node, reverse)) return position;
    return undefined;
  }

  #renumber(parent: RowKey, node: RowNode): void {
    const entries = [...this.placed(parent, node, false)];
    const fresh = [...positions(entries.length)];
    entries.forEach(({ key }, i) => {
      const row = this.get(key);
      if (row !== undefined) this.#put(key, node, { leaves: row.leaves, position: fresh[i] ?? '' });
    });
  }

  #set(key: RowKey, entry: Entry): void {
    this.#version = ++versions;
    const old = this.#rows.get(key);
    if (old !== undefined) this.#forget(key, old);
    this.#rows.set(key, entry);
    const { node, row } = entry;
    if (row === undefined) return;
    for (const index of this.plan.rowKeys(key, node, row)) this.#index.set(index, true);
    if (node !== undefined && row.position !== undefined) {
      this.#order.set(orderPrefix(this.keys, this.keys.parentOf(key, node), node) + row.position, key);
    }
  }

  #forget(key: RowKey, { node, row }: Entry): void {
    if (row === undefined) return;
    for (const index of this.plan.rowKeys(key, node, row)) this.#index.delete(index);
    if (node !== undefined && row.position !== undefined) {
      const at = orderPrefix(this.keys, this.keys.parentOf(key, node), node) + row.position;
      // Among several changes another entry may have taken the place already.
      if (this.#order.get(at) === key) this.#order.delete(at);
    }
  }

  /** Computes the combinations anew that a row is part of. */
  #follow(key: RowKey, node: RowNode | undefined): void {
    for (const group of this.plan.groupsOf(node)) {
      const owner = this.plan.ownerOf(group, key, node);
      const at = group.prefix.slice(1) + owner;
      const old = this.#owners.get(at);
      if (old !== undefined && old !== '') this.#index.delete(old);
      const index = this.plan.uniqueKey(this, group, owner) ?? '';
      this.#owners.set(at, index);
      if (index !== '') this.#index.set(index, true);
    }
  }

  /** Whether the base's row of this key does not show. */
  #hides(key: RowKey): boolean {
    return this.#rows.has(key) || this.#isCleared(key);
  }

  #isCleared(key: RowKey): boolean {
    return this.#cleared.size > 0 && this.#clearedAbove(key) !== undefined;
  }

  #clearedAbove(key: RowKey): RowKey | undefined {
    if (this.#cleared.size === 0) return undefined;
    // No cleared key lies below another, so the nearest one that is not higher is the only one that can be a prefix.
    const nearest = this.#cleared.getPairOrNextLower(key)?.[0];
    return nearest !== undefined && key.startsWith(nearest) ? nearest : undefined;
  }
}

/** The root's row is not part of scans: it has no node. */
function keyed([key, { node, row }]: [string, Entry]): KeyedRow | undefined {
  return node === undefined || row === undefined ? undefined : { key, node, row };
}

/** Columns that the schema no longer knows survive an edit of their row. */
function withUnknown(row: Row, before: Row): Row {
  const unknown = unknownOf(before);
  if (unknown.size === 0 || unknownOf(row).size > 0) return row;
  return new StoredRow(row.leaves, row.position, unknown);
}
