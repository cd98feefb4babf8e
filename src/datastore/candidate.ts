/**
 * The candidate configuration (RFC 6241 section 8.3): what a client's edits say differently from running.
 *
 * It lives in memory. Without edits it is running, whoever changes that. With edits it keeps its content, whatever others
 * commit meanwhile, until it is discarded or committed: a commit of running is absorbed by taking over what the changed
 * rows said before. A commit makes running what the candidate says, as the RFC has it; locks are there for those who do not
 * want to undo each other's work. After a restart it is running.
 */
import { Overlay } from './view/overlay.ts';
import type { SourceView } from './view/source.ts';
import type { RowChange } from './view/view.ts';

export class Candidate {
  #edits: Overlay;
  /** The commit that the edits are a difference from. */
  #base: number;

  constructor(running: SourceView, base: number) {
    this.#edits = new Overlay(running);
    this.#base = base;
  }

  get isModified(): boolean {
    return this.#edits.isTouched;
  }

  /**
   * The candidate over `running` of a snapshot, to read, or to edit and then `replace` with. What is written to it does
   * not show in the candidate before.
   */
  view(running: SourceView): Overlay {
    return this.#edits.fork(running);
  }

  /**
   * Takes an edited view: the edit as a whole succeeded. `commit` is the snapshot's; none may have been stored since,
   * so whoever waits between `view` and `replace` keeps commits out.
   */
  replace(edited: Overlay, commit: number): void {
    if (commit !== this.#base)
      throw new Error(`an edit of the candidate began at commit ${commit}, now is ${this.#base}`);
    this.#edits = edited.fork();
  }

  discard(): void {
    this.#edits = new Overlay(this.#edits.base);
  }

  /** Running is what `committed`, a view of this candidate, said: without edits since, the candidate has none left. */
  settle(committed: Overlay): void {
    if (this.#edits.sameAs(committed)) this.discard();
  }

  /** `running` is what `changes` made of it in a commit. */
  absorb(commit: number, changes: Iterable<RowChange>, running: SourceView): void {
    if (commit <= this.#base) return;
    this.#base = commit;
    if (!this.isModified) return;
    this.#edits = this.#edits.fork(running);
    this.#edits.absorb(changes);
  }
}
