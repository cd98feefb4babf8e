/** Whether a reader may see what an instance path names: it and all that is above it. */
import type { Decisions } from '../../../commit/access/access.ts';
import type { KeySpace } from '../../../datastore/key/key.ts';
import type { RowKey } from '../../../datastore/view/view.ts';
import type { DataSchemaNode } from '../../../yang/schema/node.ts';

/** False, too, for what names no instance of this schema. */
export function isReadablePath(keys: KeySpace, decisions: Decisions, path: string): boolean {
  const address = keys.rowOf(path);
  if (address === undefined) return false;
  const may = (node: DataSchemaNode, key: RowKey): boolean => {
    const verdict = decisions.readable(node);
    return verdict === 'permit' || (verdict === 'depends' && decisions.read(node, key));
  };
  if (address.node !== undefined && !may(address.node, address.key)) return false;
  return keys.decode(address.key).every(({ node, key }) => may(node, key));
}
