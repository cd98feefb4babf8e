/** Operational state of virtual routers, and of VRRP on the whole router. */
import type { Interest, RowWriter, StateListener, StateProvider } from '../../commit/operational/state.ts';
import type { RowKey, View } from '../../datastore/view/view.ts';
import { VrrpRole, type VrrpState } from '../../engine/gen/sluice_pb.js';
import type { ContainerNode, LeafNode } from '../../yang/schema/node.ts';
import { addressText } from '../address.ts';
import { type EngineQueries, engineState, onEngineChange } from '../engine-state.ts';
import { wantedEntries, wants } from '../interest.ts';
import { INTERFACE, INTERFACES } from '../interfaces/model.ts';
import { containerAt, leafAt } from '../nodes.ts';
import type { VrrpModel, VrrpNodes } from './model.ts';

const VRRP = '/ietf-vrrp:vrrp';

const roles: Record<VrrpRole, string> = {
  [VrrpRole.VRRP_INITIALIZE]: 'ietf-vrrp:initialize',
  [VrrpRole.VRRP_BACKUP]: 'ietf-vrrp:backup',
  [VrrpRole.VRRP_ACTIVE]: 'ietf-vrrp:master',
};

type Count = Exclude<keyof VrrpState, `$${string}`>;

/** The leaves of an instance's statistics and the engine's counters. */
const counters: readonly (readonly [leaf: string, counter: Count])[] = [
  ['master-transitions', 'becameActive'],
  ['advertisement-rcvd', 'advertisementsReceived'],
  ['advertisement-sent', 'advertisementsSent'],
  ['interval-errors', 'intervalErrors'],
  ['priority-zero-pkts-rcvd', 'priorityZeroReceived'],
  ['priority-zero-pkts-sent', 'priorityZeroSent'],
  ['address-list-errors', 'addressListErrors'],
  ['packet-length-errors', 'packetLengthErrors'],
];

const totals: readonly (readonly [
  leaf: string,
  counter: 'checksumErrors' | 'versionErrors' | 'vridErrors' | 'ttlErrors',
])[] = [
  ['checksum-errors', 'checksumErrors'],
  ['version-errors', 'versionErrors'],
  ['vrid-errors', 'vridErrors'],
  ['ip-ttl-errors', 'ttlErrors'],
];

interface Leaves {
  readonly nodes: VrrpNodes;
  readonly state: LeafNode;
  readonly isOwner: LeafNode;
  readonly source: LeafNode;
  readonly downInterval: LeafNode;
  readonly skewTime: LeafNode;
  readonly counters: readonly (readonly [LeafNode, Count])[];
}

export class VrrpStateProvider implements StateProvider {
  readonly paths = [INTERFACES, VRRP];
  readonly #model: VrrpModel;
  readonly #engine: EngineQueries;
  readonly #families: readonly Leaves[];
  readonly #vrrp: ContainerNode;
  readonly #routers: LeafNode;
  readonly #interfaces: LeafNode;
  readonly #totals: readonly (readonly [LeafNode, (typeof totals)[number][1]])[];

  constructor(model: VrrpModel, engine: EngineQueries) {
    const { schema } = model.keys;
    this.#model = model;
    this.#engine = engine;
    this.#families = model.families.map((nodes) => {
      const at = (name: string): LeafNode => leafAt(schema, `${nodes.instance.path}/${name}`);
      return {
        nodes,
        state: at('state'),
        isOwner: at('is-owner'),
        source: at('last-adv-source'),
        downInterval: at('master-down-interval'),
        skewTime: at('skew-time'),
        counters: counters.map(([leaf, counter]) => [at(`statistics/${leaf}`), counter] as const),
      };
    });
    this.#vrrp = containerAt(schema, VRRP);
    this.#routers = leafAt(schema, `${VRRP}/virtual-routers`);
    this.#interfaces = leafAt(schema, `${VRRP}/interfaces`);
    this.#totals = totals.map(([leaf, counter]) => [leafAt(schema, `${VRRP}/statistics/${leaf}`), counter] as const);
  }

  async read(interests: readonly Interest[], running: View, out: RowWriter): Promise<void> {
    const isTotal = wants(interests, VRRP);
    const instances = this.#families.flatMap((family) => {
      const wanted = isTotal ? undefined : wantedEntries(interests, INTERFACE, family.nodes.instance.path);
      return this.#instances(
        running,
        wanted?.map(([name]) => name as string),
        family,
      );
    });
    const names = instances.map(({ key, nodes }) => this.#model.nameOf(key, nodes));
    const states = await engineState(this.#engine, 'vrrp', names);
    for (const [index, { key, ...leaves }] of instances.entries()) {
      const state = states?.get(names[index] as string);
      if (state !== undefined) this.#write(running, out, key, leaves, state);
    }
    if (isTotal) this.#writeTotals(out, instances, [...(states?.values() ?? [])]);
  }

  onChange(listener: StateListener): () => void {
    return onEngineChange(this.#engine, (event) => {
      // A virtual router that takes over may be any of its interface's; few have many.
      if (event === undefined || event.what.case === 'vrrp') listener([]);
    });
  }

  #instances(
    running: View,
    wanted: readonly string[] | undefined,
    family: Leaves,
  ): (Leaves & { readonly key: RowKey })[] {
    const { interfaces } = this.#model.ip;
    const names =
      wanted ?? Array.from(running.entries(interfaces.base, interfaces.interface), ({ row }) => interfaces.nameIn(row));
    return names.flatMap((name) =>
      [...this.#model.below(running, name, family.nodes)].map((key) => ({ ...family, key })),
    );
  }

  #write(running: View, out: RowWriter, key: RowKey, leaves: Leaves, state: VrrpState): void {
    const found = this.#model.read(running, key, leaves.nodes);
    if (found === undefined) return;
    // RFC 5798 section 6.1, in centiseconds.
    const skew = ((256 - state.effectivePriority) * found.interval) / 256;
    const columns = new Map<LeafNode, string>([
      [leaves.state, roles[state.role] ?? 'ietf-vrrp:initialize'],
      [leaves.isOwner, String(found.priority === 255)],
      [leaves.downInterval, String(Math.round(3 * found.interval + skew))],
      [leaves.skewTime, String(Math.round(skew * 10_000))],
    ]);
    if (state.activeAddress.length > 0) columns.set(leaves.source, addressText(state.activeAddress));
    for (const [leaf, counter] of leaves.counters) columns.set(leaf, String(state[counter]));
    out.put(key, leaves.nodes.instance, { leaves: columns });
  }

  #writeTotals(out: RowWriter, instances: readonly { readonly key: RowKey }[], states: readonly VrrpState[]): void {
    const interfaces = new Set(instances.map(({ key }) => this.#model.idOf(key).interface));
    if (instances.length === 0) return;
    const columns = new Map<LeafNode, string>([
      [this.#routers, String(instances.length)],
      [this.#interfaces, String(interfaces.size)],
    ]);
    for (const [leaf, counter] of this.#totals) {
      columns.set(leaf, String(states.reduce((sum, state) => sum + state[counter], 0n)));
    }
    out.put(this.#model.keys.child('', this.#vrrp), this.#vrrp, { leaves: columns });
  }
}
