/** IP-MIB (RFC 4293) and IP-FORWARD-MIB (RFC 4292), of the default network instance. */
import { type Oid, oid } from '../agentx/oid.ts';
import type { Value } from '../agentx/pdu.ts';
import type { InterfaceRow } from '../state/interfaces.ts';
import type { AddressRow, IpRows, NeighbourRow, RouteRow } from '../state/ip.ts';
import { interfaceNumbers } from './interface-numbers.ts';
import { memo } from './memo.ts';
import { inOrderOnce, type MibSubtree, scalars, Table } from './objects.ts';
import { gauge32, integer, objectId, physAddress, timeTicks } from './value.ts';

const IP = oid('1.3.6.1.2.1.4');
const IP_ADDR_ENTRY = oid('1.3.6.1.2.1.4.20.1');
const NET_TO_MEDIA_ENTRY = oid('1.3.6.1.2.1.4.22.1');
const FORWARD = oid('1.3.6.1.2.1.4.24');
const ROUTE_ENTRY = oid('1.3.6.1.2.1.4.24.7.1');
const ADDRESS_ENTRY = oid('1.3.6.1.2.1.4.34.1');
const NET_TO_PHYSICAL_ENTRY = oid('1.3.6.1.2.1.4.35.1');

const FORWARDING = 1;
const HOP_LIMIT = 64;
const ROW_ACTIVE = 1;
const VOLATILE = 2;
const UNICAST = 1;

const ADDRESS_ORIGINS: Readonly<Record<string, number>> = { static: 2, dhcp: 4, 'link-layer': 5, random: 6 };
const ADDRESS_STATUS: Readonly<Record<string, number>> = {
  preferred: 1,
  deprecated: 2,
  invalid: 3,
  inaccessible: 4,
  unknown: 5,
  tentative: 6,
  duplicate: 7,
  optimistic: 8,
};
const NEIGHBOUR_STATES: Readonly<Record<string, number>> = {
  reachable: 1,
  stale: 2,
  delay: 3,
  probe: 4,
  incomplete: 7,
};
const UNKNOWN_NEIGHBOUR = 6;
const NEIGHBOUR_DYNAMIC = 3;
const NEIGHBOUR_STATIC = 4;
/** inetCidrRouteType. */
const ROUTE_TYPES: Readonly<Record<string, number>> = { unreachable: 2, prohibit: 2, receive: 3, blackhole: 5 };
const LOCAL = 3;
const REMOTE = 4;
/** IANAipRouteProtocol. */
const PROTOCOLS: Readonly<Record<string, number>> = { direct: 2, static: 3, ospf: 13, bgp: 14, isis: 9, rip: 8 };
const OTHER = 1;

export interface IpMibSource {
  readonly interfaces: () => readonly InterfaceRow[];
  readonly ip: () => IpRows;
  readonly routes: () => readonly RouteRow[];
}

/** InetAddressType and InetAddress as an index (RFC 4001), behind what is there. */
function inetIndex(address: Uint8Array, index: number[] = []): number[] {
  index.push(inetType(address), address.length);
  for (const octet of address) index.push(octet);
  return index;
}
/** ipv4, ipv6; unknown where there is none. */
const inetType = (address: Uint8Array): number => (address.length === 4 ? 1 : address.length === 16 ? 2 : 0);

