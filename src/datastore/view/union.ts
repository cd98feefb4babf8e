/** Two views as one: configuration and state (RFC 6241 section 7.7). Columns of both are a row's; the first one's win. */
import { StoredRow } from '../row/row-codec.ts';
import { type Placed, SourceView } from './source.ts';
import type { KeyedRow, Row, RowKey, RowNode } from './view.ts';

export class UnionView extends SourceView {
  readonly #first: SourceView;
  readonly #second: SourceView;

  constructor(first: SourceView, second: SourceView) {
    super(first.keys, first.plan);
    this.#first = first;
    this.#second = second;
  }

  get(key: RowKey): Row | undefined {
    const a = this.#first.get(key);
    const b = this.#second.get(key);
    return a === undefined ? b : b === undefined ? a : merge(a, b);
  }

  *scan(from: RowKey, to: RowKey): Iterable<KeyedRow> {
    const others = this.#second.scan(from, to)[Symbol.iterator]();
    let other = others.next();
    for (const item of this.#first.scan(from, to)) {
      for (; !other.done && other.value.key < item.key; other = others.next()) yield other.value;
      if (other.done || other.value.key !== item.key) {
        yield item;
        continue;
      }
      yield { ...item, row: merge(item.row, other.value.row) };
      other = others.next();
    }
    for (; !other.done; other = others.next()) yield other.value;
  }

  /** Entries that only the second view has come after those of the first. */
  *placed(parent: RowKey, node: RowNode, reverse: boolean, from?: string): Iterable<Placed> {
    if (reverse) {
      yield* [...this.placed(parent, node, false)].reverse().filter((at) => from === undefined || at.position < from);
      return;
    }
    yield* this.#first.placed(parent, node, false, from);
    for (const entry of this.#second.placed(parent, node, false, from)) {
      if (this.#first.get(entry.key) === undefined) yield entry;
    }
  }

  *lookup(prefix: string): Iterable<RowKey> {
    const seen = new Set<RowKey>();
    for (const view of [this.#first, this.#second]) {
      for (const key of view.lookup(prefix)) {
        if (seen.has(key)) continue;
        seen.add(key);
        yield key;
      }
    }
  }
}

function merge(a: Row, b: Row): Row {
  if (b.leaves.size === 0) return a;
  const leaves = new Map(a.leaves);
  for (const [leaf, value] of b.leaves) if (!leaves.has(leaf)) leaves.set(leaf, value);
  return new StoredRow(leaves, a.position);
}
