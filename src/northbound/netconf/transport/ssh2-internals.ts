/**
 * The few things that ssh2 1.17 does not offer in its interface and a server needs: all in this file, so that an
 * upgrade of the library has one place to check (ssh2-internals.test.ts fails when one of them is gone).
 */
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import ssh2, { type Connection, type ParsedKey } from 'ssh2';

const require = createRequire(import.meta.url);

/** Signature algorithms of user keys (RFC 8308 server-sig-algs), strongest first. */
const USER_SIGNATURES: readonly string[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];

interface PacketWriter {
  readonly allocStart: number;
  alloc(payloadSize: number, force?: boolean): Buffer;
  finalize(packet: Buffer, force?: boolean): Buffer;
}

interface Internals {
  readonly _sock?: Socket;
  /** `_queue`: packets held back during a key exchange. */
  readonly _protocol?: { readonly _queue?: readonly Buffer[] | undefined };
}

const SSH_MSG_EXT_INFO = 7;
const SIG_ALGS = 'server-sig-algs';

/** Whether the native cipher addon is in use; without it ssh2 falls back in silence to half the speed. */
export function nativeCiphersLoaded(): boolean {
  const crypto: { bindingAvailable?: boolean } = require('ssh2/lib/protocol/crypto.js');
  return crypto.bindingAvailable === true;
}

/**
 * Replaces the list in the EXT_INFO message (RFC 8308 section 3.1) that follows the first key exchange of a server: the
 * library forgets a comma (`ecdsa-sha2-nistp521rsa-sha2-512`), so clients that sign with rsa-sha2-512 only find no
 * common algorithm, and it offers ssh-rsa and ssh-dss, which we refuse. Done where packets are finished, once for the process.
 */
export function announceUserSignatures(): void {
  const { PacketWriter }: { PacketWriter?: { prototype: PacketWriter } } = require('ssh2/lib/protocol/zlib.js');
  if (typeof PacketWriter?.prototype.finalize !== 'function')
    throw new Error('ssh2 has changed: EXT_INFO is not corrected');
  const prototype = PacketWriter.prototype;
  if (prototype.finalize.name === 'corrected') return;
  const finalize = prototype.finalize;
  Object.defineProperty(prototype, 'finalize', { value: corrected, writable: true, configurable: true });

  function corrected(this: PacketWriter, packet: Buffer, force?: boolean): Buffer {
    const start = this.allocStart;
    // byte type, uint32 count, then name and value as strings.
    const nameAt = start + 1 + 4 + 4;
    const nameEnd = nameAt + SIG_ALGS.length;
    if (packet[start] !== SSH_MSG_EXT_INFO || packet.toString('latin1', nameAt, nameEnd) !== SIG_ALGS) {
      return finalize.call(this, packet, force);
    }
    const list = Buffer.from(USER_SIGNATURES.join(','), 'latin1');
    const message = this.alloc(1 + 4 + 4 + SIG_ALGS.length + 4 + list.length, force);
    packet.copy(message, start, start, nameEnd);
    message.writeUInt32BE(list.length, nameEnd);
    list.copy(message, nameEnd + 4);
    return finalize.call(this, message, force);
  }
}

/**
 * A host key as the server wants it. With an RSA key the library offers ssh-rsa (SHA-1) whatever `algorithms` says,
 * unless the key comes under the name of the one signature algorithm that it is for.
 */
export function signingKeys(pem: string): { key: ParsedKey }[] {
  const key = ssh2.utils.parseKey(pem);
  if (key instanceof Error) throw key;
  if (key.type !== 'ssh-rsa') return [{ key }];
  return ['rsa-sha2-512', 'rsa-sha2-256'].map((type) => ({ key: Object.create(key, { type: { value: type } }) }));
}

/** Whether a key exchange holds output back: more would only pile up in memory. */
export function exchangingKeys(connection: Connection): boolean {
  return ((connection as unknown as Internals)._protocol?._queue?.length ?? 0) > 0;
}

/** The socket that a connection was made of. */
export function socketOf(connection: Connection): Socket {
  const socket = (connection as unknown as Internals)._sock;
  if (socket === undefined) throw new Error('ssh2 has changed: connections do not show their sockets');
  return socket;
}
