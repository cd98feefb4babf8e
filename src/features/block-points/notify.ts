/** The engine's block point events → the notification block-point-change. */
import type { PlannedOperation } from '../../commit/feature.ts';
import { BlockCause, type BlockPointEvent, type Event } from '../../engine/gen/sluice_pb.js';
import type { EnginePlannedOperation } from '../../engine/operation.ts';
import type { DataNode } from '../../yang/data/node.ts';
import type { DataSchemaNode, OperationNode, Parent, Schema } from '../../yang/schema/node.ts';
import type { Publish } from '../notification.ts';
import { dateAndTimeOfNs } from '../time.ts';
import { vlanOf } from './model.ts';
import { causes } from './state.ts';

type Change = Pick<BlockPointEvent, 'name' | 'port' | 'vid' | 'blocked' | 'cause' | 'effectiveAtNs' | 'methods'>;

const NOTIFICATION = 'sluice-block-points:block-point-change';

export class BlockPointNotifier {
  readonly #node: OperationNode;
  readonly #publish: Publish;
  /**
   * Block points that are effective as far as subscribers know, by the engine's name. An engine that restarts sets them
   * anew by its replay, which is no change to anybody; one that was released while it was away it never hears of.
   */
  readonly #blocked = new Map<string, Change>();

  constructor(schema: Schema, publish: Publish) {
    const node = schema.notifications.get(NOTIFICATION);
    if (node === undefined) throw new Error(`the schema has no notification ${NOTIFICATION}`);
    this.#node = node;
    this.#publish = publish;
  }

  /** Takes an event of the engine; publishes before it returns. */
  onEvent(event: Event): void {
    if (event.what.case !== 'blockPoint') return;
    const change = event.what.value;
    if (change.blocked) {
      if (this.#blocked.has(change.name)) return;
      this.#blocked.set(change.name, change);
    } else this.#blocked.delete(change.name);
    this.#tell(change);
  }

  /** Takes what the engine was told by a replay: all that it holds now. */
  onReplay(operations: readonly PlannedOperation[]): void {
    if (this.#blocked.size === 0) return;
    const held = new Set<string | undefined>();
    // Ports with an ethernet segment: an engine that restarts blocks all of its VLANs, without an event for each.
    const segments = new Set<string | undefined>();
    for (const { operation } of operations as readonly EnginePlannedOperation[]) {
      if (operation.case === 'setBlockPoint') held.add(operation.value.name);
      if (operation.case === 'setEthernetSegment') segments.add(operation.value.port);
    }
    for (const [name, change] of this.#blocked) {
      if (held.has(name) || (change.cause === BlockCause.ELECTION && segments.has(change.port))) continue;
      this.#blocked.delete(name);
      this.#tell({ ...change, blocked: false, effectiveAtNs: BigInt(Date.now()) * 1_000_000n, methods: [] });
    }
  }

  #tell(change: Change): void {
    this.#publish({ node: this.#node, children: this.#children(change), at: new Date() });
  }

  #children(change: Change): DataNode[] {
    const [oldState, newState] = change.blocked ? ['forwarding', 'blocked'] : ['blocked', 'forwarding'];
    const cause = causes.get(change.cause);
    const method = child(this.#node, 'method');
    return [
      leaf(this.#node, 'port', change.port),
      leaf(this.#node, 'vlan-id', vlanOf(change.vid)),
      leaf(this.#node, 'old-state', oldState as string),
      leaf(this.#node, 'new-state', newState as string),
      ...(cause === undefined ? [] : [leaf(this.#node, 'cause', cause)]),
      leaf(this.#node, 'changed-at', dateAndTimeOfNs(change.effectiveAtNs)),
      ...change.methods.map(({ method: name, frames, firstSentNs }) => ({
        schema: method,
        children: [
          leaf(method as Parent, 'name', name),
          leaf(method as Parent, 'frames', String(frames)),
          ...(firstSentNs > 0n ? [leaf(method as Parent, 'first-sent-at', dateAndTimeOfNs(firstSentNs))] : []),
        ],
      })),
    ];
  }
}

function child(parent: Parent, name: string): DataSchemaNode {
  const node = parent.dataChildren.get(`sluice-block-points:${name}`);
  if (node === undefined) throw new Error(`${NOTIFICATION} has no ${name}`);
  return node;
}

function leaf(parent: Parent, name: string, value: string): DataNode {
  return { schema: child(parent, name), value };
}
