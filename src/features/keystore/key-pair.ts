/**
 * Key pairs as ietf-crypto-types describes them (asymmetric-key-pair-grouping), and what they are: the same columns in
 * the keystore and in every inline definition.
 */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { MaterialError } from './certificate.ts';
import { publicKeyOfSshBlob } from './ssh-wire.ts';

const MODULE = 'ietf-crypto-types';
export const SSH_PUBLIC_KEY_FORMAT = `${MODULE}:ssh-public-key-format`;
export const SPKI_FORMAT = `${MODULE}:subject-public-key-info-format`;

/** Formats of private keys and their names in node:crypto. */
const PRIVATE_FORMATS: ReadonlyMap<string, 'pkcs1' | 'sec1' | 'pkcs8'> = new Map([
  [`${MODULE}:rsa-private-key-format`, 'pkcs1'],
  [`${MODULE}:ec-private-key-format`, 'sec1'],
  [`${MODULE}:one-asymmetric-key-format`, 'pkcs8'],
]);

/** As configured; binary values in base64. */
export interface KeyPair {
  readonly publicKeyFormat: string | undefined;
  readonly publicKey: string | undefined;
  readonly privateKeyFormat: string | undefined;
  readonly cleartext: string | undefined;
  readonly isHidden: boolean;
}

/** Where a private key is: in the configuration (PKCS #8, base64), or held by the router under its public key. */
export type PrivateKeySource =
  | { readonly kind: 'cleartext'; readonly pkcs8: string }
  | { readonly kind: 'hidden'; readonly spki: string };

/** The private keys that the router holds and gives to nobody (src/platform/hidden-keys.ts). */
export interface HiddenKeys {
  /** By the public key: SubjectPublicKeyInfo in base64. */
  find(spki: string): KeyObject | undefined;
  /** Keeps a key; resolves when it is on the disk. Throws a FaultError where there are too many. */
  add(key: KeyObject): Promise<void>;
  all(): Iterable<{ readonly spki: string; readonly key: KeyObject }>;
}

/** SubjectPublicKeyInfo in base64: the one name under which a key is compared and found. */
export function spkiOf(key: KeyObject): string {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
}

/** The configured public key; undefined where none is. */
export function publicKeyOf({ publicKeyFormat, publicKey }: KeyPair): KeyObject | undefined {
  if (publicKey === undefined) return undefined;
  const data = Buffer.from(publicKey, 'base64');
  switch (publicKeyFormat) {
    case SSH_PUBLIC_KEY_FORMAT:
      return publicKeyOfSshBlob(data);
    case SPKI_FORMAT:
      try {
        return createPublicKey({ key: data, format: 'der', type: 'spki' });
      } catch (error) {
        throw new MaterialError(`This is no SubjectPublicKeyInfo: ${(error as Error).message}.`);
      }
    default:
      throw new MaterialError('A public key needs a public-key-format.');
  }
}

/** The configured private key; undefined where it is hidden. */
export function cleartextKeyOf({ privateKeyFormat, cleartext }: KeyPair): KeyObject | undefined {
  if (cleartext === undefined) return undefined;
  const type = PRIVATE_FORMATS.get(privateKeyFormat ?? '');
  if (type === undefined) throw new MaterialError('This private-key-format is not supported.');
  try {
    return createPrivateKey({ key: Buffer.from(cleartext, 'base64'), format: 'der', type });
  } catch (error) {
    throw new MaterialError(`This is no private key of its format: ${(error as Error).message}.`);
  }
}

/** Where the private key of a pair is, and its public key. Throws a MaterialError. */
export function sourceOf(pair: KeyPair): { readonly source: PrivateKeySource; readonly publicKey: KeyObject } {
  const key = cleartextKeyOf(pair);
  const publicKey = publicKeyOf(pair);
  if (key !== undefined) {
    if (publicKey !== undefined && spkiOf(publicKey) !== spkiOf(key)) {
      throw new MaterialError('The public key does not belong to the private key.');
    }
    const pkcs8 = key.export({ format: 'der', type: 'pkcs8' }).toString('base64');
    return { source: { kind: 'cleartext', pkcs8 }, publicKey: createPublicKey(key) };
  }
  if (publicKey === undefined)
    throw new MaterialError('A hidden private key is found by its public key, which is missing.');
  return { source: { kind: 'hidden', spki: spkiOf(publicKey) }, publicKey };
}

/** The private key itself; undefined where the router does not hold it. */
export function privateKeyOf(source: PrivateKeySource, hidden: HiddenKeys): KeyObject | undefined {
  if (source.kind === 'hidden') return hidden.find(source.spki);
  return createPrivateKey({ key: Buffer.from(source.pkcs8, 'base64'), format: 'der', type: 'pkcs8' });
}
