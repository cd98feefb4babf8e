/**
 * Connections between the PEs of a segment: TLS 1.3 (RFC 8446) with certificates on both sides. Of two PEs the one that
 * `dials` says connects, the other listens. Who the other is, its certificate says: a subjectAltName with the peer's address
 * (iPAddress, RFC 5280 section 4.2.1.6), signed by an authority that is trusted for peers; where the connection comes from
 * does not matter. Early data and resumption are off: nothing can be played again, and every session sees the certificates
 * as they are now.
 */
import { constants, type X509Certificate } from 'node:crypto';
import { connect, createServer, type SecureContextOptions, type Server, type TLSSocket } from 'node:tls';
import { type LinkTimes, type OctetSession, PeerLink } from './peer-link.ts';

export interface PeerEnd {
  /** As its certificate names it. */
  readonly address: string;
  /** Where we connect to; undefined: the peer connects to us. */
  readonly dials?: { readonly host: string; readonly port: number };
}

export interface PeerSessionsOptions {
  /** PEM: our key and certificate, the authorities of peers. */
  readonly key: string;
  readonly certificate: string;
  readonly authorities: readonly string[];
  readonly peers: readonly PeerEnd[];
  /** undefined: nobody connects to us. */
  readonly listen?: { readonly host: string; readonly port: number };
  /** A connection to the peer is there; an older one has ended before. */
  readonly open: (
    peer: string,
    link: { readonly wake: () => void; readonly end: (reason: string) => void },
  ) => OctetSession;
  /** Told why somebody was refused, or a connection failed. */
  readonly refused: (reason: string) => void;
  readonly times?: Partial<LinkTimes & { readonly redialMs: number; readonly handshakeMs: number }>;
}

const defaultTimes = { aliveMs: 1_000, silentMs: 3_500, redialMs: 250, handshakeMs: 3_000 };
/** Connections whose handshake is not over; further ones are closed. */
const HANDSHAKES_MAX = 32;

export class PeerSessions {
  readonly #options: PeerSessionsOptions;
  readonly #times: typeof defaultTimes;
  readonly #links = new Map<string, PeerLink>();
  readonly #dialling = new Map<string, TLSSocket>();
  readonly #redials = new Set<NodeJS.Timeout>();
  #server: Server | undefined;
  #handshakes = 0;
  #isClosed = false;

  constructor(options: PeerSessionsOptions) {
    this.#options = options;
    this.#times = { ...defaultTimes, ...options.times };
  }

  /** Listens and connects; returns the port. Rejects where it cannot listen, or key and certificate do not fit. */
  async start(): Promise<number | undefined> {
    const port = await this.#listen();
    for (const peer of this.#options.peers) if (peer.dials !== undefined) this.#dial(peer);
    return port;
  }

  /** Where it listens. */
  get port(): number | undefined {
    const address = this.#server?.address();
    return typeof address === 'object' && address !== null ? address.port : undefined;
  }

  /** Resolves when what was sent to the peers is with the kernel. */
  async flushed(): Promise<void> {
    await Promise.all([...this.#links.values()].map((link) => link.flushed()));
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const redial of this.#redials) clearTimeout(redial);
    for (const socket of this.#dialling.values()) socket.destroy();
    for (const link of [...this.#links.values()]) link.end('closed');
    const server = this.#server;
    if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  get #context(): SecureContextOptions {
    const { key, certificate, authorities } = this.#options;
    return {
      key,
      cert: certificate,
      ca: [...authorities],
      allowPartialTrustChain: true,
      minVersion: 'TLSv1.3',
      secureOptions: constants.SSL_OP_NO_TICKET,
    };
  }

  async #listen(): Promise<number | undefined> {
    const { listen } = this.#options;
    if (listen === undefined) return undefined;
    const server = createServer({
      ...this.#context,
      requestCert: true,
      // Judged by `#secured`, which can say why.
      rejectUnauthorized: false,
      handshakeTimeout: this.#times.handshakeMs,
      sessionIdContext: 'sluice',
    });
    this.#server = server;
    server.on('connection', (socket) => {
      this.#handshakes += 1;
      socket.once('close', () => {
        this.#handshakes -= 1;
      });
      if (this.#handshakes > HANDSHAKES_MAX + this.#links.size) socket.destroy();
    });
    server.on('tlsClientError', (error, socket) => {
      this.#options.refused((error as NodeJS.ErrnoException).code ?? error.message);
      socket.destroy();
    });
    server.on('secureConnection', (socket) => this.#secured(socket, undefined));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(listen, resolve);
    });
    return this.port;
  }

  #dial(peer: PeerEnd): void {
    if (this.#isClosed || peer.dials === undefined || this.#dialling.has(peer.address)) return;
    // The name is judged by `#secured`, against the address of the peer and not of the connection.
    const socket = connect({ ...this.#context, ...peer.dials, checkServerIdentity: () => undefined });
    this.#dialling.set(peer.address, socket);
    socket.setTimeout(this.#times.handshakeMs, () => socket.destroy());
    socket.once('secureConnect', () => {
      this.#dialling.delete(peer.address);
      this.#secured(socket, peer.address);
    });
    socket.on('error', (error) => this.#options.refused(`${peer.address}: ${error.message}`));
    socket.once('close', () => {
      this.#dialling.delete(peer.address);
      if (this.#isClosed) return;
      const redial = setTimeout(() => {
        this.#redials.delete(redial);
        this.#dial(peer);
      }, this.#times.redialMs);
      this.#redials.add(redial);
    });
  }

  /** `dialled`: whom we meant to reach. */
  #secured(socket: TLSSocket, dialled: string | undefined): void {
    socket.on('error', () => socket.destroy());
    const certificate = socket.getPeerX509Certificate();
    const peer =
      certificate === undefined || socket.authorized
        ? this.#identify(certificate, dialled)
        : `the certificate of ${certificate.subject}: ${socket.authorizationError}`;
    if (this.#isClosed || typeof peer !== 'object') {
      if (typeof peer !== 'object') this.#options.refused(peer);
      socket.destroy();
      return;
    }
    const { address } = peer;
    // The peer began anew, and we have not noticed yet that the old connection is dead.
    this.#links.get(address)?.end('replaced');
    let link: PeerLink | undefined;
    const session = this.#options.open(address, {
      wake: () => link?.wake(),
      end: (reason) => link?.end(reason),
    });
    const watched: OctetSession = {
      take: () => session.take(),
      receive: (octets) => session.receive(octets),
      sayAlive: () => session.sayAlive(),
      close: (reason) => {
        if (this.#links.get(address) === link) this.#links.delete(address);
        session.close(reason);
      },
    };
    link = new PeerLink(address, socket, watched, this.#times);
    this.#links.set(address, link);
    link.wake();
  }

  /** The peer that the certificate names, or why it is none. */
  #identify(certificate: X509Certificate | undefined, dialled: string | undefined): PeerEnd | string {
    if (certificate === undefined) return 'no certificate';
    const named = this.#options.peers.filter(({ address }) => certificate.checkIP(address) !== undefined);
    const [peer] = named;
    if (peer === undefined) return `the certificate of ${certificate.subject} names no peer`;
    if (named.length > 1) return `the certificate of ${certificate.subject} names several peers`;
    if (dialled !== undefined && peer.address !== dialled) return `${peer.address} answers in place of ${dialled}`;
    // Two that both connect would replace each other's connections for ever.
    if (dialled === undefined && peer.dials !== undefined) return `${peer.address} connects, and is to be connected to`;
    return peer;
  }
}
