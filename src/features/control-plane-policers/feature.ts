/** sluice-control-plane-policers: how many packets for the router itself it takes. */
import type { Feature } from '../../commit/feature.ts';
import type { Interest, RowWriter, StateProvider } from '../../commit/operational/state.ts';
import type { KeySpace } from '../../datastore/key/key.ts';
import type { RowKey, View } from '../../datastore/view/view.ts';
import { ObjectKind } from '../../engine/gen/sluice_pb.js';
import type { LeafNode, ListNode } from '../../yang/schema/node.ts';
import { type EngineQueries, engineState } from '../engine-state.ts';
import { wantedEntries } from '../interest.ts';
import type { InterfaceChanges } from '../interfaces/change.ts';
import { containerAt, leafAt, listAt, numberOf } from '../nodes.ts';
import { planRows, type RowObjects } from '../row-objects.ts';

export const POLICERS = '/sluice-control-plane-policers:control-plane-policers';
export const POLICER = `${POLICERS}/policer`;

export function controlPlanePolicersFeature(changes: InterfaceChanges, engine: EngineQueries): Feature {
  const { keys } = changes.interfaces;
  const node = listAt(keys.schema, POLICER);
  const rate = leafAt(keys.schema, `${POLICER}/packets-per-second`);
  const burst = leafAt(keys.schema, `${POLICER}/burst`);
  const rows: RowObjects = {
    kind: ObjectKind.KIND_CONTROL_PLANE_POLICER,
    label: 'control plane policer',
    node,
    name: (key) => keys.valueOf(key, node),
    wanted: ({ view }, key) => {
      const row = view.get(key);
      if (row === undefined) return undefined;
      const value = {
        class: keys.valueOf(key, node),
        packetsPerSecond: numberOf(row, rate),
        burst: numberOf(row, burst),
      };
      return { path: keys.path(key), operation: { case: 'setControlPlanePolicer', value } };
    },
  };
  return {
    name: 'control-plane-policers',
    owns: [POLICERS],
    plan: (change) => planRows(changes.of(change), rows),
    state: new PolicerState(keys, node, engine),
  };
}

/** Of the classes that are configured, and of those that the engine limits itself. */
class PolicerState implements StateProvider {
  readonly paths = [POLICERS];
  readonly #keys: KeySpace;
  readonly #policer: ListNode;
  readonly #engine: EngineQueries;
  readonly #accepted: LeafNode;
  readonly #dropped: LeafNode;
  readonly #base: RowKey;

  constructor(keys: KeySpace, policer: ListNode, engine: EngineQueries) {
    this.#keys = keys;
    this.#policer = policer;
    this.#engine = engine;
    this.#accepted = leafAt(keys.schema, `${POLICER}/statistics/accepted`);
    this.#dropped = leafAt(keys.schema, `${POLICER}/statistics/dropped`);
    this.#base = keys.child('', containerAt(keys.schema, POLICERS));
  }

  async read(interests: readonly Interest[], _running: View, out: RowWriter): Promise<void> {
    const wanted = wantedEntries(interests, POLICER)?.map(([name]) => name as string);
    const states = await engineState(this.#engine, 'controlPlanePolicers', wanted);
    for (const [name, { accepted, dropped }] of states ?? []) {
      const leaves = new Map([
        [this.#accepted, String(accepted)],
        [this.#dropped, String(dropped)],
      ]);
      out.put(this.#keys.child(this.#base, this.#policer, [name]), this.#policer, { leaves });
    }
  }
}
