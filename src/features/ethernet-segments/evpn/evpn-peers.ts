/**
 * EVPN routes ↔ events of the decision, over BGP sessions that somebody else holds (src/platform/bgp). Of what a session says
 * those routes are kept that a segment of ours needs: ES and A-D routes with its ESI, MAC/IP routes of its VLANs.
 */

import type { BgpClient } from '../../../platform/bgp/speaker.ts';
import { addressBytes, addressText } from '../../address.ts';
import type { Advert } from '../decision/message.ts';
import { sameAdvert } from '../decision/roles.ts';
import { vlanSet } from '../decision/vlan-set.ts';
import type { MacTable } from '../exchange/mac-table.ts';
import { type Communities, decodeCommunities, esImport } from './communities.ts';
import { CountedMacs } from './counted-macs.ts';
import { ForeignPes } from './foreign-pes.ts';
import { decodeRoute, type EvpnNlri, MAX_ET, type Route, routeKey } from './nlri.ts';
import { OwnRoutes } from './own-routes.ts';
import type { EvpnSegment } from './segment.ts';
import { SegmentRoutes } from './segment-routes.ts';

type Update = Parameters<BgpClient['update']>[1];

/** Routes of one session that are kept; above it the session ends (RFC 4486: maximum number of prefixes reached). */
export const ROUTES_MAX = 250_000;

export interface EvpnOptions {
  readonly as: number;
  /** The BGP identifier, as an address. */
  readonly identifier: string;
  /**
   * What says that a foreign PE lives. bgp: its ES route. bfd: `setLiveness`, and the routes say only what it is; then a BGP
   * session that is lost is not a PE that is dead.
   */
  readonly liveness: 'bgp' | 'bfd';
  readonly segments: readonly EvpnSegment[];
  /** Hosts elsewhere in the VLANs of the segments, by other PEs' MAC/IP routes. */
  readonly remoteMacs: MacTable;
  /** Something waits for the session. */
  readonly wake: (session: string) => void;
  readonly note: (session: string, text: string) => void;
  readonly routesMax?: number;
}

/** What a session told and what follows from it. */
interface Kept {
  readonly route: Route;
  readonly nextHop: string;
  readonly communities: Communities;
  readonly vlan: number | undefined;
}

interface Segment {
  readonly options: EvpnSegment;
  readonly pes: ForeignPes;
  readonly macs: CountedMacs;
  readonly routes: SegmentRoutes;
  /** What the decision was told of each PE; undefined: that it is lost. */
  readonly told: Map<string, Advert | undefined>;
  /** PEs whose routes changed since. Value: whether a session was lost. */
  readonly changed: Map<string, boolean>;
}

export class EvpnPeers implements BgpClient {
  readonly #options: EvpnOptions;
  readonly #segments: ReadonlyMap<string, Segment>;
  readonly #vlans = new Map<string, number>();
  readonly #remote: CountedMacs;
  readonly #sessions = new Map<string, Map<string, Kept>>();
  readonly #internal = new Set<string>();
  readonly #alive = new Set<string>();
  readonly #own = new OwnRoutes();
  #isFlushDue = false;

  constructor(options: EvpnOptions) {
    this.#options = options;
    this.#remote = new CountedMacs(options.remoteMacs);
    const wakeAll = (): void => this.#wakeAll();
    this.#segments = new Map(
      options.segments.map((segment): [string, Segment] => [
        segment.esi,
        {
          options: segment,
          pes: new ForeignPes(vlanSet(segment.evis.map(({ vlan }) => vlan))),
          macs: new CountedMacs(segment.theirMacs),
          routes: new SegmentRoutes(segment, options.identifier, this.#own, wakeAll),
          told: new Map(),
          changed: new Map(),
        },
      ]),
    );
    for (const { evis } of options.segments) {
      for (const { routeTarget, tag, vlan } of evis) this.#vlans.set(`${routeTarget} ${tag}`, vlan);
    }
  }

  /** The decision's output `announce`. */
  announce(esi: string, advert: Advert | undefined): void {
    this.#segments.get(esi)?.routes.announce(advert);
    this.#wakeAll();
  }

