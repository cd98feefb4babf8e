/**
 * A difference between two views as the edits of a YANG patch (RFC 8072 section 2.5): what `commit-difference` and `plan`
 * print, and what the comparison of datastores (RFC 9144) has as its answer. Whoever has two views and the rows that
 * differ (`difference`, `Overlay.changes`, `Snapshot.difference`) gets edits that turn the first into the second when they
 * are applied in their order; it knows no YANG module of the answer.
 */
import { XmlWriter } from '../../yang/codec/xml-writer.ts';
import type { DataSchemaNode, SchemaNode } from '../../yang/schema/node.ts';
import type { KeySpace } from '../key/key.ts';
import { type ColumnNode, isImplicit, isOrdered } from '../row/shape.ts';
import type { SourceView } from '../view/source.ts';
import type { Row, RowChange, RowKey } from '../view/view.ts';
import { atOnce } from './steps.ts';
import { type ElementSink, type WalkHooks, type WalkOptions, walk } from './walk.ts';

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

/** What of a difference is told, and how. */
export interface PatchOptions {
  readonly rights?: ReadRights;
  /**
   * Hooks that judge a row as it was or is, what is in it and what is below it, the rights included; undefined: none of it is
   * told.
   */
  readonly scope?: (side: PatchSide, key: RowKey) => WalkHooks | undefined;
  /** Where values of one side go, in front of the writer; it is told of each element before it gets it. */
  readonly sink?: (side: PatchSide, writer: XmlWriter) => PatchSink | undefined;
}

/** The view that is changed, and what it becomes. */
export type PatchSide = 'before' | 'after';

export type PatchSink = ElementSink & { readonly announce: NonNullable<WalkOptions['announce']> };

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
  return atOnce(patchSteps(change, rights));
}

