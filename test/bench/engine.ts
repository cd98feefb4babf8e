/**
 * What a packet costs in the engine: `npm run bench:engine -- [WORKLOAD …] [--windows N] [--json]`.
 *
 * The real graph between a source and a sink in memory, frames of 64 bytes, each worker on its core at a fixed priority.
 * Clocks per packet are those of all stages, sending and freeing included, without the source; p10 (undisturbed windows)
 * and p50 of windows of 0.1 s. `reference` is what VPP 26.06 took for the same workload on two cores of a Zen 3.
 */
import { parseArgs } from 'node:util';
import { reserveHugePages, returnHugePages } from '../../src/start/huge-pages.ts';
import { type Measured, measure, type Row } from './engine/measure.ts';
import { workloads } from './engine/workloads.ts';

/** Clocks per packet of VPP 26.06, one worker, p10. */
const reference: Readonly<Record<string, number>> = {
  'l2bd-1k': 90,
  'l2bd-100k': 252,
  'l2vlan-1k': 142,
  'l2vlan-100k': 309,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, windows: { type: 'string', default: '30' } },
});
const chosen = workloads.filter(({ id }) => positionals.length === 0 || positionals.includes(id));
const unknown = positionals.filter((id) => !workloads.some((one) => one.id === id));
if (unknown.length > 0) {
  console.error(`no workload ${unknown.join(', ')}; there are:`);
  for (const { id, what } of workloads) console.error(`  ${id.padEnd(20)} ${what}`);
  process.exit(2);
}

/** 1 GiB of packet memory. */
const hugePages = 512;
let added = 0;
const pages = reserveHugePages(hugePages, (count) => {
  added = count;
});
if (!pages.available) console.error(`without huge pages, which costs clocks: ${pages.reason}`);
const rows: Measured[] = [];
try {
  for (const workload of chosen) {
    const measured = await measure(workload, Number(values.windows));
    rows.push(measured);
    if (!values.json) print(measured, workload.what);
  }
} finally {
  returnHugePages(added);
}
if (values.json) {
  const tscHz = rows[0]?.tscHz ?? 0;
  console.log(JSON.stringify({ tscHz, rows: rows.map(({ tscHz: _, ...row }) => row) }, undefined, 2));
}

function print({ workload, clocksP10, clocksP50, mpps, stages }: Row, what: string): void {
  const by = reference[workload];
  console.log(`\n${workload}: ${what}`);
  const line = (name: string, text: string): void => console.log(`  ${name.padEnd(20)} ${text}`);
  line(
    'clocks per packet',
    `p10 ${clocksP10.toFixed(1)}  p50 ${clocksP50.toFixed(1)}  ${mpps.toFixed(1)} Mpps with the source`,
  );
  if (by !== undefined) line('reference', `p10 ${by} (${(clocksP10 / by).toFixed(2)} of it)`);
  for (const { stage, clocksP10: clocks } of stages) line(`  ${stage}`, clocks.toFixed(1));
}
