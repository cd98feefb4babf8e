/** What `candidate` means to a session: the one that is shared, or one of its own. The same operations on both. */

import type { Candidate } from '../../datastore/candidate.ts';
import type { Snapshot } from '../../datastore/snapshot.ts';
import type { Branch } from '../../datastore/view/branch.ts';
import { Overlay } from '../../datastore/view/overlay.ts';
import { FaultError } from '../../yang/fault.ts';
import type { Decisions } from '../access/access.ts';
import { inSlices } from '../slices.ts';
import type { PrivateCandidates } from './private-candidates.ts';
import { type Preference, rebaseSteps } from './rebase/rebase.ts';
import { conflictFaults } from './rebase/report.ts';

export interface SessionCandidate {
  /** To read, or to edit and then `replace` with; its base need not be running. */
  view(now: Snapshot): Overlay;
  /** Takes a view that was edited; none may have been committed since it was taken. */
  replace(edited: Overlay, now: Snapshot): void;
  /** Makes it a copy of what an overlay over running says. */
  become(content: Overlay, now: Snapshot): void;
  discard(): void;
  /** What a commit makes of running, as an overlay over it. Throws the conflicts that are in the way. */
  toCommit(now: Snapshot, access: Decisions | undefined): Promise<Overlay>;
  /** That overlay is running. */
  committed(content: Overlay): void;
}

export class SharedCandidate implements SessionCandidate {
  readonly #candidate: Candidate;

  constructor(candidate: Candidate) {
    this.#candidate = candidate;
  }

  view({ running }: Snapshot): Overlay {
    return this.#candidate.view(running);
  }

  replace(edited: Overlay, { commit }: Snapshot): void {
    this.#candidate.replace(edited, commit);
  }

  become(content: Overlay, { commit }: Snapshot): void {
    if (content.isTouched) this.#candidate.replace(content, commit);
    else this.#candidate.discard();
  }

  discard(): void {
    this.#candidate.discard();
  }

  async toCommit(now: Snapshot): Promise<Overlay> {
    return this.view(now);
  }

  committed(content: Overlay): void {
    this.#candidate.settle(content);
  }
}

export class PrivateCandidate implements SessionCandidate {
  readonly #all: PrivateCandidates;
  readonly #sessionId: number;

  constructor(all: PrivateCandidates, sessionId: number) {
    this.#all = all;
    this.#sessionId = sessionId;
  }

  view(now: Snapshot): Overlay {
    return this.#branch.view(now);
  }

  replace(edited: Overlay, { commit }: Snapshot): void {
    this.#all.assertRoom(edited.size - this.#branch.editSize);
    this.#branch.replace(edited, commit);
  }

  /** Whoever copies a whole configuration starts anew from the running of now. */
  become(content: Overlay, now: Snapshot): void {
    this.#all.assertRoom(content.size - this.#branch.size);
    this.#branch.rebase(now, content);
  }

  discard(): void {
    this.#all.peek(this.#sessionId)?.discard();
  }

  async toCommit(now: Snapshot, access: Decisions | undefined): Promise<Overlay> {
    if (this.#all.peek(this.#sessionId) === undefined) return new Overlay(now.running);
    return await this.#rebased(now, access, undefined);
  }

  committed(): void {
    this.#all.close(this.#sessionId);
  }

  /** Brings it up to running; without a preference conflicts are thrown, and nothing happens. */
  async update(now: Snapshot, access: Decisions | undefined, preference: Preference | undefined): Promise<void> {
    const merged = await this.#rebased(now, access, preference);
    this.#branch.rebase(now, merged);
  }

  async #rebased(now: Snapshot, access: Decisions | undefined, preference: Preference | undefined): Promise<Overlay> {
    const branch = this.#branch;
    await inSlices(branch.followSteps(now));
    const candidate = branch.view(now);
    const { running } = now;
    const { mine, theirs } = branch;
    const { conflicts, merge } = await inSlices(rebaseSteps({ candidate, running, mine, theirs }));
    if (conflicts.length > 0 && preference === undefined) {
      throw new FaultError(...conflictFaults(conflicts, running, candidate, access));
    }
    return await inSlices(merge(preference ?? 'candidate'));
  }

  get #branch(): Branch {
    return this.#all.open(this.#sessionId);
  }
}
