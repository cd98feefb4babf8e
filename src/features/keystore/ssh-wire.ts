/** Public keys in the wire form of SSH (RFC 4253 section 6.6, RFC 5656 section 3.1, RFC 8709 section 4), to and fro. */
import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { MaterialError } from './certificate.ts';

/** Names of curves in SSH and in JSON Web Keys. */
const CURVES: readonly (readonly [ssh: string, jwk: string, octets: number])[] = [
  ['nistp256', 'P-256', 32],
  ['nistp384', 'P-384', 48],
  ['nistp521', 'P-521', 66],
];

/** The algorithm that the key is of, as SSH names keys; undefined: SSH has no use for it. */
export function sshKeyType(key: KeyObject): string | undefined {
  switch (key.asymmetricKeyType) {
    case 'ed25519':
      return 'ssh-ed25519';
    case 'rsa':
      return 'ssh-rsa';
    case 'ec': {
      const curve = CURVES.find(([, jwk]) => jwk === key.export({ format: 'jwk' })['crv']);
      return curve && `ecdsa-sha2-${curve[0]}`;
    }
    default:
      return undefined;
  }
}

/** A public key's wire form. */
export function sshBlob(key: KeyObject): Buffer {
  const type = sshKeyType(key);
  const { x = '', y = '', n = '', e = '' } = key.export({ format: 'jwk' });
  const bytes = (text: string): Buffer => Buffer.from(text, 'base64url');
  if (type === 'ssh-ed25519') return strings(type, bytes(x));
  if (type === 'ssh-rsa') return strings(type, integer(bytes(e)), integer(bytes(n)));
  if (type === undefined) throw new MaterialError('SSH has no form for a key of this algorithm.');
  return strings(type, type.slice('ecdsa-sha2-'.length), Buffer.concat([Buffer.from([4]), bytes(x), bytes(y)]));
}

export function publicKeyOfSshBlob(blob: Buffer): KeyObject {
  const jwk = jwkOf(blob);
  if (jwk === undefined) throw new MaterialError('This is no public key in the form of RFC 4253 section 6.6.');
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch (error) {
    throw new MaterialError(`This is no public key: ${(error as Error).message}.`);
  }
}

function jwkOf(blob: Buffer): JsonWebKey | undefined {
  const fields = fieldsOf(blob);
  const [type, ...rest] = fields ?? [];
  const name = type?.toString('latin1');
  const text = (bytes: Buffer): string => bytes.toString('base64url');
  if (name === 'ssh-ed25519') {
    const [x] = rest;
    return rest.length === 1 && x?.length === 32 ? { kty: 'OKP', crv: 'Ed25519', x: text(x) } : undefined;
  }
  if (name === 'ssh-rsa') {
    const [e, n] = rest;
    if (rest.length !== 2 || e === undefined || n === undefined) return undefined;
    return { kty: 'RSA', e: text(unsigned(e)), n: text(unsigned(n)) };
  }
  const curve = CURVES.find(([ssh]) => name === `ecdsa-sha2-${ssh}`);
  const [curveName, point] = rest;
  if (curve === undefined || point === undefined || curveName?.toString('latin1') !== curve[0]) return undefined;
  const [, crv, octets] = curve;
  if (rest.length !== 2 || point[0] !== 4 || point.length !== 1 + 2 * octets) return undefined;
  return { kty: 'EC', crv, x: text(point.subarray(1, 1 + octets)), y: text(point.subarray(1 + octets)) };
}

function fieldsOf(blob: Buffer): readonly Buffer[] | undefined {
  const fields: Buffer[] = [];
  for (let at = 0; at < blob.length; ) {
    if (at + 4 > blob.length) return undefined;
    const end = at + 4 + blob.readUInt32BE(at);
    if (end > blob.length) return undefined;
    fields.push(blob.subarray(at + 4, end));
    at = end;
  }
  return fields;
}

function strings(...fields: readonly (string | Buffer)[]): Buffer {
  return Buffer.concat(
    fields.flatMap((field) => {
      const bytes = Buffer.from(field as string);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

/** mpint (RFC 4251 section 5) of a positive number. */
function integer(bytes: Buffer): Buffer {
  return ((bytes[0] ?? 0) & 0x80) === 0 ? bytes : Buffer.concat([Buffer.from([0]), bytes]);
}

function unsigned(bytes: Buffer): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  return bytes.subarray(start);
}
