/** Certificates for tests, made by OpenSSL's command line. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface TestCertificate {
  /** PEM files, for clients of their own. */
  readonly certificateFile: string;
  readonly keyFile: string;
  /** DER in base64. */
  readonly certificate: string;
  /** PKCS #8 and SubjectPublicKeyInfo in base64. */
  readonly key: string;
  readonly publicKey: string;
}

export interface TestSubject {
  readonly commonName: string;
  /** As `subjectAltName` of OpenSSL's configuration, such as `DNS:a.example,IP:192.0.2.1`. */
  readonly names?: string;
  /** Below 0: expired. */
  readonly days?: number;
  readonly isAuthority?: boolean;
  /** Undefined: signed by itself. */
  readonly issuer?: TestCertificate;
}

export function makeCertificate(folder: string, name: string, subject: TestSubject): TestCertificate {
  const at = (ending: string): string => join(folder, `${name}.${ending}`);
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  };
  const curve = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  openssl('genpkey', ...curve, '-out', at('key'));
  openssl('req', '-new', '-key', at('key'), '-out', at('csr'), '-subj', `/CN=${subject.commonName}`);
  const extensions = [`basicConstraints=critical,CA:${subject.isAuthority === true ? 'TRUE' : 'FALSE'}`];
  if (subject.names !== undefined) extensions.push(`subjectAltName=${subject.names}`);
  writeFileSync(at('cnf'), `${extensions.join('\n')}\n`);
  const { issuer } = subject;
  const signer =
    issuer === undefined
      ? ['-signkey', at('key')]
      : ['-CA', issuer.certificateFile, '-CAkey', issuer.keyFile, '-CAcreateserial'];
  const days = ['-days', String(subject.days ?? 2), '-extfile', at('cnf')];
  openssl('x509', '-req', '-in', at('csr'), ...signer, ...days, '-out', at('pem'));
  openssl('x509', '-in', at('pem'), '-outform', 'DER', '-out', at('der'));
  openssl('pkcs8', '-topk8', '-nocrypt', '-in', at('key'), '-outform', 'DER', '-out', at('p8'));
  openssl('pkey', '-in', at('key'), '-pubout', '-outform', 'DER', '-out', at('spki'));
  const base64 = (ending: string): string => readFileSync(at(ending)).toString('base64');
  return {
    certificateFile: at('pem'),
    keyFile: at('key'),
    certificate: base64('der'),
    key: base64('p8'),
    publicKey: base64('spki'),
  };
}

/** Certificates as CMS SignedData, the form of `cert-data`, in base64. */
export function cmsOf(folder: string, ...certificates: readonly TestCertificate[]): string {
  const out = join(folder, 'cms.der');
  const files = certificates.flatMap(({ certificateFile }) => ['-certfile', certificateFile]);
  execFileSync('openssl', ['crl2pkcs7', '-nocrl', ...files, '-outform', 'DER', '-out', out]);
  return readFileSync(out).toString('base64');
}
