/** Random configurations of everything that the engine acts on; valid ones, as validation would leave them. */
import type { Rows } from './schema.ts';

/** A generator of numbers that a seed repeats (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

const PORTS = ['a', 'b', 'c'];
const VLANS = ['10', '20', '30'];
const DOMAINS = ['x', 'y'];
const VRFS = ['red', 'default'];

/** `devices`: the leaves below `port` that bind a port to a device; rings need nothing of the machine. */
export function randomConfiguration(
  random: () => number,
  devices: readonly string[] = ['af-packet', 'af-xdp', 'ring'],
): Rows {
  const rows: Record<string, Record<string, string>> = {};
  const chance = (probability: number): boolean => random() < probability;
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const iface = (name: string): string => `/ietf-interfaces:interfaces/interface[name='${name}']`;
  const domain = (name: string): string => `/sluice-bridge-domains:bridge-domains/bridge-domain[name='${name}']`;
  const interfaces: string[] = [];
  const ports: string[] = [];
  for (const port of PORTS) {
    if (chance(0.2)) continue;
    const row: Record<string, string> = { type: 'iana-if-type:ethernetCsmacd' };
    if (chance(0.3)) row['enabled'] = pick(['true', 'false']);
    if (chance(0.7)) row[`sluice-interfaces:port/${pick(devices)}`] = `veth-${port}`;
    if (chance(0.3)) row['sluice-interfaces:port/mtu'] = pick(['1500', '9000']);
    rows[iface(port)] = row;
    interfaces.push(port);
    ports.push(port);
  }
  if (ports.length === 0) return rows;
  for (const name of ['s1', 's2', 's3', 's4', 's5']) {
    if (chance(0.3)) continue;
    // Each name has an own VLAN, so that no two have one tag.
    const vlan = String(100 + Number(name.slice(1)));
    rows[iface(name)] = {
      type: 'iana-if-type:l2vlan',
      'sluice-interfaces:parent-interface': pick(ports),
      'sluice-interfaces:encapsulation/outer-vlan-id': vlan,
      ...(chance(0.3) ? { 'sluice-interfaces:encapsulation/inner-vlan-id': pick(['7', 'none']) } : {}),
      ...(chance(0.3) ? { enabled: pick(['true', 'false']) } : {}),
      ...(chance(0.3)
        ? {
            'sluice-interfaces:vlan-rewrite/action': 'translate',
            'sluice-interfaces:vlan-rewrite/tags/outer-vlan-id': '4',
          }
        : {}),
    };
    interfaces.push(name);
  }
  const free = new Set(interfaces);
  for (const name of DOMAINS) {
    if (chance(0.2)) continue;
    rows[domain(name)] = chance(0.5) ? { 'ageing-time': pick(['10', '300']), learning: pick(['true', 'false']) } : {};
    const members = [...free].filter(() => chance(0.5));
    for (const member of members) {
      free.delete(member);
      rows[`${domain(name)}/member[interface='${member}']`] = chance(0.5)
        ? { 'split-horizon-group': pick(['1', '2']) }
        : {};
    }
    for (const octet of ['01', '02', '03']) {
      if (members.length === 0 || chance(0.5)) continue;
      rows[`${domain(name)}/static-mac[mac-address='02:00:00:00:00:${octet}']`] = { interface: pick(members) };
    }
  }
  routing(rows, { chance, pick, iface, free: [...free], isPlannedOnly: devices.length > 1 });
  if (chance(0.3)) {
    rows['/sluice-forwarding:forwarding'] = {
      'flow-cache/enabled': pick(['true', 'false']),
      'mac-limit': pick(['100', '200']),
    };
  }
  for (const port of ports) {
    for (const vlan of [...VLANS, 'untagged']) {
      if (chance(0.4)) rows[`/sluice-block-points:block-points/block-point[port='${port}'][vlan-id='${vlan}']`] = {};
    }
    const entry = `/sluice-ce-notification:ce-notifications/ce-notification[port='${port}']`;
    if (chance(0.5)) continue;
    rows[entry] = chance(0.5)
      ? { 'mvrp/enabled': pick(['true', 'false']), 'mac-move/mac-limit': pick(['10', '20']) }
      : {};
    for (const offset of ['0', '50', '700']) if (chance(0.2)) rows[`${entry}/mac-move/offset[.='${offset}']`] = {};
  }
  return rows;
}

interface Choices {
  readonly chance: (probability: number) => boolean;
  readonly pick: <T>(list: readonly T[]) => T;
  readonly iface: (name: string) => string;
  /** Ports and sub-interfaces in no bridge domain. */
  readonly free: readonly string[];
  /** Whether no engine acts on it: devices of the kernel may be asked for. */
  readonly isPlannedOnly: boolean;
}

