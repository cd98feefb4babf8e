import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Store } from '../../datastore/store.ts';
import { FaultError } from '../../yang/fault.ts';
import { type Caller, type CommitOptions, Datastores } from '../datastores.ts';
import type { Target } from '../feature.ts';
import { lines, op, payload, schemaOf } from '../testing/fixture.ts';
import { compileConstraints } from '../validate/compile.ts';
import type { AssertionReader } from './assertions.ts';
import type { BootClock } from './boot-clock.ts';

const schema = schemaOf(`module d {
  yang-version 1.1; namespace "urn:d"; prefix d;
  container c { leaf a { type string; } leaf b { type string; } list port { key "name"; leaf name { type string; } } }
}`);
const constraints = compileConstraints(schema);
const folders: string[] = [];
const open: Store[] = [];
after(async () => {
  for (const store of open) await store.close();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const one: Caller = { sessionId: 1, user: 'alice', source: 'netconf' };
const two: Caller = { sessionId: 2, user: 'bob', source: 'netconf' };

/** One life of the router over a state folder. */
async function life(folder: string, clock?: BootClock) {
  // The check of the file is a process of its own, which these tests need not wait for.
  const check = Promise.resolve(undefined);
  const store = await Store.open({ folder, check, schema, indexes: constraints.indexes });
  open.push(store);
  const failures: string[] = [];
  let isRefusing = false;
  const target: Target = {
    name: 'engine',
    prepare: async () =>
      isRefusing
        ? { refused: [{ type: 'application', tag: 'resource-denied', message: 'full' }] }
        : { commit: async () => undefined, abort: async () => undefined },
  };
  const datastores = new Datastores({
    store,
    constraints,
    features: [
      {
        name: 'all',
        owns: ['/d:c'],
        plan: ({ rows }) =>
          rows.map(({ key }) => ({ target: 'engine', path: store.keys.path(key), summary: '', operation: undefined })),
      },
    ],
    targets: [target],
    transforms: [],
    onTargetFailure: (name, error) => failures.push(`${name}: ${String(error)}`),
    onRevertFailure: (error) => failures.push(String(error)),
    ...(clock === undefined ? {} : { clock }),
  });
  const events: string[] = [];
  let arrived: (() => void) | undefined;
  datastores.confirmed.onChange(({ event, by, timeoutSeconds }) => {
    events.push([event, by?.sessionId, timeoutSeconds].filter((part) => part !== undefined).join(' '));
    arrived?.();
  });
  return {
    datastores,
    store,
    events,
    failures,
    refuse: () => {
      isRefusing = true;
    },
    /** Resolves when the last event is this one. */
    async until(event: string): Promise<void> {
      while (events.at(-1) !== event) {
        await new Promise<void>((resolve) => {
          arrived = resolve;
        });
      }
    },
    running(): string[] {
      using reading = datastores.read('running');
      return lines(reading.view);
    },
    async commit(caller: Caller, a: string, options: CommitOptions = {}): Promise<void> {
      await datastores.edit(caller, 'candidate', payload(schema, { c: { a } }));
      await datastores.commit(caller, options);
    },
    async end(): Promise<void> {
      await datastores.close();
      await store.close();
      open.splice(open.indexOf(store), 1);
    },
  };
}

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'sluice-confirmed-'));
  folders.push(made);
  return made;
}

async function fault(action: Promise<unknown>): Promise<string> {
  try {
    await action;
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    const [first] = error.faults;
    return [first?.tag, first?.path].filter((part) => part !== undefined).join(' ');
  }
  return 'none';
}

test('a confirmed commit stays when it is confirmed', async () => {
  const router = await life(folder());
  await router.commit(one, '1');
  await router.commit(one, '2', { confirm: { timeoutSeconds: 60 } });
  assert.ok(router.store.checkpoint !== undefined);
  await router.datastores.commit(one);
  assert.equal(router.store.checkpoint, undefined);
  await router.datastores.endSession(1);
  assert.deepEqual(router.running(), ['/d:c/a = 2']);
  assert.deepEqual(router.events, ['start 1 60', 'complete 1']);
});

