/**
 * One commit (architecture.md): validate → check → plan → prepare → store → apply. Storing is the commit point: before it
 * everything can be refused and nothing has happened, after it nothing is refused any more.
 */
import type { CheckpointStep } from '../datastore/checkpoint.ts';
import type { CommitAbout, CommitRecord } from '../datastore/history.ts';
import type { RowChange } from '../datastore/view/view.ts';
import { type Fault, FaultError } from '../yang/fault.ts';
import type { Feature, PlannedOperation, Prepared, Target } from './feature.ts';
import type { ConstraintIndex } from './validate/constraints.ts';
import { type StoreChange, validateInSlices } from './validate/validate.ts';

/** What the pipeline needs of the store. */
export interface CommitStore {
  commit(
    change: StoreChange,
    base: number,
    about: CommitAbout,
    step?: CheckpointStep,
  ): Promise<CommitRecord | undefined>;
}

export interface PipelineOptions {
  /** The change is a difference from nothing, not from running. */
  readonly whole?: boolean;
  /** What becomes of the store's checkpoint, also where nothing differs. */
  readonly step?: CheckpointStep | undefined;
}

export interface PipelineParts {
  readonly store: CommitStore;
  readonly constraints: ConstraintIndex;
  readonly features: readonly Feature[];
  readonly targets: readonly Target[];
  /** Told of a target that failed after the commit point; whoever owns it has to replay it. */
  readonly onTargetFailure: (target: string, error: unknown) => void;
}

/** Milliseconds that each step took. */
export interface CommitTimes {
  readonly validate: number;
  readonly check: number;
  readonly plan: number;
  readonly prepare: number;
  readonly store: number;
  readonly apply: number;
}

export interface CommitResult {
  /** Undefined: nothing differed. */
  readonly record: CommitRecord | undefined;
  readonly operations: readonly PlannedOperation[];
  readonly times: CommitTimes;
}

/** What a commit would do, and what it would be refused for. */
export interface Rehearsal {
  readonly operations: readonly PlannedOperation[];
  readonly refusals: readonly Fault[];
}

export type CommitListener = (record: CommitRecord, change: StoreChange) => void;

/** A target and what it holds ready. */
interface Held {
  readonly target: Target;
  readonly prepared: Prepared;
}

const NO_TIMES: CommitTimes = { validate: 0, check: 0, plan: 0, prepare: 0, store: 0, apply: 0 };

export class Pipeline {
  readonly #parts: PipelineParts;
  readonly #listeners = new Set<CommitListener>();

  constructor(parts: PipelineParts) {
    this.#parts = parts;
  }

