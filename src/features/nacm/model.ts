/** ietf-netconf-acm as values: the rules in force, read from a configuration. */
import type { KeySpace } from '../../datastore/key/key.ts';
import type { RowKey, View } from '../../datastore/view/view.ts';
import { containerAt, leafAt, leafListAt, leafValue, listAt } from '../nodes.ts';
import { parseRulePath, type RulePath } from './path.ts';

export const NACM = '/ietf-netconf-acm:nacm';

export type AccessOperation = 'create' | 'read' | 'update' | 'delete' | 'exec';

export interface Rule {
  /** `*`: any. */
  readonly module: string;
  readonly operations: ReadonlySet<AccessOperation>;
  readonly permits: boolean;
  /** What kind of request it is about; `any` matches all, `nothing` none (a path that names nothing of the schema). */
  readonly about:
    | { readonly kind: 'any' | 'nothing' }
    | { readonly kind: 'rpc' | 'notification'; readonly name: string }
    | { readonly kind: 'data'; readonly path: RulePath };
}

export interface RuleList {
  /** Groups that it is for; `*`: all. */
  readonly groups: ReadonlySet<string>;
  readonly rules: readonly Rule[];
}

export interface Rules {
  readonly enabled: boolean;
  readonly readPermitted: boolean;
  readonly writePermitted: boolean;
  readonly execPermitted: boolean;
  readonly externalGroups: boolean;
  readonly groupsOf: ReadonlyMap<string, readonly string[]>;
  /** In the user's order. */
  readonly lists: readonly RuleList[];
}

const ALL: ReadonlySet<AccessOperation> = new Set(['create', 'read', 'update', 'delete', 'exec']);

/** Reads the rules; `keys` is of the schema that they speak of. */
export function readRules(keys: KeySpace, view: View): Rules {
  const { schema } = keys;
  const at = (path: string) => leafAt(schema, `${NACM}/${path}`);
  const nacm = containerAt(schema, NACM);
  const base = keys.child('', nacm);
  const top = view.get(base) ?? { leaves: new Map() };
  const permits = (leaf: string): boolean => leafValue(top, at(leaf)) === 'permit';
  return {
    enabled: leafValue(top, at('enable-nacm')) === 'true',
    readPermitted: permits('read-default'),
    writePermitted: permits('write-default'),
    execPermitted: permits('exec-default'),
    externalGroups: leafValue(top, at('enable-external-groups')) === 'true',
    groupsOf: readGroups(keys, view, base),
    lists: readLists(keys, view, base),
  };
}

function readGroups(keys: KeySpace, view: View, base: RowKey): ReadonlyMap<string, readonly string[]> {
  const users = leafListAt(keys.schema, `${NACM}/groups/group/user-name`);
  const groupsOf = new Map<string, string[]>();
  for (const group of view.entries(base, listAt(keys.schema, `${NACM}/groups/group`))) {
    const name = keys.last(group.key)?.keys[0] as string;
    for (const entry of view.entries(group.key, users)) {
      const user = keys.last(entry.key)?.keys[0] as string;
      const groups = groupsOf.get(user);
      if (groups === undefined) groupsOf.set(user, [name]);
      else groups.push(name);
    }
  }
  return groupsOf;
}

function readLists(keys: KeySpace, view: View, base: RowKey): readonly RuleList[] {
  const list = listAt(keys.schema, `${NACM}/rule-list`);
  const groups = leafListAt(keys.schema, `${NACM}/rule-list/group`);
  const lists: RuleList[] = [];
  for (const { key } of view.entries(base, list)) {
    const names = Array.from(view.entries(key, groups), (entry) => keys.last(entry.key)?.keys[0] as string);
    lists.push({ groups: new Set(names), rules: readRuleEntries(keys, view, key) });
  }
  return lists;
}

function readRuleEntries(keys: KeySpace, view: View, list: RowKey): readonly Rule[] {
  const RULE = `${NACM}/rule-list/rule`;
  const at = (leaf: string) => leafAt(keys.schema, `${RULE}/${leaf}`);
  const [module, rpc, notification, path] = [at('module-name'), at('rpc-name'), at('notification-name'), at('path')];
  const [operations, action] = [at('access-operations'), at('action')];
  const about = (columns: (leaf: typeof path) => string | undefined): Rule['about'] => {
    const rpcName = columns(rpc);
    if (rpcName !== undefined) return { kind: 'rpc', name: rpcName };
    const notificationName = columns(notification);
    if (notificationName !== undefined) return { kind: 'notification', name: notificationName };
    const text = columns(path);
    if (text === undefined) return { kind: 'any' };
    const parsed = parseRulePath(keys.schema, text);
    return parsed === undefined ? { kind: 'nothing' } : { kind: 'data', path: parsed };
  };
  const rules: Rule[] = [];
  for (const { row } of view.entries(list, listAt(keys.schema, RULE))) {
    const bits = leafValue(row, operations) ?? '*';
    rules.push({
      module: leafValue(row, module) ?? '*',
      operations: bits === '*' ? ALL : new Set(bits.split(' ') as AccessOperation[]),
      permits: leafValue(row, action) === 'permit',
      about: about((leaf) => row.leaves.get(leaf)),
    });
  }
  return rules;
}