  /** Of BFD, with `liveness: 'bfd'`. */
  setLiveness(address: string, isAlive: boolean): void {
    if (this.#options.liveness !== 'bfd') return;
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
    this.#sessions.set(session, new Map());
    this.#own.open(session);
    this.#options.wake(session);
  }

  down(session: string, reason: string): void {
    this.#own.close(session);
    this.#internal.delete(session);
    const kept = this.#sessions.get(session);
    this.#sessions.delete(session);
    for (const [key, one] of kept ?? []) this.#apply(session, key, one, -1, true);
    this.#options.note(session, reason);
    this.#flush();
  }

  next(session: string): ReturnType<BgpClient['next']> {
    return this.#own.next(session);
  }

  note(session: string, text: string): void {
    this.#options.note(session, text);
  }

  update(session: string, update: Update): ReturnType<BgpClient['update']> {
    const kept = this.#sessions.get(session);
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
    const one = { route, nextHop, communities, vlan: this.#vlanOf(route, communities) };
    // Announced anew: the old one goes. Of addresses it goes after the new one came, so that nobody sees a gap.
    const isGone = before !== undefined && route.type !== 'mac-ip';
    if (isGone) this.#apply(session, key, before, -1, false);
    kept.delete(key);
    if (this.#isNeeded(one)) {
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
    this.#options.note(session, `a route of type ${nlri.type}: ${decoded.problem}`);
    return undefined;
  }

  #vlanOf(route: Route, { routeTargets }: Communities): number | undefined {
    if (route.type === 'ethernet-segment' || route.tag === MAX_ET) return undefined;
    for (const target of routeTargets) {
      const vlan = this.#vlans.get(`${target} ${route.tag}`);
      if (vlan !== undefined) return vlan;
    }
    return undefined;
  }

  #isNeeded({ route, nextHop, communities, vlan }: Kept): boolean {
    const segment = this.#segments.get(route.esi)?.options;
    switch (route.type) {
      case 'ethernet-segment': {
        if (segment === undefined || !communities.esImports.includes(esImport(route.esi))) return false;
        return route.originator !== segment.address && !segment.own.includes(route.originator);
      }
      case 'ethernet-ad': {
        if (segment === undefined || nextHop === segment.address || segment.own.includes(nextHop)) return false;
        return route.tag === MAX_ET || vlan !== undefined;
      }
      case 'mac-ip':
        return vlan !== undefined;
    }
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
      for (const [address, isLost] of changed) this.#tell(segment, address, isLost);
    }
  }

  #tell({ options: { take }, pes, told }: Segment, address: string, isLost: boolean): void {
    const advert = pes.advertOf(address);
    const before = told.get(address);
    const isByBgp = this.#options.liveness === 'bgp';
    if (advert !== undefined) {
      if (before !== undefined && sameAdvert(before, advert)) return;
      const isNew = before === undefined;
      told.set(address, advert);
      take({ type: 'foreign', peer: address, advert });
      if (isNew && (isByBgp || this.#alive.has(address))) take({ type: 'liveness', peer: address, alive: true });
      return;
    }
    if (!told.has(address)) return;
    if (!isLost) {
      told.delete(address);
      take({ type: 'foreign', peer: address, advert: undefined });
      if (isByBgp) take({ type: 'liveness', peer: address, alive: false });
      return;
    }
    if (before === undefined) return;
    told.set(address, undefined);
    if (isByBgp) take({ type: 'liveness', peer: address, alive: false });
    take({ type: 'session', peer: address, up: false });
    forgetLost(told, take);
  }

  #wakeAll(): void {
    for (const session of this.#sessions.keys()) this.#options.wake(session);
  }
}

/** PEs that are lost and never come back do not stay for ever. */
function forgetLost(told: Segment['told'], take: EvpnSegment['take']): void {
  const lost = [...told].filter(([, advert]) => advert === undefined).map(([address]) => address);
  for (const peer of lost.slice(0, Math.max(0, lost.length - LOST_MAX))) {
    told.delete(peer);
    take({ type: 'foreign', peer, advert: undefined });
  }
}

const LOST_MAX = 64;
