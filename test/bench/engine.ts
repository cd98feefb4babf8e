/**
 * What a packet costs in the engine: `npm run bench:engine -- [WORKLOAD …]`.
 *
 * The real graph between a source and a sink in memory, frames of 64 bytes, each worker on its core at a fixed priority.
 * Clocks per packet are those of all stages, sending and freeing included, without the source; p10 (undisturbed windows)
 * and p50 of windows of 0.1 s. The peers get the same packets on the same core in the same run: dpdk-testpmd and Open
 * vSwitch's userspace datapath, by the time that their thread was on the core, ports included.
 *
 *   --windows N   windows of each measurement (30)
 *   --no-peers    the engine alone
 *   --json        { tscHz, rows: [{ workload, clocksP10, clocksP50, stages }] } on stdout, all else on stderr
 *   --markdown    the table of native/README.md on stdout
 */
import { parseArgs } from 'node:util';
import { reserveHugePages, returnHugePages } from '../../src/start/huge-pages.ts';
import { onInterrupt } from './engine/children.ts';
import { type Measured, measure } from './engine/measure.ts';
import { measureOpenVswitch } from './engine/peers/openvswitch.ts';
import type { PeerClocks } from './engine/peers/peer.ts';
import { measureTestpmd } from './engine/peers/testpmd.ts';
import { reference } from './engine/reference.ts';
import { markdown } from './engine/table.ts';
import type { Workload } from './engine/workload.ts';
import { workloads } from './engine/workloads.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean' },
    markdown: { type: 'boolean' },
    'no-peers': { type: 'boolean' },
    windows: { type: 'string', default: '30' },
  },
});
const chosen = workloads.filter(({ id }) => positionals.length === 0 || positionals.includes(id));
const unknown = positionals.filter((id) => !workloads.some((one) => one.id === id));
if (unknown.length > 0) {
  console.error(`no workload ${unknown.join(', ')}; there are:`);
  for (const { id, what } of workloads) console.error(`  ${id.padEnd(20)} ${what}`);
  process.exit(2);
}
/** A workload that drops measures something else. */
const mostDropped = 0.01;
const windows = Number(values.windows);
const say = values.json || values.markdown ? console.error : console.log;

export interface Result {
  readonly workload: Workload;
  readonly measured: Measured;
  readonly testpmd?: PeerClocks;
  readonly openVswitch?: PeerClocks;
}

/** 1 GiB of packet memory. */
const hugePages = 512;
let added = 0;
const pages = reserveHugePages(hugePages, (count) => {
  added = count;
});
onInterrupt(() => returnHugePages(added));
if (!pages.available) console.error(`without huge pages, which costs clocks: ${pages.reason}`);
const results: Result[] = [];
const failures: string[] = [];
try {
  for (const workload of chosen) {
    const result = await one(workload);
    if (result !== undefined) results.push(result);
  }
} finally {
  returnHugePages(added);
}
if (values.json) {
  const tscHz = results[0]?.measured.tscHz ?? 0;
  console.log(JSON.stringify({ tscHz, rows: results.map(({ measured }) => measured.row) }, undefined, 2));
}
if (values.markdown) console.log(markdown(results));
for (const failure of failures) console.error(failure);
process.exitCode = failures.length > 0 ? 1 : 0;

async function one(workload: Workload): Promise<Result | undefined> {
  say(`\n${workload.id}: ${workload.what}`);
  try {
    const measured = await measure(workload, windows);
    print(workload, measured);
    if (workload.drops !== true && !(measured.dropped < mostDropped))
      throw new Error(`it drops ${(measured.dropped * 100).toFixed(1)} % of the packets`);
    if (values['no-peers'] || (workload.workers ?? 1) > 1) return { workload, measured };
    const hz = measured.tscHz;
    const testpmd = await peer('dpdk-testpmd mac', () => measureTestpmd(workload, windows, hz));
    const openVswitch = await peer('Open vSwitch', () => measureOpenVswitch(workload, windows, hz));
    return {
      workload,
      measured,
      ...(testpmd === undefined ? {} : { testpmd }),
      ...(openVswitch === undefined ? {} : { openVswitch }),
    };
  } catch (error) {
    failures.push(`${workload.id}: ${(error as Error).message}`);
    return undefined;
  }
}

async function peer(name: string, run: () => Promise<PeerClocks | undefined>): Promise<PeerClocks | undefined> {
  try {
    const clocks = await run();
    if (clocks !== undefined) line(name, `p10 ${clocks.p10.toFixed(1)}  p50 ${clocks.p50.toFixed(1)}`);
    return clocks;
  } catch (error) {
    line(name, `not measured: ${(error as Error).message}`);
    return undefined;
  }
}

function line(name: string, text: string): void {
  say(`  ${name.padEnd(22)} ${text}`);
}

function print({ id }: Workload, { row, mpps, dropped }: Measured): void {
  const by = reference[id];
  line(
    'clocks per packet',
    `p10 ${row.clocksP10.toFixed(1)}  p50 ${row.clocksP50.toFixed(1)}  ${mpps.toFixed(1)} Mpps with the source`,
  );
  if (dropped > 0.001) line('dropped', `${(dropped * 100).toFixed(1)} %`);
  if (by !== undefined) line('VPP on its machine', `p10 ${by.vpp} (${(row.clocksP10 / by.vpp).toFixed(2)} of it)`);
  for (const { stage, clocksP10 } of row.stages) line(`  ${stage}`, clocksP10.toFixed(1));
}
