/**
 * Commits in a loop until it is killed: `node committer.ts FOLDER`. Prints `at N` for what it found, then `N` for each
 * commit that was acknowledged. Each commit sets all rows to one number, so half a commit shows.
 */
import assert from 'node:assert/strict';
import { Store } from '../store.ts';
import { Overlay } from '../view/overlay.ts';
import type { StoreView } from '../view/source.ts';
import { TestKeys, testSchema } from './schema.ts';

const rows = 30;
/** Every so many commits one is large enough for the writing thread. */
const largeEvery = 8;

function domainsOf(commit: number): string[] {
  return Array.from({ length: 3000 }, (_, i) => `${commit}-${i}`);
}
const folder = process.argv[2];
if (folder === undefined) throw new Error('usage: node committer.ts FOLDER');
const store = await Store.open({ folder, schema: testSchema(), historyLimit: 20 });
assert.equal(store.aside, undefined);
const k = new TestKeys(store.keys);

/** The number that all rows agree on. */
function numberOf(view: StoreView): number {
  const numbers = [...view.entries(k.box, k.row('interface'))].map(({ row }) =>
    row.leaves.get(k.leaf('interface/mtu')),
  );
  const [first] = numbers;
  if (first === undefined) return 0;
  assert.deepEqual(numbers, Array(rows).fill(first));
  assert.equal([...view.rowsWith(k.leaf('interface/parent'), `p${first}`)].length, rows);
  assert.deepEqual(
    [...view.entries(k.box, k.row('rule'))].map(({ key }) => k.keys.last(key)?.keys[0]),
    [`r${first}`],
  );
  return Number(first);
}

{
  using snapshot = store.snapshot();
  const now = numberOf(snapshot.running);
  assert.equal(now, store.head);
  for (const { id } of store.history) assert.equal(numberOf(snapshot.at(id) ?? assert.fail()), id);
  const startup = snapshot.startup();
  if (startup !== undefined) assert.ok(numberOf(startup) <= now);
  console.log(`at ${now}`);
}
for (;;) {
  using snapshot = store.snapshot();
  const view = new Overlay(snapshot.running);
  const next = store.head + 1;
  for (let i = 0; i < rows; i++) {
    view.put(
      k.interface(`e${i}`),
      k.row('interface'),
      k.columns({ 'interface/mtu': `${next}`, 'interface/parent': `p${next}` }),
    );
  }
  view.delete(k.rule(`r${next - 1}`));
  view.put(k.rule(`r${next}`), k.row('rule'), k.columns({}));
  if (next % largeEvery === 0) {
    for (const { key } of view.entries(k.box, k.row('domain'))) view.delete(key);
    for (const domain of domainsOf(next)) {
      view.put(k.keys.child(k.box, k.row('domain'), [domain]), k.row('domain'), k.columns({}));
    }
  }
  const change = { before: snapshot.running, after: view, rows: view.changes() };
  await store.commit(change, snapshot.commit, { user: '', source: 'test' });
  console.log(next);
  if (next % 5 === 0) await store.copyToStartup();
}
