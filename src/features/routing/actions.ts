/** The actions of a RIB: active-route (RFC 8349) and read-routes (sluice-routing). */
import type { View } from '../../datastore/view/view.ts';
import type { PlainData } from '../../yang/data/build.ts';
import { build } from '../../yang/data/build.ts';
import { findValue } from '../../yang/data/find.ts';
import { FaultError } from '../../yang/fault.ts';
import { addressBytes, prefixBytes } from '../address.ts';
import type { EngineQueries } from '../engine-state.ts';
import type { IpModel } from '../ip/model.ts';
import type { Operation } from '../operations.ts';
import { orderOf, type Rib, type RibNextHop, RibReader, type RibRoute, ribNamed } from './rib.ts';
import { RIB } from './state.ts';

/** By the path of the action's node. */
export function ribActions(ip: IpModel, engine: EngineQueries, running: () => View): readonly [string, Operation][] {
  const reader = new RibReader(engine);
  return [
    [`${RIB}/active-route`, activeRoute],
    [`${RIB}/sluice-routing:read-routes`, readRoutes],
  ];

  async function activeRoute({ rpc, target, input }: Parameters<Operation>[0]): ReturnType<Operation> {
    const rib = ribOf(target);
    const module = `ietf-ipv${rib.version}-unicast-routing`;
    const address = findValue(input, 'destination-address');
    const bytes = address === undefined ? undefined : addressBytes(address);
    if (bytes === undefined || bytes.length !== (rib.version === 4 ? 4 : 16)) {
      const message = `destination-address is an IPv${rib.version} address.`;
      throw new FaultError({ type: 'application', tag: 'invalid-value', path: `${target}/active-route`, message });
    }
    let found: RibRoute | undefined;
    const isWhole = await reader.read(rib, bytes, (route) => {
      if (route.active) found = route;
    });
    if (!isWhole) throw away(target);
    if (found === undefined) return [];
    const [only, ...others] = found.nextHops;
    const isList = others.length > 0;
    const hop = (one: RibNextHop): PlainData => ({
      'outgoing-interface': one.special === undefined ? one.interface : undefined,
      [`${module}:next-hop-address`]: one.address,
    });
    return build(rpc.output, {
      route: {
        [`${module}:destination-prefix`]: found.prefix,
        'next-hop': isList
          ? { 'next-hop-list': { 'next-hop': found.nextHops.map(hop) } }
          : { ...(only === undefined ? {} : hop(only)), 'special-next-hop': only?.special },
        'source-protocol': found.protocol,
        active: '',
        'last-updated': found.lastUpdated,
      },
    });
  }

  async function readRoutes({ rpc, target, input }: Parameters<Operation>[0]): ReturnType<Operation> {
    const rib = ribOf(target);
    const after = findValue(input, 'after');
    const count = Number(findValue(input, 'count') ?? 1000);
    const activeOnly = (findValue(input, 'active-only') ?? 'true') === 'true';
    const page = new Page(after === undefined ? '' : orderOf(prefixBytes(after)), count);
    let total = 0;
    const isWhole = await reader.read(rib, new Uint8Array(), (route) => {
      total += 1;
      if (route.active || !activeOnly) page.add(route);
    });
    if (!isWhole) throw away(target);
    return build(rpc.output, { total, route: page.routes().map(plainRoute) });
  }

  function ribOf(target: string): Rib {
    const name = ip.keys.last(ip.keys.rowOf(target)?.key ?? '')?.keys[0];
    const rib = name === undefined ? undefined : ribNamed(running(), ip, name);
    if (rib !== undefined) return rib;
    throw new FaultError({ type: 'application', tag: 'data-missing', path: target, message: 'There is no such RIB.' });
  }
}

function away(target: string): FaultError {
  const message = 'The packet engine does not answer.';
  return new FaultError({ type: 'application', tag: 'operation-failed', path: target, message });
}

/** The first routes behind a prefix, whatever order they come in: never more than twice as many are held. */
class Page {
  readonly #after: string;
  readonly #count: number;
  #held: RibRoute[] = [];
  /** Above this none is among the first any more. */
  #last: string | undefined;

  constructor(after: string, count: number) {
    this.#after = after;
    this.#count = count;
  }

  add(route: RibRoute): void {
    if (route.order <= this.#after || (this.#last !== undefined && route.order > this.#last)) return;
    this.#held.push(route);
    if (this.#held.length >= this.#count * 2) this.#cut();
  }

  routes(): readonly RibRoute[] {
    this.#cut();
    return this.#held;
  }

  #cut(): void {
    this.#held.sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0));
    if (this.#held.length > this.#count) this.#held.length = this.#count;
    if (this.#held.length === this.#count) this.#last = this.#held.at(-1)?.order;
  }
}

function plainRoute(route: RibRoute): PlainData {
  return {
    'destination-prefix': route.prefix,
    'source-protocol': route.protocol,
    'route-preference': route.preference,
    active: route.active ? '' : undefined,
    'last-updated': route.lastUpdated,
    'next-hop': route.nextHops.map((hop) => ({
      'outgoing-interface': hop.interface,
      'next-hop-address': hop.address,
      'special-next-hop': hop.special,
    })),
  };
}
