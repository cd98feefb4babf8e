/** What happens to the PEs in the demonstration. */
import { ipBatch, until } from '../../../lab/run.ts';
import type { DualPe, Pe } from '../../dual-pe.ts';
import { namespaceOf, type SegmentSettings, segmentAction, segmentRoles, segmentState } from '../../segment.ts';
import { configure } from '../../topology.ts';
import type { Timeline } from './timeline.ts';

/** What of a run decides what an event does. */
export interface Circumstances {
  /** The method tells of ports alone: all VLANs move together. */
  readonly isPortWide: boolean;
  readonly isRevertive: boolean;
  /** The carrier is what the CE goes by: a PE without power has none. Else the CE's link stays up, as behind a media converter. */
  readonly isByCarrier: boolean;
}

export interface Switchover {
  readonly name: string;
  readonly what: string | ((it: Circumstances) => string);
  /** The VLANs that it moves. */
  readonly vlans: (net: DualPe, it: Circumstances) => readonly number[];
  /** Not measured: what has to be so before. */
  readonly before?: (net: DualPe, it: Circumstances) => Promise<void>;
  /** Nothing of it can be shown where the CE passes nothing from one PE to the other. */
  readonly needsCePath?: true;
  /**
   * Resolves once the VLANs are where they belong, with what there is to tell. Where PEs notify that, it waits for it: one that
   * is asked every few milliseconds has less time for what is measured.
   */
  readonly run: (net: DualPe, it: Circumstances, timeline: Timeline) => Promise<readonly string[]>;
  /** Not measured: what has to be so in the end. */
  readonly outcome?: (net: DualPe, it: Circumstances) => Promise<void>;
  /** Afterwards, not measured: everything as it was. */
  readonly after?: (net: DualPe, it: Circumstances) => Promise<void>;
}

const all = (net: DualPe): readonly number[] => net.options.vlans;
const one = (net: DualPe, { isPortWide }: Circumstances): readonly number[] =>
  isPortWide ? all(net) : all(net).slice(0, 1);
const seconds = (from: number): string => `${((performance.now() - from) / 1000).toFixed(2)} s`;

async function move(net: DualPe, vlans: readonly number[], to: Pe | undefined): Promise<void> {
  const where = to === undefined ? '' : `<to>${to.address}</to>`;
  const list = vlans.map((vlan) => `<vlan>${vlan}</vlan>`).join('');
  await segmentAction(net.pes[0].router, `<move-vlans>${list}${where}</move-vlans>`);
}

/** All VLANs at PE 1, and none of them pinned. */
export async function home(net: DualPe): Promise<void> {
  const [first] = net.pes;
  await move(net, all(net), first);
  await net.settled(all(net), first);
  await move(net, all(net), undefined);
  await net.settled(all(net), first);
}

/** Revertive, everything comes back by itself. */
async function back(net: DualPe, { isRevertive }: Circumstances): Promise<void> {
  if (isRevertive) await net.settled(all(net), net.pes[0]);
  else await home(net);
}

/** Who forwards each VLAN, as the PEs say: numbers of PEs. */
export async function forwarders(net: DualPe): Promise<ReadonlyMap<number, readonly number[]>> {
  const roles = await Promise.all(net.pes.map(async (pe) => ({ pe, roles: await segmentRoles(pe.router) })));
  return new Map(
    all(net).map((vlan) => [
      vlan,
      roles.filter((each) => each.roles.get(vlan) === 'forwarder').map(({ pe }) => pe.number),
    ]),
  );
}

/** Whether each PE knows by a session what the other one forwards. */
const synchronized = (net: DualPe): Promise<boolean[]> =>
  Promise.all(net.pes.map(async (pe) => (await segmentState(pe.router)).includes('<synchronized>true</synchronized>')));

const setPolicy = (net: DualPe, splitBrain: NonNullable<SegmentSettings['splitBrain']>): Promise<unknown> =>
  Promise.all(
    net.pes.map((pe) =>
      configure(pe.router, [
        `<ethernet-segments xmlns="${namespaceOf}"><ethernet-segment><name>ce1</name><split-brain-policy>${splitBrain}</split-brain-policy></ethernet-segment></ethernet-segments>`,
      ]),
    ),
  );

/** Each PE keeps one target of core tracking, and neither reaches the other by the core or through the CE. */
async function cutBothPaths(net: DualPe): Promise<void> {
  const [first, second] = net.pes;
  const [near, far] = net.coreRouters;
  if (near === undefined || far === undefined) throw new Error('two routers of the core');
  await net.cutCePath(true);
  await net.transfer.switch.part(
    [first.address, far.address],
    [second.address, near.address],
    [first.address, second.address],
  );
}

async function healBothPaths(net: DualPe): Promise<void> {
  await net.transfer.switch.join();
  await net.cutCePath(false);
}

