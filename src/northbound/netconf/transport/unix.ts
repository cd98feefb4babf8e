/**
 * The local socket of the recovery session (RFC 8341 section 2): whoever may open it, by the file's mode only root, is
 * exempt from access control. NETCONF framing goes directly over the socket.
 */
import { chmodSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import type { ByteStream } from './byte-stream.ts';
import { SocketStream } from './socket-stream.ts';

export interface UnixListenerOptions {
  readonly path: string;
  /** Connections at a time; the next is closed at once. */
  readonly maxConnections?: number;
}

export interface Listener {
  /** Stops listening and closes all connections. */
  close(): Promise<void>;
}

const RECOVERY_USER = 'root';

/** Listens on the path; refuses when another process answers there, clears what a dead one left. */
export async function listenUnix(
  options: UnixListenerOptions,
  accept: (stream: ByteStream) => void,
): Promise<Listener> {
  await clearStale(options.path);
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  server.maxConnections = options.maxConnections ?? 64;
  const streams = new Set<SocketStream>();
  server.on('connection', (socket) => {
    const stream = new SocketStream(socket, {
      principal: { user: RECOVERY_USER, externalGroups: [], recovery: true },
      transport: 'sluice-netconf:unix-socket',
      sourceHost: undefined,
    });
    streams.add(stream);
    socket.once('close', () => streams.delete(stream));
    accept(stream);
  });
  await listening(server, options.path);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const stream of streams) stream.destroy();
      }),
  };
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // The socket file is made with the mode from the start: a chmod afterwards would leave it open for a moment.
    const previous = process.umask(0o177);
    try {
      server.listen(path, () => {
        server.off('error', reject);
        chmodSync(path, 0o600);
        resolve();
      });
    } finally {
      process.umask(previous);
    }
  });
}

function clearStale(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      reject(new Error(`${path}: another process already listens there`));
    });
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') rmSync(path, { force: true });
      resolve();
    });
  });
}
