/**
 * Row keys: the path of a row as bytes whose order is document order.
 *
 *     key   := step*
 *     step  := id[3] value*          a list: one value a key leaf; a leaf-list: its value; a container: none
 *
 * Steps delimit themselves, so a key that begins with another key is a row below it. Non-presence containers below the
 * top have no step. A list without keys (state only) has a sequence number, from 0, as its one value.
 */
import type { DataSchemaNode, Schema } from '../../yang/schema/node.ts';
import { type ColumnNode, SchemaShape } from '../row/shape.ts';
import { varint } from '../row/varint.ts';
import type { RowKey, RowNode } from '../view/view.ts';
import { IdTable, idBytes, readId } from './id.ts';
import { decodeKey, encodeKey, type KeyForm, keyForm } from './key-codec.ts';
import { type InstanceAddress, instancePath, parseInstancePath } from './path.ts';

export interface KeyStep {
  readonly node: RowNode;
  /** Canonical key values, or the leaf-list entry's value. */
  readonly keys: readonly string[];
  /** Key of the row at this step. */
  readonly key: RowKey;
}

interface Coding {
  readonly node: RowNode;
  readonly id: number;
  readonly bytes: string;
  readonly after: string;
  readonly forms: readonly KeyForm[];
}

/** Bytes of a step before its values. */
const idLength = 3;

/** Above every key that begins with the bytes before it. */
export const END = '\xff\xff\xff';

export class KeySpace {
  readonly schema: Schema;
  readonly shape: SchemaShape;
  readonly ids: IdTable;
  readonly #codings = new Map<RowNode, Coding>();
  readonly #rowById = new Map<number, Coding>();
  /** The parent asked for last, by the node of the row. */
  readonly #lastParents = new Map<RowNode, RowKey>();
  readonly #columnIds = new Map<ColumnNode, number>();
  readonly #columnHeads = new Map<ColumnNode, string>();
  readonly #columnById = new Map<number, ColumnNode>();

  /** Without a table the numbers are new: for tests and for what is never stored. */
  constructor(schema: Schema, ids: IdTable = new IdTable()) {
    this.schema = schema;
    this.ids = ids;
    this.shape = new SchemaShape(schema);
    this.#number(undefined);
  }

  /** The key of a row below another. `keys`: see KeyStep. */
  child(parent: RowKey, node: RowNode, keys: readonly string[] = []): RowKey {
    const { bytes, forms, node: known } = this.#coding(node);
    if (keys.length !== forms.length) throw new Error(`${known.path} has ${forms.length} keys, not ${keys.length}`);
    let key = parent + bytes;
    for (let i = 0; i < forms.length; i++) key += encodeKey(forms[i] as KeyForm, keys[i] as string);
    return key;
  }

  /** The steps of a key, outermost first; undefined where it does not fit the schema. */
  tryDecode(key: RowKey): readonly KeyStep[] | undefined {
    const steps: KeyStep[] = [];
    let at = 0;
    while (at < key.length) {
      if (key.length < at + 3) return undefined;
      const coding = this.#rowById.get(readId(key, at));
      if (coding === undefined) return undefined;
      at += 3;
      const keys: string[] = [];
      for (const form of coding.forms) {
        const value = decodeKey(form, key, at);
        if (value === undefined) return undefined;
        keys.push(value.value);
        at = value.end;
      }
      steps.push({ node: coding.node, keys, key: key.slice(0, at) });
    }
    return steps;
  }

  decode(key: RowKey): readonly KeyStep[] {
    const steps = this.tryDecode(key);
    if (steps === undefined)
      throw new Error(`no row key of this schema: ${Buffer.from(key, 'latin1').toString('hex')}`);
    return steps;
  }

  /** The last step; undefined for the root. */
  last(key: RowKey): KeyStep | undefined {
    return this.decode(key).at(-1);
  }

  /** The row above; undefined for the root. */
  parent(key: RowKey): RowKey | undefined {
    if (key === '') return undefined;
    return this.decode(key).at(-2)?.key ?? '';
  }

