/** State given as plain objects. */

import type { KeySpace } from '../../datastore/key/key.ts';
import { rowsFromData } from '../../datastore/row/from-data.ts';
import type { View } from '../../datastore/view/view.ts';
import { build, type PlainData } from '../../yang/data/build.ts';
import type { Interest, RowWriter, StateListener, StateProvider } from './state.ts';
import type { StateSignal } from './state-signal.ts';

export class PlainState implements StateProvider {
  readonly paths: readonly string[];
  readonly onChange?: (listener: StateListener) => () => void;
  readonly unwatched: readonly string[];
  readonly #keys: KeySpace;
  readonly #give: (interests: readonly Interest[]) => PlainData;

  /**
   * @param path of the top-level container
   * @param give its content at the moment of the call
   * @param changes tells where it may have become another; undefined: nobody tells. `unwatched`: what it does not tell of
   */
  constructor(
    keys: KeySpace,
    path: string,
    give: (interests: readonly Interest[]) => PlainData,
    changes?: { readonly signal: StateSignal; readonly unwatched?: readonly string[] },
  ) {
    this.paths = [path];
    this.unwatched = changes?.unwatched ?? [];
    if (changes !== undefined) this.onChange = (listener) => changes.signal.on(listener);
    this.#keys = keys;
    this.#give = give;
  }

  async read(interests: readonly Interest[], _running: View, out: RowWriter): Promise<void> {
    const [path = ''] = this.paths;
    const nodes = build(this.#keys.schema, { [path.slice(1)]: this.#give(interests) });
    for (const { key, node, row } of rowsFromData(this.#keys, nodes)) if (node !== undefined) out.put(key, node, row);
  }
}
