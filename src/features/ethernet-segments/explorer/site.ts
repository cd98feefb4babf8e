/** What a simulated site is made of. */
import type { CoreTracking } from '../decision/event.ts';
import type { Advert, Message, Pin } from '../decision/message.ts';
import { defaultTimers, type Segment } from '../decision/segment.ts';
import type { State } from '../decision/state.ts';
import type { VlanSet } from '../decision/vlan-set.ts';

/** What counts for who forwards. */
export interface Forwarder {
  readonly address: string;
  isAlive: boolean;
  isPortUp: boolean;
  forwarding: VlanSet;
}

export interface Pe extends Forwarder {
  /** Grows with every death: what was on its way to the dead one is lost. */
  life: number;
  /** Grows with every start of the control plane. */
  control: number;
  state: State;
  engineFreeAt: number;
  isIsolated: boolean;
  tracking: CoreTracking;
  readonly timers: Map<string, number>;
  circuitsDown: VlanSet;
  commandBlocked: VlanSet;
  isDraining: boolean;
  pins: readonly Pin[];
}

/** Who hears of our PEs by EVPN. */
export interface ForeignEnd {
  announced(pe: Pe, advert: Advert | undefined): void;
  /** Its control plane begins anew: connections to it end. */
  restarted(pe: Pe): void;
  died(pe: Pe): void;
}

/** The two ends of a pair: what they believe of the path, and their connection. */
export interface Pair {
  readonly ends: readonly [Pe, Pe];
  isCorePath: boolean;
  /** Core tracking of both sees that the core path is cut. */
  isSeen: boolean;
  isCePath: boolean;
  readonly alive: [boolean, boolean];
  readonly session: [boolean, boolean];
  /** Number of the connection; 0: none. */
  connection: number;
  /** The connection that one end has given up: it comes up at neither end any more. */
  dropped: number;
  /** When the last message in each direction arrives. */
  readonly lastAt: [number, number];
  /** On their way in each direction, in order. */
  readonly queues: [Message[], Message[]];
  isConnecting: boolean;
  /** Whether there was a path at the last change, and how often that changed: detection starts anew each time. */
  hadPath: boolean;
  changes: number;
}

/** The segment as one of the PEs is configured, with timers that suit a short life. */
export function segmentOf(address: string, addresses: readonly string[], options: SiteOptions): Segment {
  return {
    esi: new Uint8Array(10),
    method: 'default-7432',
    preference: 32_767,
    revertive: true,
    acDf: true,
    splitBrain: 'block',
    ...options.segment,
    address,
    peers: addresses.filter((other) => other !== address),
    timers: { ...defaultTimers, recoveryMs: 100, peeringMs: 200, electionWaitMs: 300, ...options.timers },
  };
}

export interface SiteOptions {
  readonly segment?: Partial<Omit<Segment, 'timers' | 'address' | 'peers'>>;
  readonly timers?: Partial<Segment['timers']>;
}