  /** The row above a row of this node. */
  parentOf(key: RowKey, node: RowNode): RowKey {
    // Steps delimit themselves: a key of the parent's node that this one begins with is its parent.
    const known = this.#lastParents.get(node);
    if (known !== undefined && key.startsWith(known)) return known;
    const parent = this.parent(key) ?? '';
    this.#lastParents.set(node, parent);
    return parent;
  }

  /** The first key value, or the leaf-list entry's value, of a row of this node. */
  valueOf(key: RowKey, node: RowNode): string {
    const form = this.#coding(node).forms[0];
    const value = form && decodeKey(form, key, this.parentOf(key, node).length + idLength);
    if (value === undefined) throw new Error(`${node.path} has no key value`);
    return value.value;
  }

  /** What a row key names; undefined for the root. */
  node(key: RowKey): RowNode | undefined {
    return this.last(key)?.node;
  }

  /** The keys of all entries of a node below a row, and of all below them: from inclusive, to exclusive. */
  range(parent: RowKey, node: RowNode): { readonly from: RowKey; readonly to: RowKey } {
    const { bytes, after } = this.#coding(node);
    return { from: parent + bytes, to: parent + after };
  }

  /** Instance path of a row (fault.ts), or of a node in it: a column, a non-presence container, a child without instance. */
  path(key: RowKey, inside?: DataSchemaNode): string {
    return instancePath(this.shape, this.decode(key), inside);
  }

  /** What an instance path names; undefined where it names nothing of this schema. */
  rowOf(path: string): InstanceAddress | undefined {
    return parseInstancePath(this, path);
  }

  /** The number that stands for a row node in keys and packed rows. */
  rowId(node: RowNode): number {
    return this.#coding(node).id;
  }

  rowById(id: number): RowNode | undefined {
    return this.#rowById.get(id)?.node;
  }

  /** Whether a number stands for a node of this schema. */
  knows(id: number): boolean {
    return this.#rowById.has(id) || this.#columnById.has(id);
  }

  columnId(column: ColumnNode): number {
    const id = this.#columnIds.get(column);
    if (id === undefined) throw new Error(`${column.path} is no column of this schema`);
    return id;
  }

  /** The number as packed rows have it in front of a value: a varint. */
  columnHead(column: ColumnNode): string {
    return this.#columnHeads.get(column) as string;
  }

  columnById(id: number): ColumnNode | undefined {
    return this.#columnById.get(id);
  }

  #coding(node: RowNode): Coding {
    const coding = this.#codings.get(node);
    if (coding === undefined) throw new Error(`${node.path} is no row of this schema`);
    return coding;
  }

  #number(node: RowNode | undefined): void {
    const shape = this.shape.of(node);
    for (const column of shape.columns) {
      const id = this.ids.of(`${column.kind} ${column.path}`);
      this.#columnIds.set(column, id);
      this.#columnHeads.set(column, varint(id));
      this.#columnById.set(id, column);
    }
    for (const row of shape.rows) {
      const forms = keyForms(row);
      const id = rowNumber(this.ids, row, forms);
      const coding = { node: row, id, bytes: idBytes(id), after: idBytes(id + 1), forms };
      this.#codings.set(row, coding);
      this.#rowById.set(id, coding);
      this.#number(row);
    }
  }
}

/**
 * The number of a row node: of its kind, path, and for lists the forms and names of the keys, so that entries never turn
 * into those of a list with other keys. Stores of before names were noted have a name without them, for the first to come.
 */
function rowNumber(ids: IdTable, row: RowNode, forms: readonly KeyForm[]): number {
  const name = `${row.kind} ${row.path} ${forms.join()}`.trimEnd();
  if (row.kind !== 'list' || row.keys.length === 0) return ids.of(name);
  const keyed = `${name} ${row.keys.map((key) => key.name).join()}`;
  if (ids.has(keyed) || !ids.has(name)) return ids.of(keyed);
  const id = ids.of(name);
  for (const [other, taken] of ids.names()) if (taken === id && other !== name) return ids.of(keyed);
  return ids.alias(keyed, name);
}

function keyForms(node: RowNode): readonly KeyForm[] {
  switch (node.kind) {
    case 'container':
      return [];
    case 'leaf-list':
      return [keyForm(node.type)];
    case 'list':
      return node.keys.length === 0 ? ['unsigned'] : node.keys.map((leaf) => keyForm(leaf.type));
  }
}
