/** What a commit asks of the machine and of this process: actions by name, each once a commit. */
import type { PlannedOperation, Prepared, Target } from '../commit/feature.ts';

export const PLATFORM_TARGET = 'platform';

export class PlatformTarget implements Target {
  readonly name = PLATFORM_TARGET;
  readonly #actions: ReadonlyMap<string, () => void | Promise<void>>;

  /** An action brings its part to what running says, and may be asked for again. */
  constructor(actions: Readonly<Record<string, () => void | Promise<void>>>) {
    this.#actions = new Map(Object.entries(actions));
  }

  async prepare(operations: readonly PlannedOperation[]): Promise<Prepared> {
    const names = new Set<string>();
    for (const { target, operation } of operations) {
      if (target !== PLATFORM_TARGET) continue;
      if (typeof operation !== 'string' || !this.#actions.has(operation)) {
        throw new Error(`the platform knows no action ${String(operation)}`);
      }
      names.add(operation);
    }
    return {
      commit: async () => {
        for (const name of names) await this.#actions.get(name)?.();
      },
      abort: async () => {},
    };
  }
}
