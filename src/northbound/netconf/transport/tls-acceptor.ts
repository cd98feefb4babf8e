/**
 * NETCONF over TLS (RFC 7589): mutual certificates, the user's name from the client's. A client whose certificate is not
 * trusted, or gives no name, is closed before a byte of NETCONF.
 */
import { constants, type KeyObject, X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import {
  createSecureContext,
  createServer,
  type DetailedPeerCertificate,
  type SecureContext,
  type Server,
  type TLSSocket,
} from 'node:tls';
import { nameOf } from '../../../features/netconf-server/cert-to-name.ts';
import type { TlsParameters } from '../../../features/netconf-server/endpoint.ts';
import { type Accept, type Acceptor, type Arrival, LoginDeadline, type LoginTimes } from './acceptor.ts';
import type { Authenticator } from './authenticator.ts';
import { SocketStream } from './socket-stream.ts';

export interface TlsAcceptorOptions {
  readonly parameters: TlsParameters;
  readonly key: KeyObject;
  readonly authenticator: Pick<Authenticator, 'groups'>;
  readonly limits: LoginTimes;
  readonly accept: Accept;
  /** Told why a client was refused. */
  readonly refused: (reason: string) => void;
}

/** Certificates between the client's and a root. */
const MAX_CHAIN = 16;

type Client = { readonly user: string } | { readonly user: undefined; readonly reason: string };

interface Waiting {
  readonly arrival: Arrival;
  readonly deadline: LoginDeadline;
}

export class TlsAcceptor implements Acceptor {
  readonly #options: TlsAcceptorOptions;
  readonly #server: Server;
  readonly #authorities: readonly X509Certificate[];
  readonly #accepted: readonly X509Certificate[];
  /** Handshakes under way, by both ends of the connection. */
  readonly #waiting = new Map<string, Waiting>();

  /** Throws where key and certificates cannot be used together. */
  constructor(options: TlsAcceptorOptions) {
    this.#options = options;
    const { parameters, key } = options;
    this.#authorities = parameters.authorities.map(certificateOf);
    this.#accepted = parameters.accepted.map(certificateOf);
    const context = createSecureContext({
      key: key.export({ format: 'pem', type: 'pkcs8' }),
      cert: parameters.certificates.map((data) => certificateOf(data).toString()),
      ca: this.#authorities.map((certificate) => certificate.toString()),
      // An authority of the truststore is an anchor by itself, also where it is no root.
      allowPartialTrustChain: true,
      minVersion: parameters.minVersion,
      maxVersion: parameters.maxVersion,
      ciphers: parameters.cipherSuites.join(':'),
      honorCipherOrder: true,
      sessionIdContext: 'sluice',
      // A resumed session would not see a certificate that expired, or an authority that was taken away, since.
      secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
    });
    this.#server = createServer({
      requestCert: true,
      // Those that are accepted themselves need no chain: judged below.
      rejectUnauthorized: false,
      handshakeTimeout: options.limits.loginSeconds * 1000,
    });
    useContext(this.#server, context);
    this.#server.on('secureConnection', (socket) => this.#secured(socket));
    this.#server.on('tlsClientError', (error, socket) => {
      // OpenSSL's messages have numbers of their own in them; its codes do not.
      const { code = 'handshake failed' } = error as NodeJS.ErrnoException;
      if (code !== 'ECONNRESET') options.refused(code);
      socket.destroy();
    });
  }

  take(socket: Socket, arrival: Arrival): void {
    const name = endsOf(socket);
    // The first word of a handshake is not to be seen from here: all of it has the time of a login.
    const { loginSeconds } = this.#options.limits;
    this.#waiting.set(name, {
      arrival,
      deadline: new LoginDeadline(socket, { loginSeconds, silentSeconds: loginSeconds }),
    });
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#waiting.delete(name));
    this.#server.emit('connection', socket);
  }

  #secured(socket: TLSSocket): void {
    const name = endsOf(socket);
    const waiting = this.#waiting.get(name);
    this.#waiting.delete(name);
    // Gone already.
    if (waiting === undefined) {
      socket.destroy();
      return;
    }
    const { arrival, deadline } = waiting;
    const client = this.#client(socket);
    if (client.user === undefined) {
      this.#options.refused(client.reason);
      socket.destroy();
      return;
    }
    deadline.opened();
    arrival.admitted.spoke();
    arrival.admitted.opened();
    const { user } = client;
    const stream = new SocketStream(socket, {
      principal: { user, externalGroups: this.#options.authenticator.groups?.(user) ?? [], recovery: false },
      transport: 'ietf-netconf-monitoring:netconf-tls',
      sourceHost: socket.remoteAddress?.replace(/^::ffff:/, ''),
      ...(arrival.idleMs === undefined ? {} : { idleMs: arrival.idleMs }),
      ...(arrival.ended === undefined ? {} : { ended: arrival.ended }),
    });
    this.#options.accept(stream);
  }

  /** Certificates come from the network: one that cannot be read is refused like any other. */
  #client(socket: TLSSocket): Client {
    try {
      return this.#identify(socket);
    } catch (error) {
      return { user: undefined, reason: `the certificate cannot be read: ${(error as Error).message}` };
    }
  }

  #identify(socket: TLSSocket): Client {
    const presented = socket.getPeerCertificate(true);
    const [certificate, ...sent] = chainOf(presented);
    if (certificate === undefined) return { user: undefined, reason: 'no certificate was presented' };
    if (!socket.authorized && !this.#isAcceptedItself(certificate)) {
      return { user: undefined, reason: `the certificate is not trusted: ${String(socket.authorizationError)}` };
    }
    const user = nameOf(certificate, this.#trustedAbove(certificate, sent), this.#options.parameters.mappings);
    return user === undefined ? { user, reason: 'no cert-to-name entry gives a name for the certificate' } : { user };
  }

  /** One of ee-certs, within its time. */
  #isAcceptedItself(certificate: X509Certificate): boolean {
    const now = Date.now();
    return (
      this.#accepted.some(({ raw }) => raw.equals(certificate.raw)) &&
      certificate.validFromDate.getTime() <= now &&
      now <= certificate.validToDate.getTime()
    );
  }

  /** The authorities of the truststore in the certificate's chain; `sent`: what the client sent to link them. */
  #trustedAbove(certificate: X509Certificate, sent: readonly X509Certificate[]): readonly X509Certificate[] {
    const found: X509Certificate[] = [];
    let below = certificate;
    for (let count = 0; count < MAX_CHAIN; count++) {
      const isIssuer = (each: X509Certificate) => below.checkIssued(each) && below.verify(each.publicKey);
      const trusted = this.#authorities.find(isIssuer);
      const above = trusted ?? sent.find(isIssuer);
      if (trusted !== undefined) found.push(trusted);
      if (above === undefined || above.raw.equals(below.raw)) break;
      below = above;
    }
    return found;
  }
}

/**
 * Node 24's server makes its context of a list of options that lacks `allowPartialTrustChain`: it is given one that has
 * it. tls.test.ts fails where that has no effect any more.
 */
function useContext(server: Server, context: SecureContext): void {
  const internals = server as unknown as { _sharedCreds?: SecureContext };
  if (internals._sharedCreds === undefined) throw new Error('node:tls has changed: its server takes no context');
  internals._sharedCreds = context;
}

function certificateOf(data: string): X509Certificate {
  return new X509Certificate(Buffer.from(data, 'base64'));
}

/** The certificate presented and those above it. */
function chainOf(presented: DetailedPeerCertificate): readonly X509Certificate[] {
  const chain: X509Certificate[] = [];
  const seen = new Set<string>();
  for (let at: DetailedPeerCertificate | undefined = presented; at?.raw !== undefined; at = at.issuerCertificate) {
    const id = at.raw.toString('base64');
    if (seen.has(id) || chain.length >= MAX_CHAIN) break;
    seen.add(id);
    chain.push(new X509Certificate(at.raw));
  }
  return chain;
}

function endsOf({ localAddress, localPort, remoteAddress, remotePort }: Socket): string {
  return `${localAddress} ${localPort} ${remoteAddress} ${remotePort}`;
}
