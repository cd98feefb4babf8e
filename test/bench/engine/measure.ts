/** One workload on a fresh engine: clocks per packet of each stage and in all, over windows. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineClient } from '../../../src/engine/client.ts';
import { ENGINE_TARGET, type EngineOperation } from '../../../src/engine/operation.ts';
import { writeCapture } from './packets.ts';
import type { Workload } from './workloads.ts';

export interface Clocks {
  readonly p10: number;
  readonly p50: number;
}

export interface Row {
  readonly workload: string;
  readonly clocksP10: number;
  readonly clocksP50: number;
  /** Millions of packets a second of all workers together, at the median. */
  readonly mpps: number;
  readonly stages: readonly { readonly stage: string; readonly clocksP10: number; readonly packets: number }[];
}

export interface Measured extends Row {
  readonly tscHz: number;
}

/** Of a stage, since the engine's start. */
interface Reading {
  readonly packets: bigint;
  readonly clocks: bigint;
}

const windowMs = 100;
const binary = new URL('../../../build/native/sluice-engine', import.meta.url).pathname;
/** The source: making the packets is no part of forwarding them. */
const source = 'rx';

export async function measure(workload: Workload, windows: number): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const socketPath = join(folder, 'engine.sock');
  const workers = workload.workers ?? 1;
  const objects = [...ports(workload, folder), ...workload.objects];
  const engine = spawn(
    binary,
    ['--bench', '--socket', socketPath, '--memory', '1024', '--workers', String(workers)].concat(
      workers === 1 ? ['--cores', '1'] : ['--cores', '0,1'],
    ),
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = once(engine, 'exit');
  const client = new EngineClient({
    socketPath,
    owner: 'bench',
    intent: () => objects.map((operation) => ({ target: ENGINE_TARGET, path: '', summary: '', operation })),
    log: () => {},
  });
  try {
    await Promise.race([once(engine.stdout, 'data'), ended.then(() => Promise.reject(new Error('no engine')))]);
    const replayed = new Promise<void>((resolve) => client.onReplay(() => resolve()));
    client.start();
    await replayed;
    const left = [...client.leftOut.values()].map(({ reason }) => reason);
    if (left.length > 0) throw new Error(`${workload.id}: the engine refuses: ${left.join('; ')}`);
    await sleep(1_000); // Addresses are learned, caches warm.
    const taken: { at: number; stages: Map<string, Reading> }[] = [];
    for (let n = 0; n <= windows; n += 1) {
      taken.push({ at: performance.now(), stages: await stages(client) });
      await sleep(windowMs);
    }
    const state = (await client.query({ case: 'engine', value: {} }))?.find(({ engine: one }) => one)?.engine;
    return { tscHz: Number(state?.tscHz ?? 0n), ...row(workload.id, taken) };
  } finally {
    await client.stop();
    engine.kill();
    await ended;
    rmSync(folder, { recursive: true });
  }
}

function ports({ packets }: Workload, folder: string): EngineOperation[] {
  return (['a', 'b'] as const).map((name) => {
    const frames = packets[name];
    const rxFile = frames === undefined ? '' : join(folder, `${name}.pcap`);
    if (frames !== undefined) writeCapture(rxFile, frames());
    return { case: 'setPort', value: { name, enabled: true, device: { case: 'memory', value: { rxFile } } } };
  });
}

async function stages(client: EngineClient): Promise<Map<string, Reading>> {
  const parts = await client.query({ case: 'stages', value: {} });
  return new Map(
    (parts ?? []).flatMap((part) => part.stages.map(({ name, packets, clocks }) => [name, { packets, clocks }])),
  );
}

function row(workload: string, taken: readonly { at: number; stages: Map<string, Reading> }[]): Row {
  const inAll: number[] = [];
  const rates: number[] = [];
  const byStage = new Map<string, { clocks: number[]; packets: number }>();
  for (const [n, { at, stages: now }] of taken.entries()) {
    const before = taken[n - 1];
    if (before === undefined) continue;
    const packets = difference(now.get(source), before.stages.get(source)).packets;
    if (packets === 0) continue;
    let clocks = 0;
    for (const [name, reading] of now) {
      if (name === source) continue;
      const here = difference(reading, before.stages.get(name));
      if (here.packets === 0) continue;
      clocks += here.clocks;
      const found = byStage.get(name) ?? { clocks: [], packets: 0 };
      found.clocks.push(here.clocks / packets);
      found.packets += here.packets;
      byStage.set(name, found);
    }
    inAll.push(clocks / packets);
    rates.push(packets / (at - before.at) / 1_000);
  }
  return {
    workload,
    clocksP10: quantile(inAll, 0.1),
    clocksP50: quantile(inAll, 0.5),
    mpps: quantile(rates, 0.5),
    stages: [...byStage].map(([stage, { clocks, packets }]) => ({ stage, clocksP10: quantile(clocks, 0.1), packets })),
  };
}

function difference(now?: Reading, before?: Reading): { packets: number; clocks: number } {
  return {
    packets: Number((now?.packets ?? 0n) - (before?.packets ?? 0n)),
    clocks: Number((now?.clocks ?? 0n) - (before?.clocks ?? 0n)),
  };
}

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * part)] ?? Number.NaN;
}
