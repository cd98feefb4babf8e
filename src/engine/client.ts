/**
 * The control plane's side of the engine: stays connected, brings an engine that appears to what the configuration
 * asks for, hands on its events, answers queries. An engine that is away is a normal state and never an error here.
 */
import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { PlannedOperation } from '../commit/feature.ts';
import { FaultError } from '../yang/fault.ts';
import { Connection, type ReplyBody, type RequestBody } from './connection.ts';
import {
  type AnnounceMacsSchema,
  ApiVersion,
  type Event,
  type HelloReply,
  type QueryReply,
  type QuerySchema,
  type SegmentOrderReply,
  type SegmentOrderSchema,
  type SegmentProbeSchema,
} from './gen/sluice_pb.js';
import { arrange, type EnginePlannedOperation, type ObjectId } from './operation.ts';
import { EngineError, EngineLostError, refusalFault } from './refusal.ts';
import { type LeftOut, replay } from './replay.ts';
import { Turn } from './turn.ts';

/** How often the socket is tried where it was there a moment ago: an engine that restarts forwards within a second. */
const QUICK_RETRY_MS = 10;
const QUICK_RETRY_FOR_MS = 10_000;
const SLOW_RETRY_MS = 250;
/** A session that ends this soon is no restart but something wrong: no quick retry then. */
const HEALTHY_SESSION_MS = 1000;
const HELLO_DEADLINE_MS = 5000;
/** An engine that opens devices answers queries late; one that is silent for longer is gone. */
const QUERY_DEADLINE_MS = 30_000;
/** First and longest pause before what the engine refused at a replay is tried again. */
const AGAIN_FIRST_MS = 1000;
const AGAIN_LONGEST_MS = 30_000;
/** An engine that does not carry out an order within it is gone. */
const ORDER_DEADLINE_MS = 10_000;
/** Probes without an answer; further ones are not sent: they are worth nothing later. */
const PROBES_MAX = 32;

export interface EngineClientOptions {
  readonly socketPath: string;
  /** Owner of the objects: "sluiced". */
  readonly owner: string;
  /** The operations that an empty engine needs, from running as it is at the moment of the call. */
  readonly intent: () => readonly PlannedOperation[];
  readonly log: (message: string) => void;
}

/** What a query asks for, as an initialiser. */
export type QueryWhat = NonNullable<MessageInitShape<typeof QuerySchema>['what']>;

export class EngineClient {
  /** One transaction at a time: a replay and a commit never mix. */
  readonly turn = new Turn();
  /** Objects that are configured and that the engine refused at the last replay. */
  leftOut: Map<ObjectId, LeftOut> = new Map();
  readonly #options: EngineClientOptions;
  readonly #listeners = new Set<(event: Event) => void>();
  readonly #replayListeners = new Set<(operations: readonly EnginePlannedOperation[]) => void>();
  readonly #lossListeners = new Set<() => void>();
  #connection: Connection | undefined;
  #hello: HelloReply | undefined;
  #stopped = false;
  #running: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  #again: NodeJS.Timeout | undefined;
  #againMs = AGAIN_FIRST_MS;
  #lastComplaint = '';
  #probes = 0;

  constructor(options: EngineClientOptions) {
    this.#options = options;
  }

