/** CLOCK_REALTIME in nanoseconds, to compare with what other processes print (udpflow, the router's event times). */
export function realtimeNs(): bigint {
  return realtimeAt(performance.now());
}

/** The same for a moment of performance.now(). */
export function realtimeAt(moment: number): bigint {
  return BigInt(Math.round((performance.timeOrigin + moment) * 1000)) * 1000n;
}

export function milliseconds(fromNs: bigint, toNs: bigint): number {
  return Number(toNs - fromNs) / 1e6;
}
