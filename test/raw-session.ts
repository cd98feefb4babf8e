/**
 * A NETCONF session written by hand over the recovery socket, with end-of-message framing: sends what no well-behaved
 * client would.
 */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { namespace } from './configuration.ts';

const endOfMessage = ']]>]]>';

export class RawSession {
  readonly #socket: Socket;
  #received = '';
  #ended = false;
  /** Resolves when something was received or the session ended. */
  #news = Promise.withResolvers<void>();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      this.#received += text;
      this.#tell();
    });
    socket.once('close', () => {
      this.#ended = true;
      this.#tell();
    });
    socket.on('error', () => undefined);
  }

  #tell(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers<void>();
  }

  /** Connects and exchanges hellos (base:1.0). */
  static async open(path: string): Promise<RawSession> {
    const socket = connect(path);
    const session = new RawSession(socket);
    await once(socket, 'connect');
    session.send(
      `<hello xmlns="${namespace.netconf}"><capabilities><capability>urn:ietf:params:netconf:base:1.0</capability></capabilities></hello>`,
    );
    await session.message();
    return session;
  }

  send(text: string): void {
    this.#socket.write(text + endOfMessage);
  }

  /** Sends without an end of message; resolves when the other side has taken it, or the session has ended. */
  sendPart(text: string): Promise<void> {
    return new Promise((resolve) => this.#socket.write(text, () => resolve()));
  }

  /** The next message. Rejects if the session ends first. */
  async message(): Promise<string> {
    for (;;) {
      const end = this.#received.indexOf(endOfMessage);
      if (end >= 0) {
        const message = this.#received.slice(0, end);
        this.#received = this.#received.slice(end + endOfMessage.length);
        return message;
      }
      if (this.#ended) throw new Error(`the session ended; it said: ${this.#received}`);
      await this.#news.promise;
    }
  }

  async rpc(content: string): Promise<string> {
    this.send(`<rpc xmlns="${namespace.netconf}" message-id="1">${content}</rpc>`);
    return this.message();
  }

  /** Resolves once the server has closed the session. */
  async ended(): Promise<void> {
    while (!this.#ended) await this.#news.promise;
  }

  close(): void {
    this.#socket.destroy();
  }
}
