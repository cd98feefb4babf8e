/** What YANG cannot say of ethernet segments, or only at the cost of asking all of them at every change. */
import type { KeySpace } from '../../datastore/key/key.ts';
import type { View } from '../../datastore/view/view.ts';
import type { ErrorTag, Fault } from '../../yang/fault.ts';
import type { Entry } from '../entry.ts';
import type { InterfaceModel } from '../interfaces/model.ts';
import { DEFAULT_VRF, NETWORK_INSTANCES } from '../ip/model.ts';
import { MAX_NAME_BYTES } from '../object-name.ts';
import { difference, intersection, isEmpty, NO_VLANS, union, type VlanSet, vlansText } from './decision/vlan-set.ts';
import { checkEvpn } from './evpn/check.ts';
import { sessionMaterial } from './material.ts';
import { bfdPeers, type EthernetSegment, type ProviderEdge, readSegments, SEGMENT } from './model.ts';
import { rangeOf, vlansOfRanges } from './vlan-ranges.ts';

type Refuse = (path: string, message: string, more?: { readonly tag?: ErrorTag; readonly appTag?: string }) => void;

export function checkSegments(keys: KeySpace, view: View, interfaces: InterfaceModel): readonly Fault[] {
  const faults: Fault[] = [];
  const refuse: Refuse = (path, message, { tag = 'invalid-value', appTag } = {}) => {
    faults.push({ type: 'application', tag, path, message, ...(appTag === undefined ? {} : { appTag }) });
  };
  const { edge, segments } = readSegments(keys, view);
  if (edge === undefined) {
    for (const key of segmentKeys(keys, view)) refuse(keys.path(key), 'An ethernet segment needs a provider-edge.');
    return faults;
  }
  const instances = new Set(networkInstances(keys, view));
  checkEdge(edge, instances, refuse);
  checkMaterial(keys, view, edge, refuse);
  checkEvpn(edge, segments.values(), refuse, (entry) => checkVlans(entry, refuse));
  for (const segment of segments.values()) {
    checkName(segment, refuse);
    checkVlans(segment.entry, refuse);
    checkPins(segment, refuse);
    checkPaths(segment, edge, refuse);
    checkClaimTime(segment, edge, refuse);
    const { redirect, entry, port } = segment;
    if (redirect !== undefined && !instances.has(redirect.vrf)) {
      refuse(entry.presence('redirect')?.path('network-instance') ?? entry.path(), NO_INSTANCE);
    }
    const found = interfaces.read(view, port);
    if (found?.kind === 'port' && found.bundle !== undefined) {
      refuse(entry.path('interface'), `${port} is a link of ${found.bundle}: the segment is on the bundle.`);
    }
  }
  return faults;
}

const NO_INSTANCE = 'There is no such network instance.';

function* segmentKeys(keys: KeySpace, view: View): Generator<string> {
  const node = keys.schema.find(SEGMENT);
  const top = node?.parent;
  if (node?.kind !== 'list' || top?.kind !== 'container') throw new Error(`the schema has no ${SEGMENT}`);
  for (const { key } of view.entries(keys.child('', top), node)) yield key;
}

function* networkInstances(keys: KeySpace, view: View): Generator<string> {
  yield DEFAULT_VRF;
  const top = keys.schema.find(NETWORK_INSTANCES);
  const node = keys.schema.find(`${NETWORK_INSTANCES}/network-instance`);
  if (node?.kind !== 'list' || top?.kind !== 'container') throw new Error(`the schema has no ${NETWORK_INSTANCES}`);
  for (const { key } of view.entries(keys.child('', top), node)) yield keys.valueOf(key, node);
}

/** Addresses of peers and targets, and how they are reached. */
function checkEdge(edge: ProviderEdge, instances: Set<string>, refuse: Refuse): void {
  const { localAddress, peers, targets } = edge;
  const isIpv6 = localAddress.includes(':');
  for (const { address, entry } of peers) {
    const path = entry.path();
    if (address === localAddress) refuse(path, 'This is the local-address.', { appTag: 'peer-is-local' });
    if (address.includes(':') !== isIpv6) {
      refuse(path, 'The addresses of all PEs are of one family.', { appTag: 'mixed-families' });
    }
  }
  for (const { entry, bfd } of bfdPeers(edge)) {
    if (bfd?.path.case === 'vrf' && !instances.has(bfd.path.value)) {
      refuse(entry.presence('bfd')?.path('network-instance') ?? entry.path(), NO_INSTANCE);
    }
  }
  const ofPeers = new Set(bfdPeers(edge).map(({ address }) => address));
  for (const { address, entry, bfd } of targets) {
    const path = entry.path();
    if (ofPeers.has(address)) {
      refuse(path, 'A peer is no target: its end would look like ours.', { appTag: 'target-is-peer' });
    }
    if (address === localAddress) refuse(path, 'This is the local-address.', { appTag: 'target-is-local' });
    if (bfd.path.case === 'interface') continue;
    if (!instances.has(bfd.path.value)) refuse(entry.path('network-instance'), NO_INSTANCE);
    if (address.includes(':') !== isIpv6) {
      const message = 'Over several hops the local-address is the source: it is of the same family.';
      refuse(path, message, { appTag: 'mixed-families' });
    }
  }
}

