/** A dynamic subscription (RFC 8639 section 2.4): of one session, for as long as that lasts. */
import type { Session } from '../../session/session.ts';
import type { Terms } from './terms.ts';

export type SuspendedReason = 'insufficient-resources' | 'unsupportable-volume';
export type TerminatedReason =
  | 'filter-unavailable'
  | 'no-such-subscription'
  | 'suspension-timeout'
  | 'unchanging-selection';

export interface Subscription {
  readonly id: number;
  readonly session: Session;
  readonly terms: Terms;
  readonly isSuspended: boolean;
  /** Event records that were sent, and those that the filter or access control kept back. */
  readonly sent: number;
  readonly excluded: number;
  /** Goes on under other terms of the same kind; `notice` is sent between what is sent under the old and the new ones. */
  modify(terms: Terms, notice: string): void;
  /** Sends the whole content once more; subscriptions of which that makes sense have it. */
  resync?(): void;
  /** Ends it. `notice` is the last that is sent, after what waits; without one what waits is not sent either. */
  end(notice?: string): void;
}
