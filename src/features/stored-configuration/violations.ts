/**
 * Constraints that running breaks. An edit never leaves one broken, but running was judged by other modules when they have
 * changed since. Then it is judged as a whole, and after each commit again, until it breaks none.
 */
import type { Datastores } from '../../commit/datastores.ts';
import type { Store } from '../../datastore/store.ts';
import { type Fault, FaultError } from '../../yang/fault.ts';

const router = { sessionId: 0, user: '', source: 'start' };

export class Violations {
  readonly #store: Store;
  readonly #datastores: Datastores;
  readonly #log: (message: string) => void;
  #faults: readonly Fault[] = [];
  #judging: Promise<void> | undefined;
  /** A commit came while running was judged. */
  #isLate = false;

  constructor(store: Store, datastores: Datastores, log: (message: string) => void) {
    this.#store = store;
    this.#datastores = datastores;
    this.#log = log;
    datastores.onCommit(() => {
      this.judge().catch((error) => log(`running could not be judged: ${error}`));
    });
  }

  get faults(): readonly Fault[] {
    return this.#faults;
  }

  /** Judges running where that has to be done. Resolves when it is known; work is in slices, and one at a time. */
  judge(): Promise<void> {
    if (!this.#store.isUnchecked) return Promise.resolve();
    if (this.#judging !== undefined) {
      this.#isLate = true;
      return this.#judging;
    }
    this.#judging = this.#repeat().finally(() => {
      this.#judging = undefined;
    });
    return this.#judging;
  }

  async #repeat(): Promise<void> {
    do {
      this.#isLate = false;
      const before = this.#faults.length;
      this.#faults = await this.#broken();
      if (this.#isLate) continue;
      if (this.#faults.length === 0) {
        await this.#store.markChecked();
        if (before > 0) this.#log('running breaks no constraint of the modules any more');
      } else if (before === 0) {
        this.#log(`running breaks ${this.#faults.length} constraints of the modules that are served now:`);
        for (const { path, message } of this.#faults.slice(0, 20)) this.#log(`  ${path ?? '/'}: ${message}`);
      }
    } while (this.#isLate);
  }

  async #broken(): Promise<readonly Fault[]> {
    try {
      await this.#datastores.validate(router, 'running');
      return [];
    } catch (error) {
      if (error instanceof FaultError) return error.faults;
      throw error;
    }
  }
}
