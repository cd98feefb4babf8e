/** Instance data in memory: rpc input and output, notifications, the payload of an edit. Configuration lives in rows. */
import type { DataSchemaNode } from '../schema/node.ts';

export type EditOperation = 'merge' | 'replace' | 'create' | 'delete' | 'remove' | 'none';

/** What attributes of an edit say of a node (RFC 6241 section 7.2, RFC 7950 sections 7.8.6 and 7.7.9, RFC 6243). */
export interface NodeAttributes {
  readonly operation?: EditOperation;
  readonly insert?: 'first' | 'last' | 'before' | 'after';
  /** Canonical key values (list) of the entry that `insert` refers to. */
  readonly insertKey?: readonly string[];
  /** Canonical value (leaf-list) of the entry that `insert` refers to. */
  readonly insertValue?: string;
  /** The wd:default attribute. */
  readonly isDefault?: boolean;
}

export interface DataNode {
  readonly schema: DataSchemaNode;
  /** leaf and leaf-list: canonical. Undefined in an edit for a leaf without content (delete, remove). */
  readonly value?: string;
  /** container and list, in the order given; a list entry's keys are among them, first. */
  readonly children?: readonly DataNode[];
  /** anydata and anyxml: inner XML with all namespace declarations that it needs. */
  readonly xml?: string;
  readonly attributes?: NodeAttributes;
}
