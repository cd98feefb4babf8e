import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Decisions } from '../../commit/access/access.ts';
import type { Change, View } from '../../datastore/view/view.ts';
import type { DataSchemaNode, OperationNode, RpcNode } from '../../yang/schema/node.ts';
import { keys, type Rows, schema, viewOf } from '../testing/schema.ts';
import { NacmAccessControl } from './access.ts';
import { checkRules } from './check.ts';

const NACM = '/ietf-netconf-acm:nacm';
type RuleColumns = Readonly<Record<string, string>>;

/** Groups of users, and rule lists: group (or groups) → rules in order. */
function configuration(
  groups: Readonly<Record<string, readonly string[]>>,
  lists: readonly (readonly [groups: readonly string[], rules: readonly RuleColumns[]])[],
  top: Readonly<Record<string, string>> = {},
): Rows {
  const rows: Record<string, RuleColumns> = { [NACM]: top };
  for (const [group, users] of Object.entries(groups)) {
    rows[`${NACM}/groups/group[name='${group}']`] = {};
    for (const user of users) rows[`${NACM}/groups/group[name='${group}']/user-name[.='${user}']`] = {};
  }
  // Names descend, so that only the user's order gives the right one.
  lists.forEach(([of, rules], list) => {
    const path = `${NACM}/rule-list[name='l${9 - list}']`;
    rows[path] = {};
    for (const group of of) rows[`${path}/group[.='${group}']`] = {};
    rules.forEach((rule, index) => {
      rows[`${path}/rule[name='r${9 - index}']`] = rule;
    });
  });
  return rows;
}

function decisions(rows: Rows, user = 'ann', options: { external?: string[]; recovery?: boolean } = {}): Decisions {
  const access = new NacmAccessControl(keys, () => viewOf(rows, []));
  return access.decisions({ user, externalGroups: options.external ?? [], recovery: options.recovery ?? false });
}

const node = (path: string): DataSchemaNode => schema.find(path) as DataSchemaNode;
const rpc = (name: string): RpcNode => schema.rpcs.get(name) as RpcNode;
const row = (path: string): string => keys.rowOf(path)?.key as string;
const canRead = (who: Decisions, path: string): boolean => {
  const address = keys.rowOf(path);
  return who.read(address?.node as DataSchemaNode, address?.key as string);
};
function writes(who: Decisions, before: Rows, after: Rows): (string | undefined)[] {
  const [old, now] = [viewOf(before, []), viewOf(after, [])];
  return who.write(changeOf(old, now)).map(({ path }) => path);
}
function changeOf(before: View, after: View): Change {
  const rows = new Map<string, Change['rows'][number]>();
  for (const { key, node: of, row: old } of before.subtree('')) {
    rows.set(key, { key, node: of, before: old, after: after.get(key) });
  }
  for (const { key, node: of, row: now } of after.subtree('')) {
    rows.set(key, { key, node: of, before: before.get(key), after: now });
  }
  return { before, after, rows: [...rows.values()] };
}

const INTERFACES = '/ietf-interfaces:interfaces';
const A = `${INTERFACES}/interface[name='a']`;
const B = `${INTERFACES}/interface[name='b']`;
const ethernet = { type: 'iana-if-type:ethernetCsmacd' };

test('decisions without rules follow the defaults of RFC 8341', () => {
  const who = decisions({});
  assert.equal(canRead(who, A), true);
  assert.deepEqual(writes(who, {}, { [A]: ethernet }), [A]);
  assert.equal(who.rpc(rpc('ietf-netconf:get')), true);
  assert.equal(who.rpc(rpc('ietf-netconf:kill-session')), false);
  assert.equal(who.rpc(rpc('ietf-netconf:delete-config')), false);
  assert.equal(who.rpc(rpc('ietf-netconf:close-session')), true);
  assert.equal(who.readable(node('/sluice-block-points:block-points')), 'permit');
});

test('decisions honour default-deny-all and default-deny-write, for what is below as well', () => {
  const open = configuration({}, [], { 'write-default': 'permit' });
  const who = decisions(open);
  assert.equal(canRead(who, NACM), false);
  assert.equal(who.readable(node(NACM)), 'deny');
  assert.equal(who.read(node(`${NACM}/enable-nacm`), row(NACM)), false);
  const user = "/ietf-system:system/authentication/user[name='ann']";
  assert.equal(canRead(who, user), true);
  assert.deepEqual(writes(who, {}, { [user]: {} }), [user]);
  assert.deepEqual(writes(who, {}, { [A]: ethernet }), []);
});

test('decisions permit everything to the recovery session and with NACM off', () => {
  const closed = configuration({}, [], { 'read-default': 'deny', 'exec-default': 'deny' });
  assert.equal(canRead(decisions(closed), A), false);
  for (const who of [
    decisions(closed, 'root', { recovery: true }),
    decisions(configuration({}, [], { 'enable-nacm': 'false' })),
  ]) {
    assert.equal(canRead(who, NACM), true);
    assert.equal(who.readable(node(NACM)), 'permit');
    assert.deepEqual(writes(who, {}, { [A]: ethernet }), []);
    assert.equal(who.rpc(rpc('ietf-netconf:kill-session')), true);
  }
});