export function ipMib({ interfaces, ip, routes }: IpMibSource): readonly MibSubtree[] {
  const known = interfaceNumbers(interfaces);
  const numberOf = (name: string | undefined): number => known(name) ?? 0;
  const addresses = memo(ip, (all) =>
    inOrderOnce(all.addresses.map((row) => ({ index: inetIndex(row.address), row }))),
  );
  const v4 = memo(ip, (all) =>
    inOrderOnce(all.addresses.filter(isIpv4).map((row) => ({ index: [...row.address], row }))),
  );
  const neighbours = memo(ip, (all) =>
    inOrderOnce(all.neighbours.map((row) => ({ index: inetIndex(row.address, [numberOf(row.interface)]), row }))),
  );
  const arp = memo(ip, (all) =>
    inOrderOnce(
      all.neighbours.filter(isIpv4).map((row) => ({ index: [numberOf(row.interface), ...row.address], row })),
    ),
  );
  const forwards = memo(routes, (all) => inOrderOnce(all.map((row) => ({ index: routeIndex(row, numberOf), row }))));
  const neighbourType = ({ origin }: NeighbourRow): Value =>
    integer(origin === 'static' ? NEIGHBOUR_STATIC : NEIGHBOUR_DYNAMIC);
  return [
    ...scalars(IP, {
      1: () => integer(FORWARDING),
      2: () => integer(HOP_LIMIT),
      25: () => integer(FORWARDING),
      26: () => integer(HOP_LIMIT),
    }),
    new Table<AddressRow>(
      IP_ADDR_ENTRY,
      [
        { number: 1, value: ({ address }) => ({ type: 'ipAddress', value: address }) },
        { number: 2, value: (row) => integer(numberOf(row.interface)) },
        { number: 3, value: ({ prefixLength }) => ({ type: 'ipAddress', value: netmask(prefixLength) }) },
        { number: 4, value: () => integer(1) },
        { number: 5, value: () => integer(65_535) },
      ],
      v4,
    ),
    new Table<NeighbourRow>(
      NET_TO_MEDIA_ENTRY,
      [
        { number: 1, value: (row) => integer(numberOf(row.interface)) },
        { number: 2, value: (row) => physAddress(row.physAddress) },
        { number: 3, value: ({ address }) => ({ type: 'ipAddress', value: address }) },
        { number: 4, value: neighbourType },
      ],
      arp,
    ),
    ...scalars(FORWARD, { 6: () => gauge32(routes().length) }),
    new Table<RouteRow>(
      ROUTE_ENTRY,
      [
        { number: 7, value: (row) => integer(numberOf(row.interface)) },
        { number: 8, value: (row) => integer(routeType(row)) },
        { number: 9, value: ({ protocol }) => integer(PROTOCOLS[protocol] ?? OTHER) },
        { number: 10, value: ({ updatedMs }) => gauge32(ageSeconds(updatedMs)) },
        { number: 11, value: () => gauge32(0) },
        { number: 12, value: ({ preference }) => integer(preference) },
        ...[13, 14, 15, 16].map((number) => ({ number, value: () => integer(-1) })),
        { number: 17, value: () => integer(ROW_ACTIVE) },
      ],
      forwards,
    ),
    new Table<AddressRow>(
      ADDRESS_ENTRY,
      [
        { number: 3, value: (row) => integer(numberOf(row.interface)) },
        { number: 4, value: () => integer(UNICAST) },
        { number: 5, value: () => objectId([0, 0]) },
        { number: 6, value: ({ origin }) => integer(ADDRESS_ORIGINS[origin] ?? OTHER) },
        { number: 7, value: ({ status }) => integer(ADDRESS_STATUS[status] ?? 5) },
        { number: 8, value: () => timeTicks(0) },
        { number: 9, value: () => timeTicks(0) },
        { number: 10, value: () => integer(ROW_ACTIVE) },
        { number: 11, value: () => integer(VOLATILE) },
      ],
      addresses,
    ),
    new Table<NeighbourRow>(
      NET_TO_PHYSICAL_ENTRY,
      [
        { number: 4, value: (row) => physAddress(row.physAddress) },
        { number: 5, value: () => timeTicks(0) },
        { number: 6, value: neighbourType },
        {
          number: 7,
          value: ({ state }) =>
            integer(state === undefined ? UNKNOWN_NEIGHBOUR : (NEIGHBOUR_STATES[state] ?? UNKNOWN_NEIGHBOUR)),
        },
        { number: 8, value: () => integer(ROW_ACTIVE) },
      ],
      neighbours,
    ),
  ];
}

const isIpv4 = ({ address }: { readonly address: Uint8Array }): boolean => address.length === 4;

/** Destination, prefix length, policy (the interface tells next hops on links apart), next hop: RFC 4292. */
function routeIndex(row: RouteRow, numberOf: (name: string | undefined) => number): Oid {
  const index = inetIndex(row.prefix);
  index.push(row.length, 2, 0, numberOf(row.interface));
  return inetIndex(row.nextHop, index);
}

function routeType({ special, nextHop }: RouteRow): number {
  if (special !== undefined) return ROUTE_TYPES[special] ?? OTHER;
  return nextHop.length === 0 ? LOCAL : REMOTE;
}

function ageSeconds(sinceMs: number | undefined): number {
  return sinceMs === undefined ? 0 : Math.max(0, Math.floor((Date.now() - sinceMs) / 1000));
}

function netmask(length: number): Uint8Array {
  const mask = Buffer.alloc(4);
  mask.writeUInt32BE(length === 0 ? 0 : (0xffff_ffff << (32 - length)) >>> 0);
  return mask;
}
