/**
 * Operational state of ietf-routing: the RIBs and the interfaces that route. A RIB can hold a million routes: they are given
 * to who names the RIB or asks for routes, up to a limit; who reads everything gets those of short RIBs.
 */
import type { Interest, RowWriter, StateProvider } from '../../commit/operational/state.ts';
import type { RowKey, View } from '../../datastore/view/view.ts';
import type { LeafListNode, LeafNode, ListNode } from '../../yang/schema/node.ts';
import type { EngineQueries } from '../engine-state.ts';
import { wants } from '../interest.ts';
import { DEFAULT_VRF, type IpModel } from '../ip/model.ts';
import { leafAt, leafListAt, listAt } from '../nodes.ts';
import { ROUTING, type RoutingModel } from './model.ts';
import { type Rib, type RibNextHop, RibReader, type RibRoute, ribsOf } from './rib.ts';

export const RIB = `${ROUTING}/ribs/rib`;
const ROUTES = `${RIB}/routes`;
const ROUTE = `${ROUTES}/route`;
const HOP = `${ROUTE}/next-hop/next-hop-list/next-hop`;

/** Most routes of a RIB that a read of everything gives. */
const FEW_ROUTES = 10_000;
/** Most routes of a RIB that one read gives; the action read-routes gives all, in parts. */
const MOST_ROUTES = 200_000;

interface FamilyLeaves {
  readonly prefix: LeafNode;
  readonly address: LeafNode;
  readonly hopAddress: LeafNode;
}

export class RoutingState implements StateProvider {
  readonly paths = [ROUTING];
  readonly #model: RoutingModel;
  readonly #ip: IpModel;
  readonly #reader: RibReader;
  readonly #interface: LeafListNode;
  readonly #rib: ListNode;
  readonly #leaves: Readonly<
    Record<
      'family' | 'isDefault' | 'instance' | 'preference' | 'protocol' | 'active' | 'updated' | 'outgoing' | 'special',
      LeafNode
    >
  >;
  readonly #families: Readonly<Record<4 | 6, FamilyLeaves>>;
  readonly #route: ListNode;
  readonly #hop: ListNode;
  readonly #hopInterface: LeafNode;

