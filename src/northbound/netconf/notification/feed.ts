/**
 * The events of one stream on their way to one subscriber.
 *
 *     replay, or fell behind ──log──► catching up ──at the end of the log──► live ──► queue ──► session
 *                                         ▲                                             │ full
 *                                         └─────────────────────────────────────────────┘
 *
 * Whoever catches up reads the log as fast as the client reads, and takes live events from there, too: every event has its
 * number, so none is missing and none comes twice, and a slow subscriber costs no more memory than its queue.
 */
import type { LoggedEvent } from '../../../datastore/event-log.ts';
import { EvaluationTimeout } from '../filter/timed-tree.ts';
import type { NotificationSource, Outgoing } from '../session/outgoing.ts';
import type { Session } from '../session/session.ts';
import type { EventStream } from './event-streams.ts';
import type { EventFilter } from './match.ts';
import { OutgoingQueue } from './queue.ts';
import type { EventRecord } from './record.ts';
import type { Streams } from './streams.ts';
import { at } from './timer.ts';

export interface FeedOptions {
  readonly session: Session;
  readonly stream: EventStream;
  readonly filter: EventFilter | undefined;
  /** Replay from this time on, in milliseconds since 1970. */
  readonly replayFrom?: number;
  readonly stopAt?: number;
  /** Sent when all that was recorded at the beginning has been sent. */
  readonly replayed?: () => Outgoing;
  /** The stop time is reached and all until then has been sent; what it gives is the last that is sent. */
  readonly stopped: () => Outgoing | undefined;
  /** The filter takes too long on an event: given up. */
  readonly onFilterTimeout: () => void;
  /** Events are lost, because the log no longer reaches as far back as the subscriber is behind. */
  readonly onLost: (events: number) => void;
}

/** Events read from the log at a time, and how long one look for the next event to send may take. */
const BATCH = 64;
const LOOK_MS = 4;

export class EventFeed implements NotificationSource {
  readonly session: Session;
  stream: EventStream;
  filter: EventFilter | undefined;
  /** Events that were sent, and those that the filter or access control kept back. */
  sent = 0;
  excluded = 0;
  readonly #streams: Streams;
  readonly #options: FeedOptions;
  readonly #queue = new OutgoingQueue();
  /** The next event to read from the log; undefined: live. */
  #cursor: number | undefined;
  #batch: LoggedEvent[] = [];
  /** The last event that was recorded when a replay began, until the replay is complete. */
  #replayEnd: number | undefined;
  /** The last event before the stop time was reached. */
  #stopEnd: number | undefined;
  #stopAt: number | undefined;
  #cancelStop: (() => void) | undefined;
  #isOver = false;
  #isHeld = false;

