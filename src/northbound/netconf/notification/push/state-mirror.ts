/**
 * The state whose changes are told, as it was when last heard of: it is there only while somebody subscribes to changes of
 * operational. A provider says where something may have changed; that part is read anew and compared. Counters, gauges and
 * what no event tells of are left out (on-change-support.ts).
 */
import type { Datastores } from '../../../../commit/datastores.ts';
import type { Interest, RowWriter, StateProvider } from '../../../../commit/operational/state.ts';
import { IndexPlan } from '../../../../datastore/index-plan.ts';
import { END, type KeySpace } from '../../../../datastore/key/key.ts';
import { sameRow } from '../../../../datastore/row/row-codec.ts';
import { type ColumnNode, isImplicit } from '../../../../datastore/row/shape.ts';
import { MemoryView } from '../../../../datastore/view/memory.ts';
import { Overlay } from '../../../../datastore/view/overlay.ts';
import { EmptyView, type SourceView } from '../../../../datastore/view/source.ts';
import { UnionView } from '../../../../datastore/view/union.ts';
import type { Row, RowChange, RowKey, RowNode, View } from '../../../../datastore/view/view.ts';
import type { ViewChange } from './change-hub.ts';
import { isTold, OnChangeSupport } from './on-change-support.ts';

export interface StateMirrorParts {
  readonly keys: KeySpace;
  readonly datastores: Datastores;
  readonly providers: readonly StateProvider[];
  readonly onChange: (change: ViewChange) => void;
  readonly onBug: (error: unknown) => void;
}

/** Parts that are read one by one; more at a time are read as a whole. */
const MAX_PARTS = 256;

export class StateMirror {
  readonly support: OnChangeSupport;
  readonly #parts: StateMirrorParts;
  readonly #keys: KeySpace;
  readonly #plan: IndexPlan;
  #state: Overlay;
  #users = 0;
  #ready: Promise<void> | undefined;
  #isRead = false;
  #stops: (() => void)[] = [];
  /** What waits to be read anew, by provider; `all`: everything of it. */
  readonly #due = new Map<StateProvider, Map<string, Interest> | 'all'>();
  #isReading = false;

  constructor(parts: StateMirrorParts) {
    this.#parts = parts;
    this.#keys = parts.keys;
    this.#plan = new IndexPlan(parts.keys);
    this.support = new OnChangeSupport(parts.keys.schema, parts.providers);
    this.#state = this.#empty();
  }

  get isRunning(): boolean {
    return this.#isRead;
  }

  /** One more needs it; resolves when it is there. */
  async use(): Promise<void> {
    this.#users++;
    this.#ready ??= this.#start();
    try {
      await this.#ready;
    } catch (error) {
      this.#ready = undefined;
      throw error;
    }
  }

  release(): void {
    if (--this.#users > 0) return;
    for (const stop of this.#stops.splice(0)) stop();
    this.#ready = undefined;
    this.#isRead = false;
    this.#due.clear();
    this.#state = this.#empty();
  }

  /** Configuration and state, as far as changes of it are told. */
  over(running: SourceView): SourceView {
    return new UnionView(running, this.#state.fork());
  }

  /** A change of the configuration as one of operational. State that hangs on it is read anew. */
  committed(change: ViewChange): ViewChange {
    const before = this.over(change.before);
    for (const { key, node, after } of change.rows) {
      // What was configured and is gone has no state of its own any more.
      if (after === undefined && !isImplicit(node)) this.#state.delete(key);
    }
    for (const row of change.rows) this.#affected(row);
    const after = this.over(change.after);
    void this.#read();
    return { ...change, before, after, rows: change.rows.map(({ key, node }) => rowChange(key, node, before, after)) };
  }

  async #start(): Promise<void> {
    for (const provider of this.support.providers) {
      const stop = provider.onChange?.(
        (interests) => this.#note(provider, interests),
        () => this.#running(),
      );
      if (stop !== undefined) this.#stops.push(stop);
    }
    const fresh = new Collector(this.#keys, this.#plan, this.support);
    using reading = this.#parts.datastores.read('running');
    await Promise.all(this.support.providers.map((provider) => provider.read([], reading.view, fresh)));
    this.#state = this.#empty();
    for (const { key, node, row } of fresh.view.scan('', END)) this.#state.put(key, node, row);
    this.#isRead = true;
    void this.#read();
  }

  /** For one synchronous look: the snapshot ends with the turn of the event loop. */
  #running(): View {
    const reading = this.#parts.datastores.read('running');
    setImmediate(() => reading[Symbol.dispose]());
    return reading.view;
  }

  #empty(): Overlay {
    return new Overlay(new EmptyView(this.#keys, this.#plan));
  }

  #note(provider: StateProvider, interests: readonly Interest[]): void {
    if (interests.length === 0) this.#due.set(provider, 'all');
    for (const interest of interests) this.#noteOne(provider, interest);
    if (this.#isRead) void this.#read();
  }

  #noteOne(provider: StateProvider, interest: Interest): void {
    const due = this.#due.get(provider) ?? new Map<string, Interest>();
    if (due === 'all') return;
    const part = this.#widened(interest);
    due.set(JSON.stringify([part.node.path, ...part.keys]), part);
    this.#due.set(provider, due.size > MAX_PARTS ? 'all' : due);
  }

  /** The smallest row that holds the interest. */
  #widened({ node, keys }: Interest): Interest {
    let at = node;
    for (let above: typeof node | undefined = node; above !== undefined; ) {
      if (above.kind === 'list' && !keys.has(above.path)) at = parentOf(above) ?? above;
      above = parentOf(above);
    }
    while (at.kind !== 'list' && parentOf(at) !== undefined) at = parentOf(at) as typeof node;
    return { node: at, keys };
  }

  /** The configuration of a row changed: so may the state in and around it. */
  #affected({ key, node }: RowChange): void {
    if (node === undefined) return;
    for (const provider of this.support.providers) {
      if (!provider.paths.some((path) => isBelow(node.path, path) || isBelow(path, node.path))) continue;
      const keys = new Map<string, readonly string[]>();
      let found: Interest['node'] = node;
      for (const step of this.#keys.decode(key)) {
        found = step.node;
        if (step.node.kind !== 'list') continue;
        keys.set(step.node.path, step.keys);
        break;
      }
      this.#noteOne(provider, { node: found, keys });
    }
  }

