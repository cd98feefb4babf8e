/**
 * A view as a tree of elements in schema order, for writers; what is left out (filters, access control) is decided by
 * hooks. Rows stream from one scan; only where a hook names the entries it wants are they looked up one by one.
 *
 * Elements that were only passed on the way to something wanted are written when that is found, so a filter that matches
 * nothing leaves nothing behind.
 */
import type { DataSchemaNode, LeafNode } from '../../yang/schema/node.ts';
import { END } from '../key/key.ts';
import { type Outline, type OutlineItem, outlineOf } from '../row/outline.ts';
import { RowWriter } from '../row/row-writer.ts';
import type { ColumnNode } from '../row/shape.ts';
import type { SourceView } from '../view/source.ts';
import type { KeyedRow, Row, RowKey, RowNode } from '../view/view.ts';
import { defaultOf, isConditional, isInUse } from './defaults.ts';
import { ViewTree } from './xpath-tree.ts';

/** Where elements go: the XML writer has this form. */
export interface ElementSink {
  openElement(node: DataSchemaNode): void;
  close(): void;
  leaf(node: Extract<DataSchemaNode, { kind: 'leaf' | 'leaf-list' }>, value: string, asDefault?: boolean): void;
  anydata(node: DataSchemaNode, xml: string): void;
  /** What waits to be taken, in characters. */
  readonly length: number;
}

/**
 * `all`: with everything below, no hook is asked again. `open`: the element, and what the hooks want of it. `descend`:
 * the element where the hooks want something of it. `skip`: without.
 */
export type Verdict = 'all' | 'open' | 'descend' | 'skip';

export interface WalkHooks {
  /** A container, list entry or leaf-list entry; `key` is the row that it is, or that holds the container. */
  enter(node: DataSchemaNode, key: RowKey, row: Row | undefined): Verdict;
  /** A leaf or anydata of a row. `along`: only if something else of its parent is written (list keys). */
  leaf(node: ColumnNode, key: RowKey, row: Row): boolean | 'along';
  /**
   * Which rows of a node below a row are looked at, before `enter` is asked of each; keys of entries are looked up
   * without a scan. Left out: `all`.
   */
  select?(node: RowNode, parent: RowKey): 'all' | 'none' | readonly RowKey[];
}

/**
 * RFC 6243 section 3: which leaves with their default value are written. The datastore keeps what was set, whatever its
 * value (basic mode `explicit`), so only what was not set is tagged.
 */
export type DefaultsMode = 'explicit' | 'trim' | 'report-all' | 'report-all-tagged';

export interface WalkOptions {
  readonly hooks?: WalkHooks;
  readonly defaults?: DefaultsMode;
  /**
   * Told of each element right before the sink gets it, with the row that it is or is in; `isDefault`: nobody set it.
   * `row` is undefined for defaults of a leaf-list.
   */
  readonly announce?: (node: DataSchemaNode, key: RowKey, row: Row | undefined, isDefault: boolean) => void;
  /** The row to begin with: its own element and those below. Left out: all top-level nodes. */
  readonly from?: RowKey;
  /** After how many characters in the sink the walk pauses. */
  readonly pauseAt?: number;
}

const defaultPause = 64 * 1024;

/** Writes a view into a sink; yields whenever the sink has enough to be taken. */
export function* walk(view: SourceView, sink: ElementSink, options: WalkOptions = {}): Iterable<undefined> {
  yield* new Walk(view, sink, options).start(options.from ?? '');
}

/** An element that is written when something of it is. */
interface Pending {
  readonly node: DataSchemaNode;
  readonly key: RowKey;
  readonly row: Row;
  readonly along: (() => void)[];
  isOpen: boolean;
}

class Walk {
  readonly #view: SourceView;
  readonly #sink: ElementSink;
  readonly #hooks: WalkHooks | undefined;
  readonly #mode: DefaultsMode;
  readonly #announce: WalkOptions['announce'];
  readonly #pauseAt: number;
  /** Nothing is written but what rows say, and nobody is told of it. */
  readonly #isPlain: boolean;
  readonly #rowWriter: RowWriter;
  readonly #pending: Pending[] = [];
  /** How many of the pending elements are open: always the outer ones. */
  #opened = 0;
  /** Judges the conditions of defaults: made where there is one. */
  #tree: ViewTree | undefined;

  constructor(view: SourceView, sink: ElementSink, { hooks, defaults, announce, pauseAt }: WalkOptions) {
    this.#view = view;
    this.#sink = sink;
    this.#hooks = hooks;
    this.#mode = defaults ?? 'explicit';
    this.#announce = announce;
    this.#pauseAt = pauseAt ?? defaultPause;
    this.#isPlain = this.#mode === 'explicit' && announce === undefined;
    this.#rowWriter = new RowWriter(view.keys, sink);
  }

