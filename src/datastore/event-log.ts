/**
 * The events that were published last, for replay (RFC 5277 section 2.2, RFC 8639 section 2.4.2.1):
 *
 *     seq[8] → at SP name SP xml        at: milliseconds since 1970 as decimal digits; name: module:notification
 *
 * Events are numbered from 1 without gaps. One is in memory at once and on the disk with the next commit's transaction, or
 * within FLUSH_MS where nothing is committed: nobody waits for it. What a kill -9 or a power cut takes is the events of the
 * last FLUSH_MS. How much is kept is bounded in number, bytes and age.
 */

import { END } from './key/key.ts';
import { fromUtf8, toUtf8 } from './key/key-codec.ts';
import type { Environment } from './lmdb/environment.ts';
import type { Reading } from './lmdb/table.ts';
import { WriteSet } from './lmdb/write-set.ts';

export interface LoggedEvent {
  readonly seq: number;
  /** When it happened, in milliseconds since 1970. */
  readonly at: number;
  /** `module:notification`. */
  readonly name: string;
  /** The notification's own element. */
  readonly xml: string;
}

export interface EventLogLimits {
  readonly events: number;
  /** Of the events' text. */
  readonly bytes: number;
  readonly ageMs: number;
  /** Bytes that wait for the disk. Beyond it, which takes a disk that refuses writes, the oldest are not recorded. */
  readonly waitingBytes: number;
}

export const EVENT_LOG_LIMITS: EventLogLimits = {
  events: 50_000,
  bytes: 64 * 2 ** 20,
  ageMs: 7 * 24 * 3_600_000,
  waitingBytes: 16 * 2 ** 20,
};

/** How long an event may be in memory only. */
export const FLUSH_MS = 250;
/** Events that stay in memory: those that wait and, at least, so many of the last ones. */
const RECENT = 256;
/** Old events are dropped so many at a time. */
const DROPS = 64;

const CREATED = 'events-created';
const AGED = 'events-aged';

