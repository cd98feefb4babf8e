/** What PEs of a segment say to each other. A session delivers in order, or ends. */
import type { Candidate } from './election/candidate.ts';
import type { VlanSet } from './vlan-set.ts';

/** VLANs that an operator wants at one PE. */
export interface Pin {
  readonly address: string;
  readonly vlans: VlanSet;
}

/** A PE as a candidate. `able` is empty until it has left DF_WAIT. */
export interface Advert extends Omit<Candidate, 'address'> {
  /** All of its VLANs are to go elsewhere. */
  readonly draining: boolean;
  readonly pins: readonly Pin[];
}

export type Message =
  /** First in a session, each way. `forwarding`: all VLANs that the engine is not known to block. */
  | { readonly type: 'sync'; readonly advert: Advert; readonly forwarding: VlanSet; readonly stamp: number }
  | { readonly type: 'advert'; readonly advert: Advert }
  /** The engine confirmed: `opened` forward, `closed` are blocked. */
  | { readonly type: 'state'; readonly opened: VlanSet; readonly closed: VlanSet; readonly stamp: number }
  /** I want to forward these. `asks`: all peers that I ask; for others, who reach the receiver alone, it answers too. */
  | { readonly type: 'claim'; readonly id: number; readonly vlans: VlanSet; readonly asks: readonly string[] }
  /**
   * I am blocked in these, my own claims to them are void, and I grant them to nobody else until you give them up. My
   * probes with a lower stamp are from before.
   */
  | { readonly type: 'grant'; readonly id: number; readonly vlans: VlanSet; readonly stamp: number }
  /** I do not want these any more. */
  | { readonly type: 'relinquish'; readonly vlans: VlanSet }
  /** I am blocked in all VLANs and go. */
  | { readonly type: 'leave' };

/**
 * A frame to the CE, in each of the VLANs, that all other PEs of the segment hear.
 * - forwarding: I forward. At an interval, on release, and in answer to a query.
 * - query: I want to forward: who does? The only kind that is answered, so that answers never make more of them.
 * - standby: I am blocked. In answer to a query.
 * - claiming: I want to forward too, and my address is lower. In answer to a query.
 * - blocked: I have just blocked. Who waits for that can ask at once.
 */
export interface Probe {
  readonly kind: 'forwarding' | 'query' | 'standby' | 'claiming' | 'blocked';
  readonly vlans: VlanSet;
  /** Grows with every block; of a restarted PE it goes on above the former. */
  readonly stamp: number;
}
