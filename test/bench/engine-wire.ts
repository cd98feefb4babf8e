/**
 * What the engine does beside clocks per packet: `npm run bench:engine-wire -- [throughput] [latency] [routes] [hits]
 * [memory]`; all of them where none is named.
 *
 *   throughput  frames per second over a veth pair, by AF_PACKET and AF_XDP, and by the kernel's bridge and router
 *   latency     p50 and p99 at 10, 50 and 90 % of that
 *   routes      time to install 1 million IPv4 and 200,000 IPv6 routes
 *   hits        what a change of a route does to the flow cache's hit ratio
 *   memory      the engine's resident memory, and what a flow takes
 *
 * Sender, receiver and the engine share the machine's cores: compare the ways, not with another machine.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { reserveHugePages, returnHugePages } from '../../src/start/huge-pages.ts';
import { onInterrupt } from './engine/children.ts';
import { EngineProcess } from './engine/engine-process.ts';
import { setUp } from './engine/measure.ts';
import { prefixes4, prefixes6, type Route } from './engine/prefixes.ts';
import { Xorshift } from './engine/random.ts';
import { Topology } from './engine/wire/topology.ts';
import { type Way, ways } from './engine/wire/ways.ts';
import { workloads } from './engine/workloads.ts';

const seconds = 2;
const sections = { throughput: throughputAndLatency, routes, hits, memory } as const;
const { positionals, values } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } });
const wanted = positionals.map((name) => (name === 'latency' ? 'throughput' : name));
const unknown = wanted.filter((name) => !Object.hasOwn(sections, name));
if (unknown.length > 0) {
  console.error(`no section ${unknown.join(', ')}; there are: throughput, latency, routes, hits, memory`);
  process.exit(2);
}

const figures: { section: string; what: string; value: number; unit: string }[] = [];
let section = '';

function figure(what: string, value: number, unit: string): void {
  figures.push({ section, what, value, unit });
  if (!values.json) console.log(`  ${what.padEnd(58)} ${value.toFixed(value < 10 ? 2 : 0).padStart(12)} ${unit}`);
}

let added = 0;
const pages = reserveHugePages(512, (count) => {
  added = count;
});
onInterrupt(() => returnHugePages(added));
if (!pages.available) console.error(`without huge pages: ${pages.reason}`);
try {
  for (const [name, run] of Object.entries(sections)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    section = name;
    if (!values.json) console.log(`\n${name}`);
    try {
      await run();
    } catch (error) {
      console.error(`${name}: ${(error as Error).message}`);
      process.exitCode = 1;
    }
  }
} finally {
  returnHugePages(added);
}
if (values.json) console.log(JSON.stringify(figures, undefined, 2));

async function throughputAndLatency(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-wire-'));
  try {
    for (const way of ways) {
      const topology = await Topology.make(folder);
      try {
        await onWire(way, topology);
      } catch (error) {
        console.error(`${way.name}: ${(error as Error).message}`);
        process.exitCode = 1;
      } finally {
        await topology.end();
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function onWire({ name, target, start }: Way, topology: Topology): Promise<void> {
  const it = await start(topology);
  try {
    // Addresses are learned, and the devices' queues in use.
    await topology.pass(target, 60, 1_000, 0.5);
    for (const length of [60, 1_514]) {
      const { received, seconds: took } = await topology.pass(target, length, 0, seconds);
      const most = received / took;
      figure(`${name}, ${length + 4} bytes`, most / 1e6, 'Mpps');
      if (length === 1_514) figure(`${name}, ${length + 4} bytes`, (most * length * 8) / 1e9, 'Gbit/s');
      for (const load of length === 60 ? [0.1, 0.5, 0.9] : []) {
        const {
          sent,
          received: came,
          p50Us,
          p99Us,
        } = await topology.pass(target, length, Math.max(1, Math.round(most * load)), seconds);
        const at = `${name}, at ${load * 100} % (${((came / sent) * 100).toFixed(1)} % came)`;
        figure(`${at}, p50`, p50Us, 'µs');
        figure(`${at}, p99`, p99Us, 'µs');
      }
    }
  } finally {
    await it.stop();
  }
}

function workload(id: string) {
  const found = workloads.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no workload ${id}`);
  return found;
}

async function routes(): Promise<void> {
  const engine = await EngineProcess.start();
  try {
    await setUp(engine, workload('ip4-1'));
    const before = engine.residentBytes;
    const group = ({ address }: Route): string => `bench${address.length}`;
    figure('1,000,000 IPv4 routes', await install(prefixes4(new Xorshift(4n), 1_000_000)), 'ms');
    figure('200,000 IPv6 routes', await install(prefixes6(new Xorshift(6n), 200_000)), 'ms');
    const one: Route = { address: Uint8Array.of(198, 51, 100, 0), length: 24 };
    figure('one more route beside them', await install([one]), 'ms');
    figure('memory of all of them', (engine.residentBytes - before) / 2 ** 20, 'MiB');

    async function install(prefixes: readonly Route[]): Promise<number> {
      return await engine.applyRoutes('bench', group, prefixes);
    }
  } finally {
    await engine.stop();
  }
}

interface CacheReading {
  readonly hits: number;
  readonly all: number;
  readonly entries: number;
  readonly memory: number;
}

async function cache(engine: EngineProcess): Promise<CacheReading> {
  const state = (await engine.query({ case: 'flowCache', value: {} })).find((part) => part.flowCache)?.flowCache;
  if (state === undefined) throw new Error('the engine tells nothing of a flow cache');
  const hits = Number(state.exactHits + state.aggregateHits);
  return { hits, all: hits + Number(state.misses), entries: state.entries, memory: Number(state.memory) };
}

async function hits(): Promise<void> {
  const engine = await EngineProcess.start();
  try {
    await setUp(engine, workload('chain-8-hit'));
    await sleep(1_000);
    const ratioOver = async (ms: number, change?: () => Promise<unknown>): Promise<number> => {
      const before = await cache(engine);
      await change?.();
      await sleep(ms);
      const after = await cache(engine);
      return ((after.hits - before.hits) / (after.all - before.all)) * 100;
    };
    const set = (address: Uint8Array, length: number) => () =>
      engine.applyRoutes('bench', () => 'bench4', [{ address, length }]);
    figure('hit ratio, nothing changes', await ratioOver(200), '%');
    figure(
      'over 0.2 s with a new route that no flow takes',
      await ratioOver(200, set(Uint8Array.of(198, 51, 100, 0), 24)),
      '%',
    );
    figure(
      'over 0.2 s with a new route that all flows take',
      await ratioOver(200, set(Uint8Array.of(20, 0, 0, 0), 8)),
      '%',
    );
    figure('afterwards', await ratioOver(200), '%');
  } finally {
    await engine.stop();
  }
}

async function memory(): Promise<void> {
  const engine = await EngineProcess.start();
  try {
    figure('the engine with nothing configured, 1 GiB of packet memory', engine.residentBytes / 2 ** 20, 'MiB');
    await setUp(engine, workload('flow-1m'));
    await sleep(5_000);
    figure('with 1 million flows', engine.residentBytes / 2 ** 20, 'MiB');
    const { entries, memory: bytes } = await cache(engine);
    figure('flows in the cache', entries, '');
    figure('of the flow cache, a flow', bytes / entries, 'bytes');
  } finally {
    await engine.stop();
  }
}
