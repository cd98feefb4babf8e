/** ietf-yang-types:date-and-time (RFC 6991): canonical with a numeric offset, here always that of UTC. */

/** Nanoseconds since 1970, to the nanosecond. */
export function dateAndTimeOfNs(nanoseconds: bigint): string {
  const seconds = nanoseconds / 1_000_000_000n;
  const fraction = String(nanoseconds % 1_000_000_000n).padStart(9, '0');
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}.${fraction}+00:00`;
}

export function dateAndTime(date: Date): string {
  return `${date.toISOString().slice(0, -1)}+00:00`;
}
