/**
 * A small NETCONF client, for the start of the router, scripts and tests: over the recovery session's socket or SSH.
 *
 *     const client = await connectUnix('state/run/netconf.sock');
 *     const reply = await client.rpc('<get-config><source><running/></source></get-config>');
 *     await client.close();
 */
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import ssh2 from 'ssh2';
import { ChunkedDecoder } from './framing/chunked.ts';
import type { Decoder, MessageSink } from './framing/decoder.ts';
import { EndOfMessageDecoder } from './framing/end-of-message.ts';

const BASE = 'urn:ietf:params:xml:ns:netconf:base:1.0';
const BASES = ['urn:ietf:params:netconf:base:1.0', 'urn:ietf:params:netconf:base:1.1'];

/** A reply that holds at least one rpc-error of severity error. */
export class RpcError extends Error {
  /** The whole rpc-reply. */
  readonly reply: string;
  readonly tag: string;
  readonly path: string | undefined;

  constructor(reply: string) {
    const tag = content(reply, 'error-tag') ?? 'unknown';
    const path = content(reply, 'error-path');
    super([tag, path, content(reply, 'error-message')].filter((part) => part !== undefined).join(': '));
    this.name = 'RpcError';
    this.reply = reply;
    this.tag = tag;
    this.path = path;
  }
}

export interface ReceivedNotification {
  readonly xml: string;
  /** When its last byte was read, by performance.now(). */
  readonly receivedAt: number;
}

export interface NetconfClient {
  readonly sessionId: number;
  /** URIs of the server's hello. */
  readonly capabilities: readonly string[];
  /**
   * Sends one operation (`<get/>`, in NETCONF's base namespace unless it names another) and resolves with the whole
   * rpc-reply. Several may be under way. Rejects with RpcError, or when the session ends before the reply.
   */
  rpc(operation: string): Promise<string>;
  /** As `rpc`, but an rpc-error is a result like any other. */
  send(operation: string): Promise<string>;
  /** Notifications in order of arrival, from the first of the session on; ends with the session. */
  notifications(): AsyncIterableIterator<ReceivedNotification>;
  /** close-session, then the end of the connection. */
  close(): Promise<void>;
  /** Resolves when the session is over, whoever ended it. */
  readonly closed: Promise<void>;
}

/** Connects to the recovery session's socket. `capabilities`: what the hello names besides the bases. */
export async function connectUnix(path: string, capabilities: readonly string[] = []): Promise<NetconfClient> {
  const socket = connect({ path });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return await Client.open(socket, () => socket.destroy(), capabilities);
}

/** A session over a connection that is there: a socket of TLS, for instance. */
export async function connectOver(stream: Duplex, capabilities: readonly string[] = []): Promise<NetconfClient> {
  return await Client.open(stream, () => stream.destroy(), capabilities);
}

export interface SshOptions {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password?: string;
  /** OpenSSH or PEM private key. */
  readonly privateKey?: string | Buffer;
  /** Left out: what ssh2 offers. */
  readonly algorithms?: ssh2.Algorithms;
  /** A connection that is there: of a router that called. */
  readonly sock?: Socket;
}

/** A thousand logins at once have to wait for each other. */
const READY_MS = 120_000;

/** Connects over SSH. The host key is not checked: for use on one's own machine. */
export async function connectSsh(options: SshOptions): Promise<NetconfClient> {
  const connection = new ssh2.Client();
  await new Promise<void>((resolve, reject) => {
    connection.once('ready', resolve);
    connection.once('error', reject);
    // A second error may follow the first.
    connection.on('error', () => undefined);
    connection.connect({ readyTimeout: READY_MS, ...options });
  });
  const channel = await new Promise<ssh2.ClientChannel>((resolve, reject) => {
    connection.subsys('netconf', (error, opened) => (error ? reject(error) : resolve(opened)));
  });
  return await Client.open(channel, () => connection.end());
}

interface Pending {
  resolve(reply: string): void;
  reject(error: Error): void;
}

class Client implements NetconfClient {
  sessionId = 0;
  capabilities: readonly string[] = [];
  readonly closed: Promise<void>;
  readonly #stream: Duplex;
  readonly #destroy: () => void;
  readonly #sink: MessageSink;
  #decoder: Decoder;
  #chunked = false;
  #pieces: Buffer[] = [];
  #nextId = 1;
  /** Replies come in the order of the requests (RFC 6241 section 4.2). */
  readonly #pending: Pending[] = [];
  #greeted: Pending | undefined;
  #notifications: ReceivedNotification[] = [];
  #wake: (() => void) | undefined;
  #over = false;

