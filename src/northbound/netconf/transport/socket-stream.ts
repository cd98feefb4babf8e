/** A ByteStream straight over a socket. */
import type { Socket } from 'node:net';
import type { ByteStream, ByteStreamEvents, Peer } from './byte-stream.ts';

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
    this.#socket.end();
    // The other side may never close its half: what is unread is of no interest any more.
    this.#socket.resume();
    this.#socket.destroySoon();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
