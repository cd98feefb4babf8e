/**
 * The engine objects that static routes are. Routes with equal next hops share one next hop group, which is named by its
 * content and is there as long as a route uses it: whether one does is asked of indexes, never of all routes.
 */
import { createHash } from 'node:crypto';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { RowKey } from '../../datastore/view/view.ts';
import { NextHop_Special, type NextHopGroupSchema } from '../../engine/gen/sluice_pb.js';
import type { EngineOperation } from '../../engine/operation.ts';
import { prefixBytes } from '../address.ts';
import type { Wanted } from '../engine-plan.ts';
import type { InterfaceObjects } from '../interfaces/objects.ts';
import { vrf as vrfObject } from '../ip/objects.ts';
import { gatewayBytes, type NextHop, type RouteNodes, type RoutingModel, type Special } from './model.ts';

const specials: Record<Special, NextHop_Special> = {
  blackhole: NextHop_Special.BLACKHOLE,
  unreachable: NextHop_Special.UNREACHABLE,
  prohibit: NextHop_Special.PROHIBIT,
  receive: NextHop_Special.RECEIVE,
};

/**
 * Most candidates that are looked at for one user of a group. Only where that many lists share each of a group's next hops
 * and none is the group itself the answer stays open; the group is kept then, which does no harm, until the next replay.
 */
const MOST_CANDIDATES = 1000;

/** Next hops that routes share, in a fixed order. */
export interface Group {
  readonly name: string;
  readonly vrf: string;
  readonly nextHops: readonly NextHop[];
}

/** A route as the engine gets it; its path is made when somebody asks for it: routes come by the hundred thousand. */
export interface WantedRoute {
  readonly key: RowKey;
  readonly group: Group;
  readonly preference: number;
}

/** One configuration, seen as what the engine is to hold of its routes. */
export class RoutingObjects {
  readonly interfaces: InterfaceObjects;
  readonly model: RoutingModel;
  readonly #protocols = new Map<string, RowKey | undefined>();
  readonly #vrfs = new Map<string, boolean>();
  readonly #groups = new Map<string, Group>();
  readonly #single = new Map<string, Group>();
  readonly #vrfOfProtocol = new Map<RowKey, string | undefined>();

  constructor(interfaces: InterfaceObjects, model: RoutingModel) {
    this.interfaces = interfaces;
    this.model = model;
  }

