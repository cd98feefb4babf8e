/**
 * Messages of the decision (../decision/message.ts) as octets. Body of a frame `decision`:
 *
 *   ESI (10), kind (1), then by kind
 *   1 sync        stamp (6), set forwarding, advert
 *   2 advert      advert
 *   3 state       stamp (6), set opened, set closed
 *   4 claim       id (4), set, count (1) of addresses: text …
 *   5 grant       id (4), stamp (6), set
 *   6 relinquish  set
 *   7 leave
 *
 *   advert  method (1: 0 default, 1 highest random weight, 2 preference; the registry of RFC 8584 section 2.2.1),
 *           flags (1: 1 don't preempt, 2 AC-DF, 4 draining), preference (2), set able, count (1) of pins: text, set …
 *   set     form (1). 0: count (2) of ranges, each first (2), last (2), ascending. 1: length (2), octets of a bitmap,
 *           bit 0 of octet 0 is VLAN 0; the last octet is not 0. The shorter one is used.
 *   text    length (1), ASCII
 */
import { isIP } from 'node:net';
import type { DfElectionMethod } from '../decision/election/candidate.ts';
import type { Advert, Message, Pin } from '../decision/message.ts';
import { NO_VLANS, type VlanSet, vlanSet } from '../decision/vlan-set.ts';
import { type Decoded, decodeBody } from './frame.ts';
import { Malformed, type Reader, Writer } from './octets.ts';

const Kind = { sync: 1, advert: 2, state: 3, claim: 4, grant: 5, relinquish: 6, leave: 7 } as const;
const METHODS = ['default-7432', 'highest-random-weight', 'preference'] as const satisfies readonly DfElectionMethod[];
const DONT_PREEMPT = 1;
const AC_DF = 2;
const DRAINING = 4;
const HIGHEST_VLAN = 4094;

export interface SegmentMessage {
  /** 10 octets. */
  readonly esi: Uint8Array;
  readonly message: Message;
}

export function encodeDecision({ esi, message }: SegmentMessage): Buffer {
  const writer = new Writer();
  writer.octets(esi);
  writer.u8(Kind[message.type]);
  switch (message.type) {
    case 'sync':
      writer.u48(message.stamp);
      writeSet(writer, message.forwarding);
      writeAdvert(writer, message.advert);
      break;
    case 'advert':
      writeAdvert(writer, message.advert);
      break;
    case 'state':
      writer.u48(message.stamp);
      writeSet(writer, message.opened);
      writeSet(writer, message.closed);
      break;
    case 'claim':
      writer.u32(message.id);
      writeSet(writer, message.vlans);
      writer.u8(message.asks.length);
      for (const address of message.asks) writer.text(address);
      break;
    case 'grant':
      writer.u32(message.id);
      writer.u48(message.stamp);
      writeSet(writer, message.vlans);
      break;
    case 'relinquish':
      writeSet(writer, message.vlans);
      break;
    case 'leave':
  }
  return writer.done();
}

export function decodeDecision(body: Buffer): Decoded<SegmentMessage> {
  return decodeBody(body, (reader) => {
    const esi = Uint8Array.from(reader.octets(10));
    return { esi, message: readMessage(reader) };
  });
}

function readMessage(reader: Reader): Message {
  const kind = reader.u8();
  switch (kind) {
    case Kind.sync:
      return { type: 'sync', stamp: reader.u48(), forwarding: readSet(reader), advert: readAdvert(reader) };
    case Kind.advert:
      return { type: 'advert', advert: readAdvert(reader) };
    case Kind.state:
      return { type: 'state', stamp: reader.u48(), opened: readSet(reader), closed: readSet(reader) };
    case Kind.claim:
      return { type: 'claim', id: reader.u32(), vlans: readSet(reader), asks: readMany(reader, readAddress) };
    case Kind.grant:
      return { type: 'grant', id: reader.u32(), stamp: reader.u48(), vlans: readSet(reader) };
    case Kind.relinquish:
      return { type: 'relinquish', vlans: readSet(reader) };
    case Kind.leave:
      return { type: 'leave' };
    default:
      throw new Malformed(`a message of kind ${kind}`);
  }
}

