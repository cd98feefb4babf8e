/**
 * A BGP speaker for EVPN routes (AFI 25, SAFI 70) and nothing else: connects and is connected to, holds one session with
 * each configured peer, passes routes on to its client. It keeps no routes.
 */
import { connect, createServer, isIPv6, type Server, type Socket } from 'node:net';
import { BgpConnection, SHUTDOWN } from './connection.ts';
import { type BgpError, bgpError, Cease, ErrorCode } from './message.ts';
import type { Open } from './open.ts';
import type { LocalEnd, Telling } from './session.ts';
import type { Update } from './update.ts';

export interface BgpPeer {
  /** Canonical text. Connections from other addresses are refused. */
  readonly address: string;
  readonly as: number;
  /** Where we connect to; undefined: the peer connects to us. */
  readonly dials?: { readonly port: number; readonly localAddress?: string };
}

/** Who has the routes. Nothing of it may throw. */
export interface BgpClient {
  /** All routes are to be told anew. */
  readonly up: (peer: string, session: { readonly isInternal: boolean; readonly localAddress: string }) => void;
  readonly down: (peer: string, reason: string) => void;
  /** An error ends the session, such as too many routes. */
  readonly update: (peer: string, update: Update) => BgpError | undefined;
  /** The next that the peer has to hear; undefined: nothing now. `wake` once there is something. */
  readonly next: (peer: string) => Telling | undefined;
  /** For the log: who was refused, what failed, what was wrong with an UPDATE. */
  readonly note: (peer: string, text: string) => void;
}

export interface SpeakerOptions {
  readonly local: LocalEnd;
  readonly peers: readonly BgpPeer[];
  /** undefined: nobody connects to us. */
  readonly listen?: { readonly host: string; readonly port: number };
  readonly client: BgpClient;
  readonly times?: { readonly retryMs?: number; readonly openMs?: number; readonly connectMs?: number };
}

const defaultTimes = { retryMs: 5_000, openMs: 30_000, connectMs: 10_000 };

export class BgpSpeaker {
  readonly #options: SpeakerOptions;
  readonly #times: typeof defaultTimes;
  readonly #peers: ReadonlyMap<string, BgpPeer>;
  readonly #connections = new Map<string, Set<BgpConnection>>();
  readonly #dialling = new Map<string, Socket>();
  readonly #retries = new Map<string, NodeJS.Timeout>();
  #server: Server | undefined;
  #isClosed = false;

  constructor(options: SpeakerOptions) {
    this.#options = options;
    this.#times = { ...defaultTimes, ...options.times };
    this.#peers = new Map(options.peers.map((peer) => [peer.address, peer]));
  }

