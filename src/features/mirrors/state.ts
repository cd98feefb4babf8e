/** Operational state of mirrors: how many copies there were. */
import type { Interest, RowWriter, StateProvider } from '../../commit/operational/state.ts';
import type { View } from '../../datastore/view/view.ts';
import type { LeafNode } from '../../yang/schema/node.ts';
import { type EngineQueries, engineState } from '../engine-state.ts';
import { wantedEntries } from '../interest.ts';
import { leafAt } from '../nodes.ts';
import { MIRROR, MIRRORS, type MirrorModel } from './model.ts';

export class MirrorState implements StateProvider {
  readonly paths = [MIRRORS];
  readonly #model: MirrorModel;
  readonly #engine: EngineQueries;
  readonly #copied: LeafNode;
  readonly #dropped: LeafNode;

  constructor(model: MirrorModel, engine: EngineQueries) {
    this.#model = model;
    this.#engine = engine;
    this.#copied = leafAt(model.keys.schema, `${MIRROR}/copied`);
    this.#dropped = leafAt(model.keys.schema, `${MIRROR}/dropped`);
  }

  async read(interests: readonly Interest[], running: View, out: RowWriter): Promise<void> {
    const wanted = wantedEntries(interests, MIRROR);
    const keys =
      wanted === undefined
        ? Array.from(running.entries(this.#model.base, this.#model.mirror), ({ key }) => key)
        : wanted.map(([name]) => this.#model.key(name as string)).filter((key) => running.get(key));
    const states = await engineState(
      this.#engine,
      'mirrors',
      keys.map((key) => this.#model.nameOf(key)),
    );
    for (const key of keys) {
      const state = states?.get(this.#model.nameOf(key));
      if (state === undefined) continue;
      const leaves = new Map([
        [this.#copied, String(state.copied)],
        [this.#dropped, String(state.dropped)],
      ]);
      out.put(key, this.#model.mirror, { leaves });
    }
  }
}