  constructor(model: RoutingModel, ip: IpModel, engine: EngineQueries) {
    const { schema } = model.keys;
    const at = (path: string): LeafNode => leafAt(schema, path);
    const family = (version: 4 | 6): FamilyLeaves => {
      const module = `ietf-ipv${version}-unicast-routing`;
      return {
        prefix: at(`${ROUTE}/${module}:destination-prefix`),
        address: at(`${ROUTE}/next-hop/${module}:next-hop-address`),
        hopAddress: at(`${HOP}/${module}:address`),
      };
    };
    this.#model = model;
    this.#ip = ip;
    this.#reader = new RibReader(engine);
    this.#interface = leafListAt(schema, `${ROUTING}/interfaces/interface`);
    this.#rib = listAt(schema, RIB);
    this.#route = listAt(schema, ROUTE);
    this.#hop = listAt(schema, HOP);
    this.#hopInterface = at(`${HOP}/outgoing-interface`);
    this.#leaves = {
      family: at(`${RIB}/address-family`),
      isDefault: at(`${RIB}/default-rib`),
      instance: at(`${RIB}/sluice-routing:network-instance`),
      preference: at(`${ROUTE}/route-preference`),
      protocol: at(`${ROUTE}/source-protocol`),
      active: at(`${ROUTE}/active`),
      updated: at(`${ROUTE}/last-updated`),
      outgoing: at(`${ROUTE}/next-hop/outgoing-interface`),
      special: at(`${ROUTE}/next-hop/special-next-hop`),
    };
    this.#families = { 4: family(4), 6: family(6) };
  }

  async read(interests: readonly Interest[], running: View, out: RowWriter): Promise<void> {
    if (wants(interests, this.#interface.path)) this.#interfaces(running, out);
    for (const rib of ribsOf(running, this.#ip)) {
      const asked = interests.filter((interest) => concerns(interest, rib));
      if (interests.length > 0 && asked.length === 0) continue;
      const key = this.#model.keys.child(this.#model.base, this.#rib, [rib.name]);
      this.#writeRib(out, key, rib);
      const limit = await this.#limit(asked, rib);
      if (limit > 0) await this.#routes(out, key, rib, limit);
    }
  }

  #interfaces(running: View, out: RowWriter): void {
    const { interfaces } = this.#ip;
    for (const { row } of running.entries(interfaces.base, interfaces.interface)) {
      const name = interfaces.nameIn(row);
      if (!this.#ip.routes(running, name)) continue;
      out.put(this.#model.keys.child(this.#model.base, this.#interface, [name]), this.#interface, {
        leaves: new Map(),
      });
    }
  }

  #writeRib(out: RowWriter, key: RowKey, { vrf, version }: Rib): void {
    const { family, isDefault, instance } = this.#leaves;
    const leaves = new Map([
      [family, `ietf-ipv${version}-unicast-routing:ipv${version}-unicast`],
      [isDefault, String(vrf === DEFAULT_VRF)],
      [instance, vrf],
    ]);
    out.put(key, this.#rib, { leaves });
  }

  /** How many routes the readers get. */
  async #limit(asked: readonly Interest[], rib: Rib): Promise<number> {
    if (asked.some(({ node }) => node.path.startsWith(ROUTES))) return MOST_ROUTES;
    // A leaf of the RIB itself.
    if (asked.length > 0 && asked.every(({ node }) => node.path.startsWith(`${RIB}/`))) return 0;
    if (asked.some(({ keys }) => keys.get(RIB) !== undefined)) return MOST_ROUTES;
    return ((await this.#reader.count(rib)) ?? 0) <= FEW_ROUTES ? FEW_ROUTES : 0;
  }

  async #routes(out: RowWriter, rib: RowKey, of: Rib, limit: number): Promise<void> {
    let count = 0;
    await this.#reader.read(of, new Uint8Array(), (route) => {
      if (count < limit) this.#writeRoute(out, this.#model.keys.child(rib, this.#route, [String(count)]), of, route);
      count += 1;
    });
  }

  #writeRoute(out: RowWriter, key: RowKey, { version }: Rib, route: RibRoute): void {
    const { preference, protocol, active, updated, outgoing, special } = this.#leaves;
    const { prefix, address } = this.#families[version];
    const leaves = new Map<LeafNode, string>([
      [prefix, route.prefix],
      [preference, String(route.preference)],
      [protocol, route.protocol],
    ]);
    if (route.active) leaves.set(active, '');
    if (route.lastUpdated !== undefined) leaves.set(updated, route.lastUpdated);
    const [only, ...others] = route.nextHops;
    if (only !== undefined && others.length === 0) {
      if (only.interface !== undefined && only.special === undefined) leaves.set(outgoing, only.interface);
      if (only.address !== undefined) leaves.set(address, only.address);
      if (only.special !== undefined) leaves.set(special, only.special);
    }
    out.put(key, this.#route, { leaves });
    if (others.length > 0) for (const [at, hop] of route.nextHops.entries()) this.#writeHop(out, key, at, version, hop);
  }

  #writeHop(out: RowWriter, route: RowKey, at: number, version: 4 | 6, hop: RibNextHop): void {
    const leaves = new Map<LeafNode, string>();
    if (hop.interface !== undefined) leaves.set(this.#hopInterface, hop.interface);
    if (hop.address !== undefined) leaves.set(this.#families[version].hopAddress, hop.address);
    out.put(this.#model.keys.child(route, this.#hop, [String(at)]), this.#hop, { leaves });
  }
}

/** Whether a reader wants something of the RIB. */
function concerns({ node, keys }: Interest, { name }: Rib): boolean {
  if (!(node.path === RIB || node.path.startsWith(`${RIB}/`) || RIB.startsWith(`${node.path}/`))) return false;
  const [wanted] = keys.get(RIB) ?? [];
  return wanted === undefined || wanted === name;
}
