/**
 * What a change at the PEs costs: one-way UDP in both directions of every VLAN at once, each to a silent receiver, and
 * broadcast in both directions, which arrives twice where two PEs forward.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Host } from '../../../lab/host.ts';
import { Flow, type FlowResult } from '../../../lab/traffic/flow.ts';
import type { DualPe } from '../../dual-pe.ts';

/** Open vSwitch undoes a move while statistics of the last second's traffic on the old port are pending. */
const silenceMs = 2000;
const broadcastsPerSecond = 20;
/** Above what any event takes. */
const maxSeconds = 600;

export interface Loss {
  readonly vlan: number;
  readonly fromCe: FlowResult;
  readonly toCe: FlowResult;
  /** Of both directions, broadcast included. */
  readonly duplicates: number;
}

export interface Measurement {
  readonly packetsPerSecond: number;
  /** How long the flows go on after the change. */
  readonly afterMs: number;
  /** Receivers are silent for two seconds before the change; otherwise they speak until it. */
  readonly silent: boolean;
}

/** All hosts of the VLAN. */
const everybody = (host: Host): Host => ({ ...host, address: host.address.replace(/\d+$/, '255') });

/** Runs `change` under traffic. */
export async function measure(
  net: DualPe,
  change: () => Promise<void>,
  { packetsPerSecond, afterMs, silent }: Measurement,
): Promise<readonly Loss[]> {
  const ways = net.options.vlans.map((vlan) => ({
    vlan,
    fromCe: { from: net.ce.host(vlan, 1), to: net.transfer.host(vlan, 1) },
    toCe: { from: net.transfer.host(vlan, 2), to: net.ce.host(vlan, 2) },
  }));
  // Who is silent from now on speaks, so that all switches know where it is.
  const hello = (from: Host, to: Host): Promise<Flow> =>
    Flow.start({ from, to, packetsPerSecond: 20, port: 5999, maxSeconds });
  const hellos = await Promise.all(
    ways.flatMap(({ fromCe, toCe }) => [hello(fromCe.to, fromCe.from), hello(toCe.to, toCe.from)]),
  );
  const hush = async (): Promise<void> => {
    await Promise.all(hellos.map((flow) => flow.stop(0)));
  };
  await sleep(500);
  if (silent) await hush();
  const flows = await Promise.all(
    ways.map(async ({ vlan, fromCe, toCe }) => ({
      vlan,
      // Senders that speak anyway: nobody who is silent is heard by it. All hosts get it, hence a port for each direction.
      groups: await Promise.all(
        [fromCe, toCe].map(({ from, to }, index) =>
          Flow.start({
            from,
            to: everybody(to),
            packetsPerSecond: broadcastsPerSecond,
            port: 6001 + index,
            maxSeconds,
          }),
        ),
      ),
      fromCe: await Flow.start({ ...fromCe, packetsPerSecond, maxSeconds }),
      toCe: await Flow.start({ ...toCe, packetsPerSecond, maxSeconds }),
    })),
  );
  await sleep(silenceMs);
  if (!silent) await hush();
  await change();
  await sleep(afterMs);
  return await Promise.all(
    flows.map(async ({ vlan, groups, ...unicast }) => {
      const [fromCe, toCe, ...rest] = await Promise.all(
        [unicast.fromCe, unicast.toCe, ...groups].map((flow) => flow.stop()),
      );
      if (fromCe === undefined || toCe === undefined) throw new Error('two flows');
      const duplicates = [fromCe, toCe, ...rest].reduce((sum, result) => sum + result.duplicates, 0);
      return { vlan, fromCe, toCe, duplicates };
    }),
  );
}
