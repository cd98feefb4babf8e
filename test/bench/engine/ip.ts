/** Workloads of layer 3: two routed interfaces, packets in by one, out by the other. */
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { L3InterfaceSchema } from '../../../src/engine/gen/sluice_pb.js';
import type { EngineOperation } from '../../../src/engine/operation.ts';
import { udp6Frame, udpFrame } from './packets.ts';
import { addressText, prefixes4, prefixes6, type Route, within } from './prefixes.ts';
import { Xorshift } from './random.ts';
import type { Workload } from './workload.ts';

/** Low 40 bits of the MACs: the router's at each port, the host before it and the one behind it. */
export const routerMac = 0x0100_0000_01;
export const routerMacOut = 0x0100_0000_02;
export const hostMac = 0x0200_0000_01;
export const neighbourMac = 0x0200_0000_02;

export function macBytes(mac: number): Uint8Array {
  const bytes = Buffer.alloc(6, 2);
  bytes.writeUIntBE(mac, 1, 5);
  return bytes;
}

function macText(mac: number): string {
  return (Buffer.from(macBytes(mac)).toString('hex').match(/../g) ?? []).join(':');
}

const v6 = (text: string): Uint8Array => Buffer.from(text, 'hex');
const neighbour4 = Uint8Array.of(10, 255, 2, 2);
const neighbour6 = v6('fd000000000000020000000000000002');

type L3Interface = MessageInitShape<typeof L3InterfaceSchema>;
type Lists = Pick<L3Interface, 'aclInIpv4' | 'aclOutIpv4'>;
type Attachment = NonNullable<L3Interface['attachment']>;

/** VRF `bench`, an interface on each side, a neighbour behind the second and a group `bench` through it. */
export function routing(
  attachments: readonly [Attachment, Attachment],
  more: readonly [Lists, Lists] = [{}, {}],
): EngineOperation[] {
  const face = (name: string, side: 0 | 1): EngineOperation => ({
    case: 'setL3Interface',
    value: {
      name,
      vrf: 'bench',
      attachment: attachments[side],
      enabled: true,
      ipv4: true,
      ipv6: true,
      mac: macBytes(side === 0 ? routerMac : routerMacOut),
      addresses: [
        { address: Uint8Array.of(10, 255, side + 1, 1), prefixLength: 24 },
        { address: v6(`fd0000000000000${side + 1}0000000000000001`), prefixLength: 64 },
      ],
      ...more[side],
    },
  });
  const neighbour = (name: string, address: Uint8Array): EngineOperation => ({
    case: 'setStaticNeighbour',
    value: { name, interface: 'out', address, mac: macBytes(neighbourMac) },
  });
  return [
    { case: 'setVrf', value: { name: 'bench', routeLimit: 1_500_000 } },
    face('in', 0),
    face('out', 1),
    neighbour('ipv4', neighbour4),
    neighbour('ipv6', neighbour6),
    ...[neighbour4, neighbour6].map(
      (gateway): EngineOperation => ({
        case: 'setNextHopGroup',
        value: { name: `bench${gateway.length}`, vrf: 'bench', nextHops: [{ interface: 'out', gateway }] },
      }),
    ),
  ];
}

/** Logical ports without tags on the two ports. */
export const untagged: readonly EngineOperation[] = [
  { case: 'setLogicalPort', value: { name: 'a', port: 'a', enabled: true } },
  { case: 'setLogicalPort', value: { name: 'b', port: 'b', enabled: true } },
];

export const onPorts: readonly [Attachment, Attachment] = [
  { case: 'logicalPort', value: 'a' },
  { case: 'logicalPort', value: 'b' },
];

export const defaultRoute: Route = { address: new Uint8Array(4), length: 0 };

const openflowForward = `dec_ttl,set_field:${macText(routerMacOut)}->eth_src,set_field:${macText(neighbourMac)}->eth_dst`;
export const openflowRouted = `${openflowForward},output:2`;

function openflowRoutes(routes: readonly Route[]): string[] {
  const [protocol, field] = routes[0]?.address.length === 16 ? ['ipv6', 'ipv6_dst'] : ['ip', 'nw_dst'];
  return routes.map(
    ({ address, length }) =>
      `priority=${length},${protocol},${field}=${addressText(address)}/${length},actions=${openflowRouted}`,
  );
}

function* routed4(routes: readonly Route[], count: number): Generator<Buffer> {
  const random = new Xorshift(0x5eed_0004n);
  for (let n = 0; n < count; n += 1) {
    const route = routes[random.below(routes.length)] ?? defaultRoute;
    const destination = Buffer.from(within(route, random)).readUInt32BE(0);
    yield udpFrame({
      sourceMac: hostMac,
      destinationMac: routerMac,
      sourceAddress: 0x0aff0102,
      destinationAddress: destination,
    });
  }
}

function* routed6(routes: readonly Route[], count: number): Generator<Buffer> {
  const random = new Xorshift(0x5eed_0006n);
  const sourceAddress = v6('fd000000000000010000000000000002');
  for (let n = 0; n < count; n += 1) {
    const route = routes[random.below(routes.length)] ?? { address: new Uint8Array(16), length: 0 };
    yield udp6Frame({
      sourceMac: hostMac,
      destinationMac: routerMac,
      sourceAddress,
      destinationAddress: within(route, random),
    });
  }
}

/** Made once, when it is first asked for: a million prefixes take their time. */
function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function ip4(id: string, what: string, count: number): Workload {
  const routes = once(() => prefixes4(new Xorshift(0x0bad_cafe_0000_0004n), count));
  return {
    id,
    what,
    packets: { a: () => routed4(routes(), 1_000_000) },
    objects: () => [...untagged, ...routing(onPorts)],
    routes,
    // A million OpenFlow rules take Open vSwitch minutes and gigabytes.
    ...(count > 100_000 ? {} : { openflow: () => openflowRoutes(routes()) }),
  };
}

function ip6(id: string, what: string, count: number): Workload {
  const routes = once(() => prefixes6(new Xorshift(0x0bad_cafe_0000_0006n), count));
  return {
    id,
    what,
    packets: { a: () => routed6(routes(), 1_000_000) },
    objects: () => [...untagged, ...routing(onPorts)],
    routes,
    openflow: () => openflowRoutes(routes()),
  };
}

const oneRoute: Workload = {
  id: 'ip4-1',
  what: 'IPv4, 1 route, 1 flow',
  packets: {
    a: () => [
      udpFrame({
        sourceMac: hostMac,
        destinationMac: routerMac,
        sourceAddress: 0x0aff0102,
        destinationAddress: 0x14000001,
      }),
    ],
  },
  objects: () => [...untagged, ...routing(onPorts)],
  routes: () => [defaultRoute],
  openflow: () => [`ip,actions=${openflowRouted}`],
};

export const ipWorkloads: readonly Workload[] = [
  oneRoute,
  ip4('ip4-10k', 'IPv4, 10,000 prefixes, 1 million destinations', 10_000),
  ip4('ip4-1m', 'IPv4, 1 million prefixes, 1 million destinations', 1_000_000),
  ip6('ip6-10k', 'IPv6, 10,000 prefixes, 1 million destinations', 10_000),
];
