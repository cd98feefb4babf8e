/**
 * Keys of the User-based Security Model from a pass phrase: RFC 3414 appendix A.2 with the hash functions of RFC 7860.
 */
import { createHash } from 'node:crypto';
import type { AuthProtocol } from '../../platform/snmpd/settings.ts';

const NODE_NAMES: Readonly<Record<AuthProtocol, string>> = {
  'sha-224': 'sha224',
  'sha-256': 'sha256',
  'sha-384': 'sha384',
  'sha-512': 'sha512',
};
/** The pass phrase, repeated to this length, is what is hashed. */
const EXPANDED_BYTES = 1 << 20;

/** The localized key for the engine. */
export function localizedKey(passphrase: string, protocol: AuthProtocol, engineId: Uint8Array): Buffer {
  const name = NODE_NAMES[protocol];
  const phrase = Buffer.from(passphrase, 'utf8');
  const expanded = Buffer.alloc(EXPANDED_BYTES, phrase);
  const key = createHash(name).update(expanded).digest();
  return createHash(name).update(key).update(engineId).update(key).digest();
}

/** ietf-yang-types:hex-string. */
export function hexString(octets: Uint8Array): string {
  return (Buffer.from(octets).toString('hex').match(/../g) ?? []).join(':');
}
