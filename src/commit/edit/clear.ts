/** Whether a child of a row exists, and taking it away with all below. */
import type { KeySpace } from '../../datastore/key/key.ts';
import type { RowKey, RowNode } from '../../datastore/view/view.ts';
import type { DataSchemaNode } from '../../yang/schema/node.ts';
import type { RowDraft } from './draft.ts';
import type { Editable } from './editable.ts';
import { foldOf, isFolded } from './fold.ts';

/** Whether there is neither the row nor one below it. */
export function isEmpty(rows: Editable, key: RowKey): boolean {
  for (const _ of rows.subtree(key)) return false;
  return true;
}

/** Whether a child has an instance; a non-presence container has one where it has content. */
export function exists(rows: Editable, keys: KeySpace, row: RowDraft, schema: DataSchemaNode): boolean {
  switch (schema.kind) {
    case 'leaf':
    case 'anydata':
    case 'anyxml':
      return row.has(schema);
    case 'list':
    case 'leaf-list':
      return rows.has(row.key, schema);
    case 'container': {
      if (!isFolded(schema)) return !isEmpty(rows, keys.child(row.key, schema));
      const fold = foldOf(schema);
      return fold.columns.some((column) => row.has(column)) || fold.rows.some((child) => rows.has(row.key, child));
    }
  }
}

/** Takes all instances of a child away. */
export function clear(rows: Editable, keys: KeySpace, row: RowDraft, schema: DataSchemaNode): void {
  switch (schema.kind) {
    case 'leaf':
    case 'anydata':
    case 'anyxml':
      row.delete(schema);
      break;
    case 'list':
    case 'leaf-list':
      clearRows(rows, keys, row.key, schema);
      break;
    case 'container': {
      if (!isFolded(schema)) {
        rows.delete(keys.child(row.key, schema));
        break;
      }
      const fold = foldOf(schema);
      for (const column of fold.columns) row.delete(column);
      for (const child of fold.rows) clearRows(rows, keys, row.key, child);
    }
  }
}

function clearRows(rows: Editable, keys: KeySpace, parent: RowKey, schema: RowNode): void {
  if (schema.kind === 'container') {
    rows.delete(keys.child(parent, schema));
    return;
  }
  const gone = Array.from(rows.entries(parent, schema), ({ key }) => key);
  for (const key of gone) rows.delete(key);
}
