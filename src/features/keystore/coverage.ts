/** What each leaf of ietf-keystore does (../coverage.ts). */
import type { LeafEffect } from '../coverage.ts';
import { ASYMMETRIC_KEY } from './model.ts';

const TLS = 'src/northbound/netconf/transport/tls.test.ts';
const identity = [[TLS, 'carries sessions of Python']] as const;
const refused = [[TLS, 'refuses what cannot work']] as const;
const hidden = [[TLS, 'finds hidden keys']] as const;

export const keystoreEffects: readonly LeafEffect[] = [
  { leaf: `${ASYMMETRIC_KEY}/name`, effect: 'names a key', shownBy: identity },
  {
    leaf: `${ASYMMETRIC_KEY}/public-key-format`,
    effect: 'the form of the public key: SSH or SubjectPublicKeyInfo',
    shownBy: [...refused, ...hidden],
  },
  {
    leaf: `${ASYMMETRIC_KEY}/public-key`,
    effect: 'has to belong to the private key; finds a hidden one',
    shownBy: [...refused, ...hidden],
  },
  {
    leaf: `${ASYMMETRIC_KEY}/private-key-format`,
    effect: 'the form of the private key: PKCS #1, SEC 1 or PKCS #8',
    shownBy: refused,
  },
  {
    leaf: `${ASYMMETRIC_KEY}/cleartext-private-key`,
    effect: 'the private key; shown to nobody without a rule for it',
    shownBy: [...identity, [TLS, 'shows private keys']],
  },
  {
    leaf: `${ASYMMETRIC_KEY}/hidden-private-key`,
    effect: 'a private key that the router holds and gives to nobody',
    shownBy: hidden,
  },
  { leaf: `${ASYMMETRIC_KEY}/certificates/certificate/name`, effect: 'names a certificate', shownBy: identity },
  {
    leaf: `${ASYMMETRIC_KEY}/certificates/certificate/cert-data`,
    effect: 'a certificate of the key, with its chain',
    shownBy: [...identity, ...refused],
  },
];
