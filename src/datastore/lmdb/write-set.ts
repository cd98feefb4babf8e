/**
 * The puts and removes of one transaction, encoded before it begins, because nothing may throw inside. What a commit
 * writes besides the rows: index entries that the rows gain and lose.
 */

import { type IndexPlan, orderPrefix, type UniqueGroup } from '../index-plan.ts';
import type { KeySpace } from '../key/key.ts';
import { packRow } from '../row/row-codec.ts';
import { isOrdered } from '../row/shape.ts';
import { storedRowKey } from '../view/lmdb-view.ts';
import type { RowChange, RowKey, View } from '../view/view.ts';
import { type Environment, type TableName, tableNames } from './environment.ts';
import { PackedWrites } from './packed-writes.ts';

/** Above this a transaction is handed to a thread of its own. */
const bulkThreshold = 4000;

const tableNumbers = Object.fromEntries(tableNames.map((name, number) => [name, number])) as Record<TableName, number>;

export class WriteSet {
  #operations: [table: TableName, key: string, value: string | undefined][] = [];
  /** Operations beyond the threshold, and those before them. */
  #packed: PackedWrites | undefined;
  readonly #cleared: TableName[] = [];

  put(table: TableName, key: string, value: string): void {
    this.#add(table, key, value);
  }

  remove(table: TableName, key: string): void {
    this.#add(table, key, undefined);
  }

  /** Empties a table before all puts. */
  clear(table: TableName): void {
    this.#cleared.push(table);
  }

  /** Durable, all or nothing. */
  async write(environment: Environment): Promise<void> {
    if (this.#packed !== undefined) {
      this.#pack(this.#packed);
      await environment.writeBulk({ cleared: this.#cleared, chunks: this.#packed.take() });
      return;
    }
    const { tables } = environment;
    await environment.write(() => {
      for (const table of this.#cleared) tables[table].clear();
      for (const [table, key, value] of this.#operations) {
        if (value === undefined) tables[table].remove(key);
        else tables[table].put(key, value);
      }
    });
  }

  #add(table: TableName, key: string, value: string | undefined): void {
    this.#operations.push([table, key, value]);
    if (this.#operations.length < bulkThreshold) return;
    this.#packed ??= new PackedWrites();
    this.#pack(this.#packed);
  }

  #pack(packed: PackedWrites): void {
    for (const [table, key, value] of this.#operations) packed.add(tableNumbers[table], key, value);
    this.#operations = [];
  }
}

/** Puts rows and what the index says of them into a write set. */
export class RowWrites {
  readonly #keys: KeySpace;
  readonly #plan: IndexPlan;
  readonly #set: WriteSet;
  readonly #owners = new Map<string, { readonly group: UniqueGroup; readonly owner: RowKey }>();
  /** Places in ordered lists that are taken, and left: one that is left may be taken by another entry. */
  readonly #taken = new Map<string, RowKey>();
  readonly #left: string[] = [];

  constructor(keys: KeySpace, plan: IndexPlan, set: WriteSet) {
    this.#keys = keys;
    this.#plan = plan;
    this.#set = set;
  }

  /** Returns the row as it is packed; empty where it goes. */
  row(change: RowChange): string {
    const { key, node, after } = change;
    const packed = after === undefined ? '' : packRow(this.#keys, node, after);
    if (after === undefined) this.#set.remove('running', storedRowKey(key));
    else this.#set.put('running', storedRowKey(key), packed);
    this.index(change);
    return packed;
  }

  /** Only what the index says of a row. */
  index({ key, node, before, after }: RowChange): void {
    const old = before === undefined ? none : this.#plan.rowKeys(key, node, before);
    const now = after === undefined ? none : this.#plan.rowKeys(key, node, after);
    for (const at of old) if (now.length === 0 || !now.includes(at)) this.#set.remove('index', at);
    for (const at of now) if (old.length === 0 || !old.includes(at)) this.#set.put('index', at, '');
    if (node === undefined) return;
    if (isOrdered(node) && before?.position !== after?.position) {
      const list = orderPrefix(this.#keys, this.#keys.parentOf(key, node), node);
      if (before?.position !== undefined) this.#left.push(list + before.position);
      if (after?.position !== undefined) this.#taken.set(list + after.position, key);
    }
    for (const group of this.#plan.groupsOf(node)) {
      const owner = this.#plan.ownerOf(group, key, node);
      this.#owners.set(group.prefix + owner, { group, owner });
    }
  }

  /** After the last row: places, and the combinations of `unique` that the rows were part of. Pauses now and then. */
  *finish(before: View, after: View): Iterable<undefined> {
    for (const at of this.#left) if (!this.#taken.has(at)) this.#set.remove('index', at);
    for (const [at, key] of this.#taken) this.#set.put('index', at, key);
    let done = 0;
    for (const { group, owner } of this.#owners.values()) {
      const old = this.#plan.uniqueKey(before, group, owner);
      const now = this.#plan.uniqueKey(after, group, owner);
      if (old !== now) {
        if (old !== undefined) this.#set.remove('index', old);
        if (now !== undefined) this.#set.put('index', now, '');
      }
      if (++done % 500 === 0) yield undefined;
    }
  }
}

const none: readonly string[] = [];
