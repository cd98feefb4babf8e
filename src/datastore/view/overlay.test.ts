import assert from 'node:assert/strict';
import test from 'node:test';
import { difference } from '../reading/difference.ts';
import { dump } from '../testing/dump.ts';
import { Model, randomEdit, seededRandom } from '../testing/model.ts';
import { TestKeys } from '../testing/schema.ts';
import { MemoryView } from './memory.ts';
import { Overlay } from './overlay.ts';
import { EmptyView } from './source.ts';

const k = new TestKeys();

function apply(base: Overlay, rows: ReturnType<Overlay['changes']>): Overlay {
  const view = new Overlay(base);
  view.apply(rows);
  return view;
}

test('Overlay says after random edits what a plain model says', () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  const random = seededRandom(seed);
  for (let round = 0; round < 40; round++) {
    const context = `SEED=${seed} round ${round}`;
    const base = new MemoryView(k.keys);
    const model = new Model(k);
    for (let i = 0; i < 30; i++) randomEdit(k, random, base, model);
    assert.deepEqual(dump(base), model.dump(), context);
    const before = model.clone();
    const overlay = new Overlay(base);
    for (let i = 0; i < 40; i++) {
      randomEdit(k, random, overlay, model);
      if (i % 10 === 0) model.compare(overlay, context);
    }
    model.compare(overlay, context);
    before.compare(base, context);

    const rows = overlay.changes();
    model.compare(apply(base, rows), context);
    const back = rows.map((row) => ({ ...row, before: row.after, after: row.before }));
    before.compare(apply(overlay, back), context);
    assert.deepEqual(apply(overlay, []).changes(), [], context);
    assert.deepEqual([...difference(base, overlay)], rows, context);
    const keys = rows.map(({ key }) => key);
    assert.deepEqual(keys, [...new Set(keys)].sort(), context);
  }
});

test('Overlay.fork keeps both sides apart, and absorb keeps content while the base changes', () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  const random = seededRandom(seed);
  for (let round = 0; round < 40; round++) {
    const context = `SEED=${seed} round ${round}`;
    const running = new MemoryView(k.keys);
    const model = new Model(k);
    for (let i = 0; i < 30; i++) randomEdit(k, random, running, model);
    const candidate = new Overlay(running);
    const content = model.clone();
    for (let i = 0; i < 10; i++) randomEdit(k, random, candidate, content);
    // Somebody else commits.
    const other = new Overlay(running);
    for (let i = 0; i < 10; i++) randomEdit(k, random, other, model);
    const rows = other.changes();
    const moved = apply(running, rows);
    const kept = candidate.fork(moved);
    kept.absorb(rows);
    content.compare(kept, context);
    model.compare(moved, context);
    // Committing the candidate makes running what it says.
    content.compare(apply(moved, kept.changes()), context);
  }
});

test('Overlay.changes leaves out rows that say what the base says', () => {
  const base = new MemoryView(k.keys);
  base.put(k.interface('a'), k.row('interface'), k.columns({ 'interface/mtu': '1' }));
  const overlay = new Overlay(base);
  overlay.delete(k.box);
  overlay.put(k.interface('a'), k.row('interface'), k.columns({ 'interface/mtu': '1' }));
  assert.ok(overlay.isTouched);
  assert.deepEqual(overlay.changes(), []);
});

test('Overlay.entries can be read while it is written to', () => {
  const overlay = new Overlay(new EmptyView(k.keys, new MemoryView(k.keys).plan));
  for (let i = 0; i < 100; i++) overlay.put(k.interface(`e${i}`), k.row('interface'), k.columns({}));
  let seen = 0;
  for (const { key } of overlay.entries(k.box, k.row('interface'))) {
    overlay.delete(key);
    seen++;
  }
  assert.equal(seen, 100);
  assert.deepEqual(dump(overlay), []);
});

test('Overlay.place moves one entry and changes its row alone', () => {
  const base = new MemoryView(k.keys);
  const names = ['a', 'b', 'c', 'd'];
  for (const name of names) base.put(k.rule(name), k.row('rule'), k.columns({}));
  const order = (view: Overlay) =>
    [...view.entries(k.box, k.row('rule'))].map(({ key }) => k.keys.last(key)?.keys[0]).join('');
  const moved = (edit: (view: Overlay) => void) => {
    const view = new Overlay(base);
    edit(view);
    return [order(view), view.changes().length];
  };
  assert.deepEqual(
    moved((view) => view.place(k.rule('d'), { at: 'first' })),
    ['dabc', 1],
  );
  assert.deepEqual(
    moved((view) => view.place(k.rule('a'), { at: 'last' })),
    ['bcda', 1],
  );
  assert.deepEqual(
    moved((view) => view.place(k.rule('d'), { at: 'before', anchor: k.rule('b') })),
    ['adbc', 1],
  );
  assert.deepEqual(
    moved((view) => view.place(k.rule('a'), { at: 'after', anchor: k.rule('c') })),
    ['bcad', 1],
  );
  assert.deepEqual(
    moved((view) => view.place(k.rule('b'), { at: 'after', anchor: k.rule('a') })),
    ['abcd', 0],
  );
});

test('Overlay.place renumbers before positions get long', () => {
  const view = new MemoryView(k.keys);
  for (const name of ['a', 'b']) view.put(k.rule(name), k.row('rule'), k.columns({}));
  let [low, high] = ['a', 'b'];
  const expected = ['a', 'b'];
  for (let i = 0; i < 200; i++) {
    const name = `n${i}`;
    view.put(k.rule(name), k.row('rule'), k.columns({}));
    view.place(k.rule(name), { at: 'after', anchor: k.rule(low) });
    expected.splice(expected.indexOf(low) + 1, 0, name);
    if (i % 2 === 0) low = name;
    else high = name;
    assert.ok((view.get(k.rule(name))?.position?.length ?? 0) <= 64);
  }
  assert.ok(high);
  assert.deepEqual(
    [...view.entries(k.box, k.row('rule'))].map(({ key }) => k.keys.last(key)?.keys[0]),
    expected,
  );
});
