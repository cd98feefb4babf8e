/** What EVPN is told of a segment. */
import type { Event } from '../decision/event.ts';
import type { MacTable } from '../exchange/mac-table.ts';

/** Where a VLAN of the segment is in EVPN: one of these for each VLAN. Both ends have to agree on it. */
export interface Evi {
  readonly vlan: number;
  /** 16 hexadecimal digits (communities.ts); imported and exported. */
  readonly routeTarget: string;
  /** 0 for a VLAN-based service, the VLAN for a VLAN-aware bundle (RFC 7432 section 6). */
  readonly tag: number;
  /** Number of the route distinguisher: one for each route target. */
  readonly rdNumber: number;
  /** 24 bits (nlri.ts); nothing here forwards by it. */
  readonly label: number;
}

export interface EvpnSegment {
  /** 20 hexadecimal digits. */
  readonly esi: string;
  /** Ours: originator and next hop of our routes. */
  readonly address: string;
  /** PEs that speak our exchange: what they announce by EVPN is for others. */
  readonly own: readonly string[];
  readonly evis: readonly Evi[];
  /** Numbers of route distinguishers of the segment's own routes: this one, and one more for each 400 route targets. */
  readonly rdNumber: number;
  /** Customers' addresses behind the segment, as this PE learned them: announced with the ESI. */
  readonly ownMacs: MacTable;
  /** What others announce as behind this segment is put here. */
  readonly theirMacs: MacTable;
  /** Takes `foreign`, `liveness` and `session` events. */
  readonly take: (event: Event) => void;
}
