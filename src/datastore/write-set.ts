/**
 * The puts and removes of one transaction, encoded before it begins, because nothing may throw inside. What a commit
 * writes besides the rows: index entries that the rows gain and lose.
 */
import type { Environment, TableName } from './environment.ts';
import { type IndexPlan, orderPrefix, type UniqueGroup } from './index-plan.ts';
import type { KeySpace } from './key.ts';
import { storedRowKey } from './lmdb-view.ts';
import { packRow } from './row-codec.ts';
import { isOrdered } from './shape.ts';
import type { Row, RowChange, RowKey, RowNode, View } from './view.ts';

export class WriteSet {
  readonly #operations: [table: TableName, key: string, value: string | undefined][] = [];
  readonly #cleared: TableName[] = [];

  put(table: TableName, key: string, value: string): void {
    this.#operations.push([table, key, value]);
  }

  remove(table: TableName, key: string): void {
    this.#operations.push([table, key, undefined]);
  }

  /** Empties a table before all puts. */
  clear(table: TableName): void {
    this.#cleared.push(table);
  }

  /** Durable, all or nothing. */
  async write(environment: Environment): Promise<void> {
    const { tables } = environment;
    await environment.write(() => {
      for (const table of this.#cleared) tables[table].clear();
      for (const [table, key, value] of this.#operations) {
        if (value === undefined) tables[table].remove(key);
        else tables[table].put(key, value);
      }
    });
  }
}

/** Puts rows and what the index says of them into a write set. */
export class RowWrites {
  readonly #keys: KeySpace;
  readonly #plan: IndexPlan;
  readonly #set: WriteSet;
  readonly #owners = new Map<string, { readonly group: UniqueGroup; readonly owner: RowKey }>();
  /** Index entries to be there and to be gone: an entry's place may be one that another one leaves. */
  readonly #present = new Map<string, string>();
  readonly #absent = new Set<string>();

  constructor(keys: KeySpace, plan: IndexPlan, set: WriteSet) {
    this.#keys = keys;
    this.#plan = plan;
    this.#set = set;
  }

  row(change: RowChange): void {
    const { key, node, after } = change;
    if (after === undefined) this.#set.remove('running', storedRowKey(key));
    else this.#set.put('running', storedRowKey(key), packRow(this.#keys, node, after));
    this.index(change);
  }

  /** Only what the index says of a row. */
  index({ key, node, before, after }: RowChange): void {
    this.#index(this.#entries(key, node, before), this.#entries(key, node, after));
    for (const group of this.#plan.groupsOf(node)) {
      const owner = this.#plan.ownerOf(group, key);
      this.#owners.set(group.prefix + owner, { group, owner });
    }
  }

  /** After the last row: the index, and the combinations of `unique` that the rows were part of. */
  finish(before: View, after: View): void {
    for (const { group, owner } of this.#owners.values()) {
      const old = this.#plan.uniqueKey(before, group, owner);
      const now = this.#plan.uniqueKey(after, group, owner);
      this.#index(old === undefined ? [] : [[old, '']], now === undefined ? [] : [[now, '']]);
    }
    for (const at of this.#absent) if (!this.#present.has(at)) this.#set.remove('index', at);
    for (const [at, value] of this.#present) this.#set.put('index', at, value);
  }

  #index(old: readonly IndexEntry[], now: readonly IndexEntry[]): void {
    for (const [at] of old) if (!now.some(([other]) => other === at)) this.#absent.add(at);
    for (const [at, value] of now) if (!old.some(([other]) => other === at)) this.#present.set(at, value);
  }

  #entries(key: RowKey, node: RowNode | undefined, row: Row | undefined): readonly IndexEntry[] {
    if (row === undefined) return [];
    const entries = this.#plan.leafKeys(key, node, row).map((at): IndexEntry => [at, '']);
    if (node !== undefined && isOrdered(node) && row.position !== undefined) {
      entries.push([orderPrefix(this.#keys, this.#keys.parent(key) ?? '', node) + row.position, key]);
    }
    return entries;
  }
}

type IndexEntry = readonly [at: string, value: string];
