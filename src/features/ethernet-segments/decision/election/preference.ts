/** Preference-based election (RFC 9785): highest preference, then Don't Preempt, then the lowest address. */
import { type Candidate, compareAddresses } from './candidate.ts';

type Preferred = Pick<Candidate, 'address' | 'preference' | 'dontPreempt'>;

/** Order of preference; negative: a is preferred (RFC 9785 section 4.1). */
export function comparePreference(a: Preferred, b: Preferred): number {
  return (
    b.preference - a.preference ||
    Number(b.dontPreempt) - Number(a.dontPreempt) ||
    compareAddresses(a.address, b.address)
  );
}

export interface InUse {
  readonly preference: number;
  readonly dontPreempt: boolean;
  /** The PE that we must not preempt, where that is why the values are not the configured ones. */
  readonly reference?: string;
}

/**
 * What a PE that comes back announces (RFC 9785 section 4.3): where its configured preference would take the role from the
 * best of the others, that one's preference without Don't Preempt, so that the other keeps it by its Don't Preempt.
 */
export function inUsePreference(own: Preferred & { readonly revertive: boolean }, others: readonly Preferred[]): InUse {
  if (own.revertive) return { preference: own.preference, dontPreempt: false };
  const configured = { address: own.address, preference: own.preference, dontPreempt: true };
  const [best] = [...others].sort(comparePreference);
  if (best === undefined || comparePreference(best, configured) < 0) {
    return { preference: own.preference, dontPreempt: true };
  }
  return { preference: best.preference, dontPreempt: false, reference: best.address };
}
