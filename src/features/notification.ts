/** A notification that a feature sends to whoever subscribed. */
import type { DataNode } from '../yang/data/node.ts';
import type { OperationNode } from '../yang/schema/node.ts';

export interface Notification {
  /** Which one it is. */
  readonly node: OperationNode;
  readonly children: readonly DataNode[];
  /** eventTime (RFC 5277). */
  readonly at: Date;
}

export type Publish = (notification: Notification) => void;