function splitBrain(policy: NonNullable<SegmentSettings['splitBrain']>, keeper: 0 | 1, outcome: string): Switchover {
  return {
    name: `split-brain-${policy === 'block' ? policy : 'lowest'}`,
    what: `core and CE path between the PEs are cut, each sees a part of the core; policy ${policy}: ${outcome}`,
    vlans: one,
    before: async (net, it) => {
      await setPolicy(net, policy);
      await move(net, one(net, it), net.pes[1]);
      await net.settled(one(net, it), net.pes[1]);
    },
    run: async (net, it) => {
      const vlans = one(net, it);
      const where = net.pes[keeper];
      await cutBothPaths(net);
      const cut = performance.now();
      // Each has lost the other, and acted on it.
      await until(
        'the PEs to lose each other',
        60_000,
        async () => (await synchronized(net)).every((knows) => !knows) || undefined,
      );
      await net.settled(vlans, where);
      const settled = seconds(cut);
      const told = [...(await forwarders(net))].map(
        ([vlan, pes]) => `VLAN ${vlan} at PE ${pes.join(' and PE ') || '-'}`,
      );
      const healed = performance.now();
      await healBothPaths(net);
      await until(
        'the PEs to find each other',
        60_000,
        async () => (await synchronized(net)).every(Boolean) || undefined,
      );
      await until(
        'one forwarder of each VLAN',
        60_000,
        async () => [...(await forwarders(net)).values()].every((pes) => pes.length === 1) || undefined,
      );
      return [
        `cut, settled after ${settled}: ${told.join(', ')}`,
        `healed, one forwarder of each VLAN after ${seconds(healed)}`,
      ];
    },
    after: async (net) => {
      await setPolicy(net, 'block');
      await home(net);
    },
  };
}

export const switchovers: readonly Switchover[] = [
  {
    name: 'planned-move',
    what: ({ isPortWide }) =>
      isPortWide ? 'an operator moves the port from PE 1 to PE 2' : 'an operator moves one VLAN from PE 1 to PE 2',
    vlans: one,
    run: async (net, it, timeline) => {
      await move(net, one(net, it), net.pes[1]);
      await timeline.told(net.pes[1], 'forwarding', one(net, it));
      return [];
    },
    outcome: (net, it) => net.settled(one(net, it), net.pes[1]),
    after: home,
  },
  {
    name: 'pe-killed',
    what: ({ isByCarrier }) =>
      `PE 1, which forwards all VLANs, loses its power; the CE’s link ${isByCarrier ? 'goes down' : 'stays up'}`,
    vlans: all,
    run: async (net, { isByCarrier }, timeline) => {
      net.pes[0].freeze();
      if (isByCarrier) await ipBatch(['link set ce down'], net.pes[0].namespace);
      await timeline.told(net.pes[1], 'forwarding', all(net));
      return [];
    },
    outcome: async (net) => {
      await net.pes[0].crash();
      await net.settled(all(net), net.pes[1]);
    },
  },
  {
    name: 'pe-returned',
    what: ({ isRevertive }) =>
      isRevertive ? 'PE 1 starts again, and takes its VLANs back' : 'PE 1 starts again, and takes nothing back',
    vlans: all,
    run: async (net, { isRevertive }, timeline) => {
      const [first, second] = net.pes;
      await first.start();
      if (isRevertive) {
        await timeline.told(second, 'blocked', all(net));
        return [];
      }
      await until('PE 1 to know PE 2', 60_000, async () => (await synchronized(net))[0] || undefined);
      return ['not revertive: all VLANs stay at PE 2'];
    },
    outcome: (net, { isRevertive }) => net.settled(all(net), net.pes[isRevertive ? 0 : 1]),
    after: back,
  },
  {
    name: 'isolated',
    what: 'the cable from PE 1 to the transfer network is cut, with its carrier kept',
    vlans: all,
    run: async (net, _, timeline) => {
      await net.transfer.switch.cut(net.uplinkOf(net.pes[0]));
      await timeline.told(net.pes[1], 'forwarding', all(net));
      return [];
    },
    outcome: (net) => net.settled(all(net), net.pes[1]),
    after: async (net, it) => {
      await net.transfer.switch.mend(net.uplinkOf(net.pes[0]));
      await back(net, it);
    },
  },
  {
    name: 'split-brain',
    needsCePath: true,
    what: 'PE 1 and PE 2 lose each other in the transfer network, and find each other again; the CE path works',
    vlans: all,
    run: async (net) => {
      const [first, second] = net.pes;
      await net.transfer.switch.part([first.address, second.address]);
      // By the path through the CE they know of each other: nothing moves.
      await net.settled(all(net), first);
      await net.transfer.switch.join();
      await net.settled(all(net), first);
      return [];
    },
  },
  splitBrain('block', 1, 'who forwards goes on, nobody takes over'),
  splitBrain('lowest-address-keeps', 0, 'PE 2 blocks itself, then PE 1 takes over'),
];
