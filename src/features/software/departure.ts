/**
 * The machine restarts or is shut down by an operation. First what the operation needs is looked at, then the ethernet segments
 * are drained, then it is done: what is refused moves no VLAN.
 */
import { build, type PlainData } from '../../yang/data/build.ts';
import { findValue } from '../../yang/data/find.ts';
import type { DataNode } from '../../yang/data/node.ts';
import { FaultError } from '../../yang/fault.ts';
import type { OperationNode, Schema } from '../../yang/schema/node.ts';
import type { Drain, Remaining } from '../ethernet-segments/runtime/drain.ts';
import type { Publish } from '../notification.ts';

const NOTIFICATION = 'sluice-software:machine-ends';

export interface DepartureParts {
  readonly schema: Schema;
  /** All ethernet segments; resolves after `limitMs` at the latest. */
  readonly drain: (limitMs: number) => Promise<Drain>;
  readonly publish: Publish;
  readonly log: (message: string) => void;
}

export interface Departing {
  /** The rpc's name, as the notification has it. */
  readonly operation: 'try-slot' | 'rollback-slot' | 'system-restart' | 'system-shutdown' | 'factory-reset';
  /** Throws where it cannot be done. */
  readonly check?: () => void;
  /** Notes for the next start what it is to do; may throw, and the machine then stays. */
  readonly prepare?: () => void;
  /** Called once the reply is sent, or its session is gone. */
  readonly go: () => void;
}

export class Departure {
  readonly #parts: DepartureParts;
  readonly #notification: OperationNode;
  /** What is under way. */
  #pending: Departing['operation'] | undefined;

  constructor(parts: DepartureParts) {
    this.#parts = parts;
    const notification = parts.schema.notifications.get(NOTIFICATION);
    if (notification === undefined) throw new Error(`the schema has no ${NOTIFICATION}`);
    this.#notification = notification;
  }

  /** Resolves once the machine may go: with the outcome for the reply, and with what makes it go. */
  async begin(
    { operation, check, prepare, go }: Departing,
    input: readonly DataNode[],
  ): Promise<{ readonly outcome: PlainData; readonly after: () => void }> {
    if (this.#pending !== undefined) {
      const message = `${this.#pending} waits for the ethernet segments already: the machine goes when they are drained`;
      throw new FaultError({ type: 'application', tag: 'in-use', message });
    }
    check?.();
    this.#pending = operation;
    try {
      const seconds = Number(findValue(input, 'drain-time-limit') ?? 30);
      this.#parts.log(`${operation}: draining the ethernet segments, for ${seconds} s at most`);
      const { remaining, takeBack } = await this.#parts.drain(seconds * 1000);
      try {
        prepare?.();
      } catch (error) {
        takeBack();
        throw error;
      }
      this.#parts.log(`${operation}: ${text(remaining)}`);
      const outcome = outcomeOf(remaining);
      const children = build(this.#notification, { operation, ...outcome });
      this.#parts.publish({ node: this.#notification, children, at: new Date() });
      return {
        outcome,
        after: () => {
          // Where the machine does not go after all, it can be asked again.
          this.#pending = undefined;
          go();
        },
      };
    } catch (error) {
      this.#pending = undefined;
      throw error;
    }
  }
}

function outcomeOf(remaining: readonly Remaining[]): PlainData {
  return {
    drained: remaining.length === 0,
    remaining: remaining.map(({ segment, vlans, reason }) => ({ segment, vlan: vlans, reason })),
  };
}

function text(remaining: readonly Remaining[]): string {
  if (remaining.length === 0) return 'the ethernet segments are drained';
  return remaining
    .map(({ segment, vlans, reason }) => `ethernet segment ${segment} keeps VLANs ${vlans.join(', ')} (${reason})`)
    .join('; ');
}
