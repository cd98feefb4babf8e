/** Workloads of layer 2. */
import type { MessageInitShape } from '@bufbuild/protobuf';
import { type LogicalPortSchema, Observation_Point, TagRewrite } from '../../../src/engine/gen/sluice_pb.js';
import type { EngineOperation } from '../../../src/engine/operation.ts';
import { udpFrame } from './packets.ts';
import { Xorshift } from './random.ts';
import type { Workload } from './workload.ts';

const vlanIn = 100;
const vlanOut = 200;

/** `count` packets, each from a random MAC of one side to a random one of the other. */
function* macs(side: number, perSide: number, count: number, vlan?: number): Generator<Buffer> {
  const random = new Xorshift(0x1234_5678_9abc_def1n + BigInt(side));
  const of = (at: number): number => at * 0x1_0000_0000 + random.below(perSide);
  for (let n = 0; n < count; n += 1) {
    const sourceMac = of(side);
    yield udpFrame({ sourceMac, destinationMac: of(1 - side), ...(vlan === undefined ? {} : { vlan }) });
  }
}

function bridge(
  a: MessageInitShape<typeof LogicalPortSchema>,
  b: MessageInitShape<typeof LogicalPortSchema>,
): EngineOperation[] {
  const member = (one: MessageInitShape<typeof LogicalPortSchema>): EngineOperation => ({
    case: 'setLogicalPort',
    value: { bridgeDomain: 'bench', enabled: true, ...one },
  });
  return [
    { case: 'setSettings', value: { macLimit: 250_000 } },
    {
      case: 'setBridgeDomain',
      value: { name: 'bench', learning: true, ageingSeconds: 300, floodUnknownUnicast: true },
    },
    member(a),
    member(b),
  ];
}

function l2(id: string, what: string, perSide: number, tagged: boolean, workers = 1): Workload {
  const count = perSide > 10_000 ? 500_000 : 50_000;
  const tag = (vid: number) => (tagged ? { match: [{ vid }], rewrite: TagRewrite.REWRITE_POP } : {});
  return {
    id,
    what,
    workers,
    packets: {
      a: () => macs(0, perSide, count, tagged ? vlanIn : undefined),
      b: () => macs(1, perSide, count, tagged ? vlanOut : undefined),
    },
    objects: () => bridge({ name: 'a', port: 'a', ...tag(vlanIn) }, { name: 'b', port: 'b', ...tag(vlanOut) }),
    // Its bridge translates no tags: they are taken away, and the bridge learns and forwards without.
    openflow: () => (tagged ? ['vlan_vid=0x1000/0x1000,actions=pop_vlan,NORMAL'] : ['actions=NORMAL']),
  };
}

const crossConnect: Workload = {
  id: 'l2xc',
  what: 'two ports joined by a cross-connect, 1,000 MACs a side',
  packets: { a: () => macs(0, 1_000, 50_000), b: () => macs(1, 1_000, 50_000) },
  objects: () => [
    { case: 'setLogicalPort', value: { name: 'a', port: 'a', enabled: true } },
    { case: 'setLogicalPort', value: { name: 'b', port: 'b', enabled: true } },
    { case: 'setCrossConnect', value: { name: 'bench', logicalPortA: 'a', logicalPortB: 'b' } },
  ],
  openflow: () => ['in_port=1,actions=output:2', 'in_port=2,actions=output:1'],
};

/** One packet in a hundred of those that leave by one port is copied to a device that nobody reads. */
const observed: Workload = {
  ...l2('l2bd-1k-observed', 'l2bd-1k with an observation point, 1 % of a port', 1_000, false),
  objects: () => [
    ...bridge({ name: 'a', port: 'a' }, { name: 'b', port: 'b' }),
    {
      case: 'setObservation',
      value: {
        name: 'bench',
        element: { case: 'port', value: 'b' },
        point: Observation_Point.EGRESS,
        tap: { device: 'sluice-bench' },
        sampling: 100,
      },
    },
  ],
};

export const l2Workloads: readonly Workload[] = [
  crossConnect,
  l2('l2bd-1k', 'bridge with learning, 1,000 MACs a side', 1_000, false),
  observed,
  l2('l2bd-100k', 'bridge with learning, 100,000 MACs a side', 100_000, false),
  l2('l2vlan-1k', 'bridge, VLAN 100 to 200, 1,000 MACs a side', 1_000, true),
  l2('l2vlan-100k', 'bridge, VLAN 100 to 200, 100,000 MACs a side', 100_000, true),
];

export const twoWorkers: Workload = l2('l2bd-1k-2workers', 'l2bd-1k by two workers', 1_000, false, 2);
