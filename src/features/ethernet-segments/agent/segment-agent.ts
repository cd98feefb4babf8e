/** A segment in real time: keeps the state of the decision, takes its events one after the other, carries out what it asks. */
import type { Event } from '../decision/event.ts';
import type { Advert, Message, Probe } from '../decision/message.ts';
import type { Output } from '../decision/output.ts';
import type { Segment } from '../decision/segment.ts';
import type { State } from '../decision/state.ts';
import { type Beginning, initialState, step } from '../decision/step.ts';

export type Order = Extract<Output, { readonly type: 'block' | 'release' }>;
export type Notice = Extract<Output, { readonly type: 'notify' }>;

/** Who carries it out. Nothing of it may throw; all may give events to the agent before they return. */
export interface SegmentPorts {
  /** false: the peer does not read, and the bound of what waits for it is reached; the session is then reset. */
  readonly send: (peer: string, message: Message) => boolean;
  /**
   * Has the engine do it; resolves once it is effective on every worker. Does not resolve while the engine is away: its VLANs
   * may then still be forwarded, and nothing is granted for them.
   */
  readonly order: (order: Order) => Promise<void>;
  readonly probe: (probe: Probe) => void;
  readonly notify: (notice: Notice) => void;
  /** Whether all targets of core tracking answer now; false where nobody can say. */
  readonly checkCore: () => Promise<boolean>;
  /** Ends the session with the peer at once; `session … down` follows as an event. */
  readonly resetSession: (peer: string) => void;
  /** By EVPN routes (../evpn); needed where the segment has foreign PEs. */
  readonly announce?: (advert: Advert | undefined) => void;
  readonly drained: () => void;
  /** After each event: the state may be another. */
  readonly stepped?: () => void;
}

export class SegmentAgent {
  readonly #ports: SegmentPorts;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #events: Event[] = [];
  #state: State;
  #isStepping = false;
  #isClosed = false;
  /** Confirmations in the order of the orders, whatever the engine's order was. */
  #confirmed: Promise<void> = Promise.resolve();

  constructor(segment: Segment, beginning: Beginning, ports: SegmentPorts) {
    this.#ports = ports;
    this.#state = initialState(segment, beginning);
    this.take({ type: 'start' });
  }

  get state(): State {
    return this.#state;
  }

  /** An event that comes while another one is taken waits for its end. */
  take(event: Event): void {
    this.#events.push(event);
    if (this.#isStepping) return;
    this.#isStepping = true;
    for (let next = this.#events.shift(); next !== undefined && !this.#isClosed; next = this.#events.shift()) {
      const { state, outputs } = step(this.#state, next);
      this.#state = state;
      for (const output of outputs) this.#act(output);
    }
    this.#isStepping = false;
    if (!this.#isClosed) this.#ports.stepped?.();
  }

  /** Ends all timers. What the engine forwards it goes on forwarding. */
  close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #act(output: Output): void {
    switch (output.type) {
      case 'send':
        if (!this.#ports.send(output.peer, output.message)) this.#ports.resetSession(output.peer);
        return;
      case 'block':
      case 'release': {
        const done = this.#ports.order(output);
        const { order } = output;
        this.#confirmed = this.#confirmed.then(() => done).then(() => this.take({ type: 'confirmed', order }));
        return;
      }
      case 'probe':
        this.#ports.probe(output.probe);
        return;
      case 'check-core': {
        const { id } = output;
        void this.#ports.checkCore().then((full) => {
          if (!this.#isClosed) this.take({ type: 'core-checked', id, full });
        });
        return;
      }
      case 'timer':
        this.#setTimer(output.timer, output.afterMs);
        return;
      case 'notify':
        this.#ports.notify(output);
        return;
      case 'reset-session':
        this.#ports.resetSession(output.peer);
        return;
      case 'announce':
        this.#ports.announce?.(output.advert);
        return;
      case 'drained':
        this.#ports.drained();
    }
  }

  #setTimer(timer: string, afterMs: number): void {
    clearTimeout(this.#timers.get(timer));
    const running = setTimeout(() => {
      this.#timers.delete(timer);
      this.take({ type: 'timer', timer });
    }, afterMs);
    this.#timers.set(timer, running);
  }
}