  constructor(streams: Streams, options: FeedOptions) {
    this.#streams = streams;
    this.#options = options;
    this.session = options.session;
    this.stream = options.stream;
    this.filter = options.filter;
    const { log } = streams;
    if (options.replayFrom !== undefined) {
      this.#cursor = log.firstSince(options.replayFrom);
      this.#replayEnd = log.last;
    }
    this.stopAt = options.stopAt;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** How much waits to be sent. */
  get waiting(): number {
    return this.#queue.size;
  }

  set stopAt(time: number | undefined) {
    this.#cancelStop?.();
    this.#cancelStop = undefined;
    this.#stopAt = time;
    if (time === undefined) return;
    if (time <= Date.now()) this.#stop();
    else this.#cancelStop = at(time, () => this.#stop());
  }

  get stopAt(): number | undefined {
    return this.#stopAt;
  }

  /** Takes a live event. */
  offer(event: EventRecord): void {
    if (this.#isOver || this.#isHeld || this.#stopEnd !== undefined) return;
    if (this.#cursor !== undefined) {
      // It is read from the log when its turn comes.
      this.session.notify();
      return;
    }
    const wanted = this.#wanted(event);
    if (wanted === undefined) return;
    if (this.#queue.push(wanted.text)) this.sent++;
    else this.#cursor = event.seq;
    this.session.notify();
  }

  /** Sends what is no event of the stream: it is neither filtered nor lost. */
  tell(notification: Outgoing): void {
    this.#queue.pushAlways(notification);
    this.session.notify();
  }

  /** Sends nothing more of the stream, until `resume`. */
  hold(): void {
    this.#isHeld = true;
    this.#cursor ??= this.#streams.log.last + 1;
  }

  /** Goes on where it was held. */
  resume(): void {
    this.#isHeld = false;
    this.session.notify();
  }

  /** What waits is not sent any more. */
  drop(): void {
    this.#queue.clear();
  }

  /** What waits is still sent, and nothing after it. */
  end(): void {
    this.#isOver = true;
    this.#cancelStop?.();
    this.#cursor = undefined;
  }

  next(): Outgoing | undefined {
    const queued = this.#queue.next();
    if (queued !== undefined) return queued;
    if (this.#isOver || this.#isHeld) return undefined;
    if (this.#cursor !== undefined) {
      const found = this.#catchUp();
      if (found !== undefined || this.#cursor !== undefined) return found;
    }
    return this.#stopEnd === undefined || this.#isOver ? this.#queue.next() : this.#finish();
  }

  /** The next event of the log that is wanted; undefined: none now (`cursor` is undefined when it has caught up). */
  #catchUp(): Outgoing | undefined {
    const { log } = this.#streams;
    const until = performance.now() + LOOK_MS;
    for (;;) {
      const cursor = this.#cursor;
      if (cursor === undefined) return undefined;
      if (this.#replayEnd !== undefined && cursor > this.#replayEnd) {
        this.#replayEnd = undefined;
        const mark = this.#options.replayed?.();
        if (mark !== undefined) return mark;
      }
      if (cursor > Math.min(log.last, this.#stopEnd ?? Number.POSITIVE_INFINITY)) {
        this.#cursor = undefined;
        this.#batch = [];
        return undefined;
      }
      const event = this.#read(cursor);
      const wanted = event && this.#wanted(event);
      if (wanted !== undefined) {
        this.sent++;
        return wanted.text;
      }
      if (performance.now() > until) {
        setImmediate(() => this.session.notify());
        return undefined;
      }
    }
  }

  #read(cursor: number): EventRecord | undefined {
    const { log } = this.#streams;
    if (this.#batch.length === 0) {
      if (cursor < log.first && this.#replayEnd === undefined) this.#options.onLost(log.first - cursor);
      this.#batch = [...log.read(cursor, BATCH)].reverse();
    }
    const event = this.#batch.pop();
    // What is missing in the log is passed over.
    this.#cursor = event === undefined ? Math.max(cursor + 1, log.first) : event.seq + 1;
    if (event === undefined) return undefined;
    if (this.#stopEnd !== undefined && event.at > (this.#stopAt ?? 0)) return undefined;
    const { replayFrom } = this.#options;
    if (this.#replayEnd !== undefined && replayFrom !== undefined && event.at < replayFrom) return undefined;
    return this.#streams.record(event);
  }

  /** The event as far as the subscriber may see it, where the filter lets that through. */
  #wanted(event: EventRecord): EventRecord | undefined {
    if (!this.stream.carries(event.node)) return undefined;
    let wanted: EventRecord | undefined;
    try {
      const seen = this.#streams.seenBy(this.session, event);
      if (seen !== undefined && (this.filter?.matches(seen) ?? true)) wanted = seen;
    } catch (error) {
      if (!(error instanceof EvaluationTimeout)) throw error;
      this.#options.onFilterTimeout();
    }
    if (wanted === undefined) this.excluded++;
    return wanted;
  }

  #stop(): void {
    this.#stopEnd = this.#streams.log.last;
    this.session.notify();
  }

  #finish(): Outgoing | undefined {
    const mark = this.#options.stopped();
    this.end();
    return mark;
  }
}
