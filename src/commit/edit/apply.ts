/**
 * Applies the payload of an edit to rows (RFC 6241 section 7.2, RFC 7950 sections 7.5 to 7.10). One walk over the payload;
 * what the payload does not name is read only where an operation says so (replace, delete, another case).
 */
import type { KeySpace } from '../../datastore/key/key.ts';
import { atOnce } from '../../datastore/reading/steps.ts';
import { type ColumnNode, isImplicit } from '../../datastore/row/shape.ts';
import type { RowKey } from '../../datastore/view/view.ts';
import type { DataNode, EditOperation } from '../../yang/data/node.ts';
import { type Fault, FaultError } from '../../yang/fault.ts';
import type { ContainerNode, DataSchemaNode, LeafListNode, LeafNode, ListNode } from '../../yang/schema/node.ts';
import { casesOf } from './case.ts';
import { clear, exists, isEmpty } from './clear.ts';
import { RowDraft } from './draft.ts';
import type { Editable } from './editable.ts';
import {
  attributeFault,
  dataExists,
  dataMissing,
  invalidDefault,
  missingInstance,
  noValue,
  unexpected,
} from './faults.ts';
import { isFolded } from './fold.ts';
import type { EditOptions } from './options.ts';
import { checkPayload, keyValues } from './payload.ts';

/** A node that the edit set and that depends on a `when`, which is judged once the whole edit is applied. */
export interface ConditionalNode {
  readonly row: RowKey;
  readonly node: DataSchemaNode;
}

export interface EditOutcome {
  /** Empty but for `continue-on-error`; any other error is thrown as a FaultError with the rows half-edited. */
  readonly faults: readonly Fault[];
  readonly conditional: readonly ConditionalNode[];
}

/** What has children in the data tree: a row node, a non-presence container, the root (undefined). */
type Above = ContainerNode | ListNode | undefined;

/** At once. */
export function applyEdit(
  rows: Editable,
  keys: KeySpace,
  payload: readonly DataNode[],
  options: EditOptions = {},
): EditOutcome {
  return atOnce(editSteps(rows, keys, payload, options));
}

/** In steps of about an entry; nobody else may touch the rows between them. */
export function editSteps(
  rows: Editable,
  keys: KeySpace,
  payload: readonly DataNode[],
  options: EditOptions = {},
): Generator<void, EditOutcome> {
  const edit = new Edit(rows, keys, options.errorOption === 'continue-on-error');
  return edit.run(payload, options.defaultOperation ?? 'merge');
}

class Edit {
  readonly #rows: Editable;
  readonly #keys: KeySpace;
  readonly #goesOn: boolean;
  readonly #faults: Fault[] = [];
  readonly #conditional: ConditionalNode[] = [];

  constructor(rows: Editable, keys: KeySpace, goesOn: boolean) {
    this.#rows = rows;
    this.#keys = keys;
    this.#goesOn = goesOn;
  }

  *run(payload: readonly DataNode[], operation: EditOperation): Generator<void, EditOutcome> {
    const root = new RowDraft(this.#rows, '', undefined);
    yield* this.#children(root, undefined, payload, operation);
    root.write();
    return { faults: this.#faults, conditional: this.#conditional };
  }

  /** The payload's nodes below one instance. Deletions first, so that the order of siblings in the payload is of no effect. */
  *#children(row: RowDraft, above: Above, payload: readonly DataNode[], operation: EditOperation): Generator<void> {
    checkPayload(this.#keys, row.key, payload, operation);
    const gone = payload.filter((node) => isDeletion(node, operation));
    const rest = gone.length === 0 ? payload : payload.filter((node) => !isDeletion(node, operation));
    for (const node of gone) yield* this.#child(row, node, operation);
    for (const node of rest) {
      // Most of a payload is leaves: no generator for each.
      const { schema } = node;
      if (schema.kind === 'leaf' || schema.kind === 'anydata' || schema.kind === 'anyxml') {
        try {
          this.#leaf(row, node, schema, operation);
        } catch (error) {
          this.#fault(error);
        }
      } else yield* this.#child(row, node, operation);
    }
    if (operation === 'replace') this.#prune(row, above, payload);
  }

  *#child(row: RowDraft, node: DataNode, inherited: EditOperation): Generator<void> {
    try {
      yield* this.#node(row, node, inherited);
    } catch (error) {
      this.#fault(error);
    }
  }

  /** Keeps a fault where the edit goes on after one. */
  #fault(error: unknown): void {
    if (!this.#goesOn || !(error instanceof FaultError)) throw error;
    this.#faults.push(...error.faults);
  }

  *#node(row: RowDraft, node: DataNode, inherited: EditOperation): Generator<void> {
    const { schema } = node;
    const operation = node.attributes?.operation ?? inherited;
    if (schema.kind === 'leaf' || schema.kind === 'anydata' || schema.kind === 'anyxml') {
      this.#leaf(row, node, schema, inherited);
      return;
    }
    this.#assertEditable(row, node);
    switch (schema.kind) {
      case 'leaf-list':
        this.#leafListEntry(row, schema, node, operation);
        break;
      case 'list': {
        const key = this.#keys.child(row.key, schema, keyValues(schema, node));
        yield* this.#rowNode(row, schema, key, node, operation);
        yield;
        break;
      }
      case 'container':
        if (isFolded(schema)) yield* this.#folded(row, schema, node, operation);
        else yield* this.#rowNode(row, schema, this.#keys.child(row.key, schema), node, operation);
        break;
    }
  }

