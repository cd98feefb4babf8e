/** /confirmed-commit and assertions-decided (sluice-confirmed-commit): what waits to be confirmed, and how that ended. */
import type { AssertionResult } from '../../../commit/confirmed/assertions.ts';
import type { ConfirmedCommits, EndedCommit } from '../../../commit/confirmed/confirmed.ts';
import { build, type PlainData } from '../../../yang/data/build.ts';
import type { Schema } from '../../../yang/schema/node.ts';
import type { NotificationEvent } from '../notification/event.ts';

export const CONFIRMED_COMMIT = '/sluice-confirmed-commit:confirmed-commit';

export function confirmedCommitState({ pending, results, remainingSeconds, last }: ConfirmedCommits): PlainData {
  return {
    pending: pending && {
      since: dateAndTime(pending.since),
      user: pending.user,
      'session-id': pending.sessionId,
      persistent: pending.persist !== undefined,
      timeout: pending.timeoutSeconds,
      remaining: Math.ceil(remainingSeconds),
      restores: pending.before,
      assertion: results.map(assertionData),
    },
    last: last && outcomeData(last),
  };
}

/** Of a commit with assertions; undefined for others. */
export function assertionsDecided(schema: Schema, ended: EndedCommit): NotificationEvent | undefined {
  const node = schema.notifications.get('sluice-confirmed-commit:assertions-decided');
  if (node === undefined || ended.pending.assertions === undefined) return undefined;
  return { node, children: build(node, outcomeData(ended)), at: ended.at };
}

function outcomeData({ outcome, at, pending, results }: EndedCommit): PlainData {
  return {
    outcome,
    time: dateAndTime(at.toISOString()),
    user: pending.user,
    restores: pending.before,
    assertion: results.map(assertionData),
  };
}

function assertionData({ name, condition, description, verdict }: AssertionResult): PlainData {
  return { name, condition, description, holds: verdict?.holds, error: verdict?.error };
}

function dateAndTime(utc: string): string {
  return utc.replace('Z', '+00:00');
}
