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

export class OwnRoutes {
  readonly #routes = new Map<string, OwnRoute>();
  readonly #outboxes = new Map<string, Outbox>();

  get size(): number {
    return this.#routes.size;
  }

  set(route: OwnRoute): void {
    const { key, attributes } = route;
    if (this.#routes.get(key)?.attributes === attributes) return;
    this.#routes.set(key, route);
    for (const outbox of this.#outboxes.values()) outbox.set(route);
  }

  delete(key: string): void {
    const route = this.#routes.get(key);
    if (route === undefined) return;
    this.#routes.delete(key);
    for (const outbox of this.#outboxes.values()) outbox.delete(route);
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

  next(session: string): Telling | undefined {
    return this.#outboxes.get(session)?.next();
  }
}

class Outbox {
  readonly #told = new Set<string>();
  readonly #withdrawn = new Map<string, EvpnNlri>();
  /** By attributes; of the decision, and of addresses. */
  readonly #waiting = [new Map<RouteAttributes, Map<string, EvpnNlri>>(), new Map()] as const;
  readonly #waitsAs = new Map<string, RouteAttributes>();
  #isEndTold = false;

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
