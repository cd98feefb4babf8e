/** Which routes of others a configuration needs, and for what. A value: another configuration has another one. */
import type { Communities } from './communities.ts';
import { esImport } from './communities.ts';
import { MAX_ET, type Route } from './nlri.ts';
import type { EvpnSegment } from './segment.ts';

/** What a session told, and for which VLAN. */
export interface Kept {
  readonly route: Route;
  readonly nextHop: string;
  readonly communities: Communities;
  readonly vlan: number | undefined;
}

export class Places {
  readonly #segments: ReadonlyMap<string, EvpnSegment>;
  /** By route target and Ethernet tag. */
  readonly #vlans = new Map<string, number>();

  constructor(segments: readonly EvpnSegment[]) {
    this.#segments = new Map(segments.map((segment) => [segment.esi, segment]));
    for (const { evis } of segments) {
      for (const { routeTarget, tag, vlan } of evis) this.#vlans.set(`${routeTarget} ${tag}`, vlan);
    }
  }

  /** Whether there is a VLAN that the other one does not know. */
  hasMoreThan(other: Places): boolean {
    for (const [place, vlan] of this.#vlans) if (other.#vlans.get(place) !== vlan) return true;
    return false;
  }

  /** undefined: nothing here needs the route. */
  keep(route: Route, nextHop: string, communities: Communities): Kept | undefined {
    const kept = { route, nextHop, communities, vlan: this.#vlanOf(route, communities) };
    return this.#isNeeded(kept) ? kept : undefined;
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
    const segment = this.#segments.get(route.esi);
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
}
