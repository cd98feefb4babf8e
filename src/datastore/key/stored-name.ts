/**
 * What the numbers in stored rows stand for, by the names that the store keeps (id.ts), whatever schema is there:
 *
 *     leaf /m:box/interface/mtu
 *     list /m:box/interface text,unsigned name,unit     forms and names of the keys
 *     hidden leaf /m:box/interface/mtu                  what the schema has, but with a value that no longer fits
 */

import { quote } from '../../yang/xpath/instance-identifier.ts';
import type { RowKey } from '../view/view.ts';
import type { IdTable } from './id.ts';
import { readId } from './id.ts';
import { decodeKey, type KeyForm } from './key-codec.ts';

export interface StoredName {
  readonly kind: string;
  /** Schema path. */
  readonly path: string;
  readonly forms: readonly KeyForm[];
  /** Names of the keys; empty where the store did not note them. */
  readonly keys: readonly string[];
  readonly isHidden: boolean;
}

const hidden = 'hidden ';

/** The name under which data of a named node is kept while it does not fit. */
export function hiddenName(name: string): string {
  return name.startsWith(hidden) ? name : hidden + name;
}

export function shownName(name: string): string {
  return name.startsWith(hidden) ? name.slice(hidden.length) : name;
}

/** Names by number; of several names the longest, which says most. Numbers of indexes are left out. */
export function namesById(ids: IdTable): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const [name, id] of ids.names()) {
    if (!name.startsWith('unique ') && name.length > (names.get(id)?.length ?? 0)) names.set(id, name);
  }
  return names;
}

export function parseName(name: string): StoredName {
  const [kind = '', path = '', forms = '', keys = ''] = shownName(name).split(' ');
  return {
    kind,
    path,
    forms: forms === '' ? [] : (forms.split(',') as KeyForm[]),
    keys: keys === '' ? [] : keys.split(','),
    isHidden: name.startsWith(hidden),
  };
}

/** The module of the innermost node of a path. */
export function moduleOf(path: string): string {
  return [...path.matchAll(/\/([\w.-]+):/g)].at(-1)?.[1] ?? '';
}

/** Instance path of a row (fault.ts), of this schema or another. */
export function storedPath(names: ReadonlyMap<number, string>, key: RowKey): string {
  let path = '';
  let above = '';
  for (let at = 0; at + 3 <= key.length; ) {
    const name = names.get(readId(key, at));
    at += 3;
    if (name === undefined) return `${path}/?`;
    const { kind, path: schemaPath, forms, keys } = parseName(name);
    path += schemaPath.startsWith(above) ? schemaPath.slice(above.length) : schemaPath;
    above = schemaPath;
    for (const [index, form] of forms.entries()) {
      const value = decodeKey(form, key, at);
      if (value === undefined) return `${path}[?]`;
      at = value.end;
      path += kind === 'list' ? `[${keys[index] ?? 'key'}=${quote(value.value)}]` : `[.=${quote(value.value)}]`;
    }
  }
  return path === '' ? '/' : path;
}
