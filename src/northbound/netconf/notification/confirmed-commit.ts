/** netconf-confirmed-commit (RFC 6470): what becomes of confirmed commits. */
import type { ConfirmedChange } from '../../../commit/confirmed/confirmed.ts';
import { build } from '../../../yang/data/build.ts';
import type { Schema } from '../../../yang/schema/node.ts';
import type { NotificationEvent } from './event.ts';

/** The event of a change; undefined where the schema has no such notification. */
export function confirmedCommitEvent(
  schema: Schema,
  { event, by, timeoutSeconds }: ConfirmedChange,
  sourceHost: (sessionId: number) => string | undefined,
): NotificationEvent | undefined {
  const node = schema.notifications.get('ietf-netconf-notifications:netconf-confirmed-commit');
  if (node === undefined) return undefined;
  const session = by && {
    username: by.user,
    'session-id': by.sessionId,
    'source-host': sourceHost(by.sessionId),
  };
  const children = build(node, { ...session, 'confirm-event': event, timeout: timeoutSeconds });
  return { node, children, at: new Date() };
}
