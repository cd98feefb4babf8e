import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { loadSchema } from '../../yang/schema/load.ts';
import type { LeafNode, Schema } from '../../yang/schema/node.ts';
import { Store } from '../store.ts';
import { dump } from '../testing/dump.ts';
import { TestKeys, testSchema } from '../testing/schema.ts';
import { Overlay } from '../view/overlay.ts';

const text = readFileSync(new URL('../testing/sluice-store-test.yang', import.meta.url), 'utf8');

/** A later version of the test module. */
function later(folder: string, ...replacements: readonly (readonly [string, string])[]): Schema {
  let changed = text;
  for (const [from, to] of replacements) {
    assert.ok(changed.includes(from), from);
    changed = changed.replace(from, to);
  }
  const path = join(folder, `yang-${Math.random()}`);
  mkdirSync(path);
  const name = /module (\S+)/.exec(changed)?.[1] ?? assert.fail();
  writeFileSync(join(path, `${name}.yang`), changed);
  return loadSchema({ paths: [path], modules: [{ name }] });
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
  assert.equal(store.unfit.count, 0);

  // A leaf is gone, and the key of a list has another type.
  const number = ruleKey.replace('string', 'uint8');
  store = await reopen(t, store, folder, later(folder, [description, ''], [ruleKey, number]));
  const k2 = new TestKeys(store.keys);
  assert.deepEqual(running(store), ["/box/interface[name='a'] mtu=1 name=a", "/box/interface[name='b'] mtu=1 name=b"]);
  assert.deepEqual(
    store.unfit.entries.map(({ path }) => path.replace('/sluice-store-test:', '/')),
    [
      "/box/interface[name='a']/description",
      "/box/interface[name='b']/description",
      "/box/rule[name='1']",
      "/box/rule[name='1']/action",
      "/box/rule[name='2']",
      "/box/rule[name='2']/action",
    ],
  );
  // An edit of the row does not lose the column.
  await commit(store, (view) => view.put(k2.interface('a'), k2.row('interface'), k2.columns({ 'interface/mtu': '2' })));

  store = await reopen(t, store, folder, testSchema());
  assert.equal(store.unfit.count, 0);
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
  assert.equal(store.unfit.count, 1);
  const k3 = new TestKeys(store.keys);
  await commit(store, (view) => view.delete(k3.interface('a')));
  store = await reopen(t, store, folder, testSchema());
  assert.equal(running(store).filter((line) => line.includes('/ip')).length, 0);
});

interface UpgradeCase {
  readonly name: string;
  readonly changes: readonly (readonly [string, string])[];
  /** Path, reason and value of what does not fit. */
  readonly unfit: readonly (readonly [path: string, reason: string, value?: string])[];
}

const upgrades: readonly UpgradeCase[] = [
  {
    name: 'a leaf is gone',
    changes: [[description, '']],
    unfit: [["/box/interface[name='a']/description", 'node-absent', 'd']],
  },
  {
    name: 'a type is narrowed',
    changes: [['type uint32;\n        default "1500";', 'type uint32 { range "1..99"; }']],
    unfit: [["/box/interface[name='a']/mtu", 'value-invalid', '100']],
  },
  {
    name: 'a type is another',
    changes: [['leaf hostname {\n      type string;', 'leaf hostname {\n      type enumeration { enum x; }']],
    unfit: [['/box/hostname', 'value-invalid', 'h']],
  },
  {
    name: 'the type of a key is narrowed: the entry goes with all that is below it',
    changes: [['leaf id {\n          type uint64;', 'leaf id {\n          type uint64 { range "6..9"; }']],
    unfit: [
      ["/box/rule[name='r']/term[id='5']", 'value-invalid'],
      ["/box/rule[name='r']/term[id='5']/text", 'node-changed', 't'],
    ],
  },
  {
    name: 'the type of a leaf-list is narrowed',
    changes: [['leaf-list domain {\n      type string;', 'leaf-list domain {\n      type string { length "1"; }']],
    unfit: [["/box/domain[.='dd']", 'value-invalid']],
  },
  {
    name: 'a list has a key of another type: what is below goes with it',
    changes: [[ruleKey, ruleKey.replace('type string', 'type uint8')]],
    unfit: [
      ["/box/rule[name='r']", 'node-changed'],
      ["/box/rule[name='r']/action", 'node-changed', 'x'],
      ["/box/rule[name='r']/tag[.='t1']", 'node-changed'],
      ["/box/rule[name='r']/term[id='5']", 'node-changed'],
      ["/box/rule[name='r']/term[id='5']/text", 'node-changed', 't'],
    ],
  },
  {
    name: 'a list has another leaf as its key',
    changes: [
      [ruleKey, ruleKey.replace('key "name"', 'key "action"')],
      ['leaf action {\n        type string;', 'leaf action {\n        type string { length "1..9"; }'],
    ],
    unfit: [
      ["/box/rule[name='r']", 'node-changed'],
      ["/box/rule[name='r']/action", 'node-changed', 'x'],
      ["/box/rule[name='r']/tag[.='t1']", 'node-changed'],
      ["/box/rule[name='r']/term[id='5']", 'node-changed'],
      ["/box/rule[name='r']/term[id='5']/text", 'node-changed', 't'],
    ],
  },
  {
    name: 'a list became a leaf-list',
    changes: [
      [
        'list term {\n        key "id";\n        leaf id {\n          type uint64;\n        }\n        leaf text {\n          type string;\n        }\n      }',
        'leaf-list term {\n        type string;\n      }',
      ],
    ],
    unfit: [
      ["/box/rule[name='r']/term[id='5']", 'node-changed'],
      ["/box/rule[name='r']/term[id='5']/text", 'node-absent', 't'],
    ],
  },
  {
    name: 'a presence container became one without',
    changes: [['presence "IP is on.";\n', '']],
    unfit: [
      ["/box/interface[name='a']/ip", 'node-changed'],
      ["/box/interface[name='a']/ip/forwarding", 'node-changed', 'true'],
      ["/box/interface[name='a']/ip/address[number='1'][scale='1.0']", 'node-changed'],
    ],
  },
  {
    name: 'an identifier of the module is another: all of it is absent',
    changes: [['module sluice-store-test', 'module sluice-store-other']],
    unfit: [
      ['/contact', 'module-absent', 'c'],
      ['/box', 'module-absent'],
      ['/box/hostname', 'module-absent', 'h'],
    ],
  },
  { name: 'a default is another', changes: [['default "1500"', 'default "9000"']], unfit: [] },
  { name: 'a leaf is mandatory', changes: [['leaf hostname {', 'leaf hostname { mandatory true;']], unfit: [] },
];

