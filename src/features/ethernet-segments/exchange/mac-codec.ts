/**
 * Addresses as octets. Body of a frame `macs`, from who has them:
 *
 *   ESI (10), set (1), then to the end: operation (1), VLAN (2), count (2), addresses (6 each)
 *   operation  0 add, 1 remove, 2 begin: the VLAN is sent whole, 3 end: what was not sent since `begin` is gone
 *
 * Body of a frame `summary`, from who wants them, for each 256 VLANs in ascending order:
 *
 *   ESI (10), set (1), key (4), first VLAN (2), last VLAN (2), then to the end: VLAN (2), digest (8)
 */
import { type Decoded, decodeBody } from './frame.ts';
import type { Digest } from './mac-table.ts';
import { Malformed, type Reader, Writer } from './octets.ts';

/**
 * remote: addresses on the transfer side, which the forwarder announces to the CE. segment: addresses behind the segment,
 * which it announces into the transfer network.
 */
export type MacSet = 'remote' | 'segment';
export const MAC_SETS = ['remote', 'segment'] as const satisfies readonly MacSet[];

export const Operation = { add: 0, remove: 1, begin: 2, end: 3 } as const;
export type Operation = (typeof Operation)[keyof typeof Operation];

export interface MacGroup {
  readonly operation: Operation;
  readonly vlan: number;
  readonly macs: readonly number[];
}

export interface MacsBody {
  readonly esi: Uint8Array;
  readonly set: MacSet;
  readonly groups: readonly MacGroup[];
}

export interface SummaryBody {
  readonly esi: Uint8Array;
  readonly set: MacSet;
  readonly key: number;
  readonly first: number;
  readonly last: number;
  /** Of the VLANs that have addresses. */
  readonly digests: ReadonlyMap<number, Digest>;
}

export const MACS_HEADER = 11;
export const GROUP_HEADER = 5;
export const MAC_OCTETS = 6;
export const SUMMARY_VLANS = 256;

export function encodeMacs({ esi, set, groups }: MacsBody): Buffer {
  const writer = new Writer();
  writer.octets(esi);
  writer.u8(MAC_SETS.indexOf(set));
  for (const { operation, vlan, macs } of groups) {
    writer.u8(operation);
    writer.u16(vlan);
    writer.u16(macs.length);
    for (const mac of macs) writer.u48(mac);
  }
  return writer.done();
}

export function decodeMacs(body: Buffer): Decoded<MacsBody> {
  return decodeBody(body, (reader) => {
    const esi = Uint8Array.from(reader.octets(10));
    const set = readMacSet(reader);
    const groups: MacGroup[] = [];
    while (reader.left > 0) {
      const operation = reader.u8();
      if (operation > Operation.end) throw new Malformed(`an operation ${operation}`);
      const vlan = readVlan(reader);
      const count = reader.u16();
      if (count * MAC_OCTETS > reader.left) throw new Malformed('more addresses than octets');
      groups.push({ operation: operation as Operation, vlan, macs: Array.from({ length: count }, () => reader.u48()) });
    }
    return { esi, set, groups };
  });
}

export function encodeSummary({ esi, set, key, first, last, digests }: SummaryBody): Buffer {
  const writer = new Writer();
  writer.octets(esi);
  writer.u8(MAC_SETS.indexOf(set));
  writer.u32(key);
  writer.u16(first);
  writer.u16(last);
  for (const [vlan, { high, low }] of digests) {
    writer.u16(vlan);
    writer.u32(high);
    writer.u32(low);
  }
  return writer.done();
}

export function decodeSummary(body: Buffer): Decoded<SummaryBody> {
  return decodeBody(body, (reader) => {
    const esi = Uint8Array.from(reader.octets(10));
    const set = readMacSet(reader);
    const key = reader.u32();
    const [first, last] = [readVlan(reader), readVlan(reader)];
    if (last < first || last - first >= SUMMARY_VLANS) throw new Malformed('no range of a summary');
    const digests = new Map<number, Digest>();
    while (reader.left > 0) {
      const vlan = readVlan(reader);
      if (vlan < first || vlan > last || digests.has(vlan)) throw new Malformed('a VLAN out of place');
      digests.set(vlan, { high: reader.u32(), low: reader.u32() });
    }
    return { esi, set, key, first, last, digests };
  });
}

function readMacSet(reader: Reader): MacSet {
  const set = MAC_SETS[reader.u8()];
  if (set === undefined) throw new Malformed('no set of addresses');
  return set;
}

function readVlan(reader: Reader): number {
  const vlan = reader.u16();
  if (vlan > 4094) throw new Malformed(`no VLAN: ${vlan}`);
  return vlan;
}
