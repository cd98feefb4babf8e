/** The key, the certificates and the authorities of sessions with peers, from keystore and truststore. */
import type { X509Certificate } from 'node:crypto';
import type { KeySpace } from '../../datastore/key/key.ts';
import type { View } from '../../datastore/view/view.ts';
import { certificatesOf, MaterialError } from '../keystore/certificate.ts';
import { identityOf } from '../keystore/identity.ts';
import type { PrivateKeySource } from '../keystore/key-pair.ts';
import { keystoreKeys } from '../keystore/model.ts';
import { certificateBags } from '../truststore/model.ts';
import type { ProviderEdge } from './model.ts';

export interface SessionMaterial {
  readonly key: PrivateKeySource;
  /** PEM: ours first, then those that it is signed by. */
  readonly certificate: string;
  /** PEM. */
  readonly authorities: readonly string[];
}

/** Undefined: none is configured, or not all of it. `leaf`: below `session`, where the problem is. */
export function sessionMaterial(
  keys: KeySpace,
  view: View,
  { localAddress, session }: ProviderEdge,
): SessionMaterial | { readonly leaf: string; readonly problem: string } | undefined {
  const { asymmetricKey, certificate, authorities } = session;
  if (asymmetricKey === undefined || certificate === undefined || authorities === undefined) return undefined;
  const stored = keystoreKeys(keys, view).get(asymmetricKey);
  if (stored === undefined) return { leaf: 'asymmetric-key', problem: 'There is no such key.' };
  try {
    const identity = identityOf(stored.pair, stored.certificates.get(certificate));
    const chain = identity.certificates.flatMap(parsed);
    if (chain[0]?.checkIP(localAddress) === undefined) {
      const problem = `The certificate does not name ${localAddress} (subjectAltName, iPAddress).`;
      return { leaf: 'certificate', problem };
    }
    const trusted = (certificateBags(keys, view).get(authorities) ?? []).flatMap(parsed);
    if (trusted.length === 0) return { leaf: 'peer-authorities', problem: 'The bag has no certificate.' };
    return { key: identity.key, certificate: chain.map(String).join(''), authorities: trusted.map(String) };
  } catch (error) {
    if (error instanceof MaterialError) return { leaf: 'certificate', problem: error.message };
    throw error;
  }
}

/** `data`: DER or CMS in base64. */
function parsed(data: string): readonly X509Certificate[] {
  return certificatesOf(Buffer.from(data, 'base64'));
}
