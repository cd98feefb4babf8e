/**
 * Managed objects in lexicographic order: scalars and tables, each a subtree that answers for what lies below it. A
 * table is a snapshot of rows; where a walk goes on is found in constant time, elsewhere by binary search.
 */
import { compareOids, type Oid, startsWith } from '../agentx/oid.ts';
import type { Value, VarBind } from '../agentx/pdu.ts';

/** Objects below one identifier. */
export interface MibSubtree {
  /** What all of its objects begin with. */
  readonly prefix: Oid;
  get(name: Oid): Value;
  /** The first object after `name` (with `isIncluded`: or itself); undefined: none below the prefix. */
  next(name: Oid, isIncluded: boolean): VarBind | undefined;
}

// ---------------------------------------------------------------------------------------------------------- scalars

/** One object with one instance, 0. */
class Scalar implements MibSubtree {
  readonly prefix: Oid;
  readonly #name: Oid;
  readonly #value: () => Value | undefined;

  constructor(prefix: Oid, value: () => Value | undefined) {
    this.prefix = prefix;
    this.#name = [...prefix, 0];
    this.#value = value;
  }

  get(name: Oid): Value {
    const value = compareOids(this.#name, name) === 0 ? this.#value() : undefined;
    return value ?? { type: 'noSuchInstance' };
  }

  next(name: Oid, isIncluded: boolean): VarBind | undefined {
    const order = compareOids(this.#name, name);
    if (order < 0 || (order === 0 && !isIncluded)) return undefined;
    const value = this.#value();
    return value === undefined ? undefined : { name: this.#name, value };
  }
}

/** By the number below the prefix; a value of undefined is no instance now. */
export function scalars(
  prefix: Oid,
  objects: Readonly<Record<number, () => Value | undefined>>,
): readonly MibSubtree[] {
  return Object.entries(objects).map(([number, value]) => new Scalar([...prefix, Number(number)], value));
}

// ---------------------------------------------------------------------------------------------------------- tables

/** A column: its number, and its value in a row; undefined: no instance there. */
export interface Column<Row> {
  readonly number: number;
  readonly value: (row: Row) => Value | undefined;
}

export interface IndexedRow<Row> {
  readonly index: Oid;
  readonly row: Row;
}

/** In the order of their indexes, which is what a table needs. */
export function inOrder<Row>(rows: readonly IndexedRow<Row>[]): readonly IndexedRow<Row>[] {
  return [...rows].sort((a, b) => compareOids(a.index, b.index));
}

/** The same, where several things may have one index: the first of them. */
export function inOrderOnce<Row>(rows: readonly IndexedRow<Row>[]): readonly IndexedRow<Row>[] {
  return inOrder(rows).filter(
    ({ index }, at, all) => at === 0 || compareOids(index, (all[at - 1] as IndexedRow<Row>).index) !== 0,
  );
}

export class Table<Row> implements MibSubtree {
  readonly prefix: Oid;
  readonly #columns: readonly Column<Row>[];
  readonly #rows: () => readonly IndexedRow<Row>[];
  /** Where the last answer stood: a walk asks for what comes next. */
  #last = { columnAt: 0, rowAt: 0 };

  /**
   * `entry` is the identifier of the row's type (ifEntry), columns ascend. `rows` gives the rows at this moment, in the
   * order of their indexes.
   */
  constructor(entry: Oid, columns: readonly Column<Row>[], rows: () => readonly IndexedRow<Row>[]) {
    this.prefix = entry;
    this.#columns = columns;
    this.#rows = rows;
  }

  get(name: Oid): Value {
    const number = name[this.prefix.length];
    const column = this.#columns.find((each) => each.number === number);
    if (column === undefined) return { type: 'noSuchObject' };
    const rows = this.#rows();
    const at = this.#find(rows, name, this.prefix.length + 1);
    const found = rows[at];
    if (found === undefined || compareTail(found.index, name, this.prefix.length + 1) !== 0) {
      return { type: 'noSuchInstance' };
    }
    return column.value(found.row) ?? { type: 'noSuchInstance' };
  }

  next(name: Oid, isIncluded: boolean): VarBind | undefined {
    const rows = this.#rows();
    const from = this.prefix.length;
    let columnAt = 0;
    let rowAt = 0;
    if (startsWith(name, this.prefix) && name.length > from) {
      const number = name[from] as number;
      columnAt = this.#columns.findIndex((each) => each.number >= number);
      if (columnAt < 0) return undefined;
      if (this.#columns[columnAt]?.number === number && name.length > from + 1) {
        rowAt = this.#find(rows, name, from + 1);
        const found = rows[rowAt];
        if (!isIncluded && found !== undefined && compareTail(found.index, name, from + 1) === 0) rowAt += 1;
      }
    } else if (compareOids(name, this.prefix) > 0) {
      return undefined;
    }
    for (; columnAt < this.#columns.length; columnAt += 1, rowAt = 0) {
      const column = this.#columns[columnAt] as Column<Row>;
      for (; rowAt < rows.length; rowAt += 1) {
        const { index, row } = rows[rowAt] as IndexedRow<Row>;
        const value = column.value(row);
        if (value === undefined) continue;
        this.#last = { columnAt, rowAt };
        return { name: [...this.prefix, column.number, ...index], value };
      }
    }
    return undefined;
  }

  /** The first row whose index is not below what follows in `name` from `at` on. */
  #find(rows: readonly IndexedRow<Row>[], name: Oid, at: number): number {
    const { rowAt } = this.#last;
    const hint = rows[rowAt];
    if (hint !== undefined && compareTail(hint.index, name, at) === 0) return rowAt;
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareTail((rows[middle] as IndexedRow<Row>).index, name, at) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Compares an index with what follows in a name from `at` on. */
function compareTail(index: Oid, name: Oid, at: number): number {
  const length = name.length - at;
  const shorter = Math.min(index.length, length);
  for (let n = 0; n < shorter; n += 1) {
    const difference = (index[n] as number) - (name[at + n] as number);
    if (difference !== 0) return difference;
  }
  return index.length - length;
}

// ---------------------------------------------------------------------------------------------------------- all

/** Subtrees side by side, in order; none within another. */
export class Mib {
  readonly subtrees: readonly MibSubtree[];

  constructor(subtrees: readonly MibSubtree[]) {
    this.subtrees = [...subtrees].sort((a, b) => compareOids(a.prefix, b.prefix));
  }

  get(name: Oid): Value {
    const found = this.subtrees[this.#firstFor(name)];
    return found === undefined || !startsWith(name, found.prefix) ? { type: 'noSuchObject' } : found.get(name);
  }

  /** The first object after `name` and before `end` (empty: no end). */
  next(name: Oid, isIncluded: boolean, end: Oid): VarBind | undefined {
    for (let at = this.#firstFor(name); at < this.subtrees.length; at += 1) {
      const found = this.subtrees[at]?.next(name, isIncluded);
      if (found === undefined) continue;
      return end.length > 0 && compareOids(found.name, end) >= 0 ? undefined : found;
    }
    return undefined;
  }

  /** Where the subtree is that the name lies in, otherwise the first one behind it. */
  #firstFor(name: Oid): number {
    let low = 0;
    let high = this.subtrees.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareOids((this.subtrees[middle] as MibSubtree).prefix, name) <= 0) low = middle + 1;
      else high = middle;
    }
    const before = this.subtrees[low - 1];
    return before !== undefined && startsWith(name, before.prefix) ? low - 1 : low;
  }
}
