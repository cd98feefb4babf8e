/**
 * As much of OpenPGP (RFC 4880) as GRUB reads: an RSA public key and detached signatures of version 4 with SHA-256. Of one
 * key, file and time the bytes are always the same.
 */
import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto';

const RSA = 1;
const SHA256 = 8;

/**
 * Section 5.5.2.
 *
 *     4, created (4 bytes), algorithm, MPI n, MPI e
 */
export function publicKeyPacket(key: KeyObject, created: number): Buffer {
  return packet(6, keyBody(key, created));
}

/**
 * Section 5.2.3, a binary document.
 *
 *     4, type, key algorithm, hash algorithm, length and hashed subpackets, length and others, 2 bytes of the hash, MPI
 */
export function detachedSignature(key: KeyObject, created: number, document: Buffer): Buffer {
  const hashed = Buffer.concat([Buffer.from([5, 2]), number(created, 4)]);
  const head = Buffer.concat([Buffer.from([4, 0, RSA, SHA256]), number(hashed.length, 2), hashed]);
  const trailer = Buffer.concat([Buffer.from([4, 0xff]), number(head.length, 4)]);
  const whole = Buffer.concat([document, head, trailer]);
  const issuer = Buffer.concat([Buffer.from([9, 16]), keyId(key, created)]);
  const digest = createHash('sha256').update(whole).digest();
  const body = [
    head,
    number(issuer.length, 2),
    issuer,
    digest.subarray(0, 2),
    multiprecision(sign('sha256', whole, key)),
  ];
  return packet(2, Buffer.concat(body));
}

function keyBody(key: KeyObject, created: number): Buffer {
  const { n, e } = createPublicKey(key).export({ format: 'jwk' });
  if (n === undefined || e === undefined) throw new Error('the key of the boot loader has to be of RSA');
  const numbers = [n, e].map((value) => multiprecision(Buffer.from(value, 'base64url')));
  return Buffer.concat([Buffer.from([4]), number(created, 4), Buffer.from([RSA]), ...numbers]);
}

/** Section 12.2: the last 8 bytes of the fingerprint. */
function keyId(key: KeyObject, created: number): Buffer {
  return createHash('sha1').update(publicKeyPacket(key, created)).digest().subarray(12);
}

/** Section 4.2.1: old format, two bytes of length. */
function packet(tag: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x80 | (tag << 2) | 1]), number(body.length, 2), body]);
}

/** Section 3.2: its length in bits, then the number without leading zeros. */
function multiprecision(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const value = bytes.subarray(first);
  return Buffer.concat([number((value.length - 1) * 8 + (32 - Math.clz32(value.readUInt8(0))), 2), value]);
}

function number(value: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
}
