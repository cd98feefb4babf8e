/** The name of a user from a certificate (RFC 7407 section 4, RFC 6353 section 5.4). */
import { createHash, type X509Certificate } from 'node:crypto';
import { alternativeNames, commonName } from '../keystore/certificate.ts';

export type MapType = 'specified' | 'san-rfc822-name' | 'san-dns-name' | 'san-ip-address' | 'san-any' | 'common-name';

export interface Mapping {
  /** Hash octet and hash in hexadecimal, lower case, without colons; undefined: every certificate. */
  readonly fingerprint: string | undefined;
  readonly mapType: MapType;
  /** Of `specified`. */
  readonly name: string | undefined;
}

/** The hash algorithms of RFC 5246 section 7.4.1.4.1. */
const HASHES: ReadonlyMap<string, string> = new Map([
  ['01', 'md5'],
  ['02', 'sha1'],
  ['03', 'sha224'],
  ['04', 'sha256'],
  ['05', 'sha384'],
  ['06', 'sha512'],
]);

/** Whether the fingerprint names a hash and is as long as that. */
export function isFingerprint(fingerprint: string): boolean {
  const algorithm = HASHES.get(fingerprint.slice(0, 2));
  return algorithm !== undefined && fingerprint.length === 2 + createHash(algorithm).digest('hex').length;
}

/**
 * The first name that a matching entry gives.
 * @param certificate the one presented
 * @param authorities the trusted ones in its chain: an entry may have the fingerprint of any of them
 */
export function nameOf(
  certificate: X509Certificate,
  authorities: readonly X509Certificate[],
  mappings: readonly Mapping[],
): string | undefined {
  for (const mapping of mappings) {
    if (!matches(mapping, [certificate, ...authorities])) continue;
    const name = mapped(certificate, mapping);
    if (name !== undefined && isName(name)) return name;
  }
  return undefined;
}

function matches({ fingerprint }: Mapping, certificates: readonly X509Certificate[]): boolean {
  if (fingerprint === undefined) return true;
  const algorithm = HASHES.get(fingerprint.slice(0, 2));
  if (algorithm === undefined) return false;
  return certificates.some(({ raw }) => createHash(algorithm).update(raw).digest('hex') === fingerprint.slice(2));
}

function mapped(certificate: X509Certificate, { mapType, name }: Mapping): string | undefined {
  switch (mapType) {
    case 'specified':
      return name;
    case 'common-name':
      return commonName(certificate);
    case 'san-any':
      return alternative(certificate, ['rfc822', 'dns', 'ip']);
    case 'san-rfc822-name':
      return alternative(certificate, ['rfc822']);
    case 'san-dns-name':
      return alternative(certificate, ['dns']);
    case 'san-ip-address':
      return alternative(certificate, ['ip']);
  }
}

function alternative(certificate: X509Certificate, kinds: readonly string[]): string | undefined {
  const found = alternativeNames(certificate).find(({ kind }) => kinds.includes(kind));
  switch (found?.kind) {
    case 'rfc822': {
      const at = found.value.lastIndexOf('@');
      return found.value.slice(0, at + 1) + found.value.slice(at + 1).toLowerCase();
    }
    case 'dns':
      return found.value.toLowerCase();
    case 'ip':
      // Four octets in dotted form, others as they are (RFC 7407: IPv6 without colons).
      return found.value.length === 8 ? Buffer.from(found.value, 'hex').join('.') : found.value;
    default:
      return undefined;
  }
}

/** What no user's name can be: nothing, or text with characters that no YANG string or log line may hold. */
function isName(name: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what it looks for
  return name !== '' && name.length <= 1024 && !/[\x00-\x1f\x7f\ufffe\uffff]/.test(name);
}
