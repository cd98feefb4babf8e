/** The decision's announcement and the customers' addresses of a segment as routes of ours. */
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
  readonly #segment: EvpnSegment;
  /** BGP identifier, as an address. */
  readonly #identifier: string;
  readonly #routes: OwnRoutes;
  readonly #nextHop: Uint8Array;
  readonly #attributes = new Map<string, RouteAttributes>();
  readonly #evis: ReadonlyMap<number, Evi>;
  readonly #unfollow: () => void;
  #able: VlanSet = NO_VLANS;
  #election: DfElection | undefined;
  #electionAttributes: RouteAttributes | undefined;

  constructor(segment: EvpnSegment, identifier: string, routes: OwnRoutes, wake: () => void) {
    this.#segment = segment;
    this.#identifier = identifier;
    this.#routes = routes;
    this.#nextHop = addressBytes(segment.address);
    this.#evis = new Map(segment.evis.map((evi) => [evi.vlan, evi]));
    for (const vlan of segment.ownMacs.vlans()) {
      for (const mac of segment.ownMacs.of(vlan)) this.#setMac(vlan, mac, true);
    }
    this.#unfollow = segment.ownMacs.onChange((vlan, mac, isThere) => {
      this.#setMac(vlan, mac, isThere);
      wake();
    });
  }

  /** Addresses are followed no more; routes stay as they are. */
  close(): void {
    this.#unfollow();
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
    const targets = [...new Set(evis.map(({ routeTarget }) => routeTarget))];
    for (let at = 0; at * TARGETS_MAX < targets.length; at += 1) {
      const some = targets.slice(at * TARGETS_MAX, (at + 1) * TARGETS_MAX);
      const rd = routeDistinguisher(this.#identifier, rdNumber + at);
      this.#set(
        { type: 'ethernet-ad', rd, esi, tag: MAX_ET, label: 0 },
        advert === undefined ? undefined : this.#shared(`segment ${at}`, [esiLabel(true), ...some.map(octetsOf)]),
      );
    }
    const route: Route = {
      type: 'ethernet-segment',
      rd: routeDistinguisher(this.#identifier, rdNumber),
      esi,
      originator: address,
    };
    if (advert !== undefined && (this.#election === undefined || !sameElection(advert, this.#election))) {
      const extendedCommunities = [octetsOf(esImport(esi)), ...(isPlain(advert) ? [] : [dfElection(advert)])];
      this.#electionAttributes = { nextHop: this.#nextHop, extendedCommunities, isMac: false };
    }
    this.#election = advert;
    this.#set(route, advert === undefined ? undefined : this.#electionAttributes);
  }

  #setMac(vlan: number, mac: number, isThere: boolean): void {
    const evi = this.#evis.get(vlan);
    if (evi === undefined) return;
    const { rdNumber, tag, label, routeTarget } = evi;
    const rd = routeDistinguisher(this.#identifier, rdNumber);
    this.#set(
      { type: 'mac-ip', rd, esi: this.#segment.esi, tag, mac, ip: undefined, label },
      isThere ? this.#targeted(routeTarget, true) : undefined,
    );
  }

  #adRoute({ rdNumber, tag, label }: Evi): Route {
    const rd = routeDistinguisher(this.#identifier, rdNumber);
    return { type: 'ethernet-ad', rd, esi: this.#segment.esi, tag, label };
  }

  #set(route: Route, attributes: RouteAttributes | undefined): void {
    const key = routeKey(route);
    if (attributes === undefined) this.#routes.delete(key);
    else this.#routes.set({ key, nlri: encodeRoute(route), attributes });
  }

  #targeted(target: string, isMac: boolean): RouteAttributes {
    return this.#shared(`${isMac ? 'mac' : 'ad'} ${target}`, [octetsOf(target)], isMac);
  }

  #shared(name: string, extendedCommunities: readonly Uint8Array[], isMac = false): RouteAttributes {
    const known = this.#attributes.get(name);
    if (known !== undefined) return known;
    const attributes = { nextHop: this.#nextHop, extendedCommunities, isMac };
    this.#attributes.set(name, attributes);
    return attributes;
  }
}

/** What a PE means that says nothing (RFC 8584 section 2.2.1): then nothing is said, since GoBGP 3 refuses what it does not know. */
function isPlain({ method, acDf, dontPreempt }: DfElection): boolean {
  return method === NO_DF_ELECTION.method && !acDf && !dontPreempt;
}

function octetsOf(hex: string): Buffer {
  return Buffer.from(hex, 'hex');
}
