/** Access to actions and notifications inside of data (RFC 8341 sections 3.1.3 and 3.4.5), groups from outside, marks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Decisions } from '../../commit/access/access.ts';
import { IndexPlan } from '../../datastore/index-plan.ts';
import { KeySpace } from '../../datastore/key/key.ts';
import { MemoryView } from '../../datastore/view/memory.ts';
import { inlineSchema } from '../../yang/schema/inline.ts';
import type { LeafNode, OperationNode, RpcNode, SchemaNode } from '../../yang/schema/node.ts';
import { NacmAccessControl } from './access.ts';

const MODULE = `module x {
  yang-version 1.1; namespace urn:x; prefix x;
  import ietf-netconf-acm { prefix nacm; }
  container box {
    list port {
      key name;
      leaf name { type string; }
      leaf secret { nacm:default-deny-all; type string; }
      action reset;
      action wipe { nacm:default-deny-all; }
      notification fault { leaf code { type uint8; } }
      notification quiet { nacm:default-deny-all; }
    }
  }
  rpc format { nacm:default-deny-all; }
  notification audit { nacm:default-deny-all; }
  notification plain;
}`;
const schema = inlineSchema([MODULE], [{ name: 'x', features: 'all' }, { name: 'ietf-netconf-acm' }]);
const keys = new KeySpace(schema);
const NACM = '/ietf-netconf-acm:nacm';
const port = keys.rowOf("/x:box/port[name='a']")?.key as string;
const other = keys.rowOf("/x:box/port[name='b']")?.key as string;

/** Rules of the group g in order, for the user ann of that group. */
function decisions(
  rules: readonly Readonly<Record<string, string>>[],
  top: Readonly<Record<string, string>> = {},
  externalGroups: readonly string[] = [],
  user = 'ann',
): Decisions {
  const view = new MemoryView(keys, new IndexPlan(keys, []));
  const put = (path: string, columns: Readonly<Record<string, string>>) => {
    const key = keys.rowOf(path)?.key as string;
    const node = keys.node(key);
    const leaves = new Map(
      Object.entries(columns).map(([name, value]) => [schema.find(`${node?.path}/${name}`) as LeafNode, value]),
    );
    view.put(key, node, { leaves });
  };
  put(NACM, top);
  put(`${NACM}/groups/group[name='g']`, {});
  put(`${NACM}/groups/group[name='g']/user-name[.='ann']`, {});
  put(`${NACM}/rule-list[name='l']`, {});
  put(`${NACM}/rule-list[name='l']/group[.='g']`, {});
  rules.forEach((rule, index) => {
    put(`${NACM}/rule-list[name='l']/rule[name='${index}']`, rule);
  });
  return new NacmAccessControl(keys, () => view).decisions({ user, externalGroups, recovery: false });
}

const inPort = (name: string): SchemaNode =>
  (schema.find('/x:box/port') as Extract<SchemaNode, { kind: 'list' }>).children.find(
    (node) => node.name === name,
  ) as SchemaNode;
const action = (name: string) => inPort(name) as RpcNode;
const notification = (name: string) => inPort(name) as OperationNode;
const rule = (path: string, operations: string, verdict: string) => ({
  path,
  'access-operations': operations,
  action: verdict,
});

test('an action needs exec on itself and read on all that it is in', () => {
  assert.equal(decisions([]).action(action('reset'), port), true);
  assert.equal(decisions([], { 'exec-default': 'deny' }).action(action('reset'), port), false);
  assert.equal(decisions([], { 'read-default': 'deny' }).action(action('reset'), port), false);
  assert.equal(decisions([rule('/x:box', 'read', 'deny')]).action(action('reset'), port), false);
  const one = decisions([rule("/x:box/x:port[x:name='a']/x:reset", 'exec', 'deny')]);
  assert.deepEqual(
    [port, other].map((row) => one.action(action('reset'), row)),
    [false, true],
  );
  const all = decisions([rule('/x:box/x:port/x:reset', 'exec', 'deny')]);
  assert.deepEqual(
    [port, other].map((row) => all.action(action('reset'), row)),
    [false, false],
  );
  const permitted = decisions([rule('/x:box/x:port/x:reset', 'exec', 'permit')], { 'exec-default': 'deny' });
  assert.equal(permitted.action(action('reset'), port), true);
  const byName = decisions([{ 'rpc-name': '*', 'access-operations': 'exec', action: 'deny' }]);
  assert.equal(byName.action(action('reset'), port), true, 'rules about rpcs are not about actions');
});

test('a notification of a data node needs read on itself and on all that it is in', () => {
  assert.equal(decisions([]).notification(notification('fault'), port), true);
  assert.equal(decisions([], { 'read-default': 'deny' }).notification(notification('fault'), port), false);
  assert.equal(decisions([rule('/x:box', 'read', 'deny')]).notification(notification('fault'), port), false);
  const one = decisions([rule("/x:box/x:port[x:name='a']", 'read', 'deny')]);
  assert.deepEqual(
    [port, other].map((row) => one.notification(notification('fault'), row)),
    [false, true],
  );
  const event = decisions([rule("/x:box/x:port[x:name='a']/x:fault", 'read', 'deny')]);
  assert.deepEqual(
    [port, other].map((row) => event.notification(notification('fault'), row)),
    [false, true],
  );
  const byName = decisions([{ 'notification-name': '*', 'access-operations': 'read', action: 'deny' }]);
  assert.equal(
    byName.notification(notification('fault'), port),
    true,
    'a rule about notifications is about top-level ones',
  );
  assert.equal(byName.notification(schema.notifications.get('x:plain') as OperationNode), false);
});

test('default-deny-all holds for rpcs, actions and notifications until a rule permits them', () => {
  const closed = decisions([]);
  const open = decisions([{ 'module-name': 'x', 'access-operations': '*', action: 'permit' }]);
  for (const [who, expected] of [
    [closed, false],
    [open, true],
  ] as const) {
    assert.equal(who.rpc(schema.rpcs.get('x:format') as RpcNode), expected);
    assert.equal(who.action(action('wipe'), port), expected);
    assert.equal(who.notification(notification('quiet'), port), expected);
    assert.equal(who.notification(schema.notifications.get('x:audit') as OperationNode), expected);
    assert.equal(who.read(schema.find('/x:box/port/secret') as LeafNode, port), expected);
  }
  assert.equal(closed.notification(schema.notifications.get('x:plain') as OperationNode), true);
});

test('groups from outside count where enable-external-groups says so', () => {
  const deny = [{ 'access-operations': 'read', action: 'deny' }];
  const box = schema.find('/x:box') as Extract<SchemaNode, { kind: 'container' }>;
  assert.equal(decisions(deny, {}, ['g'], 'bob').readable(box), 'deny');
  assert.notEqual(decisions(deny, { 'enable-external-groups': 'false' }, ['g'], 'bob').readable(box), 'deny');
  assert.equal(decisions(deny, { 'enable-external-groups': 'false' }, [], 'ann').readable(box), 'deny');
});

test('rule operations are matched one by one', () => {
  const leaf = schema.find('/x:box/port/secret') as LeafNode;
  const who = decisions([
    rule('/x:box/x:port/x:secret', 'create delete', 'permit'),
    rule('/x:box', 'update', 'permit'),
  ]);
  assert.deepEqual(
    (['create', 'update', 'delete'] as const).map((operation) => who.may(leaf, port, operation)),
    [true, true, true],
  );
  assert.equal(who.read(leaf, port), false);
  assert.deepEqual(
    (['create', 'update', 'delete'] as const).map((operation) => decisions([]).may(leaf, port, operation)),
    [false, false, false],
  );
});
