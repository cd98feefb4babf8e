import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { FaultError } from '../yang/fault.ts';
import { Store } from './store.ts';
import { dump } from './testing/dump.ts';
import { TestKeys, testSchema } from './testing/schema.ts';
import { Overlay } from './view/overlay.ts';

const isRoot = process.getuid?.() === 0;

test('Store.commit refuses with resource-denied on a full disk and loses nothing', {
  skip: !isRoot && 'mounts a small file system',
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-full-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1536k', 'tmpfs', folder]);
  t.after(() => {
    spawnSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  if (mounted.status !== 0) return t.skip('no small file system here');
  const store = await Store.open({ folder, schema: testSchema() });
  const k = new TestKeys(store.keys);
  const fill = async (from: number, count: number): Promise<void> => {
    using snapshot = store.snapshot();
    const view = new Overlay(snapshot.running);
    for (let i = from; i < from + count; i++) {
      view.put(k.interface(`e${i}`), k.row('interface'), k.columns({ 'interface/description': 'x'.repeat(200) }));
    }
    const change = { before: snapshot.running, after: view, rows: view.changes() };
    await store.commit(change, snapshot.commit, { user: '', source: 'test' });
  };
  const running = (of: Store): string[] => {
    using snapshot = of.snapshot();
    return dump(snapshot.running);
  };
  await fill(0, 100);
  const before = running(store);
  const isDenied = (error: unknown) => error instanceof FaultError && error.faults[0]?.tag === 'resource-denied';
  await assert.rejects(fill(100, 20_000), isDenied);
  assert.deepEqual(running(store), before);
  assert.equal(store.head, 1);
  // What fits is stored again.
  await fill(100, 1);
  assert.equal(running(store).length, 101);
  // The disk of somebody else's making: filled from outside.
  try {
    writeFileSync(join(folder, 'other'), Buffer.alloc(4 << 20));
  } catch {
    // as much as there was room for
  }
  await assert.rejects(async () => {
    for (let i = 0; i < 50; i++) await fill(1000 + i * 100, 100);
  }, isDenied);
  const last = running(store);
  rmSync(join(folder, 'other'));
  await fill(5000, 1);
  await store.close();
  const again = await Store.open({ folder, schema: testSchema() });
  assert.equal(again.aside, undefined);
  assert.equal(running(again).length, last.length + 1);
  await again.close();
});
