/** sluice-evpn as values. */
import { addressBytes } from '../../address.ts';
import type { Entry } from '../../entry.ts';
import { hasVlan, NO_VLANS, union, type VlanSet, vlansOf } from '../decision/vlan-set.ts';
import { vlansOfRanges } from '../vlan-ranges.ts';
import { routeTarget } from './communities.ts';
import type { Evi } from './segment.ts';

export interface Neighbor {
  readonly entry: Entry;
  readonly address: string;
  readonly isEnabled: boolean;
  readonly as: number;
  readonly isPassive: boolean;
  readonly port: number;
  readonly holdSeconds: number;
  readonly retrySeconds: number;
}

export interface BgpConfiguration {
  readonly entry: Entry;
  readonly as: number;
  /** An IPv4 address; undefined: none is configured, and the local address is none. */
  readonly identifier: string | undefined;
  readonly localPort: number;
  readonly neighbors: readonly Neighbor[];
}

export interface EvpnInstance {
  readonly entry: Entry;
  readonly evi: number;
  readonly isBundle: boolean;
  readonly vlans: VlanSet;
  readonly rdNumber: number;
  /** undefined: the text is none. */
  readonly routeTarget: string | undefined;
  readonly label: number;
}

export interface SegmentEvpn {
  readonly entry: Entry;
  readonly rdNumber: number;
  readonly expected: readonly string[];
  readonly settleMs: number;
  readonly instances: readonly EvpnInstance[];
}

/** `edge`: the provider edge. */
export function bgpOf(edge: Entry, localAddress: string): BgpConfiguration | undefined {
  const entry = edge.presence('sluice-evpn:bgp');
  if (entry === undefined) return undefined;
  return {
    entry,
    as: entry.number('as'),
    identifier: entry.value('identifier') ?? (localAddress.includes(':') ? undefined : localAddress),
    localPort: entry.number('local-port'),
    neighbors: entry.list('neighbor').map((neighbor) => ({
      entry: neighbor,
      address: neighbor.name,
      isEnabled: neighbor.value('enabled') === 'true',
      as: neighbor.number('peer-as'),
      isPassive: neighbor.value('transport/passive-mode') === 'true',
      port: neighbor.number('transport/remote-port'),
      holdSeconds: neighbor.number('timers/hold-time'),
      retrySeconds: neighbor.number('timers/connect-retry-interval'),
    })),
  };
}

/** undefined: foreign PEs are told nothing of the segment. */
export function segmentEvpnOf(segment: Entry, as: number): SegmentEvpn | undefined {
  const entry = segment.presence('sluice-evpn:evpn');
  if (entry === undefined) return undefined;
  const instances = entry.list('evpn-instance').map((instance) => instanceOf(instance, as));
  return {
    entry,
    rdNumber: entry.number('rd-suffix'),
    expected: entry.values('expected-peer'),
    settleMs: entry.number('foreign-settle-time'),
    instances,
  };
}

function instanceOf(entry: Entry, as: number): EvpnInstance {
  const evi = Number(entry.name);
  const target = entry.value('route-target');
  return {
    entry,
    evi,
    isBundle: entry.value('service-interface-type') === 'vlan-aware-bundle',
    vlans: vlansOfRanges(entry.values('vlan')),
    rdNumber: Number(entry.value('rd-suffix') ?? evi),
    routeTarget: target === undefined ? routeTarget(as, evi) : routeTargetOf(target),
    label: entry.number('label'),
  };
}

/** One for each VLAN of the segment, ascending. `vlans`: all of them. */
export function evisOf({ instances }: Pick<SegmentEvpn, 'instances'>, vlans: VlanSet, as: number): readonly Evi[] {
  const evis: Evi[] = [];
  const placed = instances.reduce<VlanSet>((all, instance) => union(all, instance.vlans), NO_VLANS);
  for (const vlan of vlansOf(vlans)) {
    if (hasVlan(placed, vlan)) continue;
    evis.push({ vlan, routeTarget: routeTarget(as, vlan), tag: 0, rdNumber: vlan, label: 0 });
  }
  for (const { vlans: its, isBundle, routeTarget: target, rdNumber, label } of instances) {
    if (target === undefined) continue;
    for (const vlan of vlansOf(its)) {
      if (!hasVlan(vlans, vlan)) continue;
      evis.push({ vlan, routeTarget: target, tag: isBundle ? vlan : 0, rdNumber, label });
    }
  }
  return evis.sort((a, b) => a.vlan - b.vlan);
}

/** The text of a `route-target` (RFC 8294) as 16 hexadecimal digits; undefined: a number that does not fit its place. */
export function routeTargetOf(text: string): string | undefined {
  const [type = '', administrator = '', assigned = ''] = text.split(':');
  const octets = Buffer.from([Number(type), ROUTE_TARGET, 0, 0, 0, 0, 0, 0]);
  const number = Number(assigned);
  if (type === '0') {
    if (Number(administrator) > 0xffff || number > 0xffff_ffff) return undefined;
    octets.writeUInt16BE(Number(administrator), 2);
    octets.writeUInt32BE(number, 4);
    return octets.toString('hex');
  }
  if (number > 0xffff) return undefined;
  if (type === '1') {
    if (administrator.split('.').some((octet) => Number(octet) > 255)) return undefined;
    octets.set(addressBytes(administrator), 2);
  } else {
    if (Number(administrator) > 0xffff_ffff) return undefined;
    octets.writeUInt32BE(Number(administrator), 2);
  }
  octets.writeUInt16BE(number, 6);
  return octets.toString('hex');
}

/** Sub-type of the extended community (RFC 4360 section 4). */
const ROUTE_TARGET = 0x02;
