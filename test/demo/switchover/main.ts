/**
 * npm run demo:switchover -- --help: two PEs, a CE and remote hosts in namespaces; VLANs move, a PE dies and returns, the
 * transfer network breaks. Prints what each VLAN loses, in each direction, with notification of the CE by each method and
 * without, and a timeline of what the PEs notified.
 */
import { DualPe } from '../../dual-pe.ts';
import { prepare } from './customer-edge.ts';
import { redirected, redirectedText } from './drops.ts';
import { type Circumstances, forwarders, home, type Switchover, switchovers } from './events.ts';
import { measure } from './measure.ts';
import { configurationOf, type Method, methods } from './methods.ts';
import { readOptions } from './options.ts';
import { overlapMs } from './overlap.ts';
import { lossText, lostMs, type Result, table, timelineText } from './report.ts';
import { type Line, Timeline } from './timeline.ts';

const vlans = [10, 20, 30];
const options = readOptions();
const { packetsPerSecond, ageingSeconds } = options;
const say = (text: string): void => {
  if (!options.isJson) console.log(text);
};

// Ctrl-C takes all of it down.
let running: DualPe | undefined;
process.once('SIGINT', () => {
  void (running?.remove() ?? Promise.resolve()).finally(() => process.exit(130));
});

const results: Result[] = [];
const timelines: { event: string; method: string; lines: readonly Line[] }[] = [];
const failures: string[] = [];
for (const name of options.methods) {
  const method = methods[name] as Method;
  say(`\n${name}: ${method.what}.\n  Acts on it: ${method.receiver}.`);
  try {
    await showMethod(name, method);
  } catch (error) {
    // What the other methods do is of interest all the same.
    failures.push(`${name}: ${(error as Error).message}`);
    say(`  failed: ${(error as Error).message.split('\n', 1)[0]}`);
  }
}
if (options.isJson) console.log(JSON.stringify({ events: results, timelines }, undefined, 2));
say(`\n${table(results).join('\n')}`);
for (const failure of failures) console.error(failure);
process.exitCode = failures.length > 0 ? 1 : 0;

async function showMethod(name: string, method: Method): Promise<void> {
  const it: Circumstances = {
    isPortWide: method.attachment !== undefined,
    isRevertive: options.isRevertive,
    isByCarrier: method.attachment === 'bond',
  };
  const net = await DualPe.build({
    vlans,
    ageingSeconds,
    bfd: { ms: options.bfdMs, multiplier: 3 },
    tracking: { ms: options.trackingMs, multiplier: 3 },
    settings: { revertive: options.isRevertive, ...method.settings },
    ...(method.attachment === undefined ? {} : { attachment: method.attachment }),
    linuxBridge: options.ce === 'linux-bridge',
    more: (pe) => configurationOf(method, vlans, pe),
  });
  running = net;
  let receiver: { stop(): Promise<void> } | undefined;
  try {
    // Not revertive, who was there first has them all.
    if (it.isRevertive) await net.settled(vlans, net.pes[0]);
    else await home(net);
    receiver = await prepare(net, method);
    const wanted = options.events ?? method.events ?? switchovers.map((each) => each.name);
    for (const one of switchovers) {
      const isWanted = wanted.includes(one.name) && !(one.needsCePath && it.isPortWide);
      if (isWanted) {
        await showEvent(net, one, name, it);
      } else if (one.name === 'pe-returned' && !net.pes[0].isRunning) {
        // A PE that was killed has to return for what follows.
        await net.pes[0].start();
        await one.outcome?.(net, it);
        await one.after?.(net, it);
      }
    }
  } finally {
    await receiver?.stop();
    running = undefined;
    await net.remove();
  }
}

async function showEvent(net: DualPe, one: Switchover, method: string, it: Circumstances): Promise<void> {
  await one.before?.(net, it);
  const before = net.pes.every((pe) => pe.isRunning) ? await forwarders(net) : undefined;
  const redirectedBefore = await redirected(net);
  const timeline = await Timeline.start(net);
  const moved = one.vlans(net, it);
  let told: readonly string[] = [];
  const change = async (): Promise<void> => {
    timeline.mark();
    told = await one.run(net, it, timeline);
  };
  const isTold = method !== 'none';
  const losses = await measure(net, change, {
    packetsPerSecond,
    // Without notification nothing comes before the CE has forgotten the old place.
    afterMs: isTold ? 3000 : (ageingSeconds + 3) * 1000,
    silent: isTold,
  });
  await one.outcome?.(net, it);
  const lines = await timeline.stop();
  const redirection = await redirectedText(net, redirectedBefore);
  const bothRan = net.pes.every((pe) => pe.isRunning);
  await one.after?.(net, it);
  say(`  ${one.name}: ${typeof one.what === 'string' ? one.what : one.what(it)}`);
  for (const text of [...timelineText(lines), ...told, ...redirection]) say(`    ${text}`);
  if (before !== undefined && bothRan) {
    const worst = Math.max(0, ...vlans.map((vlan) => overlapMs(lines, vlan, before.get(vlan) ?? [])));
    say(`    two forwarders of a VLAN at once: ${worst.toFixed(3)} ms`);
  }
  for (const text of lossText(losses, moved, packetsPerSecond)) say(`    ${text}`);
  const others = losses.filter(({ vlan }) => !moved.includes(vlan));
  const otherVlansLost = others.reduce((sum, { fromCe, toCe }) => sum + fromCe.lost + toCe.lost, 0);
  for (const { vlan, fromCe, toCe, duplicates } of losses) {
    if (!moved.includes(vlan)) continue;
    const lost = { lossFromCeMs: lostMs(fromCe, packetsPerSecond), lossToCeMs: lostMs(toCe, packetsPerSecond) };
    results.push({ event: one.name, method, vlan, ...lost, duplicates, otherVlansLost });
  }
  timelines.push({ event: one.name, method, lines });
}
