/** Orders of the decision → the engine, one after the other, also those that have to be tried again. */
import { addressBytes } from '../../address.ts';
import { orLate } from '../../or-late.ts';
import type { Order } from '../agent/segment-agent.ts';
import { intersection, isEmpty, NO_VLANS, type VlanSet } from '../decision/vlan-set.ts';
import type { EthernetSegment } from '../model.ts';
import { vlanBytes } from '../vlan-ranges.ts';
import type { SegmentEngine } from './engine.ts';
import { makesForget } from './methods.ts';

/** Before an order that the engine refused is tried again, unless the configuration becomes another sooner. */
const AGAIN_MS = 1000;

type EngineOrder = Parameters<SegmentEngine['segmentOrder']>[0];

export interface OrdersParts {
  readonly engine: Pick<SegmentEngine, 'segmentOrder'>;
  /** Before the engine opens them. */
  readonly releasing: (vlans: VlanSet) => void;
  readonly log: (message: string) => void;
}

/** What orders follow from. */
export interface Ordered {
  readonly configured: EthernetSegment;
  /** Methods by which the CE is told. */
  readonly methods: readonly string[];
  /** VLANs that the engine's segment has; none while it has no such segment. */
  readonly inEngine: VlanSet;
}

export class Orders {
  readonly #parts: OrdersParts;
  #ordered: Ordered;
  #last: Promise<void> = Promise.resolve();
  #reconfigured = Promise.withResolvers<void>();
  /** Of agents; orders of one that ended are forgotten. */
  #generation = 0;

  constructor(ordered: Ordered, parts: OrdersParts) {
    this.#ordered = ordered;
    this.#parts = parts;
  }

  get inEngine(): VlanSet {
    return this.#ordered.inEngine;
  }

  configure(ordered: Ordered): void {
    this.#ordered = ordered;
    this.#reconfigured.resolve();
    this.#reconfigured = Promise.withResolvers();
  }

  /** The engine is away. */
  forget(): void {
    this.#ordered = { ...this.#ordered, inEngine: NO_VLANS };
    this.#generation += 1;
    this.#last = Promise.resolve();
  }

  /**
   * Resolves with when it was effective, milliseconds since 1970. Not when the engine goes away: the agent ends then, and the
   * next one asks what is so.
   */
  carryOut(order: Order): Promise<number> {
    const generation = this.#generation;
    const done = this.#last.then(() => this.#carryOut(order, generation));
    this.#last = done.then(() => {});
    return done;
  }

  async #carryOut(order: Order, generation: number): Promise<number> {
    while (generation === this.#generation) {
      // What the engine's segment has no more, it neither blocks nor releases.
      const vlans = intersection(order.vlans, this.#ordered.inEngine);
      if (isEmpty(vlans)) return Date.now();
      if (order.type === 'release') this.#parts.releasing(vlans);
      const reply = await this.#parts.engine.segmentOrder(this.#orderOf(order, vlans));
      if (reply === undefined) break;
      if (!('refused' in reply)) return Number(reply.effectiveAtNs) / 1e6;
      this.#parts.log(
        `ethernet segment ${this.#ordered.configured.name}: the engine refuses an order: ${reply.refused}`,
      );
      await orLate(AGAIN_MS, this.#reconfigured.promise);
    }
    return await new Promise<never>(() => {});
  }

  #orderOf(order: Order, vlans: VlanSet): EngineOrder {
    const { configured, methods } = this.#ordered;
    const { name: segment, redirect } = configured;
    if (order.type === 'release') {
      // What the CE floods then comes from it and from the PE before.
      const isFlooded = redirect !== undefined && makesForget(methods);
      return { segment, release: vlanBytes(vlans), ...(isFlooded ? { peersRedirectMs: redirect.graceMs } : {}) };
    }
    if (order.redirectTo === undefined || redirect === undefined) return { segment, block: vlanBytes(vlans) };
    const redirectTo = addressBytes(order.redirectTo);
    return { segment, block: vlanBytes(vlans), redirectTo, redirectMs: redirect.graceMs };
  }
}
