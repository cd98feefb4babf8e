/**
 * `npm run soak:netconf -- [--minutes N] [--json]`: sessions that come and go, edits of running and of candidates, confirmed
 * commits that are kept or fall back, subscriptions, sessions that are killed or torn off, all at
 * once on a sluiced of its own. Prints what it holds over time; ends with 1 where that grows beyond a bound, an answer is
 * missing or wrong, or the log speaks of a bug.
 */
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { connectUnix, type NetconfClient, RpcError } from '../src/northbound/netconf/client.ts';
import { random } from '../src/yang/data/example/random.ts';
import { editConfig, interfaces, namespace } from './configuration.ts';
import { baseConfiguration } from './fuzz/scene.ts';
import { Target } from './fuzz/target.ts';

// An exit clears what was begun.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const end = performance.now() + Number(values.minutes) * 60_000;
const { seed, below, pick } = random(values.seed === undefined ? undefined : Number(values.seed));
const MiB = 2 ** 20;
/** After the end a worker has to come to its own. */
const lingerMs = 300_000;
/** Workers of each kind at a time. */
const workers = 3;
/** Of the whole time, before what is held is compared: the history fills, code is compiled. */
const warmUp = 0.3;
const heapGrowth = 40 * MiB;
const rssGrowth = 250 * MiB;
const resourceGrowth = 60;

interface Sample {
  readonly minutes: number;
  readonly heapMiB: number;
  readonly rssMiB: number;
  readonly resources: number;
}

const counts: Record<string, number> = {};
const count = (what: string): void => {
  counts[what] = (counts[what] ?? 0) + 1;
};
const target = await Target.start(baseConfiguration());
/** Refusals that come of working at once; any other is a failure of the run. */
const expected = new Set([
  'in-use',
  'lock-denied',
  'resource-denied',
  'data-missing',
  'data-exists',
  'operation-failed',
]);

async function ask(client: NetconfClient, operation: string): Promise<string | undefined> {
  try {
    const reply = await client.rpc(operation);
    count('rpcs');
    return reply;
  } catch (error) {
    if (!(error instanceof RpcError) || !expected.has(error.tag)) throw error;
    count(`refused: ${error.tag}`);
    return undefined;
  }
}

const entry = (name: string, text: string): string =>
  `<interface><name>${name}</name><type xmlns:t="${namespace.interfaceTypes}">t:ethernetCsmacd</type><description>${text}</description></interface>`;
const someEntries = (): string =>
  interfaces(...Array.from({ length: 1 + below(20) }, () => entry(`s${below(200)}`, 'x'.repeat(below(100)))));
const removal = (): string =>
  `<interfaces xmlns="${namespace.interfaces}"><interface xmlns:nc="${namespace.netconf}" nc:operation="remove"><name>s${below(200)}</name></interface></interfaces>`;

async function withSession(work: (client: NetconfClient) => Promise<void>): Promise<void> {
  const client = await connectUnix(target.socket);
  count('sessions');
  try {
    await work(client);
  } finally {
    await client.close();
  }
}

