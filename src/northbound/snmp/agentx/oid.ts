/** Object identifiers: arrays of sub-identifiers, each a whole number below 2^32. */

export type Oid = readonly number[];

/** Sub-identifiers of an object identifier (RFC 2578 section 3.5). */
export const MAX_OID_LENGTH = 128;

/** From "1.3.6.1"; a leading dot is allowed. Throws where it is none: for constants of the program. */
export function oid(text: string): Oid {
  const numbers = text.replace(/^\./, '').split('.').map(Number);
  if (numbers.some((each) => !Number.isInteger(each) || each < 0 || each > 0xffff_ffff)) {
    throw new Error(`${text} is no object identifier`);
  }
  return numbers;
}

export function oidText(of: Oid): string {
  return of.join('.');
}

/** Negative, 0, positive: lexicographic order. */
export function compareOids(a: Oid, b: Oid): number {
  const shorter = Math.min(a.length, b.length);
  for (let at = 0; at < shorter; at += 1) {
    const difference = (a[at] as number) - (b[at] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

export function startsWith(of: Oid, prefix: Oid): boolean {
  if (of.length < prefix.length) return false;
  for (let at = 0; at < prefix.length; at += 1) if (of[at] !== prefix[at]) return false;
  return true;
}

/** An index of variable length (RFC 2578 section 7.7): its length and its octets. */
export function octetsIndex(octets: Uint8Array): number[] {
  return [octets.length, ...octets];
}