/** VRFs, IRB interfaces and loopbacks, addresses, neighbours. */
function routing(
  rows: Record<string, Record<string, string>>,
  { chance, pick, iface, free, isPlannedOnly }: Choices,
): void {
  const vrfs = VRFS.filter(() => chance(0.6));
  for (const name of vrfs) {
    rows[`/ietf-network-instance:network-instances/network-instance[name='${name}']`] = chance(0.4)
      ? { enabled: pick(['true', 'false']), 'sluice-ip:route-limit': pick(['100', '2000']) }
      : {};
  }
  const routers = free.filter(() => chance(0.6));
  const rest = free.filter((name) => !routers.includes(name));
  while (rest.length >= 2) {
    const [a = '', b = ''] = rest.splice(0, 2);
    const path = `/sluice-cross-connects:cross-connects/cross-connect[name='${pick(['c', 'd'])}']`;
    if (chance(0.5)) rows[path] = { 'interface-a': a, 'interface-b': b };
  }
  for (const name of DOMAINS) {
    if (rows[`/sluice-bridge-domains:bridge-domains/bridge-domain[name='${name}']`] === undefined || chance(0.4))
      continue;
    rows[iface(`irb-${name}`)] = { type: 'iana-if-type:l3ipvlan', 'sluice-ip:bridge-domain': name };
    routers.push(`irb-${name}`);
  }
  if (chance(0.6)) {
    rows[iface('lo')] = { type: 'iana-if-type:softwareLoopback' };
    routers.push('lo');
  }
  const filters = policing(rows, { chance, pick });
  for (const [index, name] of routers.entries()) {
    const row = rows[iface(name)];
    if (row === undefined) continue;
    const policer = chance(0.3) ? filters.policers[0] : undefined;
    delete row['sluice-interfaces:vlan-rewrite/action'];
    delete row['sluice-interfaces:vlan-rewrite/tags/outer-vlan-id'];
    const [vrf] = vrfs;
    if (vrf !== undefined && chance(0.5)) row['ietf-network-instance:bind-ni-name'] = pick(vrfs);
    if (chance(0.3)) row['sluice-ip:ip-options/neighbor-limit'] = pick(['10', '20']);
    if (isPlannedOnly && chance(0.2)) rows[`${iface(name)}/sluice-ip:ip-options/tap`] = { device: `tap${index}` };
    for (const [family, address, length] of [
      ['ipv4', `10.${index}.0.1`, '24'],
      ['ipv6', `2001:db8:${index}::1`, '64'],
    ] as const) {
      if (chance(0.3)) continue;
      const path = `${iface(name)}/ietf-ip:${family}`;
      if (policer !== undefined) row[`sluice-policers:policing/${pick(['ingress', 'egress'])}`] = policer;
      const list = filters.lists.find((one) => one.startsWith(family) && chance(0.5));
      if (list !== undefined) {
        const place = `/ietf-access-control-list:acls/attachment-points/interface[interface-id='${name}']`;
        rows[place] = {};
        rows[`${place}/${pick(['ingress', 'egress'])}/acl-sets/acl-set[name='${list}']`] = {};
      }
      rows[path] = {
        ...(chance(0.2) ? { enabled: pick(['true', 'false']) } : {}),
        ...(chance(0.2) ? { 'sluice-ip:unicast-rpf': pick(['strict', 'loose', 'off']) } : {}),
      };
      if (chance(0.8)) rows[`${path}/address[ip='${address}']`] = { 'prefix-length': length };
      const neighbour = address.replace(/1$/, '9');
      if (isPlannedOnly && chance(0.4) && name !== 'lo') {
        rows[`${path}/neighbor[ip='${neighbour}']`] = {
          'link-layer-address': pick(['02:00:00:00:00:09', '02:00:00:00:00:0a']),
        };
      }
      const router = `${path}/ietf-vrrp:vrrp/vrrp-instance[vrid='${pick(['1', '2'])}']`;
      if (isPlannedOnly && chance(0.4) && name !== 'lo') {
        rows[router] = { version: 'ietf-vrrp:vrrp-v3', priority: pick(['100', '200']) };
        const virtual = family === 'ipv4' ? pick([address, neighbour]) : 'fe80::1';
        if (chance(0.8))
          rows[`${router}/virtual-${family}-addresses/virtual-${family}-address[${family}-address='${virtual}']`] = {};
        if (chance(0.4)) rows[`${router}/track/interfaces/interface[interface='${pick(routers)}']`] = {};
      }
    }
    if (isPlannedOnly && chance(0.2) && name !== 'lo') {
      rows[`${iface(name)}/sluice-dhcp-relay:dhcp-relay`] = chance(0.5) ? { 'max-hops': '4' } : {};
      rows[`${iface(name)}/sluice-dhcp-relay:dhcp-relay/server[.='192.0.2.${pick(['1', '2'])}']`] = {};
    }
    if (isPlannedOnly && chance(0.2)) {
      const kind =
        name.startsWith('irb') || name === 'lo' ? 'router-interface' : pick(['logical-port', 'router-interface']);
      rows[`/sluice-observation:observation-points/observation-point[name='${pick(['o', 'q'])}']`] = {
        [kind]: name,
        device: 'o0',
      };
    }
  }
  if (isPlannedOnly && chance(0.3)) {
    rows["/sluice-control-plane-policers:control-plane-policers/policer[class='arp']"] = {
      'packets-per-second': pick(['1', '2']),
    };
  }
  if (isPlannedOnly) staticRoutes(rows, { chance, pick }, [...vrfs, undefined], routers);
}

