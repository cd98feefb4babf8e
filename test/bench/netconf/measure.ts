/** Runs the rows against one server. A section is a run of rows that share what is in the datastore. */

import type { NetconfClient } from '../../../src/northbound/netconf/client.ts';
import { median } from '../../case.ts';
import { interfaces, port, subInterface } from '../../configuration.ts';
import { flushes } from './flush.ts';
import { closeAll, openSessions, percentile, rate } from './load.ts';
import { slowReader } from './slow-reader.ts';
import { connect, cpuMs, memoryMb, type Subject } from './subject.ts';
import * as work from './workload.ts';

export interface Measured {
  readonly value: number;
  /** CPU time of the server: of one operation, or of all where the row is one. */
  readonly cpuMs?: number;
}

export interface Sizes {
  readonly many: number;
  readonly large: number;
}

type Note = (id: string, value: number, cpuMs?: number) => void;

interface Run {
  readonly subject: Subject;
  readonly client: NetconfClient;
  readonly sizes: Sizes;
  readonly record: Note;
}

const repeats = 41;
/** What is slow is repeated less often: milliseconds for one row. */
const budgetMs = 10_000;

export const sections = [
  'basic',
  'edits',
  'many',
  'references',
  'notification',
  'sessions',
  'thousand',
  'large',
] as const;
export type SectionName = (typeof sections)[number];

const runs: Readonly<Record<SectionName, (run: Run) => Promise<void>>> = {
  basic,
  edits,
  many,
  references,
  notification,
  sessions,
  thousand,
  large,
};

export async function measure(
  subject: Subject,
  wanted: readonly SectionName[],
  sizes: Sizes,
  say: (text: string) => void,
): Promise<ReadonlyMap<string, Measured>> {
  const found = new Map<string, Measured>();
  const record: Note = (id, value, cpu) => found.set(id, cpu === undefined ? { value } : { value, cpuMs: cpu });
  const client = await connect(subject);
  record('memory', memoryMb(subject));
  record('flush', median(flushes(subject.folder, repeats)));
  for (const name of wanted) {
    const started = performance.now();
    await runs[name]({ subject, client, sizes, record });
    say(`${subject.name}: ${name}, ${((performance.now() - started) / 1000).toFixed(0)} s`);
  }
  await client.close();
  return found;
}

/** Median milliseconds of an operation, and the server's CPU time for one. */
async function repeated(
  { subject }: Run,
  operation: (index: number) => Promise<unknown>,
  times = repeats,
): Promise<readonly [ms: number, cpuMs: number]> {
  const begun = performance.now();
  const hasTime = (part: number): boolean => performance.now() - begun < budgetMs * part;
  for (let index = 0; index < 5 && hasTime(0.3); index++) await operation(index);
  const cpu = cpuMs(subject);
  const found: number[] = [];
  for (let index = 0; index < times && (index < 3 || hasTime(1)); index++) {
    const started = performance.now();
    await operation(index);
    found.push(performance.now() - started);
  }
  return [median(found), (cpuMs(subject) - cpu) / found.length];
}

/** Milliseconds of one operation and the server's CPU time. */
async function once(
  { subject }: Run,
  operation: () => Promise<unknown>,
): Promise<readonly [ms: number, cpuMs: number]> {
  const cpu = cpuMs(subject);
  const started = performance.now();
  await operation();
  return [performance.now() - started, cpuMs(subject) - cpu];
}

async function basic(run: Run): Promise<void> {
  const { client, record, subject } = run;
  record('connect', ...(await repeated(run, async () => await (await connect(subject)).close(), 7)));
  const get = () => client.rpc(work.getAll);
  record('get', ...(await repeated(run, get, 200)));
  const [inTurn, cpuInTurn] = await once(run, async () => {
    for (let index = 0; index < 1000; index++) await get();
  });
  record('get-rate', 1e6 / inTurn, cpuInTurn / 1000);
  const pipelined: number[] = [];
  const cpu = cpuMs(subject);
  for (let round = 0; round < 10; round++) {
    const [ms] = await once(run, () => Promise.all(Array.from({ length: 200 }, get)));
    pipelined.push(200_000 / ms);
  }
  record('pipelined', median(pipelined), (cpuMs(subject) - cpu) / 2000);
  await client.rpc(work.load(0, 1));
  record('leaf-running', ...(await repeated(run, (index) => describe(client, index))));
  if (subject.hasCandidate) record('leaf-candidate', ...(await repeated(run, (index) => byCandidate(client, index))));
  record(
    'leaf-startup',
    ...(await repeated(run, async (index) => {
      await describe(client, index);
      await client.rpc(work.saveToStartup);
    })),
  );
  await client.rpc(work.removeAll);
}

const describe = (client: NetconfClient, index: number): Promise<string> =>
  client.rpc(work.edit('running', work.describe(0, `d${index % 2}${Date.now()}`)));

async function byCandidate(client: NetconfClient, index: number): Promise<void> {
  await client.rpc(work.edit('candidate', work.describe(0, `c${index % 2}${Date.now()}`)));
  await client.rpc(work.commit);
}

async function edits(run: Run): Promise<void> {
  const { client, record } = run;
  const [ms, cpu] = await once(run, async () => {
    for (let index = 0; index < 1000; index++) {
      await client.rpc(work.edit('running', interfaces(work.nth(index))));
    }
  });
  record('singles', ms / 1000, cpu);
  await client.rpc(work.removeAll);
}

