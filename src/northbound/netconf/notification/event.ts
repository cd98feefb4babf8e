/** An event as the stream carries it. */
import type { DataNode } from '../../../yang/data/node.ts';
import type { OperationNode } from '../../../yang/schema/node.ts';

export interface NotificationEvent {
  readonly node: OperationNode;
  readonly children: readonly DataNode[];
  /** eventTime (RFC 5277 section 2.2.1). */
  readonly at: Date;
}