test('a confirmed commit is reverted when its time is over, with what others changed since', async () => {
  const router = await life(folder());
  await router.commit(one, '1');
  await router.commit(one, '2', { confirm: { timeoutSeconds: 0.2 } });
  await router.datastores.edit(two, 'running', payload(schema, { c: { b: 'x', port: [{ name: 'p' }] } }));
  assert.deepEqual(router.running(), ['/d:c/a = 2', '/d:c/b = x', "/d:c/port[name='p']"]);
  await router.until('timeout');
  assert.deepEqual(router.running(), ['/d:c/a = 1']);
  const { user, source, rows } = router.store.history.at(-1) ?? assert.fail();
  assert.deepEqual({ user, source, rows }, { user: '', source: 'confirmed-commit', rows: 2 });
});

test('a follow-up begins the time anew and goes back to before the first', async () => {
  const router = await life(folder());
  await router.commit(one, '1');
  await router.commit(one, '2', { confirm: { timeoutSeconds: 0.3 } });
  await router.commit(one, '3', { confirm: {} });
  assert.ok(router.datastores.confirmed.remainingSeconds > 500);
  await router.commit(one, '4', { confirm: { timeoutSeconds: 0.2 } });
  await router.until('timeout');
  assert.deepEqual(router.running(), ['/d:c/a = 1']);
  assert.deepEqual(router.events, ['start 1 0.3', 'extend 1 600', 'extend 1 0.2', 'timeout']);
});

test('a confirmed commit without changes keeps the configuration of its moment', async () => {
  const router = await life(folder());
  await router.commit(one, '1');
  await router.datastores.commit(one, { confirm: {} });
  await router.datastores.edit(one, 'running', payload(schema, { c: { b: 'x' } }));
  await router.datastores.cancelCommit(one);
  assert.deepEqual(router.running(), ['/d:c/a = 1']);
  assert.deepEqual(router.events, ['start 1 600', 'cancel 1']);
});

test('the end of its session reverts it, but not a persistent one', async () => {
  const router = await life(folder());
  await router.commit(one, '1');
  await router.commit(one, '2', { confirm: {} });
  await router.datastores.endSession(2);
  assert.deepEqual(router.running(), ['/d:c/a = 2']);
  await router.datastores.endSession(1);
  assert.deepEqual(router.running(), ['/d:c/a = 1']);
  await router.commit(one, '3', { confirm: { persist: 'token' } });
  await router.datastores.endSession(1);
  assert.deepEqual(router.running(), ['/d:c/a = 3']);
  await router.datastores.commit(two, { persistId: 'token' });
  assert.deepEqual(router.events, ['start 1 600', 'cancel 1', 'start 1 600', 'complete 2']);
  await router.commit(one, '4', { confirm: { persist: 'token', timeoutSeconds: 0.2 } });
  await router.datastores.endSession(1);
  await router.until('timeout');
  assert.deepEqual(router.running(), ['/d:c/a = 3']);
});

test('who may confirm, extend, cancel and lock', async () => {
  const router = await life(folder());
  const { datastores } = router;
  const commitId = 'invalid-value /ietf-netconf:commit/persist-id';
  const cancelId = 'invalid-value /ietf-netconf:cancel-commit/persist-id';
  assert.equal(await fault(datastores.cancelCommit(one)), 'operation-failed');
  assert.equal(await fault(datastores.cancelCommit(one, 'x')), cancelId);
  assert.equal(await fault(datastores.commit(one, { persistId: 'x' })), commitId);

  await router.commit(one, '1', { confirm: {} });
  assert.equal(await fault(datastores.commit(two)), 'in-use');
  assert.equal(await fault(datastores.commit(two, { confirm: {} })), 'in-use');
  assert.equal(await fault(datastores.cancelCommit(two)), 'in-use');
  assert.equal(await fault(datastores.commit(one, { persistId: 'x' })), commitId);
  assert.equal(await fault(datastores.lock(two, 'running')), 'lock-denied');
  assert.equal(await fault(datastores.lock(one, 'running')), 'none');
  datastores.unlock(one, 'running');

  await datastores.commit(one, { confirm: { persist: 'token' } });
  for (const caller of [one, two]) {
    assert.equal(await fault(datastores.commit(caller)), commitId);
    assert.equal(await fault(datastores.commit(caller, { persistId: 'x' })), commitId);
    assert.equal(await fault(datastores.cancelCommit(caller)), cancelId);
    assert.equal(await fault(datastores.cancelCommit(caller, 'x')), cancelId);
  }
  await datastores.commit(two, { confirm: { timeoutSeconds: 50 }, persistId: 'token' });
  await datastores.commit(two, { confirm: { persist: 'another' }, persistId: 'token' });
  assert.equal(await fault(datastores.cancelCommit(one, 'token')), cancelId);
  await datastores.lock(two, 'running');
  assert.equal(await fault(datastores.cancelCommit(one, 'another')), 'in-use');
  datastores.unlock(two, 'running');
  await datastores.cancelCommit(one, 'another');
  assert.deepEqual(router.running(), []);
});