async function many(run: Run): Promise<void> {
  const { client, record, subject, sizes } = run;
  const seconds = (id: string, [ms, cpu]: readonly [number, number]): void => record(id, ms / 1000, cpu);
  const whole = work.load(0, sizes.many);
  // The first large message of the process, so that it is measured before the compiler has seen one.
  seconds('load', await once(run, () => client.rpc(whole)));
  record('memory-many', memoryMb(subject));
  seconds('get-all', await repeated(run, () => client.rpc(work.getAll), 7));
  const one = sizes.many - 3;
  record('get-subtree', ...(await repeated(run, () => client.rpc(work.getBySubtree(one)), 100)));
  record('get-xpath', ...(await repeated(run, () => client.rpc(work.getByXpath(one)), 100)));
  record('leaf-many', ...(await repeated(run, (index) => describe(client, index))));
  if (subject.hasCandidate) {
    record('leaf-candidate-many', ...(await repeated(run, (index) => byCandidate(client, index))));
  }
  record(
    'add-many',
    ...(await repeated(run, (index) =>
      client.rpc(work.edit('running', interfaces(work.nth(sizes.many + 5 + index, `${Date.now()}`)))),
    )),
  );
  await client.rpc(work.removeAll);
  await client.rpc(work.load(0, 10));
  record('leaf-10', ...(await repeated(run, (index) => describe(client, index))));
  if (subject.hasCandidate) {
    record('leaf-candidate-10', ...(await repeated(run, (index) => byCandidate(client, index))));
  }
  await client.rpc(work.removeAll);
  seconds('load-1000', await once(run, () => client.rpc(work.load(0, 1000))));
  await client.rpc(work.removeAll);
  if (subject.name === 'sluice') {
    seconds('load-warm', await once(run, () => client.rpc(whole)));
    await client.rpc(work.removeAll);
  }
}

/** Sub-interfaces: each refers to its port, and musts of each look at the port. netconfd has no such module. */
async function references(run: Run): Promise<void> {
  const { client, record, subject, sizes } = run;
  if (subject.name !== 'sluice') return;
  const perPort = 4000;
  for (const [suffix, count] of [
    ['10', 10],
    ['many', sizes.many],
  ] as const) {
    const ports = Array.from({ length: Math.ceil((count + 100) / perPort) }, (_, index) => port(`port${index}`));
    const below = Array.from({ length: count }, (_, index) =>
      subInterface(`port${Math.floor(index / perPort)}`, (index % perPort) + 1),
    );
    await client.rpc(work.edit('running', interfaces(...ports, ...below)));
    const last = ports.length - 1;
    const used = count - last * perPort;
    record(
      `reference-${suffix}`,
      ...(await repeated(run, (index) =>
        client.rpc(
          work.edit('running', interfaces(subInterface(`port${last}`, used + 1, index % 2 === 0 ? 'merge' : 'remove'))),
        ),
      )),
    );
    record(
      `must-${suffix}`,
      ...(await repeated(run, (index) =>
        client.rpc(
          work.edit(
            'running',
            interfaces(
              `<interface><name>port0</name><description>p${index}${Date.now()}</description><enabled>${index % 2 === 0}</enabled></interface>`,
            ),
          ),
        ),
      )),
    );
    await client.rpc(work.removeAll);
  }
}

async function notification(run: Run): Promise<void> {
  const { client, record, subject } = run;
  const subscriber = await connect(subject);
  await subscriber.rpc(work.subscribe);
  await client.rpc(work.load(0, 1));
  const events = subscriber.notifications();
  await events.next();
  const after: number[] = [];
  const [all, cpu] = await repeated(run, async (index) => {
    const reply = describe(client, index).then(() => performance.now());
    const { value } = await events.next();
    after.push(value.receivedAt - (await reply));
  });
  record('notification', all, cpu);
  record('notification-after', median(after));
  await subscriber.close();
  await client.rpc(work.removeAll);
}

async function sessions(run: Run): Promise<void> {
  const { record, subject } = run;
  for (const count of [50, 200]) {
    const clients = await openSessions(subject, count);
    if (clients === undefined) return;
    await rate(clients, work.getAll, 500);
    const cpu = cpuMs(subject);
    const total = 6000;
    const { perSecond, latencies } = await rate(clients, work.getAll, total);
    record(`sessions-${count}`, perSecond, (cpuMs(subject) - cpu) / total);
    record(`sessions-${count}-p99`, percentile(latencies, 0.99));
    await closeAll(clients);
  }
}

async function thousand(run: Run): Promise<void> {
  const { record, subject } = run;
  if (subject.name !== 'sluice') return; // sshd needs minutes to open them
  const clients = (await openSessions(subject, 1000)) ?? [];
  const { answered } = await rate(clients, work.getAll, clients.length);
  record('sessions-1000', answered);
  await closeAll(clients);
}

async function large(run: Run): Promise<void> {
  const { client, record, subject, sizes } = run;
  if (subject.name !== 'sluice') return; // netconfd needs minutes
  const seconds = (id: string, [ms, cpu]: readonly [number, number]): void => record(id, ms / 1000, cpu);
  const whole = work.load(0, sizes.large);
  seconds('load-large', await once(run, () => client.rpc(whole)));
  seconds('get-large', await repeated(run, () => client.rpc(work.getAll), 5));
  record('leaf-large', ...(await repeated(run, (index) => describe(client, index))));
  record('leaf-candidate-large', ...(await repeated(run, (index) => byCandidate(client, index))));
  record('memory-large', memoryMb(subject));
  record('slow', await slowReader(subject, work.getAll));
  await client.rpc(work.removeAll);
}
