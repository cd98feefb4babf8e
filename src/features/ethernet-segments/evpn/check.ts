/** What YANG cannot say of sluice-evpn. */
import {
  countVlans,
  difference,
  hasVlan,
  intersection,
  isEmpty,
  NO_VLANS,
  union,
  type VlanSet,
  vlansText,
} from '../decision/vlan-set.ts';
import type { EthernetSegment, ProviderEdge } from '../model.ts';
import { type BgpConfiguration, evisOf, type SegmentEvpn } from './model.ts';

type Refuse = (
  path: string,
  message: string,
  more?: { readonly tag?: 'missing-element'; readonly appTag?: string },
) => void;

/** `checkVlans`: refuses ranges of a leaf-list `vlan` that are none or overlap; returns all of them. */
export function checkEvpn(
  edge: ProviderEdge,
  segments: Iterable<EthernetSegment>,
  refuse: Refuse,
  checkVlans: (entry: SegmentEvpn['entry']) => VlanSet,
): void {
  const { bgp } = edge;
  if (bgp !== undefined) checkBgp(edge, bgp, refuse);
  const taken = new TakenNumbers(refuse);
  for (const segment of segments) {
    const { evpn } = segment;
    if (evpn === undefined) continue;
    checkExpected(edge, segment, evpn, refuse);
    checkInstances(segment, evpn, refuse, checkVlans);
    if (bgp === undefined) refuse(evpn.entry.path(), 'EVPN needs the bgp of the provider-edge.');
    else taken.add(segment, evpn, bgp.as);
  }
}

function checkBgp({ localAddress, peers, foreign }: ProviderEdge, bgp: BgpConfiguration, refuse: Refuse): void {
  const { entry, identifier, neighbors } = bgp;
  const isIpv6 = localAddress.includes(':');
  if (identifier === undefined) {
    const message = 'The local-address is none of IPv4: BGP needs an identifier.';
    refuse(entry.path('identifier'), message, { tag: 'missing-element', appTag: 'no-identifier' });
  }
  for (const { entry: neighbor, address } of neighbors) {
    if (address === localAddress)
      refuse(neighbor.path(), 'This is the local-address.', { appTag: 'neighbor-is-local' });
    if (address.includes(':') !== isIpv6) {
      refuse(neighbor.path(), 'Sessions are from the local-address: it is of the same family.', {
        appTag: 'mixed-families',
      });
    }
  }
  const own = new Set(peers.map(({ address }) => address));
  for (const { entry: its, address } of foreign) {
    if (address === localAddress) refuse(its.path(), 'This is the local-address.', { appTag: 'peer-is-local' });
    if (own.has(address))
      refuse(its.path(), 'A peer of the provider-edge is no foreign PE.', { appTag: 'foreign-is-peer' });
    if (address.includes(':') !== isIpv6) {
      refuse(its.path(), 'The addresses of all PEs are of one family.', { appTag: 'mixed-families' });
    }
  }
}

function checkExpected({ peers }: ProviderEdge, { segment }: EthernetSegment, evpn: SegmentEvpn, refuse: Refuse): void {
  const own = new Set([segment.address, ...peers.map(({ address }) => address)]);
  for (const address of evpn.expected) {
    if (!own.has(address)) continue;
    const path = `${evpn.entry.path('expected-peer')}[.='${address}']`;
    refuse(path, 'This PE, or a peer of the provider-edge, is no foreign PE.', { appTag: 'foreign-is-peer' });
  }
}

function checkInstances(
  { vlans }: EthernetSegment,
  { instances }: SegmentEvpn,
  refuse: Refuse,
  checkVlans: (entry: SegmentEvpn['entry']) => VlanSet,
): void {
  let seen = NO_VLANS;
  for (const { entry, isBundle, routeTarget } of instances) {
    const own = checkVlans(entry);
    const path = entry.path();
    const others = difference(own, vlans);
    if (!isEmpty(others)) refuse(path, `VLANs that are not in the segment: ${vlansText(others)}.`);
    const twice = intersection(seen, own);
    if (!isEmpty(twice)) refuse(path, `VLANs of another instance: ${vlansText(twice)}.`, { appTag: 'vlan-twice' });
    seen = union(seen, own);
    if (!isBundle && countVlans(own) > 1) {
      const message = 'A vlan-based instance has one VLAN.';
      refuse(entry.path('service-interface-type'), message, { appTag: 'vlan-based' });
    }
    if (routeTarget === undefined) {
      refuse(entry.path('route-target'), 'A number of the route target does not fit its octets.');
    }
  }
}

/** One route target and tag is one VLAN, one route distinguisher one route target, in all segments. */
class TakenNumbers {
  readonly #refuse: Refuse;
  readonly #vlans = new Map<string, number>();
  readonly #targets = new Map<number, string>();

  constructor(refuse: Refuse) {
    this.#refuse = refuse;
  }

  add({ vlans }: EthernetSegment, evpn: SegmentEvpn, as: number): void {
    const { entry, instances } = evpn;
    const pathOf = (vlan: number): string =>
      (instances.find((instance) => hasVlan(instance.vlans, vlan))?.entry ?? entry).path();
    for (const { vlan, tag, routeTarget, rdNumber } of evisOf(evpn, vlans, as)) {
      const place = `${routeTarget} ${tag}`;
      const other = this.#vlans.get(place) ?? vlan;
      if (other !== vlan) {
        const message = `VLAN ${vlan} has the route target and the Ethernet tag of VLAN ${other}.`;
        this.#refuse(pathOf(vlan), message, { appTag: 'route-target-twice' });
      }
      this.#vlans.set(place, other);
      const target = this.#targets.get(rdNumber) ?? routeTarget;
      if (target !== routeTarget) {
        const message = `The route distinguisher of VLAN ${vlan}, number ${rdNumber}, is one of another route target.`;
        this.#refuse(pathOf(vlan), message, { appTag: 'rd-suffix-twice' });
      }
      this.#targets.set(rdNumber, target);
    }
  }
}
