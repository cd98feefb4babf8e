/**
 * The configuration that running may have to go back to (RFC 6241 section 8.4): running as it was when a commit began it,
 * kept with a note of who began it and why, and changed only in the transactions of commits, so that whatever is on the
 * disk after a crash, both fit together.
 */

import { KeptConfiguration } from './kept.ts';
import type { KeySpace } from './key/key.ts';
import type { Environment } from './lmdb/environment.ts';
import type { Reading } from './lmdb/table.ts';
import type { WriteSet } from './lmdb/write-set.ts';
import type { Overlay } from './view/overlay.ts';
import type { SourceView } from './view/source.ts';
import type { RowChange } from './view/view.ts';

/** What a commit does to the checkpoint; without a step the checkpoint stays, if there is one. */
export type CheckpointStep =
  /** Keeps running as it was before this commit. */
  | { readonly kind: 'begin'; readonly note: string }
  /** Keeps what is kept, with another note. */
  | { readonly kind: 'note'; readonly note: string }
  /** Running need not go back any more, or is back. */
  | { readonly kind: 'end' };

const noteKey = 'checkpoint';

export class Checkpoint {
  readonly #environment: Environment;
  readonly #kept: KeptConfiguration;
  #note: string | undefined;

  constructor(keys: KeySpace, environment: Environment) {
    this.#environment = environment;
    this.#kept = new KeptConfiguration(keys, environment, 'checkpoint');
  }

  load(reading: Reading): void {
    const packed = this.#environment.tables.meta.get(noteKey, reading);
    this.#note = packed === undefined ? undefined : Buffer.from(packed, 'latin1').toString();
  }

  /** The note; undefined where there is no checkpoint. */
  get note(): string | undefined {
    return this.#note;
  }

  /** Over `running` of the same snapshot; undefined where there is none. */
  *viewSteps(running: SourceView, reading: Reading): Generator<void, Overlay | undefined> {
    if (this.#environment.tables.meta.get(noteKey, reading) === undefined) return undefined;
    return yield* this.#kept.viewSteps(running, reading);
  }

  /** A commit changes a row of running. */
  follow(change: RowChange, step: CheckpointStep | undefined, set: WriteSet, reading: Reading): void {
    if (step?.kind === 'begin') this.#kept.follow(change, set, undefined);
    else if (this.#note !== undefined && step?.kind !== 'end') this.#kept.follow(change, set, reading);
  }

  /** What the step itself writes. */
  write(step: CheckpointStep, set: WriteSet): void {
    if (step.kind !== 'note') this.#kept.copy([], set);
    if (step.kind === 'end') set.remove('meta', noteKey);
    else set.put('meta', noteKey, Buffer.from(step.note).toString('latin1'));
  }

  /** The step is on the disk. */
  stored(step: CheckpointStep): void {
    this.#note = step.kind === 'end' ? undefined : step.note;
  }
}
