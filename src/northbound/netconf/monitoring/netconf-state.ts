/** /netconf-state (RFC 6022 section 2) and /netconf/streams (RFC 5277 section 3.2.5). */
import type { Datastores } from '../../../commit/datastores.ts';
import type { PartialLock } from '../../../commit/lock/partial-locks.ts';
import type { Interest } from '../../../commit/operational/state.ts';
import type { EventLog } from '../../../datastore/event-log.ts';
import { dateAndTime } from '../../../features/time.ts';
import type { PlainData } from '../../../yang/data/build.ts';
import type { Schema } from '../../../yang/schema/node.ts';
import { eventStreams } from '../notification/event-streams.ts';
import type { Session } from '../session/session.ts';
import type { Sessions } from '../session/sessions.ts';
import type { ServerCounters } from '../session/statistics.ts';
import { servedSchemas } from './schemas.ts';

export const NETCONF_STATE = '/ietf-netconf-monitoring:netconf-state';
export const DATASTORES_STATE = `${NETCONF_STATE}/datastores`;
export const SESSION_STATE = `${NETCONF_STATE}/sessions/session`;
export const STREAMS = '/nc-notifications:netconf';

export interface MonitoringParts {
  readonly schema: Schema;
  readonly datastores: Datastores;
  readonly sessions: Sessions;
  readonly capabilities: readonly string[];
  /** Of the whole server, sessions that are open included. */
  readonly counters: () => ServerCounters;
  readonly startedAt: Date;
}

export function netconfState(parts: MonitoringParts, interests: readonly Interest[]): PlainData {
  const wants = (child: string): boolean =>
    interests.length === 0 ||
    interests.some(({ node }) => node.path === NETCONF_STATE || node.path.split('/')[2] === child);
  return {
    ...(wants('capabilities') ? { capabilities: { capability: parts.capabilities } } : {}),
    ...(wants('datastores') ? { datastores: { datastore: datastoreStates(parts.datastores) } } : {}),
    ...(wants('schemas') ? { schemas: { schema: schemaStates(parts.schema) } } : {}),
    ...(wants('sessions') ? { sessions: { session: [...parts.sessions.open()].map(sessionState) } } : {}),
    ...(wants('statistics') ? { statistics: statistics(parts) } : {}),
  };
}

function datastoreStates({ locks, partialLocks }: Datastores): PlainData[] {
  return (['running', 'candidate', 'startup'] as const).map((name) => {
    const lock = locks.holder(name);
    const parts = name === 'running' ? [...partialLocks.all()] : [];
    if (parts.length > 0) return { name, locks: { 'partial-lock': parts.map(partialLockState) } };
    if (lock === undefined) return { name };
    const held = { 'locked-by-session': lock.sessionId, 'locked-time': dateAndTime(lock.since) };
    return { name, locks: { 'global-lock': held } };
  });
}

function partialLockState({ id, sessionId, since, select, lockedNodes }: PartialLock): PlainData {
  return {
    'lock-id': id,
    'locked-by-session': sessionId,
    'locked-time': dateAndTime(since),
    select: [...new Set(select)],
    'locked-node': lockedNodes,
  };
}

function schemaStates(schema: Schema): PlainData[] {
  return servedSchemas(schema).map(({ name, revision, namespace }) => ({
    identifier: name,
    version: revision,
    format: 'ietf-netconf-monitoring:yang',
    namespace,
    location: ['NETCONF'],
  }));
}

function sessionState(session: Session): PlainData {
  const { peer, counters } = session;
  return {
    'session-id': session.id,
    transport: peer.transport,
    username: peer.principal.user,
    'source-host': peer.sourceHost,
    'login-time': dateAndTime(session.since),
    'in-rpcs': counters.inRpcs,
    'in-bad-rpcs': counters.inBadRpcs,
    'out-rpc-errors': counters.outRpcErrors,
    'out-notifications': counters.outNotifications,
  };
}

function statistics({ counters, startedAt }: MonitoringParts): PlainData {
  const now = counters();
  return {
    'netconf-start-time': dateAndTime(startedAt),
    'in-bad-hellos': now.inBadHellos,
    'in-sessions': now.inSessions,
    'dropped-sessions': now.droppedSessions,
    'in-rpcs': now.inRpcs,
    'in-bad-rpcs': now.inBadRpcs,
    'out-rpc-errors': now.outRpcErrors,
    'out-notifications': now.outNotifications,
  };
}

export function streamsState(log: EventLog): PlainData {
  const stream = eventStreams().map(({ name, description }): PlainData => {
    return {
      name,
      description,
      replaySupport: true,
      replayLogCreationTime: dateAndTime(log.createdAt),
      replayLogAgedTime: log.agedAt && dateAndTime(log.agedAt),
    };
  });
  return { streams: { stream } };
}
