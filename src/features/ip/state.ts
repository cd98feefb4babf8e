/** Operational state of IP: addresses and how they are doing, neighbours, counters by interface and by VRF. */
import type { Interest, RowWriter, StateListener, StateProvider } from '../../commit/operational/state.ts';
import type { RowKey, View } from '../../datastore/view/view.ts';
import {
  AddressStatus,
  type InterfaceAddressState,
  type IpStatistics,
  type L3InterfaceState,
  type NeighbourEntry,
  NeighbourStatus,
  type VrfState,
} from '../../engine/gen/sluice_pb.js';
import type { LeafNode } from '../../yang/schema/node.ts';
import { addressText, versionOf } from '../address.ts';
import { type EngineQueries, engineState, onEngineChange } from '../engine-state.ts';
import { wantedEntries } from '../interest.ts';
import { INTERFACE, INTERFACES } from '../interfaces/model.ts';
import { macAddress } from '../interfaces/state.ts';
import { leafAt } from '../nodes.ts';
import { dateAndTimeOfNs } from '../time.ts';
import {
  DEFAULT_VRF,
  type FamilyNodes,
  IPV4,
  IPV6,
  type IpModel,
  NETWORK_INSTANCE,
  NETWORK_INSTANCES,
  TAP,
} from './model.ts';

/** Above, asking for all neighbours is cheaper than interface by interface. */
const MANY_INTERFACES = 16;

const statuses: Record<AddressStatus, string> = {
  [AddressStatus.ADDRESS_PREFERRED]: 'preferred',
  [AddressStatus.ADDRESS_TENTATIVE]: 'tentative',
  [AddressStatus.ADDRESS_DUPLICATE]: 'duplicate',
  [AddressStatus.ADDRESS_INACCESSIBLE]: 'inaccessible',
};

const neighbourStates: Record<NeighbourStatus, string> = {
  [NeighbourStatus.NEIGHBOUR_INCOMPLETE]: 'incomplete',
  [NeighbourStatus.NEIGHBOUR_REACHABLE]: 'reachable',
  [NeighbourStatus.NEIGHBOUR_STALE]: 'stale',
  [NeighbourStatus.NEIGHBOUR_DELAY]: 'delay',
  [NeighbourStatus.NEIGHBOUR_PROBE]: 'probe',
};

/** The leaves of `ip-statistics` and the engine's counters. */
const counters: readonly (readonly [leaf: string, counter: Exclude<keyof IpStatistics, `$${string}`>])[] = [
  ['in-receives', 'inReceives'],
  ['in-header-errors', 'inHeaderErrors'],
  ['in-no-routes', 'inNoRoutes'],
  ['in-address-errors', 'inAddressErrors'],
  ['in-discards', 'inDiscards'],
  ['in-delivers', 'inDelivers'],
  ['forwarded', 'forwarded'],
  ['reassembly-requests', 'reassemblyRequests'],
  ['reassembled', 'reassembled'],
  ['reassembly-failures', 'reassemblyFailures'],
  ['out-discards', 'outDiscards'],
  ['fragmented', 'fragmented'],
  ['fragments-created', 'fragmentsCreated'],
  ['fragmentation-failures', 'fragmentationFailures'],
  ['icmp-errors-sent', 'icmpErrorsSent'],
  ['icmp-errors-limited', 'icmpErrorsLimited'],
];

/** The leaves of `tap/statistics` and the engine's state. */
const tapState: readonly (readonly [leaf: string, of: TapStateOf])[] = [
  ['active', 'tapActive'],
  ['to-kernel', 'tapToKernel'],
  ['to-kernel-dropped', 'tapToKernelDropped'],
  ['from-kernel', 'tapFromKernel'],
  ['from-kernel-dropped', 'tapFromKernelDropped'],
];

type TapStateOf = Extract<keyof L3InterfaceState, `tap${string}`>;
type StatisticsLeaves = readonly (readonly [LeafNode, Exclude<keyof IpStatistics, `$${string}`>])[];

interface FamilyLeaves {
  readonly nodes: FamilyNodes;
  readonly origin: LeafNode;
  readonly status: LeafNode;
  readonly neighbourOrigin: LeafNode;
  readonly neighbourState: LeafNode;
  readonly isRouter: LeafNode | undefined;
  readonly statistics: StatisticsLeaves;
}

export class IpState implements StateProvider {
  readonly paths = [INTERFACES, NETWORK_INSTANCES];
  readonly #model: IpModel;
  readonly #engine: EngineQueries;
  readonly #families: Readonly<Record<4 | 6, FamilyLeaves>>;
  readonly #instance: Readonly<Record<'since' | 'ipv4Routes' | 'ipv6Routes' | 'memory', LeafNode>>;
  readonly #tap: readonly (readonly [LeafNode, TapStateOf])[];
  readonly #instanceStatistics: Readonly<Record<4 | 6, StatisticsLeaves>>;