  private constructor(stream: Duplex, destroy: () => void) {
    this.#stream = stream;
    this.#destroy = destroy;
    this.#sink = { data: (piece) => this.#pieces.push(piece), end: () => this.#message() };
    this.#decoder = new EndOfMessageDecoder(this.#sink);
    this.closed = new Promise((resolve) => {
      stream.once('close', () => {
        this.#end(new Error('the NETCONF session ended'));
        resolve();
      });
    });
    stream.on('error', (error) => this.#end(error));
    stream.on('data', (chunk: Buffer) => this.#receive(chunk));
  }

  static async open(stream: Duplex, destroy: () => void, capabilities: readonly string[] = []): Promise<Client> {
    const client = new Client(stream, destroy);
    const hello = new Promise<string>((resolve, reject) => {
      client.#greeted = { resolve, reject };
    });
    const named = [...BASES, ...capabilities].map((uri) => `<capability>${uri.replaceAll('&', '&amp;')}</capability>`);
    stream.write(`<hello xmlns="${BASE}"><capabilities>${named.join('')}</capabilities></hello>]]>]]>`);
    client.#readHello(await hello);
    return client;
  }

  async rpc(operation: string): Promise<string> {
    const reply = await this.send(operation);
    if (/<(?:[\w.-]+:)?error-severity>error</.test(reply)) throw new RpcError(reply);
    return reply;
  }

  send(operation: string): Promise<string> {
    if (this.#over) return Promise.reject(new Error('the NETCONF session has ended'));
    const text = `<rpc xmlns="${BASE}" message-id="${this.#nextId++}">${operation}</rpc>`;
    return new Promise((resolve, reject) => {
      this.#pending.push({ resolve, reject });
      this.#stream.write(this.#chunked ? `\n#${Buffer.byteLength(text)}\n${text}\n##\n` : `${text}]]>]]>`);
    });
  }

  async *notifications(): AsyncIterableIterator<ReceivedNotification> {
    for (;;) {
      const next = this.#notifications.shift();
      if (next !== undefined) yield next;
      else if (this.#over) return;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  async close(): Promise<void> {
    if (!this.#over) await this.send('<close-session/>').catch(() => undefined);
    this.#stream.end();
    this.#destroy();
    await this.closed;
  }

  #receive(chunk: Buffer): void {
    try {
      for (let at = 0; at < chunk.length; ) at = this.#decoder.decode(chunk, at);
    } catch (error) {
      this.#end(error instanceof Error ? error : new Error(String(error)));
      this.#destroy();
    }
  }

  #message(): void {
    const text = Buffer.concat(this.#pieces).toString();
    this.#pieces = [];
    if (this.#greeted !== undefined) {
      this.#greeted.resolve(text);
      this.#greeted = undefined;
      // The next message may be in the same buffer: the framing changes now, not when the promise is seen.
      if (capabilitiesOf(text).includes('urn:ietf:params:netconf:base:1.1')) {
        this.#chunked = true;
        this.#decoder = new ChunkedDecoder(this.#sink);
      }
    } else if (/^\s*(?:<\?xml[^>]*\?>\s*)?<(?:[\w.-]+:)?notification[\s>]/.test(text)) {
      this.#notifications.push({ xml: text, receivedAt: performance.now() });
      this.#wake?.();
    } else {
      this.#pending.shift()?.resolve(text);
    }
  }

  #readHello(text: string): void {
    this.capabilities = capabilitiesOf(text);
    this.sessionId = Number(content(text, 'session-id') ?? 0);
  }

  #end(error: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#greeted?.reject(error);
    for (const pending of this.#pending.splice(0)) pending.reject(error);
    this.#wake?.();
  }
}

function capabilitiesOf(hello: string): string[] {
  return [...hello.matchAll(/<(?:[\w.-]+:)?capability>\s*([^<]*?)\s*</g)].map(([, uri]) => unescaped(uri ?? ''));
}

/** Text of the first element of the name. */
function content(xml: string, name: string): string | undefined {
  const found = new RegExp(`<(?:[\\w.-]+:)?${name}(?:\\s[^>]*)?>([^<]*)<`).exec(xml);
  return found?.[1] === undefined ? undefined : unescaped(found[1]);
}

function unescaped(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');
}
