/** ietf-keystore as values. */
import type { KeySpace } from '../../datastore/key/key.ts';
import type { View } from '../../datastore/view/view.ts';
import { Entry } from '../entry.ts';
import type { KeyPair } from './key-pair.ts';

export const KEYSTORE = '/ietf-keystore:keystore';
export const ASYMMETRIC_KEY = `${KEYSTORE}/asymmetric-keys/asymmetric-key`;

/** The key pair among the columns of an entry; `prefix`: the containers on the way to them, with a slash at the end. */
export function keyPairIn(entry: Entry, prefix = ''): KeyPair {
  return {
    publicKeyFormat: entry.value(`${prefix}public-key-format`),
    publicKey: entry.value(`${prefix}public-key`),
    privateKeyFormat: entry.value(`${prefix}private-key-format`),
    cleartext: entry.value(`${prefix}cleartext-private-key`),
    isHidden: entry.value(`${prefix}hidden-private-key`) !== undefined,
  };
}

/** Whether an inline definition is there at all. */
export function hasKeyPair(pair: KeyPair): boolean {
  return pair.cleartext !== undefined || pair.isHidden;
}

export interface StoredKey {
  readonly entry: Entry;
  readonly pair: KeyPair;
  /** `cert-data` by the certificate's name. */
  readonly certificates: ReadonlyMap<string, string>;
}

/** The keys of the keystore, by name. */
export function keystoreKeys(keys: KeySpace, view: View): ReadonlyMap<string, StoredKey> {
  const stored = new Map<string, StoredKey>();
  for (const entry of Entry.top(keys, view, KEYSTORE).list('asymmetric-keys/asymmetric-key')) {
    const certificates = entry.list('certificates/certificate');
    stored.set(entry.name, {
      entry,
      pair: keyPairIn(entry),
      certificates: new Map(certificates.map((each) => [each.name, each.value('cert-data') ?? ''])),
    });
  }
  return stored;
}
