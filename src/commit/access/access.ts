/**
 * Access control as readers, editors and dispatchers ask for it (RFC 8341). Implemented by src/features/nacm; nothing
 * above it knows rules. A `Principal` is who asks; `decisions` fixes the rules in force at that moment, so that one
 * request is judged by one rule set.
 */
import type { Change, RowKey } from '../../datastore/view/view.ts';
import type { Fault } from '../../yang/fault.ts';
import type { DataSchemaNode, OperationNode, RpcNode } from '../../yang/schema/node.ts';

export interface Principal {
  readonly user: string;
  /** Groups that the transport or an authentication server reports (enable-external-groups); often none. */
  readonly externalGroups: readonly string[];
  /** The recovery session (RFC 8341 section 2, "recovery session"): no rule applies. */
  readonly recovery: boolean;
}

/** What may be done to data (RFC 8341 section 3.2.1), besides reading it. */
export type WriteOperation = 'create' | 'update' | 'delete';

/** `depends`: instances of the node, or nodes below it, are judged differently: ask for each. */
export type SchemaVerdict = 'permit' | 'deny' | 'depends';

export interface Decisions {
  /**
   * The verdict on reading all instances of the node and all that is below them. `permit` and `deny` spare the walk
   * from asking for each instance.
   */
  readable(node: DataSchemaNode): SchemaVerdict;
  /**
   * Whether one instance may be read. `row` is the row that the node is (list entry, leaf-list entry, container with a
   * row) or is a column of. A denied node is left out with everything below it (RFC 8341 section 3.2.4).
   */
  read(node: DataSchemaNode, row: RowKey): boolean;
  /**
   * The changes of an edit (or of a commit: its whole difference) that are not allowed, as `access-denied` faults
   * with the path; counts denied-data-writes. Empty: all allowed.
   *
   * @param isImplied whether a deletion is only the consequence of another change, which needs no right of its own
   */
  write(change: Change, isImplied?: (row: RowKey, node: DataSchemaNode) => boolean): readonly Fault[];
  /** Whether one instance may be created, changed or deleted, be it there or not. Counts nothing. */
  may(node: DataSchemaNode, row: RowKey, operation: WriteOperation): boolean;
  /** The faults of an edit that is refused for what it names, with these paths; counts denied-data-writes once. */
  refuse(paths: readonly string[]): readonly Fault[];
  /** Whether the rpc may be called; counts denied-operations. close-session is always allowed (section 3.2.5). */
  rpc(node: RpcNode): boolean;
  /** Whether the action may be called on the node whose row is given: read access to the path and exec access. */
  action(node: RpcNode, row: RowKey): boolean;
  /**
   * Whether the notification may be sent to the principal; counts denied-notifications. Of one that belongs to a data
   * node (RFC 7950 section 7.16) `row` is the row of that node, which and all above it has to be readable as well.
   */
  notification(node: OperationNode, row?: RowKey): boolean;
}

export interface AccessControl {
  decisions(principal: Principal): Decisions;
}

/** Where no rule applies: of the recovery session, and of what a caller brings itself. */
export const permitAll: Decisions = {
  readable: () => 'permit',
  read: () => true,
  write: () => [],
  may: () => true,
  refuse: () => [],
  rpc: () => true,
  action: () => true,
  notification: () => true,
};
