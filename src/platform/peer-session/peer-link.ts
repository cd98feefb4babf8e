/** One connection to a peer, and the session on it: octets go out as fast as the peer takes them, decisions first. */
import type { TLSSocket } from 'node:tls';

/** What a session is to its transport. It says what to send when it is asked: nothing piles up before that. */
export interface OctetSession {
  /** The next frame; undefined: nothing to send now. */
  take(): Buffer | undefined;
  /** Takes octets of the peer; returns why the connection is to end, where it is. */
  receive(octets: Buffer): string | undefined;
  /** The peer is to hear within a second that we are there. */
  sayAlive(): void;
  /** The connection ended. */
  close(reason: string): void;
}

export interface LinkTimes {
  /** Between two signs of life. */
  readonly aliveMs: number;
  /** Without a sign of the peer's life the connection ends. */
  readonly silentMs: number;
}

/** Octets handed to the socket and not yet to the kernel: a decision waits behind them. */
const WAITING_MAX = 32_768;

export class PeerLink {
  readonly peer: string;
  readonly #socket: TLSSocket;
  readonly #session: OctetSession;
  readonly #alive: NodeJS.Timeout;
  #isEnded = false;

  constructor(peer: string, socket: TLSSocket, session: OctetSession, { aliveMs, silentMs }: LinkTimes) {
    this.peer = peer;
    this.#socket = socket;
    this.#session = session;
    socket.setNoDelay(true);
    socket.setTimeout(silentMs, () => this.end('silent'));
    socket.on('data', (octets: Buffer) => this.#receive(octets));
    socket.on('error', (error) => this.end(error.message));
    socket.on('close', () => this.end('closed'));
    this.#alive = setInterval(() => {
      session.sayAlive();
      this.wake();
    }, aliveMs);
    this.#alive.unref();
  }

  /** The session has something to send. */
  wake(): void {
    while (!this.#isEnded && this.#socket.writableLength < WAITING_MAX) {
      const frame = this.#session.take();
      if (frame === undefined) return;
      // Not `drain`, which comes only after more has waited than is ever let wait here.
      this.#socket.write(frame, () => this.wake());
    }
  }

  /** Resolves when what was sent is with the kernel, or the connection has ended. */
  async flushed(): Promise<void> {
    if (this.#isEnded) return;
    await new Promise<void>((resolve) => {
      this.#socket.once('close', resolve);
      this.#socket.write('', () => resolve());
    });
  }

  /** Ends the connection at once: what waits is lost, and nothing of it arrives later. */
  end(reason: string): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    clearInterval(this.#alive);
    this.#socket.destroy();
    this.#session.close(reason);
  }

  #receive(octets: Buffer): void {
    if (this.#isEnded) return;
    const problem = this.#session.receive(octets);
    if (problem !== undefined) this.end(problem);
    else this.wake();
  }
}
