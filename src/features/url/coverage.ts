/** What each leaf of sluice-url does (../coverage.ts). */
import type { LeafEffect } from '../coverage.ts';

const HTTPS = '/sluice-url:url-access/https';
const by = (name: string) => [['src/northbound/netconf/url/https.test.ts', name]] as const;
const authority = by('trusts the authorities that are configured');

export const urlEffects: readonly LeafEffect[] = [
  { leaf: `${HTTPS}/enabled`, effect: 'whether https URLs may be named', shownBy: by('is refused where it is off') },
  { leaf: `${HTTPS}/allow-local`, effect: 'whether they may lead to the router', shownBy: by('keeps away from') },
  { leaf: `${HTTPS}/timeout`, effect: 'how long a transfer may take', shownBy: by('gives up when its time is over') },
  { leaf: `${HTTPS}/certificate-bag`, effect: 'who vouches for servers', shownBy: authority },
];
