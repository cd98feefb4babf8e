import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Store } from '../datastore/store.ts';
import { type Fault, FaultError } from '../yang/fault.ts';
import { verifyPassword } from './crypt/sha-crypt.ts';
import type { DatastoreName } from './datastore-name.ts';
import { type Caller, Datastores } from './datastores.ts';
import type { Feature, Target } from './feature.ts';
import { type Content, lines, op, payload, schemaOf } from './testing/fixture.ts';
import { cryptHash } from './transform.ts';
import { compileConstraints } from './validate/compile.ts';

const schema = schemaOf(
  `module iana-crypt-hash { namespace "urn:ich"; prefix ich;
    typedef crypt-hash { type string { pattern '$0$.*|$1$.*|$6$.*'; } } }`.replaceAll('$', '\\$'),
  `module d {
    yang-version 1.1; namespace "urn:d"; prefix d; import iana-crypt-hash { prefix ich; }
    container c {
      leaf a { type string; }
      leaf mode { type string; }
      leaf extra { type string; when "../mode = 'on'"; }
      container group { when "../mode = 'on'"; leaf x { type string; } list y { key k; leaf k { type string; } } }
      leaf after { type string; when "../extra"; }
      list port { key "name"; leaf name { type string; } leaf password { type ich:crypt-hash; } }
      leaf use { type leafref { path "../port/name"; } }
    }
    container other { leaf o { type string; } }
  }`,
);
const constraints = compileConstraints(schema);

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** What happened to a target. */
interface Seen {
  readonly log: string[];
  refuse: Fault | undefined;
  fail: boolean;
}

async function fixture(folder = mkdtempSync(join(tmpdir(), 'sluice-datastores-'))) {
  folders.push(folder);
  const store = await Store.open({ folder, schema, indexes: constraints.indexes });
  const seen: Seen = { log: [], refuse: undefined, fail: false };
  const feature: Feature = {
    name: 'ports',
    owns: ['/d:c/port'],
    check: (change) =>
      change.rows
        .filter(({ key }) => store.keys.path(key).includes('bad'))
        .map(({ key }) => ({ type: 'application', tag: 'invalid-value', path: store.keys.path(key), message: 'bad' })),
    plan: (change) =>
      change.rows.map(({ key, after }) => {
        const path = store.keys.path(key);
        return { target: 'engine', path, summary: `${after ? 'set' : 'delete'} ${path}`, operation: undefined };
      }),
  };
  const target: Target = {
    name: 'engine',
    async prepare(operations) {
      seen.log.push(...operations.map(({ summary }) => summary));
      if (seen.refuse) return { refused: [seen.refuse] };
      return {
        commit: async () => {
          seen.log.push('commit');
          if (seen.fail) throw new Error('lost');
        },
        abort: async () => {
          seen.log.push('abort');
        },
      };
    },
  };
  const datastores = new Datastores({
    store,
    constraints,
    features: [feature],
    targets: [target],
    transforms: [cryptHash],
    onTargetFailure: (name) => seen.log.push(`${name} failed`),
  });
  return { datastores, store, seen, folder };
}

const one: Caller = { sessionId: 1, user: 'alice', source: 'netconf' };
const two: Caller = { sessionId: 2, user: 'bob', source: 'netconf' };
const data = (content: { readonly [name: string]: Content }) => payload(schema, content);

function contents(datastores: Datastores, name: DatastoreName): string[] {
  using reading = datastores.read(name);
  return lines(reading.view);
}

async function tags(action: Promise<unknown>): Promise<string[]> {
  try {
    await action;
  } catch (error) {
    if (error instanceof FaultError) return error.faults.map(({ tag, path }) => (path ? `${tag} ${path}` : tag));
    throw error;
  }
  return [];
}

