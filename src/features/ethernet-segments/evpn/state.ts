/** Operational state of sluice-evpn. */
import type { PeerStatus } from '../../../platform/bgp/speaker.ts';
import type { PlainData } from '../../../yang/data/build.ts';
import { addressText } from '../../address.ts';
import { dateAndTimeOfNs } from '../../time.ts';
import type { Peer } from '../decision/state.ts';
import { countVlans, NO_VLANS } from '../decision/vlan-set.ts';
import { PROVIDER_EDGE, type ProviderEdge, SEGMENT } from '../model.ts';
import type { Evpn } from '../runtime/evpn.ts';
import type { SegmentRun } from '../runtime/segment-run.ts';

const sessionStates: Readonly<Record<PeerStatus['state'], string>> = {
  Idle: 'idle',
  Connect: 'connect',
  Active: 'active',
  OpenSent: 'opensent',
  OpenConfirm: 'openconfirm',
  Established: 'established',
};

const NEIGHBOR_STATE = `${PROVIDER_EDGE}/sluice-evpn:bgp/neighbor/state`;
const SEGMENT_STATE = `${SEGMENT}/sluice-evpn:evpn/state`;

/** What changes with every message, address or try. */
export const unwatched: readonly string[] = [
  ...['last-error', 'messages', 'prefixes'].map((name) => `${NEIGHBOR_STATE}/${name}`),
  ...['announced-macs', 'left-out-macs', 'segment-macs'].map((name) => `${SEGMENT_STATE}/${name}`),
];

/** `bfdOf`: the state of BFD with a foreign PE. */
export function bgpState(
  { bgp, foreign }: ProviderEdge,
  evpn: Evpn,
  bfdOf: (address: string) => PlainData,
): PlainData | undefined {
  if (bgp === undefined) return undefined;
  return {
    neighbor: bgp.neighbors.map(({ address }) => ({ 'remote-address': address, state: neighborState(evpn, address) })),
    'foreign-peer': foreign.map(({ address }) => ({ address, state: bfdOf(address) })),
  };
}

function neighborState(evpn: Evpn, address: string): PlainData {
  const { status, isUp, changedAt, sessions, lastError, received, sent, unusable } = evpn.neighbor(address);
  const identifier = status?.identifier;
  return {
    'session-state': sessionStates[status?.state ?? 'Idle'],
    'session-changed-at': changedAt === undefined ? undefined : dateAndTimeOfNs(BigInt(changedAt) * 1_000_000n),
    'established-transitions': sessions,
    'last-error': isUp ? undefined : lastError,
    'negotiated-hold-time': status?.holdSeconds,
    identifier: identifier === undefined ? undefined : dottedQuad(identifier),
    messages: { received: String(status?.received ?? 0), sent: String(status?.sent ?? 0) },
    prefixes: { received, sent, unusable },
  };
}

function dottedQuad(identifier: number): string {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(identifier);
  return addressText(octets);
}

/** Undefined: foreign PEs are told nothing of the segment. */
export function segmentEvpnState(run: SegmentRun, evpn: Evpn): PlainData | undefined {
  const { configured, state, foreignMacs } = run;
  if (configured.evpn === undefined) return undefined;
  const routes = evpn.routesOf(configured.segment.esi);
  return {
    state: {
      announced: routes?.able !== undefined,
      'announced-vlans': countVlans(routes?.able ?? NO_VLANS),
      'announced-macs': routes?.macs ?? 0,
      'left-out-macs': routes?.leftOut ?? 0,
      'segment-macs': foreignMacs.size,
      'foreign-peer': (state?.peers ?? [])
        .filter(({ isForeign }) => isForeign)
        .map((peer) => foreignPeerState(peer, state?.elected.get(peer.address))),
    },
  };
}

function foreignPeerState(peer: Peer, elected = NO_VLANS): PlainData {
  const { address, alive, isStale, advert, unsettled } = peer;
  return {
    address,
    alive,
    announced: advert !== undefined && !isStale,
    lost: isStale,
    'df-election-method': advert?.method,
    preference: advert?.method === 'preference' ? advert.preference : undefined,
    'dont-preempt': advert?.dontPreempt,
    'ac-influenced': advert?.acDf,
    'able-vlans': advert && countVlans(advert.able),
    'elected-vlans': countVlans(elected),
    'unsettled-vlans': countVlans(unsettled),
  };
}