  async #read(): Promise<void> {
    if (this.#isReading || this.#due.size === 0) return;
    this.#isReading = true;
    try {
      while (this.#due.size > 0 && this.#isRead) {
        const due = [...this.#due];
        this.#due.clear();
        for (const [provider, parts] of due) await this.#readAnew(provider, parts === 'all' ? [] : [...parts.values()]);
      }
    } catch (error) {
      this.#parts.onBug(error);
    } finally {
      this.#isReading = false;
    }
  }

  async #readAnew(provider: StateProvider, interests: readonly Interest[]): Promise<void> {
    const fresh = new Collector(this.#keys, this.#plan, this.support);
    using reading = this.#parts.datastores.read('running');
    await provider.read(interests, reading.view, fresh);
    if (!this.#isRead) return;
    const scopes = interests.length === 0 ? this.#scopesOf(provider) : interests.map((part) => this.#scopeOf(part));
    // Running may have changed meanwhile; what hangs on that is due again.
    using now = this.#parts.datastores.read('running');
    const before = this.over(now.view);
    const touched = new Map<RowKey, RowNode>();
    for (const scope of scopes) this.#replace(scope, fresh.view, touched);
    if (touched.size === 0) return;
    const after = this.over(now.view);
    const rows = [...touched]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, node]) => rowChange(key, node, before, after));
    this.#parts.onChange({ before, after, rows, changesRules: false });
  }

  /** Puts what is in the scope now in the place of what was. */
  #replace(scope: RowKey, fresh: SourceView, touched: Map<RowKey, RowNode>): void {
    const old = new Map<RowKey, { readonly node: RowNode; readonly row: Row }>();
    for (const { key, node, row } of this.#state.scan(scope, scope + END)) old.set(key, { node, row });
    for (const { key, node, row } of fresh.scan(scope, scope + END)) {
      const was = old.get(key);
      old.delete(key);
      if (was !== undefined && sameRow(was.row, row)) continue;
      this.#state.put(key, node, row);
      touched.set(key, node);
    }
    for (const [key, { node }] of old) {
      this.#state.delete(key);
      touched.set(key, node);
    }
  }

  #scopesOf(provider: StateProvider): readonly RowKey[] {
    return provider.paths.flatMap((path) => {
      const node = this.#keys.schema.find(path);
      return node === undefined ? [] : [this.#scopeOf({ node, keys: new Map() })];
    });
  }

  #scopeOf({ node, keys }: Interest): RowKey {
    const chain: RowNode[] = [];
    for (let at: RowNode | undefined = this.#keys.shape.holder(node); at !== undefined; ) {
      chain.unshift(at);
      at = this.#keys.shape.of(at).parent;
    }
    let key = '';
    for (const row of chain) {
      if (row.kind === 'container') key = this.#keys.child(key, row);
      else if (row.kind === 'list' && keys.has(row.path)) key = this.#keys.child(key, row, keys.get(row.path));
      else break;
    }
    return key;
  }
}

/** Takes what providers write, as far as changes of it are told. */
class Collector implements RowWriter {
  readonly view: MemoryView;
  readonly #keys: KeySpace;
  readonly #support: OnChangeSupport;

  constructor(keys: KeySpace, plan: IndexPlan, support: OnChangeSupport) {
    this.view = new MemoryView(keys, plan);
    this.#keys = keys;
    this.#support = support;
  }

  put(key: RowKey, node: RowNode, row: Row): void {
    if (!node.config && !this.#support.tells(node)) return;
    const leaves = new Map<ColumnNode, string>();
    if (node.kind === 'list' && node.keys.length > 0) {
      const values = this.#keys.last(key)?.keys ?? [];
      node.keys.forEach((leaf, i) => {
        leaves.set(leaf, values[i] ?? '');
      });
    }
    for (const [column, value] of row.leaves) if (column.config || isTold(column)) leaves.set(column, value);
    if (leaves.size > 0 || !isImplicit(node)) this.view.put(key, node, { leaves });
  }

  /** Configuration that is not in use is told of as it is configured. */
  notApplied(): void {}
}

function rowChange(key: RowKey, node: RowNode | undefined, before: SourceView, after: SourceView): RowChange {
  return { key, node, before: before.get(key), after: after.get(key) };
}

function parentOf(node: Interest['node']): Interest['node'] | undefined {
  const above = node.dataParent;
  return above !== undefined && 'index' in above ? above : undefined;
}

function isBelow(path: string, above: string): boolean {
  return path === above || path.startsWith(`${above}/`);
}