function checkMaterial(keys: KeySpace, view: View, edge: ProviderEdge, refuse: Refuse): void {
  const { asymmetricKey, certificate, authorities } = edge.session;
  const of = (leaf: string): string => edge.entry.path(`session/${leaf}`);
  if (asymmetricKey === undefined) {
    if (authorities !== undefined) refuse(of('peer-authorities'), 'Sessions need an asymmetric-key.');
    return;
  }
  if (certificate === undefined) refuse(of('asymmetric-key'), 'Sessions need a certificate of the key.');
  if (authorities === undefined) refuse(of('asymmetric-key'), 'Sessions need peer-authorities.');
  if (certificate === undefined || authorities === undefined) return;
  const material = sessionMaterial(keys, view, edge);
  if (material !== undefined && 'problem' in material) refuse(of(material.leaf), material.problem);
}

function checkName({ name, entry }: EthernetSegment, refuse: Refuse): void {
  const octets = Buffer.byteLength(name);
  if (octets <= MAX_NAME_BYTES) return;
  refuse(entry.path(), `The name has ${octets} octets in UTF-8; at most ${MAX_NAME_BYTES} are possible.`);
}

/** Ranges of a leaf-list: each is one, and no two share a VLAN. Returns all of them. */
function checkVlans(entry: Entry, refuse: Refuse): VlanSet {
  let seen = NO_VLANS;
  for (const text of entry.values('vlan')) {
    const path = `${entry.path('vlan')}[.='${text}']`;
    if (rangeOf(text) === undefined) {
      refuse(path, 'A range goes from a lower VLAN to a higher one, up to 4094.');
      continue;
    }
    const vlans = vlansOfRanges([text]);
    const twice = intersection(seen, vlans);
    if (!isEmpty(twice))
      refuse(path, `VLANs that are in the list before: ${vlansText(twice)}.`, { appTag: 'vlan-twice' });
    seen = union(seen, vlans);
  }
  return seen;
}

function checkPins({ entry, vlans, segment }: EthernetSegment, refuse: Refuse): void {
  let seen = NO_VLANS;
  for (const pin of entry.list('pin')) {
    const own = checkVlans(pin, refuse);
    if (pin.name !== segment.address && !segment.peers.includes(pin.name)) {
      refuse(pin.path(), 'A pin names this PE or a peer of the segment.', { appTag: 'not-of-the-segment' });
    }
    const foreign = difference(own, vlans);
    if (!isEmpty(foreign)) refuse(pin.path(), `VLANs that are not in the segment: ${vlansText(foreign)}.`);
    const twice = intersection(seen, own);
    if (!isEmpty(twice)) {
      refuse(pin.path(), `VLANs that are pinned to another PE: ${vlansText(twice)}.`, { appTag: 'vlan-twice' });
    }
    seen = union(seen, own);
  }
}

/** Two PEs that have neither path would both forward. */
function checkPaths({ entry, segment, probeKey }: EthernetSegment, { session }: ProviderEdge, refuse: Refuse): void {
  if (segment.peers.length === 0 || probeKey.length > 0 || session.asymmetricKey !== undefined) return;
  const message = 'PEs without sessions know of each other by probes alone: a probe-key is missing.';
  refuse(entry.path(), message, { tag: 'missing-element', appTag: 'no-path-between-peers' });
}

/** "Grants are fresh" of the failure model. */
function checkClaimTime({ entry, segment }: EthernetSegment, { peers }: ProviderEdge, refuse: Refuse): void {
  const { claimMs, listenMs } = segment.timers;
  for (const { address, bfd } of peers) {
    if (bfd === undefined || !segment.peers.includes(address)) continue;
    const detectionMs = (bfd.multiplier * bfd.txMicroseconds) / 1000;
    if (claimMs < detectionMs + listenMs) continue;
    const message =
      `The claim-time is below the detection time of the peer ${address} (${detectionMs} ms) and the listen-time ` +
      `(${listenMs} ms) together.`;
    refuse(entry.path('timers/claim-time'), message, { appTag: 'claim-time' });
  }
}