  /** Begins to connect, and reconnects until `stop`. */
  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#again);
    this.#connection?.close(new EngineLostError('the control plane stops'));
    this.#wake?.();
    await this.#running;
  }

  /** The connection over which the engine answers; undefined while it is away. */
  get connection(): Connection | undefined {
    return this.#connection;
  }

  /** What the connected engine said of itself. */
  get engine(): HelloReply | undefined {
    return this.#connection === undefined ? undefined : this.#hello;
  }

  /** Calls the listener for every event, as it arrives; returns what ends that. */
  onEvent(listener: (event: Event) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls the listener after every replay, with all that the engine now was told; returns what ends that. */
  onReplay(listener: (operations: readonly EnginePlannedOperation[]) => void): () => void {
    this.#replayListeners.add(listener);
    return () => this.#replayListeners.delete(listener);
  }

  /** Calls the listener when the engine is gone; returns what ends that. */
  onLoss(listener: () => void): () => void {
    this.#lossListeners.add(listener);
    return () => this.#lossListeners.delete(listener);
  }

  /**
   * The parts of the answer; undefined where the engine is away or does not answer within the time. A reader gets the
   * state without the engine's part then.
   */
  async query(what: QueryWhat, withinMs = 2000): Promise<readonly QueryReply[] | undefined> {
    const parts: QueryReply[] = [];
    const isWhole = await this.stream(what, (part) => parts.push(part), withinMs);
    return isWhole ? parts : undefined;
  }

  /**
   * As `query`, with each part given as it comes and kept by nobody: for answers of a million entries. Resolves with whether
   * the answer came to its end.
   */
  async stream(what: QueryWhat, onPart: (part: QueryReply) => void, withinMs = QUERY_DEADLINE_MS): Promise<boolean> {
    const connection = this.#connection;
    if (connection === undefined) return false;
    const answer = connection.request({ case: 'query', value: { what } }, QUERY_DEADLINE_MS, (part) => {
      if (part.case === 'query') onPart(part.value);
    });
    return await Promise.race([
      answer.then(
        () => true,
        () => false,
      ),
      new Promise<boolean>((resolve) => setTimeout(resolve, withinMs, false).unref()),
    ]);
  }

  /**
   * Has an ethernet segment's VLANs blocked and released, whatever transaction is open. Resolves once that is effective on
   * every worker, or with why the engine refuses; undefined: the engine is away, or went away meanwhile.
   */
  async segmentOrder(
    order: MessageInitShape<typeof SegmentOrderSchema>,
  ): Promise<SegmentOrderReply | { readonly refused: string } | undefined> {
    const answer = await this.#ask({ case: 'segmentOrder', value: order }, ORDER_DEADLINE_MS);
    if (answer instanceof EngineError) return { refused: answer.message };
    return !(answer instanceof EngineLostError) && answer.case === 'segmentOrder' ? answer.value : undefined;
  }

  /**
   * Asks the engine to do something that is no transaction. Undefined where it is away, or goes before it has answered;
   * throws FaultError at `path` where it refuses. One that has not answered within the time is as good as gone.
   */
  async request(body: RequestBody, withinMs: number, path: string): Promise<ReplyBody | undefined> {
    const answer = await this.#ask(body, withinMs);
    if (answer instanceof EngineError) throw new FaultError(refusalFault(answer, path));
    return answer instanceof EngineLostError ? undefined : answer;
  }

  /** Has addresses announced. Resolves once they are in the engine's queue, or with why not. */
  async announceMacs(what: MessageInitShape<typeof AnnounceMacsSchema>): Promise<string | undefined> {
    const answer = await this.#ask({ case: 'announceMacs', value: what }, ORDER_DEADLINE_MS);
    return answer instanceof Error ? answer.message : undefined;
  }

  /**
   * Has the neighbours of BFD sessions answer at once, and resolves with those that did not within the time; undefined: the
   * engine is away or refuses.
   */
  async bfdAsk(sessions: readonly string[], timeoutMs: number): Promise<readonly string[] | undefined> {
    const body: RequestBody = { case: 'bfdAsk', value: { sessions: [...sessions], timeoutMs } };
    const answer = await this.#ask(body, timeoutMs + ORDER_DEADLINE_MS);
    return !(answer instanceof Error) && answer.case === 'bfdAsk' ? answer.value.silent : undefined;
  }

  /** What the engine replies, why it refuses, or that it is away. */
  async #ask(body: RequestBody, withinMs: number): Promise<ReplyBody | EngineError | EngineLostError> {
    const connection = this.#connection;
    if (connection === undefined) return new EngineLostError('the engine is away');
    try {
      return await connection.request(body, withinMs);
    } catch (error) {
      if (error instanceof EngineError || error instanceof EngineLostError) return error;
      throw error;
    }
  }

  /** Sends a probe into VLANs of an ethernet segment. false: it was not sent. */
  segmentProbe(probe: MessageInitShape<typeof SegmentProbeSchema>): boolean {
    const connection = this.#connection;
    if (connection === undefined || this.#probes >= PROBES_MAX) return false;
    this.#probes += 1;
    const done = (): void => {
      this.#probes -= 1;
    };
    connection.request({ case: 'segmentProbe', value: probe }, ORDER_DEADLINE_MS).then(done, done);
    return true;
  }

  /**
   * Brings the engine to running as it is when its turn comes. Resolves when that is done or the engine is away (its
   * return replays anyway).
   */
  async replay(): Promise<void> {
    const done = await this.turn.take();
    try {
      if (this.#connection !== undefined) await this.#replayOn(this.#connection);
    } catch (error) {
      this.#dropAfter(error);
    } finally {
      done();
    }
  }

  async #run(): Promise<void> {
    // Until when a quick retry makes sense: the engine has just started or just gone.
    let quickUntil = performance.now() + QUICK_RETRY_FOR_MS;
    while (!this.#stopped) {
      const started = performance.now();
      try {
        await this.#session();
      } catch (error) {
        this.#complain((error as Error).message);
      }
      const ended = performance.now();
      if (ended - started > HEALTHY_SESSION_MS) quickUntil = ended + QUICK_RETRY_FOR_MS;
      if (!this.#stopped) await this.#pause(ended < quickUntil);
    }
  }

  /** One connection from its opening to its end. Rejects where there is none to be had. */
  async #session(): Promise<void> {
    const ended = Promise.withResolvers<Error>();
    const connection = await Connection.open(this.#options.socketPath, {
      onEvent: (event) => {
        for (const listener of this.#listeners) listener(event);
      },
      onClose: ended.resolve,
    });
    try {
      await this.#greet(connection);
      await this.replay();
      this.#complain((await ended.promise).message);
    } finally {
      connection.close(new EngineLostError('the connection is given up'));
      const wasThere = this.#connection !== undefined;
      this.#connection = undefined;
      this.#hello = undefined;
      clearTimeout(this.#again);
      if (wasThere) for (const listener of this.#lossListeners) listener();
    }
  }

  /** Hello, version, events. */
  async #greet(connection: Connection): Promise<void> {
    const hello: RequestBody = { case: 'hello', value: { major: ApiVersion.MAJOR, owner: this.#options.owner } };
    const reply = await connection.request(hello, HELLO_DEADLINE_MS);
    if (reply.case !== 'hello') throw new EngineLostError(`the engine answered hello with ${reply.case}`);
    if (reply.value.major !== ApiVersion.MAJOR) {
      throw new EngineLostError(`the engine speaks version ${reply.value.major}, not ${ApiVersion.MAJOR}`);
    }
    await connection.request({ case: 'subscribe', value: {} }, HELLO_DEADLINE_MS);
    this.#lastComplaint = '';
    this.#hello = reply.value;
    this.#connection = connection;
  }

  async #replayOn(connection: Connection): Promise<void> {
    clearTimeout(this.#again);
    const started = performance.now();
    const operations = arrange(this.#options.intent());
    const { commit, leftOut } = await replay(connection, operations);
    const changes = `${commit.created} created, ${commit.changed} changed, ${commit.deleted} deleted`;
    const took = Math.round(performance.now() - started);
    this.#options.log(`engine replayed: ${operations.length - leftOut.size} objects, ${changes}, ${took} ms`);
    for (const [object, { path, reason }] of leftOut) {
      if (this.leftOut.get(object)?.reason !== reason) this.#options.log(`engine refuses ${path}: ${reason}`);
    }
    this.leftOut = new Map(leftOut);
    for (const listener of this.#replayListeners) listener(operations);
    if (leftOut.size === 0) this.#againMs = AGAIN_FIRST_MS;
    else {
      this.#again = setTimeout(() => void this.replay(), this.#againMs).unref();
      this.#againMs = Math.min(this.#againMs * 2, AGAIN_LONGEST_MS);
    }
  }

  /** After a failed replay: an engine that cannot take the intent is connected to afresh. */
  #dropAfter(error: unknown): void {
    if (!(error instanceof EngineError) && !(error instanceof EngineLostError)) throw error;
    this.#connection?.close(new EngineLostError(`the replay failed: ${error.message}`));
  }

  /** Waits for the socket to appear, or a little. */
  #pause(quick: boolean): Promise<void> {
    return new Promise((resolve) => {
      let watcher: FSWatcher | undefined;
      const end = (): void => {
        clearTimeout(timer);
        watcher?.close();
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(end, quick ? QUICK_RETRY_MS : SLOW_RETRY_MS);
      this.#wake = end;
      if (quick) return;
      try {
        const name = basename(this.#options.socketPath);
        watcher = watch(dirname(this.#options.socketPath), (_, changed) => {
          if (changed === null || changed === name) end();
        });
        watcher.on('error', () => watcher?.close());
      } catch {
        // No folder yet: the timer is enough.
      }
    });
  }

  /** Says what is wrong once, not at every try. */
  #complain(message: string): void {
    if (message !== this.#lastComplaint && !this.#stopped) this.#options.log(`engine: ${message}`);
    this.#lastComplaint = message;
  }
}
