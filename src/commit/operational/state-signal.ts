/** Tells those who follow state where it may have changed (`StateProvider.onChange`). */
import type { Interest, StateListener } from './state.ts';

export class StateSignal {
  readonly #listeners = new Set<StateListener>();

  /** Returns how to stop it. */
  on(listener: StateListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** An empty list: everything of the provider. */
  tell(interests: readonly Interest[] = []): void {
    for (const listener of this.#listeners) listener(interests);
  }
}
