/** What happens to a segment; time is a timer that ends. */
import type { Advert, Message, Pin, Probe } from './message.ts';
import type { Segment } from './segment.ts';
import type { VlanSet } from './vlan-set.ts';

/** full: all targets of core tracking answer; degraded: some do; isolated: none does, or the uplinks are down. */
export type CoreTracking = 'full' | 'degraded' | 'isolated';

export type Event =
  /** First of all. */
  | { readonly type: 'start' }
  /** The configuration is another; with another address or ESI it is another segment. */
  | { readonly type: 'configured'; readonly segment: Segment }
  /** The port or bundle of the segment. */
  | { readonly type: 'segment'; readonly up: boolean }
  | { readonly type: 'core'; readonly tracking: CoreTracking }
  /** All VLANs of the segment. */
  | { readonly type: 'vlans'; readonly vlans: VlanSet }
  /** All VLANs whose attachment circuit is down. */
  | { readonly type: 'circuits'; readonly down: VlanSet }
  /** All VLANs that an operator blocks here by command. */
  | { readonly type: 'command'; readonly blocked: VlanSet }
  /** All pins that were made at this PE. */
  | { readonly type: 'pins'; readonly pins: readonly Pin[] }
  | { readonly type: 'drain'; readonly on: boolean }
  /** The router ends on purpose: block, tell the peers. */
  | { readonly type: 'leave' }
  | { readonly type: 'session'; readonly peer: string; readonly up: boolean }
  /** Liveness detection over the core, such as BFD. */
  | { readonly type: 'liveness'; readonly peer: string; readonly alive: boolean }
  /** Liveness detection has heard nothing of the peer for most of its time; not late: it was heard again. */
  | { readonly type: 'late'; readonly peer: string; readonly on: boolean }
  /** The answer to `check-core`. full: all targets of core tracking answered since then. */
  | { readonly type: 'core-checked'; readonly id: number; readonly full: boolean }
  /**
   * What a PE that speaks EVPN says of itself by its routes; undefined: it withdrew its ES route. Their loss with a BGP
   * session is `session … down`.
   */
  | { readonly type: 'foreign'; readonly peer: string; readonly advert: Advert | undefined }
  | { readonly type: 'message'; readonly peer: string; readonly message: Message }
  | { readonly type: 'probe'; readonly from: string; readonly probe: Probe }
  /** The engine carried out an order, on every worker. Orders are confirmed in their order. */
  | { readonly type: 'confirmed'; readonly order: number }
  | { readonly type: 'timer'; readonly timer: string };