  *start(from: RowKey): Iterable<undefined> {
    if (from === '') {
      const root = this.#view.get('') ?? { leaves: new Map() };
      yield* this.#inside(undefined, '', root, this.#hooks === undefined, undefined);
      return;
    }
    const node = this.#view.keys.node(from);
    const row = this.#view.get(from) ?? { leaves: new Map() };
    if (node !== undefined) yield* this.#row({ key: from, node, row }, this.#hooks === undefined, undefined);
  }

  /** One row's element. `stream` stands behind the row and gives what is below it; without one it is opened here. */
  *#row(keyed: KeyedRow, whole: boolean, stream: Stream | undefined): Iterable<undefined> {
    yield* this.#judged(keyed, whole ? 'all' : (this.#hooks?.enter(keyed.node, keyed.key, keyed.row) ?? 'all'), stream);
  }

  *#judged({ key, node, row }: KeyedRow, verdict: Verdict, stream: Stream | undefined): Iterable<undefined> {
    if (verdict === 'skip') {
      stream?.skip(key);
      return;
    }
    if (node.kind === 'leaf-list') {
      this.#open();
      this.#announce?.(node, key, row, false);
      this.#sink.leaf(node, this.#view.keys.valueOf(key, node));
      return;
    }
    // A top-level container is no more than what is in it.
    const isThere = verdict === 'open' || (verdict === 'all' && !(node.kind === 'container' && !node.presence));
    this.#enter(node, key, row, isThere);
    yield* this.#inside(node, key, row, verdict === 'all', stream);
    this.#leave();
    if (this.#sink.length >= this.#pauseAt) yield undefined;
  }

  *#inside(
    node: RowNode | undefined,
    key: RowKey,
    row: Row,
    whole: boolean,
    stream: Stream | undefined,
  ): Iterable<undefined> {
    const outline = outlineOf(this.#view.keys, node);
    if (!outline.hasRows) {
      for (const item of outline.items) this.#plain(item, key, row, whole);
      return;
    }
    const source = this.#source(outline, node, key, whole, stream);
    for (const item of outline.items) {
      if (item.kind === 'column' || (item.kind === 'container' && !item.hasRows)) this.#plain(item, key, row, whole);
      else yield* this.#item(item, key, row, whole, source);
    }
    if (source !== stream) stream?.skip(key);
  }

  /** The stream that gives all rows below, or undefined where each kind of them is looked up by itself. */
  #source(
    { inOrder, items }: Outline,
    node: RowNode | undefined,
    key: RowKey,
    whole: boolean,
    stream: Stream | undefined,
  ): Stream | undefined {
    if (!inOrder) return undefined;
    if (!whole && this.#hooks?.select !== undefined && !this.#selectsAll(items, key)) return undefined;
    return stream ?? new Stream(this.#view, key, node);
  }

  #selectsAll(items: readonly OutlineItem[], key: RowKey): boolean {
    return items.every((item) =>
      item.kind === 'rows'
        ? this.#hooks?.select?.(item.node, key) === 'all'
        : item.kind === 'column' || this.#selectsAll(item.items, key),
    );
  }

  *#item(item: OutlineItem, key: RowKey, row: Row, whole: boolean, stream: Stream | undefined): Iterable<undefined> {
    if (item.kind === 'rows') {
      if (stream === undefined) yield* this.#lookUp(item.node, key, whole);
      else yield* this.#streamed(item.node, key, whole, stream);
      return;
    }
    if (item.kind === 'column' || !item.hasRows) {
      this.#plain(item, key, row, whole);
      return;
    }
    const verdict = whole ? 'all' : (this.#hooks?.enter(item.node, key, row) ?? 'all');
    if (verdict === 'skip') {
      for (const below of item.items) this.#pass(below, key, stream);
      return;
    }
    this.#enter(item.node, key, row, verdict === 'open');
    for (const below of item.items) yield* this.#item(below, key, row, verdict === 'all', stream);
    this.#leave();
  }

  *#streamed(node: RowNode, key: RowKey, whole: boolean, stream: Stream): Iterable<undefined> {
    if (node.kind === 'container' && !node.presence) {
      yield* this.#implicit(node, key, whole, stream);
      return;
    }
    if (this.#isTrimmed(node, key)) {
      stream.skipAll(node, key);
      return;
    }
    let isEmpty = true;
    for (let next = stream.next(node, key); next !== undefined; next = stream.next(node, key)) {
      isEmpty = false;
      const verdict = whole ? 'all' : (this.#hooks?.enter(node, next.key, next.row) ?? 'all');
      // Most of a large reply.
      if (verdict === 'all' && this.#isPlain && node.kind === 'list' && !stream.isBelow(next.key)) {
        this.#open();
        this.#rowWriter.write(node, next.row);
        if (this.#sink.length >= this.#pauseAt) yield undefined;
      } else yield* this.#judged(next, verdict, stream);
    }
    if (isEmpty) this.#defaults(node, key, whole);
  }

  /** A top-level container: its row may be missing while there are rows below. */
  *#implicit(node: RowNode, parent: RowKey, whole: boolean, stream: Stream | undefined): Iterable<undefined> {
    const key = this.#view.keys.child(parent, node);
    const next = stream?.next(node, parent);
    const row = next?.row ?? (stream === undefined ? this.#view.get(key) : undefined) ?? { leaves: new Map() };
    yield* this.#row({ key, node, row }, whole, stream);
  }

  *#lookUp(node: RowNode, parent: RowKey, whole: boolean): Iterable<undefined> {
    const wanted = whole ? 'all' : (this.#hooks?.select?.(node, parent) ?? 'all');
    if (wanted === 'none' || this.#isTrimmed(node, parent)) return;
    if (node.kind === 'container' && !node.presence) {
      yield* this.#implicit(node, parent, whole, undefined);
      return;
    }
    if (wanted === 'all') {
      let isEmpty = true;
      for (const entry of this.#view.entries(parent, node)) {
        isEmpty = false;
        yield* this.#row(entry, whole, undefined);
      }
      if (isEmpty) this.#defaults(node, parent, whole);
      return;
    }
    for (const key of wanted) {
      const row = this.#view.get(key);
      if (row !== undefined) yield* this.#row({ key, node, row }, whole, undefined);
    }
  }

  /** Steps over the rows of an item that is not wanted. */
  #pass(item: OutlineItem, key: RowKey, stream: Stream | undefined): void {
    if (stream === undefined || item.kind === 'column') return;
    if (item.kind === 'container') for (const below of item.items) this.#pass(below, key, stream);
    else stream.skipAll(item.node, key);
  }

  /** A column, or a container that holds nothing but columns. */
  #plain(item: OutlineItem, key: RowKey, row: Row, whole: boolean): void {
    if (item.kind === 'rows') throw new Error('rows below a plain item');
    if (item.kind === 'column') {
      this.#column(item.node, key, row, whole);
      return;
    }
    const verdict = whole ? 'all' : (this.#hooks?.enter(item.node, key, row) ?? 'all');
    if (verdict === 'skip') return;
    this.#enter(item.node, key, row, verdict === 'open');
    for (const below of item.items) this.#plain(below, key, row, verdict === 'all');
    this.#leave();
  }

  #column(node: ColumnNode, key: RowKey, row: Row, whole: boolean): void {
    let value = row.leaves.get(node);
    let isDefault = false;
    if (this.#mode !== 'explicit' && node.kind === 'leaf' && !node.isKey) {
      if (this.#mode === 'trim') {
        if (value !== undefined && value === node.default) return;
      } else if (value === undefined) {
        value = this.#default(node, key, row);
        isDefault = true;
      }
    }
    if (value === undefined) return;
    const wanted = whole ? true : (this.#hooks?.leaf(node, key, row) ?? true);
    if (wanted === false) return;
    if (wanted === 'along') {
      const element = this.#pending.at(-1);
      if (element !== undefined && !element.isOpen) {
        const text = value;
        element.along.push(() => this.#write(node, text, key, row, isDefault));
        return;
      }
    } else this.#open();
    this.#write(node, value, key, row, isDefault);
  }

  #write(node: ColumnNode, value: string, key: RowKey, row: Row, isDefault: boolean): void {
    this.#announce?.(node, key, row, isDefault);
    if (node.kind === 'leaf') this.#sink.leaf(node, value, isDefault && this.#mode === 'report-all-tagged');
    else this.#sink.anydata(node, value);
  }

  /** The defaults of a leaf-list without entries (RFC 7950 section 7.7.2). */
  #defaults(node: RowNode, key: RowKey, whole: boolean): void {
    if (node.kind !== 'leaf-list' || !node.config || node.defaults.length === 0) return;
    if (this.#mode !== 'report-all' && this.#mode !== 'report-all-tagged') return;
    const row = this.#view.get(key);
    if (!isInUse(row, node, (other) => this.#view.has(key, other as RowNode))) return;
    if (isConditional(node) && !this.#conditions().holds(node, key)) return;
    for (const value of node.defaults) {
      const entry = this.#view.keys.child(key, node, [value]);
      if (!whole && (this.#hooks?.enter(node, entry, undefined) ?? 'all') === 'skip') continue;
      this.#open();
      this.#announce?.(node, entry, undefined, true);
      this.#sink.leaf(node, value, this.#mode === 'report-all-tagged');
    }
  }

  /** Whether a leaf-list has the entries that it would have by default, and those are not to be written. */
  #isTrimmed(node: RowNode, parent: RowKey): boolean {
    if (this.#mode !== 'trim' || node.kind !== 'leaf-list' || node.defaults.length === 0) return false;
    const { defaults } = node;
    let count = 0;
    for (const { key } of this.#view.entries(parent, node)) {
      const value = this.#view.keys.valueOf(key, node);
      if (node.orderedByUser ? value !== defaults[count] : !defaults.includes(value)) return false;
      count++;
    }
    return count === defaults.length;
  }

  #default(leaf: LeafNode, key: RowKey, row: Row): string | undefined {
    if (leaf.default === undefined || !leaf.config) return undefined;
    const value = defaultOf(row, leaf, (node) => this.#view.has(key, node as RowNode));
    if (value === undefined || !isConditional(leaf)) return value;
    return this.#conditions().holds(leaf, key) ? value : undefined;
  }

  #conditions(): ViewTree {
    this.#tree ??= new ViewTree(this.#view, this.#view.keys);
    return this.#tree;
  }

  #enter(node: DataSchemaNode, key: RowKey, row: Row, now: boolean): void {
    this.#pending.push({ node, key, row, along: [], isOpen: false });
    if (now) this.#open();
  }

  #leave(): void {
    if (this.#pending.pop()?.isOpen) {
      this.#sink.close();
      this.#opened = this.#pending.length;
    }
  }

  /** Something is going to be written: so are all elements around it. */
  #open(): void {
    for (; this.#opened < this.#pending.length; this.#opened++) {
      const element = this.#pending[this.#opened] as Pending;
      this.#announce?.(element.node, element.key, element.row, false);
      this.#sink.openElement(element.node);
      element.isOpen = true;
      for (const write of element.along) write();
    }
  }
}

/** The rows below one row in document order, with one row of look-ahead. */
class Stream {
  readonly #view: SourceView;
  /** Key order is document order: what is not wanted can be jumped over. */
  readonly #canJump: boolean;
  readonly #to: RowKey;
  #rows: Iterator<KeyedRow>;
  #ahead: IteratorResult<KeyedRow>;

  constructor(view: SourceView, key: RowKey, node: RowNode | undefined) {
    this.#view = view;
    this.#canJump = !view.keys.shape.of(node).orderedBelow;
    this.#to = key + END;
    this.#rows = view.subtree(key)[Symbol.iterator]();
    this.#ahead = this.#rows.next();
    if (!this.#ahead.done && this.#ahead.value.key === key) this.#ahead = this.#rows.next();
  }

  /** The next row if it is one of this node below this row; it is then taken. */
  next(node: RowNode, parent: RowKey): KeyedRow | undefined {
    const { done, value } = this.#ahead;
    if (done || value.node !== node || !value.key.startsWith(parent)) return undefined;
    this.#ahead = this.#rows.next();
    return value;
  }

  /** Whether the next row is below this one. */
  isBelow(key: RowKey): boolean {
    return !this.#ahead.done && this.#ahead.value.key.startsWith(key);
  }

  /** Goes on behind all that is below a row. */
  skip(key: RowKey): void {
    for (let steps = 0; !this.#ahead.done && this.#ahead.value.key.startsWith(key); steps++) {
      if (steps < 16 || !this.#canJump) this.#ahead = this.#rows.next();
      else this.#jump(key + END);
    }
  }

  /** Goes on behind all rows of a node below a row. */
  skipAll(node: RowNode, parent: RowKey): void {
    const { from, to } = this.#view.keys.range(parent, node);
    for (let steps = 0; !this.#ahead.done && this.#ahead.value.key >= from && this.#ahead.value.key < to; steps++) {
      if (steps < 16 || !this.#canJump) this.#ahead = this.#rows.next();
      else this.#jump(to);
    }
  }

  #jump(from: RowKey): void {
    this.#rows.return?.();
    this.#rows = this.#view.scan(from, this.#to)[Symbol.iterator]();
    this.#ahead = this.#rows.next();
  }
}
