/**
 * Which lookups by value the store keeps: leafrefs (who points to an entry that goes?), leaves that callers name, and the
 * combinations of `unique`. Decided when the store is opened; the index database is rebuilt where the set has changed.
 *
 *     leaf     0x01 leaf id[3] value token, row key
 *     unique   0x02 group id[3] parent's row key, value tokens, row key of the entry
 *     combined 0x04 id[3] row key of the ancestor, value tokens, row key
 *     order    0x03 node id[3] parent's row key, position  →  row key of the entry
 *
 *     token    0x01 UTF-8 0x00, or, above 250 bytes, 0x02 SHA-256[32]
 */
import { createHash } from 'node:crypto';
import type { LeafListNode, LeafNode, ListNode } from '../yang/schema/node.ts';
import type { Type } from '../yang/type/type.ts';
import { idBytes } from './key/id.ts';
import type { KeySpace } from './key/key.ts';
import { toUtf8 } from './key/key-codec.ts';
import { defaultOf } from './reading/defaults.ts';
import type { Row, RowKey, RowNode, View } from './view/view.ts';

/** One `unique` statement. */
export interface UniqueGroup {
  readonly list: ListNode;
  readonly leaves: readonly LeafNode[];
  /** The leaves with the rows on the way from the entry to the one that holds the leaf: presence containers. */
  readonly members: readonly { readonly leaf: LeafNode; readonly way: readonly RowNode[] }[];
  readonly prefix: string;
}

/** Several leaves of one row by which rows below an ancestor are looked up together. */
export interface Combination {
  readonly ancestor: RowNode;
  readonly leaves: readonly LeafNode[];
  readonly prefix: string;
}

type Indexed = LeafNode | LeafListNode;

export class IndexPlan {
  /** Changes with the set of indexes. */
  readonly signature: string;
  readonly groups: readonly UniqueGroup[];
  readonly #keys: KeySpace;
  readonly #prefixes = new Map<Indexed, string>();
  readonly #leavesOf = new Map<RowNode | undefined, Indexed[]>();
  /** Groups of which one row holds all leaves. */
  readonly #ownGroupsOf = new Map<RowNode | undefined, UniqueGroup[]>();
  readonly #groupsOf = new Map<RowNode | undefined, UniqueGroup[]>();
  readonly #spread = new Set<string>();
  readonly #combinations = new Map<string, Combination>();
  readonly #combinationsOf = new Map<RowNode | undefined, Combination[]>();

