/** What a change at the PEs costs: one-way UDP in both directions of every VLAN at once, each to a silent receiver. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Host } from '../../../lab/host.ts';
import { Flow, type FlowResult } from '../../../lab/traffic/flow.ts';
import type { DualPe } from '../../dual-pe.ts';

const packetsPerSecond = 1000;
/** Open vSwitch undoes a move while statistics of the last second's traffic on the old port are pending. */
const silenceMs = 2000;

export interface Loss {
  readonly vlan: number;
  readonly fromCe: FlowResult;
  readonly toCe: FlowResult;
}

export const lostMs = ({ lost }: FlowResult): number => (lost * 1000) / packetsPerSecond;

/** Runs `change` under traffic, and goes on for `afterMs`. */
export async function measure(net: DualPe, change: () => Promise<void>, afterMs: number): Promise<readonly Loss[]> {
  const ways = net.options.vlans.map((vlan) => ({
    vlan,
    fromCe: { from: net.ce.host(vlan, 1), to: net.transfer.host(vlan, 1) },
    toCe: { from: net.transfer.host(vlan, 2), to: net.ce.host(vlan, 2) },
  }));
  // Who is silent from now on speaks once, so that all switches know where it is.
  const hello = (from: Host, to: Host): Promise<Flow> =>
    Flow.start({ from, to, packetsPerSecond: 20, port: 5999, maxSeconds: 2 });
  const hellos = await Promise.all(
    ways.flatMap(({ fromCe, toCe }) => [hello(fromCe.to, fromCe.from), hello(toCe.to, toCe.from)]),
  );
  await sleep(500);
  await Promise.all(hellos.map((flow) => flow.stop(0)));
  const flows = await Promise.all(
    ways.map(async ({ vlan, fromCe, toCe }) => ({
      vlan,
      fromCe: await Flow.start({ ...fromCe, packetsPerSecond }),
      toCe: await Flow.start({ ...toCe, packetsPerSecond }),
    })),
  );
  await sleep(silenceMs);
  await change();
  await sleep(afterMs);
  return await Promise.all(
    flows.map(async ({ vlan, fromCe, toCe }) => {
      const [from, to] = await Promise.all([fromCe.stop(), toCe.stop()]);
      return { vlan, fromCe: from, toCe: to };
    }),
  );
}
