/**
 * Highest random weight (RFC 8584 section 3.2):
 *
 *   Wrand(v, Es, Si) = (1103515245 ((1103515245 Si + 12345) XOR D(v, Es)) + 12345) mod 2^31
 *
 * Si: address of the PE, of which the low 31 bits count; D: CRC-32 of the Ethernet tag (4 octets) and the ESI (10), both in
 * network order, without its most significant bit. The highest weight wins, of equal ones the lowest address.
 */
import { crc32 } from 'node:zlib';
import { addressBytes } from '../../../address.ts';

const FACTOR = 1_103_515_245;
const ADDEND = 12_345;
const BITS = 0x7fff_ffff;

/** What `weight` needs of an address: its low 32 bits. */
export function addressWord(address: string): number {
  return Buffer.from(addressBytes(address)).readUInt32BE(addressBytes(address).length - 4);
}

/** D(v, Es). `esi`: the 10 octets of the Ethernet segment identifier. */
export function digest(vlan: number, esi: Uint8Array): number {
  const stream = Buffer.alloc(14);
  stream.writeUInt32BE(vlan, 0);
  stream.set(esi, 4);
  return crc32(stream) & BITS;
}

/** Wrand, from `addressWord` and `digest`. Everything commutes with the modulus: 32 bits that wrap are exact. */
export function weight(address: number, vlanDigest: number): number {
  const inner = Math.imul(FACTOR, address) + ADDEND;
  return (Math.imul(FACTOR, inner ^ vlanDigest) + ADDEND) & BITS;
}