function writeAdvert(writer: Writer, advert: Advert): void {
  writer.u8(METHODS.indexOf(advert.method));
  writer.u8((advert.dontPreempt ? DONT_PREEMPT : 0) | (advert.acDf ? AC_DF : 0) | (advert.draining ? DRAINING : 0));
  writer.u16(advert.preference);
  writeSet(writer, advert.able);
  writer.u8(advert.pins.length);
  for (const { address, vlans } of advert.pins) {
    writer.text(address);
    writeSet(writer, vlans);
  }
}

function readAdvert(reader: Reader): Advert {
  const method = METHODS[reader.u8()];
  const flags = reader.u8();
  if (method === undefined || flags >= DRAINING * 2) throw new Malformed('an advert of another version');
  return {
    method,
    dontPreempt: (flags & DONT_PREEMPT) !== 0,
    acDf: (flags & AC_DF) !== 0,
    draining: (flags & DRAINING) !== 0,
    preference: reader.u16(),
    able: readSet(reader),
    pins: readMany(reader, (one): Pin => ({ address: readAddress(one), vlans: readSet(one) })),
  };
}

function readMany<T>(reader: Reader, read: (reader: Reader) => T): readonly T[] {
  return Array.from({ length: reader.u8() }, () => read(reader));
}

function readAddress(reader: Reader): string {
  const address = reader.text();
  if (isIP(address) === 0) throw new Malformed('no address');
  return address;
}

export function writeSet(writer: Writer, vlans: VlanSet): void {
  const ranges = rangesOf(vlans);
  const octets = bitmapOf(vlans);
  if (ranges.length * 4 <= octets.length) {
    writer.u8(0);
    writer.u16(ranges.length);
    for (const [first, last] of ranges) {
      writer.u16(first);
      writer.u16(last);
    }
    return;
  }
  writer.u8(1);
  writer.u16(octets.length);
  writer.octets(octets);
}

export function readSet(reader: Reader): VlanSet {
  const form = reader.u8();
  const count = reader.u16();
  if (form === 0) return fromRanges(reader, count);
  if (form !== 1 || count === 0 || count > 512) throw new Malformed('no set of VLANs');
  const octets = reader.octets(count);
  if (octets[count - 1] === 0 || (count === 512 && (octets[511] as number) >= 0x80)) throw new Malformed('no VLAN');
  const words = new Uint32Array(Math.ceil(count / 4));
  for (const [at, octet] of octets.entries()) words[at >> 2] = (words[at >> 2] as number) | (octet << ((at & 3) * 8));
  return words;
}

function fromRanges(reader: Reader, count: number): VlanSet {
  if (count === 0) return NO_VLANS;
  // A VLAN between two ranges: no more than half as many ranges as VLANs.
  if (count > 2048) throw new Malformed('too many ranges');
  const vlans: number[] = [];
  let least = 0;
  for (let at = 0; at < count; at += 1) {
    const [first, last] = [reader.u16(), reader.u16()];
    if (first < least || last < first || last > HIGHEST_VLAN) throw new Malformed('no range of VLANs');
    for (let vlan = first; vlan <= last; vlan += 1) vlans.push(vlan);
    least = last + 2;
  }
  return vlanSet(vlans);
}

/** By words, not by VLANs: 4,094 of them are one range. */
function rangesOf(vlans: VlanSet): readonly (readonly [number, number])[] {
  const ranges: [number, number][] = [];
  for (let at = 0; at < vlans.length; at += 1) {
    const word = vlans[at] as number;
    const last = ranges.at(-1);
    if (word === 0xffff_ffff) {
      if (last?.[1] === at * 32 - 1) last[1] = at * 32 + 31;
      else ranges.push([at * 32, at * 32 + 31]);
      continue;
    }
    for (let bit = 0; bit < 32; bit += 1) {
      if (((word >>> bit) & 1) === 0) continue;
      const vlan = at * 32 + bit;
      const previous = ranges.at(-1);
      if (previous?.[1] === vlan - 1) previous[1] = vlan;
      else ranges.push([vlan, vlan]);
    }
  }
  return ranges;
}

function bitmapOf(vlans: VlanSet): Buffer {
  const octets = Buffer.alloc(vlans.length * 4);
  for (let at = 0; at < vlans.length; at += 1) octets.writeUInt32LE(vlans[at] as number, at * 4);
  let length = octets.length;
  while (length > 0 && octets[length - 1] === 0) length -= 1;
  return octets.subarray(0, length);
}