test('close-session is permitted whatever the rules say', () => {
  const rows = configuration({ g: ['ann'] }, [[['g'], [{ 'rpc-name': '*', action: 'deny' }]]], {
    'exec-default': 'deny',
  });
  const who = decisions(rows);
  assert.equal(who.rpc(rpc('ietf-netconf:close-session')), true);
  assert.equal(who.rpc(rpc('ietf-netconf:get')), false);
});

test('rule lists apply by group, in the user’s order, and none to a user without a group', () => {
  const deny = { 'access-operations': '*', action: 'deny' };
  const permit = { 'access-operations': '*', action: 'permit' };
  const rows = configuration({ g: ['ann'], h: ['bob'] }, [
    [['h'], [deny]],
    [['g'], [permit, deny]],
    [['*'], [{ 'access-operations': 'read', action: 'deny' }]],
  ]);
  assert.deepEqual(writes(decisions(rows, 'ann'), {}, { [A]: ethernet }), []);
  assert.equal(canRead(decisions(rows, 'bob'), A), false);
  assert.equal(canRead(decisions(rows, 'eve'), A), true);
  assert.equal(canRead(decisions(rows, 'eve', { external: ['h'] }), A), false);
  assert.equal(canRead(decisions(rows, 'eve', { external: ['other'] }), A), false);
  const ignoring = { ...rows, [NACM]: { 'enable-external-groups': 'false' } };
  assert.equal(canRead(decisions(ignoring, 'eve', { external: ['h'] }), A), true);
});

test('a data rule covers the node of its path and what is below, by keys, wildcards and $USER', () => {
  const path = (text: string, action = 'permit', operations = '*') => ({
    path: text,
    action,
    'access-operations': operations,
  });
  const closed = { 'read-default': 'deny' };
  const one = decisions(
    configuration({ g: ['ann'] }, [[['g'], [path("/if:interfaces/if:interface[if:name='a']")]]], closed),
  );
  assert.equal(canRead(one, A), true);
  assert.equal(one.read(node(`${INTERFACES}/interface/enabled`), row(A)), true);
  assert.equal(canRead(one, B), false);
  assert.equal(canRead(one, INTERFACES), false);
  assert.equal(one.readable(node(`${INTERFACES}/interface`)), 'depends');
  assert.deepEqual(
    writes(one, {}, { [A]: ethernet, [B]: ethernet }),
    [undefined],
    'who may not read it is told no path',
  );

  const any = decisions(configuration({ g: ['ann'] }, [[['g'], [path('/ietf-interfaces:interfaces')]]], closed));
  assert.equal(canRead(any, B), true);
  assert.equal(any.readable(node(INTERFACES)), 'permit');
  assert.equal(any.readable(node('/ietf-system:system')), 'deny');

  const own = decisions(
    configuration({ g: ['ann'] }, [[['g'], [path('/sys:system/sys:authentication/sys:user[sys:name=$USER]')]]], closed),
  );
  assert.equal(canRead(own, "/ietf-system:system/authentication/user[name='ann']"), true);
  assert.equal(canRead(own, "/ietf-system:system/authentication/user[name='bob']"), false);
  assert.deepEqual(
    writes(own, {}, { "/ietf-system:system/authentication/user[name='ann']/authorized-key[name='k']": {} }),
    [],
  );

  const all = decisions(configuration({ g: ['ann'] }, [[['g'], [path('/')]]], closed));
  assert.equal(canRead(all, NACM), true);
  const none = decisions(configuration({ g: ['ann'] }, [[['g'], [path('/if:interfaces/if:nothing')]]], closed));
  assert.equal(canRead(none, A), false);
});

test('a path that is none is refused, one that names nothing is not', () => {
  const refused = (text: string) => {
    const after = viewOf(configuration({}, [[['g'], [{ path: text, action: 'deny' }]]]), []);
    return checkRules(changeOf(viewOf({}, []), after), keys).map(({ tag, path }) => `${tag} ${path}`);
  };
  for (const text of [
    '/',
    '/if:interfaces',
    "/if:interfaces/if:interface[if:name = 'a']/if:nothing",
    '/x:y[x:k=$USER]',
  ]) {
    assert.deepEqual(refused(text), [], text);
  }
  for (const text of [
    'if:interfaces',
    '//if:interface',
    '/if:interfaces/',
    "/if:interfaces[if:name > 'a']",
    '/*',
    'count(/)',
  ]) {
    assert.deepEqual(refused(text), [`invalid-value ${NACM}/rule-list[name='l9']/rule[name='r9']/path`], text);
  }
});

test('a hidden leaf makes the tree above it depend, and stays hidden', () => {
  const hide = { path: '/if:interfaces/if:interface/if:description', action: 'deny', 'access-operations': 'read' };
  const who = decisions(configuration({ g: ['ann'] }, [[['g'], [hide]]]));
  assert.equal(who.readable(node(INTERFACES)), 'depends');
  assert.equal(who.readable(node(`${INTERFACES}/interface/description`)), 'deny');
  assert.equal(who.readable(node(`${INTERFACES}/interface/enabled`)), 'permit');
  assert.equal(who.readable(node('/ietf-system:system')), 'permit');
});

