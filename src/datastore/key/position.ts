/**
 * Positions of the entries of an ordered-by user list: byte strings that compare in the user's order, between any two of
 * which there is room, so that inserting or moving an entry changes that entry alone.
 *
 *     position := digit+        digit := 4 bytes, big-endian
 *
 * The first entry has the digit 2³¹; one that follows (precedes) all others has the last (first) one's first digit plus
 * (minus) one. Between two neighbours the longer one's last digit is stepped towards the other, so that inserting again
 * and again at one place takes a step of one, not a byte; only where there is no room a digit is added. The last digit
 * is never 0, so there is always room in front.
 */
const middle = 0x80000000;
const top = 0xffffffff;

/** Longer positions are worth renumbering the list; only alternating inserts between two entries get there. */
export const POSITION_LIMIT = 64;

/** A position after `before` and in front of `after`; without one of them at that end. */
export function positionBetween(before: string | undefined, after: string | undefined): string {
  if (before === undefined) return after === undefined ? write(middle) : ahead(after);
  if (after === undefined) return beyond(before);
  if (before >= after) throw new Error('positions out of order');
  const longer = before.length - after.length;
  if (longer > 0) return last(before) < top ? step(before, 1) : before + write(middle);
  if (longer < 0) return last(after) > 1 ? step(after, -1) : after.slice(0, -4) + write(0) + write(middle);
  if (before.slice(0, -4) === after.slice(0, -4)) {
    const gap = last(after) - last(before);
    return gap > 1 ? step(before, Math.floor(gap / 2)) : before + write(middle);
  }
  return last(before) < top ? step(before, 1) : before + write(middle);
}

/** `count` positions in order, evenly apart, for a list that is written anew. */
export function* positions(count: number): Iterable<string> {
  const first = middle - Math.floor(count / 2);
  for (let i = 0; i < count; i++) yield write(first + i);
}

function beyond(position: string): string {
  const digit = read(position, 0);
  if (digit < top) return write(digit + 1);
  return write(top) + (position.length > 4 ? beyond(position.slice(4)) : write(middle));
}

function ahead(position: string): string {
  const digit = read(position, 0);
  if (digit > 1) return write(digit - 1);
  return write(0) + (digit === 0 ? ahead(position.slice(4)) : write(middle));
}

function step(position: string, by: number): string {
  return position.slice(0, -4) + write(last(position) + by);
}

function last(position: string): number {
  return read(position, position.length - 4);
}

function write(digit: number): string {
  return String.fromCharCode((digit >>> 24) & 0xff, (digit >>> 16) & 0xff, (digit >>> 8) & 0xff, digit & 0xff);
}

function read(position: string, at: number): number {
  return (
    position.charCodeAt(at) * 0x1000000 +
    ((position.charCodeAt(at + 1) << 16) | (position.charCodeAt(at + 2) << 8) | position.charCodeAt(at + 3))
  );
}
