/**
 * Sets of VLANs, so that 4,094 VLANs change as one: a bit a VLAN, 32 of them a word, as many words as the highest VLAN needs.
 * Sets are values: nothing writes to one that it was given. 0 stands for untagged frames (../../block-points/model.ts).
 */
export type VlanSet = Readonly<ArrayLike<number>> & Iterable<number>;

export const NO_VLANS: VlanSet = new Uint32Array(0);

/** The VLANs given, 0 to 4094. Throws RangeError for others. */
export function vlanSet(vlans: Iterable<number>): VlanSet {
  let words = new Uint32Array(1);
  for (const vlan of vlans) {
    if (!Number.isInteger(vlan) || vlan < 0 || vlan > 4094) throw new RangeError(`no VLAN: ${vlan}`);
    const at = vlan >>> 5;
    if (at >= words.length) {
      const longer = new Uint32Array(at + 1);
      longer.set(words);
      words = longer;
    }
    words[at] = (words[at] as number) | (1 << (vlan & 31));
  }
  return trimmed(words);
}

/** first to last, both included. */
export function vlanRange(first: number, last: number): VlanSet {
  return vlanSet(Array.from({ length: last - first + 1 }, (_, index) => first + index));
}

export function union(a: VlanSet, b: VlanSet): VlanSet {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const [long, short] = a.length >= b.length ? [a, b] : [b, a];
  const words = Uint32Array.from(long);
  for (let at = 0; at < short.length; at += 1) words[at] = (words[at] as number) | (short[at] as number);
  return words;
}

export function intersection(a: VlanSet, b: VlanSet): VlanSet {
  if (a.length === 0 || b.length === 0) return NO_VLANS;
  const words = new Uint32Array(Math.min(a.length, b.length));
  for (let at = 0; at < words.length; at += 1) words[at] = (a[at] as number) & (b[at] as number);
  return trimmed(words);
}

/** a without b. */
export function difference(a: VlanSet, b: VlanSet): VlanSet {
  if (a.length === 0 || b.length === 0) return a;
  const words = Uint32Array.from(a);
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at += 1) words[at] = (words[at] as number) & ~(b[at] as number);
  return trimmed(words);
}

export function overlaps(a: VlanSet, b: VlanSet): boolean {
  for (let at = Math.min(a.length, b.length) - 1; at >= 0; at -= 1) {
    if (((a[at] as number) & (b[at] as number)) !== 0) return true;
  }
  return false;
}

export function isEmpty(set: VlanSet): boolean {
  return set.length === 0;
}

export function hasVlan(set: VlanSet, vlan: number): boolean {
  return (((set[vlan >>> 5] ?? 0) >>> (vlan & 31)) & 1) === 1;
}

export function sameVlans(a: VlanSet, b: VlanSet): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at += 1) if (a[at] !== b[at]) return false;
  return true;
}

export function countVlans(set: VlanSet): number {
  let count = 0;
  for (let at = 0; at < set.length; at += 1) {
    for (let word = set[at] as number; word !== 0; word &= word - 1) count += 1;
  }
  return count;
}

/** Ascending. */
export function* vlansOf(set: VlanSet): Generator<number> {
  for (let at = 0; at < set.length; at += 1) {
    for (let word = set[at] as number; word !== 0; word &= word - 1) yield at * 32 + 31 - Math.clz32(word & -word);
  }
}

/** "1-3,10"; "-" for none. */
export function vlansText(set: VlanSet): string {
  const ranges: string[] = [];
  let first = -1;
  let last = -2;
  const close = (): void => {
    if (first >= 0) ranges.push(first === last ? String(first) : `${first}-${last}`);
  };
  for (const vlan of vlansOf(set)) {
    if (vlan !== last + 1) {
      close();
      first = vlan;
    }
    last = vlan;
  }
  close();
  return ranges.length === 0 ? '-' : ranges.join(',');
}

/** Reads what `vlansText` writes. Throws RangeError for anything else. */
export function vlansFromText(text: string): VlanSet {
  if (text === '-') return NO_VLANS;
  let set = NO_VLANS;
  for (const range of text.split(',')) {
    const [first, last] = range.split('-').map(Number);
    set = union(set, vlanRange(first as number, last ?? (first as number)));
  }
  return set;
}

/** Without words of nothing at the end: equal sets have equal words. */
function trimmed(words: Uint32Array): VlanSet {
  let length = words.length;
  while (length > 0 && words[length - 1] === 0) length -= 1;
  return length === words.length ? words : length === 0 ? NO_VLANS : words.slice(0, length);
}