  /** Listens and connects; returns the port. Rejects where it cannot listen. */
  async start(): Promise<number | undefined> {
    const port = await this.#listen();
    for (const peer of this.#options.peers) this.#dial(peer);
    return port;
  }

  /** Routes wait for the peer. */
  wake(peer: string): void {
    this.#established(peer)?.wake();
  }

  /** Ends the session with the peer; it is tried again. */
  reset(peer: string, error: BgpError): void {
    for (const connection of this.#of(peer)) connection.stop(error);
  }

  /** Ends all sessions, with a NOTIFICATION. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const retry of this.#retries.values()) clearTimeout(retry);
    for (const socket of this.#dialling.values()) socket.destroy();
    for (const address of this.#connections.keys()) this.reset(address, SHUTDOWN);
    const server = this.#server;
    if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  async #listen(): Promise<number | undefined> {
    const { listen } = this.#options;
    if (listen === undefined) return undefined;
    const server = createServer((socket) => this.#accept(socket));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(listen, resolve);
    });
    const address = server.address();
    return typeof address === 'object' ? address?.port : undefined;
  }

  #accept(socket: Socket): void {
    const address = plain(socket.remoteAddress ?? '');
    const peer = this.#peers.get(address);
    if (peer === undefined || this.#isClosed) {
      socket.on('error', () => {});
      socket.destroy();
      if (peer === undefined) this.#options.client.note(address, 'no peer: refused');
      return;
    }
    // Another one that came from there and has not said OPEN: the peer began anew.
    for (const other of this.#of(address)) {
      if (!other.isOutgoing && other.session.state === 'OpenSent') {
        other.stop(bgpError(ErrorCode.cease, Cease.collision, 'the peer connected again'));
      }
    }
    this.#connected(peer, socket, false);
  }

  #dial(peer: BgpPeer): void {
    const { address, dials } = peer;
    if (this.#isClosed || dials === undefined || this.#dialling.has(address)) return;
    if (this.#of(address).size > 0) return;
    const from = dials.localAddress === undefined ? {} : { localAddress: dials.localAddress };
    const socket = connect({ host: address, port: dials.port, family: isIPv6(address) ? 6 : 4, ...from });
    this.#dialling.set(address, socket);
    const failed = (text: string): void => {
      if (this.#dialling.get(address) !== socket) return;
      this.#dialling.delete(address);
      socket.destroy();
      if (!this.#isClosed) this.#options.client.note(address, text);
      this.#retry(peer);
    };
    const timer = setTimeout(() => failed('no connection in time'), this.#times.connectMs);
    socket.once('error', (error) => failed(error.message));
    socket.once('close', () => clearTimeout(timer));
    socket.once('connect', () => {
      clearTimeout(timer);
      if (this.#dialling.get(address) !== socket) return;
      this.#dialling.delete(address);
      this.#connected(peer, socket, true);
    });
  }

  #retry(peer: BgpPeer): void {
    if (this.#isClosed || peer.dials === undefined) return;
    clearTimeout(this.#retries.get(peer.address));
    // RFC 4271 section 10: up to a quarter less, so that speakers do not keep step.
    const afterMs = this.#times.retryMs * (1 - Math.random() / 4);
    this.#retries.set(
      peer.address,
      setTimeout(() => this.#dial(peer), afterMs),
    );
  }

  #connected(peer: BgpPeer, socket: Socket, isOutgoing: boolean): void {
    const { client, local } = this.#options;
    const { address } = peer;
    const connection: BgpConnection = new BgpConnection(socket, {
      local,
      peerAs: peer.as,
      isOutgoing,
      openMs: this.#times.openMs,
      events: {
        opened: (open) => this.#collide(address, connection, open),
        established: () => {
          const { isInternal } = connection.session;
          client.up(address, { isInternal, localAddress: plain(socket.localAddress ?? '') });
        },
        updated: (update) => {
          for (const problem of update.problems) client.note(address, problem);
          return client.update(address, update);
        },
        next: () => client.next(address),
      },
      ended: (reason) => {
        const connections = this.#of(address);
        connections.delete(connection);
        if (connection.session.state === 'Established') client.down(address, reason);
        else client.note(address, reason);
        if (connections.size === 0) this.#retry(peer);
      },
    });
    this.#connections.set(address, this.#of(address).add(connection));
  }

  /**
   * RFC 4271 section 6.8: of two connections the one stays that the speaker with the higher identifier (of equal ones, AS: RFC
   * 6286) made; an established one stays in any case.
   */
  #collide(address: string, connection: BgpConnection, open: Open): BgpError | undefined {
    const { local } = this.#options;
    const error = bgpError(ErrorCode.cease, Cease.collision, 'another connection of the peer stays');
    const areWeHigher = local.identifier === open.identifier ? local.as > open.as : local.identifier > open.identifier;
    for (const other of this.#of(address)) {
      if (other === connection) continue;
      if (other.session.state === 'Established') return error;
      if (other.session.state !== 'OpenConfirm') continue;
      if (connection.isOutgoing !== areWeHigher) return error;
      other.stop(error);
    }
    return undefined;
  }

  #established(address: string): BgpConnection | undefined {
    return [...this.#of(address)].find(({ session }) => session.state === 'Established');
  }

  #of(address: string): Set<BgpConnection> {
    return this.#connections.get(address) ?? new Set();
  }
}

/** IPv4 as such where the socket is one of IPv6. */
function plain(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
