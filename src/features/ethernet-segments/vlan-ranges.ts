/** Sets of VLANs between the model's texts, the engine's bytes and the decision's words. */
import { type VlanSet, vlanSet, vlansOf } from './decision/vlan-set.ts';

const HIGHEST_VLAN = 4094;
/** VID v is bit (v & 7) of byte v >> 3 (native/api/sluice.proto). */
const SET_BYTES = 512;

/** One VLAN of a `vlan-range`, from its first to its last; undefined: the range is none. */
export function rangeOf(text: string): readonly [first: number, last: number] | undefined {
  if (text === 'untagged') return [0, 0];
  const [first = 0, last = first] = text.split('-').map(Number);
  return first > last || last > HIGHEST_VLAN || (first === last && text.includes('-')) ? undefined : [first, last];
}

/** Values of a leaf-list of `vlan-range`. Those that are no range are left out: `check` refuses them. */
export function vlansOfRanges(texts: Iterable<string>): VlanSet {
  const vlans: number[] = [];
  for (const text of texts) {
    const range = rangeOf(text);
    if (range === undefined) continue;
    for (let vlan = range[0]; vlan <= range[1]; vlan += 1) vlans.push(vlan);
  }
  return vlanSet(vlans);
}

/** As few values of `vlan-range` as there can be. */
export function rangesOf(set: VlanSet): readonly string[] {
  const ranges: [number, number][] = [];
  for (const vlan of vlansOf(set)) {
    const last = ranges.at(-1);
    // Untagged frames are in no range.
    if (last !== undefined && last[1] === vlan - 1 && last[1] !== 0) last[1] = vlan;
    else ranges.push([vlan, vlan]);
  }
  return ranges.map(([first, last]) => {
    if (last === 0) return 'untagged';
    return first === last ? String(first) : `${first}-${last}`;
  });
}

/** As the engine's contract has sets. */
export function vlanBytes(set: VlanSet): Uint8Array {
  const bytes = new Uint8Array(Math.min(set.length * 4, SET_BYTES));
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = ((set[at >> 2] as number) >>> ((at & 3) * 8)) & 0xff;
  return bytes;
}

export function vlansOfBytes(bytes: Uint8Array): VlanSet {
  const vlans: number[] = [];
  for (let vlan = 0; vlan <= HIGHEST_VLAN && vlan >> 3 < bytes.length; vlan += 1) {
    if ((((bytes[vlan >> 3] as number) >> (vlan & 7)) & 1) === 1) vlans.push(vlan);
  }
  return vlanSet(vlans);
}