/** The same in steps of a few milliseconds. */
export function patchSteps(
  change: PatchChange,
  rights = everything,
  options: Omit<PatchOptions, 'rights'> = {},
): Generator<void, readonly PatchEdit[]> {
  return new PatchWriter(change, { ...options, rights }).edits();
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
  readonly #scope: PatchOptions['scope'];
  readonly #sink: PatchOptions['sink'];
  readonly #keys: KeySpace;
  readonly #edits: PatchEdit[] = [];
  /** Edits that come before all others. */
  readonly #first: PatchEdit[] = [];
  /** By list (key of the row above and number of the node). */
  readonly #placed = new Map<string, Placed[]>();

  constructor(change: PatchChange, { rights, scope, sink }: PatchOptions) {
    this.#change = change;
    this.#rights = rights ?? everything;
    this.#scope = scope;
    this.#sink = sink;
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
      if (!this.#isTold(change)) {
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
    return this.#first.length === 0 ? this.#edits : [...this.#first, ...this.#edits];
  }

  /** Whether anything of the row, or below it, is told: of a row that came or went as it is or was, of others as either. */
  #isTold({ key, node, before, after }: RowChange): boolean {
    if (node === undefined) return true;
    const isThere = isImplicit(node) || (before !== undefined && after !== undefined);
    const sides: readonly PatchSide[] = isThere ? ['after', 'before'] : [after === undefined ? 'before' : 'after'];
    return sides.some((side) => {
      const hooks = this.#hooks(side, key);
      return hooks !== undefined && hooks.enter(node, key, side === 'after' ? after : before) !== 'skip';
    });
  }

  /** What judges a row and all that is in it; undefined where the reader may not see the rows above it. */
  #hooks(side: PatchSide, key: RowKey): WalkHooks | undefined {
    if (this.#scope !== undefined) return this.#scope(side, key);
    const above = this.#keys.decode(key).slice(0, -1);
    return above.every((step) => this.#readable(step.node, step.key)) ? this.#rightsHooks : undefined;
  }

  readonly #rightsHooks: WalkHooks = {
    enter: (node, at) => {
      const verdict = this.#rights.readable(node);
      if (verdict === 'permit') return 'all';
      return verdict === 'depends' && this.#rights.read(node, at) ? 'descend' : 'skip';
    },
    leaf: (node, at) => this.#readable(node, at),
  };

  #row({ key, node, after }: RowChange): void {
    const { before: old, after: now } = this.#change;
    const place = { path: this.#keys.path(key), target: resourcePath(this.#keys, key) };
    if (after === undefined) {
      const sourceValue = this.#subtree('before', old, key);
      if (sourceValue !== '') this.#delete(node, { operation: 'delete', ...place, sourceValue });
      return;
    }
    const value = this.#subtree('after', now, key);
    if (value === '') return; // nothing of it is wanted
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

  #columns(change: RowChange): void {
    const { before, after } = change;
    for (const [column, value] of before?.leaves ?? []) {
      if (after?.leaves.has(column) !== true) this.#column(change, column, value, undefined);
    }
    for (const [column, value] of after?.leaves ?? []) {
      const old = before?.leaves.get(column);
      if (old !== value) this.#column(change, column, old, value);
    }
  }

  #column(change: RowChange, column: ColumnNode, old: string | undefined, value: string | undefined): void {
    const { key } = change;
    if (!this.#isColumnTold('after', change, column) && !this.#isColumnTold('before', change, column)) return;
    const place = { path: this.#keys.path(key, column), target: resourcePath(this.#keys, key, column) };
    const sourceValue = old === undefined ? undefined : this.#leaf('before', change, column, old);
    if (value === undefined) {
      this.#delete(column, { operation: 'delete', ...place, sourceValue: sourceValue ?? '' });
      return;
    }
    const is = { ...place, value: this.#leaf('after', change, column, value) };
    this.#edits.push(
      sourceValue === undefined ? { operation: 'create', ...is } : { operation: 'replace', ...is, sourceValue },
    );
  }

  /** Of a choice, what goes has to go before what comes: setting a node of one case takes those of others away. */
  #delete(node: DataSchemaNode | undefined, edit: PatchEdit): void {
    if (node !== undefined && isInCase(node)) this.#first.push(edit);
    else this.#edits.push(edit);
  }

  /** The row on one side, the containers that are folded into it, and the column. */
  #isColumnTold(side: PatchSide, { key, node, before, after }: RowChange, column: ColumnNode): boolean {
    const row = side === 'after' ? after : before;
    const hooks = this.#hooks(side, key);
    if (hooks === undefined) return false;
    const way: DataSchemaNode[] = [];
    for (
      let at: DataSchemaNode['dataParent'] = column.dataParent;
      at !== undefined && 'index' in at;
      at = at.dataParent
    ) {
      way.unshift(at);
      if (at === node) break;
    }
    for (const at of way) {
      const verdict = hooks.enter(at, key, row);
      if (verdict === 'skip') return false;
      if (verdict === 'all') return this.#readable(column, key);
    }
    return hooks.leaf(column, key, row ?? nothing) === true;
  }

  #readable(node: DataSchemaNode, key: RowKey): boolean {
    const verdict = this.#rights.readable(node);
    return verdict === 'permit' || (verdict === 'depends' && this.#rights.read(node, key));
  }

  #leaf(side: PatchSide, { key, before, after }: RowChange, column: ColumnNode, value: string): string {
    const writer = new XmlWriter(this.#keys.schema);
    const sink = this.#sink?.(side, writer);
    sink?.announce(column, key, side === 'after' ? after : before, false);
    if (column.kind === 'leaf') (sink ?? writer).leaf(column, value);
    else (sink ?? writer).anydata(column, value);
    return writer.take();
  }

  #subtree(side: PatchSide, view: SourceView, key: RowKey): string {
    const hooks = this.#hooks(side, key);
    if (hooks === undefined) return '';
    const writer = new XmlWriter(this.#keys.schema);
    const sink = this.#sink?.(side, writer);
    const options = { from: key, hooks, ...(sink === undefined ? {} : { announce: sink.announce }) };
    let text = '';
    for (const _ of walk(view, sink ?? writer, options)) text += writer.take();
    return text + writer.take();
  }
}

function isInCase(node: DataSchemaNode): boolean {
  for (let at: SchemaNode | undefined = node.parent; at !== undefined; at = at.parent)
    if (at.kind === 'case') return true;
  return false;
}

const nothing: Row = { leaves: new Map() };

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
