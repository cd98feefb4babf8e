/** Counters of ietf-netconf-monitoring (RFC 6022 sections 2.1.4 and 2.1.5). */
export interface SessionCounters {
  inRpcs: number;
  inBadRpcs: number;
  outRpcErrors: number;
  outNotifications: number;
}

export interface ServerCounters extends SessionCounters {
  inBadHellos: number;
  inSessions: number;
  droppedSessions: number;
}

export function sessionCounters(): SessionCounters {
  return { inRpcs: 0, inBadRpcs: 0, outRpcErrors: 0, outNotifications: 0 };
}

export function serverCounters(): ServerCounters {
  return { ...sessionCounters(), inBadHellos: 0, inSessions: 0, droppedSessions: 0 };
}
