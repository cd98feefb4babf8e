/**
 * A BGP speaker for EVPN routes (AFI 25, SAFI 70) and nothing else: connects and is connected to, holds one session with
 * each configured peer, passes routes on to its client. It keeps no routes.
 */
import { connect, createServer, isIPv6, type Server, type Socket } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { BgpConnection, SHUTDOWN } from './connection.ts';
import { type BgpError, bgpError, Cease, ErrorCode } from './message.ts';
import type { Open } from './open.ts';
import type { LocalEnd, SessionState, Telling } from './session.ts';
import type { Update } from './update.ts';

export interface BgpPeer {
  /** Canonical text. Connections from other addresses are refused. */
  readonly address: string;
  readonly as: number;
  /** Where we connect to; undefined: the peer connects to us. */
  readonly dials?: { readonly port: number; readonly localAddress?: string };
  /** In place of the speaker's own. */
  readonly holdSeconds?: number;
  readonly retryMs?: number;
}

export interface PeerStatus {
  readonly state: 'Idle' | 'Connect' | 'Active' | SessionState;
  /** Negotiated, and of the peer: once its OPEN is here. */
  readonly holdSeconds: number | undefined;
  readonly identifier: number | undefined;
  /** Messages of the session. */
  readonly received: number;
  readonly sent: number;
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
  /** The peer wants to hear all routes anew. */
  readonly refresh: (peer: string) => void;
  /** The status of the peer may be another now. */
  readonly changed?: (peer: string) => void;
  /** For the log: who was refused, what failed, what was wrong with an UPDATE. */
  readonly note: (peer: string, text: string) => void;
}

export interface Place {
  readonly host: string;
  readonly port: number;
}

export interface SpeakerOptions {
  readonly local: LocalEnd;
  readonly peers: readonly BgpPeer[];
  /** undefined: nobody connects to us. */
  readonly listen?: Place;
  readonly client: BgpClient;
  readonly times?: { readonly retryMs?: number; readonly openMs?: number; readonly connectMs?: number };
}

const defaultTimes = { retryMs: 5_000, openMs: 30_000, connectMs: 10_000 };

export class BgpSpeaker {
  readonly #options: SpeakerOptions;
  readonly #times: typeof defaultTimes;
  #peers: ReadonlyMap<string, BgpPeer> = new Map();
  readonly #connections = new Map<string, Set<BgpConnection>>();
  readonly #dialling = new Map<string, Socket>();
  readonly #retries = new Map<string, NodeJS.Timeout>();
  #server: Server | undefined;
  #isClosed = false;

  constructor(options: SpeakerOptions) {
    this.#options = options;
    this.#times = { ...defaultTimes, ...options.times };
  }

