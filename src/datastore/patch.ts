/**
 * A difference between two views as the edits of a YANG patch (RFC 8072 section 2.5): what `commit-difference` and `plan`
 * print, and what the comparison of datastores (RFC 9144) has as its answer. Whoever has two views and the rows that
 * differ (`difference`, `Overlay.changes`, `Snapshot.difference`) gets edits that turn the first into the second when they
 * are applied in their order; it knows no YANG module of the answer.
 */
import { XmlWriter } from '../yang/codec/xml-writer.ts';
import type { DataSchemaNode } from '../yang/schema/node.ts';
import type { KeySpace } from './key.ts';
import { type ColumnNode, isImplicit, isOrdered } from './shape.ts';
import type { SourceView } from './source.ts';
import type { RowChange, RowKey } from './view.ts';
import { type WalkHooks, walk } from './walk.ts';

export interface PatchChange {
  readonly before: SourceView;
  readonly after: SourceView;
  readonly rows: readonly RowChange[];
}

/** What the reader may see (the commit's `Decisions`): `depends` asks for each instance, by the row that it is or is in. */
export interface ReadRights {
  readable(node: DataSchemaNode): 'permit' | 'deny' | 'depends';
  read(node: DataSchemaNode, row: RowKey): boolean;
}

const everything: ReadRights = { readable: () => 'permit', read: () => true };

export interface PatchEdit {
  readonly operation: 'create' | 'delete' | 'replace' | 'insert' | 'move';
  /** Instance path (fault.ts). */
  readonly path: string;
  /** RFC 8072 target-resource-offset, from the root of the datastore: `/ietf-interfaces:interfaces/interface=e0/mtu`. */
  readonly target: string;
  /** Of `insert` and `move`: `first`, or `after` the entry that `point` is the target of. */
  readonly where?: 'first' | 'after';
  readonly point?: string;
  /** The node as it is afterwards, as XML with itself as the root element: of all but `delete` and `move`. */
  readonly value?: string;
  /** The node as it was: of `delete` and `replace`. */
  readonly sourceValue?: string;
}