test('write asks create, update and delete apart, of each node that changes', () => {
  const permit = (operations: string) => ({
    path: '/if:interfaces',
    action: 'permit',
    'access-operations': operations,
  });
  const who = (operations: string) => decisions(configuration({ g: ['ann'] }, [[['g'], [permit(operations)]]]));
  const before = { [A]: { ...ethernet, description: 'x' } };
  const updated = { [A]: { ...ethernet, description: 'y' } };
  const without = { [A]: ethernet };
  assert.deepEqual(writes(who('update'), before, updated), []);
  assert.deepEqual(writes(who('create delete'), before, updated), [`${A}/description`]);
  assert.deepEqual(writes(who('delete'), before, without), []);
  assert.deepEqual(writes(who('create update'), before, without), [`${A}/description`]);
  assert.deepEqual(writes(who('create'), without, before), []);
  assert.deepEqual(writes(who('update'), {}, before), [A]);
  assert.deepEqual(writes(who('create update'), before, {}), [A]);
  assert.deepEqual(writes(who('delete'), before, {}), []);
});

test('write names no hidden node that goes with another', () => {
  const hide = { path: `/if:interfaces/if:interface[if:name='a']`, action: 'deny', 'access-operations': '*' };
  const who = decisions(configuration({ g: ['ann'] }, [[['g'], [hide]]]));
  assert.deepEqual(writes(who, { [A]: ethernet }, {}), ['/ietf-interfaces:interfaces']);
  const all = { 'module-name': 'ietf-interfaces', action: 'deny', 'access-operations': '*' };
  assert.deepEqual(writes(decisions(configuration({ g: ['ann'] }, [[['g'], [all]]])), { [A]: ethernet }, {}), [
    undefined,
  ]);
});

test('module-name, rpc-name and notification-name select what they name', () => {
  const rows = configuration({ g: ['ann'] }, [
    [
      ['g'],
      [
        { 'module-name': 'ietf-netconf', 'rpc-name': 'kill-session', 'access-operations': 'exec', action: 'permit' },
        { 'module-name': 'ietf-netconf', 'rpc-name': 'get', 'access-operations': 'exec', action: 'deny' },
        { 'module-name': 'ietf-system', action: 'deny' },
        { 'notification-name': 'block-point-change', 'access-operations': 'read', action: 'deny' },
      ],
    ],
  ]);
  const who = decisions(rows);
  assert.equal(who.rpc(rpc('ietf-netconf:kill-session')), true);
  assert.equal(who.rpc(rpc('ietf-netconf:get')), false);
  assert.equal(who.rpc(rpc('ietf-netconf:get-config')), true);
  assert.equal(canRead(who, '/ietf-system:system'), false);
  assert.equal(canRead(who, A), true);
  const notification = (name: string): OperationNode => schema.notifications.get(name) as OperationNode;
  assert.equal(who.notification(notification('sluice-block-points:block-point-change')), false);
  assert.equal(who.notification(notification('ietf-netconf-notifications:netconf-config-change')), true);
  const closed = decisions(configuration({}, [], { 'read-default': 'deny' }));
  assert.equal(closed.notification(notification('nc-notifications:notificationComplete')), true);
  assert.equal(closed.notification(notification('sluice-block-points:block-point-change')), false);
});

test('denials are counted once a request, and invalidate puts new rules in force', () => {
  let rows: Rows = {};
  const access = new NacmAccessControl(keys, () => viewOf(rows, []));
  const ann = { user: 'ann', externalGroups: [], recovery: false };
  assert.equal(writes(access.decisions(ann), {}, { [A]: ethernet, [B]: ethernet }).length, 2);
  access.decisions(ann).rpc(rpc('ietf-netconf:kill-session'));
  assert.deepEqual(access.denials, { operations: 1, dataWrites: 1, notifications: 0 });
  const before = access.decisions(ann);
  rows = configuration({}, [], { 'write-default': 'permit' });
  access.invalidate();
  assert.equal(writes(before, {}, { [A]: ethernet }).length, 1, 'a request is judged by the rules at its beginning');
  assert.deepEqual(writes(access.decisions(ann), {}, { [A]: ethernet }), []);
});

test('readable costs a lookup a node once it was asked', () => {
  const who = decisions(configuration({ g: ['ann'] }, [[['g'], [{ action: 'permit' }]]]));
  assert.equal(who.readable(node('/sluice-block-points:block-points')), 'permit');
  const started = performance.now();
  for (let round = 0; round < 100_000; round += 1) who.readable(node(INTERFACES));
  assert.ok(performance.now() - started < 500);
});

test('a comment changes nothing', () => {
  const rows = configuration({ g: ['ann'] }, [[['g'], [{ action: 'deny', comment: 'permit' }]]]);
  assert.equal(canRead(decisions(rows), A), false);
});
