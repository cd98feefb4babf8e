/** Packets of the engine's workloads, as capture files: every run and every engine gets the same. */
import { closeSync, openSync, writeSync } from 'node:fs';

export interface UdpPacket {
  /** The low 40 bits below 02. */
  readonly sourceMac: number;
  readonly destinationMac: number;
  /** 802.1Q tag; none: untagged. */
  readonly vlan?: number;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
}

export interface Udp4Packet extends UdpPacket {
  readonly sourceAddress?: number;
  readonly destinationAddress?: number;
}

export interface Udp6Packet extends UdpPacket {
  readonly sourceAddress: Uint8Array;
  readonly destinationAddress: Uint8Array;
}

/** Bytes of a frame without FCS: 64 on the wire. IPv6 and UDP need two more. */
const frameBytes = 60;
const frameBytes6 = 62;

function ethernet(frame: Buffer, packet: UdpPacket, type: number): Buffer {
  const mac = (at: number, number: number): void => {
    frame[at] = 2;
    frame.writeUIntBE(number, at + 1, 5);
  };
  mac(0, packet.destinationMac);
  mac(6, packet.sourceMac);
  let at = 12;
  if (packet.vlan !== undefined) {
    frame.writeUInt16BE(0x8100, at);
    frame.writeUInt16BE(packet.vlan, at + 2);
    at += 4;
  }
  frame.writeUInt16BE(type, at);
  return frame.subarray(at + 2);
}

function udp(at: Buffer, packet: UdpPacket): void {
  at.writeUInt16BE(packet.sourcePort ?? 1024, 0);
  at.writeUInt16BE(packet.destinationPort ?? 1024, 2);
  at.writeUInt16BE(at.length, 4);
}

/** A UDP packet in a frame of 60 bytes, its IPv4 header with a checksum. */
export function udpFrame(packet: Udp4Packet): Buffer {
  const frame = Buffer.alloc(frameBytes);
  const ip = ethernet(frame, packet, 0x0800);
  ip[0] = 0x45;
  ip.writeUInt16BE(ip.length, 2);
  ip[8] = 64;
  ip[9] = 17;
  ip.writeUInt32BE(packet.sourceAddress ?? 0x0a000001, 12);
  ip.writeUInt32BE(packet.destinationAddress ?? 0x0a000002, 16);
  ip.writeUInt16BE(checksum(ip), 10);
  udp(ip.subarray(20), packet);
  return frame;
}

/** A UDP packet over IPv6 in a frame of 62 bytes (66 with a tag would not fit). */
export function udp6Frame(packet: Udp6Packet): Buffer {
  const frame = Buffer.alloc(frameBytes6);
  const ip = ethernet(frame, packet, 0x86dd);
  ip[0] = 0x60;
  ip.writeUInt16BE(ip.length - 40, 4);
  ip[6] = 17;
  ip[7] = 64;
  ip.set(packet.sourceAddress, 8);
  ip.set(packet.destinationAddress, 24);
  udp(ip.subarray(40), packet);
  return frame;
}

/** Of the 20 bytes of an IPv4 header (RFC 791). */
function checksum(header: Buffer): number {
  let sum = 0;
  for (let at = 0; at < 20; at += 2) sum += header.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

const recordBytes = 16 + frameBytes6;

/** Writes a capture (pcap, Ethernet, without times). */
export function writeCapture(path: string, frames: Iterable<Buffer>): void {
  const file = openSync(path, 'w');
  const chunk = Buffer.alloc(recordBytes * 16_384);
  chunk.writeUInt32LE(0xa1b2c3d4, 0);
  chunk.writeUInt16LE(2, 4);
  chunk.writeUInt16LE(4, 6);
  chunk.writeUInt32LE(65_535, 16);
  chunk.writeUInt32LE(1, 20);
  let used = 24;
  for (const frame of frames) {
    if (used + 16 + frame.length > chunk.length) {
      writeSync(file, chunk, 0, used);
      used = 0;
    }
    chunk.writeBigUInt64LE(0n, used);
    chunk.writeUInt32LE(frame.length, used + 8);
    chunk.writeUInt32LE(frame.length, used + 12);
    chunk.set(frame, used + 16);
    used += 16 + frame.length;
  }
  writeSync(file, chunk, 0, used);
  closeSync(file);
}