test('a refused commit leaves the confirmed commit as it was', async () => {
  const router = await life(folder());
  await router.commit(one, '1');
  await router.commit(one, '2', { confirm: {} });
  router.refuse();
  assert.equal(await fault(router.commit(one, '3')), 'resource-denied');
  assert.deepEqual(router.events, ['start 1 600']);
  // A revert is not refused: the target is brought up to date afterwards.
  await router.datastores.cancelCommit(one);
  assert.deepEqual(router.running(), ['/d:c/a = 1']);
  assert.deepEqual(router.failures, ['engine: FaultError: full']);
});

test('a restart keeps a persistent one for the time that is left, and reverts every other', async () => {
  const state = folder();
  let seconds = 1000;
  const clock = (bootId = 'a'): BootClock => ({ bootId, now: () => seconds });
  const begin = async (a: string, options: CommitOptions): Promise<void> => {
    const router = await life(state, clock());
    await router.commit(one, a, options);
    await router.end();
  };
  await begin('1', {});
  await begin('2', { confirm: {} });
  let router = await life(state, clock());
  assert.deepEqual(router.running(), ['/d:c/a = 2']);
  await router.datastores.recover();
  assert.deepEqual(router.running(), ['/d:c/a = 1']);
  assert.deepEqual(router.events, ['cancel 1']);
  await router.end();

  await begin('3', { confirm: { persist: 'p' } });
  seconds += 400;
  router = await life(state, clock());
  await router.datastores.recover();
  assert.deepEqual(router.running(), ['/d:c/a = 3']);
  assert.equal(router.datastores.confirmed.remainingSeconds, 200);
  assert.equal(await fault(router.datastores.lock(one, 'running')), 'lock-denied');
  await router.end();

  seconds += 200;
  router = await life(state, clock());
  await router.datastores.recover();
  assert.deepEqual(router.running(), ['/d:c/a = 1']);
  assert.deepEqual(router.events, ['timeout']);
  await router.end();

  await begin('4', { confirm: { persist: 'p' } });
  router = await life(state, clock('b'));
  await router.datastores.recover();
  assert.deepEqual(router.running(), ['/d:c/a = 1']);
  assert.deepEqual(router.events, ['cancel 1']);
});

const reading = (evaluate: AssertionReader['evaluate']): AssertionReader => ({
  evaluate,
  listen: () => () => undefined,
});

/** Assertions that hold as long as their condition says `true`. */
const principal = { user: 'alice', externalGroups: [], recovery: false };
const asserting = (conditions: readonly string[], holdSeconds = 0) => ({
  list: conditions.map((condition, i) => ({ name: `n${i}`, condition })),
  holdSeconds,
  principal,
});

test('a confirmed commit confirms itself when all of its assertions hold', async () => {
  const router = await life(folder());
  const { confirmed } = router.datastores;
  let evaluations = 0;
  let isReady = false;
  confirmed.useReader(
    reading(async (list, reader) => {
      evaluations++;
      assert.equal(reader.user, 'alice');
      return list.map(({ condition }) => ({ holds: condition === 'true' || isReady }));
    }),
  );
  const ended: string[] = [];
  confirmed.onEnd(({ outcome, results }) => ended.push(`${outcome} ${results.map(({ verdict }) => verdict?.holds)}`));
  await router.commit(one, '1');
  await router.commit(one, '2', { confirm: { assertions: asserting(['true', 'later']) } });
  while (confirmed.results.some(({ verdict }) => verdict === undefined)) await new Promise(setImmediate);
  assert.deepEqual(
    confirmed.results.map(({ verdict }) => verdict?.holds),
    [true, false],
  );
  isReady = true;
  const before = evaluations;
  confirmed.wake();
  await router.until('complete 1');
  assert.equal(evaluations, before + 1, 'by the event, not by the pace');
  assert.deepEqual(ended, ['asserted true,true']);
  assert.equal(router.store.checkpoint, undefined);
  await router.datastores.endSession(1);
  assert.deepEqual(router.running(), ['/d:c/a = 2']);
});

