/** Log lines that a network can cause: each is written once in a while, however often it is caused. */

const EVERY_MS = 60_000;
/** Different lines that are written in this time. */
const MAX_LINES = 64;

export class Seldom {
  readonly #log: (message: string) => void;
  readonly #lastAt = new Map<string, number>();

  constructor(log: (message: string) => void) {
    this.#log = log;
  }

  log(message: string): void {
    const now = Date.now();
    const last = this.#lastAt.get(message);
    if (last !== undefined && now - last < EVERY_MS) return;
    // As a whole at most MAX_LINES in that time, too: what is new then is not worth more.
    if (last === undefined && this.#lastAt.size >= MAX_LINES) {
      for (const [line, at] of this.#lastAt) if (now - at >= EVERY_MS) this.#lastAt.delete(line);
      if (this.#lastAt.size >= MAX_LINES) return;
    }
    this.#lastAt.set(message, now);
    this.#log(message);
  }
}
