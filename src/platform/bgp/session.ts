/**
 * One BGP session without its transport and its clock (RFC 4271 section 8, from OpenSent on): octets in, octets out. Routes
 * are asked for when there is room for them, so that nothing piles up before the other end has read.
 */

import type { Nlri } from './attributes.ts';
import { isError } from './attributes.ts';
import {
  type BgpError,
  bgpError,
  ErrorCode,
  encodeMessage,
  type Message,
  MessageAssembler,
  MessageType,
  notificationText,
} from './message.ts';
import { decodeOpen, EVPN, encodeOpen, type Open } from './open.ts';
import {
  type Announcement,
  decodeUpdate,
  encodeAnnouncement,
  encodeEndOfRib,
  encodeWithdrawal,
  type Update,
} from './update.ts';

/** What is to be told next. A batch is encoded as a whole: of some hundred routes. */
export type Telling =
  | { readonly type: 'announce'; readonly announcement: Announcement }
  | { readonly type: 'withdraw'; readonly nlri: readonly Nlri[] }
  /** All routes have been told once. */
  | { readonly type: 'end-of-rib' };

export interface LocalEnd {
  readonly as: number;
  /** 4 octets as a number, not 0 (RFC 6286). */
  readonly identifier: number;
  /** 0: no hold timer; else 3 or more. */
  readonly holdSeconds: number;
}

export interface SessionEvents {
  /** Its OPEN is here: an error refuses it, such as for a collision. */
  readonly opened: (open: Open) => BgpError | undefined;
  readonly established: () => void;
  /** An error ends the session. */
  readonly updated: (update: Update) => BgpError | undefined;
  /** The next routes to tell; undefined: none now. */
  readonly next: () => Telling | undefined;
  /** All routes are to be told anew (RFC 2918). */
  readonly refresh: () => void;
}

/** How a session ended: by our error, which the other end is told; or by its word. */
export type End = { readonly error: BgpError } | { readonly told: string };

/** RFC 2918 section 3. */
const REFRESH = Buffer.of(0, EVPN.afi, 0, EVPN.safi);

export type SessionState = 'OpenSent' | 'OpenConfirm' | 'Established';

export class BgpSession {
  state: SessionState = 'OpenSent';
  /** Messages that came whole. */
  received = 0;
  /** Messages that were taken. */
  sent = 0;
  readonly #local: LocalEnd;
  readonly #expectedAs: number;
  readonly #events: SessionEvents;
  readonly #assembler = new MessageAssembler();
  /** Encoded, not taken yet: OPEN, KEEPALIVE, one batch of routes. */
  readonly #messages: Buffer[];
  #open: Open | undefined;

  constructor(local: LocalEnd, expectedAs: number, events: SessionEvents) {
    this.#local = local;
    this.#expectedAs = expectedAs;
    this.#events = events;
    this.#messages = [encodeOpen(local)];
  }

  /** Of the other end, once its OPEN is here. */
  get open(): Open | undefined {
    return this.#open;
  }

  /** The lower of both hold times; 0: no hold timer. Undefined before the other's OPEN. */
  get holdSeconds(): number | undefined {
    return this.#open === undefined ? undefined : Math.min(this.#open.holdSeconds, this.#local.holdSeconds);
  }

  get isInternal(): boolean {
    return this.#expectedAs === this.#local.as;
  }

  keepAlive(): void {
    if (this.state !== 'OpenSent') this.#messages.push(encodeMessage(MessageType.keepalive, Buffer.alloc(0)));
  }

  /** Asks for all routes anew; false: the other end cannot, or there are none yet. */
  askAgain(): boolean {
    if (this.state !== 'Established' || this.#open?.hasRouteRefresh !== true) return false;
    this.#messages.push(encodeMessage(MessageType.routeRefresh, REFRESH));
    return true;
  }

  /** The next message; undefined: nothing to send now. */
  take(): Buffer | undefined {
    if (this.#messages.length === 0 && this.state === 'Established') {
      const telling = this.#events.next();
      if (telling !== undefined) this.#messages.push(...this.#encode(telling));
    }
    const message = this.#messages.shift();
    if (message !== undefined) this.sent += 1;
    return message;
  }

  /** Takes octets of the other end. */
  receive(octets: Buffer): End | undefined {
    const { messages, error } = this.#assembler.take(octets);
    for (const message of messages) {
      this.received += 1;
      const end = this.#take(message);
      if (end !== undefined) return end;
    }
    return error === undefined ? undefined : { error };
  }

  #take({ type, body }: Message): End | undefined {
    switch (type) {
      case MessageType.notification:
        return { told: notificationText(body) };
      case MessageType.open: {
        if (this.state !== 'OpenSent') return this.#unexpected(3, 'an OPEN');
        const error = this.#takeOpen(body);
        return error === undefined ? undefined : { error };
      }
      case MessageType.keepalive:
        if (this.state === 'OpenSent') return this.#unexpected(1, 'a KEEPALIVE');
        if (this.state === 'OpenConfirm') {
          this.state = 'Established';
          this.#events.established();
        }
        return undefined;
      case MessageType.update: {
        if (this.state !== 'Established') return this.#unexpected(this.state === 'OpenSent' ? 1 : 2, 'an UPDATE');
        const update = decodeUpdate(body, this.#circumstances());
        const error = isError(update) ? update : this.#events.updated(update);
        return error === undefined ? undefined : { error };
      }
      case MessageType.routeRefresh:
        // AFI (2), subtype (1, RFC 7313: only 0 asks), SAFI (1). Of another family: passed over (RFC 2918 section 4).
        if (this.state === 'Established' && body.equals(REFRESH)) this.#events.refresh();
        return undefined;
    }
  }

  #takeOpen(body: Buffer): BgpError | undefined {
    const open = decodeOpen(body);
    if (isError(open)) return open;
    const { as, identifier } = open;
    if (as !== this.#expectedAs) return bgpError(ErrorCode.open, 2, `AS ${as} in place of ${this.#expectedAs}`);
    if (this.isInternal && identifier === this.#local.identifier) {
      return bgpError(ErrorCode.open, 3, 'our own identifier');
    }
    if (!open.hasEvpn) {
      // RFC 5492 section 5: the capability that is missing is the data.
      return bgpError(ErrorCode.open, 7, 'no EVPN routes', Buffer.of(1, 4, 0, 25, 0, 70));
    }
    this.#open = open;
    const refused = this.#events.opened(open);
    if (refused !== undefined) return refused;
    this.state = 'OpenConfirm';
    this.keepAlive();
    return undefined;
  }

  #circumstances(): { readonly isInternal: boolean; readonly hasFourOctetAs: boolean } {
    return { isInternal: this.isInternal, hasFourOctetAs: this.#open?.hasFourOctetAs === true };
  }

  #encode(telling: Telling): Buffer[] {
    switch (telling.type) {
      case 'announce':
        return encodeAnnouncement(telling.announcement, { as: this.#local.as, ...this.#circumstances() });
      case 'withdraw':
        return encodeWithdrawal(telling.nlri);
      case 'end-of-rib':
        return [encodeEndOfRib()];
    }
  }

  /** RFC 6608. */
  #unexpected(subcode: number, what: string): End {
    return { error: bgpError(ErrorCode.fsm, subcode, `${what} in ${this.state}`) };
  }
}
