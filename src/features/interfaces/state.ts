/** Operational state of interfaces: the configured ones, with what the engine says of them. */
import type { Interest, RowWriter, StateListener, StateProvider } from '../../commit/operational/state.ts';
import type { Row, RowKey, View } from '../../datastore/view/view.ts';
import {
  type Counters,
  type DropCount,
  type L3InterfaceState,
  LinkState,
  type LogicalPortState,
  type PortState,
} from '../../engine/gen/sluice_pb.js';
import type { LeafListNode, LeafNode, ListNode } from '../../yang/schema/node.ts';
import { type EngineQueries, engineState, onEngineChange } from '../engine-state.ts';
import { wantedEntries } from '../interest.ts';
import { leafAt, leafListAt, listAt } from '../nodes.ts';
import { dateAndTime, dateAndTimeOfNs } from '../time.ts';
import { BundleState } from './bundle-state.ts';
import { INTERFACE, INTERFACES, type Interface, type InterfaceModel } from './model.ts';

/** Where stable numbers come from (src/platform/if-index.ts). */
export interface InterfaceNumbers {
  /** Undefined: has none yet, because it could not be stored. */
  of(names: readonly string[]): Promise<readonly (number | undefined)[]>;
}

type OperStatus = 'up' | 'down' | 'unknown' | 'not-present' | 'lower-layer-down';

const COUNTER32 = 0x1_0000_0000n;
/** The leaves of `statistics` and the engine's counters; those of 32 bits wrap. */
const counters: readonly (readonly [leaf: string, counter: Exclude<keyof Counters, `$${string}`>, bits: 32 | 64])[] = [
  ['in-octets', 'inOctets', 64],
  ['in-unicast-pkts', 'inUnicast', 64],
  ['in-broadcast-pkts', 'inBroadcast', 64],
  ['in-multicast-pkts', 'inMulticast', 64],
  ['in-discards', 'inDiscards', 32],
  ['in-errors', 'inErrors', 32],
  ['out-octets', 'outOctets', 64],
  ['out-unicast-pkts', 'outUnicast', 64],
  ['out-broadcast-pkts', 'outBroadcast', 64],
  ['out-multicast-pkts', 'outMulticast', 64],
  ['out-discards', 'outDiscards', 32],
  ['out-errors', 'outErrors', 32],
];

/** Where those of an interface that is on no port come from. */
const routerCounters: Partial<Record<Exclude<keyof Counters, `$${string}`>, (state: L3InterfaceState) => bigint>> = {
  inOctets: ({ inOctets }) => inOctets,
  inUnicast: ({ inPackets }) => inPackets,
  outOctets: ({ outOctets }) => outOctets,
  outUnicast: ({ outPackets }) => outPackets,
};

export class InterfaceState implements StateProvider {
  readonly paths = [INTERFACES];
  readonly #model: InterfaceModel;
  readonly #engine: EngineQueries;
  readonly #numbers: InterfaceNumbers;
  /** Counters of an interface that the engine does not count start with the control plane. */
  readonly #startedAt = dateAndTime(new Date());
  readonly #leaves: Readonly<Record<'admin' | 'oper' | 'changed' | 'index' | 'address' | 'speed' | 'since', LeafNode>>;
  readonly #counters: readonly (readonly [LeafNode, Exclude<keyof Counters, `$${string}`>, 32 | 64])[];
  readonly #higher: LeafListNode;
  readonly #lower: LeafListNode;
  readonly #drop: ListNode;
  readonly #dropPackets: LeafNode;
  readonly #bundles: BundleState;

