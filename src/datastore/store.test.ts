import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import type { Snapshot } from './snapshot.ts';
import { Store } from './store.ts';
import { dump } from './testing/dump.ts';
import { TestKeys, testSchema } from './testing/schema.ts';
import { Overlay } from './view/overlay.ts';

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-store-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function openStore(t: TestContext, folder = folderOf(t), options = {}): Promise<Store> {
  const store = await Store.open({ folder, schema: testSchema(), ...options });
  t.after(() => store.close().catch(() => undefined));
  return store;
}

/** Commits what `edit` writes over running. */
async function edit(store: Store, edit: (view: Overlay, k: TestKeys) => void): Promise<number> {
  using snapshot = store.snapshot();
  const view = new Overlay(snapshot.running);
  edit(view, new TestKeys(store.keys));
  const change = { before: snapshot.running, after: view, rows: view.changes() };
  const record = await store.commit(change, snapshot.commit, { user: 'admin', source: 'test' });
  return record?.id ?? 0;
}

function read<T>(store: Store, work: (snapshot: Snapshot) => T): T {
  using snapshot = store.snapshot();
  return work(snapshot);
}

const put =
  (name: string, columns: Record<string, string> = {}) =>
  (view: Overlay, k: TestKeys) =>
    view.put(k.interface(name), k.row('interface'), k.columns(columns));

test('Store.commit is there after the store is opened again', async (t) => {
  const folder = folderOf(t);
  const store = await openStore(t, folder);
  assert.equal(store.head, 0);
  assert.equal(await edit(store, put('a', { 'interface/mtu': '9000' })), 1);
  assert.equal(await edit(store, put('b', { 'interface/parent': 'a' })), 2);
  const before = read(store, ({ running }) => dump(running));
  assert.deepEqual(before, ["/box/interface[name='a'] mtu=9000 name=a", "/box/interface[name='b'] name=b parent=a"]);
  await store.close();
  const again = await openStore(t, folder);
  assert.equal(again.aside, undefined);
  assert.equal(again.head, 2);
  assert.deepEqual(
    read(again, ({ running }) => dump(running)),
    before,
  );
  assert.equal(again.history.at(-1)?.user, 'admin');
});

test('Store.commit keeps the indexes of leafrefs, unique and the order of users', async (t) => {
  const store = await openStore(t);
  const k = new TestKeys(store.keys);
  await edit(store, (view) => {
    for (const name of ['c', 'a', 'b']) view.put(k.rule(name), k.row('rule'), k.columns({}));
    put('x', { 'interface/parent': 'p', 'interface/encapsulation/vlan': '5' })(view, k);
    put('y', { 'interface/parent': 'p' })(view, k);
  });
  const unique = [
    k.leaf('interface/parent'),
    k.leaf('interface/encapsulation/vlan'),
    k.leaf('interface/encapsulation/inner'),
  ];
  const seen = () =>
    read(store, ({ running }) => ({
      rules: [...running.entries(k.box, k.row('rule'))].map(({ key }) => store.keys.last(key)?.keys[0]).join(''),
      parents: [...running.rowsWith(k.leaf('interface/parent'), 'p')].length,
      unique: [...running.rowsWithUnique(k.box, k.list('interface'), unique, ['p', '5', 'none'])].length,
    }));
  assert.deepEqual(seen(), { rules: 'cab', parents: 2, unique: 1 });
  await edit(store, (view) => {
    view.place(k.rule('b'), { at: 'first' });
    view.place(k.rule('c'), { at: 'after', anchor: k.rule('a') });
    view.delete(k.interface('x'));
    put('z', { 'interface/parent': 'p', 'interface/encapsulation/vlan': '5', 'interface/encapsulation/inner': 'none' })(
      view,
      k,
    );
    put('z2', { 'interface/parent': 'p', 'interface/encapsulation/vlan': '5' })(view, k);
  });
  assert.deepEqual(seen(), { rules: 'bac', parents: 3, unique: 2 });
});

test('Snapshot keeps what it shows while others commit', async (t) => {
  const store = await openStore(t);
  await edit(store, put('a'));
  using old = store.snapshot();
  await edit(store, (view, k) => view.delete(k.interface('a')));
  assert.equal(dump(old.running).length, 1);
  assert.equal(old.commit, 1);
  assert.equal(
    read(store, ({ running }) => dump(running).length),
    0,
  );
});

test('Snapshot.at and difference go back through the history', async (t) => {
  const store = await openStore(t, undefined, { historyLimit: 3 });
  const states = [read(store, ({ running }) => dump(running))];
  for (const mtu of ['1', '2', '3', '4']) {
    await edit(store, put('a', { 'interface/mtu': mtu }));
    states.push(read(store, ({ running }) => dump(running)));
  }
  using snapshot = store.snapshot();
  assert.deepEqual(
    store.history.map(({ id }) => id),
    [2, 3, 4],
  );
  for (const id of [1, 2, 3, 4]) assert.deepEqual(dump(snapshot.at(id) ?? assert.fail()), states[id]);
  assert.equal(snapshot.at(0), undefined);
  const [change] = snapshot.difference(3) ?? assert.fail();
  const k = new TestKeys(store.keys);
  assert.equal(change?.before?.leaves.get(k.leaf('interface/mtu')), '2');
  assert.equal(change?.after?.leaves.get(k.leaf('interface/mtu')), '3');
});

