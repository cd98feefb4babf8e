/**
 * What the commit knows of a feature. A feature owns subtrees of the configuration, turns their difference into
 * operations for the targets that act on them (engine, platform), and reports state. `check` and `plan` are pure.
 */
import type { Change } from '../datastore/view/view.ts';
import type { Fault } from '../yang/fault.ts';
import type { StateProvider } from './operational/state.ts';

/** One operation that a plan asks of a target. Targets know their own operations; the commit only carries them. */
export interface PlannedOperation {
  /** 'engine' or 'platform'. */
  readonly target: string;
  /** Instance path of the configuration that it comes from: a refusal is reported there. */
  readonly path: string;
  /** For people, in the plan: "create logical port uplink1.10". */
  readonly summary: string;
  readonly operation: unknown;
  /** What becomes of the object that it is about; left out: it is an action about none. */
  readonly action?: 'create' | 'change' | 'delete';
  /** What it does to what works now, as a sentence for people; undefined: nothing. */
  readonly disturbs?: () => string | undefined;
}

export interface Feature {
  readonly name: string;
  /** Paths of the schema subtrees whose changes it is given. */
  readonly owns: readonly string[];
  /**
   * Leaves by which it looks rows up (`View.rowsWith`), as schema paths; combinations of leaves (`View.rowsWithAll`) as the
   * paths of the ancestor's row and of the leaves, with spaces between.
   */
  readonly indexes?: readonly string[];
  /** What YANG cannot say. Sees the whole change; an empty list accepts. */
  check?(change: Change): readonly Fault[];
  /** The operations that turn `before` into `after`. plan(a, a) is empty; a replay is a plan from an empty view. */
  plan(change: Change): readonly PlannedOperation[];
  readonly state?: StateProvider;
}

/** One who acts on planned operations: the engine client, the platform. */
export interface Target {
  readonly name: string;
  /**
   * Asks whether the operations can be done. Holds what it needs until `commit` or `abort`. A target that is not
   * there (no engine connected) accepts; a replay brings it up to date later.
   */
  prepare(operations: readonly PlannedOperation[]): Promise<Prepared | { readonly refused: readonly Fault[] }>;
}

export interface Prepared {
  /** Cannot be refused; a target that is lost meanwhile is replayed. Resolves when the change is effective. */
  commit(): Promise<void>;
  abort(): Promise<void>;
}