/** The edits, parents before children; entries of ordered-by user lists in the order that they have afterwards. */
export function patchEdits(change: PatchChange, rights?: ReadRights): readonly PatchEdit[] {
  const steps = patchSteps(change, rights);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** The same in steps of a few milliseconds. */
export function patchSteps(change: PatchChange, rights = everything): Generator<void, readonly PatchEdit[]> {
  return new PatchWriter(change, rights).edits();
}

/** Rows between two steps. */
const rowsPerStep = 100;

/** An edit of an entry in an ordered-by user list. */
interface Placed {
  readonly at: number;
  readonly position: string;
}

class PatchWriter {
  readonly #change: PatchChange;
  readonly #rights: ReadRights;
  readonly #keys: KeySpace;
  readonly #edits: PatchEdit[] = [];
  /** By list (key of the row above and number of the node). */
  readonly #placed = new Map<string, Placed[]>();

  constructor(change: PatchChange, rights: ReadRights) {
    this.#change = change;
    this.#rights = rights;
    this.#keys = change.before.keys;
  }

  *edits(): Generator<void, readonly PatchEdit[]> {
    let above: RowKey | undefined;
    for (const [i, change] of this.#change.rows.entries()) {
      if (i % rowsPerStep === 0) yield;
      // Rows below one that came or went are part of that.
      if (above !== undefined && change.key.startsWith(above)) continue;
      above = undefined;
      const { key, node, before, after } = change;
      if (!this.#visible(key)) {
        above = key;
      } else if (!isImplicit(node) && (before === undefined) !== (after === undefined)) {
        above = key;
        this.#row(change);
      } else {
        if (node !== undefined && isOrdered(node) && before?.position !== after?.position) this.#move(change);
        this.#columns(change);
      }
    }
    this.#arrange();
    return this.#edits;
  }

  /** Whether the reader may see the row and all rows above it. */
  #visible(key: RowKey): boolean {
    return this.#keys.decode(key).every((step) => this.#readable(step.node, step.key));
  }

  #row({ key, node, after }: RowChange): void {
    const { before: old, after: now } = this.#change;
    const place = { path: this.#keys.path(key), target: resourcePath(this.#keys, key) };
    if (after === undefined) {
      this.#edits.push({ operation: 'delete', ...place, sourceValue: this.#subtree(old, key) });
      return;
    }
    const value = this.#subtree(now, key);
    if (node === undefined || !isOrdered(node)) this.#edits.push({ operation: 'create', ...place, value });
    else this.#edits.push({ operation: 'insert', ...place, ...this.#where(key, after.position), value });
  }

  #move({ key, after }: RowChange): void {
    const place = { path: this.#keys.path(key), target: resourcePath(this.#keys, key) };
    this.#edits.push({ operation: 'move', ...place, ...this.#where(key, after?.position) });
  }

  /** Where an entry stands afterwards, and a note of it for the order of the edits. */
  #where(key: RowKey, position = ''): Pick<PatchEdit, 'where' | 'point'> {
    const node = this.#keys.node(key);
    if (node === undefined) throw new Error('the root has no place');
    const parent = this.#keys.parentOf(key, node);
    const list = `${parent} ${this.#keys.rowId(node)}`;
    const placed = this.#placed.get(list) ?? [];
    placed.push({ at: this.#edits.length, position });
    this.#placed.set(list, placed);
    for (const { key: previous } of this.#change.after.placed(parent, node, true, position)) {
      if (this.#readable(node, previous)) return { where: 'after', point: resourcePath(this.#keys, previous) };
    }
    return { where: 'first' };
  }

  /** Edits of one list among the places that they have: an entry's predecessor is in place before it. */
  #arrange(): void {
    for (const placed of this.#placed.values()) {
      const slots = placed.map(({ at }) => at);
      const sorted = [...placed].sort((a, b) => (a.position < b.position ? -1 : a.position > b.position ? 1 : 0));
      const edits = sorted.map(({ at }) => this.#edits[at]);
      for (const [i, at] of slots.entries()) {
        const edit = edits[i];
        if (edit !== undefined) this.#edits[at] = edit;
      }
    }
  }

  #columns({ key, before, after }: RowChange): void {
    for (const [column, value] of before?.leaves ?? []) {
      if (after?.leaves.has(column) !== true) this.#column(key, column, value, undefined);
    }
    for (const [column, value] of after?.leaves ?? []) {
      const old = before?.leaves.get(column);
      if (old !== value) this.#column(key, column, old, value);
    }
  }

  #column(key: RowKey, column: ColumnNode, old: string | undefined, value: string | undefined): void {
    if (!this.#readableColumn(column, key)) return;
    this.#edits.push({
      operation: value === undefined ? 'delete' : old === undefined ? 'create' : 'replace',
      path: this.#keys.path(key, column),
      target: resourcePath(this.#keys, key, column),
      ...(value === undefined ? {} : { value: this.#leaf(column, value) }),
      ...(old === undefined ? {} : { sourceValue: this.#leaf(column, old) }),
    });
  }

  /** The column, and the containers that are folded into its row. */
  #readableColumn(column: ColumnNode, key: RowKey): boolean {
    const row = this.#keys.node(key);
    for (let node: DataSchemaNode | undefined = column; node !== undefined && node !== row; ) {
      if (!this.#readable(node, key)) return false;
      const above: DataSchemaNode['dataParent'] = node.dataParent;
      node = above !== undefined && 'index' in above ? above : undefined;
    }
    return true;
  }

  #readable(node: DataSchemaNode, key: RowKey): boolean {
    const verdict = this.#rights.readable(node);
    return verdict === 'permit' || (verdict === 'depends' && this.#rights.read(node, key));
  }

  #leaf(column: ColumnNode, value: string): string {
    const writer = new XmlWriter(this.#keys.schema);
    if (column.kind === 'leaf') writer.leaf(column, value);
    else writer.anydata(column, value);
    return writer.take();
  }

  #subtree(view: SourceView, key: RowKey): string {
    const hooks: WalkHooks = {
      enter: (node, at) => {
        const verdict = this.#rights.readable(node);
        if (verdict === 'permit') return 'all';
        return verdict === 'depends' && this.#rights.read(node, at) ? 'descend' : 'skip';
      },
      leaf: (node, at) => this.#readable(node, at),
    };
    const writer = new XmlWriter(this.#keys.schema);
    let text = '';
    for (const _ of walk(view, writer, { from: key, hooks })) text += writer.take();
    return text + writer.take();
  }
}

/** RFC 8040 section 3.5.3: keys behind `=`, separated by commas, everything reserved percent-encoded. */
export function resourcePath(keys: KeySpace, key: RowKey, inside?: DataSchemaNode): string {
  let path = '';
  let above = 0;
  for (const { node, keys: values } of keys.decode(key)) {
    path += node.path.slice(above);
    above = node.path.length;
    if (values.length > 0) path += `=${values.map(encoded).join(',')}`;
  }
  if (inside !== undefined) path += inside.path.slice(above);
  return path === '' ? '/' : path;
}

function encoded(value: string): string {
  return encodeURIComponent(value).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