  /**
   * `named`: schema paths of leaves and leaf-lists to index besides leafrefs. Several paths with spaces between are a
   * combination: the list or container whose rows the row is below, and leaves of one row.
   */
  constructor(keys: KeySpace, named: Iterable<string> = []) {
    this.#keys = keys;
    const wanted = new Set(named);
    const groups: UniqueGroup[] = [];
    const take = (leaf: Indexed, holder: RowNode | undefined): void => {
      const id = leaf.kind === 'leaf' ? keys.columnId(leaf) : keys.rowId(leaf);
      this.#prefixes.set(leaf, `\x01${idBytes(id)}`);
      append(this.#leavesOf, holder, leaf);
    };
    for (const shape of [keys.shape.root, ...keys.shape.rows()]) {
      const { node } = shape;
      for (const leaf of shape.columns) {
        if (leaf.kind === 'leaf' && (wanted.delete(leaf.path) || refers(leaf))) take(leaf, node);
      }
      if (node?.kind === 'leaf-list' && (wanted.delete(node.path) || refers(node))) take(node, node);
      if (node?.kind === 'list' && node.config)
        for (const leaves of node.uniques) groups.push(this.#group(node, leaves));
    }
    for (const name of wanted) if (name.includes(' ')) this.#combine(name);
    const missing = [...wanted].filter((name) => !name.includes(' '));
    if (missing.length > 0) throw new Error(`no leaf to index: ${missing.join(', ')}`);
    this.groups = groups;
    const parts = [...this.#prefixes.values(), ...groups.map((group) => group.prefix)];
    for (const { prefix } of this.#combinations.values()) parts.push(prefix);
    this.signature = createHash('sha256').update(parts.sort().join(), 'latin1').digest('hex').slice(0, 32);
  }

  /** What index keys of the rows with this value begin with. */
  prefix(leaf: Indexed, value: string): string {
    const prefix = this.#prefixes.get(leaf);
    if (prefix === undefined) throw new Error(`${leaf.path} has no index`);
    return prefix + token(value);
  }

  has(leaf: Indexed): boolean {
    return this.#prefixes.has(leaf);
  }

  /** What index keys of the entries with this combination begin with. */
  uniquePrefix(group: UniqueGroup, parent: RowKey, values: readonly string[]): string {
    return group.prefix + parent + values.map(token).join('');
  }

  group(list: ListNode, leaves: readonly LeafNode[]): UniqueGroup {
    const group = this.groups.find(
      (one) =>
        one.list === list && one.leaves.length === leaves.length && one.leaves.every((leaf, i) => leaf === leaves[i]),
    );
    if (group === undefined) throw new Error(`${list.path} has no such unique statement`);
    return group;
  }

  /** What index keys of the rows below an ancestor with these values begin with; undefined: the leaf has no value. */
  combinedPrefix(name: string, ancestor: RowKey, values: readonly (string | undefined)[]): string {
    const combination = this.#combinations.get(name);
    if (combination === undefined) throw new Error(`${name} has no index`);
    return combination.prefix + ancestor + values.map(tokenOrNone).join('');
  }

  /** The groups whose combination a row of this node is a part of, one of several. */
  groupsOf(node: RowNode | undefined): readonly UniqueGroup[] {
    return this.#groupsOf.get(node) ?? [];
  }

  /** Whether what begins with this is a combination of several rows. */
  isSpread(prefix: string): boolean {
    return this.#spread.has(prefix.slice(0, 4));
  }

  /** The index keys that follow from a row alone: values of leaves, and combinations of which it holds all leaves. */
  rowKeys(key: RowKey, node: RowNode | undefined, row: Row): readonly string[] {
    const leaves = this.#leavesOf.get(node);
    const groups = this.#ownGroupsOf.get(node);
    const combinations = this.#combinationsOf.get(node);
    if (leaves === undefined && groups === undefined && combinations === undefined) return none;
    const found: string[] = [];
    for (const leaf of leaves ?? none) {
      const value = leaf.kind === 'leaf' ? row.leaves.get(leaf) : this.#keys.last(key)?.keys[0];
      if (value !== undefined) found.push(this.prefix(leaf, value) + key);
    }
    for (const group of groups ?? none) {
      const values = valuesOf(group, row);
      if (values) found.push(this.uniquePrefix(group, this.#keys.parentOf(key, group.list), values) + key);
    }
    for (const { ancestor, leaves, prefix } of combinations ?? none) {
      const above = this.#keys.decode(key).find((step) => step.node === ancestor)?.key ?? '';
      const values = leaves.map((leaf) => tokenOrNone(row.leaves.get(leaf) ?? defaultOf(row, leaf)));
      found.push(prefix + above + values.join('') + key);
    }
    return found.length === 0 ? none : found;
  }

  /** The list entry whose combination a row of the node at `key` is part of. */
  ownerOf(group: UniqueGroup, key: RowKey, node: RowNode | undefined): RowKey {
    if (node === group.list) return key;
    const step = this.#keys.decode(key).findLast(({ node }) => node === group.list);
    if (step === undefined) throw new Error(`${this.#keys.path(key)} is not below ${group.list.path}`);
    return step.key;
  }

  /**
   * The unique index key of an entry, defaults included (RFC 7950 section 7.8.3); undefined where the entry is not there
   * or one of the leaves has no value.
   */
  uniqueKey(view: View, group: UniqueGroup, owner: RowKey): string | undefined {
    const values: string[] = [];
    let lastWay: readonly RowNode[] | undefined;
    let row: Row | undefined;
    for (const { leaf, way } of group.members) {
      if (way !== lastWay) row = view.get(way.reduce((key, node) => this.#keys.child(key, node), owner));
      lastWay = way;
      const value = row && (row.leaves.get(leaf) ?? defaultOf(row, leaf));
      if (value === undefined) return undefined;
      values.push(value);
    }
    return this.uniquePrefix(group, this.#keys.parentOf(owner, group.list), values) + owner;
  }

  #combine(name: string): void {
    const [above, ...paths] = name.split(' ');
    const ancestor = [...this.#keys.shape.rows()].find(({ node }) => node?.path === above)?.node;
    const leaves = paths.map((path) => this.#keys.schema.find(path)).filter((node) => node?.kind === 'leaf');
    const [first] = leaves;
    const holder = first && this.#keys.shape.holder(first);
    if (ancestor === undefined || holder === undefined || leaves.length !== paths.length) {
      throw new Error(`no leaves to index: ${name}`);
    }
    if (leaves.some((leaf) => this.#keys.shape.holder(leaf) !== holder))
      throw new Error(`leaves of several rows: ${name}`);
    const combination = { ancestor, leaves, prefix: `\x04${idBytes(this.#keys.ids.of(`combined ${name}`))}` };
    this.#combinations.set(name, combination);
    append(this.#combinationsOf, holder, combination);
  }

  #way(ways: Map<RowNode | undefined, readonly RowNode[]>, holder: RowNode | undefined): readonly RowNode[] {
    const known = ways.get(holder);
    if (known !== undefined) return known;
    if (holder === undefined) throw new Error('a unique leaf that is not below its list');
    const way = [...this.#way(ways, this.#keys.shape.of(holder).parent), holder];
    ways.set(holder, way);
    return way;
  }

  #group(list: ListNode, leaves: readonly LeafNode[]): UniqueGroup {
    const name = `unique ${list.path} ${leaves.map((leaf) => leaf.path).join(' ')}`;
    const ways = new Map<RowNode | undefined, readonly RowNode[]>([[list, []]]);
    const members = leaves.map((leaf) => ({ leaf, way: this.#way(ways, this.#keys.shape.holder(leaf)) }));
    const group = { list, leaves, members, prefix: `\x02${idBytes(this.#keys.ids.of(name))}` };
    if (ways.size === 1) append(this.#ownGroupsOf, list, group);
    else {
      for (const holder of ways.keys()) append(this.#groupsOf, holder, group);
      this.#spread.add(group.prefix);
    }
    return group;
  }
}

const none: readonly never[] = [];

/** The combination that a row has, defaults included (RFC 7950 section 7.8.3); undefined where a leaf has no value. */
function valuesOf({ leaves }: UniqueGroup, row: Row): readonly string[] | undefined {
  let values: string[] | undefined;
  for (const leaf of leaves) {
    const value = row.leaves.get(leaf) ?? defaultOf(row, leaf);
    if (value === undefined) return undefined;
    values ??= [];
    values.push(value);
  }
  return values;
}

/**
 * What order index keys of one list's entries begin with. The node comes first: keys of the parents of one node delimit
 * themselves, so no list's prefix is the beginning of another's.
 */
export function orderPrefix(keys: KeySpace, parent: RowKey, node: RowNode): string {
  return `\x03${idBytes(keys.rowId(node))}${parent}`;
}

/** Above every position. */
export const LAST_POSITION = '\xff'.repeat(16);

export function token(value: string): string {
  const bytes = toUtf8(value);
  if (bytes.length <= 250) return `\x01${bytes}\0`;
  return `\x02${createHash('sha256').update(bytes, 'latin1').digest().toString('latin1')}`;
}

/** As `token`; of no value one that no value has. */
function tokenOrNone(value: string | undefined): string {
  return value === undefined ? '\x00' : token(value);
}

/** Configuration that points to other configuration or state: by leafref, also as a member of a union. */
function refers(leaf: Indexed): boolean {
  return leaf.config && isReference(leaf.type);
}

function isReference(type: Type): boolean {
  return type.base === 'leafref' || (type.members?.some(isReference) ?? false);
}

function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
