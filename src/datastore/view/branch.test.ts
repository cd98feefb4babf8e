import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { Store } from '../store.ts';
import { dump } from '../testing/dump.ts';
import { Model, randomEdit, seededRandom } from '../testing/model.ts';
import { TestKeys, testSchema } from '../testing/schema.ts';
import type { Branch } from './branch.ts';
import { Overlay } from './overlay.ts';

async function openStore(t: TestContext, options = {}): Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-branch-'));
  const store = await Store.open({ folder, schema: testSchema(), ...options });
  t.after(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return store;
}

async function setMtu(store: Store, name: string, mtu: string): Promise<void> {
  using snapshot = store.snapshot();
  const view = new Overlay(snapshot.running);
  const k = new TestKeys(store.keys);
  view.put(k.interface(name), k.row('interface'), k.columns({ 'interface/mtu': mtu }));
  const change = { before: snapshot.running, after: view, rows: view.changes() };
  await store.commit(change, snapshot.commit, { user: 'admin', source: 'test' });
}

test('Branch keeps what running was, shows its own edits, and knows what both have changed', async (t) => {
  const store = await openStore(t);
  const k = new TestKeys(store.keys);
  await setMtu(store, 'a', '1500');
  const branch = store.openBranch();
  {
    using now = store.snapshot();
    const view = branch.view(now);
    view.put(k.interface('own'), k.row('interface'), k.columns({ 'interface/mtu': '9000' }));
    branch.replace(view, now.commit);
  }
  await setMtu(store, 'a', '1600');
  await setMtu(store, 'b', '1700');
  await setMtu(store, 'a', '1800');
  using now = store.snapshot();
  const own = "/box/interface[name='own'] mtu=9000 name=own";
  assert.deepEqual(dump(branch.view(now)), ["/box/interface[name='a'] mtu=1500 name=a", own]);
  assert.deepEqual(
    branch.mine.map(({ key }) => key),
    [k.interface('own')],
  );
  assert.deepEqual(
    branch.theirs.map(({ key, before, after }) => [key, before !== undefined, after?.leaves.size]),
    [
      [k.interface('a'), true, 2],
      [k.interface('b'), false, 2],
    ],
  );
  assert.equal(branch.size, 3);
  branch.discard();
  assert.deepEqual(dump(branch.view(now)), ["/box/interface[name='a'] mtu=1500 name=a"]);
  branch.rebase(now, new Overlay(now.running));
  assert.deepEqual([dump(branch.view(now)), branch.base, branch.size], [dump(now.running), now.commit, 0]);
});

test('Branch makes up for commits before the history forgets them', async (t) => {
  const store = await openStore(t, { historyLimit: 5 });
  await setMtu(store, 'a', '1500');
  const branch = store.openBranch();
  for (let i = 0; i < 20; i++) await setMtu(store, i % 2 === 0 ? 'a' : `x${i}`, String(2000 + i));
  assert.ok(branch.seen > branch.base);
  using now = store.snapshot();
  assert.deepEqual(dump(branch.view(now)), ["/box/interface[name='a'] mtu=1500 name=a"]);
  store.closeBranch(branch);
});

test('Branch may be looked at while it makes up for a large commit', async (t) => {
  const store = await openStore(t);
  await setMtu(store, 'a', '1500');
  const branch = store.openBranch();
  {
    using now = store.snapshot();
    const k = new TestKeys(store.keys);
    const view = new Overlay(now.running);
    for (let i = 0; i < 1000; i++) view.put(k.interface(`e${i}`), k.row('interface'), k.columns({}));
    const change = { before: now.running, after: view, rows: view.changes() };
    await store.commit(change, now.commit, { user: 'u', source: 'test' });
  }
  using now = store.snapshot();
  const steps = branch.followSteps(now);
  assert.equal(steps.next().done, false);
  const start = ["/box/interface[name='a'] mtu=1500 name=a"];
  assert.deepEqual(dump(branch.view(now)), start);
  for (const _ of steps);
  assert.deepEqual([dump(branch.view(now)), branch.theirs.length], [start, 1000]);
});

test('Branch says after random commits and edits what a plain model says', async (t) => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  const random = seededRandom(seed);
  const store = await openStore(t, { historyLimit: 4 });
  const k = new TestKeys(store.keys);
  let running = new Model(k);
  const open: { branch: Branch; start: Model; says: Model }[] = [];
  for (let round = 0; round < 100; round++) {
    const context = `SEED=${seed} round ${round}`;
    if (random(6) === 0 && open.length < 4) {
      open.push({ branch: store.openBranch(), start: running.clone(), says: running.clone() });
    }
    const one = open[random(open.length || 1)];
    const step = random(4);
    using now = store.snapshot();
    if (one === undefined || step <= 1) {
      const view = new Overlay(now.running);
      running = running.clone();
      for (let i = random(6); i >= 0; i--) randomEdit(k, random, view, running);
      const change = { before: now.running, after: view, rows: view.changes() };
      await store.commit(change, now.commit, { user: 'u', source: 'test' });
    } else if (step === 2) {
      const view = one.branch.view(now);
      for (let i = random(4); i >= 0; i--) randomEdit(k, random, view, one.says);
      one.branch.replace(view, now.commit);
    } else if (random(3) === 0) {
      one.branch.discard();
      one.says = one.start.clone();
    }
    if (one === undefined) continue;
    using after = store.snapshot();
    one.says.compare(one.branch.view(after), context);
    // What both have changed leads from where they parted to where they are.
    const start = new Overlay(after.running);
    start.apply(
      one.branch.theirs.map(({ key, node, before, after: last }) => ({ key, node, before: last, after: before })),
    );
    one.start.compare(start, context);
    start.apply(one.branch.mine);
    one.says.compare(start, context);
  }
});
