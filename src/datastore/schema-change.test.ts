import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { loadSchema } from '../yang/schema/load.ts';
import type { Schema } from '../yang/schema/node.ts';
import { Overlay } from './overlay.ts';
import { Store } from './store.ts';
import { dump } from './testing/dump.ts';
import { TestKeys, testSchema } from './testing/schema.ts';

const text = readFileSync(new URL('testing/sluice-store-test.yang', import.meta.url), 'utf8');

/** A later version of the test module. */
function later(folder: string, ...replacements: readonly (readonly [string, string])[]): Schema {
  let changed = text;
  for (const [from, to] of replacements) {
    assert.ok(changed.includes(from), from);
    changed = changed.replace(from, to);
  }
  const path = join(folder, `yang-${Math.random()}`);
  mkdirSync(path);
  writeFileSync(join(path, 'sluice-store-test.yang'), changed);
  return loadSchema({ paths: [path], modules: [{ name: 'sluice-store-test' }] });
}

const description = '      leaf description {\n        type string;\n      }\n';
const ruleKey =
  '    list rule {\n      key "name";\n      ordered-by user;\n      leaf name {\n        type string;\n      }\n';

async function commit(store: Store, edit: (view: Overlay) => void): Promise<void> {
  using snapshot = store.snapshot();
  const view = new Overlay(snapshot.running);
  edit(view);
  const change = { before: snapshot.running, after: view, rows: view.changes() };
  await store.commit(change, snapshot.commit, { user: '', source: 'test' });
}

function running(store: Store): string[] {
  using snapshot = store.snapshot();
  return dump(snapshot.running);
}

async function reopen(t: TestContext, store: Store, folder: string, schema: Schema): Promise<Store> {
  await store.close();
  const next = await Store.open({ folder, schema });
  t.after(() => next.close().catch(() => undefined));
  return next;
}

test('Store keeps and reports what a later schema does not have, and shows it again with the old one', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-schema-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  let store = await Store.open({ folder, schema: testSchema() });
  const k = new TestKeys(store.keys);
  await commit(store, (view) => {
    for (const name of ['a', 'b']) {
      view.put(
        k.interface(name),
        k.row('interface'),
        k.columns({ 'interface/description': 'd', 'interface/mtu': '1' }),
      );
    }
    for (const name of ['2', '1']) view.put(k.rule(name), k.row('rule'), k.columns({ 'rule/action': 'x' }));
  });
  const before = running(store);
  assert.deepEqual(store.unfit, []);

  // A leaf is gone, and the key of a list has another type.
  const number = ruleKey.replace('string', 'uint8');
  store = await reopen(t, store, folder, later(folder, [description, ''], [ruleKey, number]));
  const k2 = new TestKeys(store.keys);
  assert.deepEqual(running(store), ["/box/interface[name='a'] mtu=1 name=a", "/box/interface[name='b'] mtu=1 name=b"]);
  assert.deepEqual(store.unfit.map(({ node, rows }) => [node.replace(/.*box\//, ''), rows]).sort(), [
    ['interface/description', 2],
    ['rule text', 2],
  ]);
  // An edit of the row does not lose the column.
  await commit(store, (view) => view.put(k2.interface('a'), k2.row('interface'), k2.columns({ 'interface/mtu': '2' })));

  store = await reopen(t, store, folder, testSchema());
  assert.deepEqual(store.unfit, []);
  assert.deepEqual(
    running(store),
    before.map((line) => (line.includes("'a'") ? line.replace('mtu=1', 'mtu=2') : line)),
  );

  // What lies below a removed entry goes with it, known or not.
  await commit(store, (view) => {
    const ip = k.keys.child(k.interface('a'), k.row('interface/ip'));
    view.put(ip, k.row('interface/ip'), { leaves: new Map() });
    view.put(
      k.keys.child(ip, k.row('interface/ip/address'), ['1', '1.0']),
      k.row('interface/ip/address'),
      k.columns({}),
    );
  });
  store = await reopen(t, store, folder, later(folder, ['key "number scale"', 'key "scale number"']));
  assert.equal(store.unfit.length, 1);
  const k3 = new TestKeys(store.keys);
  await commit(store, (view) => view.delete(k3.interface('a')));
  store = await reopen(t, store, folder, testSchema());
  assert.equal(running(store).filter((line) => line.includes('/ip')).length, 0);
});

test('Store.open refuses a folder that another one has', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-lock-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const store = await Store.open({ folder, schema: testSchema() });
  await assert.rejects(Store.open({ folder, schema: testSchema() }), /another router/);
  await store.close();
  await (await Store.open({ folder, schema: testSchema() })).close();
});
