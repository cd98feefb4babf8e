/** ietf-routing with static IPv4 and IPv6 routes, as values. */
import type { KeySpace } from '../../datastore/key/key.ts';
import type { Row, RowKey, View } from '../../datastore/view/view.ts';
import type { LeafNode, ListNode } from '../../yang/schema/node.ts';
import { addressBytes, type IpVersion } from '../address.ts';
import { DEFAULT_VRF } from '../ip/model.ts';
import { containerAt, leafAt, leafValue, listAt, requiredValue } from '../nodes.ts';

export const ROUTING = '/ietf-routing:routing';
export const PROTOCOL = `${ROUTING}/control-plane-protocols/control-plane-protocol`;
export const STATIC = 'ietf-routing:static';

export type Special = 'blackhole' | 'unreachable' | 'prohibit' | 'receive';

export interface NextHop {
  readonly special: Special | undefined;
  readonly interface: string | undefined;
  /** As configured. */
  readonly gateway: string | undefined;
  readonly weight: number;
}

export interface StaticRoute {
  readonly preference: number;
  /** In document order. */
  readonly nextHops: readonly NextHop[];
}

/** The schema nodes of the static routes of one family. */
export interface RouteNodes {
  readonly version: IpVersion;
  readonly route: ListNode;
  readonly destination: LeafNode;
  readonly preference: LeafNode;
  readonly interface: LeafNode;
  readonly gateway: LeafNode;
  readonly special: LeafNode;
  readonly hop: ListNode;
  readonly hopInterface: LeafNode;
  readonly hopGateway: LeafNode;
  readonly hopWeight: LeafNode;
  /** Finds the routes of a protocol with one next hop that is just so (interface, address, special). */
  readonly bySimple: string;
  /** Finds the entries of next hop lists of a protocol that are just so (interface, address, weight). */
  readonly byHop: string;
}

export class RoutingModel {
  readonly keys: KeySpace;
  readonly protocol: ListNode;
  readonly networkInstance: LeafNode;
  readonly families: readonly [RouteNodes, RouteNodes];
  readonly base: RowKey;
  readonly type: LeafNode;

  constructor(keys: KeySpace) {
    const { schema } = keys;
    this.keys = keys;
    this.protocol = listAt(schema, PROTOCOL);
    this.type = leafAt(schema, `${PROTOCOL}/type`);
    this.networkInstance = leafAt(schema, `${PROTOCOL}/sluice-routing:network-instance`);
    this.families = [routeNodes(keys, 4), routeNodes(keys, 6)];
    this.base = keys.child('', containerAt(schema, ROUTING));
  }

  /** The VRF whose routes a protocol's row knows. */
  vrfOf(protocol: Row): string {
    return protocol.leaves.get(this.networkInstance) ?? DEFAULT_VRF;
  }

  /** Key of the row of the static protocol that knows a VRF's routes. */
  protocolOf(view: View, vrf: string): RowKey | undefined {
    for (const key of view.rowsWith(this.networkInstance, vrf)) if (this.#isStatic(key)) return key;
    if (vrf !== DEFAULT_VRF) return undefined;
    for (const { key, row } of view.entries(this.base, this.protocol)) {
      if (!row.leaves.has(this.networkInstance) && this.#isStatic(key)) return key;
    }
    return undefined;
  }

  /** The protocol's key in the key of a row below it. */
  protocolKeyOf(key: RowKey): RowKey {
    return this.keys.decode(key)[1]?.key as RowKey;
  }

  routeKey(protocol: RowKey, nodes: RouteNodes, prefix: string): RowKey {
    return this.keys.child(protocol, nodes.route, [prefix]);
  }

  /** The prefix in the key of a route's row. */
  prefixOf(key: RowKey, nodes: RouteNodes): string {
    return this.keys.valueOf(key, nodes.route);
  }

  parse(view: View, key: RowKey, row: Row, nodes: RouteNodes): StaticRoute {
    const preference = Number(requiredValue(row, nodes.preference));
    const special = leafValue(row, nodes.special) as Special | undefined;
    const name = leafValue(row, nodes.interface);
    const gateway = leafValue(row, nodes.gateway);
    if (special !== undefined || name !== undefined || gateway !== undefined) {
      return { preference, nextHops: [{ special, interface: name, gateway, weight: 1 }] };
    }
    const nextHops = Array.from(view.entries(key, nodes.hop), (entry) => this.hop(entry.row, nodes));
    return { preference, nextHops };
  }

  /** An entry of a next hop list. */
  hop(row: Row, nodes: RouteNodes): NextHop {
    return {
      special: undefined,
      interface: leafValue(row, nodes.hopInterface),
      gateway: leafValue(row, nodes.hopGateway),
      weight: Number(requiredValue(row, nodes.hopWeight)),
    };
  }

  #isStatic(key: RowKey): boolean {
    return this.keys.last(key)?.keys[0] === STATIC;
  }
}

export function gatewayBytes({ gateway }: NextHop): Uint8Array {
  return gateway === undefined ? new Uint8Array() : addressBytes(gateway);
}

function routeNodes({ schema }: KeySpace, version: IpVersion): RouteNodes {
  const module = `ietf-ipv${version}-unicast-routing`;
  const route = `${PROTOCOL}/static-routes/${module}:ipv${version}/route`;
  const hop = `${route}/next-hop/next-hop-list/next-hop`;
  const at = (path: string): LeafNode => leafAt(schema, path);
  const nodes = {
    version,
    route: listAt(schema, route),
    destination: at(`${route}/destination-prefix`),
    preference: at(`${route}/sluice-routing:preference`),
    interface: at(`${route}/next-hop/outgoing-interface`),
    gateway: at(`${route}/next-hop/next-hop-address`),
    special: at(`${route}/next-hop/special-next-hop`),
    hop: listAt(schema, hop),
    hopInterface: at(`${hop}/outgoing-interface`),
    hopGateway: at(`${hop}/next-hop-address`),
    hopWeight: at(`${hop}/sluice-routing:weight`),
  };
  return {
    ...nodes,
    bySimple: [PROTOCOL, nodes.interface.path, nodes.gateway.path, nodes.special.path].join(' '),
    byHop: [PROTOCOL, nodes.hopInterface.path, nodes.hopGateway.path, nodes.hopWeight.path].join(' '),
  };
}
