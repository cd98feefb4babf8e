/** The decision's announcement and the customers' addresses of a segment as routes of ours. */
import { isDeepStrictEqual } from 'node:util';
import { addressBytes } from '../../address.ts';
import type { Advert } from '../decision/message.ts';
import { hasVlan, NO_VLANS, type VlanSet } from '../decision/vlan-set.ts';
import { type DfElection, dfElection, esImport, esiLabel, NO_DF_ELECTION, sameElection } from './communities.ts';
import { encodeRoute, MAX_ET, type Route, routeDistinguisher, routeKey } from './nlri.ts';
import type { OwnRoutes, RouteAttributes } from './own-routes.ts';
import type { Evi, EvpnSegment } from './segment.ts';

/** Route targets in one A-D route of a segment: its attributes have to fit a message. */
const TARGETS_MAX = 400;

export class SegmentRoutes {
  #segment: EvpnSegment;
  /** BGP identifier, as an address. */
  readonly #identifier: string;
  readonly #routes: OwnRoutes;
  readonly #nextHop: Uint8Array;
  /** By kind and route target. */
  readonly #attributes = new Map<string, RouteAttributes>();
  /** Of the A-D routes of the whole segment, in their order, with their route targets. */
  readonly #segmentAttributes: { readonly targets: string; readonly attributes: RouteAttributes }[] = [];
  /** Keys of the routes of the whole segment that there are. */
  #segmentKeys: ReadonlySet<string> = new Set();
  #evis: ReadonlyMap<number, Evi>;
  readonly #unfollow: () => void;
  #able: VlanSet = NO_VLANS;
  #election: DfElection | undefined;
  #electionAttributes: RouteAttributes | undefined;
  #macs = 0;
  #leftOut = 0;

