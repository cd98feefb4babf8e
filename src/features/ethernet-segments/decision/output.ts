/** What a step asks for. Outputs are carried out in their order. */
import type { Advert, Message, Probe } from './message.ts';
import type { VlanSet } from './vlan-set.ts';

export type Cause =
  /** Another PE was elected, or this one. */
  | 'election'
  | 'segment-down'
  /** The attachment circuit is down, or the VLAN left the segment. */
  | 'circuit-down'
  | 'core-isolation'
  | 'command'
  /** Another PE with a lower address forwards too: told by the session, or heard on the CE path. */
  | 'conflict'
  | 'split-brain'
  | 'leave';

export type Output =
  | { readonly type: 'send'; readonly peer: string; readonly message: Message }
  /** `redirectTo`: the PE that takes over; frames that still come from the CE go there for a grace time. */
  | {
      readonly type: 'block';
      readonly order: number;
      readonly vlans: VlanSet;
      readonly cause: Cause;
      readonly redirectTo?: string;
    }
  | { readonly type: 'release'; readonly order: number; readonly vlans: VlanSet }
  | { readonly type: 'probe'; readonly probe: Probe }
  /** Asks all targets of core tracking, now: what is known of them may be as old as their detection time. */
  | { readonly type: 'check-core'; readonly id: number }
  /** A timer of a name that runs is set anew. Names that are no longer of interest may end all the same. */
  | { readonly type: 'timer'; readonly timer: string; readonly afterMs: number }
  /** To the CE and to subscribers. Each method repeats by its own offsets (../../ce-notification). */
  | { readonly type: 'notify'; readonly vlans: VlanSet; readonly state: 'enabled' | 'disabled'; readonly cause: Cause }
  /** The peer's liveness is lost: nothing more is taken from this session. */
  | { readonly type: 'reset-session'; readonly peer: string }
  /** What foreign PEs are to know of us, by EVPN routes; undefined: no routes. Pins and draining are not in it. */
  | { readonly type: 'announce'; readonly advert: Advert | undefined }
  /** A drain is complete: the engine blocks every VLAN, and who took them over said that it forwards them. */
  | { readonly type: 'drained' };
