/** One listening socket. What it accepts is counted and given on; to whom, may change while it listens. */
import { createServer, type Server, type Socket } from 'node:net';
import type { TcpKeepalive } from '../../../features/netconf-server/endpoint.ts';
import type { Admission, Admitted } from './admission.ts';

/** Connections that the kernel keeps until they are accepted: a thousand clients may come at once. */
const BACKLOG = 4096;

export interface Receiver {
  take(socket: Socket, admitted: Admitted): void;
  /** One was closed at once, because there are too many. */
  refused?(): void;
}

export class TcpListener {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Undefined: not in force yet; connections are closed. */
  receiver: Receiver | undefined;

  private constructor(admission: Admission) {
    // Half-open, so that a client which sends no more still gets its answers; paused, so that nothing is lost on the way.
    this.#server = createServer({ noDelay: true, pauseOnConnect: true, allowHalfOpen: true });
    this.#server.on('connection', (socket) => this.#arrived(socket, admission));
  }

  /** Resolves once it listens. Rejects with the system's error, such as EADDRINUSE. */
  static async listen(address: string, port: number, admission: Admission): Promise<TcpListener> {
    const listener = new TcpListener(admission);
    const server = listener.#server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: address, port, backlog: BACKLOG, ipv6Only: true }, () => {
        server.off('error', reject);
        // Too many open files, mostly: the next connection may fare better.
        server.on('error', () => undefined);
        resolve();
      });
    });
    return listener;
  }

  /** The port, also where any free one was asked for. */
  get port(): number {
    const bound = this.#server.address();
    return typeof bound === 'object' && bound !== null ? bound.port : 0;
  }

  /** Stops listening. Connections that were accepted stay, unless `connections` are to go too. */
  close(connections: 'stay' | 'go'): Promise<void> {
    this.receiver = undefined;
    if (connections === 'go') for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      // The callback waits for the connections; the port is free at once.
      if (connections === 'stay') resolve();
    });
  }

  #arrived(socket: Socket, admission: Admission): void {
    const { receiver } = this;
    const admitted = receiver && admission.enter(sourceOf(socket), () => socket.destroy());
    if (receiver === undefined || admitted === undefined) {
      socket.on('error', () => undefined);
      socket.destroy();
      receiver?.refused?.();
      return;
    }
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      admitted.closed();
    });
    receiver.take(socket, admitted);
  }
}

/** Keepalives of TCP as they are configured (RFC 9643). */
export function keepAlive(socket: Socket, tcp: TcpKeepalive | undefined): void {
  if (tcp === undefined) return;
  const { idleSeconds, intervalSeconds, probes } = tcp;
  // Interval and count are newer than the types.
  const set: (enable: boolean, delayMs: number, intervalMs: number, count: number) => unknown = socket.setKeepAlive;
  set.call(socket, true, idleSeconds * 1000, intervalSeconds * 1000, probes);
}

/** What the limits per source count by: an IPv4 address, or the /64 of an IPv6 address, which one host can fill. */
function sourceOf(socket: Socket): string {
  const address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  return [...left, ...new Array<string>(Math.max(0, zeros)).fill('0'), ...right].slice(0, 4).join(':');
}
