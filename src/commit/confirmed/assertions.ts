/**
 * Assertions of a confirmed commit: conditions that the router evaluates after the commit, when something happens and at a
 * steady pace, until all of them have held for as long as was asked for.
 */
import type { Principal } from '../access/access.ts';

export interface Assertion {
  readonly name: string;
  /** XPath; prefixes are names of modules. */
  readonly condition: string;
  readonly description?: string;
}

/** What a confirmed commit waits for. */
export interface Assertions {
  readonly list: readonly Assertion[];
  /** How long all have to hold. */
  readonly holdSeconds: number;
  /** Who reads. */
  readonly principal: Principal;
}

/** What an evaluation gave. */
export interface Verdict {
  readonly holds: boolean;
  /** Why it could not be evaluated. */
  readonly error?: string;
}

export interface AssertionResult extends Assertion {
  /** Undefined: not evaluated yet. */
  readonly verdict: Verdict | undefined;
}

export interface AssertionReader {
  /** Reads the operational state as the principal may, at this moment. One verdict for each, in their order. */
  evaluate(assertions: readonly Assertion[], principal: Principal): Promise<readonly Verdict[]>;
  /** Calls back when state has changed otherwise than by a commit; returns how to stop that. */
  listen(wake: () => void): () => void;
}

export interface WatchParts extends AssertionReader {
  /** Other verdicts than before. */
  readonly onResults: () => void;
  /** All have held for as long as was asked for. Called again, at the pace, until `stop`. */
  readonly onHeld: () => Promise<void>;
}

/** Without an event they are evaluated this often. */
const PACE_MS = 1000;
/** Events come in bursts: evaluations are this far apart, and never take more than a tenth of the time. */
const SHORTEST_GAP_MS = 50;
const IDLE_SHARE = 9;

export class AssertionWatch {
  readonly #assertions: Assertions;
  readonly #parts: WatchParts;
  #verdicts: readonly Verdict[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** The earliest moment of the next evaluation, and since when all hold, by performance.now(). */
  #notBefore = 0;
  #heldSince: number | undefined;
  #isEvaluating = false;
  #isWoken = false;
  #isStopped = false;
  readonly #stopListening: () => void;

  constructor(assertions: Assertions, parts: WatchParts) {
    this.#assertions = assertions;
    this.#parts = parts;
    this.#stopListening = parts.listen(() => this.wake());
    this.#schedule(0);
  }

  /** As they were evaluated last. */
  get results(): readonly AssertionResult[] {
    return this.#assertions.list.map((assertion, i) => ({ ...assertion, verdict: this.#verdicts[i] }));
  }

  /** Something happened: evaluates soon. */
  wake(): void {
    if (this.#isEvaluating) this.#isWoken = true;
    else this.#schedule(0);
  }

  stop(): void {
    this.#isStopped = true;
    this.#stopListening();
    clearTimeout(this.#timer);
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#timer);
    if (this.#isStopped) return;
    const wait = Math.max(delayMs, this.#notBefore - performance.now(), 0);
    this.#timer = setTimeout(() => void this.#turn(), Math.ceil(wait)).unref();
  }

  async #turn(): Promise<void> {
    this.#isEvaluating = true;
    this.#isWoken = false;
    const begin = performance.now();
    const verdicts = await this.#evaluate();
    const end = performance.now();
    this.#isEvaluating = false;
    if (this.#isStopped) return;
    const old = this.#verdicts;
    this.#verdicts = verdicts;
    if (!verdicts.every(({ holds, error }, i) => old[i]?.holds === holds && old[i].error === error)) {
      this.#parts.onResults();
    }
    this.#notBefore = end + Math.max(SHORTEST_GAP_MS, (end - begin) * IDLE_SHARE);
    if (!verdicts.every(({ holds }) => holds)) this.#heldSince = undefined;
    else {
      this.#heldSince ??= begin;
      const missingMs = this.#heldSince + this.#assertions.holdSeconds * 1000 - end;
      if (missingMs > 0) return this.#schedule(Math.min(missingMs, this.#isWoken ? 0 : PACE_MS));
      await this.#parts.onHeld();
    }
    this.#schedule(this.#isWoken ? 0 : PACE_MS);
  }

  async #evaluate(): Promise<readonly Verdict[]> {
    const { list, principal } = this.#assertions;
    try {
      return await this.#parts.evaluate(list, principal);
    } catch (error) {
      return list.map(() => ({ holds: false, error: error instanceof Error ? error.message : String(error) }));
    }
  }
}
