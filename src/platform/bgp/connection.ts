/** One TCP connection to a BGP peer, the session on it, and its timers (RFC 4271 section 8.2.2; RFC 9687). */
import type { Socket } from 'node:net';
import { type BgpError, bgpError, Cease, ErrorCode, encodeNotification } from './message.ts';
import { BgpSession, type LocalEnd, type SessionEvents } from './session.ts';

export interface ConnectionOptions {
  readonly local: LocalEnd;
  readonly peerAs: number;
  /** We connected, not the peer: decides collisions. */
  readonly isOutgoing: boolean;
  /** Until the peer's OPEN. */
  readonly openMs: number;
  readonly events: SessionEvents;
  readonly ended: (reason: string) => void;
}

/** Octets handed to the socket and not yet to the kernel: routes wait for these. */
const WAITING_MAX = 32_768;

export class BgpConnection {
  readonly isOutgoing: boolean;
  readonly session: BgpSession;
  readonly #socket: Socket;
  readonly #ended: (reason: string) => void;
  #hold: NodeJS.Timeout | undefined;
  #keepalive: NodeJS.Timeout | undefined;
  #isEnded = false;
  /** When the peer last read something that we had for it (monotonic ms). */
  #readAt = performance.now();

  constructor(socket: Socket, options: ConnectionOptions) {
    const { local, peerAs, events, openMs, ended } = options;
    this.isOutgoing = options.isOutgoing;
    this.#socket = socket;
    this.#ended = ended;
    this.session = new BgpSession(local, peerAs, events);
    socket.setNoDelay(true);
    socket.on('data', (octets: Buffer) => this.#receive(octets));
    socket.on('error', (error) => this.#end(error.message));
    socket.on('close', () => this.#end('closed by the peer'));
    this.#hold = setTimeout(() => this.stop(bgpError(ErrorCode.holdTimer, 0, 'no OPEN in time')), openMs);
    this.wake();
  }

  /** The session has something to send. */
  wake(): void {
    while (!this.#isEnded && this.#socket.writableLength < WAITING_MAX) {
      const message = this.session.take();
      if (message === undefined) return;
      // Not `drain`: that comes only above the socket's own mark, which is higher than ours.
      this.#socket.write(message, () => this.#written());
    }
  }

  /** Tells the peer why, and ends. */
  stop(error: BgpError): void {
    if (this.#isEnded) return;
    this.#socket.end(encodeNotification(error));
    this.#end(error.text);
  }

  #written(): void {
    this.#readAt = performance.now();
    this.wake();
  }

  #end(reason: string): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    clearTimeout(this.#hold);
    clearInterval(this.#keepalive);
    // A NOTIFICATION gets its time to leave; who does not read it is cut off.
    if (this.#socket.writableLength === 0) this.#socket.destroySoon();
    else setTimeout(() => this.#socket.destroy(), LINGER_MS).unref();
    this.#ended(reason);
  }

  #receive(octets: Buffer): void {
    if (this.#isEnded) return;
    const { state: before, received } = this.session;
    const end = this.session.receive(octets);
    if (this.#isEnded) return;
    if (end !== undefined) {
      if ('error' in end) this.stop(end.error);
      else {
        this.#socket.destroy();
        this.#end(end.told);
      }
      return;
    }
    if (this.session.state !== before) this.#setTimers();
    else if (before !== 'OpenSent' && this.session.received > received) this.#hold?.refresh();
    this.wake();
  }

  /** In OpenConfirm and in Established. Without a hold time the time for OPEN is the one for its KEEPALIVE too. */
  #setTimers(): void {
    const holdMs = (this.session.holdSeconds ?? 0) * 1000;
    if (holdMs > 0 || this.session.state === 'Established') clearTimeout(this.#hold);
    if (holdMs === 0) return;
    clearInterval(this.#keepalive);
    this.#hold = setTimeout(() => this.stop(bgpError(ErrorCode.holdTimer, 0, 'hold timer expired')), holdMs);
    this.#keepalive = setInterval(() => {
      if (this.#socket.writableLength === 0) this.#readAt = performance.now();
      else if (performance.now() - this.#readAt > 2 * holdMs) {
        // RFC 9687: it says that it lives, and reads nothing.
        this.#socket.destroy();
        this.#end('send hold timer expired');
        return;
      } else return;
      this.session.keepAlive();
      this.wake();
    }, holdMs / 3);
  }
}

const LINGER_MS = 1000;
/** For whoever ends all of them. */
export const SHUTDOWN = bgpError(ErrorCode.cease, Cease.administrativeShutdown, 'shut down');
