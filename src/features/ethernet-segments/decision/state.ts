/** State of a segment at one PE. A value: steps make new ones. */
import { compareAddresses } from './election/candidate.ts';
import type { Elected } from './election/election.ts';
import type { InUse } from './election/preference.ts';
import type { CoreTracking } from './event.ts';
import type { Advert, Pin } from './message.ts';
import type { Cause } from './output.ts';
import type { Segment } from './segment.ts';
import { NO_VLANS, union, type VlanSet } from './vlan-set.ts';

/**
 * RFC 8584 section 2.1, for all VLANs of the segment at once. DF_CALC is the election inside of a step. What differs between
 * VLANs in DF_DONE are their roles: the sets below.
 */
export type Phase = 'INIT' | 'DF_WAIT' | 'DF_DONE';

export interface Claim {
  readonly id: number;
  readonly vlans: VlanSet;
  readonly asks: readonly string[];
}

export interface Peer {
  readonly address: string;
  /** Whether its address is below ours: the lower wins where two want the same. */
  readonly isLower: boolean;
  readonly alive: boolean;
  readonly hasSession: boolean;
  /** Its first message of the session is here. */
  readonly isSynced: boolean;
  /** It said that it blocks all and goes. */
  readonly hasLeft: boolean;
  /** Outlives its session while the peer lives, for `sessionWaitMs`. */
  readonly advert: Advert | undefined;
  /** What it forwards, as it said. */
  readonly forwarding: VlanSet;
  /** What we granted it and it has not given up. */
  readonly granted: VlanSet;
  /** Claims that are not granted yet. */
  readonly claims: readonly Claim[];
  /** Its probes with a lower stamp are from before a block. */
  readonly freshFrom: number;
  /** How often one of us took the other for dead while both forwarded, until none did for FORGIVE_MS; at most MISJUDGED_MOST. */
  readonly misjudged: number;
  /** It speaks EVPN and not our exchange: no session, no grants, no answers (foreign.ts). */
  readonly isForeign: boolean;
  /** Of a foreign PE: its routes are lost, not withdrawn. */
  readonly isStale: boolean;
  /** Of a foreign PE: what it may forward until it has acted on our routes. */
  readonly unsettled: VlanSet;
}

/** Listening doubles with each misjudgement: 32 times at the most. */
export const MISJUDGED_MOST = 5;
export const FORGIVE_MS = 30_000;

/** A peer that nothing is known of. */
export function newPeer(address: string, own: string, isForeign: boolean): Peer {
  const isLower = compareAddresses(address, own) < 0;
  const none = { alive: false, hasSession: false, isSynced: false, hasLeft: false, advert: undefined };
  const nothing = { forwarding: NO_VLANS, granted: NO_VLANS, claims: [], freshFrom: 0, misjudged: 0 };
  return { address, isLower, ...none, ...nothing, isForeign, isStale: false, unsettled: NO_VLANS };
}

/**
 * The peers that a segment is configured with, ascending by address: of `known` those that are the same ones, and foreign ones that
 * were found by their routes.
 */
export function newPeers({ address, peers, foreign }: Segment, known: readonly Peer[]): readonly Peer[] {
  const configured = new Map(peers.map((peer) => [peer, false]));
  for (const peer of foreign ?? []) configured.set(peer, true);
  if (foreign !== undefined) {
    for (const peer of known) {
      if (peer.isForeign && peer.advert !== undefined && !configured.has(peer.address))
        configured.set(peer.address, true);
    }
  }
  return [...configured]
    .sort(([a], [b]) => compareAddresses(a, b))
    .map(
      ([peer, isForeign]) =>
        known.find((one) => one.address === peer && one.isForeign === isForeign) ?? newPeer(peer, address, isForeign),
    );
}

/** Whether the peer takes part in elections: of a foreign one nothing but its liveness says that its routes still hold. */
export function isCandidate(peer: Peer): peer is Peer & { readonly advert: Advert } {
  return peer.advert !== undefined && (!peer.isForeign || peer.alive);
}

/**
 * Whether a foreign PE is a candidate. It counts a PE out with the session to it, so we do not wait for one of ours either:
 * both have to elect the same.
 */
export function hasForeign({ peers }: Pick<State, 'peers'>): boolean {
  return peers.some((peer) => peer.isForeign && isCandidate(peer));
}

