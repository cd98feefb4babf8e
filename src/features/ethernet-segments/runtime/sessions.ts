/**
 * Sessions with the peers, as long as the engine is there: a PE whose engine is away says nothing, as a dead one. A session
 * carries all segments that are shared with its peer; where these become others, it begins anew.
 */

import { randomBytes, randomInt } from 'node:crypto';
import type { PeerSessions, PeerSessionsOptions } from '../../../platform/peer-session/peer-sessions.ts';
import type { Message } from '../decision/message.ts';
import { hexDigits } from '../exchange/octets.ts';
import { ExchangeSession, type SegmentTables } from '../exchange/session.ts';

/** How often is tried to listen where that fails: the address may not be there yet. */
const LISTEN_AGAIN_MS = 1000;

/** Plain data: two of them are equal when their JSON is. */
export type SessionsConfiguration = Pick<
  PeerSessionsOptions,
  'key' | 'certificate' | 'authorities' | 'listen' | 'peers'
>;

/** Sessions by TLS (src/platform/peer-session). */
export type Transport = Pick<PeerSessions, 'start' | 'flushed' | 'close'>;

export interface SessionsParts {
  readonly transport: (options: PeerSessionsOptions) => Transport;
  readonly onSession: (peer: string, isUp: boolean) => void;
  readonly onMessage: (peer: string, esi: Uint8Array, message: Message) => void;
  /** The segments that are shared with the peer, with the addresses that it is told and that it tells. */
  readonly tables: (peer: string) => readonly SegmentTables[];
  readonly log: (message: string) => void;
}

export interface PeerState {
  isUp: boolean;
  sessions: number;
  /** Milliseconds since 1970. */
  changedAt?: number;
  lastError?: string;
}

interface Link {
  readonly session: ExchangeSession;
  readonly wake: () => void;
  readonly end: (reason: string) => void;
}

export class Sessions {
  readonly #parts: SessionsParts;
  readonly #links = new Map<string, Link>();
  readonly #states = new Map<string, PeerState>();
  readonly #shared = new Map<string, string>();
  #configured = '';
  #transport: Transport | undefined;
  /** One transport ends before the next one begins: they listen at the same place. */
  #turn: Promise<void> = Promise.resolve();
  #generation = 0;
  #lastRefusal = '';

  constructor(parts: SessionsParts) {
    this.#parts = parts;
  }

  state(peer: string): PeerState {
    let state = this.#states.get(peer);
    if (state === undefined) {
      state = { isUp: false, sessions: 0 };
      this.#states.set(peer, state);
    }
    return state;
  }

  isUp(peer: string): boolean {
    return this.#links.get(peer)?.session.isUp === true;
  }

  /** Undefined: there are none. Ends those that are there where it became another. */
  configure(configuration: SessionsConfiguration | undefined): void {
    const text = configuration === undefined ? '' : JSON.stringify(configuration);
    if (text !== this.#configured) {
      this.#configured = text;
      this.#replace(configuration);
    }
    // Segments that both PEs have are told apart by their ESIs.
    for (const { address } of configuration?.peers ?? []) {
      const shared = this.#parts.tables(address).map(({ esi }) => hexDigits(esi));
      const words = shared.sort().join();
      if (this.#shared.get(address) !== words) this.end(address, 'the segments are others');
      this.#shared.set(address, words);
    }
  }

  /** false: the peer does not read. A message to a peer without a session goes nowhere. */
  send(peer: string, esi: Uint8Array, message: Message): boolean {
    const link = this.#links.get(peer);
    if (link === undefined) return true;
    const isTaken = link.session.send(esi, message);
    link.wake();
    return isTaken;
  }

  end(peer: string, reason: string): void {
    this.#links.get(peer)?.end(reason);
  }

  /** Resolves when all that was sent is with the kernel. */
  async flushed(): Promise<void> {
    await this.#transport?.flushed();
  }

  async close(): Promise<void> {
    this.configure(undefined);
    await this.#turn;
  }

  #replace(configuration: SessionsConfiguration | undefined): void {
    this.#generation += 1;
    const generation = this.#generation;
    const old = this.#transport;
    this.#transport = undefined;
    // Synchronously, up to the listening socket: no session outlives what it was made for.
    const closed = old?.close();
    this.#turn = this.#turn.then(async () => {
      await closed;
      if (configuration !== undefined) await this.#start(configuration, generation);
    });
  }

  async #start(configuration: SessionsConfiguration, generation: number): Promise<void> {
    if (generation !== this.#generation) return;
    const transport = this.#parts.transport({
      ...configuration,
      open: (peer, link) => this.#open(peer, link),
      refused: (reason) => this.#refused(configuration, reason),
    });
    this.#transport = transport;
    try {
      await transport.start();
    } catch (error) {
      const reason = `cannot listen: ${(error as Error).message}`;
      this.#refused(configuration, reason);
      for (const { address, dials } of configuration.peers) {
        if (dials === undefined) this.state(address).lastError = reason;
      }
      await transport.close();
      if (generation !== this.#generation) return;
      setTimeout(() => {
        if (generation === this.#generation) this.#replace(configuration);
      }, LISTEN_AGAIN_MS).unref();
    }
  }

  #open(peer: string, { wake, end }: Omit<Link, 'session'>): ReturnType<PeerSessionsOptions['open']> {
    const session = new ExchangeSession({
      nonce: randomBytes(16),
      key: randomInt(0, 0xffff_ffff),
      segments: this.#parts.tables(peer),
      onUp: () => {
        this.#changed(peer, true);
        this.#parts.onSession(peer, true);
      },
      onMessage: (esi, message) => this.#parts.onMessage(peer, esi, message),
    });
    const link: Link = { session, wake, end };
    this.#links.set(peer, link);
    return {
      take: () => session.take(),
      receive: (octets) => session.receive(octets),
      sayAlive: () => session.sayAlive(),
      close: (reason) => {
        session.close();
        if (this.#links.get(peer) !== link) return;
        this.#links.delete(peer);
        this.#changed(peer, false, reason);
        this.#parts.onSession(peer, false);
      },
    };
  }

  #changed(peer: string, isUp: boolean, reason?: string): void {
    const state = this.state(peer);
    state.isUp = isUp;
    state.changedAt = Date.now();
    if (isUp) state.sessions += 1;
    if (reason !== undefined) state.lastError = reason;
    this.#parts.log(`ethernet segments: session with ${peer} ${isUp ? 'is up' : `ended: ${reason}`}`);
  }

  /** A reason of a certain peer begins with its address. Each is told once in a row: a peer that is off is tried for ever. */
  #refused({ peers }: SessionsConfiguration, reason: string): void {
    for (const { address } of peers) {
      if (reason.startsWith(`${address}: `)) this.state(address).lastError = reason.slice(address.length + 2);
    }
    if (reason !== this.#lastRefusal) this.#parts.log(`ethernet segments: ${reason}`);
    this.#lastRefusal = reason;
  }
}
