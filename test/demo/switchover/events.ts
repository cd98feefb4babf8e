/** What happens to the PEs in the demonstration. */
import type { DualPe, Pe } from '../../dual-pe.ts';
import { segmentAction } from '../../segment.ts';

export interface Switchover {
  readonly name: 'planned-move' | 'pe-killed' | 'pe-returned' | 'isolated' | 'split-brain';
  readonly what: string;
  /** The VLANs that it moves. */
  readonly vlans: (net: DualPe) => readonly number[];
  /** Resolves once the VLANs are where they belong. */
  readonly run: (net: DualPe) => Promise<void>;
  /** Afterwards, not measured: everything as it was. */
  readonly after?: (net: DualPe) => Promise<void>;
}

async function move(net: DualPe, vlan: number, to: Pe | undefined): Promise<void> {
  const where = to === undefined ? '' : `<to>${to.address}</to>`;
  await segmentAction(net.pes[0].router, `<move-vlans><vlan>${vlan}</vlan>${where}</move-vlans>`);
}

const first = (net: DualPe): number => net.options.vlans[0] as number;
const all = (net: DualPe): readonly number[] => net.options.vlans;

export const switchovers: readonly Switchover[] = [
  {
    name: 'planned-move',
    what: 'an operator moves one VLAN from PE 1 to PE 2',
    vlans: (net) => [first(net)],
    run: async (net) => {
      await move(net, first(net), net.pes[1]);
      await net.settled([first(net)], net.pes[1]);
    },
    after: async (net) => {
      await move(net, first(net), undefined);
      await net.settled(all(net), net.pes[0]);
    },
  },
  {
    name: 'pe-killed',
    what: 'PE 1, which forwards all VLANs, loses its power',
    vlans: all,
    run: async (net) => {
      await net.pes[0].crash();
      await net.settled(all(net), net.pes[1]);
    },
  },
  {
    name: 'pe-returned',
    what: 'PE 1 starts again, and takes its VLANs back',
    vlans: all,
    run: async (net) => {
      await net.pes[0].start();
      await net.settled(all(net), net.pes[0]);
    },
  },
  {
    name: 'isolated',
    what: 'the cable from PE 1 to the transfer network is cut, with its carrier kept',
    vlans: all,
    run: async (net) => {
      await net.transfer.switch.cut(net.uplinkOf(net.pes[0]));
      await net.settled(all(net), net.pes[1]);
    },
    after: async (net) => {
      await net.transfer.switch.mend(net.uplinkOf(net.pes[0]));
      await net.settled(all(net), net.pes[0]);
    },
  },
  {
    name: 'split-brain',
    what: 'PE 1 and PE 2 lose each other in the transfer network, and find each other again',
    vlans: all,
    run: async (net) => {
      const [one, two] = net.pes;
      await net.transfer.switch.part(one.address, two.address);
      // By the path through the CE they know of each other: nothing moves.
      await net.settled(all(net), one);
      await net.transfer.switch.join();
      await net.settled(all(net), one);
    },
  },
];
