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
