/** What makes NETCONF sessions of connections: SSH or TLS over a socket that was accepted, or that was called. */
import type { Socket } from 'node:net';
import type { Admitted } from './admission.ts';
import type { ByteStream } from './byte-stream.ts';

/** What a connection brings with it from where it came. */
export interface Arrival {
  readonly admitted: Admitted;
  /** See Peer.idleMs. */
  readonly idleMs?: () => number | undefined;
  /** A session of the connection is over; `isGraceful`: by close-session. */
  readonly ended?: (isGraceful: boolean) => void;
}

export interface Acceptor {
  /** Takes the socket over: closes it where nobody logs in in time. */
  take(socket: Socket, arrival: Arrival): void;
}

/** Is given every session that a client opens. */
export type Accept = (stream: ByteStream) => void;

/** How long a client may take, and how long it may say nothing at all. */
export interface LoginTimes {
  /** From the connection to the end of the login. */
  readonly loginSeconds: number;
  /** From the connection to the client's first word. */
  readonly silentSeconds: number;
}

/**
 * Closes a connection that does not log in in time. Clients that have begun have the longer time: a machine that opens a
 * thousand sessions at once is slow with each of them.
 */
export class LoginDeadline {
  readonly #socket: Socket;
  readonly #times: LoginTimes;
  readonly #startedAt = performance.now();
  #timer: NodeJS.Timeout;

  constructor(socket: Socket, times: LoginTimes) {
    this.#socket = socket;
    this.#times = times;
    this.#timer = setTimeout(() => socket.destroy(), times.silentSeconds * 1000);
    socket.once('close', () => clearTimeout(this.#timer));
  }

  spoke(): void {
    clearTimeout(this.#timer);
    const passedMs = performance.now() - this.#startedAt;
    this.#timer = setTimeout(() => this.#socket.destroy(), this.#times.loginSeconds * 1000 - passedMs);
  }

  opened(): void {
    clearTimeout(this.#timer);
  }
}
