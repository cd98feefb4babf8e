/** A subscription to an event stream. */
import type { Schema } from '../../../../yang/schema/node.ts';
import type { Session } from '../../session/session.ts';
import type { EventFeed } from '../feed.ts';
import { EventFilter } from '../match.ts';
import type { Streams } from '../streams.ts';
import type { Notices } from './notices.ts';
import type { Subscription, TerminatedReason } from './subscription.ts';
import type { StreamTerms, Terms } from './terms.ts';

export interface StreamParts {
  readonly schema: Schema;
  readonly streams: Streams;
  readonly notices: Notices;
  /** It is over by itself: at its stop time, or for a reason that its receiver is told. */
  readonly onOver: (id: number, reason?: TerminatedReason) => void;
}

export class StreamSubscription implements Subscription {
  readonly id: number;
  readonly session: Session;
  readonly isSuspended = false;
  readonly #parts: StreamParts;
  readonly #feed: EventFeed;
  #terms: StreamTerms;

  constructor(parts: StreamParts, id: number, session: Session, terms: StreamTerms) {
    this.id = id;
    this.session = session;
    this.#parts = parts;
    this.#terms = terms;
    const { streams, notices, onOver } = parts;
    this.#feed = streams.open({
      session,
      stream: terms.stream,
      filter: this.#filter(terms),
      ...(terms.replayFrom === undefined ? {} : { replayFrom: terms.replayFrom }),
      ...(terms.stopAt === undefined ? {} : { stopAt: terms.stopAt }),
      replayed: () => notices.replayCompleted(id),
      stopped: () => {
        onOver(id);
        return undefined;
      },
      onFilterTimeout: () => onOver(id, 'filter-unavailable'),
      // It was behind by more than is recorded: what it gets next does not follow on what it got last.
      onLost: () => {
        this.#feed.tell(notices.suspended(id, 'insufficient-resources'));
        this.#feed.tell(notices.resumed(id));
      },
    });
    session.notify();
  }

  get terms(): Terms {
    return this.#terms;
  }

  get sent(): number {
    return this.#feed.sent;
  }

  get excluded(): number {
    return this.#feed.excluded;
  }

  modify(terms: Terms, notice: string): void {
    if (terms.kind !== 'stream') throw new Error('a subscription to a stream stays one');
    this.#terms = terms;
    this.#feed.tell(notice);
    this.#feed.filter = this.#filter(terms);
    this.#feed.stopAt = terms.stopAt;
  }

  end(notice?: string): void {
    if (notice === undefined) this.#feed.drop();
    this.#parts.streams.close(this.#feed, notice);
  }

  #filter({ filter }: StreamTerms): EventFilter | undefined {
    return filter === undefined ? undefined : new EventFilter(this.#parts.schema, filter.filter);
  }
}