test('Datastores.edit of running validates, plans, stores and applies', async () => {
  const { datastores, store, seen } = await fixture();
  const commits: string[] = [];
  datastores.onCommit(({ id, user }, { rows }) => commits.push(`${id} ${user} ${rows.length}`));
  const result = await datastores.edit(one, 'running', data({ c: { port: [{ name: 'p' }], use: 'p' } }));
  assert.deepEqual(seen.log, ['set /d:c', "set /d:c/port[name='p']", 'commit']);
  assert.deepEqual(commits, ['1 alice 2']);
  assert.equal(result?.record?.id, 1);
  assert.deepEqual(contents(datastores, 'running'), ['/d:c/use = p', "/d:c/port[name='p']"]);
  assert.deepEqual(await tags(datastores.edit(one, 'running', data({ c: { port: [op('delete', { name: 'p' })] } }))), [
    'data-missing /d:c/use',
  ]);
  assert.equal((await datastores.edit(one, 'running', data({ c: { use: 'p' } })))?.record, undefined);
  assert.equal(store.head, 1);
  await store.close();
});

test('Datastores.edit refused by a feature or a target changes nothing', async () => {
  const { datastores, store, seen } = await fixture();
  assert.deepEqual(await tags(datastores.edit(one, 'running', data({ c: { port: [{ name: 'bad' }] } }))), [
    "invalid-value /d:c/port[name='bad']",
  ]);
  assert.deepEqual(seen.log, []);
  seen.refuse = { type: 'application', tag: 'resource-denied', path: '/d:c', message: 'full' };
  assert.deepEqual(await tags(datastores.edit(one, 'running', data({ c: { port: [{ name: 'p' }] } }))), [
    'resource-denied /d:c',
  ]);
  assert.deepEqual(contents(datastores, 'running'), []);
  seen.refuse = undefined;
  seen.fail = true;
  await datastores.edit(one, 'running', data({ c: { port: [{ name: 'p' }] } }));
  assert.equal(seen.log.at(-1), 'engine failed');
  assert.deepEqual(contents(datastores, 'running'), ["/d:c/port[name='p']"]);
  await store.close();
});

test('Datastores.edit settles conditions', async () => {
  const { datastores, store } = await fixture();
  const on = { c: { mode: 'on', extra: 'e', after: 'f', group: { x: '1', y: [{ k: 'k' }] }, a: '1' } };
  assert.deepEqual(await tags(datastores.edit(one, 'running', data({ c: { extra: 'e' } }))), [
    'unknown-element /d:c/extra',
  ]);
  await datastores.edit(one, 'running', data(on));
  // What was not named goes with its condition, and what depends on that; what was named is refused.
  await datastores.edit(one, 'candidate', data({ c: { mode: 'off' } }));
  assert.deepEqual(contents(datastores, 'candidate'), ['/d:c/a = 1', '/d:c/mode = off']);
  assert.deepEqual(await tags(datastores.edit(one, 'running', data({ c: { mode: 'off', extra: 'e' } }))), [
    'unknown-element /d:c/extra',
  ]);
  await datastores.edit(one, 'running', data({ c: { mode: 'off', a: op('delete') } }));
  assert.deepEqual(contents(datastores, 'running'), ['/d:c/mode = off']);
  await store.close();
});

test('Datastores.edit with test options and continue-on-error', async () => {
  const { datastores, store } = await fixture();
  const dangling = data({ c: { use: 'p' } });
  await datastores.edit(one, 'running', data({ c: { a: '1' } }), { testOption: 'test-only' });
  assert.deepEqual(contents(datastores, 'running'), []);
  assert.deepEqual(await tags(datastores.edit(one, 'candidate', dangling, { testOption: 'test-then-set' })), [
    'data-missing /d:c/use',
  ]);
  assert.equal(datastores.isCandidateModified, false);
  await datastores.edit(one, 'candidate', dangling);
  assert.equal(datastores.isCandidateModified, true);
  const mixed = data({ c: { a: '1', mode: op('delete') } });
  assert.deepEqual(await tags(datastores.edit(one, 'running', mixed)), ['data-missing /d:c/mode']);
  assert.deepEqual(contents(datastores, 'running'), []);
  assert.deepEqual(await tags(datastores.edit(one, 'running', mixed, { errorOption: 'continue-on-error' })), [
    'data-missing /d:c/mode',
  ]);
  assert.deepEqual(contents(datastores, 'running'), ['/d:c/a = 1']);
  await store.close();
});

