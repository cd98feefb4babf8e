/**
 * A ByteStream over one SSH channel. The channel alone does not bound memory: the client sets its window (up to 4 GiB), and
 * the library writes into the socket without looking at what waits there. So output also waits for the socket and for
 * a key exchange in progress.
 */
import type { Socket } from 'node:net';
import type { Connection, ServerChannel } from 'ssh2';
import type { ByteStream, ByteStreamEvents, Peer } from './byte-stream.ts';
import { exchangingKeys } from './ssh2-internals.ts';

/** Bytes that may wait in the socket before output is held back. */
const SOCKET_HIGH_WATER = 512 * 1024;
/** Twice the window that the library grants: a client that sends more does not keep to its window. */
const MAX_UNREAD = 4 * 1024 * 1024;

/** How long the client may take to read the last reply. */
const LINGER_MS = 3000;

export class SshStream implements ByteStream {
  readonly peer: Peer;
  readonly #connection: Connection;
  readonly #socket: Socket;
  readonly #channel: ServerChannel;
  #heldBack = false;
  #isGathering = false;
  #events: ByteStreamEvents | undefined;
  #closed = false;

  constructor(connection: Connection, socket: Socket, channel: ServerChannel, peer: Peer) {
    this.#connection = connection;
    this.#socket = socket;
    this.#channel = channel;
    this.peer = peer;
    channel.pause();
  }

  attach(events: ByteStreamEvents): void {
    this.#events = events;
    const channel = this.#channel;
    channel.on('data', (chunk: Buffer) => events.data(chunk));
    channel.pause();
    channel.once('end', () => events.end());
    channel.once('close', () => this.#close());
    channel.on('error', () => this.#close());
    channel.on('drain', this.#drain);
    this.#socket.on('drain', this.#drain);
    this.#connection.on('rekey', this.#drain);
  }

  pause(): void {
    this.#channel.pause();
  }

  resume(): void {
    this.#channel.resume();
  }

  /** Whether the client sent more than it was allowed to while input is paused. */
  get overrun(): boolean {
    return this.#channel.readableLength > MAX_UNREAD;
  }

  write(chunk: Buffer): boolean {
    if (this.#closed || !this.#channel.writable) return true;
    this.#gather();
    this.#channel.write(chunk);
    this.#heldBack = !this.#ready();
    return !this.#heldBack;
  }

  end(): void {
    if (this.#closed) return;
    // RFC 4254 section 6.10: OpenSSH's client ends with the status that it is told.
    this.#channel.exit(0);
    this.#channel.end();
    this.#channel.removeAllListeners('data');
    this.#channel.resume();
    const timer = setTimeout(() => this.destroy(), LINGER_MS);
    this.#channel.once('close', () => clearTimeout(timer));
  }

  destroy(): void {
    this.#channel.destroy();
    this.#close();
  }

  /** What is written before the event loop turns, such as the replies to pipelined rpcs, goes to the kernel at once. */
  #gather(): void {
    if (this.#isGathering) return;
    this.#isGathering = true;
    this.#socket.cork();
    process.nextTick(() => {
      this.#isGathering = false;
      this.#socket.uncork();
    });
  }

  #ready(): boolean {
    return (
      !this.#channel.writableNeedDrain &&
      this.#socket.writableLength < SOCKET_HIGH_WATER &&
      !exchangingKeys(this.#connection)
    );
  }

  readonly #drain = (): void => {
    if (!this.#heldBack || !this.#ready()) return;
    this.#heldBack = false;
    this.#events?.drain();
  };

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.off('drain', this.#drain);
    this.#connection.off('rekey', this.#drain);
    this.#events?.close();
  }
}
