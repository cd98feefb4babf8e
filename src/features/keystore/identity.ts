/** A private key with the certificates that say whose it is. */
import { certificatesOf, MaterialError } from './certificate.ts';
import { type KeyPair, type PrivateKeySource, sourceOf, spkiOf } from './key-pair.ts';

export interface Identity {
  readonly key: PrivateKeySource;
  /** DER in base64: that of the key, then the others. */
  readonly certificates: readonly string[];
}

/** `data`: the `cert-data` of the certificate. Throws a MaterialError. */
export function identityOf(pair: KeyPair, data: string | undefined): Identity {
  if (data === undefined) throw new MaterialError('The key has no certificate.');
  const { source, publicKey } = sourceOf(pair);
  const certificates = certificatesOf(Buffer.from(data, 'base64'));
  const own = certificates.find((certificate) => spkiOf(certificate.publicKey) === spkiOf(publicKey));
  if (own === undefined) throw new MaterialError('None of the certificates is of this key.');
  const chain = [own, ...certificates.filter((certificate) => certificate !== own)];
  return { key: source, certificates: chain.map(({ raw }) => raw.toString('base64')) };
}
