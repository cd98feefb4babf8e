/**
 * One NETCONF session: hello, then rpcs one after the other in the order in which they came, and notifications between
 * replies. While an rpc is worked on, input is paused: what a client pipelines waits in its own buffers, not in ours.
 */
import { NETCONF_NAMESPACE } from '../../../yang/codec/namespaces.ts';
import { XmlReader } from '../../../yang/codec/xml-reader.ts';
import type { XmlWriter } from '../../../yang/codec/xml-writer.ts';
import { type Fault, FaultError } from '../../../yang/fault.ts';
import { ChunkedDecoder } from '../framing/chunked.ts';
import { type Decoder, FramingError, type MessageSink } from '../framing/decoder.ts';
import { Encoder, StalledError } from '../framing/encoder.ts';
import { EndOfMessageDecoder } from '../framing/end-of-message.ts';
import type { Content } from '../rpc/handler.ts';
import type { ByteStream, Peer } from '../transport/byte-stream.ts';
import { HelloError, HelloReader, PRIVATE_CANDIDATE, writeHello } from './hello.ts';
import type { MessageReader, Operation } from './message.ts';
import type { NotificationSource, Outgoing } from './outgoing.ts';
import { type SessionCounters, sessionCounters } from './statistics.ts';

export interface SessionLimits {
  /** Bytes of one message. */
  readonly messageBytes: number;
  /** How long one wait for a client that does not read may last. */
  readonly stallMs: number;
  /** Time for the client's hello. */
  readonly helloMs: number;
  /** Time without an rpc after which the session ends, unless its listener says otherwise; sessions with a subscription or a
   * lock are left alone. */
  readonly idleMs: number;
}

export const DEFAULT_SESSION_LIMITS: SessionLimits = {
  messageBytes: 64 * 1024 * 1024,
  stallMs: 30_000,
  helloMs: 60_000,
  idleMs: 3_600_000,
};

/** termination-reason of netconf-session-end (RFC 6470). */
export type EndReason = 'closed' | 'killed' | 'dropped' | 'timeout' | 'bad-hello' | 'other';

/** The server around a session. */
export interface SessionHost {
  readonly limits: SessionLimits;
  capabilities(): readonly string[];
  reader(session: Session): MessageReader;
  /** Answers the operation by `session.reply…`; does not throw. */
  execute(session: Session, operation: Operation): Promise<void>;
  writer(): XmlWriter;
  writeFault(writer: XmlWriter, fault: Fault): void;
  faultsOf(error: unknown): readonly Fault[];
  /** Hellos are exchanged. */
  opened(session: Session): void;
  ended(session: Session, reason: EndReason): void;
  /** Whether the session may be ended for being idle. */
  mayExpire(session: Session): boolean;
}

/** Characters that are gathered before they are given to the encoder. */
const PIECE = 16 * 1024;
/** How long one reply may keep the event loop. */
const SLICE_MS = 8;
/** A slower look than every message at how long the client has been silent. */
const IDLE_CHECKS = 4;
/** The longest time between two looks: after it a changed idle time holds for every session. */
const MAX_LOOK_MS = 60_000;

export class Session {
  readonly id: number;
  readonly peer: Peer;
  readonly since = new Date();
  readonly counters: SessionCounters = sessionCounters();
  /** Who ended it by kill-session. */
  killedBy: number | undefined;
  readonly #host: SessionHost;
  readonly #stream: ByteStream;
  readonly #encoder: Encoder;
  readonly #sink: MessageSink;
  #decoder: Decoder;
  #hello: HelloReader | undefined = new HelloReader();
  #opened = false;
  #ownCandidate = false;
  /** Of the message that is coming in. */
  #message: MessageReader | undefined;
  #xml: XmlReader | undefined;
  #bytes = 0;
  /** The message just read is complete and wants to be handled. */
  #complete = false;
  #busy = false;
  #pending: Buffer | undefined;
  #inputEnded = false;
  #over = false;
  #timer: NodeJS.Timeout | undefined;
  #lastActive = Date.now();
  #notifications: NotificationSource | undefined;
  /** A notification that is being written piece by piece; replies wait for its end. */
  #streaming: Promise<void> | undefined;

  constructor(host: SessionHost, stream: ByteStream, id: number) {
    this.id = id;
    this.peer = stream.peer;
    this.#host = host;
    this.#stream = stream;
    this.#encoder = new Encoder(stream, host.limits.stallMs);
    this.#sink = { data: (piece) => this.#piece(piece), end: () => this.#messageEnd() };
    this.#decoder = new EndOfMessageDecoder(this.#sink);
  }

