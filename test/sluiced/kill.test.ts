/**
 * kill -9 at any moment of whatever writes: after it running and startup are what they were before or what the request
 * makes them, whole, and what was acknowledged is there. All interfaces have one number as their description: a state in
 * which two differ was never committed.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { NetconfClient } from '../../src/northbound/netconf/client.ts';
import { random } from '../../src/yang/data/example/random.ts';
import { editConfig, interfaces, namespace } from '../configuration.ts';
import { SluicedProcess } from './process.ts';

/** Kills; each of the moments comes in turn. */
const kills = Number(process.env['SLUICE_KILLS'] ?? 7); // all moments once
const few = 5;
const many = 3000;

/** The number that all descriptions have; 0: there are none. */
interface State {
  readonly running: number;
  readonly startup: number;
}

interface Moment {
  readonly name: string;
  /** Done before, without being killed. */
  readonly prepare?: (client: NetconfClient, n: number) => Promise<unknown>;
  /** What is killed. Resolves when it was acknowledged. */
  readonly request: (client: NetconfClient, n: number) => Promise<unknown>;
  /** What the datastores may be afterwards, if the request was acknowledged, or was not. */
  readonly after: (before: State, n: number, isAcknowledged: boolean) => readonly State[];
  /** What is done when the router is back, and what the datastores are then. */
  readonly afterwards?: {
    readonly request: (client: NetconfClient) => Promise<unknown>;
    readonly after: (before: State) => State;
  };
}

const numbered = (count: number, n: number): string =>
  interfaces(
    ...Array.from(
      { length: count },
      (_, i) =>
        `<interface><name>e${i}</name><type xmlns:t="${namespace.interfaceTypes}">t:ethernetCsmacd</type><description>${n}</description></interface>`,
    ),
  );
/** All interfaces, in place of those that were there. */
const replaced = (target: 'running' | 'candidate', count: number, n: number): string =>
  editConfig(
    target,
    numbered(count, n).replace('<interfaces', `<interfaces xmlns:nc="${namespace.netconf}" nc:operation="replace"`),
  );
const changed = ({ running, startup }: State, n: number, isAcknowledged: boolean): readonly State[] =>
  isAcknowledged
    ? [{ running: n, startup }]
    : [
        { running, startup },
        { running: n, startup },
      ];
const persistent = '<confirmed/><confirm-timeout>600</confirm-timeout><persist>p</persist>';

const moments: readonly Moment[] = [
  { name: 'a large load', request: (client, n) => client.rpc(replaced('running', many, n)), after: changed },
  { name: 'an edit of running', request: (client, n) => client.rpc(replaced('running', few, n)), after: changed },
  {
    name: 'copy to startup',
    request: (client) =>
      client.rpc('<copy-config><target><startup/></target><source><running/></source></copy-config>'),
    after: (before, _n, isAcknowledged) => {
      const copied = { running: before.running, startup: before.running };
      return isAcknowledged ? [copied] : [before, copied];
    },
  },
  {
    name: 'a commit',
    prepare: (client, n) => client.rpc(replaced('candidate', many, n)),
    request: (client) => client.rpc('<commit/>'),
    after: changed,
  },
  {
    name: 'a confirmed commit that is lost with its session',
    prepare: (client, n) => client.rpc(replaced('candidate', few, n)),
    request: (client) => client.rpc('<commit><confirmed/><confirm-timeout>600</confirm-timeout></commit>'),
    after: (before) => [before],
  },
  {
    name: 'a confirmed commit that outlives its session',
    prepare: (client, n) => client.rpc(replaced('candidate', few, n)),
    request: (client) => client.rpc(`<commit>${persistent}</commit>`),
    after: changed,
    afterwards: {
      request: (client) => client.send('<cancel-commit><persist-id>p</persist-id></cancel-commit>'),
      after: (before) => before,
    },
  },
  {
    name: 'edits of the candidate, and the end of startup',
    prepare: (client, n) => client.rpc(replaced('candidate', few, n)),
    request: (client) => client.rpc('<delete-config><target><startup/></target></delete-config>'),
    after: (before, _n, isAcknowledged) => {
      const deleted = { running: before.running, startup: 0 };
      return isAcknowledged ? [deleted] : [before, deleted];
    },
  },
];

async function numberOf(client: NetconfClient, datastore: string): Promise<number> {
  const filter = `<filter><interfaces xmlns="${namespace.interfaces}"><interface><description/></interface></interfaces></filter>`;
  const reply = await client.rpc(`<get-config><source><${datastore}/></source>${filter}</get-config>`);
  const numbers = [...reply.matchAll(/<description>(\d+)<\/description>/g)].map(([, text]) => Number(text));
  assert.ok(new Set(numbers).size <= 1, `${datastore} is no state that was committed: ${[...new Set(numbers)]}`);
  assert.ok([0, few, many].includes(numbers.length), `${datastore} has ${numbers.length} interfaces`);
  return numbers[0] ?? 0;
}

async function stateOf(client: NetconfClient): Promise<State> {
  const running = await numberOf(client, 'running');
  assert.equal(await numberOf(client, 'candidate'), running, 'the candidate does not outlive the process');
  return { running, startup: await numberOf(client, 'startup') };
}

test(`sluiced is in a committed state, with all that it acknowledged, after kill -9 (${kills} times)`, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-kill-'));
  const { seed, below } = random();
  t.diagnostic(`FUZZ_SEED=${seed} (SLUICE_KILLS)`);
  let router = await SluicedProcess.start({ folder });
  t.after(async () => {
    await router.end('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  let client = await router.connect();
  await client.rpc(replaced('running', few, 1));
  let before: State = { running: 1, startup: await numberOf(client, 'startup') };
  for (let kill = 0; kill < kills; kill++) {
    const moment = moments[kill % moments.length] ?? assert.fail();
    const n = kill + 2;
    await moment.prepare?.(client, n);
    let isAcknowledged = false;
    const started = performance.now();
    const answered = moment.request(client, n).then(
      () => {
        isAcknowledged = true;
      },
      () => undefined, // the session ended before the answer
    );
    // From at once to well after the answer, long requests in the middle of their work.
    const waits = [0, below(5), below(30), below(150), below(600)];
    await Promise.race([delay(waits[below(waits.length)]), answered.then(() => delay(below(20)))]);
    const waited = performance.now() - started;
    await router.end('SIGKILL');
    await answered;
    const wasAcknowledged = isAcknowledged;
    router = await SluicedProcess.start({ folder });
    assert.doesNotMatch(router.log, /put aside/);
    client = await router.connect();
    let now = await stateOf(client);
    const what = `${moment.name}, killed after ${waited.toFixed(1)} ms, ${wasAcknowledged ? '' : 'not '}acknowledged (FUZZ_SEED=${seed})`;
    const allowed = moment.after(before, n, wasAcknowledged);
    assert.ok(
      allowed.some(({ running, startup }) => running === now.running && startup === now.startup),
      `${what}: ${JSON.stringify(now)} is none of ${JSON.stringify(allowed)}`,
    );
    if (moment.afterwards !== undefined) {
      await moment.afterwards.request(client);
      now = await stateOf(client);
      assert.deepEqual(now, moment.afterwards.after(before), what);
    }
    t.diagnostic(what);
    before = now;
  }
});