test('a confirmed commit whose assertions do not hold, or not for long enough, is reverted', async () => {
  const router = await life(folder());
  const { confirmed } = router.datastores;
  let isShaky = true;
  confirmed.useReader(
    reading(async (list) => {
      isShaky = !isShaky;
      if (list.some(({ condition }) => condition === 'throw')) throw new Error('no state');
      return list.map(({ condition }) => ({ holds: condition === 'shaky' ? isShaky : condition === 'true' }));
    }),
  );
  await router.commit(one, '1');
  for (const [conditions, hold] of [
    [['true', 'false'], 0],
    [['true'], 60],
    [['throw'], 0],
    [['shaky'], 0.12],
  ] as const) {
    await router.commit(one, '2', { confirm: { timeoutSeconds: 0.4, assertions: asserting(conditions, hold) } });
    const timer = setInterval(() => confirmed.wake(), 20);
    await router.until('timeout');
    clearInterval(timer);
    assert.deepEqual(router.running(), ['/d:c/a = 1'], String(conditions));
    router.events.length = 0;
  }
  assert.equal(confirmed.last?.outcome, 'timed-out');
});

test('assertions of a persistent commit survive a restart, and a follow-up without any', async () => {
  const state = folder();
  let router = await life(state);
  router.datastores.confirmed.useReader(reading(async (list) => list.map(() => ({ holds: false }))));
  await router.commit(one, '1');
  const assertions = asserting(['x']);
  await router.commit(one, '2', { confirm: { persist: 'p', assertions } });
  await router.datastores.commit(one, { confirm: { timeoutSeconds: 100 }, persistId: 'p' });
  await router.end();
  router = await life(state);
  router.datastores.confirmed.useReader(
    reading(async (list, reader) => {
      assert.deepEqual([list, reader], [assertions.list, principal]);
      return [{ holds: true }];
    }),
  );
  await router.datastores.recover();
  await router.until('complete 0');
  assert.deepEqual(router.running(), ['/d:c/a = 2']);
  assert.equal(router.store.checkpoint, undefined);
});

test('a revert of a large commit, that others changed again, is whole', async () => {
  const router = await life(folder());
  const ports = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => ({ name: `p${String(from + i).padStart(5, '0')}` }));
  await router.datastores.edit(one, 'running', payload(schema, { c: { port: ports(0, 3000) } }));
  const before = router.running();
  // More puts than one turn takes: the writing thread's part.
  await router.datastores.edit(one, 'candidate', payload(schema, { c: op('replace', { port: ports(1500, 3000) }) }));
  await router.datastores.commit(one, { confirm: {} });
  await router.datastores.edit(two, 'running', payload(schema, { c: { port: ports(500, 500) } }));
  await router.datastores.cancelCommit(one);
  assert.deepEqual(router.running(), before);
});

test('a revert that cannot be stored is tried again', async (t) => {
  const router = await life(folder());
  await router.commit(one, '1');
  await router.commit(one, '2', { confirm: { timeoutSeconds: 0.05 } });
  const full = new FaultError({ type: 'application', tag: 'resource-denied', message: 'no room' });
  let tries = 0;
  t.mock.method(router.store, 'commit', async () => {
    tries++;
    throw full;
  });
  while (tries === 0) await new Promise(setImmediate);
  assert.deepEqual(router.running(), ['/d:c/a = 2']);
  t.mock.restoreAll();
  await router.until('timeout');
  assert.deepEqual(router.running(), ['/d:c/a = 1']);
  assert.ok(router.failures.length > 0);
});

test('a revert brings back what was deleted', async () => {
  const router = await life(folder());
  await router.datastores.edit(one, 'running', payload(schema, { c: { port: [{ name: 'p' }, { name: 'q' }] } }));
  await router.datastores.edit(one, 'candidate', payload(schema, { c: op('delete', {}) }));
  await router.datastores.commit(one, { confirm: {} });
  assert.deepEqual(router.running(), []);
  await router.datastores.edit(two, 'running', payload(schema, { c: { port: [{ name: 'q' }] } }));
  await router.datastores.cancelCommit(one);
  assert.deepEqual(router.running(), ["/d:c/port[name='p']", "/d:c/port[name='q']"]);
});
