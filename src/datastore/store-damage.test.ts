/** Files that are torn, foreign or changed by accident: recognised, kept aside, said; the store begins anew. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before, type TestContext } from 'node:test';
import { random } from '../yang/data/example/random.ts';
import { checkDatastore } from './lmdb/environment.ts';
import { Store } from './store.ts';
import { dump } from './testing/dump.ts';
import { TestKeys, testSchema } from './testing/schema.ts';
import { Overlay } from './view/overlay.ts';

const PAGE = 4096;
/** Bits that are flipped one by one in `npm test`. */
const flips = Number(process.env['SLUICE_FLIPS'] ?? 6);

let original: string;
let content: readonly string[];

before(async () => {
  original = mkdtempSync(join(tmpdir(), 'sluice-sound-'));
  const store = await Store.open({ folder: original, schema: testSchema() });
  const k = new TestKeys(store.keys);
  for (let commit = 0; commit < 4; commit++) {
    using snapshot = store.snapshot();
    const view = new Overlay(snapshot.running);
    for (let i = commit * 100; i < 500; i++) {
      const columns = { 'interface/description': `${'d'.repeat(50)}${commit}`, 'interface/mtu': `${commit}` };
      view.put(k.interface(`eth${i}`), k.row('interface'), k.columns(columns));
    }
    const change = { before: snapshot.running, after: view, rows: view.changes() };
    await store.commit(change, snapshot.commit, { user: '', source: 'test' });
  }
  await store.copyToStartup();
  using snapshot = store.snapshot();
  content = dump(snapshot.running);
  snapshot.close();
  await store.close();
});
after(() => rmSync(original, { recursive: true, force: true }));

function copyOf(t: TestContext): { readonly folder: string; readonly file: string } {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-damage-'));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  mkdirSync(join(folder, 'datastore'));
  const file = join(folder, 'datastore', 'data.mdb');
  copyFileSync(join(original, 'datastore', 'data.mdb'), file);
  return { folder, file };
}

/** Changes the bytes of a file. */
function change(file: string, edit: (bytes: Buffer) => void): void {
  const bytes = readFileSync(file);
  edit(bytes);
  writeFileSync(file, bytes);
}

interface Damage {
  readonly name: string;
  readonly make: (file: string, folder: string) => void;
  readonly reason: RegExp;
}

const damages: readonly Damage[] = [
  { name: 'zero length', make: (file) => truncateSync(file, 0), reason: /empty/ },
  { name: 'cut within its first page', make: (file) => truncateSync(file, 100), reason: /./ },
  { name: 'cut after its meta pages', make: (file) => truncateSync(file, 2 * PAGE), reason: /./ },
  { name: 'cut in the middle', make: (file) => truncateSync(file, 16 * PAGE), reason: /reading it|MDB_/ },
  { name: 'text', make: (file) => writeFileSync(file, 'no database, but with a page '.repeat(300)), reason: /no LMDB/ },
  { name: 'random bytes', make: (file) => change(file, (bytes) => noise(bytes, 0)), reason: /no LMDB/ },
  { name: 'random bytes behind its head', make: (file) => change(file, (bytes) => noise(bytes, 64)), reason: /./ },
  {
    name: 'random bytes behind its meta pages',
    make: (file) => change(file, (bytes) => noise(bytes, 2 * PAGE)),
    reason: /./,
  },
  {
    name: 'zeroes behind its meta pages',
    make: (file) => change(file, (bytes) => void bytes.fill(0, 2 * PAGE)),
    reason: /./,
  },
  { name: 'the data format of liblmdb 0.9', make: (file) => writeFileSync(file, oldFormat()), reason: /older/ },
  {
    name: 'a value that is another',
    make: (file) => change(file, (bytes) => bytes.write('X', bytes.indexOf(`${'d'.repeat(50)}3`) + 7)),
    reason: /sum/,
  },
  {
    name: 'a folder in its place',
    make: (file) => {
      rmSync(file);
      mkdirSync(file);
    },
    reason: /no file/,
  },
  {
    name: 'a file in the place of its folder',
    make: (_file, folder) => {
      rmSync(join(folder, 'datastore'), { recursive: true });
      writeFileSync(join(folder, 'datastore'), 'x');
    },
    reason: /no folder/,
  },
];

function noise(bytes: Buffer, from: number): void {
  const { below } = random(7);
  for (let i = from; i < bytes.length; i++) bytes[i] = below(256);
}

