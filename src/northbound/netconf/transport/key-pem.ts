/** Private keys in the forms that ssh2 reads: PKCS #1, SEC 1, and OpenSSH's own for Ed25519. */
import type { KeyObject } from 'node:crypto';
import { sshBlob } from '../../../features/keystore/ssh-wire.ts';

export function sshPem(key: KeyObject): string {
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return key.export({ format: 'pem', type: 'pkcs1' }).toString();
    case 'ec':
      return key.export({ format: 'pem', type: 'sec1' }).toString();
    case 'ed25519':
      return ed25519(key);
    default:
      throw new Error(`SSH has no form for a key of ${key.asymmetricKeyType}`);
  }
}

/**
 * OpenSSH's PROTOCOL.key:
 *
 *     "openssh-key-v1\0"  string cipher  string kdf  string kdf options  uint32 number of keys  string public key
 *     string { uint32 check, uint32 check, string type, string public, string private || public, string comment, padding }
 */
function ed25519(key: KeyObject): string {
  const { x = '', d = '' } = key.export({ format: 'jwk' });
  const [publicKey, seed] = [Buffer.from(x, 'base64url'), Buffer.from(d, 'base64url')];
  const check = Buffer.alloc(8);
  const body = Buffer.concat([
    check,
    string('ssh-ed25519'),
    string(publicKey),
    string(Buffer.concat([seed, publicKey])),
    string(''),
  ]);
  const padding = Buffer.from(Array.from({ length: (8 - (body.length % 8)) % 8 }, (_, at) => at + 1));
  const one = Buffer.from([0, 0, 0, 1]);
  const whole = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    ...['none', 'none', ''].map(string),
    one,
    string(sshBlob(key)),
    string(Buffer.concat([body, padding])),
  ]);
  const lines = whole.toString('base64').match(/.{1,70}/g) ?? [];
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join('\n')}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

function string(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