  constructor(model: InterfaceModel, engine: EngineQueries, numbers: InterfaceNumbers) {
    const { schema } = model.keys;
    const at = (path: string): LeafNode => leafAt(schema, `${INTERFACE}/${path}`);
    this.#model = model;
    this.#engine = engine;
    this.#numbers = numbers;
    this.#leaves = {
      admin: at('admin-status'),
      oper: at('oper-status'),
      changed: at('last-change'),
      index: at('if-index'),
      address: at('phys-address'),
      speed: at('speed'),
      since: at('statistics/discontinuity-time'),
    };
    this.#counters = counters.map(([leaf, counter, bits]) => [at(`statistics/${leaf}`), counter, bits] as const);
    this.#higher = leafListAt(schema, `${INTERFACE}/higher-layer-if`);
    this.#lower = leafListAt(schema, `${INTERFACE}/lower-layer-if`);
    this.#drop = listAt(schema, `${INTERFACE}/statistics/sluice-interfaces:drop`);
    this.#bundles = new BundleState(model.keys);
    this.#dropPackets = at('statistics/sluice-interfaces:drop/packets');
  }

  async read(interests: readonly Interest[], running: View, out: RowWriter): Promise<void> {
    const wanted = wantedEntries(interests, INTERFACE)?.map(([name]) => name as string);
    const interfaces = this.#interfaces(running, wanted);
    const names = interfaces.map(({ name }) => name);
    const parents = interfaces.flatMap((one) => (one.kind === 'sub-interface' ? [one.parent] : []));
    const only = (list: readonly string[]): string[] | undefined =>
      wanted === undefined ? undefined : [...new Set(list)];
    const routers = interfaces.flatMap(({ kind, name }) => (kind === 'irb' || kind === 'loopback' ? [name] : []));
    const [numbers, ports, logicalPorts, l3Interfaces] = await Promise.all([
      this.#numbers.of(names),
      engineState(this.#engine, 'ports', only([...names, ...parents])),
      engineState(this.#engine, 'logicalPorts', only(names)),
      engineState(this.#engine, 'l3Interfaces', routers),
    ]);
    const parentsRead = new Map([...new Set(parents)].map((name) => [name, this.#model.read(running, name)]));
    for (const [index, one] of interfaces.entries()) {
      const number = numbers[index];
      if (one.kind === 'irb' || one.kind === 'loopback') {
        this.#writeRouter(out, one, number, l3Interfaces && { state: l3Interfaces.get(one.name) });
        continue;
      }
      const below = one.kind === 'sub-interface' ? parentsRead.get(one.parent) : one;
      const port = below?.kind === 'port' ? ports?.get(below.name) : undefined;
      const logicalPort = logicalPorts?.get(one.name);
      const oper = operStatus(one, below, port, ports !== undefined, logicalPort !== undefined);
      const key = this.#model.key(one.name);
      this.#write(out, key, one, { number, oper, port, logicalPort });
      this.#writeLayers(out, running, key, one);
      // RFC 8343, list interface: what cannot be used is not instantiated in the operational state.
      const isPresent =
        below?.kind === 'port' && below.device !== undefined && (ports === undefined || port !== undefined);
      if (oper === 'not-present' || !isPresent) out.notApplied(key);
    }
  }

  /** The link of a port is part of the state of its sub-interfaces, too. */
  onChange(listener: StateListener, running: () => View): () => void {
    return onEngineChange(this.#engine, (event) => {
      if (event === undefined) listener([]);
      if (event?.what.case !== 'link') return;
      const { port } = event.what.value;
      const above = Array.from(running().rowsWith(this.#model.parent, port), (row) => this.#model.nameOf(row));
      listener([port, ...above].map((name) => ({ node: this.#model.interface, keys: new Map([[INTERFACE, [name]]]) })));
    });
  }

  /** The wanted ones of the configured interfaces. */
  #interfaces(running: View, wanted: readonly string[] | undefined): Interface[] {
    if (wanted !== undefined) return wanted.flatMap((name) => this.#model.read(running, name) ?? []);
    const found: Interface[] = [];
    for (const { row } of running.entries(this.#model.base, this.#model.interface)) {
      found.push(this.#model.parse(this.#model.nameIn(row), row));
    }
    return found;
  }

  #write(
    out: RowWriter,
    key: RowKey,
    one: Interface,
    state: {
      number: number | undefined;
      oper: OperStatus;
      port: PortState | undefined;
      logicalPort: LogicalPortState | undefined;
    },
  ): void {
    const { admin, oper, changed, index, address, speed, since } = this.#leaves;
    const { port } = state;
    const counted = one.kind === 'port' ? port : state.logicalPort;
    const leaves = new Map<LeafNode, string>([
      [admin, one.enabled ? 'up' : 'down'],
      [oper, state.oper],
      [since, counted ? dateAndTimeOfNs(counted.countersSinceNs) : this.#startedAt],
    ]);
    if (state.number !== undefined) leaves.set(index, String(state.number));
    if (port !== undefined && port.mac.length === 6) leaves.set(address, macAddress(port.mac));
    if (port !== undefined && port.speedMbps > 0n) leaves.set(speed, String(port.speedMbps * 1_000_000n));
    if (one.kind === 'port' && port !== undefined && port.lastChangeNs > 0n) {
      leaves.set(changed, dateAndTimeOfNs(port.lastChangeNs));
    }
    if (counted?.counters !== undefined) {
      for (const [leaf, counter, bits] of this.#counters) {
        const value = counted.counters[counter];
        leaves.set(leaf, String(bits === 32 ? value % COUNTER32 : value));
      }
    }
    if (one.kind === 'port' && port !== undefined) {
      for (const [leaf, value] of this.#bundles.leaves(port)) leaves.set(leaf, value);
    }
    out.put(key, this.#model.interface, { leaves } satisfies Row);
    for (const drop of counted?.drops ?? []) this.#writeDrop(out, key, drop);
  }

  /** An interface that is on no port: `answer` is undefined where the engine is away. */
  #writeRouter(
    out: RowWriter,
    one: Interface,
    number: number | undefined,
    answer: { readonly state: L3InterfaceState | undefined } | undefined,
  ): void {
    const { admin, oper, index, address, since } = this.#leaves;
    const state = answer?.state;
    const key = this.#model.key(one.name);
    const isUp = state === undefined || state.link === LinkState.LINK_UP;
    // One without IP is none that the engine has: nothing can be said against it.
    const status = !one.enabled ? 'down' : answer === undefined ? 'unknown' : isUp ? 'up' : 'lower-layer-down';
    const leaves = new Map<LeafNode, string>([
      [admin, one.enabled ? 'up' : 'down'],
      [oper, status],
      [since, state ? dateAndTimeOfNs(state.countersSinceNs) : this.#startedAt],
    ]);
    if (number !== undefined) leaves.set(index, String(number));
    if (one.kind === 'irb' && state?.mac.length === 6) leaves.set(address, macAddress(state.mac));
    if (state !== undefined) {
      for (const [leaf, counter] of this.#counters) {
        const value = routerCounters[counter]?.(state);
        if (value !== undefined) leaves.set(leaf, String(value));
      }
    }
    out.put(key, this.#model.interface, { leaves } satisfies Row);
    for (const drop of state?.drops ?? []) this.#writeDrop(out, key, drop);
  }

  #writeDrop(out: RowWriter, key: string, { reason, packets }: DropCount): void {
    if (packets === 0n) return;
    const row = { leaves: new Map([[this.#dropPackets, String(packets)]]) };
    out.put(this.#model.keys.child(key, this.#drop, [reason]), this.#drop, row);
  }

  /** Who is on top of whom (ifStackTable). */
  #writeLayers(out: RowWriter, running: View, key: RowKey, one: Interface): void {
    const { keys } = this.#model;
    const empty = { leaves: new Map() };
    if (one.kind === 'sub-interface') out.put(keys.child(key, this.#lower, [one.parent]), this.#lower, empty);
    if (one.kind !== 'port') return;
    for (const row of running.rowsWith(this.#model.parent, one.name)) {
      out.put(keys.child(key, this.#higher, [this.#model.nameOf(row)]), this.#higher, empty);
    }
  }
}

/** RFC 8343 oper-status. `below` is the physical interface: itself, or the parent. */
function operStatus(
  one: Interface,
  below: Interface | undefined,
  port: PortState | undefined,
  engineAnswers: boolean,
  hasLogicalPort: boolean,
): OperStatus {
  const isPort = one.kind === 'port';
  const without = isPort ? 'not-present' : 'lower-layer-down';
  if (below?.kind !== 'port' || below.device === undefined) return without;
  if (!one.enabled) return 'down';
  if (!engineAnswers) return 'unknown';
  // Configured with a device and not in the engine: the device could not be opened.
  if (port === undefined) return without;
  if (!isPort && (!below.enabled || port.link !== LinkState.LINK_UP)) return 'lower-layer-down';
  if (!isPort && !hasLogicalPort) return 'unknown';
  switch (port.link) {
    case LinkState.LINK_UP:
      return 'up';
    case LinkState.LINK_DOWN:
      return 'down';
    case LinkState.LINK_NOT_PRESENT:
      return 'not-present';
    default:
      return 'unknown';
  }
}

/** ietf-yang-types:phys-address. */
export function macAddress(octets: Uint8Array): string {
  let text = '';
  for (const octet of octets) text += `${text === '' ? '' : ':'}${hexadecimal[octet]}`;
  return text;
}

const hexadecimal = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0'));