/** VLANs on their way to being released, together since they began together. */
export interface Attempt {
  readonly id: number;
  readonly vlans: VlanSet;
  /** settle: foreign PEs get the time to block. listen: to peers without a session; hold: before listening again, for the split-brain policy. */
  readonly stage: 'settle' | 'listen' | 'hold' | 'listen-again' | 'claim';
  /** The time to listen is over. */
  readonly isListened: boolean;
  /** All targets of core tracking have answered since the listening began. */
  readonly isCoreChecked: boolean;
  /** They answered when the first listening was over: this is the second. */
  readonly isRepeated: boolean;
  /** By address: peers without a session that said `standby` since the listening began. */
  readonly standby: ReadonlyMap<string, VlanSet>;
  readonly claimed: ReadonlyMap<string, VlanSet>;
  readonly granted: ReadonlyMap<string, VlanSet>;
}

/** Listening for a peer whose liveness is not lost yet: what nobody says by then that it forwards is taken over at once. */
export interface Early {
  readonly id: number;
  readonly peer: string;
  /** Asked for, and not forwarded by anybody who answered. */
  readonly vlans: VlanSet;
  readonly isListened: boolean;
  readonly isCoreChecked: boolean;
}

/** An order that the engine has not confirmed. */
export interface Order {
  readonly kind: 'block' | 'release';
  readonly vlans: VlanSet;
  readonly cause: Cause;
  readonly redirectTo?: string;
}

/** A forwarder that makes sure that it is heard (split-brain policy). */
export interface Guard {
  readonly id: number;
  readonly isListening: boolean;
  readonly heard: ReadonlyMap<string, VlanSet>;
}

export interface State {
  readonly segment: Segment;
  readonly phase: Phase;
  readonly isUp: boolean;
  readonly tracking: CoreTracking;
  /** Tracking is full, and has been for the trust time: a peer that is silent on both paths is dead. */
  readonly isTrusted: boolean;
  /** The recovery time runs. */
  readonly isRecovering: boolean;
  /** The peering time runs. */
  readonly isPeering: boolean;
  readonly isDraining: boolean;
  readonly isLeaving: boolean;
  /** `drained` or `leave` was said. */
  readonly isDone: boolean;
  readonly vlans: VlanSet;
  readonly circuitsDown: VlanSet;
  readonly commandBlocked: VlanSet;
  readonly pins: readonly Pin[];
  /** Ordered to forward. */
  readonly open: VlanSet;
  /** Of `open`: not confirmed yet. */
  readonly opening: VlanSet;
  /** Ordered to block, not confirmed yet: may still forward. */
  readonly closing: VlanSet;
  readonly orders: ReadonlyMap<number, Order>;
  /** Blocked for a peer that has not said yet that it forwards. */
  readonly handedOver: VlanSet;
  readonly stamp: number;
  /** Next number of an order, a claim, a timer. */
  readonly nextId: number;
  /** Ascending by address. */
  readonly peers: readonly Peer[];
  readonly attempts: readonly Attempt[];
  readonly early: Early | undefined;
  /** Not tried again before the retry timer. */
  readonly deferred: VlanSet;
  readonly isRetryArmed: boolean;
  readonly guard: Guard | undefined;
  readonly inUse: InUse;
  /** What the peers know of us. */
  readonly advertised: Advert;
  /** What foreign PEs know of us; undefined: nothing. */
  readonly announced: Advert | undefined;
  /** Result of the last election, and from what. */
  readonly elected: Elected;
  readonly electedFrom: ElectionInput;
  /** The timer of the present DF_WAIT and recovery. */
  readonly waitId: number;
  /** The timer of the present trust time. */
  readonly trustId: number;
}

export interface ElectionInput {
  readonly vlans: VlanSet;
  readonly pins: readonly Pin[];
  readonly candidates: readonly (Advert & { readonly address: string; readonly isForeign: boolean })[];
}

/** VLANs that the engine is not known to block. */
export function mayForward(state: Pick<State, 'open' | 'closing'>): VlanSet {
  return union(state.open, state.closing);
}

/** VLANs on their way to being released. */
export function attempted(state: Pick<State, 'attempts'>): VlanSet {
  return state.attempts.reduce<VlanSet>((all, { vlans }) => union(all, vlans), NO_VLANS);
}

/** VLANs that others have to leave to us, or we to them, where both ask. */
export function contended(state: Pick<State, 'attempts' | 'early'>): VlanSet {
  return union(attempted(state), state.early?.vlans ?? NO_VLANS);
}
