/** One connection to the engine: requests with their replies, parts of answers, events, deadlines. */
import { createConnection, type Socket } from 'node:net';
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { encodeFrame, FrameReader } from './frame.ts';
import { type Event, type Reply, ReplySchema, RequestSchema } from './gen/sluice_pb.js';
import { EngineError, EngineLostError } from './refusal.ts';

/** Most requests without their last reply; further ones wait in line. */
const MAX_OUTSTANDING = 64;
/** Most requests in line. Above, the engine counts as lost: nothing here grows without a bound. */
const MAX_WAITING = 4096;

export type RequestBody = NonNullable<MessageInitShape<typeof RequestSchema>['body']>;
export type ReplyBody = Reply['body'];

interface Pending {
  /** Takes one reply; true: it was the last. */
  take(body: ReplyBody): boolean;
  fail(error: Error): void;
  readonly timer: NodeJS.Timeout;
}

export interface ConnectionEvents {
  onEvent(event: Event): void;
  /** Once, when the connection has ended for whatever reason. */
  onClose(reason: Error): void;
}

export class Connection {
  readonly #socket: Socket;
  readonly #reader = new FrameReader();
  readonly #pending = new Map<number, Pending>();
  readonly #line: (() => void)[] = [];
  readonly #events: ConnectionEvents;
  #nextId = 1;
  #closed: Error | undefined;

  private constructor(socket: Socket, events: ConnectionEvents) {
    this.#socket = socket;
    this.#events = events;
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('error', (error) =>
      this.close(new EngineLostError(`the connection to the engine failed: ${error.message}`)),
    );
    socket.on('close', () => this.close(new EngineLostError('the engine closed the connection')));
  }

  /** Connects to the engine's socket. Rejects where nobody listens. */
  static open(path: string, events: ConnectionEvents): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = createConnection({ path });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.removeListener('error', reject);
        resolve(new Connection(socket, events));
      });
    });
  }

  get closed(): boolean {
    return this.#closed !== undefined;
  }

  /**
   * Sends a request and gives its reply; `onPart` gets the parts of a query's answer before the last.
   * Throws EngineError for the engine's error, EngineLostError where the connection ends or the deadline passes:
   * an engine that does not answer is as good as gone, so the connection is closed then.
   */
  request(body: RequestBody, deadlineMs: number, onPart?: (body: ReplyBody) => void): Promise<ReplyBody> {
    return new Promise((resolve, reject) => {
      const send = (): void => {
        if (this.#closed !== undefined) {
          reject(this.#closed);
          return;
        }
        const id = this.#nextId;
        this.#nextId = id === 0xffffffff ? 1 : id + 1;
        const timer = setTimeout(
          () => this.close(new EngineLostError(`the engine did not answer ${body.case} within ${deadlineMs} ms`)),
          deadlineMs,
        );
        this.#pending.set(id, {
          timer,
          fail: reject,
          take: (reply) => {
            if (reply.case === 'error') {
              reject(new EngineError(reply.value));
              return true;
            }
            if (reply.case === 'query' && onPart !== undefined) {
              onPart(reply);
              if (!reply.value.last) return false;
            }
            resolve(reply);
            return true;
          },
        });
        this.#socket.write(encodeFrame(toBinary(RequestSchema, create(RequestSchema, { id, body }))));
      };
      if (this.#pending.size < MAX_OUTSTANDING) send();
      else if (this.#line.length < MAX_WAITING) this.#line.push(send);
      else reject(new EngineLostError('too many requests wait for the engine'));
    });
  }

  /** Ends the connection; requests without a reply fail with the reason. */
  close(reason: Error): void {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    this.#socket.destroy();
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const one of pending) {
      clearTimeout(one.timer);
      one.fail(reason);
    }
    for (const send of this.#line.splice(0)) send();
    this.#events.onClose(reason);
  }

  #receive(chunk: Buffer): void {
    const replies: Reply[] = [];
    try {
      for (const message of this.#reader.push(chunk)) replies.push(fromBinary(ReplySchema, message));
    } catch (error) {
      this.close(new EngineLostError(`the engine sent what does not decode: ${(error as Error).message}`));
      return;
    }
    for (const reply of replies) if (this.#closed === undefined) this.#reply(reply);
  }

  #reply(reply: Reply): void {
    if (reply.id === 0) {
      if (reply.body.case === 'event') this.#events.onEvent(reply.body.value);
      return;
    }
    const pending = this.#pending.get(reply.id);
    if (pending === undefined) {
      this.close(new EngineLostError(`a reply to ${reply.id}, which was not asked`));
      return;
    }
    if (!pending.take(reply.body)) return;
    clearTimeout(pending.timer);
    this.#pending.delete(reply.id);
    this.#line.shift()?.();
  }
}
