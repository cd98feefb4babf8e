/**
 * EVPN routes ↔ events of the decision, over BGP sessions that somebody else holds (src/platform/bgp). Of what a session says
 * those routes are kept that a segment of ours needs: ES and A-D routes with its ESI, MAC/IP routes of its VLANs.
 */

import { isDeepStrictEqual } from 'node:util';
import type { BgpClient } from '../../../platform/bgp/speaker.ts';
import { addressBytes, addressText } from '../../address.ts';
import type { Advert } from '../decision/message.ts';
import { type VlanSet, vlanSet } from '../decision/vlan-set.ts';
import type { MacTable } from '../exchange/mac-table.ts';
import { type Communities, decodeCommunities } from './communities.ts';
import { CountedMacs } from './counted-macs.ts';
import { ForeignPes } from './foreign-pes.ts';
import { decodeRoute, type EvpnNlri, type Route, routeKey } from './nlri.ts';
import { MAC_ROUTES_MAX, OwnRoutes } from './own-routes.ts';
import { type Kept, Places } from './places.ts';
import type { EvpnSegment } from './segment.ts';
import { SegmentRoutes } from './segment-routes.ts';
import { type Told, tell } from './tell.ts';

type Update = Parameters<BgpClient['update']>[1];

/** Routes of one session that are kept; above it the session ends (RFC 4486: maximum number of prefixes reached). */
export const ROUTES_MAX = 250_000;

export interface EvpnOptions {
  readonly as: number;
  /** The BGP identifier, as an address. */
  readonly identifier: string;
  /**
   * Whether BFD says that a foreign PE lives: then `setLiveness`, and the routes say only what it is; a BGP session that is lost is
   * not a PE that is dead. Else its ES route says so.
   */
  readonly hasBfd: (address: string) => boolean;
  readonly segments: readonly EvpnSegment[];
  /** Hosts elsewhere in the VLANs of the segments, by other PEs' MAC/IP routes. */
  readonly remoteMacs: MacTable;
  /** Something waits for the session. */
  readonly wake: (session: string) => void;
  /** Routes that were passed over are needed now: the session is to tell all of its routes anew. */
  readonly askAgain?: (session: string) => void;
  readonly note: (session: string, text: string) => void;
  readonly routesMax?: number;
  readonly macRoutesMax?: number;
}

interface Segment extends Told {
  readonly options: EvpnSegment;
  readonly macs: CountedMacs;
  readonly routes: SegmentRoutes;
  /** PEs whose routes changed since. Value: whether a session was lost. */
  readonly changed: Map<string, boolean>;
}

/** What a session said: routes that are needed, and how many could not be read. */
interface Session {
  readonly kept: Map<string, Kept>;
  unusable: number;
}

/** Of a session: routes that it told and that are kept, routes that it heard, routes that could not be read. */
export interface RouteCounts {
  readonly received: number;
  readonly sent: number;
  readonly unusable: number;
}

export class EvpnPeers implements BgpClient {
  readonly #options: EvpnOptions;
  #segments: ReadonlyMap<string, Segment> = new Map();
  #places = new Places([]);
  readonly #remote: CountedMacs;
  readonly #sessions = new Map<string, Session>();
  readonly #internal = new Set<string>();
  readonly #alive = new Set<string>();
  readonly #own: OwnRoutes;
  #isFlushDue = false;

  constructor(options: EvpnOptions) {
    this.#options = options;
    this.#own = new OwnRoutes(options.macRoutesMax ?? MAC_ROUTES_MAX);
    this.#remote = new CountedMacs(options.remoteMacs);
    this.configure(options.segments);
  }

