/** sluice-ethernet-segments as values. */
import type { KeySpace } from '../../datastore/key/key.ts';
import type { View } from '../../datastore/view/view.ts';
import { Entry } from '../entry.ts';
import { objectName } from '../object-name.ts';
import { compareAddresses, type DfElectionMethod } from './decision/election/candidate.ts';
import type { Pin } from './decision/message.ts';
import { defaultTimers, type Segment, type SegmentTimers, type SplitBrainPolicy } from './decision/segment.ts';
import type { VlanSet } from './decision/vlan-set.ts';
import { type BgpConfiguration, bgpOf, type SegmentEvpn, segmentEvpnOf } from './evpn/model.ts';
import { vlansOfRanges } from './vlan-ranges.ts';

export const ETHERNET_SEGMENTS = '/sluice-ethernet-segments:ethernet-segments';
export const PROVIDER_EDGE = `${ETHERNET_SEGMENTS}/provider-edge`;
export const PEER = `${PROVIDER_EDGE}/peer`;
export const TARGET = `${PROVIDER_EDGE}/core-tracking/target`;
export const SEGMENT = `${ETHERNET_SEGMENTS}/ethernet-segment`;

export interface BfdParameters {
  readonly path: { readonly case: 'interface' | 'vrf'; readonly value: string };
  readonly multiplier: number;
  readonly txMicroseconds: number;
  readonly rxMicroseconds: number;
  readonly minimumTtl: number;
  readonly authentication:
    | { readonly isMeticulous: boolean; readonly keyId: number; readonly key: Uint8Array }
    | undefined;
}

export interface PeerEdge {
  readonly entry: Entry;
  readonly address: string;
  /** Whether we connect, or the peer does. */
  readonly initiates: boolean;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly bfd: BfdParameters | undefined;
}

/** A PE that speaks EVPN (sluice-evpn), with BFD or without. */
export interface ForeignEdge {
  readonly entry: Entry;
  readonly address: string;
  readonly bfd: BfdParameters | undefined;
}

export interface CoreTarget {
  readonly entry: Entry;
  readonly address: string;
  readonly bfd: BfdParameters;
}

export interface ProviderEdge {
  readonly entry: Entry;
  readonly localAddress: string;
  readonly session: {
    readonly asymmetricKey: string | undefined;
    readonly certificate: string | undefined;
    readonly authorities: string | undefined;
    readonly listenAddress: string;
    readonly listenPort: number;
  };
  readonly peers: readonly PeerEdge[];
  readonly targets: readonly CoreTarget[];
  readonly uplinks: readonly string[];
  readonly initialSeconds: number;
  readonly bgp: BgpConfiguration | undefined;
  readonly foreign: readonly ForeignEdge[];
}

/** Whose liveness BFD may say. */
export function bfdPeers({ peers, foreign }: Pick<ProviderEdge, 'peers' | 'foreign'>): readonly ForeignEdge[] {
  return [...peers, ...foreign];
}

export interface Redirect {
  readonly vrf: string;
  readonly vni: number;
  readonly graceMs: number;
  readonly holdMs: number;
  readonly holdLimit: number;
}

export interface EthernetSegment {
  readonly entry: Entry;
  readonly name: string;
  readonly port: string;
  readonly vlans: VlanSet;
  /** As the decision has it. */
  readonly segment: Segment;
  readonly probeKey: Uint8Array;
  readonly redirect: Redirect | undefined;
  /** Whether a circuit is down while the MEP of its VLAN hears nothing of the CE. */
  readonly followsCfm: boolean;
  readonly pins: readonly Pin[];
  readonly evpn: SegmentEvpn | undefined;
}

export interface SegmentConfiguration {
  readonly edge: ProviderEdge | undefined;
  /** By name; none without a provider edge. */
  readonly segments: ReadonlyMap<string, EthernetSegment>;
}

export function readSegments(keys: KeySpace, view: View): SegmentConfiguration {
  const top = Entry.top(keys, view, ETHERNET_SEGMENTS);
  const found = top.presence('provider-edge');
  const edge = found && edgeOf(found);
  const segments = edge === undefined ? [] : top.list('ethernet-segment').map((entry) => segmentOf(entry, edge));
  return { edge, segments: new Map(segments.map((segment) => [segment.name, segment])) };
}

function edgeOf(entry: Entry): ProviderEdge {
  const localAddress = entry.value('local-address') ?? '';
  return {
    entry,
    localAddress,
    session: {
      asymmetricKey: entry.value('session/asymmetric-key'),
      certificate: entry.value('session/certificate'),
      authorities: entry.value('session/peer-authorities'),
      listenAddress: entry.value('session/listen-address') ?? localAddress,
      listenPort: entry.number('session/listen-port'),
    },
    peers: entry.list('peer').map((peer) => peerOf(peer, localAddress)),
    targets: entry.list('core-tracking/target').map((target) => ({
      entry: target,
      address: target.name,
      bfd: bfdOf(target),
    })),
    uplinks: entry.values('core-tracking/uplink'),
    initialSeconds: entry.number('core-tracking/initial-time'),
    ...foreignOf(entry, localAddress),
  };
}

