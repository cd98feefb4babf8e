/**
 * npm run demo:switchover -- [--method NAME …] [--event NAME …] [--bfd MS] [--tracking MS] [--json]: two PEs, a CE and remote hosts in
 * namespaces; VLANs move, a PE dies and returns, the transfer network breaks. Prints what each VLAN loses, in each direction,
 * with notification of the CE by each method and without, and a timeline of what the PEs notified.
 */
import { parseArgs } from 'node:util';
import { DualPe } from '../../dual-pe.ts';
import { type Switchover, switchovers } from './events.ts';
import { type Loss, lostMs, measure } from './measure.ts';
import { methods } from './methods.ts';
import { type Line, Timeline } from './timeline.ts';

const vlans = [10, 20, 30];
/** The least that Open vSwitch takes. */
const ageingSeconds = 15;

interface Result {
  readonly event: string;
  readonly method: string;
  readonly vlan: number;
  readonly lossFromCeMs: number;
  readonly lossToCeMs: number;
  readonly duplicates: number;
  /** Frames, of all VLANs that the event does not move. */
  readonly otherVlansLost: number;
}

const { values } = parseArgs({
  options: {
    method: { type: 'string', multiple: true },
    event: { type: 'string', multiple: true },
    bfd: { type: 'string', default: '100' },
    tracking: { type: 'string', default: '100' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
});
const names = switchovers.map(({ name }) => name);
if (values.help) {
  console.log(
    `usage: npm run demo:switchover -- [--method ${Object.keys(methods).join('|')}] [--event ${names.join('|')}] [--bfd MS] [--tracking MS] [--json]`,
  );
  process.exit(0);
}
const say = (text: string): void => {
  if (!values.json) console.log(text);
};

const wantedMethods = values.method ?? Object.keys(methods);
const unknown = [
  ...wantedMethods.filter((name) => methods[name] === undefined),
  ...(values.event ?? []).filter((name) => !names.some((known) => known === name)),
];
if (unknown.length > 0) {
  console.error(
    `unknown: ${unknown.join(', ')}; there are the methods ${Object.keys(methods).join(', ')} and the events ${names.join(', ')}`,
  );
  process.exit(2);
}

const results: Result[] = [];
const timelines: { event: string; method: string; lines: readonly Line[] }[] = [];
for (const method of wantedMethods) {
  say(`\n${method}: ${methods[method]?.what}`);
  const net = await DualPe.build({
    vlans,
    ageingSeconds,
    bfd: { ms: Number(values.bfd), multiplier: 3 },
    tracking: { ms: Number(values.tracking), multiplier: 3 },
    more: [methods[method]?.configuration ?? ''],
  });
  try {
    await net.settled(vlans, net.pes[0]);
    for (const one of switchovers) {
      // A PE that was killed has to return for what follows.
      const isWanted = values.event === undefined || values.event.includes(one.name);
      if (isWanted) await show(net, one, method);
      else if (one.name === 'pe-returned' && !net.pes[0].isRunning) await one.run(net);
    }
  } finally {
    await net.remove();
  }
}
if (values.json) console.log(JSON.stringify({ events: results, timelines }, undefined, 2));

async function show(net: DualPe, one: Switchover, method: string): Promise<void> {
  const timeline = await Timeline.start(net);
  const moved = one.vlans(net);
  const change = async (): Promise<void> => {
    timeline.mark();
    await one.run(net);
  };
  // Without notification nothing comes before the CE has forgotten the old place.
  const losses = await measure(net, change, method === 'none' ? (ageingSeconds + 3) * 1000 : 3000);
  const lines = await timeline.stop();
  await one.after?.(net);
  const others = losses.filter(({ vlan }) => !moved.includes(vlan));
  const otherVlansLost = others.reduce((sum, { fromCe, toCe }) => sum + fromCe.lost + toCe.lost, 0);
  say(`  ${one.name}: ${one.what}`);
  for (const line of lines) say(`    ${line.atMs.toFixed(1).padStart(9)} ms  PE ${line.pe}  ${line.text}`);
  say(`    ${'VLAN'.padEnd(6)}${'lost from CE'.padStart(14)}${'lost to CE'.padStart(14)}${'duplicates'.padStart(12)}`);
  for (const loss of losses) {
    say(`    ${row(loss)}${moved.includes(loss.vlan) ? '' : '   not moved'}`);
    if (!moved.includes(loss.vlan)) continue;
    const { fromCe, toCe, vlan } = loss;
    const duplicates = fromCe.duplicates + toCe.duplicates;
    const lost = { lossFromCeMs: lostMs(fromCe), lossToCeMs: lostMs(toCe) };
    results.push({ event: one.name, method, vlan, ...lost, duplicates, otherVlansLost });
  }
  timelines.push({ event: one.name, method, lines });
}

function row({ vlan, fromCe, toCe }: Loss): string {
  const ms = (text: number): string => `${text} ms`.padStart(14);
  return `${String(vlan).padEnd(6)}${ms(lostMs(fromCe))}${ms(lostMs(toCe))}${String(fromCe.duplicates + toCe.duplicates).padStart(12)}`;
}
