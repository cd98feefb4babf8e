import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeySpace } from '../../datastore/key/key.ts';
import type { DataSchemaNode, LeafNode } from '../../yang/schema/node.ts';
import { lines, payload, schemaOf, viewOf } from '../testing/fixture.ts';
import { operationalView } from './operational.ts';
import type { StateProvider } from './state.ts';

const schema = schemaOf(`module o { namespace "urn:o"; prefix o;
  container interfaces { list interface { key "name"; leaf name { type string; } leaf mtu { type uint16; }
    container statistics { config false; leaf in { type uint64; } } } }
  container clock { config false; leaf now { type string; } } }`);
const keys = new KeySpace(schema);
const node = (path: string) => schema.find(path) as DataSchemaNode;
const interfaces = node('/o:interfaces') as never;
const entry = node('/o:interfaces/interface') as never;
const counter = node('/o:interfaces/interface/statistics/in') as LeafNode;

const asked: string[] = [];
const counters: StateProvider = {
  paths: ['/o:interfaces/interface/statistics'],
  async read(_interests, _running, out) {
    asked.push('counters');
    for (const name of ['a', 'b']) {
      const key = keys.child(keys.child('', interfaces), entry, [name]);
      out.put(key, entry, { leaves: new Map([[counter, '7']]) });
    }
  },
};
const clock: StateProvider = {
  paths: ['/o:clock'],
  async read(_interests, _running, out) {
    asked.push('clock');
    const leaves = new Map([[node('/o:clock/now') as LeafNode, 'noon']]);
    out.put(keys.child('', node('/o:clock') as never), node('/o:clock') as never, { leaves });
  },
};

test('operationalView adds state to the rows of running, and rows that only state has', async () => {
  const running = viewOf(keys, payload(schema, { interfaces: { interface: [{ name: 'a', mtu: '1500' }] } }));
  const view = await operationalView(running, [counters, clock], []);
  assert.deepEqual(lines(view), [
    "/o:interfaces/interface[name='a']",
    "/o:interfaces/interface[name='a']/mtu = 1500",
    "/o:interfaces/interface[name='a']/statistics/in = 7",
    "/o:interfaces/interface[name='b']",
    "/o:interfaces/interface[name='b']/statistics/in = 7",
    '/o:clock/now = noon',
  ]);
  // Whoever writes out an entry finds its keys among its leaves.
  const added = view.get(keys.child(keys.child('', interfaces), entry, ['b']));
  assert.equal(added?.leaves.get(node('/o:interfaces/interface/name') as LeafNode), 'b');
  assert.deepEqual(lines(running), [
    "/o:interfaces/interface[name='a']",
    "/o:interfaces/interface[name='a']/mtu = 1500",
  ]);
});

test('operationalView asks only those who hold something of interest', async () => {
  asked.length = 0;
  const running = viewOf(keys, []);
  await operationalView(running, [counters, clock], [{ node: entry, keys: new Map() }]);
  await operationalView(running, [counters, clock], [{ node: counter, keys: new Map() }]);
  await operationalView(running, [counters, clock], [{ node: node('/o:clock'), keys: new Map() }]);
  assert.deepEqual(asked, ['counters', 'counters', 'clock']);
});