function peerOf(entry: Entry, localAddress: string): PeerEdge {
  const address = entry.name;
  const bfd = entry.presence('bfd');
  const connection = entry.value('connection');
  return {
    entry,
    address,
    initiates: connection === 'initiate' || (connection === 'automatic' && compareAddresses(localAddress, address) < 0),
    remoteAddress: entry.value('remote-address') ?? address,
    remotePort: entry.number('remote-port'),
    bfd: bfd && bfdOf(bfd),
  };
}

function foreignOf(edge: Entry, localAddress: string): Pick<ProviderEdge, 'bgp' | 'foreign'> {
  const bgp = bgpOf(edge, localAddress);
  const foreign = (bgp?.entry.list('foreign-peer') ?? []).map((entry) => {
    const bfd = entry.presence('bfd');
    return { entry, address: entry.name, bfd: bfd && bfdOf(bfd) };
  });
  return { bgp, foreign };
}

function bfdOf(entry: Entry): BfdParameters {
  const byInterface = entry.value('interface');
  const authentication = entry.presence('authentication');
  return {
    path:
      byInterface === undefined
        ? { case: 'vrf', value: entry.value('network-instance') ?? '' }
        : { case: 'interface', value: byInterface },
    multiplier: entry.number('local-multiplier'),
    txMicroseconds: entry.number('desired-min-tx-interval'),
    rxMicroseconds: entry.number('required-min-rx-interval'),
    minimumTtl: entry.number('minimum-ttl'),
    authentication: authentication && {
      isMeticulous: authentication.value('algorithm') === 'meticulous-keyed-sha-1',
      keyId: authentication.number('key-id'),
      key: hexBytes(authentication.value('key') ?? ''),
    },
  };
}

function segmentOf(entry: Entry, { localAddress, bgp }: ProviderEdge): EthernetSegment {
  const evpn = segmentEvpnOf(entry, bgp?.as ?? 0);
  const redirect = entry.presence('redirect');
  const election = (leaf: string): string => `df-election/${leaf}`;
  const preference = entry.number(election('preference'));
  return {
    entry,
    name: entry.name,
    port: entry.value('interface') ?? '',
    vlans: vlansOfRanges(entry.values('vlan')),
    segment: {
      esi: hexBytes(entry.value('ethernet-segment-identifier') ?? ''),
      address: localAddress,
      peers: entry.values('peer'),
      method: entry.value(election('df-election-method')) as DfElectionMethod,
      preference,
      revertive: entry.value(election('revertive')) === 'true',
      acDf: entry.value(election('ac-influenced')) === 'true',
      splitBrain: entry.value('split-brain-policy') as SplitBrainPolicy,
      timers: { ...timersOf(entry), ...(evpn === undefined ? {} : { foreignSettleMs: evpn.settleMs }) },
      ...(evpn === undefined || bgp === undefined ? {} : { foreign: evpn.expected }),
    },
    probeKey: hexBytes(entry.value('probe-key') ?? ''),
    redirect: redirect && {
      vrf: redirect.value('network-instance') ?? '',
      vni: redirect.number('vni'),
      graceMs: redirect.number('grace-time'),
      holdMs: redirect.number('hold-time'),
      holdLimit: redirect.number('hold-limit'),
    },
    followsCfm: entry.value(election('cfm-influenced')) === 'true',
    pins: entry.list('pin').map((pin) => ({ address: pin.name, vlans: vlansOfRanges(pin.values('vlan')) })),
    evpn,
  };
}

function timersOf(entry: Entry): SegmentTimers {
  const of = (leaf: string): number => entry.number(`timers/${leaf}`);
  return {
    recoveryMs: of('recovery-time'),
    peeringMs: of('peering-time'),
    electionWaitMs: entry.number('df-election/election-wait-time'),
    claimMs: of('claim-time'),
    listenMs: of('listen-time'),
    queryMs: of('query-interval'),
    probeMs: of('probe-interval'),
    retryMs: of('retry-time'),
    trustMs: of('trust-time'),
    splitBrainHoldMs: of('split-brain-hold-time'),
    sessionWaitMs: of('session-wait-time'),
    foreignSettleMs: defaultTimers.foreignSettleMs,
  };
}

/** Bytes of a yang:hex-string. */
export function hexBytes(text: string): Uint8Array {
  return text === '' ? new Uint8Array() : Uint8Array.from(text.split(':'), (octet) => Number.parseInt(octet, 16));
}

export function hexText(bytes: Uint8Array): string {
  return Array.from(bytes, (octet) => octet.toString(16).padStart(2, '0')).join(':');
}

/** The engine's names of the BFD sessions. */
export function peerSession(address: string): string {
  return objectName('ethernet-segments', 'peer', address);
}

export function targetSession(address: string): string {
  return objectName('ethernet-segments', 'target', address);
}
