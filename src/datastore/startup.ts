/** The startup datastore: a kept configuration that can be deleted. */

import { KeptConfiguration } from './kept.ts';
import type { KeySpace } from './key/key.ts';
import type { Environment } from './lmdb/environment.ts';
import type { Reading } from './lmdb/table.ts';
import type { WriteSet } from './lmdb/write-set.ts';
import type { Overlay } from './view/overlay.ts';
import type { SourceView } from './view/source.ts';
import type { RowChange } from './view/view.ts';

export class Startup {
  readonly #environment: Environment;
  readonly #kept: KeptConfiguration;
  #isDeleted = false;

  constructor(keys: KeySpace, environment: Environment) {
    this.#environment = environment;
    this.#kept = new KeptConfiguration(keys, environment, 'startup');
  }

  load(reading: Reading): void {
    this.#isDeleted = this.#environment.tables.meta.get('startup', reading) === 'deleted';
  }

  get isDeleted(): boolean {
    return this.#isDeleted;
  }

  /** Over `running` of the same snapshot; undefined after it was deleted. */
  view(running: SourceView, reading: Reading): Overlay | undefined {
    if (this.#environment.tables.meta.get('startup', reading) === 'deleted') return undefined;
    return this.#kept.view(running, reading);
  }

  /** Keeps what startup says when a row of running changes. */
  follow(change: RowChange, set: WriteSet, reading: Reading): void {
    if (!this.#isDeleted) this.#kept.follow(change, set, reading);
  }

  /** Makes startup what running becomes by `changes`; without any, what running is. */
  copy(changes: Iterable<RowChange>, set: WriteSet): void {
    set.put('meta', 'startup', 'kept');
    this.#kept.copy(changes, set);
  }

  delete(set: WriteSet): void {
    set.put('meta', 'startup', 'deleted');
    this.#kept.copy([], set);
  }

  /** The last copy or delete is on the disk. */
  stored(isDeleted: boolean): void {
    this.#isDeleted = isDeleted;
  }
}
