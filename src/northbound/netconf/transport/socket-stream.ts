/** A ByteStream straight over a socket. */
import type { Socket } from 'node:net';
import type { ByteStream, ByteStreamEvents, Peer } from './byte-stream.ts';

/** How long the client may take to read the last reply and close its half. */
const LINGER_MS = 3000;

export class SocketStream implements ByteStream {
  readonly peer: Peer;
  readonly #socket: Socket;

  constructor(socket: Socket, peer: Peer) {
    this.#socket = socket;
    this.peer = peer;
    socket.pause();
  }

  attach(events: ByteStreamEvents): void {
    const socket = this.#socket;
    socket.on('data', (chunk: Buffer) => events.data(chunk));
    socket.pause();
    socket.on('drain', () => events.drain());
    socket.once('end', () => events.end());
    socket.once('close', () => events.close());
    // Resets and broken pipes end in `close`, which is all that a session needs to know.
    socket.on('error', () => socket.destroy());
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  write(chunk: Buffer): boolean {
    return this.#socket.writable ? this.#socket.write(chunk) : true;
  }

  end(): void {
    const socket = this.#socket;
    socket.end();
    // What the client still sends is read and forgotten: closing over it could cost it the last reply.
    socket.removeAllListeners('data');
    socket.resume();
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(timer));
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
