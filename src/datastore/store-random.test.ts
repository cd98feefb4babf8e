import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { Store } from './store.ts';
import { dump } from './testing/dump.ts';
import { Model, randomEdit, seededRandom } from './testing/model.ts';
import { TestKeys, testSchema } from './testing/schema.ts';
import { Overlay } from './view/overlay.ts';

test('Store says after random commits what a plain model says, now, before, and in startup', async (t) => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  const context = `SEED=${seed}`;
  const random = seededRandom(seed);
  const folder = mkdtempSync(join(tmpdir(), 'sluice-store-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  let store = await Store.open({ folder, schema: testSchema() });
  t.after(() => store.close());
  const k = new TestKeys(store.keys);
  let model = new Model(k);
  let startup = model.dump();
  let candidate: Model | undefined;
  const states = new Map([[0, model.dump()]]);
  for (let round = 0; round < 120; round++) {
    const step = random(12);
    if (step === 0) {
      await store.copyToStartup();
      startup = model.dump();
    } else if (step === 1) {
      await store.close();
      store = await Store.open({ folder, schema: testSchema() });
      k.keys = store.keys;
      candidate = undefined;
    }
    {
      using snapshot = store.snapshot();
      if (step <= 3) {
        // Somebody edits the candidate.
        candidate ??= model.clone();
        const view = store.candidate.view(snapshot.running);
        for (let i = 0; i < 3; i++) randomEdit(k, random, view, candidate);
        store.candidate.replace(view, snapshot.commit);
        if (!store.candidate.isModified) candidate = undefined;
        continue;
      }
      const whole = step === 4 && candidate !== undefined;
      const view = whole ? store.candidate.view(snapshot.running) : new Overlay(snapshot.running);
      if (candidate !== undefined && whole) model = candidate;
      else {
        model = model.clone();
        for (let i = random(8); i >= 0; i--) randomEdit(k, random, view, model);
      }
      const rows = view.changes();
      const about = { user: 'u', source: 'test', comment: `ü ${round}` };
      const record = await store.commit({ before: snapshot.running, after: view, rows }, snapshot.commit, about);
      assert.equal(record?.rows ?? 0, rows.length);
      if (whole) {
        store.candidate.settle(view);
        candidate = undefined;
      }
    }
    states.set(store.head, model.dump());
    using after = store.snapshot();
    model.compare(after.running, `${context} round ${round}`);
    assert.deepEqual(dump(after.startup() ?? assert.fail()), startup, `${context} round ${round}`);
    const expected = candidate ?? model;
    expected.compare(store.candidate.view(after.running), `${context} round ${round}`);
  }
  using snapshot = store.snapshot();
  for (const [id, state] of states)
    assert.deepEqual(dump(snapshot.at(id) ?? assert.fail()), state, `${context} at ${id}`);
});
