/**
 * Makes an Ethernet frame of a flow, for a trace.
 *
 *     Ethernet   destination[6] source[6] (TPID[2] TCI[2])* EtherType[2]
 *     IPv4       RFC 791, 20 bytes: version/IHL, DSCP, length[2], id[2], flags/offset[2], TTL, protocol, checksum[2], addresses
 *     IPv6       RFC 8200, 40 bytes: version/class/label[4], length[2], next header, hop limit, addresses
 */
import type { Tag } from '../interfaces/model.ts';

export interface Flow {
  readonly sourceMac: Uint8Array;
  readonly destinationMac: Uint8Array;
  /** Outer tag first. */
  readonly tags: readonly Tag[];
  /** Both of 4 or both of 16 bytes. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly protocol: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly ttl: number;
  readonly dscp: number;
  /** Of the IP packet, in octets; a shorter one than its headers is as long as they are. */
  readonly length: number;
}

const TCP = 6;
const UDP = 17;
const SCTP = 132;
const ICMP = 1;
const ICMPV6 = 58;

export function frameOf(flow: Flow): Uint8Array {
  const upper = upperOf(flow);
  const isV4 = flow.source.length === 4;
  const ip = isV4 ? ipv4(flow, upper) : ipv6(flow, upper);
  const tags = flow.tags.map(({ type, vid }) =>
    Buffer.from([...(type === 1 ? [0x88, 0xa8] : [0x81, 0x00]), vid >> 8, vid & 0xff]),
  );
  const etherType = Buffer.from(isV4 ? [0x08, 0x00] : [0x86, 0xdd]);
  return Buffer.concat([flow.destinationMac, flow.sourceMac, ...tags, etherType, ip]);
}

function ipv4(flow: Flow, upper: Uint8Array): Uint8Array {
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  header[1] = flow.dscp << 2;
  header.writeUInt16BE(header.length + upper.length, 2);
  header[8] = flow.ttl;
  header[9] = flow.protocol;
  header.set(flow.source, 12);
  header.set(flow.destination, 16);
  header.writeUInt16BE(checksum([header]), 10);
  return Buffer.concat([header, upper]);
}

function ipv6(flow: Flow, upper: Uint8Array): Uint8Array {
  const header = Buffer.alloc(40);
  header.writeUInt16BE(0x6000 | (flow.dscp << 6), 0);
  header.writeUInt16BE(upper.length, 4);
  header[6] = flow.protocol;
  header[7] = flow.ttl;
  header.set(flow.source, 8);
  header.set(flow.destination, 24);
  return Buffer.concat([header, upper]);
}

/** What is behind the IP header, zeros where the protocol has no ports. */
function upperOf(flow: Flow): Uint8Array {
  const { protocol } = flow;
  const head = protocol === TCP ? 20 : protocol === SCTP ? 12 : 8;
  const upper = Buffer.alloc(Math.max(head, flow.length - (flow.source.length === 4 ? 20 : 40)));
  if (protocol === TCP || protocol === UDP || protocol === SCTP) {
    upper.writeUInt16BE(flow.sourcePort, 0);
    upper.writeUInt16BE(flow.destinationPort, 2);
  }
  // Data offset of 5 words, ACK (RFC 9293 section 3.1): no flag that makes the packet a special one.
  if (protocol === TCP) upper.writeUInt16BE(0x5010, 12);
  if (protocol === UDP) upper.writeUInt16BE(upper.length, 4);
  // An echo request (RFC 792, RFC 4443).
  if (protocol === ICMP) upper[0] = 8;
  if (protocol === ICMPV6) upper[0] = 128;
  const at = protocol === TCP ? 16 : protocol === UDP ? 6 : protocol === ICMP || protocol === ICMPV6 ? 2 : undefined;
  if (at !== undefined) {
    const sum = checksum(protocol === ICMP ? [upper] : [pseudoHeader(flow, upper.length), upper]);
    upper.writeUInt16BE(sum === 0 && protocol === UDP ? 0xffff : sum, at);
  }
  return upper;
}

/** RFC 9293 section 3.1, RFC 8200 section 8.1: in one form that sums up to the same for both. */
function pseudoHeader({ source, destination, protocol }: Flow, length: number): Uint8Array {
  const rest = Buffer.alloc(8);
  rest.writeUInt32BE(length, 0);
  rest[7] = protocol;
  return Buffer.concat([source, destination, rest]);
}

/** RFC 1071, over parts of an even length but the last. */
function checksum(parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; at += 2) sum += ((part[at] ?? 0) << 8) | (part[at + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
