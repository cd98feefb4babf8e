/** Data whose schema node is gone: kept in the store, not shown, reported. */
import type { Environment } from './environment.ts';
import { readId } from './id.ts';
import { END, type KeySpace } from './key.ts';
import { unknownOf, unpackRow } from './row-codec.ts';
import type { Reading } from './table.ts';

export interface Unfit {
  /** The node as the store knows it: kind, schema path, and for lists the forms of the keys. */
  readonly node: string;
  /** Rows of it, or rows that have the column. */
  readonly rows: number;
}

/** Looks through running only where the store holds numbers of nodes that the schema does not have. */
export function findUnfit(keys: KeySpace, environment: Environment, reading: Reading): readonly Unfit[] {
  const gone = new Map<number, string>();
  for (const [name, id] of keys.ids.names()) if (!name.startsWith('unique ') && !keys.knows(id)) gone.set(id, name);
  if (gone.size === 0) return [];
  const rows = new Map<string, number>();
  const count = (id: number): void => {
    const name = gone.get(id);
    if (name !== undefined) rows.set(name, (rows.get(name) ?? 0) + 1);
  };
  for (const [, packed] of environment.tables.running.range('\0', END, reading)) {
    const id = readId(packed, 0);
    count(id);
    if (!gone.has(id)) for (const column of unknownOf(unpackRow(keys, packed)).keys()) count(column);
  }
  return [...rows].map(([node, rows]) => ({ node, rows }));
}