  /**
   * Takes other segments, or other places of their VLANs, in place: sessions go on, and what is the same is not told again. Of one
   * that goes, foreign PEs hear that; the decision hears nothing more.
   */
  configure(segments: readonly EvpnSegment[]): void {
    const present = [...this.#segments.values()].map(({ options }) => options);
    if (segments.length === present.length && segments.every((one, at) => isSameAsBefore(one, present[at]))) return;
    const next = new Map<string, Segment>();
    const wanted = new Map(segments.map((options) => [options.esi, options]));
    for (const [esi, { options, routes }] of this.#segments) {
      if (!isSameSegment(options, wanted.get(esi))) routes.withdraw();
    }
    let isMore = false;
    for (const options of segments) {
      const known = this.#segments.get(options.esi);
      const isSame = known !== undefined && isSameSegment(known.options, options);
      next.set(options.esi, isSame ? { ...known, options } : this.#segmentOf(options));
      // Who is no peer of ours any more may be a foreign PE, whose routes were passed over.
      if (!isSame || known.options.own.some((address) => !options.own.includes(address))) isMore = true;
    }
    const places = new Places(segments);
    isMore ||= places.hasMoreThan(this.#places);
    this.#keepAnew(places, next);
    for (const [esi, { options, routes, pes }] of next) {
      const known = this.#segments.get(esi);
      if (known?.routes !== routes || isDeepStrictEqual(placeOf(known.options), placeOf(options))) continue;
      routes.configure(options);
      pes.vlans = vlansIn(options);
      for (const address of pes.addresses()) this.#change(known, address, false);
    }
    this.#segments = next;
    this.#places = places;
    this.#wakeAll();
    if (isMore) for (const session of this.#sessions.keys()) this.#options.askAgain?.(session);
  }

  /** BFD says nothing of the PE any more: its ES route does. */
  forgetLiveness(address: string): void {
    this.#alive.delete(address);
    for (const { options, told } of this.#segments.values()) {
      if (told.has(address)) options.take({ type: 'liveness', peer: address, alive: told.get(address) !== undefined });
    }
  }

  counts(session: string): RouteCounts {
    const its = this.#sessions.get(session);
    return { received: its?.kept.size ?? 0, sent: this.#own.told(session), unusable: its?.unusable ?? 0 };
  }

  routesOf(esi: string): Pick<SegmentRoutes, 'able' | 'macs' | 'leftOut'> | undefined {
    return this.#segments.get(esi)?.routes;
  }

  #segmentOf(options: EvpnSegment): Segment {
    return {
      options,
      pes: new ForeignPes(vlansIn(options)),
      macs: new CountedMacs(options.theirMacs),
      routes: new SegmentRoutes(options, this.#options.identifier, this.#own, () => this.#wakeAll()),
      told: new Map(),
      changed: new Map(),
    };
  }

  /** What was kept is nothing to us any more, or something else. */
  #keepAnew(places: Places, segments: ReadonlyMap<string, Segment>): void {
    const again: [string, string, Kept][] = [];
    for (const [session, { kept }] of this.#sessions) {
      for (const [key, before] of kept) {
        const { route, nextHop, communities, vlan } = before;
        const now = places.keep(route, nextHop, communities);
        const isSameSegment = this.#segments.get(route.esi)?.pes === segments.get(route.esi)?.pes;
        if (now !== undefined && now.vlan === vlan && isSameSegment) continue;
        this.#apply(session, key, before, -1, false);
        kept.delete(key);
        if (now !== undefined) again.push([session, key, now]);
      }
    }
    const before = this.#segments;
    this.#segments = segments;
    for (const [session, key, now] of again) {
      this.#sessions.get(session)?.kept.set(key, now);
      this.#apply(session, key, now, 1, false);
    }
    this.#segments = before;
  }

  /** The decision's output `announce`. */
  announce(esi: string, advert: Advert | undefined): void {
    this.#segments.get(esi)?.routes.announce(advert);
    this.#wakeAll();
  }

  /** Of BFD, with `liveness: 'bfd'`. */
  setLiveness(address: string, isAlive: boolean): void {
    if (isAlive) this.#alive.add(address);
    else this.#alive.delete(address);
    for (const { options } of this.#segments.values()) {
      if (!options.own.includes(address)) options.take({ type: 'liveness', peer: address, alive: isAlive });
    }
  }

  close(): void {
    for (const { routes } of this.#segments.values()) routes.close();
  }

  up(session: string, { isInternal }: { readonly isInternal: boolean }): void {
    if (isInternal) this.#internal.add(session);
    this.#sessions.set(session, { kept: new Map(), unusable: 0 });
    this.#own.open(session);
    this.#options.wake(session);
  }

  down(session: string, reason: string): void {
    this.#own.close(session);
    this.#internal.delete(session);
    const kept = this.#sessions.get(session)?.kept ?? [];
    this.#sessions.delete(session);
    for (const [key, one] of kept) this.#apply(session, key, one, -1, true);
    this.#options.note(session, reason);
    this.#flush();
  }

  next(session: string): ReturnType<BgpClient['next']> {
    return this.#own.next(session);
  }

  refresh(session: string): void {
    this.#own.refresh(session);
    this.#options.wake(session);
  }

  note(session: string, text: string): void {
    this.#options.note(session, text);
  }

  update(session: string, update: Update): ReturnType<BgpClient['update']> {
    const kept = this.#sessions.get(session)?.kept;
    if (kept === undefined) return undefined;
    for (const nlri of update.withdrawn) this.#withdraw(session, kept, nlri);
    // RFC 4271 section 9.1.2 and RFC 4456 section 8: our own routes that come back.
    const isLoop =
      (!this.#internal.has(session) && update.asPath.includes(this.#options.as)) ||
      update.originatorId === Buffer.from(addressBytes(this.#options.identifier)).readUInt32BE(0);
    if (isLoop) for (const nlri of update.reached) this.#withdraw(session, kept, nlri);
    else if (update.reached.length > 0) {
      const communities = decodeCommunities(update.extendedCommunities);
      const nextHop = addressText(update.nextHop);
      for (const nlri of update.reached) this.#reach(session, kept, nlri, nextHop, communities);
    }
    const most = this.#options.routesMax ?? ROUTES_MAX;
    if (kept.size > most) return { code: 6, subcode: 1, data: Buffer.alloc(0), text: `more than ${most} routes` };
    return undefined;
  }

  #withdraw(session: string, kept: Map<string, Kept>, nlri: EvpnNlri): void {
    const route = this.#decode(session, nlri);
    if (route === undefined) return;
    const key = routeKey(route);
    const before = kept.get(key);
    if (before === undefined) return;
    kept.delete(key);
    this.#apply(session, key, before, -1, false);
  }

  #reach(session: string, kept: Map<string, Kept>, nlri: EvpnNlri, nextHop: string, communities: Communities): void {
    const route = this.#decode(session, nlri);
    if (route === undefined) return;
    const key = routeKey(route);
    const before = kept.get(key);
    const one = this.#places.keep(route, nextHop, communities);
    // Announced anew: the old one goes. Of addresses it goes after the new one came, so that nobody sees a gap.
    const isGone = before !== undefined && route.type !== 'mac-ip';
    if (isGone) this.#apply(session, key, before, -1, false);
    kept.delete(key);
    if (one !== undefined) {
      kept.set(key, one);
      this.#apply(session, key, one, 1, false);
    }
    if (before !== undefined && !isGone) this.#apply(session, key, before, -1, false);
  }

  #decode(session: string, nlri: EvpnNlri): Route | undefined {
    const decoded = decodeRoute(nlri);
    if (decoded === undefined) return undefined;
    if ('value' in decoded) return decoded.value;
    // RFC 7606 section 5.4: where it ends is known, so the others hold.
    const its = this.#sessions.get(session);
    if (its !== undefined) its.unusable += 1;
    this.#options.note(session, `a route of type ${nlri.type}: ${decoded.problem}`);
    return undefined;
  }

  #apply(
    session: string,
    key: string,
    { route, nextHop, communities, vlan }: Kept,
    change: 1 | -1,
    isLost: boolean,
  ): void {
    const segment = this.#segments.get(route.esi);
    if (route.type === 'mac-ip') {
      const macs = segment?.macs ?? this.#remote;
      if (vlan !== undefined) macs[change === 1 ? 'add' : 'remove'](vlan, route.mac);
      return;
    }
    if (segment === undefined) return;
    const { pes } = segment;
    if (route.type === 'ethernet-segment') {
      const by = `${session} ${key}`;
      if (change === -1) pes.removeElection(route.originator, by);
      else if (!pes.addElection(route.originator, by, communities.dfElection)) {
        this.#options.note(session, `${route.originator}: too many PEs on ${route.esi}`);
      }
      this.#change(segment, route.originator, isLost);
      return;
    }
    if (vlan === undefined) pes.countSegmentRoute(nextHop, change);
    else pes.countVlanRoute(nextHop, vlan, change);
    this.#change(segment, nextHop, isLost);
  }

  /** Of many routes that come together the decision hears once. */
  #change(segment: Segment, address: string, isLost: boolean): void {
    segment.changed.set(address, isLost);
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#isFlushDue = false;
    for (const segment of this.#segments.values()) {
      const changed = [...segment.changed];
      segment.changed.clear();
      for (const [address, isLost] of changed) {
        const liveness = this.#options.hasBfd(address) ? { isAlive: this.#alive.has(address) } : 'bgp';
        tell(segment, segment.options.take, address, { isLost, liveness });
      }
    }
  }

  #wakeAll(): void {
    for (const session of this.#sessions.keys()) this.#options.wake(session);
  }
}

/** Whether what was told of it still holds. */
function isSameSegment(a: EvpnSegment, b: EvpnSegment | undefined): boolean {
  return a.address === b?.address && a.ownMacs === b.ownMacs && a.theirMacs === b.theirMacs;
}

/** `take` may be another one: it leads to the same segment. */
function isSameAsBefore(a: EvpnSegment, b: EvpnSegment | undefined): boolean {
  if (a.esi !== b?.esi || !isSameSegment(a, b)) return false;
  return isDeepStrictEqual(a.own, b.own) && isDeepStrictEqual(placeOf(a), placeOf(b));
}

function placeOf({ evis, rdNumber }: EvpnSegment): Pick<EvpnSegment, 'evis' | 'rdNumber'> {
  return { evis, rdNumber };
}

function vlansIn({ evis }: EvpnSegment): VlanSet {
  return vlanSet(evis.map(({ vlan }) => vlan));
}