export class EventLog {
  readonly #environment: Environment;
  readonly #limits: EventLogLimits;
  /** Number of the oldest event, and time and size of it and those after it. */
  #first = 1;
  #times: number[] = [];
  #sizes: number[] = [];
  #bytes = 0;
  readonly #recent = new Map<number, LoggedEvent>();
  /** The last event that is on the disk. */
  #stored = 0;
  #waitingBytes = 0;
  #created = Date.now();
  #aged: number | undefined;
  #isNew = true;
  /** Dropped since the last write. */
  #dropped: number[] = [];
  #isWriting = false;
  #flushing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(environment: Environment, limits: EventLogLimits = EVENT_LOG_LIMITS) {
    this.#environment = environment;
    this.#limits = limits;
  }

  load(reading: Reading): void {
    const { events, meta } = this.#environment.tables;
    const created = meta.get(CREATED, reading);
    if (created !== undefined) {
      this.#created = Number(created);
      this.#isNew = false;
    }
    const aged = meta.get(AGED, reading);
    if (aged !== undefined) this.#aged = Number(aged);
    let expected: number | undefined;
    for (const [key, value] of events.range('\0', END, reading)) {
      const seq = seqOf(key);
      // Numbers without gaps are what everything here goes by: what lies before a gap is left to be dropped.
      if (expected !== seq) this.#restart(seq);
      expected = seq + 1;
      this.#note(Number(value.slice(0, value.indexOf(' '))), value.length);
    }
    this.#stored = this.last;
    this.#drop();
  }

  /** Since when events are recorded (replayLogCreationTime). */
  get createdAt(): Date {
    return new Date(this.#created);
  }

  /** When the last event happened that is no longer recorded (replayLogAgedTime); undefined: none is missing. */
  get agedAt(): Date | undefined {
    return this.#aged === undefined ? undefined : new Date(this.#aged);
  }

  /** Number of the oldest event; above `last` where there is none. */
  get first(): number {
    return this.#first;
  }

  /** Number of the newest event. */
  get last(): number {
    return this.#first + this.#times.length - 1;
  }

  /** Records an event and returns its number. */
  append(at: number, name: string, xml: string): number {
    const event = { seq: this.last + 1, at, name, xml };
    this.#recent.set(event.seq, event);
    this.#note(at, xml.length);
    this.#waitingBytes += xml.length;
    if (this.#waitingBytes > this.#limits.waitingBytes && !this.#isWriting) this.#forgetWaiting();
    this.#forgetRecent();
    this.#drop();
    this.#schedule();
    return event.seq;
  }

  /** The first event at or after a time, if the clock did not go back; above `last` where there is none. */
  firstSince(at: number): number {
    const index = this.#times.findIndex((time) => time >= at);
    return index < 0 ? this.last + 1 : this.#first + index;
  }

  /** Up to `count` events from a number on; those that are gone are left out. */
  read(from: number, count: number): readonly LoggedEvent[] {
    const found: LoggedEvent[] = [];
    const start = Math.max(from, this.#first);
    const end = Math.min(start + count, this.last + 1);
    let seq = start;
    if (!this.#recent.has(seq) && seq < end) {
      const transaction = this.#environment.read();
      try {
        for (const [key, value] of this.#environment.tables.events.range(keyOf(seq), keyOf(end), { transaction })) {
          seq = seqOf(key);
          if (this.#recent.has(seq)) break;
          found.push(unpack(seq, value));
        }
      } finally {
        transaction.done();
      }
      seq = (found.at(-1)?.seq ?? start - 1) + 1;
    }
    for (; seq < end; seq++) {
      const event = this.#recent.get(seq);
      if (event !== undefined) found.push(event);
    }
    return found;
  }

  /**
   * Adds what waits to a transaction that is written anyway. The caller says what came of it; until then nothing else is
   * written. Undefined: there is nothing to add.
   */
  join(set: WriteSet): ((isStored: boolean) => void) | undefined {
    const { last } = this;
    if (this.#isWriting || (this.#stored >= last && this.#dropped.length === 0)) return undefined;
    const dropped = this.#dropped;
    this.#dropped = [];
    for (const seq of dropped) set.remove('events', keyOf(seq));
    let bytes = 0;
    for (let seq = Math.max(this.#stored + 1, this.#first); seq <= last; seq++) {
      const event = this.#recent.get(seq);
      if (event === undefined) continue;
      set.put('events', keyOf(seq), pack(event));
      bytes += event.xml.length;
    }
    if (this.#isNew) set.put('meta', CREATED, String(this.#created));
    if (this.#aged !== undefined && dropped.length > 0) set.put('meta', AGED, String(this.#aged));
    this.#isWriting = true;
    return (isStored) => {
      this.#isWriting = false;
      if (isStored) {
        this.#isNew = false;
        this.#stored = Math.max(this.#stored, last);
        this.#waitingBytes -= bytes;
        this.#forgetRecent();
      } else this.#dropped = [...dropped, ...this.#dropped];
      this.#schedule();
    };
  }

  /** Writes what waits. A disk that refuses it is tried again with the next event. */
  flush(): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#flush());
    return this.#flushing;
  }

  async close(): Promise<void> {
    await this.flush();
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const set = new WriteSet();
    const done = this.join(set);
    if (done === undefined) return;
    let isStored = false;
    try {
      await set.write(this.#environment);
      isStored = true;
    } catch {
      // Commits are refused by the same disk and say so; events are kept in memory, as far as the bound goes.
    }
    done(isStored);
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#isWriting || this.#isClosed) return;
    if (this.#stored >= this.last && this.#dropped.length === 0) return;
    this.#timer = setTimeout(() => void this.flush(), FLUSH_MS);
    this.#timer.unref();
  }

  #restart(seq: number): void {
    for (let old = this.#first; old <= this.last; old++) this.#dropped.push(old);
    this.#first = seq;
    this.#times = [];
    this.#sizes = [];
    this.#bytes = 0;
  }

  #note(at: number, size: number): void {
    this.#times.push(at);
    this.#sizes.push(size);
    this.#bytes += size;
  }

  /** Drops the oldest events as far as the bounds ask for it. */
  #drop(): void {
    const { events, bytes, ageMs } = this.#limits;
    const oldest = Date.now() - ageMs;
    const isDue = this.#times.length > events + DROPS || this.#bytes > bytes || (this.#times[0] ?? oldest) < oldest;
    if (!isDue) return;
    let count = 0;
    while (
      count < this.#times.length &&
      (this.#times.length - count > events ||
        this.#bytes > bytes - bytes / DROPS ||
        (count < DROPS && (this.#times[count] ?? 0) < oldest))
    ) {
      const seq = this.#first + count;
      this.#bytes -= this.#sizes[count] ?? 0;
      this.#aged = this.#times[count];
      this.#dropped.push(seq);
      count++;
    }
    this.#times = this.#times.slice(count);
    this.#sizes = this.#sizes.slice(count);
    this.#first += count;
  }

  /** Events that are on the disk need not be in memory, but for the last ones. */
  #forgetRecent(): void {
    for (const seq of this.#recent.keys()) {
      if (this.#recent.size <= RECENT || seq > this.#stored) break;
      this.#recent.delete(seq);
    }
  }

  /** The disk takes nothing: what waits is given up, and the log begins anew behind it. */
  #forgetWaiting(): void {
    this.#aged = this.#times.at(-1);
    this.#restart(this.last + 1);
    this.#recent.clear();
    this.#stored = this.last;
    this.#waitingBytes = 0;
  }
}

function pack({ at, name, xml }: LoggedEvent): string {
  return `${at} ${name} ${toUtf8(xml)}`;
}

function unpack(seq: number, value: string): LoggedEvent {
  const first = value.indexOf(' ');
  const second = value.indexOf(' ', first + 1);
  return {
    seq,
    at: Number(value.slice(0, first)),
    name: value.slice(first + 1, second),
    xml: fromUtf8(value.slice(second + 1)),
  };
}

function keyOf(seq: number): string {
  return word(Math.floor(seq / 0x100000000)) + word(seq >>> 0);
}

function seqOf(key: string): number {
  let seq = 0;
  for (let i = 0; i < 8; i++) seq = seq * 256 + key.charCodeAt(i);
  return seq;
}

function word(n: number): string {
  return String.fromCharCode((n >>> 24) & 0xff, (n >>> 16) & 0xff, (n >>> 8) & 0xff, n & 0xff);
}
