import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { FaultError } from '../../../yang/fault.ts';
import { FileStore } from './file-store.ts';

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-url-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function textOf(store: FileStore, ...segments: string[]): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of store.read(segments)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function tagOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof FaultError) return error.faults[0]?.tag ?? '';
    throw error;
  }
  return 'none';
}

test('FileStore keeps what is written, whole, and lists and removes it', async (t) => {
  const folder = join(folderOf(t), 'url');
  const store = new FileStore(folder);
  assert.deepEqual(store.list(), []);
  assert.equal(await tagOf(textOf(store, 'none.xml')), 'data-missing');
  await store.write(['a.xml'], ['one', ' two']);
  await store.write(['sites', 'north', 'b.xml'], ['three']);
  await store.write(['a.xml'], ['four']);
  assert.equal(await textOf(store, 'a.xml'), 'four');
  assert.deepEqual(
    store.list().map(({ name, size }) => `${name} ${size}`),
    ['/a.xml 4', '/sites/north/b.xml 5'],
  );
  assert.equal(await tagOf(store.remove(['sites'])), 'invalid-value');
  await store.remove(['sites', 'north', 'b.xml']);
  assert.deepEqual(readdirSync(folder), ['a.xml']);
  assert.equal(await tagOf(store.remove(['sites', 'north', 'b.xml'])), 'data-missing');
});

test('FileStore follows no link and opens nothing but files', async (t) => {
  const base = folderOf(t);
  const folder = join(base, 'url');
  mkdirSync(folder);
  writeFileSync(join(base, 'secret'), 'secret');
  mkdirSync(join(base, 'outside'));
  symlinkSync('../secret', join(folder, 'link'));
  symlinkSync('../outside', join(folder, 'way'));
  mkdirSync(join(folder, 'dir'));
  assert.equal(spawnSync('mkfifo', [join(folder, 'pipe')]).status, 0);
  const store = new FileStore(folder);
  assert.equal(await tagOf(textOf(store, 'link')), 'invalid-value');
  assert.equal(await tagOf(textOf(store, 'way', 'x')), 'invalid-value');
  assert.equal(await tagOf(textOf(store, 'dir')), 'invalid-value');
  assert.equal(await tagOf(textOf(store, 'pipe')), 'invalid-value');
  assert.equal(await tagOf(store.write(['way', 'x'], ['x'])), 'invalid-value');
  assert.equal(await tagOf(store.write(['link'], ['x'])), 'invalid-value');
  assert.equal(await tagOf(store.write(['dir'], ['x'])), 'invalid-value');
  assert.equal(readFileSync(join(base, 'secret'), 'utf8'), 'secret');
  assert.deepEqual(readdirSync(join(base, 'outside')), []);
});

test('FileStore refuses what is too much, and keeps what was there', async (t) => {
  const folder = folderOf(t);
  const store = new FileStore(folder, { files: 2, fileBytes: 10, bytes: 15 });
  await store.write(['a'], ['0123456789']);
  assert.equal(await tagOf(store.write(['a'], ['0123456789', 'x'])), 'resource-denied');
  assert.equal(await tagOf(store.write(['b'], ['012345'])), 'resource-denied');
  await store.write(['b'], ['01234']);
  assert.equal(await tagOf(store.write(['c'], [''])), 'resource-denied');
  assert.equal(await textOf(store, 'a'), '0123456789');
  writeFileSync(join(folder, 'a'), '0123456789+');
  assert.equal(await tagOf(textOf(store, 'a')), 'too-big');
  assert.deepEqual(readdirSync(folder).sort(), ['a', 'b']);
});

test('FileStore leaves the old file where the new one cannot be made', async (t) => {
  const folder = folderOf(t);
  const store = new FileStore(folder);
  await store.write(['a'], ['old']);
  const failing = (function* () {
    yield 'new';
    throw new FaultError({ type: 'application', tag: 'operation-failed', message: 'no more' });
  })();
  assert.equal(await tagOf(store.write(['a'], failing)), 'operation-failed');
  assert.equal(await textOf(store, 'a'), 'old');
  assert.deepEqual(readdirSync(folder), ['a']);
});

test('FileStore refuses a write to a full disk with resource-denied and loses nothing', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-url-full-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]);
  t.after(() => {
    spawnSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  if (mounted.status !== 0) return t.skip('no small file system here');
  const store = new FileStore(folder);
  await store.write(['a'], ['old']);
  assert.equal(await tagOf(store.write(['a'], Array(32).fill('x'.repeat(8192)))), 'resource-denied');
  assert.equal(await textOf(store, 'a'), 'old');
  assert.deepEqual(readdirSync(folder), ['a']);
  assert.ok(existsSync(join(folder, 'a')));
});
