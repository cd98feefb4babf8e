/** What each leaf of ietf-truststore does (../coverage.ts). */
import type { LeafEffect } from '../coverage.ts';
import { TRUSTSTORE } from './model.ts';

const TLS = 'src/northbound/netconf/transport/tls.test.ts';
const BAG = `${TRUSTSTORE}/certificate-bags/certificate-bag`;
const trusted = [[TLS, 'refuses who has no certificate']] as const;

export const truststoreEffects: readonly LeafEffect[] = [
  { leaf: `${BAG}/name`, effect: 'names a bag', shownBy: trusted },
  { leaf: `${BAG}/description`, effect: 'a text for people', shownBy: [[TLS, 'shows private keys']] },
  { leaf: `${BAG}/certificate/name`, effect: 'names a certificate', shownBy: trusted },
  {
    leaf: `${BAG}/certificate/cert-data`,
    effect: 'an authority, or a client’s certificate, where the bag is used',
    shownBy: [...trusted, [TLS, 'refuses what cannot work']],
  },
];
