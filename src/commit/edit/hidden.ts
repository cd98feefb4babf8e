/**
 * An edit may name what its caller may not read. Whether such a node is there, and with which value, would show by the
 * answer: data-exists, data-missing, denied or not denied for what is as it was. So it is asked beforehand, from the
 * payload alone, whether the caller has any say in what he names but cannot see; where not, the edit is refused, in the
 * same words whatever there is (RFC 8341 section 3.2.3: the contents of restricted nodes are not exposed in errors).
 */
import type { KeySpace } from '../../datastore/key/key.ts';
import { asRow } from '../../datastore/row/shape.ts';
import type { RowKey } from '../../datastore/view/view.ts';
import type { DataNode, EditOperation } from '../../yang/data/node.ts';
import type { Fault } from '../../yang/fault.ts';
import type { LeafListNode, ListNode } from '../../yang/schema/node.ts';
import type { Decisions, WriteOperation } from '../access/access.ts';
import { missingInstance } from './faults.ts';

/** What an operation may come to. Who has one of these rights may learn by it whether the node is there. */
const RIGHTS: Readonly<Record<EditOperation, readonly WriteOperation[]>> = {
  merge: ['create', 'update'],
  replace: ['create', 'update'],
  create: ['create'],
  delete: ['delete'],
  remove: ['delete'],
  none: ['create', 'update', 'delete'],
};

/** Empty: the edit may be tried. What a hidden entry would have to be beside (`insert`) is taken for missing. */
export function hiddenFaults(
  payload: readonly DataNode[],
  keys: KeySpace,
  access: Decisions,
  operation: EditOperation = 'merge',
): readonly Fault[] {
  const search = new HiddenNodes(keys, access);
  search.siblings('', payload, operation, false);
  return search.denied.length > 0 ? access.refuse(search.denied) : search.faults;
}

class HiddenNodes {
  /** Paths, as the payload names them. */
  readonly denied: string[] = [];
  readonly faults: Fault[] = [];
  readonly #keys: KeySpace;
  readonly #access: Decisions;

  constructor(keys: KeySpace, access: Decisions) {
    this.#keys = keys;
    this.#access = access;
  }

  /** Whether the caller has a say in any of them. */
  siblings(row: RowKey, nodes: readonly DataNode[], inherited: EditOperation, isHidden: boolean): boolean {
    let some = false;
    for (const node of nodes) if (this.#node(row, node, inherited, isHidden)) some = true;
    return some;
  }

  #node(parent: RowKey, node: DataNode, inherited: EditOperation, isHiddenAbove: boolean): boolean {
    const { schema } = node;
    // State is refused elsewhere; a key stands for its entry.
    if (!schema.config || (schema.kind === 'leaf' && schema.isKey)) return false;
    if (!isHiddenAbove && this.#access.readable(schema) === 'permit') return true;
    const own = asRow(schema);
    const key = own === undefined ? parent : this.#rowOf(parent, node);
    // Not well-formed: refused elsewhere.
    if (key === undefined) return true;
    const operation = node.attributes?.operation ?? inherited;
    const children = node.children ?? [];
    if (!isHiddenAbove && this.#access.read(schema, key)) {
      if (schema.kind === 'list' || schema.kind === 'leaf-list') this.#anchor(parent, schema, key, node);
      this.siblings(key, children, operation, false);
      return true;
    }
    if (RIGHTS[operation].some((right) => this.#access.may(schema, key, right))) {
      if (operation !== 'delete' && operation !== 'remove') this.siblings(key, children, operation, true);
      return true;
    }
    const found = this.denied.length;
    const leadsOn = operation === 'merge' || operation === 'none';
    const some = (leadsOn || operation === 'replace') && this.siblings(key, children, operation, true);
    if (leadsOn && some) return true;
    // A non-presence container is always there: what only leads through it asks nothing of it.
    const asks = !leadsOn || schema.kind !== 'container' || schema.presence;
    if (asks && this.denied.length === found) {
      this.denied.push(own === undefined ? this.#keys.path(parent, schema) : this.#keys.path(key));
    }
    return false;
  }

  /** RFC 7950 section 15.7, where the entry to insert beside may not be seen. */
  #anchor(parent: RowKey, schema: ListNode | LeafListNode, key: RowKey, node: DataNode): void {
    const { insert, insertKey, insertValue } = node.attributes ?? {};
    if (insert !== 'before' && insert !== 'after') return;
    const values = schema.kind === 'list' ? insertKey : insertValue === undefined ? undefined : [insertValue];
    const anchor = values && this.#child(parent, schema, values);
    if (anchor === undefined || this.#access.read(schema, anchor)) return;
    const attribute = schema.kind === 'list' ? 'key' : 'value';
    this.faults.push(missingInstance(this.#keys.path(key), schema, attribute));
  }

  #rowOf(parent: RowKey, node: DataNode): RowKey | undefined {
    const { schema } = node;
    switch (schema.kind) {
      case 'container':
        return this.#child(parent, schema, []);
      case 'leaf-list':
        return node.value === undefined ? undefined : this.#child(parent, schema, [node.value]);
      case 'list': {
        const values = schema.keys.map((leaf) => node.children?.find((child) => child.schema === leaf)?.value);
        return values.includes(undefined) ? undefined : this.#child(parent, schema, values as string[]);
      }
      default:
        return undefined;
    }
  }

  #child(parent: RowKey, schema: Parameters<KeySpace['child']>[1], values: readonly string[]): RowKey | undefined {
    try {
      return this.#keys.child(parent, schema, values);
    } catch {
      return undefined;
    }
  }
}
