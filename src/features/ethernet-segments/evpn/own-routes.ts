/**
 * The routes that we announce, and what of them each session has still to hear: the newest state of each route, so that what
 * waits is bounded by the routes that there are. Withdrawals go first, then what the decision needs, then MAC addresses.
 */
import type { EvpnNlri } from './nlri.ts';

/** Routes with the same attributes go in one message: compared by identity. */
export interface RouteAttributes {
  /** 4 or 16 octets. */
  readonly nextHop: Uint8Array;
  readonly extendedCommunities: readonly Uint8Array[];
  readonly isMac: boolean;
}

export interface OwnRoute {
  readonly key: string;
  readonly nlri: EvpnNlri;
  readonly attributes: RouteAttributes;
}

export type Telling =
  | { readonly type: 'announce'; readonly announcement: RouteAttributes & { readonly nlri: readonly EvpnNlri[] } }
  | { readonly type: 'withdraw'; readonly nlri: readonly EvpnNlri[] }
  | { readonly type: 'end-of-rib' };

/** Routes in one message, about. */
const BATCH = 100;

/** Routes of addresses, of all segments; further addresses are left out. */
export const MAC_ROUTES_MAX = 131_072;

export class OwnRoutes {
  readonly #macsMax: number;
  readonly #routes = new Map<string, OwnRoute>();
  readonly #outboxes = new Map<string, Outbox>();

  #macs = 0;

  constructor(macsMax: number) {
    this.#macsMax = macsMax;
  }

  get size(): number {
    return this.#routes.size;
  }

  /** Whether there is room for the route of one more address. */
  get hasRoomForMac(): boolean {
    return this.#macs < this.#macsMax;
  }

  /** Returns whether it is a new one. */
  set(route: OwnRoute): boolean {
    const { key, nlri, attributes } = route;
    const before = this.#routes.get(key);
    if (before?.attributes === attributes && before.nlri.value.equals(nlri.value)) return false;
    this.#routes.set(key, route);
    if (before === undefined && attributes.isMac) this.#macs += 1;
    for (const outbox of this.#outboxes.values()) outbox.set(route);
    return before === undefined;
  }

  /** Returns whether it was there. */
  delete(key: string): boolean {
    const route = this.#routes.get(key);
    if (route === undefined) return false;
    this.#routes.delete(key);
    if (route.attributes.isMac) this.#macs -= 1;
    for (const outbox of this.#outboxes.values()) outbox.delete(route);
    return true;
  }

  /** A session that has heard nothing yet. */
  open(session: string): void {
    const outbox = new Outbox();
    for (const route of this.#routes.values()) outbox.set(route);
    this.#outboxes.set(session, outbox);
  }

  close(session: string): void {
    this.#outboxes.delete(session);
  }

  /**
   * The session hears all of them anew; what is to be withdrawn stays so. Who asks again before it has heard all hears them once
   * more after that: asking costs us no more than reading costs it.
   */
  refresh(session: string): void {
    const outbox = this.#outboxes.get(session);
    if (outbox === undefined) return;
    if (outbox.isIdle) for (const route of this.#routes.values()) outbox.set(route);
    else outbox.isRefreshDue = true;
  }

  /** Routes that the session has heard. */
  told(session: string): number {
    return this.#outboxes.get(session)?.told ?? 0;
  }

  next(session: string): Telling | undefined {
    const outbox = this.#outboxes.get(session);
    const telling = outbox?.next();
    if (telling !== undefined || outbox?.isRefreshDue !== true) return telling;
    outbox.isRefreshDue = false;
    this.refresh(session);
    return outbox.next();
  }
}

class Outbox {
  isRefreshDue = false;
  readonly #told = new Set<string>();
  readonly #withdrawn = new Map<string, EvpnNlri>();
  /** By attributes; of the decision, and of addresses. */
  readonly #waiting = [new Map<RouteAttributes, Map<string, EvpnNlri>>(), new Map()] as const;
  readonly #waitsAs = new Map<string, RouteAttributes>();
  #isEndTold = false;

  get told(): number {
    return this.#told.size;
  }

  /** Nothing waits. */
  get isIdle(): boolean {
    return this.#withdrawn.size === 0 && this.#waitsAs.size === 0;
  }

  set({ key, nlri, attributes }: OwnRoute): void {
    this.#forget(key);
    this.#withdrawn.delete(key);
    const groups = this.#waiting[attributes.isMac ? 1 : 0];
    const group = groups.get(attributes) ?? new Map<string, EvpnNlri>();
    groups.set(attributes, group.set(key, nlri));
    this.#waitsAs.set(key, attributes);
  }

  delete({ key, nlri }: OwnRoute): void {
    this.#forget(key);
    if (this.#told.has(key)) this.#withdrawn.set(key, nlri);
  }

  next(): Telling | undefined {
    if (this.#withdrawn.size > 0) {
      const nlri = this.#takeSome(this.#withdrawn, (key) => this.#told.delete(key));
      return { type: 'withdraw', nlri };
    }
    for (const groups of this.#waiting) {
      for (const [attributes, group] of groups) {
        const nlri = this.#takeSome(group, (key) => {
          this.#told.add(key);
          this.#waitsAs.delete(key);
        });
        if (group.size === 0) groups.delete(attributes);
        return { type: 'announce', announcement: { ...attributes, nlri } };
      }
    }
    if (this.#isEndTold) return undefined;
    this.#isEndTold = true;
    return { type: 'end-of-rib' };
  }

  #takeSome(from: Map<string, EvpnNlri>, taken: (key: string) => void): readonly EvpnNlri[] {
    const some: EvpnNlri[] = [];
    for (const [key, nlri] of from) {
      some.push(nlri);
      from.delete(key);
      taken(key);
      if (some.length === BATCH) break;
    }
    return some;
  }

  #forget(key: string): void {
    const attributes = this.#waitsAs.get(key);
    if (attributes === undefined) return;
    this.#waitsAs.delete(key);
    const groups = this.#waiting[attributes.isMac ? 1 : 0];
    const group = groups.get(attributes);
    group?.delete(key);
    if (group?.size === 0) groups.delete(attributes);
  }
}
