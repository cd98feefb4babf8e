/** Keys and certificates for tests, made by OpenSSL's command line. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Identity {
  readonly name: string;
  /** PEM. */
  readonly key: string;
  readonly certificate: string;
}

/** `names`: subjectAltName as OpenSSL writes it, such as `IP:192.0.2.1`. Without an issuer it is an authority. */
export function makeIdentity(folder: string, name: string, names?: string, issuer?: Identity): Identity {
  const at = (ending: string, of = name): string => join(folder, `${of}.${ending}`);
  const openssl = (...words: readonly string[]): void => {
    execFileSync('openssl', words, { stdio: ['ignore', 'ignore', 'pipe'] });
  };
  openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-out', at('key'));
  openssl('req', '-new', '-key', at('key'), '-out', at('csr'), '-subj', `/CN=${name}`);
  const extensions = [`basicConstraints=critical,CA:${issuer === undefined ? 'TRUE' : 'FALSE'}`];
  if (names !== undefined) extensions.push(`subjectAltName=${names}`);
  writeFileSync(at('cnf'), `${extensions.join('\n')}\n`);
  const signer =
    issuer === undefined
      ? ['-signkey', at('key')]
      : ['-CA', at('pem', issuer.name), '-CAkey', at('key', issuer.name), '-CAcreateserial'];
  openssl('x509', '-req', '-in', at('csr'), ...signer, '-days', '2', '-extfile', at('cnf'), '-out', at('pem'));
  return { name, key: readFileSync(at('key'), 'utf8'), certificate: readFileSync(at('pem'), 'utf8') };
}
