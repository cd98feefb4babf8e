/** One workload on a fresh engine: clocks per packet of each stage and in all, over windows. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineOperation } from '../../../src/engine/operation.ts';
import { EngineProcess } from './engine-process.ts';
import { writeCapture } from './packets.ts';
import { quantile } from './quantile.ts';
import type { Workload } from './workload.ts';

export interface Row {
  readonly workload: string;
  readonly clocksP10: number;
  readonly clocksP50: number;
  readonly stages: readonly { readonly stage: string; readonly clocksP10: number; readonly packets: number }[];
}

export interface Measured {
  readonly row: Row;
  readonly tscHz: number;
  /** Millions of packets a second of all workers together, at the median, the source included. */
  readonly mpps: number;
  /** Share of the packets that were dropped: a workload that drops measures something else. */
  readonly dropped: number;
}

/** Of a stage, since the engine's start. */
interface Reading {
  readonly packets: bigint;
  readonly clocks: bigint;
}

type Taken = { readonly at: number; readonly stages: ReadonlyMap<string, Reading> };

const windowMs = 100;
const warmMs = 1_000;
/** The source: making the packets is no part of forwarding them. */
const source = 'rx';

export async function measure(workload: Workload, windows: number): Promise<Measured> {
  const engine = await EngineProcess.start({ workers: workload.workers ?? 1 });
  try {
    await setUp(engine, workload);
    await sleep(warmMs); // Addresses are learned, caches warm.
    const taken: Taken[] = [];
    for (let n = 0; n <= windows; n += 1) {
      taken.push({ at: performance.now(), stages: await stagesOf(engine) });
      await sleep(windowMs);
    }
    const state = (await engine.query({ case: 'engine', value: {} })).find(({ engine: one }) => one)?.engine;
    return { ...evaluate(workload.id, taken), tscHz: Number(state?.tscHz ?? 0n) };
  } finally {
    await engine.stop();
  }
}

/** Objects, routes, and last of all the ports' frames, so that nothing is learned of a half made router. */
export async function setUp(engine: EngineProcess, workload: Workload): Promise<void> {
  const port = (name: 'a' | 'b', rxFile: string): EngineOperation => ({
    case: 'setPort',
    value: { name, enabled: true, device: { case: 'memory', value: { rxFile } } },
  });
  const files = (['a', 'b'] as const).map((name) => {
    const frames = workload.packets[name];
    const rxFile = frames === undefined ? '' : join(engine.folder, `${name}.pcap`);
    if (frames !== undefined) writeCapture(rxFile, frames());
    return port(name, rxFile);
  });
  await engine.apply([port('a', ''), port('b', ''), ...workload.objects()]);
  const routes = workload.routes?.() ?? [];
  await engine.applyRoutes('bench', ({ address }) => `bench${address.length}`, routes);
  await engine.apply(files);
}

async function stagesOf(engine: EngineProcess): Promise<Map<string, Reading>> {
  const parts = await engine.query({ case: 'stages', value: {} });
  return new Map(parts.flatMap((part) => part.stages.map(({ name, packets, clocks }) => [name, { packets, clocks }])));
}

function evaluate(workload: string, taken: readonly Taken[]): Omit<Measured, 'tscHz'> {
  const inAll: number[] = [];
  const rates: number[] = [];
  let received = 0;
  let dropped = 0;
  const byStage = new Map<string, { clocks: number[]; packets: number }>();
  for (const [n, { at, stages }] of taken.entries()) {
    const before = taken[n - 1];
    if (before === undefined) continue;
    const packets = difference(stages.get(source), before.stages.get(source)).packets;
    if (packets === 0) continue;
    received += packets;
    let clocks = 0;
    for (const [name, reading] of stages) {
      if (name === source) continue;
      const here = difference(reading, before.stages.get(name));
      if (here.packets === 0) continue;
      if (name.startsWith('drop-')) dropped += here.packets;
      clocks += here.clocks;
      const found = byStage.get(name) ?? { clocks: [], packets: 0 };
      found.clocks.push(here.clocks / packets);
      found.packets += here.packets;
      byStage.set(name, found);
    }
    inAll.push(clocks / packets);
    rates.push(packets / (at - before.at) / 1_000);
  }
  const rounded = (values: readonly number[], part: number): number => Number(quantile(values, part).toFixed(1));
  return {
    row: {
      workload,
      clocksP10: rounded(inAll, 0.1),
      clocksP50: rounded(inAll, 0.5),
      stages: [...byStage].map(([stage, { clocks, packets }]) => ({ stage, clocksP10: rounded(clocks, 0.1), packets })),
    },
    mpps: quantile(rates, 0.5),
    dropped: dropped / received,
  };
}

function difference(now?: Reading, before?: Reading): { packets: number; clocks: number } {
  return {
    packets: Number((now?.packets ?? 0n) - (before?.packets ?? 0n)),
    clocks: Number((now?.clocks ?? 0n) - (before?.clocks ?? 0n)),
  };
}
