/**
 * A configuration that branched off running at one commit and does not see later ones: what a private candidate is.
 *
 *     edits ─► past ─► running        past: what the rows said that running has changed since the branch began
 *
 * Nothing is done when others commit. Whoever looks at the branch makes up for the commits since its last use, from their
 * reverse differences; the store does so before the history forgets one of them. So an idle branch costs nothing, a used
 * one what changed, and none holds a read transaction.
 */
import type { OldRow } from '../history.ts';
import { Overlay } from './overlay.ts';
import type { SourceView } from './source.ts';
import type { RowChange } from './view.ts';

/** What a branch reads of a snapshot. */
export interface BranchPoint {
  readonly commit: number;
  readonly running: SourceView;
  /** The rows that a commit changed, as they were before it. */
  before(commit: number): Iterable<OldRow> | undefined;
}

/** About 2 ms of work. */
const rowsPerStep = 250;

export class Branch {
  /** The commit that it branched off, or was rebased to last. */
  #base: number;
  /** The commit of the running that `past` lies over. */
  #seen: number;
  #past: Overlay;
  #edits: Overlay;

  constructor({ commit, running }: BranchPoint) {
    this.#base = commit;
    this.#seen = commit;
    this.#past = new Overlay(running);
    this.#edits = new Overlay(this.#past);
  }

  get base(): number {
    return this.#base;
  }

  /** The last commit that it has made up for. */
  get seen(): number {
    return this.#seen;
  }

  get isModified(): boolean {
    return this.#edits.isTouched;
  }

  /** How many rows and subtrees it holds in memory. */
  get size(): number {
    return this.#past.size + this.#edits.size;
  }

  /** Of those, what the edits hold. */
  get editSize(): number {
    return this.#edits.size;
  }

  /** The branch, to read, or to edit and then `replace` with. What is written to it does not show in the branch before. */
  view(now: BranchPoint): Overlay {
    this.follow(now);
    return this.#edits.fork();
  }

  /** Takes an edited view, over a snapshot of the given commit. */
  replace(edited: Overlay, commit: number): void {
    if (commit !== this.#seen) throw new Error(`an edit of a branch at commit ${commit}, which has seen ${this.#seen}`);
    this.#edits = edited.fork(this.#past);
  }

  /** As it was when it branched off, or was rebased last. */
  discard(): void {
    this.#edits = new Overlay(this.#past);
  }

  /** What the branch has changed. */
  get mine(): readonly RowChange[] {
    return this.#edits.changes();
  }

  /** What running has changed since, as of the last `view` or `follow`. */
  get theirs(): readonly RowChange[] {
    return this.#past.changes().map(({ key, node, before, after }) => ({ key, node, before: after, after: before }));
  }

  /** Makes it a branch off running of now, which says what `merged`, an overlay over that, says. */
  rebase({ commit, running }: BranchPoint, merged: Overlay): void {
    this.#base = commit;
    this.#seen = commit;
    this.#past = new Overlay(running);
    this.#edits = merged.fork(this.#past);
  }

  /** Makes up for the commits up to the snapshot's. */
  follow(now: BranchPoint): void {
    for (const _ of this.followSteps(now));
  }

  /** The same in small steps, for what is far behind. Whoever looks at the branch meanwhile makes up for it himself. */
  *followSteps(now: BranchPoint): Generator<void, void, void> {
    if (now.commit < this.#seen)
      throw new Error(`a branch that has seen commit ${this.#seen} is read at ${now.commit}`);
    const old = this.#past;
    const past = old.fork(now.running);
    for (let commit = this.#seen + 1; commit <= now.commit; commit++) {
      const rows = now.before(commit);
      if (rows === undefined) throw new Error(`commit ${commit} is forgotten, and a branch has not seen it`);
      let undo: RowChange[] = [];
      for (const { key, node, row } of rows) {
        undo.push({ key, node, before: row, after: undefined });
        if (undo.length < rowsPerStep) continue;
        past.absorb(undo);
        undo = [];
        yield;
      }
      past.absorb(undo);
    }
    if (this.#past !== old) return;
    this.#seen = now.commit;
    this.#past = past;
    this.#edits = this.#edits.fork(past);
  }
}

/** A view of a branch, or a candidate, as an overlay over running: what differs from running, whatever the view lies over. */
export function overRunning(view: Overlay, running: SourceView): Overlay {
  if (view.base === running) return view;
  if (!(view.base instanceof Overlay)) throw new Error('a candidate that does not lie over running');
  const flat = new Overlay(running);
  flat.apply(view.base.changes());
  flat.apply(view.changes());
  return flat;
}
