/** Operational state of block points: cause, since when, what they dropped. */
import type { Interest, RowWriter, StateListener, StateProvider } from '../../commit/operational/state.ts';
import type { View } from '../../datastore/view/view.ts';
import { BlockCause } from '../../engine/gen/sluice_pb.js';
import type { LeafNode } from '../../yang/schema/node.ts';
import { type EngineQueries, engineState, onEngineChange } from '../engine-state.ts';
import { wantedEntries } from '../interest.ts';
import { leafAt } from '../nodes.ts';
import { dateAndTimeOfNs } from '../time.ts';
import { BLOCK_POINT, BLOCK_POINTS, type BlockPointModel, blockPointName, vlanOf } from './model.ts';

/** The model's words for the engine's causes. */
export const causes: ReadonlyMap<BlockCause, string> = new Map([
  [BlockCause.CONFIGURATION, 'configuration'],
  [BlockCause.COMMAND, 'command'],
  [BlockCause.ELECTION, 'election'],
]);

export class BlockPointState implements StateProvider {
  readonly paths = [BLOCK_POINTS];
  readonly #model: BlockPointModel;
  readonly #engine: EngineQueries;
  readonly #cause: LeafNode;
  readonly #since: LeafNode;
  readonly #inDropped: LeafNode;
  readonly #outDropped: LeafNode;

  constructor(model: BlockPointModel, engine: EngineQueries) {
    const at = (path: string): LeafNode => leafAt(model.keys.schema, `${BLOCK_POINT}/${path}`);
    this.#model = model;
    this.#engine = engine;
    this.#cause = at('cause');
    this.#since = at('since');
    this.#inDropped = at('in-dropped');
    this.#outDropped = at('out-dropped');
  }

  async read(interests: readonly Interest[], running: View, out: RowWriter): Promise<void> {
    const wanted = wantedEntries(interests, BLOCK_POINT, BLOCK_POINT, 2);
    const keys =
      wanted === undefined
        ? this.#all(running)
        : wanted.map((entry) => this.#keyOf(entry)).filter((key) => running.get(key));
    const byName = new Map(keys.map((key) => [blockPointName(this.#model.read(key)), key]));
    const states = await engineState(this.#engine, 'blockPoints', [...byName.keys()]);
    for (const [name, key] of byName) {
      const state = states?.get(name);
      if (state === undefined) continue;
      const leaves = new Map([
        [this.#since, dateAndTimeOfNs(state.sinceNs)],
        [this.#inDropped, String(state.inDropped)],
        [this.#outDropped, String(state.outDropped)],
      ]);
      const cause = causes.get(state.cause);
      if (cause !== undefined) leaves.set(this.#cause, cause);
      out.put(key, this.#model.blockPoint, { leaves });
    }
  }

  onChange(listener: StateListener): () => void {
    return onEngineChange(this.#engine, (event) => {
      if (event === undefined) listener([]);
      if (event?.what.case !== 'blockPoint') return;
      const { port, vid } = event.what.value;
      listener([{ node: this.#model.blockPoint, keys: new Map([[BLOCK_POINT, [port, vlanOf(vid)]]]) }]);
    });
  }

  #all(running: View): string[] {
    return Array.from(running.entries(this.#model.base, this.#model.blockPoint), ({ key }) => key);
  }

  #keyOf(entry: readonly string[]): string {
    return this.#model.keys.child(this.#model.base, this.#model.blockPoint, entry);
  }
}