test('Datastores.commit makes running the candidate; discard gives it up', async () => {
  const { datastores, store } = await fixture();
  await datastores.edit(one, 'candidate', data({ c: { use: 'p' } }));
  assert.deepEqual(await tags(datastores.validate(one, 'candidate')), ['data-missing /d:c/use']);
  assert.deepEqual(await tags(datastores.commit(one)), ['data-missing /d:c/use']);
  await datastores.edit(one, 'candidate', data({ c: { port: [{ name: 'p' }] } }));
  await datastores.validate(one, 'candidate');
  assert.deepEqual(
    (await datastores.plan(one, 'candidate')).operations.map(({ summary }) => summary),
    ['set /d:c', "set /d:c/port[name='p']"],
  );
  const { record } = await datastores.commit(one, { comment: 'why' });
  assert.equal(record?.comment, 'why');
  assert.equal(datastores.isCandidateModified, false);
  assert.deepEqual(contents(datastores, 'running'), ['/d:c/use = p', "/d:c/port[name='p']"]);
  await datastores.edit(one, 'candidate', data({ c: op('delete') }));
  assert.deepEqual(contents(datastores, 'candidate'), []);
  await datastores.discard(one);
  assert.deepEqual(contents(datastores, 'candidate'), contents(datastores, 'running'));
  await store.close();
});

test('Datastores.copy and delete', async () => {
  const { datastores, store } = await fixture();
  await datastores.edit(one, 'running', data({ c: { a: '1' }, other: { o: '1' } }));
  assert.deepEqual(await tags(datastores.copy(one, 'running', 'running')), ['invalid-value']);
  assert.deepEqual(contents(datastores, 'startup'), []);
  await datastores.copy(one, 'running', 'startup');
  assert.deepEqual(contents(datastores, 'startup'), ['/d:c/a = 1', '/d:other/o = 1']);
  await datastores.copy(one, data({ c: { a: '2' } }), 'running');
  assert.deepEqual(contents(datastores, 'running'), ['/d:c/a = 2']);
  assert.deepEqual(contents(datastores, 'startup'), ['/d:c/a = 1', '/d:other/o = 1']);
  await datastores.copy(one, 'startup', 'candidate');
  assert.deepEqual(contents(datastores, 'candidate'), ['/d:c/a = 1', '/d:other/o = 1']);
  await datastores.copy(one, data({ c: { a: '3' } }), 'startup');
  assert.deepEqual(contents(datastores, 'startup'), ['/d:c/a = 3']);
  assert.deepEqual(await tags(datastores.copy(one, data({ c: { use: 'x' } }), 'startup')), ['data-missing /d:c/use']);
  await datastores.copy(one, 'startup', 'running');
  assert.deepEqual(contents(datastores, 'running'), ['/d:c/a = 3']);
  assert.deepEqual(contents(datastores, 'candidate'), ['/d:c/a = 1', '/d:other/o = 1']);
  await datastores.copy(one, 'running', 'candidate');
  assert.equal(datastores.isCandidateModified, false);
  await datastores.delete(one, 'startup');
  assert.deepEqual(contents(datastores, 'startup'), []);
  await datastores.copy(one, 'startup', 'candidate');
  assert.deepEqual(contents(datastores, 'candidate'), []);
  await datastores.discard(one);
  assert.deepEqual(await tags(datastores.delete(one, 'running')), ['operation-not-supported']);
  await datastores.validate(one, 'running');
  assert.deepEqual(await tags(datastores.validate(one, data({ c: { use: 'x' } }))), ['data-missing /d:c/use']);
  await store.close();
});