  /** Key of the row of the static protocol of a VRF. */
  protocolOf(vrf: string): RowKey | undefined {
    if (!this.#protocols.has(vrf)) this.#protocols.set(vrf, this.model.protocolOf(this.interfaces.view, vrf));
    return this.#protocols.get(vrf);
  }

  /** The VRF of a protocol that is there. */
  vrfOf(protocol: RowKey): string | undefined {
    if (!this.#vrfOfProtocol.has(protocol)) {
      const row = this.interfaces.view.get(protocol);
      this.#vrfOfProtocol.set(protocol, row && this.model.vrfOf(row));
    }
    return this.#vrfOfProtocol.get(protocol);
  }

  hasVrf(name: string): boolean {
    let has = this.#vrfs.get(name);
    if (has === undefined) {
      has = vrfObject(this.interfaces, name) !== undefined;
      this.#vrfs.set(name, has);
    }
    return has;
  }

  /** Undefined: no such route, or none of its next hops is in the engine. */
  route(vrf: string, nodes: RouteNodes, prefix: string): WantedRoute | undefined {
    const protocol = this.protocolOf(vrf);
    return protocol === undefined || !this.hasVrf(vrf)
      ? undefined
      : this.#routeAt(this.model.routeKey(protocol, nodes, prefix), vrf, nodes);
  }

  /** Whether a route uses the group, besides those that the caller knows of. */
  uses({ name, vrf, nextHops }: Group): boolean {
    const protocol = this.protocolOf(vrf);
    if (protocol === undefined || !this.hasVrf(vrf)) return false;
    const { view } = this.interfaces;
    const [only, ...others] = nextHops;
    for (const nodes of this.model.families) {
      if (only !== undefined && others.length === 0) {
        for (const key of view.rowsWithAll(nodes.bySimple, protocol, [only.interface, only.gateway, only.special])) {
          if (this.#routeAt(key, vrf, nodes)?.group.name === name) return true;
        }
      }
      if (only?.special === undefined && this.#usesInLists(name, vrf, protocol, nodes, nextHops)) return true;
    }
    return false;
  }

  #usesInLists(name: string, vrf: string, protocol: RowKey, nodes: RouteNodes, nextHops: readonly NextHop[]): boolean {
    const { keys } = this.model;
    const seen = new Set<RowKey>();
    // The rarest of the next hops decides how long it takes: one after the other gives its next route.
    const candidates = nextHops.map(({ interface: iface, gateway, weight }) =>
      this.interfaces.view.rowsWithAll(nodes.byHop, protocol, [iface, gateway, String(weight)])[Symbol.iterator](),
    );
    for (let looked = 0; looked < MOST_CANDIDATES; looked += 1) {
      const next = candidates[looked % candidates.length]?.next();
      if (next === undefined || next.done === true) return false;
      const key = keys.parentOf(next.value, nodes.hop);
      if (seen.has(key)) continue;
      seen.add(key);
      if (this.#routeAt(key, vrf, nodes)?.group.name === name) return true;
    }
    return true;
  }

  #routeAt(key: RowKey, vrf: string, nodes: RouteNodes): WantedRoute | undefined {
    const { view } = this.interfaces;
    const row = view.get(key);
    if (row === undefined) return undefined;
    const { preference, nextHops } = this.model.parse(view, key, row, nodes);
    const usable = nextHops.filter(
      (hop) => hop.interface === undefined || this.interfaces.l3Interface(hop.interface) !== undefined,
    );
    return usable.length === 0 ? undefined : { key, preference, group: this.#group(vrf, usable) };
  }

  /** Most routes have one next hop, and many the same: it is not made into bytes again for each. */
  #group(vrf: string, nextHops: readonly NextHop[]): Group {
    const [only] = nextHops;
    if (only === undefined || nextHops.length > 1) return this.#groupOf(vrf, nextHops);
    const id = `${vrf}\n${only.interface}\n${only.gateway}\n${only.special}\n${only.weight}`;
    let group = this.#single.get(id);
    if (group === undefined) {
      group = this.#groupOf(vrf, nextHops);
      this.#single.set(id, group);
    }
    return group;
  }

  #groupOf(vrf: string, nextHops: readonly NextHop[]): Group {
    const sorted = nextHops.map((hop) => [contentOf(hop), hop] as const).sort(([a], [b]) => (a < b ? -1 : 1));
    const content = [vrf, ...sorted.map(([text]) => text)].join('\n');
    let group = this.#groups.get(content);
    if (group === undefined) {
      const name = nameOf(content);
      group = { name, vrf, nextHops: sorted.map(([, hop]) => hop) };
      this.#groups.set(content, group);
    }
    return group;
  }
}

function nameOf(content: string): string {
  return createHash('sha256').update(content).digest('base64url');
}

/** The name of the group of a special next hop. */
export function groupName(vrf: string, special: Special): string {
  return nameOf(`${vrf}\n${contentOf({ special, interface: undefined, gateway: undefined, weight: 1 })}`);
}

/** What makes a next hop what it is; names of interfaces hold no line breaks that would matter, since fields are quoted. */
function contentOf(hop: NextHop): string {
  return JSON.stringify([
    hop.special ?? '',
    hop.interface ?? '',
    Buffer.from(gatewayBytes(hop)).toString('hex'),
    hop.weight,
  ]);
}

export function nextHopGroup({ name, vrf, nextHops }: Group, path: string): Wanted {
  const value: MessageInitShape<typeof NextHopGroupSchema> = {
    name,
    vrf,
    nextHops: nextHops.map((hop) => ({
      special: hop.special === undefined ? NextHop_Special.NONE : specials[hop.special],
      interface: hop.interface ?? '',
      gateway: gatewayBytes(hop),
      weight: hop.weight,
    })),
  };
  return { path, operation: { case: 'setNextHopGroup', value } };
}

export function setRoute(vrf: string, prefix: string, { group, preference }: WantedRoute): EngineOperation {
  const value = { vrf, set: [{ prefix: prefixBytes(prefix), nextHopGroup: group.name, preference }] };
  return { case: 'setRoutes', value };
}

export function deleteRoute(vrf: string, prefix: string): EngineOperation {
  return { case: 'setRoutes', value: { vrf, delete: [prefixBytes(prefix)] } };
}