  #assertEditable(row: RowDraft, node: DataNode): void {
    const { schema, attributes } = node;
    if (!schema.config) {
      const path = this.#keys.path(row.key, schema);
      throw new FaultError(unexpected(path, schema, `${schema.name} is state, not configuration`));
    }
    if (attributes?.insert !== undefined && !isUserOrdered(schema)) {
      const path =
        schema.kind === 'list'
          ? this.#keys.path(this.#entryKey(row.key, schema, node))
          : this.#keys.path(row.key, schema);
      throw new FaultError(
        attributeFault('unknown-attribute', path, schema, 'insert', `${schema.name} is not ordered by the user`),
      );
    }
  }

  #leaf(row: RowDraft, node: DataNode, schema: ColumnNode, inherited: EditOperation): void {
    this.#assertEditable(row, node);
    const operation = node.attributes?.operation ?? inherited;
    if (schema.kind === 'leaf' && node.attributes?.isDefault === true) {
      assertDefault(this.#keys.path(row.key, schema), schema, node.value, operation);
      // Created as any other leaf is: it must not be there.
      if (operation === 'create' && row.has(schema)) throw new FaultError(dataExists(this.#keys.path(row.key, schema)));
      row.delete(schema);
    } else if (schema.kind !== 'leaf') this.#column(row, schema, node.xml ?? '', operation);
    else if (schema.isKey) this.#key(row, schema, operation);
    else this.#column(row, schema, node.value, operation);
  }

  /** A key has no life of its own: it comes and goes with its entry. */
  #key(row: RowDraft, schema: LeafNode, operation: EditOperation): void {
    if ((operation !== 'delete' && operation !== 'remove') || !row.has(schema)) return;
    const message = `the key ${schema.name} goes with its list entry and cannot be deleted alone`;
    throw new FaultError(
      attributeFault('bad-attribute', this.#keys.path(row.key, schema), schema, 'operation', message),
    );
  }

  #column(row: RowDraft, schema: ColumnNode, value: string | undefined, operation: EditOperation): void {
    const path = () => this.#keys.path(row.key, schema);
    const there = row.has(schema);
    switch (operation) {
      case 'delete':
      case 'none':
        if (!there) throw new FaultError(missing(path(), operation));
        if (operation === 'delete') row.delete(schema);
        return;
      case 'remove':
        row.delete(schema);
        return;
      case 'create':
        if (there) throw new FaultError(dataExists(path()));
        break;
      case 'merge':
      case 'replace':
        break;
    }
    if (value === undefined) throw new FaultError(noValue(path(), schema));
    this.#clearOtherCases(row, schema);
    row.set(schema, value);
    row.need();
    this.#note(row.key, schema);
  }

  #leafListEntry(row: RowDraft, schema: LeafListNode, node: DataNode, operation: EditOperation): void {
    if (node.value === undefined) throw new FaultError(noValue(this.#keys.path(row.key, schema), schema));
    const key = this.#keys.child(row.key, schema, [node.value]);
    const there = this.#rows.get(key) !== undefined;
    if (node.attributes?.isDefault === true) {
      assertDefault(this.#keys.path(key), schema, node.value, operation);
      if (this.#decide(key, there, operation) && there) this.#rows.delete(key);
      return;
    }
    if (!this.#decide(key, there, operation)) return;
    this.#clearOtherCases(row, schema);
    row.need();
    if (!there) this.#rows.put(key, schema, { leaves: new Map() });
    this.#insert(row, schema, key, node);
    this.#note(key, schema);
  }

  /** A list entry, a presence container, a top-level container. */
  *#rowNode(
    row: RowDraft,
    schema: ListNode | ContainerNode,
    key: RowKey,
    node: DataNode,
    operation: EditOperation,
  ): Generator<void> {
    const implicit = isImplicit(schema);
    const draft = new RowDraft(this.#rows, key, schema);
    if (implicit && operation === 'none') {
      // A non-presence container is always there (RFC 7950 section 7.5.1): below it "none" only walks.
    } else if (operation !== 'merge' && operation !== 'replace') {
      if (!this.#decide(key, implicit ? !isEmpty(this.#rows, key) : draft.existed, operation)) return;
    }
    const children = node.children ?? [];
    if (operation !== 'none') {
      if (!implicit) {
        this.#clearOtherCases(row, schema);
        row.need();
        draft.need();
      }
      this.#note(key, schema);
    }
    if (schema.kind === 'list') {
      const values = keyValues(schema, node);
      for (const [index, leaf] of schema.keys.entries()) draft.set(leaf, values[index] as string);
      if (schema.orderedByUser && !draft.existed) draft.write(); // before it is placed among its siblings
      if (operation !== 'none') this.#insert(row, schema, key, node);
    }
    yield* this.#children(draft, schema, children, operation);
    draft.write();
  }

  /** A non-presence container below the top: it exists where it has content. */
  *#folded(row: RowDraft, schema: ContainerNode, node: DataNode, operation: EditOperation): Generator<void> {
    const path = () => this.#keys.path(row.key, schema);
    switch (operation) {
      case 'delete':
        if (!exists(this.#rows, this.#keys, row, schema)) throw new FaultError(dataMissing(path()));
        clear(this.#rows, this.#keys, row, schema);
        return;
      case 'remove':
        clear(this.#rows, this.#keys, row, schema);
        return;
      case 'create':
        if (exists(this.#rows, this.#keys, row, schema)) throw new FaultError(dataExists(path()));
        break;
      case 'merge':
      case 'replace':
      case 'none':
        break;
    }
    if (operation !== 'none') this.#note(row.key, schema);
    yield* this.#children(row, schema, node.children ?? [], operation);
    if (casesOf(schema).length > 0 && operation !== 'none' && exists(this.#rows, this.#keys, row, schema)) {
      this.#clearOtherCases(row, schema);
    }
  }

  /**
   * What an operation does to a row by its existence. True: go on and set it, or with `none` walk on below it.
   */
  #decide(key: RowKey, there: boolean, operation: EditOperation): boolean {
    switch (operation) {
      case 'delete':
      case 'none':
        if (!there) throw new FaultError(missing(this.#keys.path(key), operation));
        if (operation === 'none') return true;
        this.#rows.delete(key);
        return false;
      case 'remove':
        if (there) this.#rows.delete(key);
        return false;
      case 'create':
        if (there) throw new FaultError(dataExists(this.#keys.path(key)));
        return true;
      case 'merge':
      case 'replace':
        return true;
    }
  }

  /** RFC 7950 sections 7.7.9 and 7.8.6. */
  #insert(row: RowDraft, schema: ListNode | LeafListNode, key: RowKey, node: DataNode): void {
    const attributes = node.attributes;
    if (!schema.orderedByUser || attributes?.insert === undefined) return;
    const at = attributes.insert;
    if (at === 'first' || at === 'last') {
      this.#rows.place(key, { at });
      return;
    }
    const name = schema.kind === 'list' ? 'key' : 'value';
    const values =
      schema.kind === 'list'
        ? attributes.insertKey
        : attributes.insertValue === undefined
          ? undefined
          : [attributes.insertValue];
    const path = this.#keys.path(key);
    if (!values) {
      const message = `insert="${at}" needs the attribute ${name}`;
      throw new FaultError(attributeFault('missing-attribute', path, schema, name, message));
    }
    const entry = this.#anchor(row.key, schema, values);
    if (entry === undefined) {
      const message = `${name} does not name an entry of ${schema.name}`;
      throw new FaultError(attributeFault('bad-attribute', path, schema, name, message));
    }
    if (entry === key || this.#rows.get(entry) === undefined) {
      throw new FaultError(missingInstance(path, schema, name));
    }
    this.#rows.place(key, { at, anchor: entry });
  }

  /** Undefined: no key of the list (RFC 7950 section 8.3.1). */
  #anchor(parent: RowKey, schema: ListNode | LeafListNode, values: readonly string[]): RowKey | undefined {
    try {
      return this.#keys.child(parent, schema, values);
    } catch {
      return undefined;
    }
  }

  /** `replace`: what the payload does not name below the instance goes; a user's order becomes the payload's. */
  #prune(row: RowDraft, above: Above, payload: readonly DataNode[]): void {
    const named = new Map<DataSchemaNode, DataNode[]>();
    for (const node of payload) {
      const list = named.get(node.schema);
      if (list) list.push(node);
      else named.set(node.schema, [node]);
    }
    const children = (above ?? this.#keys.schema).dataChildren.values();
    for (const child of children) {
      if (!child.config || (child.kind === 'leaf' && child.isKey)) continue;
      const nodes = named.get(child);
      if (!nodes) clear(this.#rows, this.#keys, row, child);
      else if (child.kind === 'list' || child.kind === 'leaf-list') this.#pruneEntries(row, child, nodes);
    }
  }

  #pruneEntries(row: RowDraft, schema: ListNode | LeafListNode, nodes: readonly DataNode[]): void {
    const wanted = nodes.map((node) => this.#entryKey(row.key, schema, node));
    const keep = new Set(wanted);
    const present = Array.from(this.#rows.entries(row.key, schema), ({ key }) => key);
    for (const key of present) if (!keep.has(key)) this.#rows.delete(key);
    if (!schema.orderedByUser || nodes.some((node) => node.attributes?.insert !== undefined)) return;
    const kept = present.filter((key) => keep.has(key));
    const there = new Set(kept);
    const order = wanted.filter((key) => there.has(key));
    if (order.every((key, index) => key === kept[index])) return;
    for (const key of order) this.#rows.place(key, { at: 'last' });
  }

  #entryKey(parent: RowKey, schema: ListNode | LeafListNode, node: DataNode): RowKey {
    const values = schema.kind === 'list' ? keyValues(schema, node) : [node.value ?? ''];
    return this.#keys.child(parent, schema, values);
  }

  /** RFC 7950 section 7.9: setting a node of one case deletes those of the others. */
  #clearOtherCases(row: RowDraft, schema: DataSchemaNode): void {
    for (const { others } of casesOf(schema)) for (const other of others) clear(this.#rows, this.#keys, row, other);
  }

  #note(row: RowKey, node: DataSchemaNode): void {
    if (node.whens.length > 0) this.#conditional.push({ row, node });
  }
}

/**
 * RFC 6243 section 4.5.2: `wd:default="true"` asks that the node returns to its default. The operation has to be one that
 * sets, and the value that of the schema.
 */
function assertDefault(
  path: string,
  schema: LeafNode | LeafListNode,
  value: string | undefined,
  operation: EditOperation,
): void {
  const defaults = schema.kind === 'leaf' ? [schema.default] : schema.defaults;
  const sets = operation === 'create' || operation === 'merge' || operation === 'replace';
  if (!sets) throw new FaultError(invalidDefault(path, `${schema.name} cannot be marked as default in ${operation}`));
  if (value === undefined || !defaults.includes(value)) {
    throw new FaultError(
      invalidDefault(path, `"${value ?? ''}" is marked as default, but is not that of ${schema.name}`),
    );
  }
}

function isUserOrdered(node: DataSchemaNode): boolean {
  return (node.kind === 'list' || node.kind === 'leaf-list') && node.orderedByUser;
}

function isDeletion(node: DataNode, inherited: EditOperation): boolean {
  const operation = node.attributes?.operation ?? inherited;
  return operation === 'delete' || operation === 'remove';
}

function missing(path: string, operation: 'delete' | 'none'): Fault {
  return operation === 'delete' ? dataMissing(path) : dataMissing(path, 'the node does not exist');
}
