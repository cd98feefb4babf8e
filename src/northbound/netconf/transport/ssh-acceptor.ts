/**
 * NETCONF over SSH (RFC 6242) on sockets that are given one by one, so that every connection is counted and timed from its
 * first packet, not only once the client has spoken: what the library's own listener does not.
 */
import type { Socket } from 'node:net';
import ssh2 from 'ssh2';
import { SSH_ALGORITHMS, type SshAlgorithms } from '../../../features/netconf-server/algorithms.ts';
import { type Accept, type Acceptor, type Arrival, LoginDeadline, type LoginTimes } from './acceptor.ts';
import type { Authenticator } from './authenticator.ts';
import { type ConnectionLimits, SshConnection } from './ssh-connection.ts';
import { announceUserSignatures, signingKeys, socketOf } from './ssh2-internals.ts';

export interface SshAcceptorOptions {
  /** Private keys in PEM that the library reads, in the order of preference. */
  readonly hostKeys: readonly string[];
  readonly algorithms: SshAlgorithms;
  /** Quiet time after which the client is asked for a sign of life, and how many may go unanswered. Undefined: never. */
  readonly keepalive: { readonly waitSeconds: number; readonly attempts: number } | undefined;
  readonly authenticator: Authenticator;
  readonly limits: ConnectionLimits & LoginTimes;
  readonly accept: Accept;
}

export class SshAcceptor implements Acceptor {
  readonly #options: SshAcceptorOptions;
  readonly #server: ssh2.Server;
  /** Told once the client has identified itself. */
  readonly #waiting = new WeakMap<Socket, (connection: ssh2.Connection) => void>();

  /** Throws where a key cannot be used. */
  constructor(options: SshAcceptorOptions) {
    announceUserSignatures();
    this.#options = options;
    const { algorithms, keepalive } = options;
    this.#server = new ssh2.Server({
      // The library offers every key that it has, in this order; `serverHostKey` says nothing but the order of RSA's hashes.
      hostKeys: inOrder(options.hostKeys.flatMap(signingKeys), algorithms.hostKey),
      algorithms: {
        kex: [...algorithms.keyExchange],
        cipher: [...algorithms.encryption],
        serverHostKey: [...algorithms.hostKey],
        hmac: [...algorithms.mac],
        // Compression would let a client trade a few bytes for much memory, and leaks lengths.
        compress: ['none'],
      } as ssh2.Algorithms,
      ident: 'Sluice',
      keepaliveInterval: (keepalive?.waitSeconds ?? 0) * 1000,
      keepaliveCountMax: keepalive?.attempts ?? 0,
    });
    this.#server.on('connection', (connection) => this.#waiting.get(socketOf(connection))?.(connection));
    this.#server.on('error', () => undefined);
  }

  take(socket: Socket, arrival: Arrival): void {
    const { authenticator, limits, accept } = this.#options;
    const deadline = new LoginDeadline(socket, limits);
    this.#waiting.set(socket, (connection) => {
      arrival.admitted.spoke();
      deadline.spoke();
      connection.once('ready', () => deadline.opened());
      new SshConnection(connection, socket, arrival, authenticator, limits, accept);
    });
    // SSH has no half-closed connections: whoever ends its side is gone.
    socket.allowHalfOpen = false;
    socket.on('error', () => socket.destroy());
    this.#server.injectSocket(socket);
  }
}

/** Keys of the algorithms, in the keys' own order unless an order of algorithms is configured (RFC 9644, host-key-alg). */
function inOrder<T extends { readonly key: { readonly type: string } }>(keys: T[], algorithms: readonly string[]): T[] {
  const place = ({ key }: T): number => algorithms.indexOf(key.type);
  const offered = keys.filter((each) => place(each) >= 0);
  return algorithms === SSH_ALGORITHMS.hostKey ? offered : offered.sort((a, b) => place(a) - place(b));
}
