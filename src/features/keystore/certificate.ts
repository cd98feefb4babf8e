/** The certificates of a `cert-data` leaf (ietf-crypto-types), and the names that a certificate holds. */
import { X509Certificate } from 'node:crypto';
import {
  DER_OID,
  DER_SEQUENCE,
  DER_SET,
  type DerElement,
  DerError,
  derChildren,
  derOid,
  derWithin,
  readDer,
} from './der.ts';

/** Key material that cannot be used; the message says why. */
export class MaterialError extends Error {}

/** More in one `cert-data` are no chain. */
const MAX_CERTIFICATES = 64;
const SIGNED_DATA = '1.2.840.113549.1.7.2';
const SUBJECT_ALT_NAME = '2.5.29.17';
const COMMON_NAME = '2.5.4.3';

/**
 * The certificates in the order in which they stand. CMS SignedData (RFC 5652 section 5.1) is what the type says; a bare
 * certificate (RFC 5280) is taken too, since much that configures routers sends one.
 *
 *     ContentInfo := SEQUENCE { OID signedData, [0] { SEQUENCE { version, SET digests, SEQUENCE encapsulated,
 *                               [0] IMPLICIT certificates OPTIONAL, … } } }
 */
export function certificatesOf(data: Buffer): readonly X509Certificate[] {
  try {
    const outer = readDer(data);
    if (outer.tag !== DER_SEQUENCE || outer.whole.length !== data.length)
      throw new DerError('it is no SEQUENCE in DER');
    const [type, content] = derChildren(outer.content);
    if (type?.tag !== DER_OID) return [new X509Certificate(data)];
    if (derOid(type.content) !== SIGNED_DATA) throw new DerError('the CMS is no SignedData');
    const [signed] = derWithin(content, 0xa0);
    const certificates = derWithin(signed, DER_SEQUENCE).find(({ tag }) => tag === 0xa0);
    const found = certificates === undefined ? [] : derChildren(certificates.content);
    if (found.length === 0) throw new DerError('the CMS holds no certificate');
    if (found.length > MAX_CERTIFICATES) throw new DerError(`the CMS holds more than ${MAX_CERTIFICATES} certificates`);
    return found.map(({ whole }) => new X509Certificate(whole));
  } catch (error) {
    throw new MaterialError(`This is no certificate: ${error instanceof Error ? error.message : error}.`);
  }
}

export interface AlternativeName {
  readonly kind: 'rfc822' | 'dns' | 'ip';
  /** Of `ip` the octets in hexadecimal. */
  readonly value: string;
}

/** The alternative names of the kinds that name users, in their order (RFC 5280 section 4.2.1.6). */
export function alternativeNames(certificate: X509Certificate): readonly AlternativeName[] {
  const names: AlternativeName[] = [];
  for (const extension of extensionsOf(certificate)) {
    const [id, ...rest] = derChildren(extension.content);
    if (id === undefined || derOid(id.content) !== SUBJECT_ALT_NAME) continue;
    const value = rest.at(-1);
    if (value === undefined) continue;
    for (const { tag, content } of derWithin(readDer(value.content), DER_SEQUENCE)) {
      if (tag === 0x81) names.push({ kind: 'rfc822', value: content.toString('latin1') });
      else if (tag === 0x82) names.push({ kind: 'dns', value: content.toString('latin1') });
      else if (tag === 0x87) names.push({ kind: 'ip', value: content.toString('hex') });
    }
  }
  return names;
}

/** The first common name of the subject. */
export function commonName(certificate: X509Certificate): string | undefined {
  for (const set of derChildren(subjectOf(certificate).content)) {
    for (const attribute of derWithin(set, DER_SET)) {
      const [type, value] = derWithin(attribute, DER_SEQUENCE);
      if (type !== undefined && value !== undefined && derOid(type.content) === COMMON_NAME) return textOf(value);
    }
  }
  return undefined;
}

/** DirectoryString and IA5String as text; undefined for other types and for what is no text of its type. */
function textOf({ tag, content }: DerElement): string | undefined {
  switch (tag) {
    case 0x0c: {
      const text = content.toString('utf8');
      return Buffer.from(text, 'utf8').equals(content) ? text : undefined;
    }
    case 0x13: // PrintableString
    case 0x14: // TeletexString, by common practice latin1
    case 0x16: // IA5String
      return content.toString('latin1');
    case 0x1e: // BMPString
      return content.length % 2 === 0 ? Buffer.from(content).swap16().toString('utf16le') : undefined;
    default:
      return undefined;
  }
}

/** TBSCertificate := SEQUENCE { [0] version, serial, signature, issuer, validity, subject, key, …, [3] extensions }. */
function fieldsOf(certificate: X509Certificate): readonly DerElement[] {
  const [signed] = derWithin(readDer(certificate.raw), DER_SEQUENCE);
  return derWithin(signed, DER_SEQUENCE);
}

function subjectOf(certificate: X509Certificate): DerElement {
  const fields = fieldsOf(certificate);
  const subject = fields[fields[0]?.tag === 0xa0 ? 5 : 4];
  if (subject === undefined) throw new DerError('a certificate without a subject');
  return subject;
}

function extensionsOf(certificate: X509Certificate): readonly DerElement[] {
  const wrapped = fieldsOf(certificate).find(({ tag }) => tag === 0xa3);
  if (wrapped === undefined) return [];
  return derWithin(readDer(wrapped.content), DER_SEQUENCE);
}
