/**
 * Packets of the engine's workloads, as capture files: deterministic, from a seeded generator, so that every run and
 * every engine gets the same.
 */
import { closeSync, openSync, writeSync } from 'node:fs';

/** xorshift64*: the generator of all workloads. */
export class Xorshift {
  #state: bigint;

  constructor(seed = 0x9e3779b97f4a7c15n) {
    this.#state = seed;
  }

  /** A whole number from 0 to below `bound`, which is at most 2^32. */
  below(bound: number): number {
    let x = this.#state;
    x ^= x >> 12n;
    x = BigInt.asUintN(64, x ^ (x << 25n));
    x ^= x >> 27n;
    this.#state = x;
    const high = Number(BigInt.asUintN(64, x * 0x2545f4914f6cdd1dn) >> 32n);
    return Math.floor((high * bound) / 0x1_0000_0000);
  }
}

export interface Flow {
  readonly sourceMac: number;
  readonly destinationMac: number;
  /** 802.1Q tag; none: untagged. */
  readonly vlan?: number;
  readonly sourceAddress?: number;
  readonly destinationAddress?: number;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
}

/** Bytes of a frame, without FCS: 64 on the wire. */
const frameBytes = 60;

/** A UDP packet in a frame of 60 bytes, its IPv4 header with a checksum. MACs are the low 40 bits below 02. */
export function udpFrame(flow: Flow): Buffer {
  const frame = Buffer.alloc(frameBytes);
  const mac = (at: number, number: number): void => {
    frame[at] = 2;
    frame.writeUIntBE(number, at + 1, 5);
  };
  mac(0, flow.destinationMac);
  mac(6, flow.sourceMac);
  let at = 12;
  if (flow.vlan !== undefined) {
    frame.writeUInt16BE(0x8100, at);
    frame.writeUInt16BE(flow.vlan, at + 2);
    at += 4;
  }
  frame.writeUInt16BE(0x0800, at);
  const ip = frame.subarray(at + 2);
  ip[0] = 0x45;
  ip.writeUInt16BE(frameBytes - at - 2, 2);
  ip[8] = 64;
  ip[9] = 17;
  ip.writeUInt32BE(flow.sourceAddress ?? 0x0a000001, 12);
  ip.writeUInt32BE(flow.destinationAddress ?? 0x0a000002, 16);
  ip.writeUInt16BE(checksum(ip.subarray(0, 20)), 10);
  ip.writeUInt16BE(flow.sourcePort ?? 1024, 20);
  ip.writeUInt16BE(flow.destinationPort ?? 1024, 22);
  ip.writeUInt16BE(ip.length - 20, 24);
  return frame;
}

function checksum(header: Buffer): number {
  let sum = 0;
  for (let at = 0; at < header.length; at += 2) sum += header.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** Writes a capture (pcap, Ethernet, without times). */
export function writeCapture(path: string, frames: Iterable<Buffer>): void {
  const file = openSync(path, 'w');
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(65_535, 16);
  head.writeUInt32LE(1, 20);
  let parts: Buffer[] = [head];
  for (const frame of frames) {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length, 12);
    parts.push(record, frame);
    if (parts.length >= 16_384) {
      writeSync(file, Buffer.concat(parts));
      parts = [];
    }
  }
  writeSync(file, Buffer.concat(parts));
  closeSync(file);
}