test('Startup is what running was when it was copied, over commits and restarts', async (t) => {
  const folder = folderOf(t);
  const store = await openStore(t, folder);
  const startup = (of: Store) => read(of, (snapshot) => dump(snapshot.startup() ?? assert.fail()));
  await edit(store, put('a', { 'interface/mtu': '1' }));
  assert.deepEqual(startup(store), []);
  await store.copyToStartup();
  const copied = startup(store);
  assert.deepEqual(copied, ["/box/interface[name='a'] mtu=1 name=a"]);
  await edit(store, put('a', { 'interface/mtu': '2' }));
  await edit(store, put('b'));
  await edit(store, (view, k) => view.delete(k.interface('a')));
  assert.deepEqual(startup(store), copied);
  await store.close();
  const again = await openStore(t, folder);
  assert.deepEqual(startup(again), copied);
  await edit(again, put('a', { 'interface/mtu': '1' }));
  assert.deepEqual(startup(again), copied);
  await again.deleteStartup();
  assert.equal(again.hasStartup, false);
  assert.equal(
    read(again, (snapshot) => snapshot.startup()),
    undefined,
  );
  await edit(again, put('c'));
  await again.copyToStartup();
  assert.deepEqual(
    startup(again),
    read(again, ({ running }) => dump(running)),
  );
});

test('Candidate keeps its content while others commit, and follows running without edits', async (t) => {
  const store = await openStore(t);
  const { candidate } = store;
  await edit(store, put('a', { 'interface/mtu': '1' }));
  const content = () => read(store, ({ running }) => dump(candidate.view(running)));
  assert.deepEqual(content(), ["/box/interface[name='a'] mtu=1 name=a"]);
  read(store, ({ running, commit }) => {
    const view = candidate.view(running);
    put('b')(view, new TestKeys(store.keys));
    assert.equal(candidate.isModified, false);
    candidate.replace(view, commit);
  });
  const edited = content();
  assert.equal(edited.length, 2);
  await edit(store, put('a', { 'interface/mtu': '2' }));
  await edit(store, put('c'));
  assert.deepEqual(content(), edited);
  {
    using snapshot = store.snapshot();
    const view = candidate.view(snapshot.running);
    const rows = view.changes();
    assert.equal(rows.length, 3); // a back, b there, c gone
    await store.commit({ before: snapshot.running, after: view, rows }, snapshot.commit, { user: '', source: 'test' });
    candidate.settle(view);
  }
  assert.equal(candidate.isModified, false);
  assert.deepEqual(
    read(store, ({ running }) => dump(running)),
    edited,
  );
  await edit(store, put('d'));
  assert.equal(content().length, 3);
});

test('Store.commit takes keys of any length', async (t) => {
  const store = await openStore(t);
  const name = (end: string) => 'n'.repeat(5000) + end;
  await edit(store, (view, k) => {
    for (const end of ['b', 'a', 'ü']) put(name(end), { 'interface/parent': name(end) })(view, k);
    view.put(k.keys.child(k.interface(name('a')), k.row('interface/ip')), k.row('interface/ip'), { leaves: new Map() });
  });
  const k = new TestKeys(store.keys);
  read(store, ({ running }) => {
    const names = [...running.entries(k.box, k.row('interface'))].map(({ row }) =>
      row.leaves.get(k.leaf('interface/name')),
    );
    assert.deepEqual(names, [name('a'), name('b'), name('ü')]);
    assert.deepEqual([...running.rowsWith(k.leaf('interface/parent'), name('b'))], [k.interface(name('b'))]);
    assert.equal([...running.subtree(k.interface(name('a')))].length, 2);
  });
  await edit(store, (view) => view.delete(k.interface(name('a'))));
  read(store, ({ running }) => assert.equal([...running.subtree(k.box)].length, 2));
});

test('Store.commit of many rows is seen by the next snapshot and the next commit', async (t) => {
  const store = await openStore(t);
  const count = 5000;
  for (let round = 1; round <= 3; round++) {
    await edit(store, (view, k) => {
      for (let i = 0; i < count; i++) put(`e${i}`, { 'interface/mtu': String(round) })(view, k);
    });
    using snapshot = store.snapshot();
    assert.equal(snapshot.commit, store.head);
    const lines = dump(snapshot.running);
    assert.equal(lines.length, count + round - 1);
    assert.equal(lines.filter((line) => line.includes(`mtu=${round} `)).length, count);
    await edit(store, put(`x${round}`));
  }
});
