/** sluice-dhcp-relay: DHCP between the clients of an interface and servers elsewhere. */
import type { Feature } from '../../commit/feature.ts';
import type { Interest, RowWriter, StateProvider } from '../../commit/operational/state.ts';
import type { KeySpace } from '../../datastore/key/key.ts';
import type { RowKey, View } from '../../datastore/view/view.ts';
import { ObjectKind } from '../../engine/gen/sluice_pb.js';
import type { Fault } from '../../yang/fault.ts';
import type { ContainerNode, LeafListNode, LeafNode, ListNode } from '../../yang/schema/node.ts';
import { addressBytes } from '../address.ts';
import { BRIDGE_DOMAINS } from '../bridge-domains/model.ts';
import type { Wanted } from '../engine-plan.ts';
import { type EngineQueries, engineState } from '../engine-state.ts';
import { wantedEntries } from '../interest.ts';
import type { InterfaceChange, InterfaceChanges } from '../interfaces/change.ts';
import { INTERFACE, INTERFACES } from '../interfaces/model.ts';
import type { InterfaceObjects } from '../interfaces/objects.ts';
import { NETWORK_INSTANCES } from '../ip/model.ts';
import { vrf } from '../ip/objects.ts';
import { containerAt, leafAt, leafListAt, leafValue, listAt, numberOf } from '../nodes.ts';
import { planRows, type RowObjects } from '../row-objects.ts';

export const RELAY = `${INTERFACE}/sluice-dhcp-relay:dhcp-relay`;

/** The engine's limit, of each family. */
const MOST_SERVERS = 8;

export function dhcpRelayFeature(changes: InterfaceChanges, engine: EngineQueries): Feature {
  const { keys } = changes.interfaces;
  const nodes = relayNodes(keys);
  const rows: RowObjects = {
    kind: ObjectKind.KIND_DHCP_RELAY,
    label: 'DHCP relay',
    node: nodes.relay,
    name: (key) => changes.interfaces.nameOf(key),
    wanted: (objects, key) => relay(objects, nodes, key),
    below: ({ interfaces }, name) => [keys.child(interfaces.key(name), nodes.relay)],
  };
  return {
    name: 'dhcp-relay',
    owns: [INTERFACES, BRIDGE_DOMAINS, NETWORK_INSTANCES],
    check: (change) => checkRelays(changes.of(change), nodes),
    plan: (change) => planRows(changes.of(change), rows),
    state: new DhcpRelayState(changes, nodes, engine),
  };
}

interface RelayNodes {
  readonly relay: ContainerNode;
  readonly server: LeafListNode;
  readonly instance: LeafNode;
  readonly circuitId: LeafNode;
  readonly remoteId: LeafNode;
  readonly maxHops: LeafNode;
}

function relayNodes({ schema }: KeySpace): RelayNodes {
  return {
    relay: containerAt(schema, RELAY),
    server: leafListAt(schema, `${RELAY}/server`),
    instance: leafAt(schema, `${RELAY}/server-network-instance`),
    circuitId: leafAt(schema, `${RELAY}/circuit-id`),
    remoteId: leafAt(schema, `${RELAY}/remote-id`),
    maxHops: leafAt(schema, `${RELAY}/max-hops`),
  };
}

/** Nothing while the interface does not route. */
function relay(objects: InterfaceObjects, nodes: RelayNodes, key: RowKey): Wanted | undefined {
  const { view, interfaces } = objects;
  const name = interfaces.nameOf(key);
  const row = view.get(key);
  if (row === undefined || objects.l3Interface(name) === undefined) return undefined;
  const serverVrf = leafValue(row, nodes.instance) ?? '';
  if (serverVrf !== '' && vrf(objects, serverVrf) === undefined) return undefined;
  const { keys } = interfaces;
  const value = {
    interface: name,
    servers: Array.from(view.entries(key, nodes.server), (entry) =>
      addressBytes(keys.valueOf(entry.key, nodes.server)),
    ),
    serverVrf,
    circuitId: leafValue(row, nodes.circuitId) ?? '',
    remoteId: leafValue(row, nodes.remoteId) ?? '',
    maxHops: numberOf(row, nodes.maxHops),
  };
  return { path: keys.path(key), operation: { case: 'setDhcpRelay', value } };
}

function checkRelays(change: InterfaceChange, nodes: RelayNodes): readonly Fault[] {
  const { view, interfaces } = change.after;
  const { keys } = interfaces;
  const faults: Fault[] = [];
  for (const name of change.touched) {
    const key = keys.child(interfaces.key(name), nodes.relay);
    if (view.get(key) === undefined) continue;
    const servers = Array.from(view.entries(key, nodes.server), (entry) => keys.valueOf(entry.key, nodes.server));
    for (const isV6 of [false, true]) {
      if (servers.filter((one) => one.includes(':') === isV6).length <= MOST_SERVERS) continue;
      const message = `There are at most ${MOST_SERVERS} servers of each family.`;
      faults.push({ type: 'application', tag: 'invalid-value', path: keys.path(key, nodes.server), message });
    }
    if (interfaces.read(view, name)?.kind === 'loopback') {
      faults.push({
        type: 'application',
        tag: 'invalid-value',
        path: keys.path(key),
        message: 'A loopback has no clients.',
      });
    }
  }
  return faults;
}

class DhcpRelayState implements StateProvider {
  readonly paths = [INTERFACES];
  readonly #changes: InterfaceChanges;
  readonly #relay: ContainerNode;
  readonly #engine: EngineQueries;
  readonly #requests: LeafNode;
  readonly #replies: LeafNode;
  readonly #drop: ListNode;
  readonly #packets: LeafNode;

  constructor(changes: InterfaceChanges, { relay }: RelayNodes, engine: EngineQueries) {
    const { schema } = changes.interfaces.keys;
    this.#changes = changes;
    this.#relay = relay;
    this.#engine = engine;
    this.#requests = leafAt(schema, `${RELAY}/statistics/requests-relayed`);
    this.#replies = leafAt(schema, `${RELAY}/statistics/replies-relayed`);
    this.#drop = listAt(schema, `${RELAY}/statistics/drop`);
    this.#packets = leafAt(schema, `${RELAY}/statistics/drop/packets`);
  }

  async read(interests: readonly Interest[], running: View, out: RowWriter): Promise<void> {
    const { interfaces } = this.#changes;
    const { keys } = interfaces;
    const wanted = wantedEntries(interests, INTERFACE, RELAY)?.map(([name]) => name as string);
    const all =
      wanted ?? Array.from(running.entries(interfaces.base, interfaces.interface), ({ row }) => interfaces.nameIn(row));
    const keyOf = (name: string): RowKey => keys.child(interfaces.key(name), this.#relay);
    const names = all.filter((name) => running.get(keyOf(name)) !== undefined);
    const states = await engineState(this.#engine, 'dhcpRelays', names);
    for (const name of names) {
      const state = states?.get(name);
      if (state === undefined) continue;
      const leaves = new Map([
        [this.#requests, String(state.requestsRelayed)],
        [this.#replies, String(state.repliesRelayed)],
      ]);
      out.put(keyOf(name), this.#relay, { leaves });
      for (const { reason, packets } of state.drops) {
        const row = { leaves: new Map([[this.#packets, String(packets)]]) };
        if (packets > 0n) out.put(keys.child(keyOf(name), this.#drop, [reason]), this.#drop, row);
      }
    }
  }
}
