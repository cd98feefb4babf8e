/** Prefixes of the workloads, and destinations within them. */
import type { Xorshift } from './random.ts';

export interface Route {
  /** Network order, 4 or 16 bytes. */
  readonly address: Uint8Array;
  readonly length: number;
}

/** Lengths as the Internet's table has them: percent of the prefixes. */
const lengths4: readonly (readonly [number, number])[] = [
  [24, 59],
  [23, 10],
  [22, 11],
  [21, 5],
  [20, 4],
  [19, 3],
  [18, 2],
  [17, 1],
  [16, 2],
  [28, 1],
  [30, 1],
  [32, 1],
];
const lengths6: readonly (readonly [number, number])[] = [
  [32, 20],
  [40, 10],
  [48, 50],
  [64, 20],
];

function lengthOf(random: Xorshift, lengths: readonly (readonly [number, number])[]): number {
  let left = random.below(100);
  for (const [length, percent] of lengths) {
    if (left < percent) return length;
    left -= percent;
  }
  throw new Error('the shares of the lengths are less than 100 percent');
}

/** `count` different prefixes of global unicast addresses, none of 10.0.0.0/8, where the router itself is. */
export function prefixes4(random: Xorshift, count: number): Route[] {
  const routes: Route[] = [];
  const seen = new Set<number>();
  while (routes.length < count) {
    const length = lengthOf(random, lengths4);
    const address = (random.next() & (0xffff_ffff << (32 - length))) >>> 0;
    const first = address >>> 24;
    if (first === 0 || first === 10 || first === 127 || first >= 224) continue;
    const key = address * 64 + length;
    if (seen.has(key)) continue;
    seen.add(key);
    routes.push({ address: bytes4(address), length });
  }
  return routes;
}

/** `count` different prefixes within 2000::/4. */
export function prefixes6(random: Xorshift, count: number): Route[] {
  const routes: Route[] = [];
  const seen = new Set<string>();
  while (routes.length < count) {
    const length = lengthOf(random, lengths6);
    const address = new Uint8Array(16);
    for (let at = 0; at < length / 8; at += 1) address[at] = random.below(256);
    address[0] = 0x20 | ((address[0] ?? 0) & 0x0f);
    const key = `${Buffer.from(address).toString('hex')}/${length}`;
    if (seen.has(key)) continue;
    seen.add(key);
    routes.push({ address, length });
  }
  return routes;
}

export function bytes4(address: number): Uint8Array {
  return Uint8Array.of(address >>> 24, address >>> 16, address >>> 8, address);
}

/** A random address within a prefix. */
export function within({ address, length }: Route, random: Xorshift): Uint8Array {
  const inside = Uint8Array.from(address);
  for (let at = 0; at < inside.length; at += 1) {
    const fixed = Math.min(8, Math.max(0, length - at * 8));
    if (fixed < 8) inside[at] = (inside[at] ?? 0) | (random.below(256) & (0xff >> fixed));
  }
  return inside;
}

export function addressText(address: Uint8Array): string {
  if (address.length === 4) return address.join('.');
  return (Buffer.from(address).toString('hex').match(/..../g) ?? []).join(':');
}
