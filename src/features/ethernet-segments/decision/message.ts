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
 * A frame to the CE, in each of the VLANs, that other PEs of the segment hear.
 * - forwarding: I forward.
 * - standby: I am blocked; answer to a query, or I have just blocked.
 * - query: I want to forward: who forwards?
 */
export interface Probe {
  readonly kind: 'forwarding' | 'standby' | 'query';
  readonly vlans: VlanSet;
  /** Grows with every block; of a restarted PE it goes on above the former. */
  readonly stamp: number;
}