  /** Calls the listener after every commit that changed something; returns how to stop that. Listeners must not throw. */
  onCommit(listener: CommitListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** All that YANG and the features have against a change. `whole`: it is a difference from nothing, not from running. */
  async faults(change: StoreChange, whole = false): Promise<readonly Fault[]> {
    const { constraints } = this.#parts;
    const faults = await validateInSlices(constraints, change, { whole });
    return faults.length > 0 ? faults : this.#check(change);
  }

  /** What the change would make the targets do. Pure. */
  plan(change: StoreChange): readonly PlannedOperation[] {
    return this.#concerned(change.rows).flatMap((feature) => feature.plan(change));
  }

  /**
   * What a commit would meet, without doing it: constraints, checks, and what the targets would be asked and say. What they
   * accept is aborted at once. No operations where YANG or a feature refuses: what is invalid has no plan.
   */
  async rehearse(change: StoreChange): Promise<Rehearsal> {
    const faults = await this.faults(change);
    if (faults.length > 0) return { operations: [], refusals: faults };
    const operations = this.plan(change);
    try {
      await this.#abort(await this.#prepare(operations));
      return { operations, refusals: [] };
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      return { operations, refusals: error.faults };
    }
  }

  /**
   * Makes the change the running configuration. The caller sees to it that there is one commit at a time, and that the
   * change is a difference from running of commit `base`. Throws a FaultError if it is refused; then nothing changed.
   */
  async commit(
    change: StoreChange,
    base: number,
    about: CommitAbout,
    { whole = false, step }: PipelineOptions = {},
  ): Promise<CommitResult> {
    const { constraints, store } = this.#parts;
    if (change.rows.length === 0 && !whole) {
      if (step !== undefined) await store.commit(change, base, about, step);
      return { record: undefined, operations: [], times: NO_TIMES };
    }
    const clock = new Clock();
    refuse(await validateInSlices(constraints, change, { whole }));
    const validate = clock.lap();
    refuse(this.#check(change));
    const check = clock.lap();
    const operations = this.plan(change);
    const plan = clock.lap();
    const held = await this.#prepare(operations);
    const prepare = clock.lap();
    let record: CommitRecord | undefined;
    try {
      record = await store.commit(change, base, about, step);
    } catch (error) {
      await this.#abort(held);
      throw error;
    }
    const stored = clock.lap();
    await this.#apply(held);
    const apply = clock.lap();
    if (record) for (const listener of this.#listeners) listener(record, change);
    return { record, operations, times: { validate, check, plan, prepare, store: stored, apply } };
  }

  /**
   * Goes back to a configuration that running was before (RFC 6241 section 8.4.1: MUST). Nobody is asked whether it can
   * be: it was valid, and a target that cannot take it now is brought up to date by a replay. Throws only where it
   * cannot be stored; then nothing changed.
   */
  async restore(change: StoreChange, base: number, about: CommitAbout, step: CheckpointStep): Promise<CommitResult> {
    const clock = new Clock();
    const operations = this.plan(change);
    const plan = clock.lap();
    const held: Held[] = [];
    const failed: [target: string, error: unknown][] = [];
    for (const target of this.#parts.targets) {
      const own = operations.filter((operation) => operation.target === target.name);
      if (own.length === 0) continue;
      try {
        const answer = await target.prepare(own);
        if ('refused' in answer) failed.push([target.name, new FaultError(...answer.refused)]);
        else held.push({ target, prepared: answer });
      } catch (error) {
        failed.push([target.name, error]);
      }
    }
    const prepare = clock.lap();
    const record = await this.#parts.store.commit(change, base, about, step).catch(async (error) => {
      await this.#abort(held);
      throw error;
    });
    const stored = clock.lap();
    await this.#apply(held);
    for (const [target, error] of failed) this.#parts.onTargetFailure(target, error);
    const apply = clock.lap();
    if (record) for (const listener of this.#listeners) listener(record, change);
    return { record, operations, times: { ...NO_TIMES, plan, prepare, store: stored, apply } };
  }

  #check(change: StoreChange): readonly Fault[] {
    return this.#concerned(change.rows).flatMap((feature) => feature.check?.(change) ?? []);
  }

  /** The features that own a subtree in which something changed. */
  #concerned(rows: readonly RowChange[]): readonly Feature[] {
    const paths = new Set<string>();
    for (const { node } of rows) paths.add(node?.path ?? '');
    return this.#parts.features.filter((feature) =>
      feature.owns.some((owned) => {
        for (const path of paths) if (path === owned || path.startsWith(`${owned}/`)) return true;
        return false;
      }),
    );
  }

  async #prepare(operations: readonly PlannedOperation[]): Promise<readonly Held[]> {
    const held: Held[] = [];
    for (const target of this.#parts.targets) {
      const own = operations.filter((operation) => operation.target === target.name);
      if (own.length === 0) continue;
      let answer: Awaited<ReturnType<Target['prepare']>>;
      try {
        answer = await target.prepare(own);
      } catch (error) {
        await this.#abort(held);
        throw error;
      }
      if ('refused' in answer) {
        await this.#abort(held);
        throw new FaultError(...answer.refused);
      }
      held.push({ target, prepared: answer });
    }
    const unknown = operations.find(({ target }) => !this.#parts.targets.some(({ name }) => name === target));
    if (unknown) {
      await this.#abort(held);
      throw new Error(`no target ${unknown.target} for "${unknown.summary}"`);
    }
    return held;
  }

  async #abort(held: readonly Held[]): Promise<void> {
    await this.#settle(held, (prepared) => prepared.abort());
  }

  async #apply(held: readonly Held[]): Promise<void> {
    await this.#settle(held, (prepared) => prepared.commit());
  }

  /** What a target cannot do any more is not the client's error: the target is brought up to date by a replay. */
  async #settle(held: readonly Held[], act: (prepared: Prepared) => Promise<void>): Promise<void> {
    await Promise.all(
      held.map(async ({ target, prepared }) => {
        try {
          await act(prepared);
        } catch (error) {
          this.#parts.onTargetFailure(target.name, error);
        }
      }),
    );
  }
}

class Clock {
  #since = performance.now();

  /** Milliseconds since the last lap. */
  lap(): number {
    const now = performance.now();
    const passed = now - this.#since;
    this.#since = now;
    return passed;
  }
}

function refuse(faults: readonly Fault[]): void {
  if (faults.length > 0) throw new FaultError(...faults);
}