  /** Listens and connects; returns the port. Rejects where it cannot listen. */
  async start(): Promise<number | undefined> {
    const port = await this.listen(this.#options.listen);
    this.configure(this.#options.peers);
    return port;
  }

  /** Sessions with peers that are the same go on; others end, or begin. */
  configure(peers: readonly BgpPeer[]): void {
    const before = this.#peers;
    this.#peers = new Map(peers.map((peer) => [peer.address, peer]));
    for (const [address, old] of before) {
      const peer = this.#peers.get(address);
      if (peer === undefined) this.#drop(address, DECONFIGURED);
      else if (!isSamePeer(old, peer)) this.#drop(address, CHANGED);
    }
    for (const peer of peers) {
      const old = before.get(peer.address);
      if (old === undefined || !isSamePeer(old, peer)) this.#dial(peer);
    }
  }

  status(address: string): PeerStatus {
    const connections = [...this.#of(address)];
    const [best] = connections.sort((a, b) => STATES.indexOf(b.session.state) - STATES.indexOf(a.session.state));
    if (best !== undefined) {
      const { state, holdSeconds, open, received, sent } = best.session;
      return { state, holdSeconds, identifier: open?.identifier, received, sent };
    }
    const state = this.#dialling.has(address) ? 'Connect' : this.#peers.has(address) ? 'Active' : 'Idle';
    return { state, holdSeconds: undefined, identifier: undefined, received: 0, sent: 0 };
  }

  /** Asks the peer for all of its routes anew; one that cannot begins a new session. */
  askAgain(address: string): void {
    const connection = this.#established(address);
    if (connection === undefined) return;
    if (connection.session.askAgain()) connection.wake();
    else connection.stop(CHANGED);
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
    for (const address of this.#peers.keys()) this.#drop(address, SHUTDOWN);
    const server = this.#server;
    if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  /** Where peers connect to, in place of where they did; sessions that are there go on. Rejects where that cannot be. */
  async listen(place: Place | undefined): Promise<number | undefined> {
    this.#server?.close();
    this.#server = undefined;
    if (place === undefined) return undefined;
    const server = createServer((socket) => this.#accept(socket));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(place, resolve);
    });
    server.on('error', (error) => this.#options.client.note(place.host, error.message));
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
    this.#changed(address);
    const failed = (text: string): void => {
      if (this.#dialling.get(address) !== socket) return;
      this.#dialling.delete(address);
      socket.destroy();
      if (!this.#isClosed) this.#options.client.note(address, text);
      this.#changed(address);
      this.#retry(address);
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

  #retry(address: string): void {
    const peer = this.#peers.get(address);
    if (this.#isClosed || peer?.dials === undefined) return;
    clearTimeout(this.#retries.get(address));
    // RFC 4271 section 10: up to a quarter less, so that speakers do not keep step.
    const afterMs = (peer.retryMs ?? this.#times.retryMs) * (1 - Math.random() / 4);
    const again = (): void => {
      const now = this.#peers.get(address);
      if (now !== undefined) this.#dial(now);
    };
    this.#retries.set(address, setTimeout(again, afterMs));
  }

  /** Ends all that there is with the peer. */
  #drop(address: string, error: BgpError): void {
    this.#dialling.get(address)?.destroy();
    this.#dialling.delete(address);
    this.reset(address, error);
    clearTimeout(this.#retries.get(address));
    this.#retries.delete(address);
  }

  #connected(peer: BgpPeer, socket: Socket, isOutgoing: boolean): void {
    const { client, local } = this.#options;
    const { address } = peer;
    const connection: BgpConnection = new BgpConnection(socket, {
      local: { ...local, holdSeconds: peer.holdSeconds ?? local.holdSeconds },
      peerAs: peer.as,
      isOutgoing,
      openMs: this.#times.openMs,
      events: {
        opened: (open) => {
          this.#changed(address);
          return this.#collide(address, connection, open);
        },
        established: () => {
          const { isInternal } = connection.session;
          client.up(address, { isInternal, localAddress: plain(socket.localAddress ?? '') });
        },
        updated: (update) => {
          for (const problem of update.problems) client.note(address, problem);
          return client.update(address, update);
        },
        next: () => client.next(address),
        refresh: () => client.refresh(address),
      },
      ended: (reason) => {
        const connections = this.#of(address);
        connections.delete(connection);
        if (connection.session.state === 'Established') client.down(address, reason);
        else client.note(address, reason);
        this.#changed(address);
        if (connections.size === 0) this.#retry(address);
      },
    });
    this.#connections.set(address, this.#of(address).add(connection));
    this.#changed(address);
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

  #changed(address: string): void {
    this.#options.client.changed?.(address);
  }

  #established(address: string): BgpConnection | undefined {
    return [...this.#of(address)].find(({ session }) => session.state === 'Established');
  }

  #of(address: string): Set<BgpConnection> {
    return this.#connections.get(address) ?? new Set();
  }
}

/** From the first to the last. */
const STATES: readonly SessionState[] = ['OpenSent', 'OpenConfirm', 'Established'];
const DECONFIGURED = bgpError(ErrorCode.cease, Cease.peerDeconfigured, 'no neighbor any more');
const CHANGED = bgpError(ErrorCode.cease, Cease.configurationChange, 'the configuration is another');

/** How long it waits between tries needs no new session. */
function isSamePeer(a: BgpPeer, b: BgpPeer): boolean {
  return isDeepStrictEqual({ ...a, retryMs: undefined }, { ...b, retryMs: undefined });
}

/** IPv4 as such where the socket is one of IPv6. */
function plain(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