  constructor(model: IpModel, engine: EngineQueries) {
    const { schema } = model.keys;
    const statistics = (path: string): StatisticsLeaves =>
      counters.map(([leaf, counter]) => [leafAt(schema, `${path}/${leaf}`), counter] as const);
    const instance = (leaf: string): LeafNode => leafAt(schema, `${NETWORK_INSTANCE}/sluice-ip:statistics/${leaf}`);
    this.#model = model;
    this.#engine = engine;
    this.#families = {
      4: {
        nodes: model.ipv4,
        origin: leafAt(schema, `${IPV4}/address/origin`),
        status: leafAt(schema, `${IPV4}/address/sluice-ip:status`),
        neighbourOrigin: leafAt(schema, `${IPV4}/neighbor/origin`),
        neighbourState: leafAt(schema, `${IPV4}/neighbor/sluice-ip:state`),
        isRouter: undefined,
        statistics: statistics(`${IPV4}/sluice-ip:statistics`),
      },
      6: {
        nodes: model.ipv6,
        origin: leafAt(schema, `${IPV6}/address/origin`),
        status: leafAt(schema, `${IPV6}/address/status`),
        neighbourOrigin: leafAt(schema, `${IPV6}/neighbor/origin`),
        neighbourState: leafAt(schema, `${IPV6}/neighbor/state`),
        isRouter: leafAt(schema, `${IPV6}/neighbor/is-router`),
        statistics: statistics(`${IPV6}/sluice-ip:statistics`),
      },
    };
    this.#tap = tapState.map(([leaf, of]) => [leafAt(schema, `${TAP}/statistics/${leaf}`), of] as const);
    this.#instance = {
      since: instance('discontinuity-time'),
      ipv4Routes: instance('ipv4-routes'),
      ipv6Routes: instance('ipv6-routes'),
      memory: instance('memory'),
    };
    this.#instanceStatistics = {
      4: statistics(`${NETWORK_INSTANCE}/sluice-ip:statistics/ipv4`),
      6: statistics(`${NETWORK_INSTANCE}/sluice-ip:statistics/ipv6`),
    };
  }

  async read(interests: readonly Interest[], running: View, out: RowWriter): Promise<void> {
    const of = (...paths: readonly string[]): string[] => {
      const wanted = paths.map((path) => wantedEntries(interests, INTERFACE, path));
      if (wanted.some((entries) => entries === undefined)) return this.#routers(running, undefined);
      return this.#routers(running, [
        ...new Set(wanted.flatMap((entries) => (entries ?? []).map(([name]) => name as string))),
      ]);
    };
    await Promise.all([
      this.#interfaces(of(IPV4, IPV6, TAP), running, out),
      this.#neighbours(of(`${IPV4}/neighbor`, `${IPV6}/neighbor`), running, out),
      this.#networkInstances(
        wantedEntries(interests, NETWORK_INSTANCE)?.map(([name]) => name as string),
        running,
        out,
      ),
    ]);
  }

  onChange(listener: StateListener): () => void {
    return onEngineChange(this.#engine, (event) => {
      const of = (name: string, bytes: Uint8Array, list: 'address' | 'neighbour'): void => {
        const node = this.#families[versionOf(bytes)].nodes[list];
        listener([
          {
            node,
            keys: new Map([
              [INTERFACE, [name]],
              [node.path, [addressText(bytes)]],
            ]),
          },
        ]);
      };
      if (event === undefined) listener([]);
      else if (event.what.case === 'address' && event.what.value.address !== undefined) {
        of(event.what.value.interface, event.what.value.address.address, 'address');
      } else if (event.what.case === 'neighbour' && event.what.value.entry !== undefined) {
        of(event.what.value.entry.interface, event.what.value.entry.address, 'neighbour');
      }
    });
  }

  /** The wanted ones of the interfaces that route. */
  #routers(running: View, wanted: readonly string[] | undefined): string[] {
    const { interfaces } = this.#model;
    if (wanted !== undefined) return wanted.filter((name) => this.#model.routes(running, name));
    const found: string[] = [];
    for (const { row } of running.entries(interfaces.base, interfaces.interface)) {
      const name = interfaces.nameIn(row);
      if (this.#model.routes(running, name)) found.push(name);
    }
    return found;
  }

  async #interfaces(names: readonly string[], running: View, out: RowWriter): Promise<void> {
    const states = await engineState(this.#engine, 'l3Interfaces', names);
    for (const name of names) {
      const state = states?.get(name);
      if (state === undefined) continue;
      for (const address of state.addresses) this.#address(running, out, name, address);
      for (const version of [4, 6] as const) this.#statistics(running, out, name, version, state);
      this.#tapState(running, out, name, state);
    }
  }

  #address(running: View, out: RowWriter, name: string, state: InterfaceAddressState): void {
    const { nodes, origin, status } = this.#families[versionOf(state.address)];
    const parent = this.#model.familyKey(name, nodes);
    if (running.get(parent) === undefined) return;
    const leaves = new Map([
      [nodes.prefixLength, String(state.prefixLength)],
      [origin, state.automatic ? 'link-layer' : 'static'],
      [status, statuses[state.status] ?? 'unknown'],
    ]);
    out.put(this.#model.keys.child(parent, nodes.address, [addressText(state.address)]), nodes.address, { leaves });
  }

  #statistics(running: View, out: RowWriter, name: string, version: 4 | 6, state: L3InterfaceState): void {
    const { nodes, statistics } = this.#families[version];
    const counted = version === 4 ? state.ipv4 : state.ipv6;
    const key = this.#model.familyKey(name, nodes);
    if (counted === undefined || running.get(key) === undefined) return;
    out.put(key, nodes.container, { leaves: counts(statistics, counted) });
  }

  #tapState(running: View, out: RowWriter, name: string, state: L3InterfaceState): void {
    const { keys, interfaces, tap } = this.#model;
    const key = keys.child(interfaces.key(name), tap);
    if (running.get(key) === undefined) return;
    out.put(key, tap, { leaves: new Map(this.#tap.map(([leaf, of]) => [leaf, String(state[of])])) });
  }

  async #neighbours(names: readonly string[], running: View, out: RowWriter): Promise<void> {
    if (names.length === 0) return;
    const asked = names.length > MANY_INTERFACES ? [''] : names;
    const wanted = new Set(names);
    for (const name of asked) {
      const parts = await this.#engine.query({ case: 'neighbours', value: { interface: name } });
      for (const part of parts ?? []) {
        for (const entry of part.neighbours) if (wanted.has(entry.interface)) this.#neighbour(running, out, entry);
      }
    }
  }

  #neighbour(running: View, out: RowWriter, entry: NeighbourEntry): void {
    const { nodes, neighbourOrigin, neighbourState, isRouter } = this.#families[versionOf(entry.address)];
    const parent = this.#model.familyKey(entry.interface, nodes);
    if (running.get(parent) === undefined) return;
    const leaves = new Map([
      [neighbourOrigin, entry.isStatic ? 'static' : 'dynamic'],
      [neighbourState, neighbourStates[entry.status] ?? 'stale'],
    ]);
    if (entry.mac.length === 6 && entry.status !== NeighbourStatus.NEIGHBOUR_INCOMPLETE) {
      leaves.set(nodes.neighbourMac, macAddress(entry.mac));
    }
    if (isRouter !== undefined && entry.isRouter) leaves.set(isRouter, '');
    const key = this.#model.keys.child(parent, nodes.neighbour, [addressText(entry.address)]);
    out.put(key, nodes.neighbour, { leaves }, entry.isStatic ? 'system' : 'learned');
  }

  async #networkInstances(wanted: readonly string[] | undefined, running: View, out: RowWriter): Promise<void> {
    const names = wanted ?? this.#allInstances(running);
    const states = await engineState(this.#engine, 'vrfs', names);
    for (const name of names) {
      const state = states?.get(name);
      if (state !== undefined) this.#networkInstance(out, this.#model.networkInstanceKey(name), state);
    }
  }

  /** With the default one, which is there without being configured as soon as there is an interface. */
  #allInstances(running: View): string[] {
    const { keys, networkInstancesKey, networkInstance, interfaces } = this.#model;
    const names = new Set(running.has(interfaces.base, interfaces.interface) ? [DEFAULT_VRF] : []);
    for (const { key } of running.entries(networkInstancesKey, networkInstance))
      names.add(keys.valueOf(key, networkInstance));
    return [...names];
  }

  #networkInstance(out: RowWriter, key: RowKey, state: VrfState): void {
    const { since, ipv4Routes, ipv6Routes, memory } = this.#instance;
    const leaves = new Map([
      [since, dateAndTimeOfNs(state.countersSinceNs)],
      [ipv4Routes, String(state.ipv4Routes)],
      [ipv6Routes, String(state.ipv6Routes)],
      [memory, String(state.memory)],
      ...(state.ipv4 === undefined ? [] : counts(this.#instanceStatistics[4], state.ipv4)),
      ...(state.ipv6 === undefined ? [] : counts(this.#instanceStatistics[6], state.ipv6)),
    ]);
    out.put(key, this.#model.networkInstance, { leaves });
  }
}

function counts(leaves: StatisticsLeaves, statistics: IpStatistics): Map<LeafNode, string> {
  return new Map(leaves.map(([leaf, counter]) => [leaf, String(statistics[counter])]));
}
