/** The client's end of one session: sends bytes as they are, reads messages, and knows when the server has closed. */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import ssh2 from 'ssh2';
import { ChunkedDecoder } from '../../src/northbound/netconf/framing/chunked.ts';
import type { Decoder, MessageSink } from '../../src/northbound/netconf/framing/decoder.ts';
import { EndOfMessageDecoder } from '../../src/northbound/netconf/framing/end-of-message.ts';
import { readServerMessage, type ServerMessage } from './reply.ts';

/** The server did not do what it has to within the time that any answer may take. */
export class Hang extends Error {}

/** The longest that an answer may take, on a busy machine. The server gives an XPath filter two seconds. */
export const patienceMs = 20_000;

const LF = 0x0a;

export class Connection {
  readonly #stream: Duplex;
  readonly #sink: MessageSink;
  /** Of what follows the hello. */
  readonly #framing: 'chunked' | 'end-of-message' | 'either';
  #isDecided = false;
  #decoder: Decoder;
  #pieces: Buffer[] = [];
  /** Replies that nobody has asked for yet. */
  readonly replies: ServerMessage[] = [];
  /** Texts of all replies. */
  received = '';
  notifications = 0;
  ended = false;
  /** What was wrong with what the server sent. */
  wrong: Error | undefined;
  #hello = false;
  #news = Promise.withResolvers<void>();

  constructor(stream: Duplex, framing: 'chunked' | 'end-of-message' | 'either') {
    this.#stream = stream;
    this.#framing = framing;
    this.#isDecided = framing === 'end-of-message';
    this.#sink = { data: (piece) => this.#pieces.push(piece), end: () => this.#message() };
    this.#decoder = new EndOfMessageDecoder(this.#sink);
    stream.on('data', (chunk: Buffer) => this.#receive(chunk));
    for (const event of ['close', 'end']) stream.once(event, () => this.#end());
    stream.on('error', () => this.#end());
  }

  async send(pieces: readonly Buffer[]): Promise<void> {
    for (const piece of pieces) {
      if (this.ended) return;
      this.#stream.write(piece);
      if (pieces.length > 1) await delay(0);
    }
  }

  /** The server's hello; false where the session ended before. */
  async hello(): Promise<boolean> {
    await this.#until('a hello', () => this.#hello || this.ended);
    return this.#hello;
  }

  /** The next reply; undefined where the session ended before. */
  async reply(): Promise<ServerMessage | undefined> {
    await this.#until('a reply', () => this.replies.length > 0 || this.ended);
    return this.replies.shift();
  }

  /** Closes this side, waits for the other. */
  async close(): Promise<void> {
    this.#stream.end();
    await this.#until('the end of the session', () => this.ended);
    this.#stream.destroy();
  }

  async #until(what: string, done: () => boolean): Promise<void> {
    const deadline = Date.now() + patienceMs;
    while (!done()) {
      if (this.wrong !== undefined) throw this.wrong;
      if (Date.now() > deadline) {
        this.#stream.destroy();
        throw new Hang(`${what} did not come in ${patienceMs / 1000} s`);
      }
      await Promise.race([this.#news.promise, delay(1000)]);
    }
    if (this.wrong !== undefined) throw this.wrong;
  }

  #receive(chunk: Buffer): void {
    if (this.wrong !== undefined) return;
    try {
      // A damaged hello may have asked for the other framing: the first byte tells.
      if (this.#hello && !this.#isDecided) this.#decide(chunk[0]);
      for (let at = 0; at < chunk.length; ) at = this.#decoder.decode(chunk, at);
    } catch (error) {
      this.wrong = error instanceof Error ? error : new Error(String(error));
    }
    this.#tell();
  }

  #message(): void {
    const text = Buffer.concat(this.#pieces);
    this.#pieces = [];
    let message: ServerMessage;
    try {
      message = readServerMessage(text);
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : error} in: ${text.subarray(0, 2000)}`);
    }
    if (!this.#hello) {
      if (message.kind !== 'hello') throw new Error(`${message.kind} before hello`);
      this.#hello = true;
      if (this.#framing === 'chunked') this.#decide(LF);
    } else if (message.kind === 'notification') this.notifications++;
    else if (message.kind === 'rpc-reply') {
      this.replies.push(message);
      this.received += text;
    } else throw new Error('a second hello');
  }

  #decide(first: number | undefined): void {
    this.#isDecided = true;
    if (first === LF) this.#decoder = new ChunkedDecoder(this.#sink);
  }

  #end(): void {
    this.ended = true;
    this.#tell();
  }

  #tell(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers<void>();
  }
}

export async function openUnix(path: string): Promise<Duplex> {
  const socket = connect(path);
  await once(socket, 'connect');
  return socket;
}

/** One SSH connection, of which each session is a channel. */
export class SshClient {
  readonly #client: ssh2.Client;

  private constructor(client: ssh2.Client) {
    this.#client = client;
  }

  static async connect(port: number, username: string, password: string): Promise<SshClient> {
    const client = new ssh2.Client();
    client.connect({ host: '127.0.0.1', port, username, password });
    await once(client, 'ready');
    client.on('error', () => undefined);
    return new SshClient(client);
  }

  open(): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      this.#client.subsys('netconf', (error, channel) => (error ? reject(error) : resolve(channel)));
    });
  }

  close(): void {
    this.#client.end();
  }
}