  /** Sends the hello and begins to read. */
  start(): void {
    const { limits } = this.#host;
    this.#stream.attach({
      data: (chunk) => this.#data(chunk),
      drain: () => {
        this.#encoder.onDrain();
        this.#pump();
      },
      end: () => {
        this.#inputEnded = true;
        if (!this.#busy) this.end('dropped', true);
      },
      close: () => this.end('dropped'),
    });
    this.#encoder.write(writeHello(this.#host.capabilities(), this.id));
    this.#encoder.end();
    this.#timer = setTimeout(() => this.end('bad-hello'), limits.helloMs);
    this.#stream.resume();
  }

  /** Ends the session. Unless it is graceful, unsent output is lost. */
  end(reason: EndReason, isGraceful = reason === 'closed' || reason === 'other'): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#encoder.fail(new Error('the session has ended'));
    if (isGraceful) this.#stream.end();
    else this.#stream.destroy();
    this.#host.ended(this, reason);
  }

  get isOver(): boolean {
    return this.#over;
  }

  /** Hellos were exchanged, whatever came of it. */
  get wasOpen(): boolean {
    return this.#opened;
  }

  /** Both hellos name private candidates. */
  get hasOwnCandidate(): boolean {
    return this.#ownCandidate;
  }

  get isOpen(): boolean {
    return this.#opened && !this.#over;
  }

  /** Sends what the source gives, whenever the client has room and no reply is being written. */
  attachNotifications(source: NotificationSource): void {
    this.#notifications = source;
  }

  /** There is something new at the source of notifications. */
  notify(): void {
    this.#pump();
  }

  replyOk(): Promise<void> {
    return this.#reply((writer) => writer.element('ok', NETCONF_NAMESPACE, ''));
  }

  replyFaults(faults: readonly Fault[]): Promise<void> {
    this.counters.outRpcErrors += faults.length;
    return this.#reply((writer) => {
      for (const fault of faults) this.#host.writeFault(writer, fault);
    });
  }

  /** Content that may be of any size. An error after the first piece has left ends the session. */
  async replyContent(content: (writer: XmlWriter) => Content): Promise<void> {
    await this.#streaming;
    const writer = this.#startReply();
    const progress = { isSent: false };
    try {
      if (!(await this.#writePieces(writer, content, progress))) return;
    } catch (error) {
      // Nothing has left yet: the error is the reply.
      if (progress.isSent || this.#over) throw error;
      return await this.replyFaults(this.#host.faultsOf(error));
    }
    await this.#endReply(writer);
  }

  /** False: the session ended meanwhile. */
  async #writePieces(
    writer: XmlWriter,
    content: (writer: XmlWriter) => Content,
    progress = { isSent: false },
  ): Promise<boolean> {
    let sliceEnd = performance.now() + SLICE_MS;
    for (const _ of content(writer)) {
      if (writer.length < PIECE) continue;
      progress.isSent = true;
      if (!this.#encoder.write(writer.take())) {
        await this.#encoder.drained();
        sliceEnd = performance.now() + SLICE_MS;
      } else if (performance.now() > sliceEnd) {
        await new Promise((resolve) => setImmediate(resolve));
        if (this.#over) return false;
        sliceEnd = performance.now() + SLICE_MS;
      }
    }
    return true;
  }

  async #reply(write: (writer: XmlWriter) => void): Promise<void> {
    await this.#streaming;
    const writer = this.#startReply();
    write(writer);
    await this.#endReply(writer);
  }

  #startReply(): XmlWriter {
    const writer = this.#host.writer();
    writer.open('rpc-reply', NETCONF_NAMESPACE, this.#message?.attributes ?? []);
    return writer;
  }

  async #endReply(writer: XmlWriter): Promise<void> {
    writer.close();
    this.#encoder.write(writer.take());
    if (!this.#encoder.end()) await this.#encoder.drained();
  }

  #data(chunk: Buffer): void {
    if (this.#over) return;
    // A transport may still deliver what it had read when it was paused.
    this.#pending = this.#pending === undefined ? chunk : Buffer.concat([this.#pending, chunk]);
    if (!this.#busy) this.#consume();
  }

  /** Decodes what has come in up to the end of a message that has to be handled first. */
  #consume(): void {
    const buffer = this.#pending;
    if (buffer === undefined) return;
    this.#pending = undefined;
    let at = 0;
    try {
      while (at < buffer.length && !this.#over && !this.#complete) at = this.#decoder.decode(buffer, at);
    } catch (error) {
      this.#broken(error);
      return;
    }
    if (at < buffer.length) this.#pending = buffer.subarray(at);
    if (this.#complete && !this.#over) {
      this.#complete = false;
      this.#handle();
    }
  }

  /** A piece of the message that is coming in. */
  #piece(piece: Buffer): void {
    this.#bytes += piece.length;
    if (this.#bytes > this.#host.limits.messageBytes) {
      throw new FaultError({
        type: 'rpc',
        tag: 'too-big',
        message: `The message is larger than ${this.#host.limits.messageBytes} bytes.`,
      });
    }
    this.#reader().write(piece);
  }

  #reader(): XmlReader {
    if (this.#xml === undefined) {
      if (this.#hello === undefined) this.#message = this.#host.reader(this);
      this.#xml = new XmlReader(this.#hello ?? (this.#message as MessageReader));
    }
    return this.#xml;
  }

  #messageEnd(): void {
    this.#reader().end();
    this.#xml = undefined;
    this.#bytes = 0;
    if (this.#hello !== undefined) this.#greet(this.#hello);
    else this.#complete = true;
  }

  #greet(hello: HelloReader): void {
    const framing = hello.framing();
    this.#hello = undefined;
    this.#ownCandidate = hello.announces(PRIVATE_CANDIDATE) && this.#host.capabilities().includes(PRIVATE_CANDIDATE);
    this.#encoder.framing = framing;
    if (framing === 'chunked') this.#decoder = new ChunkedDecoder(this.#sink);
    this.#opened = true;
    clearTimeout(this.#timer);
    this.#watchIdle();
    this.#host.opened(this);
  }

  /** Looks how long the client has been silent, as often as the time allowed asks for, which a commit may change. */
  #watchIdle(): void {
    const idleMs = this.peer.idleMs?.() ?? this.#host.limits.idleMs;
    const isIdle = idleMs > 0 && !this.#busy && Date.now() - this.#lastActive >= idleMs;
    if (isIdle && this.#host.mayExpire(this)) {
      this.end('timeout');
      return;
    }
    const nextMs = idleMs > 0 ? Math.min(idleMs / IDLE_CHECKS, MAX_LOOK_MS) : MAX_LOOK_MS;
    this.#timer = setTimeout(() => this.#watchIdle(), nextMs);
    this.#timer.unref();
  }

  /** Works on the message just read, then goes on with what came after it. */
  #handle(): void {
    const message = this.#message;
    if (message === undefined) return;
    this.#busy = true;
    this.#lastActive = Date.now();
    this.#stream.pause();
    this.#answer(message)
      .catch((error) => this.#breakOff(error))
      .finally(() => {
        this.#busy = false;
        this.#message = undefined;
        if (this.#over) return;
        this.#pump();
        this.#consume();
        if (this.#busy || this.#over) return;
        // What it asked for is answered, and may still be on its way.
        if (this.#inputEnded) this.end('dropped', true);
        else this.#stream.resume();
      });
  }

  async #answer(message: MessageReader): Promise<void> {
    this.counters.inRpcs++;
    let operation: Operation;
    try {
      operation = message.finish();
    } catch (error) {
      this.counters.inRpcs--;
      this.counters.inBadRpcs++;
      return await this.replyFaults(this.#host.faultsOf(error));
    }
    await this.#host.execute(this, operation);
  }

  /** Input that cannot be read on: the session ends, with an rpc-error where the client can still tell what it is for. */
  #broken(error: unknown): void {
    if (!this.#opened) {
      this.end('bad-hello');
      return;
    }
    if (error instanceof FramingError || error instanceof HelloError) {
      this.end('dropped');
      return;
    }
    this.counters.inBadRpcs++;
    this.#busy = true;
    const faults = this.#host.faultsOf(error);
    // "Must not be sent to old clients" (RFC 6241 appendix A): those that know only base 1.0.
    const told =
      this.#encoder.framing === 'chunked'
        ? faults
        : faults.map(
            (fault): Fault => (fault.tag === 'malformed-message' ? { ...fault, tag: 'operation-failed' } : fault),
          );
    this.replyFaults(told)
      .catch(() => undefined)
      .finally(() => this.end('other'));
  }

  #pump(): void {
    const source = this.#notifications;
    if (source === undefined || this.#busy || this.#streaming !== undefined || !this.isOpen) return;
    while (this.#encoder.ready) {
      const next = source.next();
      if (next === undefined) return;
      if (typeof next !== 'string') {
        this.#startNotification(next);
        return;
      }
      this.counters.outNotifications++;
      this.#encoder.write(next);
      this.#encoder.end();
    }
  }

  /** Half a reply, or half a notification, cannot be taken back: the session ends, and a bug is said in the log. */
  #breakOff(error: unknown): void {
    if (this.#over) return;
    if (!(error instanceof StalledError)) this.#host.faultsOf(error);
    this.end(error instanceof StalledError ? 'timeout' : 'other');
  }

  #startNotification(notification: Exclude<Outgoing, string>): void {
    this.#streaming = this.#writeNotification(notification)
      .catch((error) => this.#breakOff(error))
      .finally(() => {
        this.#streaming = undefined;
        this.#pump();
      });
  }

  async #writeNotification(notification: Exclude<Outgoing, string>): Promise<void> {
    const content = await notification();
    if (content === undefined || this.#over) return;
    this.counters.outNotifications++;
    const writer = this.#host.writer();
    if (!(await this.#writePieces(writer, content))) return;
    this.#encoder.write(writer.take());
    if (!this.#encoder.end()) await this.#encoder.drained();
  }
}
