/** The schema that the router serves, loaded once for the tests of a file, and configurations written by path. */
import { IndexPlan } from '../../datastore/index-plan.ts';
import { KeySpace } from '../../datastore/key/key.ts';
import { MemoryView } from '../../datastore/view/memory.ts';
import { loadSchema } from '../../yang/schema/load.ts';
import type { LeafNode } from '../../yang/schema/node.ts';
import { moduleFolders, servedModules } from '../modules.ts';

export const schema = loadSchema({ paths: moduleFolders, modules: servedModules });
export const keys = new KeySpace(schema);

/** A configuration: for each instance path of a row the values of its columns, by their path below the row. */
export type Rows = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** A configuration with more rows or columns, and without some rows. */
export function rowsWith(base: Rows, more: Rows, without: readonly string[] = []): Rows {
  const rows: Record<string, Rows[string]> = {};
  for (const [path, columns] of [...Object.entries(base), ...Object.entries(more)]) {
    if (!without.includes(path)) rows[path] = { ...rows[path], ...columns };
  }
  return rows;
}

/** The configuration as a view with the given leaves indexed. */
export function viewOf(rows: Rows, indexes: readonly string[]): MemoryView {
  const view = new MemoryView(keys, new IndexPlan(keys, indexes));
  for (const [path, columns] of Object.entries(rows)) {
    const address = keys.rowOf(path);
    const node = address && keys.node(address.key);
    if (address === undefined || node === undefined) throw new Error(`${path} names no row`);
    const leaves = new Map<LeafNode, string>();
    for (const [name, value] of Object.entries(columns)) {
      const leaf = schema.find(`${node.path}/${name}`);
      if (leaf?.kind !== 'leaf') throw new Error(`${node.path}/${name} is no leaf`);
      leaves.set(leaf, value);
    }
    view.put(address.key, node, { leaves });
  }
  return view;
}
