/** A RIB as the engine has it: its name, its routes in words of RFC 8349. */
import type { View } from '../../datastore/view/view.ts';
import { type NextHopState, type QueryReply, type RouteEntry, RouteEntry_Source } from '../../engine/gen/sluice_pb.js';
import { addressText, type IpVersion, prefixText } from '../address.ts';
import { type EngineQueries, engineParts, engineState } from '../engine-state.ts';
import { DEFAULT_VRF, type IpModel } from '../ip/model.ts';
import { dateAndTimeOfNs } from '../time.ts';
import { type Special, STATIC } from './model.ts';
import { groupName } from './objects.ts';

const SPECIALS: readonly Special[] = ['blackhole', 'unreachable', 'prohibit', 'receive'];

export interface Rib {
  readonly name: string;
  readonly vrf: string;
  readonly version: IpVersion;
}

export interface RibNextHop {
  readonly interface: string | undefined;
  readonly address: string | undefined;
  readonly special: Special | undefined;
}

export interface RibRoute {
  readonly prefix: string;
  /** What sorts routes by address, then length. */
  readonly order: string;
  readonly preference: number;
  /** An identity of `routing-protocol`. */
  readonly protocol: string;
  readonly active: boolean;
  readonly lastUpdated: string | undefined;
  readonly nextHops: readonly RibNextHop[];
}

/** The RIBs of all network instances; the default one is there as soon as there is an interface. */
export function ribsOf(view: View, ip: IpModel): readonly Rib[] {
  const { keys, interfaces, networkInstancesKey, networkInstance } = ip;
  const names = new Set(view.has(interfaces.base, interfaces.interface) ? [DEFAULT_VRF] : []);
  for (const { key } of view.entries(networkInstancesKey, networkInstance))
    names.add(keys.valueOf(key, networkInstance));
  return [...names].flatMap((vrf) =>
    ([4, 6] as const).map((version) => ({ name: `ipv${version}-${vrf}`, vrf, version })),
  );
}

export function ribNamed(view: View, ip: IpModel, name: string): Rib | undefined {
  return ribsOf(view, ip).find((rib) => rib.name === name);
}

export class RibReader {
  readonly #engine: EngineQueries;

  constructor(engine: EngineQueries) {
    this.#engine = engine;
  }

  /**
   * Gives the routes one by one, in the engine's order; false: the engine was away before the end. `lookup`: only the one
   * that packets to this address take.
   */
  async read(rib: Rib, lookup: Uint8Array, onRoute: (route: RibRoute) => void): Promise<boolean> {
    const { vrf, version } = rib;
    const groups = await engineState(this.#engine, 'nextHopGroups', undefined);
    const specials = new Map(SPECIALS.map((special) => [groupName(vrf, special), special]));
    const hopsOf = (entry: RouteEntry): readonly RibNextHop[] => {
      const special = specials.get(entry.nextHopGroup);
      if (special !== undefined) return [{ interface: undefined, address: undefined, special }];
      if (entry.nextHopGroup !== '') return (groups?.get(entry.nextHopGroup)?.nextHops ?? []).map(nextHopOf);
      const isLocal = entry.source === RouteEntry_Source.LOCAL;
      return [
        { interface: entry.interface || undefined, address: undefined, special: isLocal ? 'receive' : undefined },
      ];
    };
    const take = (part: QueryReply): void => {
      for (const entry of part.routes) {
        if (entry.prefix?.address.length === (version === 4 ? 4 : 16)) onRoute(routeOf(entry, hopsOf(entry)));
      }
    };
    return await engineParts(this.#engine, { case: 'routes', value: { vrf, version, lookup } }, take);
  }

  /** How many routes a VRF has, by family; undefined: the engine does not say. */
  async count({ vrf, version }: Rib): Promise<number | undefined> {
    const state = (await engineState(this.#engine, 'vrfs', [vrf]))?.get(vrf);
    return version === 4 ? state?.ipv4Routes : state?.ipv6Routes;
  }
}

function routeOf(entry: RouteEntry, nextHops: readonly RibNextHop[]): RibRoute {
  const { address = new Uint8Array(), length = 0 } = entry.prefix ?? {};
  return {
    prefix: prefixText({ address, length }),
    order: orderOf({ address, length }),
    preference: entry.preference,
    protocol: entry.source === RouteEntry_Source.OWNER ? STATIC : 'ietf-routing:direct',
    active: entry.active,
    lastUpdated: entry.lastChangeNs > 0n ? dateAndTimeOfNs(entry.lastChangeNs) : undefined,
    nextHops,
  };
}

/** Compares with `<` as prefixes do: by address, then by length. */
export function orderOf({ address, length }: { readonly address: Uint8Array; readonly length: number }): string {
  return Buffer.from(address).toString('latin1') + String.fromCharCode(length);
}

function nextHopOf(hop: NextHopState): RibNextHop {
  return {
    interface: hop.interface || hop.resolvedInterface || undefined,
    address: hop.gateway.length > 0 ? addressText(hop.gateway) : undefined,
    special: undefined,
  };
}
