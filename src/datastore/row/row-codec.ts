/**
 * Rows packed for the store. Bytes are code units of a latin1 string, which V8 slices without copying:
 *
 *     packed   := node id[3] flags[1] position? column*
 *     flags    := 1: a position is there   2: texts are UTF-8 (otherwise ASCII)
 *     position := length(varint) bytes
 *     column   := column id(varint) length(varint) text
 *     varint   := 7 bits a byte, low first, 0x80 set on all but the last
 *
 * Columns stand in ascending order of their ids, so equal rows pack to equal strings.
 */

import { idBytes, readId } from '../key/id.ts';
import type { KeySpace } from '../key/key.ts';
import { fromUtf8, toUtf8 } from '../key/key-codec.ts';
import type { Row, RowNode } from '../view/view.ts';
import type { ColumnNode } from './shape.ts';
import { varint } from './varint.ts';

const hasPosition = 1;
const isUtf8 = 2;

/** A row of this store: what a Row says, and the columns that the schema no longer knows, which are kept. */
export class StoredRow implements Row {
  readonly leaves: ReadonlyMap<ColumnNode, string>;
  readonly position?: string;
  /** Column id → value. Undefined where there is none. */
  readonly unknown: ReadonlyMap<number, string> | undefined;

  constructor(leaves: ReadonlyMap<ColumnNode, string>, position?: string, unknown?: ReadonlyMap<number, string>) {
    this.leaves = leaves;
    if (position !== undefined) this.position = position;
    this.unknown = unknown;
  }
}

/** The number of the root's row, which no node has. */
export const rootId = 0;

// Of the row being packed; packing one makes no objects.
const ids: number[] = [];
const texts: string[] = [];

export function packRow(keys: KeySpace, node: RowNode | undefined, row: Row): string {
  let flags = row.position === undefined ? 0 : hasPosition;
  let count = 0;
  for (const [column, value] of row.leaves) {
    const bytes = toUtf8(value);
    if (bytes !== value) flags |= isUtf8;
    insert(count++, keys.columnId(column), keys.columnHead(column) + varint(bytes.length) + bytes);
  }
  for (const [id, value] of unknownOf(row)) {
    const bytes = toUtf8(value);
    if (bytes !== value) flags |= isUtf8;
    insert(count++, id, varint(id) + varint(bytes.length) + bytes);
  }
  let packed = packedHead(keys, node, row, flags);
  for (let i = 0; i < count; i++) packed += texts[i] as string;
  return packed;
}

/** Puts a column in its place among those before it, which are few and mostly below it. */
function insert(count: number, id: number, text: string): void {
  let at = count;
  for (; at > 0 && (ids[at - 1] as number) > id; at--) {
    ids[at] = ids[at - 1] as number;
    texts[at] = texts[at - 1] as string;
  }
  ids[at] = id;
  texts[at] = text;
}

function packedHead(keys: KeySpace, node: RowNode | undefined, { position }: Row, flags: number): string {
  const head = idBytes(node === undefined ? rootId : keys.rowId(node)) + String.fromCharCode(flags);
  return position === undefined ? head : head + varint(position.length) + position;
}

/** The row node that a packed row is of: undefined where the schema no longer has it, null for the root's row. */
export function packedNode(keys: KeySpace, packed: string): RowNode | null | undefined {
  const id = readId(packed, 0);
  return id === rootId ? null : keys.rowById(id);
}

export function unpackRow(keys: KeySpace, packed: string): StoredRow {
  const leaves = new Map<ColumnNode, string>();
  let unknown: Map<number, string> | undefined;
  eachColumn(packed, (id, value) => {
    const column = keys.columnById(id);
    if (column !== undefined) leaves.set(column, value);
    else {
      unknown ??= new Map();
      unknown.set(id, value);
    }
  });
  return new StoredRow(leaves, positionIn(packed), unknown);
}

// Positions are renumbered long before they have 128 bytes: their length is one.
function positionIn(packed: string): string | undefined {
  if ((packed.charCodeAt(3) & hasPosition) === 0) return undefined;
  return packed.slice(5, 5 + packed.charCodeAt(4));
}

function eachColumn(packed: string, visit: (id: number, value: string) => void): void {
  const flags = packed.charCodeAt(3);
  let at = flags & hasPosition ? 5 + packed.charCodeAt(4) : 4;
  const end = packed.length;
  while (at < end) {
    let id = packed.charCodeAt(at++);
    if (id & 0x80) {
      id &= 0x7f;
      for (let shift = 7, byte = 0x80; byte & 0x80; shift += 7) {
        byte = packed.charCodeAt(at++);
        id |= (byte & 0x7f) << shift;
      }
    }
    let length = packed.charCodeAt(at++);
    if (length & 0x80) {
      length &= 0x7f;
      for (let shift = 7, byte = 0x80; byte & 0x80; shift += 7) {
        byte = packed.charCodeAt(at++);
        length |= (byte & 0x7f) << shift;
      }
    }
    if (!(at + length <= end)) throw new Error('a packed row ends too early');
    const bytes = packed.slice(at, at + length);
    at += length;
    visit(id, flags & isUtf8 ? fromUtf8(bytes) : bytes);
  }
}

/** A row that is unpacked when somebody asks for a column by name: whoever writes all of it has no need to. */
export class PackedRow implements Row {
  readonly keys: KeySpace;
  readonly packed: string;
  #row: StoredRow | undefined;

  constructor(keys: KeySpace, packed: string) {
    this.keys = keys;
    this.packed = packed;
  }

  get leaves(): ReadonlyMap<ColumnNode, string> {
    return this.#unpacked().leaves;
  }

  get position(): string | undefined {
    return (this.packed.charCodeAt(3) & hasPosition) === 0 ? undefined : this.#unpacked().position;
  }

  get unknown(): ReadonlyMap<number, string> | undefined {
    return this.#unpacked().unknown;
  }

  /** Calls `visit` for each column in the order in which they are packed, which is that of their ids. */
  forEach(visit: (id: number, value: string) => void): void {
    eachColumn(this.packed, visit);
  }

  #unpacked(): StoredRow {
    this.#row ??= unpackRow(this.keys, this.packed);
    return this.#row;
  }
}

/** Whether two rows say the same; undefined: there is none. */
export function sameRow(a: Row | undefined, b: Row | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  if (a instanceof PackedRow && b instanceof PackedRow) return a.packed === b.packed;
  if (a.position !== b.position || !sameValues(a.leaves, b.leaves)) return false;
  return sameValues(unknownOf(a), unknownOf(b));
}

const nothing: ReadonlyMap<number, string> = new Map();

export function unknownOf(row: Row | undefined): ReadonlyMap<number, string> {
  return (row instanceof StoredRow || row instanceof PackedRow ? row.unknown : undefined) ?? nothing;
}

function sameValues<K>(a: ReadonlyMap<K, string>, b: ReadonlyMap<K, string>): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) if (b.get(key) !== value) return false;
  return true;
}