/** Each is done again and again. */
const kinds: Readonly<Record<string, () => Promise<void>>> = {
  edits: () =>
    withSession(async (client) => {
      for (let i = 0; i < 10; i++) await ask(client, editConfig('running', below(3) === 0 ? removal() : someEntries()));
      await ask(client, '<get-config><source><running/></source></get-config>');
      await ask(client, '<get/>');
    }),
  commits: () =>
    withSession(async (client) => {
      await ask(client, editConfig('candidate', someEntries()));
      await ask(
        client,
        pick(['<commit/>', '<commit/>', '<discard-changes/>', '<validate><source><candidate/></source></validate>']),
      );
      await ask(client, '<copy-config><target><startup/></target><source><running/></source></copy-config>');
    }),
  'confirmed commits': () =>
    withSession(async (client) => {
      await ask(client, editConfig('candidate', someEntries()));
      const began = await ask(client, '<commit><confirmed/><confirm-timeout>1</confirm-timeout></commit>');
      if (began === undefined) return await delay(200);
      const choice = below(3);
      if (choice === 0) await ask(client, '<commit/>');
      else if (choice === 1) await ask(client, '<cancel-commit/>');
      else if (below(2)) await delay(1100);
    }),
  subscriptions: () =>
    withSession(async (client) => {
      await ask(client, '<create-subscription xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0"/>');
      const reading = (async () => {
        for await (const _ of client.notifications()) count('notifications');
      })();
      await delay(500 + below(1500));
      await client.close();
      await reading;
    }),
  kills: () =>
    withSession(async (client) => {
      const other = await connectUnix(target.socket);
      await ask(other, '<lock><target><candidate/></target></lock>');
      await client.rpc(`<kill-session><session-id>${other.sessionId}</session-id></kill-session>`);
      await other.closed;
      count('killed sessions');
      await delay(100);
    }),
  'torn connections': async () => {
    const socket = connect(target.socket);
    socket.on('error', () => undefined);
    socket.write(
      `<hello xmlns="${namespace.netconf}"><capabilities><capability>urn:ietf:params:netconf:base:1.0</capability></capabilities></hello>]]>]]><rpc xmlns="${namespace.netconf}" message-id="1"><get/></rpc>]]>]]><rpc`,
    );
    socket.resume();
    await delay(below(100));
    socket.destroy();
    count('torn connections');
  },
};

const failures: string[] = [];

/** What is being done, for those who wait for its end. */
const busy = new Set<string>();

async function worker(name: string, work: () => Promise<void>): Promise<void> {
  while (performance.now() < end && failures.length === 0) {
    busy.add(name);
    try {
      await work();
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.stack : error}`);
    }
    busy.delete(name);
    await delay(below(50));
  }
}

const samples: Sample[] = [];

async function watch(): Promise<void> {
  const started = performance.now();
  const whole = end - started;
  while (performance.now() < end && failures.length === 0) {
    await delay(Math.min(10_000, whole / 20));
    const bugs = target.bugs();
    if (bugs !== '') failures.push(`the log speaks of a bug:\n${bugs}`);
    const figures = await target.figures();
    if (figures === undefined) {
      failures.push('the server does not answer its own process');
      return;
    }
    const { heap, rss, resources } = figures;
    const sample = {
      minutes: (performance.now() - started) / 60_000,
      heapMiB: heap / MiB,
      rssMiB: rss / MiB,
      resources,
    };
    samples.push(sample);
    if (!values.json) {
      console.log(
        `${sample.minutes.toFixed(1).padStart(6)} min  heap ${sample.heapMiB.toFixed(1)} MiB  resident ${sample.rssMiB.toFixed(0)} MiB  resources ${resources}  rpcs ${counts['rpcs'] ?? 0}`,
      );
    }
    const base = samples.find(({ minutes }) => minutes * 60_000 > whole * warmUp);
    if (base === undefined) continue;
    if ((sample.heapMiB - base.heapMiB) * MiB > heapGrowth) failures.push('the heap grows');
    if ((sample.rssMiB - base.rssMiB) * MiB > rssGrowth) failures.push('resident memory grows');
    if (resources - base.resources > resourceGrowth) failures.push('sockets and timers grow');
  }
}

if (!values.json) console.log(`seed ${seed}`);
const stuck = setTimeout(
  () => {
    console.error(`FAILED: did not come to an end: ${[...busy].join(', ')}`);
    process.exit(1);
  },
  end - performance.now() + lingerMs,
);
try {
  await Promise.all([
    watch(),
    ...Object.entries(kinds).flatMap(([name, work]) =>
      Array.from({ length: workers }, (_, i) => worker(`${name} ${i + 1}`, work)),
    ),
  ]);
} finally {
  clearTimeout(stuck);
  await target.stop();
}
if (values.json) console.log(JSON.stringify({ seed, counts, samples, failures }, undefined, 2));
else {
  for (const [what, times] of Object.entries(counts).sort())
    console.log(`${what.padEnd(32)} ${String(times).padStart(8)}`);
  for (const failure of failures) console.log(`FAILED: ${failure}`);
}
process.exit(failures.length === 0 ? 0 : 1);