/** Two meta pages with the magic number where liblmdb 0.9 has it, behind a page header of 16 bytes. */
function oldFormat(): Buffer {
  const bytes = Buffer.alloc(8 * PAGE);
  for (const page of [0, PAGE]) {
    bytes.writeUInt16LE(8, page + 10); // P_META
    bytes.writeUInt32LE(0xbeefc0de, page + 16);
    bytes.writeUInt32LE(1, page + 20); // MDB_DATA_VERSION
  }
  return bytes;
}

for (const { name, make, reason } of damages) {
  test(`Store.open keeps a damaged datastore aside: ${name}`, async (t) => {
    const { folder, file } = copyOf(t);
    make(file, folder);
    const store = await Store.open({ folder, schema: testSchema() });
    t.after(() => store.close());
    assert.match(store.aside?.reason ?? 'nothing was put aside', reason);
    assert.ok(store.aside?.folder.startsWith(`${folder}/datastore.damaged-`));
    assert.deepEqual(store.setAside(), [store.aside]);
    assert.equal(store.head, 0);
    using snapshot = store.snapshot();
    assert.deepEqual(dump(snapshot.running), []);
  });
}

test('Store.open takes what was written, also beside a lock file of noise', async (t) => {
  const { folder } = copyOf(t);
  writeFileSync(join(folder, 'datastore', 'lock.mdb'), Buffer.alloc(8192, 0x5a));
  const store = await Store.open({ folder, schema: testSchema() });
  t.after(() => store.close());
  assert.equal(store.aside, undefined);
  using snapshot = store.snapshot();
  assert.deepEqual(dump(snapshot.running), content);
});

test(`Store.open notices a flipped bit in running, or it is in nothing that running says (${flips} bits)`, async (t) => {
  const { seed, below } = random();
  t.diagnostic(`FUZZ_SEED=${seed} (SLUICE_FLIPS)`);
  let noticed = 0;
  for (let flip = 0; flip < flips; flip++) {
    const { folder, file } = copyOf(t);
    let at = 0;
    change(file, (bytes) => {
      // Meta pages, and all others.
      at = flip % 4 === 0 ? below(2 * PAGE) : below(bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
    });
    const store = await Store.open({ folder, schema: testSchema() });
    try {
      if (store.aside !== undefined) {
        noticed++;
        continue;
      }
      using snapshot = store.snapshot();
      // The older meta page names what was committed before.
      if (store.head === 4) assert.deepEqual(dump(snapshot.running), content, `FUZZ_SEED=${seed}, byte ${at}`);
      else assert.equal(store.head, 3, `FUZZ_SEED=${seed}, byte ${at}`);
    } finally {
      await store.close();
    }
  }
  t.diagnostic(`${noticed} of ${flips} noticed`);
});

test('Store.open leaves alone what it may not read', {
  skip: process.getuid?.() !== 0 && 'changes owners',
}, async (t) => {
  const { folder, file } = copyOf(t);
  // Somebody else's process, so that root's rights do not count.
  for (const path of [folder, join(folder, 'datastore')]) {
    chownSync(path, 65534, 65534);
    chmodSync(path, 0o755);
  }
  chmodSync(file, 0o600);
  const script = `import { checkDatastore } from ${JSON.stringify(new URL('lmdb/environment.ts', import.meta.url).href)};
    try { console.log('result', await checkDatastore(${JSON.stringify(folder)})); } catch (error) { console.log('thrown', error.message); }`;
  const child = spawnSync(process.execPath, ['--no-warnings', '--input-type=module-typescript', '-e', script], {
    uid: 65534,
    gid: 65534,
    encoding: 'utf8',
  });
  if (child.stdout === '') return t.skip(`the code is not readable for others here: ${child.stderr.slice(0, 200)}`);
  assert.match(child.stdout, /^thrown cannot open the datastore.*permission denied/s);
  assert.deepEqual(readdirSync(folder), ['datastore']);
  assert.equal(await checkDatastore(folder), undefined);
});

test('checkDatastore of a folder without a datastore, and of none', async (t) => {
  const { folder } = copyOf(t);
  renameSync(join(folder, 'datastore'), join(folder, 'elsewhere'));
  assert.equal(await checkDatastore(folder), undefined);
  assert.equal(await checkDatastore(join(folder, 'nowhere')), undefined);
});
