/**
 * `npm run fuzz:netconf -- [--seconds N | --hours N | --cases N] [--seed S] [--case N] [--json]`: random sessions against
 * a server of its own. Prints its seed; `--seed S --case N` runs a case again, with those of its epoch before it. Ends
 * with 1 where it found something.
 */
import { parseArgs } from 'node:util';
import { type CampaignReport, epochLength, runCampaign } from './campaign.ts';

// An exit clears what was begun.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    hours: { type: 'string' },
    cases: { type: 'string' },
    seed: { type: 'string' },
    case: { type: 'string' },
    findings: { type: 'string', default: '20' },
    json: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed ?? Date.now() % 1e9);
const seconds = values.hours === undefined ? Number(values.seconds ?? 60) : Number(values.hours) * 3600;
const repeated = values.case === undefined ? undefined : Number(values.case);
const isCounted = values.cases !== undefined || repeated !== undefined;
const MiB = 2 ** 20;

function line({ cases, rpcs, refused, findings, slowestWitnessMs, memory }: CampaignReport): string {
  const last = memory.at(-1);
  const held =
    last === undefined ? '' : `, heap ${(last.heap / MiB).toFixed(0)} MiB, resident ${(last.rss / MiB).toFixed(0)} MiB`;
  return `${cases} cases, ${rpcs} rpcs (${refused} refused), ${findings.length} findings, another session waited ${slowestWitnessMs.toFixed(0)} ms at most${held}`;
}

if (!values.json) console.log(`seed ${seed}`);
let told = 0;
const report = await runCampaign({
  seed,
  first: repeated === undefined ? 0 : repeated - (repeated % epochLength),
  last: repeated ?? Number(values.cases ?? Number.POSITIVE_INFINITY) - 1,
  ...(isCounted ? {} : { until: performance.now() + seconds * 1000 }),
  maxFindings: Number(values.findings),
  progress: (now) => {
    if (values.json) return;
    for (const { case: number, what, details } of now.findings.slice(told)) {
      console.log(`FOUND in case ${number}: ${what}\n${details}`);
      console.log(`again: npm run fuzz:netconf -- --seed ${seed} --case ${number}`);
    }
    told = now.findings.length;
    if (now.cases % 500 < epochLength) console.log(line(now));
  },
});
if (values.json) console.log(JSON.stringify({ seed, ...report }, undefined, 2));
else {
  for (const { case: number, what, details } of report.findings.slice(told)) {
    console.log(`FOUND in case ${number}: ${what}\n${details}`);
    console.log(`again: npm run fuzz:netconf -- --seed ${seed} --case ${number}`);
  }
  console.log(line(report));
}
process.exit(report.findings.length === 0 ? 0 : 1);
