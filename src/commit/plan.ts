/** What a commit would do, without doing it. */
import type { PatchChange } from '../datastore/reading/patch.ts';
import { type Fault, FaultError } from '../yang/fault.ts';
import type { Rehearsal } from './pipeline.ts';

/** `refusals`: of locks, access, constraints, features and targets alike. Holds until it is disposed of. */
export interface Plan extends Rehearsal, Disposable {
  readonly change: PatchChange;
}

/** A commit to go back to; `path` is where its number stands, for a fault. */
export interface PastSource {
  readonly commit: number;
  readonly path: string;
}

/** What the work would be refused for. */
export function refusalsOf(work: () => unknown): readonly Fault[] {
  try {
    work();
    return [];
  } catch (error) {
    if (error instanceof FaultError) return error.faults;
    throw error;
  }
}
