/** Operational state of policers: what they have counted, by colour. */
import type { Interest, RowWriter, StateProvider } from '../../commit/operational/state.ts';
import type { View } from '../../datastore/view/view.ts';
import type { LeafNode } from '../../yang/schema/node.ts';
import { type EngineQueries, engineState } from '../engine-state.ts';
import { wantedEntries } from '../interest.ts';
import { leafAt } from '../nodes.ts';
import { POLICER, POLICERS, type PolicerModel } from './model.ts';

const colors = ['green', 'yellow', 'red'] as const;
type Color = (typeof colors)[number];

export class PolicerState implements StateProvider {
  readonly paths = [POLICERS];
  readonly #model: PolicerModel;
  readonly #engine: EngineQueries;
  readonly #leaves: readonly { readonly color: Color; readonly packets: LeafNode; readonly octets: LeafNode }[];

  constructor(model: PolicerModel, engine: EngineQueries) {
    this.#model = model;
    this.#engine = engine;
    this.#leaves = colors.map((color) => ({
      color,
      packets: leafAt(model.keys.schema, `${POLICER}/statistics/${color}/packets`),
      octets: leafAt(model.keys.schema, `${POLICER}/statistics/${color}/octets`),
    }));
  }

  async read(interests: readonly Interest[], running: View, out: RowWriter): Promise<void> {
    const names = this.#names(running, wantedEntries(interests, POLICER, `${POLICER}/statistics`));
    const states = await engineState(this.#engine, 'policers', names);
    for (const name of names) {
      const state = states?.get(name);
      if (state === undefined) continue;
      const leaves = new Map<LeafNode, string>();
      for (const { color, packets, octets } of this.#leaves) {
        leaves.set(packets, String(state[`${color}Packets`]));
        leaves.set(octets, String(state[`${color}Octets`]));
      }
      out.put(this.#model.key(name), this.#model.policer, { leaves });
    }
  }

  /** The configured ones of the wanted policers. */
  #names(running: View, wanted: readonly (readonly string[])[] | undefined): string[] {
    if (wanted !== undefined) {
      return wanted.flatMap(([name]) => (name !== undefined && running.get(this.#model.key(name)) ? [name] : []));
    }
    return Array.from(running.entries(this.#model.base, this.#model.policer), ({ key }) => this.#model.nameOf(key));
  }
}
