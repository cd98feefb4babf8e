/** Addresses, neighbours and the default RIBs, from the operational datastore. */
import type { KeySpace } from '../../../datastore/key/key.ts';
import { addressBytes } from '../../../features/address.ts';
import { Entry } from '../../../features/entry.ts';
import { interestIn } from './interest.ts';
import type { ReadOperational } from './interfaces.ts';
import { timeOf } from './time.ts';

const INTERFACES = '/ietf-interfaces:interfaces';
const INTERFACE = `${INTERFACES}/interface`;
const ROUTING = '/ietf-routing:routing';
const RIB = `${ROUTING}/ribs/rib`;
/** Of the default network instance: a MIB without contexts has no place for others. */
const DEFAULT_RIBS = ['ipv4-default', 'ipv6-default'];

/** What is read in one go: the event loop turns in between. */
const INTERFACES_AT_ONCE = 50;
const ROUTES_AT_ONCE = 100;

export interface AddressRow {
  readonly address: Uint8Array;
  readonly prefixLength: number;
  readonly interface: string;
  /** ietf-ip:ip-address-origin and address status. */
  readonly origin: string;
  readonly status: string;
}

export interface NeighbourRow {
  readonly interface: string;
  readonly address: Uint8Array;
  readonly physAddress: string | undefined;
  readonly origin: string;
  readonly state: string | undefined;
}

export interface RouteRow {
  readonly prefix: Uint8Array;
  readonly length: number;
  /** Empty: the destination is on the link. */
  readonly nextHop: Uint8Array;
  readonly interface: string | undefined;
  readonly special: string | undefined;
  readonly protocol: string;
  readonly preference: number;
  readonly updatedMs: number | undefined;
}

export interface IpRows {
  readonly addresses: readonly AddressRow[];
  readonly neighbours: readonly NeighbourRow[];
}

export async function readIp(keys: KeySpace, read: ReadOperational): Promise<IpRows> {
  using reading = await read(
    ['ietf-ip:ipv4', 'ietf-ip:ipv6'].map((family) => interestIn(keys, `${INTERFACE}/${family}`)),
  );
  const addresses: AddressRow[] = [];
  const neighbours: NeighbourRow[] = [];
  let count = 0;
  for (const entry of Entry.top(keys, reading.view, INTERFACES).list('interface')) {
    if (++count % INTERFACES_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
    for (const family of ['ietf-ip:ipv4', 'ietf-ip:ipv6']) {
      const ip = entry.presence(family);
      for (const address of ip?.list('address') ?? []) {
        addresses.push({
          address: addressBytes(address.name),
          prefixLength: Number(address.value('prefix-length') ?? 0),
          interface: entry.name,
          origin: address.value('origin') ?? 'static',
          status: address.value(family === 'ietf-ip:ipv6' ? 'status' : 'sluice-ip:status') ?? 'preferred',
        });
      }
      for (const neighbour of ip?.list('neighbor') ?? []) {
        neighbours.push({
          interface: entry.name,
          address: addressBytes(neighbour.name),
          physAddress: neighbour.value('link-layer-address'),
          origin: neighbour.value('origin') ?? 'static',
          state: neighbour.value(family === 'ietf-ip:ipv6' ? 'state' : 'sluice-ip:state'),
        });
      }
    }
  }
  return { addresses, neighbours };
}

export async function readRoutes(keys: KeySpace, read: ReadOperational): Promise<readonly RouteRow[]> {
  const rib = interestIn(keys, RIB);
  using reading = await read(DEFAULT_RIBS.map((name) => ({ node: rib.node, keys: new Map([[RIB, [name]]]) })));
  const rows: RouteRow[] = [];
  let count = 0;
  for (const entry of Entry.top(keys, reading.view, ROUTING).list('ribs/rib')) {
    if (!DEFAULT_RIBS.includes(entry.name)) continue;
    const family = entry.name.startsWith('ipv6') ? 'ietf-ipv6-unicast-routing' : 'ietf-ipv4-unicast-routing';
    for (const route of entry.list('routes/route')) {
      if (++count % ROUTES_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
      if (route.value('active') !== undefined) rows.push(...rowsOf(route, family));
    }
  }
  return rows;
}

/** A row for each next hop. */
function rowsOf(route: Entry, family: string): RouteRow[] {
  const [prefix = '', length = '0'] = (route.value(`${family}:destination-prefix`) ?? '').split('/');
  const common = {
    prefix: addressBytes(prefix),
    length: Number(length),
    special: route.value('next-hop/special-next-hop'),
    protocol: (route.value('source-protocol') ?? '').replace(/^.*:/, ''),
    preference: Number(route.value('route-preference') ?? 0),
    updatedMs: timeOf(route.value('last-updated')),
  };
  const hop = (address: string | undefined, outgoing: string | undefined): RouteRow => ({
    ...common,
    nextHop: address === undefined ? new Uint8Array() : addressBytes(address),
    interface: outgoing,
  });
  const hops = route.list('next-hop/next-hop-list/next-hop');
  if (hops.length === 0) {
    return [hop(route.value(`next-hop/${family}:next-hop-address`), route.value('next-hop/outgoing-interface'))];
  }
  return hops.map((one) => hop(one.value(`${family}:address`), one.value('outgoing-interface')));
}
