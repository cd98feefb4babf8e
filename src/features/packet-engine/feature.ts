/** sluice-forwarding: limits of the packet engine, its flow cache and its stages. */
import type { Feature } from '../../commit/feature.ts';
import type { Interest, RowWriter, StateProvider } from '../../commit/operational/state.ts';
import type { KeySpace } from '../../datastore/key/key.ts';
import type { View } from '../../datastore/view/view.ts';
import { type FlowCacheState, ObjectKind } from '../../engine/gen/sluice_pb.js';
import type { ContainerNode, LeafNode, ListNode } from '../../yang/schema/node.ts';
import type { Wanted } from '../engine-plan.ts';
import type { EngineQueries } from '../engine-state.ts';
import { wants } from '../interest.ts';
import type { InterfaceChanges } from '../interfaces/change.ts';
import { containerAt, leafAt, leafValue, listAt, numberOf } from '../nodes.ts';
import { planRows, type RowObjects } from '../row-objects.ts';

export const FORWARDING = '/sluice-forwarding:forwarding';
const FLOW_CACHE = `${FORWARDING}/flow-cache`;
const STAGE = `${FORWARDING}/stage`;

/** The leaves of the flow cache's statistics and the engine's counters. */
const counters: readonly (readonly [leaf: string, counter: Exclude<keyof FlowCacheState, `$${string}`>])[] = [
  ['exact-hits', 'exactHits'],
  ['aggregate-hits', 'aggregateHits'],
  ['misses', 'misses'],
  ['not-cacheable', 'notCacheable'],
  ['inserted', 'inserted'],
  ['evicted', 'evicted'],
  ['expired', 'expired'],
  ['invalid', 'invalid'],
  ['flows', 'entries'],
  ['paths', 'paths'],
  ['aggregates', 'aggregates'],
  ['aggregate-masks', 'aggregateMasks'],
  ['memory', 'memory'],
];

export function packetEngineFeature(keys: KeySpace, changes: InterfaceChanges, engine: EngineQueries): Feature {
  const rows = settingsRows(keys);
  return {
    name: 'packet-engine',
    owns: [FORWARDING],
    plan: (change) => planRows(changes.of(change), rows),
    state: new PacketEngineState(keys, engine),
  };
}

/** The settings are an object as soon as one of them is configured; without, the engine's defaults hold. */
function settingsRows(keys: KeySpace): RowObjects {
  const { schema } = keys;
  const macLimit = leafAt(schema, `${FORWARDING}/mac-limit`);
  const neighbourLimit = leafAt(schema, `${FORWARDING}/neighbor-limit`);
  const enabled = leafAt(schema, `${FLOW_CACHE}/enabled`);
  const flowLimit = leafAt(schema, `${FLOW_CACHE}/flow-limit`);
  return {
    kind: ObjectKind.KIND_SETTINGS,
    label: 'settings',
    node: containerAt(schema, FORWARDING),
    name: () => '',
    wanted: ({ view }, key): Wanted | undefined => {
      const row = view.get(key);
      if (row === undefined || ![macLimit, neighbourLimit, enabled, flowLimit].some((leaf) => row.leaves.has(leaf))) {
        return undefined;
      }
      const value = {
        macLimit: numberOf(row, macLimit),
        neighbourLimit: numberOf(row, neighbourLimit),
        flowCacheOff: leafValue(row, enabled) !== 'true',
        flowLimit: numberOf(row, flowLimit),
      };
      return { path: keys.path(key), operation: { case: 'setSettings', value } };
    },
  };
}

class PacketEngineState implements StateProvider {
  readonly paths = [FORWARDING];
  readonly #keys: KeySpace;
  readonly #engine: EngineQueries;
  readonly #container: ContainerNode;
  readonly #cache: readonly (readonly [LeafNode, Exclude<keyof FlowCacheState, `$${string}`>])[];
  readonly #stage: ListNode;
  readonly #leaves: Readonly<Record<'calls' | 'packets' | 'skipped' | 'clocks' | 'each', LeafNode>>;

  constructor(keys: KeySpace, engine: EngineQueries) {
    const at = (path: string): LeafNode => leafAt(keys.schema, path);
    this.#keys = keys;
    this.#engine = engine;
    this.#container = containerAt(keys.schema, FORWARDING);
    this.#cache = counters.map(([leaf, counter]) => [at(`${FLOW_CACHE}/statistics/${leaf}`), counter] as const);
    this.#stage = listAt(keys.schema, STAGE);
    this.#leaves = {
      calls: at(`${STAGE}/calls`),
      packets: at(`${STAGE}/packets`),
      skipped: at(`${STAGE}/skipped-packets`),
      clocks: at(`${STAGE}/clocks`),
      each: at(`${STAGE}/clocks-per-packet`),
    };
  }

  async read(interests: readonly Interest[], _running: View, out: RowWriter): Promise<void> {
    await Promise.all([
      wants(interests, `${FLOW_CACHE}/statistics`) ? this.#flowCache(out) : undefined,
      wants(interests, STAGE) ? this.#stages(out) : undefined,
    ]);
  }

  async #flowCache(out: RowWriter): Promise<void> {
    const parts = await this.#engine.query({ case: 'flowCache', value: {} });
    for (const { flowCache } of parts ?? []) {
      if (flowCache === undefined) continue;
      const leaves = new Map(this.#cache.map(([leaf, counter]) => [leaf, String(flowCache[counter])]));
      out.put(this.#keys.child('', this.#container), this.#container, { leaves });
    }
  }

  async #stages(out: RowWriter): Promise<void> {
    const { calls, packets, skipped, clocks, each } = this.#leaves;
    const parent = this.#keys.child('', this.#container);
    for (const part of (await this.#engine.query({ case: 'stages', value: {} })) ?? []) {
      for (const stage of part.stages) {
        const leaves = new Map([
          [calls, String(stage.calls)],
          [packets, String(stage.packets)],
          [skipped, String(stage.skippedPackets)],
          [clocks, String(stage.clocks)],
        ]);
        if (stage.packets > 0n) leaves.set(each, (Number(stage.clocks) / Number(stage.packets)).toFixed(1));
        out.put(this.#keys.child(parent, this.#stage, [stage.name]), this.#stage, { leaves });
      }
    }
  }
}
