/** What an ethernet segment is configured to be. */
import type { DfElectionMethod } from './election/candidate.ts';

/** All in milliseconds. */
export interface SegmentTimers {
  /** After the start, and after the core was lost: how long the PE stays out, so that the core can converge. */
  readonly recoveryMs: number;
  /** After the start: the longest wait for a session with every configured peer. Ends at once when all are there. */
  readonly peeringMs: number;
  /** DF_WAIT (RFC 8584 section 2.1). */
  readonly electionWaitMs: number;
  /**
   * A claim that is not granted by all within it is withdrawn. Below detection time + `listenMs`: a peer that took us for
   * dead and released is then not released against (../README.md, "grants are fresh").
   */
  readonly claimMs: number;
  /** Listening on the CE path before a release, for peers without a session. */
  readonly listenMs: number;
  /** Between the three queries of a listening. */
  readonly queryMs: number;
  /** Between the probes of a forwarder, in each VLAN. */
  readonly probeMs: number;
  /** Before what could not be released is tried again. */
  readonly retryMs: number;
  /**
   * Once all targets of core tracking answer again: how long it says nothing yet about a peer whose liveness has not come
   * back. Above the time that liveness detection takes to notice that a path is back.
   */
  readonly trustMs: number;
  /** With `lowest-address-keeps`: how long the lowest address waits, so that the others have blocked themselves. */
  readonly splitBrainHoldMs: number;
  /** How long a peer that lives but lost its session is still a candidate, such as while its control plane restarts. */
  readonly sessionWaitMs: number;
  /**
   * How long a foreign PE may forward what it is no longer elected for: until it has our routes and has acted on them. Above
   * its own DF_WAIT (3 s, RFC 7432 section 8.5) and the time of a route through the core. Of PEs that follow RFC 8584
   * section 2.1, which block at once, a second is enough.
   */
  readonly foreignSettleMs: number;
}

export const defaultTimers: SegmentTimers = {
  recoveryMs: 30_000,
  peeringMs: 3_000,
  electionWaitMs: 3_000,
  claimMs: 50,
  listenMs: 30,
  queryMs: 10,
  probeMs: 100,
  retryMs: 200,
  trustMs: 1_000,
  splitBrainHoldMs: 250,
  sessionWaitMs: 3_000,
  foreignSettleMs: 4_000,
};

/** What a degraded PE does about a peer that it hears on no path (../README.md). */
export type SplitBrainPolicy = 'block' | 'lowest-address-keeps';

export interface Segment {
  /** Ethernet segment identifier, 10 octets (RFC 7432 section 5). */
  readonly esi: Uint8Array;
  /** Our address: canonical text. */
  readonly address: string;
  /** Addresses of the other PEs on the segment. */
  readonly peers: readonly string[];
  /**
   * Addresses of PEs on the segment that speak EVPN and not our exchange: those that are expected; others are found by their
   * routes. undefined: no EVPN, nothing is announced.
   */
  readonly foreign?: readonly string[];
  readonly method: DfElectionMethod;
  /** 0 to 65535 (RFC 9785). */
  readonly preference: number;
  /** false: a VLAN stays where it is while that PE can forward it, whoever is elected. */
  readonly revertive: boolean;
  /** AC-DF (RFC 8584 section 4). */
  readonly acDf: boolean;
  readonly splitBrain: SplitBrainPolicy;
  readonly timers: SegmentTimers;
}