/** Static routes of some of the VRFs (undefined: of the default one), with few next hops, so that groups are shared. */
function staticRoutes(
  rows: Record<string, Record<string, string>>,
  { chance, pick }: Pick<Choices, 'chance' | 'pick'>,
  vrfs: readonly (string | undefined)[],
  routers: readonly string[],
): void {
  const protocols = '/ietf-routing:routing/control-plane-protocols/control-plane-protocol';
  const interfaces = routers.filter((name) => name !== 'lo');
  for (const vrf of vrfs) {
    // The default VRF is named or not, never twice.
    if (chance(0.3) || (vrf === undefined && vrfs.includes('default'))) continue;
    const protocol = `${protocols}[type='ietf-routing:static'][name='${pick(['one', 'two'])}-${vrf ?? ''}']`;
    rows[protocol] = vrf === undefined ? {} : { 'sluice-routing:network-instance': vrf };
    for (const [family, prefix, gateways] of [
      ['ipv4', '198.51.100.0/24', ['10.0.0.7', '10.0.0.8']],
      ['ipv4', '203.0.113.0/24', ['10.0.0.7', '10.0.0.8']],
      ['ipv4', '0.0.0.0/0', ['10.0.0.7']],
      ['ipv6', '2001:db8:a::/48', ['2001:db8::7', 'fe80::7']],
      ['ipv6', '::/0', ['2001:db8::7']],
    ] as const) {
      if (chance(0.3)) continue;
      const route = `${protocol}/static-routes/ietf-${family}-unicast-routing:${family}/route[destination-prefix='${prefix}']`;
      rows[route] = chance(0.2) ? { 'sluice-routing:preference': '5' } : {};
      const gateway = (): Record<string, string> => {
        const address = pick(gateways);
        const [iface] = interfaces;
        const needsInterface = address.startsWith('fe80');
        if (iface === undefined) return { 'next-hop-address': needsInterface ? gateways[0] : address };
        return needsInterface || chance(0.5)
          ? { 'next-hop-address': address, 'outgoing-interface': pick(interfaces) }
          : { 'next-hop-address': address };
      };
      if (chance(0.2)) rows[route] = { 'next-hop/special-next-hop': pick(['blackhole', 'unreachable']) };
      else if (chance(0.4)) {
        for (const [name, value] of Object.entries(gateway()))
          (rows[route] as Record<string, string>)[`next-hop/${name}`] = value;
      } else {
        for (const index of ['a', 'b', 'c']) {
          if (index !== 'a' && chance(0.4)) continue;
          rows[`${route}/next-hop/next-hop-list/next-hop[index='${index}']`] = {
            ...gateway(),
            ...(chance(0.2) ? { 'sluice-routing:weight': pick(['1', '3']) } : {}),
          };
        }
      }
    }
  }
}

/** Policers and access lists; the lists' names begin with their family. */
function policing(
  rows: Record<string, Record<string, string>>,
  { chance, pick }: Pick<Choices, 'chance' | 'pick'>,
): { readonly policers: readonly string[]; readonly lists: readonly string[] } {
  const policers = ['slow', 'fast'].filter(() => chance(0.5));
  const lists = ['ipv4-a', 'ipv4-b', 'ipv6-a'].filter(() => chance(0.5));
  for (const name of policers) {
    rows[`/sluice-policers:policers/policer[name='${name}']`] = {
      'committed-rate': pick(['1000000', '2000000']),
      'committed-burst': '20000',
      ...(chance(0.5) ? { 'excess-burst': '10000' } : {}),
    };
  }
  for (const name of lists) {
    const list = `/ietf-access-control-list:acls/acl[name='${name}']`;
    rows[list] = { type: `ietf-access-control-list:${name.slice(0, 4)}-acl-type` };
    for (const entry of ['one', 'two', 'three']) {
      if (chance(0.4)) continue;
      const action = pick(['accept', 'drop', 'reject']);
      rows[`${list}/aces/ace[name='${entry}']`] = {
        'actions/forwarding': `ietf-access-control-list:${action}`,
        ...(chance(0.5) ? { 'matches/udp/destination-port/port': pick(['53', '123']) } : {}),
        ...(action === 'accept' && policers[0] !== undefined && chance(0.4)
          ? { 'actions/sluice-policers:policer': policers[0] }
          : {}),
      };
    }
  }
  return { policers, lists };
}