for (const { name, changes, unfit } of upgrades) {
  test(`Store keeps, hides and reports what does not fit, and has it back: ${name}`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-upgrade-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    let store = await Store.open({ folder, schema: testSchema() });
    const k = new TestKeys(store.keys);
    assert.equal(store.isUnchecked, false);
    await commit(store, (view) => {
      view.put('', undefined, {
        leaves: new Map([[k.keys.schema.find('/sluice-store-test:contact') as LeafNode, 'c']]),
      });
      view.put(k.box, k.row(''), k.columns({ hostname: 'h' }));
      view.put(
        k.interface('a'),
        k.row('interface'),
        k.columns({ 'interface/description': 'd', 'interface/mtu': '100' }),
      );
      const ip = k.keys.child(k.interface('a'), k.row('interface/ip'));
      view.put(ip, k.row('interface/ip'), k.columns({ 'interface/ip/forwarding': 'true' }));
      const address = k.row('interface/ip/address');
      view.put(k.keys.child(ip, address, ['1', '1.0']), address, k.columns({}));
      view.put(k.keys.child(k.box, k.row('domain'), ['dd']), k.row('domain'), k.columns({}));
      view.put(k.rule('r'), k.row('rule'), k.columns({ 'rule/action': 'x' }));
      view.put(k.keys.child(k.rule('r'), k.row('rule/tag'), ['t1']), k.row('rule/tag'), k.columns({}));
      const term = k.row('rule/term');
      view.put(k.keys.child(k.rule('r'), term, ['5']), term, k.columns({ 'rule/term/text': 't' }));
    });
    await store.copyToStartup();
    const before = running(store);
    await commit(store, (view) => view.delete(k.rule('r')));
    await commit(store, (view) => view.put(k.box, k.row(''), k.columns({ hostname: 'g' })));
    const rollback = async (of: Store, to: number): Promise<void> => {
      using snapshot = of.snapshot();
      const view = snapshot.at(to) ?? assert.fail();
      const change = { before: snapshot.running, after: view, rows: view instanceof Overlay ? view.changes() : [] };
      await of.commit(change, snapshot.commit, { user: '', source: 'rollback' });
    };
    await rollback(store, 1);
    assert.deepEqual(running(store), before);

    const schema = later(folder, ...changes);
    store = await reopen(t, store, folder, schema);
    assert.equal(store.isUnchecked, true);
    const found = store.unfit.entries.map(({ path, reason, value }) => {
      const shown = path.replace('/sluice-store-test:', '/');
      return value === undefined ? [shown, reason] : [shown, reason, value];
    });
    const expected = unfit.map((one) => [...one]);
    if (unfit[0]?.[1] === 'module-absent') assert.deepEqual(found.slice(0, expected.length), expected);
    else assert.deepEqual(found, expected);
    assert.equal(store.unfit.count, found.length);
    // Nothing that shows has a value that its type does not accept.
    for (const line of running(store))
      for (const [path] of unfit) assert.ok(!line.startsWith(`${path} `) && line !== path);
    {
      using snapshot = store.snapshot();
      const startup = snapshot.startup() ?? assert.fail();
      assert.deepEqual(dump(startup), dump(snapshot.running));
      for (const { id } of store.history) dump(snapshot.at(id) ?? assert.fail());
    }
    store = await reopen(t, store, folder, schema);
    assert.equal(store.isUnchecked, true);
    await store.markChecked();
    store = await reopen(t, store, folder, schema);
    assert.equal(store.isUnchecked, false);
    assert.equal(store.unfit.count, found.length);

    store = await reopen(t, store, folder, testSchema());
    assert.equal(store.unfit.count, 0);
    assert.deepEqual(running(store), before);
    using snapshot = store.snapshot();
    assert.deepEqual(dump(snapshot.startup() ?? assert.fail()), before);
  });
}

test('Store.open refuses a folder that another one has', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-lock-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const store = await Store.open({ folder, schema: testSchema() });
  await assert.rejects(Store.open({ folder, schema: testSchema() }), /another router/);
  await store.close();
  await (await Store.open({ folder, schema: testSchema() })).close();
});
