import type { Interest } from '../../../commit/operational/state.ts';
import type { KeySpace } from '../../../datastore/key/key.ts';

/** Interest in the whole of a subtree. A path that the schema lacks is a bug. */
export function interestIn(keys: KeySpace, path: string): Interest {
  const node = keys.schema.find(path);
  if (node === undefined) throw new Error(`the schema has no ${path}`);
  return { node, keys: new Map() };
}
