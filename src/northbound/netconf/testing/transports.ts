/** Configurations of listeners, calls, keys and trust for tests, as elements. */
import type { TestCertificate } from './certificates.ts';

const CT = 'xmlns:ct="urn:ietf:params:xml:ns:yang:ietf-crypto-types"';
const X509 = 'xmlns:x509="urn:ietf:params:xml:ns:yang:ietf-x509-cert-to-name"';

export function netconfServer(content: string): string {
  return `<netconf-server xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-server" xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0">${content}</netconf-server>`;
}

export function listen(...endpoints: readonly string[]): string {
  return netconfServer(`<listen><endpoints>${endpoints.join('')}</endpoints></listen>`);
}

/** A key of the keystore with certificates by name. */
export function storedKey(name: string, of: TestCertificate, certificates: Readonly<Record<string, string>>): string {
  const entries = Object.entries(certificates).map(
    ([each, data]) => `<certificate><name>${each}</name><cert-data>${data}</cert-data></certificate>`,
  );
  return `<keystore xmlns="urn:ietf:params:xml:ns:yang:ietf-keystore"><asymmetric-keys><asymmetric-key><name>${name}</name>${keyPair(of)}<certificates>${entries.join('')}</certificates></asymmetric-key></asymmetric-keys></keystore>`;
}

function keyPair({ key, publicKey }: TestCertificate): string {
  return `<public-key-format ${CT}>ct:subject-public-key-info-format</public-key-format><public-key>${publicKey}</public-key><private-key-format ${CT}>ct:one-asymmetric-key-format</private-key-format><cleartext-private-key>${key}</cleartext-private-key>`;
}

/** A bag of the truststore, one certificate (or chain) an entry. */
export function bag(name: string, ...certificates: readonly string[]): string {
  const entries = certificates.map(
    (data, at) => `<certificate><name>c${at}</name><cert-data>${data}</cert-data></certificate>`,
  );
  return `<truststore xmlns="urn:ietf:params:xml:ns:yang:ietf-truststore"><certificate-bags><certificate-bag><name>${name}</name><description>for tests</description>${entries.join('')}</certificate-bag></certificate-bags></truststore>`;
}

/** TCP of a listener at any free port of 127.0.0.1, or at this one. */
export function bound(port = 0, more = ''): string {
  return `<tcp-server-parameters><local-bind><local-address>127.0.0.1</local-address><local-port>${port}</local-port></local-bind>${more}</tcp-server-parameters>`;
}

/** TCP of a call. */
export function called(port: number, more = ''): string {
  return `<tcp-client-parameters><remote-address>127.0.0.1</remote-address><remote-port>${port}</remote-port>${more}</tcp-client-parameters>`;
}

/** SSH with a key of its own. */
export function ssh(tcp: string, hostKey: TestCertificate, more = ''): string {
  const { key } = hostKey;
  const definition = `<inline-definition><private-key-format ${CT}>ct:one-asymmetric-key-format</private-key-format><cleartext-private-key>${key}</cleartext-private-key></inline-definition>`;
  return `<ssh>${tcp}<ssh-server-parameters><server-identity><host-key><name>k</name><public-key>${definition}</public-key></host-key></server-identity>${more}</ssh-server-parameters></ssh>`;
}

export interface TlsOptions {
  /** Key and certificate of the keystore. */
  readonly key: string;
  readonly certificate: string;
  /** Content of client-authentication. */
  readonly clients: string;
  /** Content of client-identity-mappings. */
  readonly mappings: string;
  /** Further content of tls-server-parameters. */
  readonly more?: string;
}

export function tls(tcp: string, { key, certificate, clients, mappings, more = '' }: TlsOptions): string {
  const identity = `<server-identity><certificate><central-keystore-reference><asymmetric-key>${key}</asymmetric-key><certificate>${certificate}</certificate></central-keystore-reference></certificate></server-identity>`;
  return `<tls>${tcp}<tls-server-parameters>${identity}<client-authentication>${clients}</client-authentication>${more}</tls-server-parameters><netconf-server-parameters><client-identity-mappings>${mappings}</client-identity-mappings></netconf-server-parameters></tls>`;
}

export function mapping(id: number, type: string, more: { fingerprint?: string; name?: string } = {}): string {
  const fingerprint = more.fingerprint === undefined ? '' : `<fingerprint>${more.fingerprint}</fingerprint>`;
  const name = more.name === undefined ? '' : `<name>${more.name}</name>`;
  return `<cert-to-name><id>${id}</id>${fingerprint}<map-type ${X509}>x509:${type}</map-type>${name}</cert-to-name>`;
}

export function endpoint(name: string, transport: string, operation = ''): string {
  return `<endpoint${operation === '' ? '' : ` nc:operation="${operation}"`}><name>${name}</name>${transport}</endpoint>`;
}

/** A client to call, with these endpoints. */
export function client(name: string, connection: string, strategy: string, ...endpoints: readonly string[]): string {
  return `<netconf-client><name>${name}</name><endpoints>${endpoints.join('')}</endpoints><connection-type>${connection}</connection-type><reconnect-strategy>${strategy}</reconnect-strategy></netconf-client>`;
}

export function callHome(...clients: readonly string[]): string {
  return netconfServer(`<call-home>${clients.join('')}</call-home>`);
}
