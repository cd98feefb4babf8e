/**
 * NETCONF over SSH (RFC 6242). The sockets are ours and handed to ssh2 one by one, so that every connection is counted and
 * timed from its first packet, not only once the client has spoken.
 */
import { createServer, type Socket } from 'node:net';
import ssh2 from 'ssh2';
import { Admission, type AdmissionLimits } from './admission.ts';
import { ALGORITHMS } from './algorithms.ts';
import type { Authenticator } from './authenticator.ts';
import type { ByteStream } from './byte-stream.ts';
import { type ConnectionLimits, SshConnection } from './ssh-connection.ts';
import { announceUserSignatures, signingKeys } from './ssh2-internals.ts';
import type { Listener } from './unix.ts';

export interface SshLimits extends AdmissionLimits, ConnectionLimits {
  /** Time from the connection to the end of the login. */
  readonly loginSeconds: number;
  /** Quiet time after which the client is asked for a sign of life, and how many may go unanswered. */
  readonly keepaliveSeconds: number;
  readonly keepaliveCount: number;
}

export const DEFAULT_SSH_LIMITS: SshLimits = {
  total: 2048,
  perSource: 1280,
  halfOpen: 256,
  halfOpenPerSource: 64,
  loginSeconds: 20,
  passwordTries: 3,
  tries: 6,
  refusalMs: 300,
  channels: 16,
  rekeyBytes: 1024 ** 3,
  rekeySeconds: 3600,
  keepaliveSeconds: 30,
  keepaliveCount: 3,
};

export interface SshListenerOptions {
  /** Address and port; port 0 takes a free one. */
  readonly address: string;
  readonly port: number;
  /** Private keys in OpenSSH's format. */
  readonly hostKeys: readonly string[];
  readonly authenticator: Authenticator;
  readonly limits?: Partial<SshLimits>;
}

export interface SshListener extends Listener {
  readonly port: number;
  /** Connections refused, and half-open ones dropped for newer ones. */
  readonly counters: { readonly refused: number; readonly dropped: number };
}

/** Resolves once it listens; `accept` is given every `netconf` channel that a client opens. */
export async function listenSsh(
  options: SshListenerOptions,
  accept: (stream: ByteStream) => void,
): Promise<SshListener> {
  announceUserSignatures();
  const limits: SshLimits = { ...DEFAULT_SSH_LIMITS, ...options.limits };
  const admission = new Admission(limits);
  const waiting = new Map<string, (connection: ssh2.Connection) => void>();
  const ssh = new ssh2.Server({
    hostKeys: options.hostKeys.flatMap(signingKeys),
    algorithms: ALGORITHMS,
    ident: 'Sluice',
    keepaliveInterval: limits.keepaliveSeconds * 1000,
    keepaliveCountMax: limits.keepaliveCount,
  });
  // Comes with the client's identification; the client is known by its address and port.
  ssh.on('connection', (connection, info) => waiting.get(`${info.ip} ${info.port}`)?.(connection));
  ssh.on('error', () => undefined);
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true, pauseOnConnect: true });
  server.on('connection', (socket) => {
    const admitted = admission.enter(source(socket), () => socket.destroy());
    if (admitted === undefined) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    const name = `${socket.remoteAddress} ${socket.remotePort}`;
    const deadline = setTimeout(() => socket.destroy(), limits.loginSeconds * 1000);
    waiting.set(name, (connection) => {
      waiting.delete(name);
      admitted.spoke();
      connection.once('ready', () => clearTimeout(deadline));
      new SshConnection(connection, socket, admitted, options.authenticator, limits, accept);
    });
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      clearTimeout(deadline);
      waiting.delete(name);
      sockets.delete(socket);
      admitted.closed();
    });
    ssh.injectSocket(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: options.address, port: options.port }, () => {
      server.off('error', reject);
      server.on('error', () => undefined);
      resolve();
    });
  });
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : options.port,
    get counters() {
      return admission.counters;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** What the limits per source count by: an IPv4 address, or the /64 of an IPv6 address, which one host can fill. */
function source(socket: Socket): string {
  const address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  return [...left, ...new Array<string>(Math.max(0, zeros)).fill('0'), ...right].slice(0, 4).join(':');
}