test('Datastores.lock keeps others out and ends with the session', async () => {
  const { datastores, store } = await fixture();
  await datastores.lock(one, 'running');
  assert.deepEqual(await tags(datastores.edit(two, 'running', data({ c: { a: '1' } }))), ['in-use']);
  assert.deepEqual(await tags(datastores.commit(two)), ['in-use']);
  await datastores.edit(one, 'running', data({ c: { a: '1' } }));
  await datastores.endSession(1);
  await datastores.edit(two, 'candidate', data({ c: { a: '2' } }));
  assert.deepEqual(await tags(datastores.lock(one, 'candidate')), ['lock-denied']);
  await datastores.discard(two);
  await datastores.lock(one, 'candidate');
  await datastores.edit(one, 'candidate', data({ c: { a: '3' } }));
  await datastores.endSession(1);
  assert.equal(datastores.isCandidateModified, false);
  await store.close();
});

test('Datastores hashes clear-text passwords before anything is kept', async () => {
  const { datastores, store } = await fixture();
  await datastores.edit(one, 'candidate', data({ c: { port: [{ name: 'p', password: '$0$secret' }] } }));
  const hashed = contents(datastores, 'candidate')[1]?.split(' = ')[1] ?? '';
  assert.equal(await verifyPassword('secret', hashed), true);
  assert.deepEqual(
    await tags(datastores.edit(one, 'candidate', data({ c: { port: [{ name: 'p', password: '$1$x$y' }] } }))),
    ["invalid-value /d:c/port[name='p']/password"],
  );
  await store.close();
});

test('Datastores asks access control for what an edit changes, and for what a commit changes', async () => {
  const { datastores, store } = await fixture();
  const asked: string[][] = [];
  const access = {
    readable: () => 'permit' as const,
    read: () => true,
    rpc: () => true,
    action: () => true,
    notification: () => true,
    may: () => true,
    refuse: () => [],
    write: ({ rows }: { readonly rows: readonly { readonly key: string }[] }): readonly Fault[] => {
      const paths = rows.map(({ key }) => store.keys.path(key));
      asked.push(paths);
      return paths.includes('/d:other')
        ? [{ type: 'application', tag: 'access-denied', path: '/d:other', message: 'no' }]
        : [];
    },
  };
  const caller: Caller = { ...one, access };
  assert.deepEqual(await tags(datastores.edit(caller, 'candidate', data({ other: { o: '1' } }))), [
    'access-denied /d:other',
  ]);
  await datastores.edit(caller, 'candidate', data({ c: { a: '1' } }));
  await datastores.edit(two, 'candidate', data({ other: { o: '1' } }));
  assert.deepEqual(await tags(datastores.commit(caller)), ['access-denied /d:other']);
  assert.deepEqual(asked, [['/d:other'], ['/d:c'], ['/d:c', '/d:other']]);
  await store.close();
});

test('Datastores.loadFirst is for a new store only', async () => {
  const first = await fixture();
  assert.equal(await first.datastores.loadFirst(data({ c: { a: '1' } })), true);
  assert.deepEqual(contents(first.datastores, 'startup'), ['/d:c/a = 1']);
  await first.datastores.edit(one, 'running', data({ c: { a: '2' } }));
  await first.store.close();
  const second = await fixture(first.folder);
  assert.equal(await second.datastores.loadFirst(data({ c: { a: '1' } })), false);
  assert.deepEqual(contents(second.datastores, 'running'), ['/d:c/a = 2']);
  assert.deepEqual(contents(second.datastores, 'startup'), ['/d:c/a = 1']);
  await second.store.close();
});

test('Datastores takes many edits at once, one after another', async () => {
  const { datastores, store } = await fixture();
  const edits = Array.from({ length: 70 }, (_, i) =>
    tags(datastores.edit(one, 'running', data({ c: { port: [{ name: `p${i}` }] } }))),
  );
  const outcomes = await Promise.all(edits);
  assert.equal(outcomes.filter((faults) => faults.length === 0).length, 64);
  assert.equal(outcomes.filter(([fault]) => fault === 'resource-denied').length, 6);
  assert.equal(contents(datastores, 'running').length, 64);
  await store.close();
});