  constructor(segment: EvpnSegment, identifier: string, routes: OwnRoutes, wake: () => void) {
    this.#segment = segment;
    this.#identifier = identifier;
    this.#routes = routes;
    this.#nextHop = addressBytes(segment.address);
    this.#evis = byVlan(segment);
    for (const vlan of segment.ownMacs.vlans()) this.#setMacs(vlan, true);
    this.#unfollow = segment.ownMacs.onChange((vlan, mac, isThere) => {
      this.#setMac(vlan, mac, isThere);
      wake();
    });
  }

  /** Routes of addresses. */
  get macs(): number {
    return this.#macs;
  }

  /** Addresses that there was no room for, ever. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** What was announced last; undefined: nothing. */
  get able(): VlanSet | undefined {
    return this.#election === undefined ? undefined : this.#able;
  }

  /** Addresses are followed no more; routes stay as they are. */
  close(): void {
    this.#unfollow();
  }

  /** All routes go, and addresses are followed no more. */
  withdraw(): void {
    this.close();
    this.announce(undefined);
    for (const vlan of this.#segment.ownMacs.vlans()) this.#setMacs(vlan, false);
  }

  /** The same segment, of the same address, with other VLANs or in other places: routes that are the same are not told again. */
  configure(segment: EvpnSegment): void {
    const before = this.#evis;
    const now = byVlan(segment);
    for (const [vlan, evi] of before) {
      if (isDeepStrictEqual(evi, now.get(vlan))) continue;
      if (hasVlan(this.#able, vlan)) this.#set(this.#adRoute(evi), undefined);
      this.#setMacs(vlan, false);
    }
    this.#segment = segment;
    this.#evis = now;
    const targets = new Set(segment.evis.map(({ routeTarget }) => routeTarget));
    for (const name of this.#attributes.keys()) {
      if (!targets.has(name.slice(name.indexOf(' ') + 1))) this.#attributes.delete(name);
    }
    for (const [vlan, evi] of now) {
      if (isDeepStrictEqual(evi, before.get(vlan))) continue;
      if (hasVlan(this.#able, vlan)) this.#set(this.#adRoute(evi), this.#targeted(evi.routeTarget, false));
      this.#setMacs(vlan, true);
    }
    this.#setSegment(this.#election);
  }

  announce(advert: Advert | undefined): void {
    const able = advert?.able ?? NO_VLANS;
    if (advert === undefined) this.#setSegment(undefined);
    for (const evi of this.#segment.evis) {
      const isAble = hasVlan(able, evi.vlan);
      if (isAble === hasVlan(this.#able, evi.vlan)) continue;
      this.#set(this.#adRoute(evi), isAble ? this.#targeted(evi.routeTarget, false) : undefined);
    }
    this.#able = able;
    // Last: a PE that hears of us hears then which VLANs we can serve.
    if (advert !== undefined) this.#setSegment(advert);
  }

  /** The A-D routes of the whole segment first: their withdrawal says all at once (RFC 7432 section 8.2). */
  #setSegment(advert: DfElection | undefined): void {
    const { esi, address, evis, rdNumber } = this.#segment;
    const routes = new Map<string, readonly [Route, RouteAttributes]>();
    if (advert !== undefined) {
      const targets = [...new Set(evis.map(({ routeTarget }) => routeTarget))];
      for (let at = 0; at * TARGETS_MAX < targets.length; at += 1) {
        const some = targets.slice(at * TARGETS_MAX, (at + 1) * TARGETS_MAX);
        const rd = routeDistinguisher(this.#identifier, rdNumber + at);
        const route: Route = { type: 'ethernet-ad', rd, esi, tag: MAX_ET, label: 0 };
        routes.set(routeKey(route), [route, this.#segmentAttributesOf(at, some)]);
      }
      const rd = routeDistinguisher(this.#identifier, rdNumber);
      const route: Route = { type: 'ethernet-segment', rd, esi, originator: address };
      routes.set(routeKey(route), [route, this.#electionAttributesOf(advert)]);
    }
    for (const key of this.#segmentKeys) if (!routes.has(key)) this.#routes.delete(key);
    for (const [route, attributes] of routes.values()) this.#set(route, attributes);
    this.#segmentKeys = new Set(routes.keys());
    this.#election = advert;
  }

  #segmentAttributesOf(at: number, some: readonly string[]): RouteAttributes {
    const targets = some.join();
    const known = this.#segmentAttributes[at];
    if (known?.targets === targets) return known.attributes;
    const extendedCommunities = [esiLabel(true), ...some.map(octetsOf)];
    const attributes = { nextHop: this.#nextHop, extendedCommunities, isMac: false };
    this.#segmentAttributes[at] = { targets, attributes };
    return attributes;
  }

  #electionAttributesOf(advert: DfElection): RouteAttributes {
    const known = this.#electionAttributes;
    if (known !== undefined && this.#election !== undefined && sameElection(advert, this.#election)) return known;
    const { esi } = this.#segment;
    const extendedCommunities = [octetsOf(esImport(esi)), ...(isPlain(advert) ? [] : [dfElection(advert)])];
    this.#electionAttributes = { nextHop: this.#nextHop, extendedCommunities, isMac: false };
    return this.#electionAttributes;
  }

  #setMacs(vlan: number, isThere: boolean): void {
    for (const mac of this.#segment.ownMacs.of(vlan)) this.#setMac(vlan, mac, isThere);
  }

  #setMac(vlan: number, mac: number, isThere: boolean): void {
    const evi = this.#evis.get(vlan);
    if (evi === undefined) return;
    const { rdNumber, tag, label, routeTarget } = evi;
    const rd = routeDistinguisher(this.#identifier, rdNumber);
    const route: Route = { type: 'mac-ip', rd, esi: this.#segment.esi, tag, mac, ip: undefined, label };
    if (!isThere) {
      if (this.#set(route, undefined)) this.#macs -= 1;
    } else if (!this.#routes.hasRoomForMac) this.#leftOut += 1;
    else if (this.#set(route, this.#targeted(routeTarget, true))) this.#macs += 1;
  }

  #adRoute({ rdNumber, tag, label }: Evi): Route {
    const rd = routeDistinguisher(this.#identifier, rdNumber);
    return { type: 'ethernet-ad', rd, esi: this.#segment.esi, tag, label };
  }

  /** Returns whether it came, or went. */
  #set(route: Route, attributes: RouteAttributes | undefined): boolean {
    const key = routeKey(route);
    if (attributes === undefined) return this.#routes.delete(key);
    return this.#routes.set({ key, nlri: encodeRoute(route), attributes });
  }

  #targeted(target: string, isMac: boolean): RouteAttributes {
    const name = `${isMac ? 'mac' : 'ad'} ${target}`;
    const known = this.#attributes.get(name);
    if (known !== undefined) return known;
    const attributes = { nextHop: this.#nextHop, extendedCommunities: [octetsOf(target)], isMac };
    this.#attributes.set(name, attributes);
    return attributes;
  }
}

function byVlan({ evis }: EvpnSegment): ReadonlyMap<number, Evi> {
  return new Map(evis.map((evi) => [evi.vlan, evi]));
}

/** What a PE means that says nothing (RFC 8584 section 2.2.1): then nothing is said, since GoBGP 3 refuses what it does not know. */
function isPlain({ method, acDf, dontPreempt }: DfElection): boolean {
  return method === NO_DF_ELECTION.method && !acDf && !dontPreempt;
}

function octetsOf(hex: string): Buffer {
  return Buffer.from(hex, 'hex');
}
