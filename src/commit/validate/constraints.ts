/**
 * What a schema asks of configuration, arranged for validation by difference: per row the checks that look at it, and
 * the inverse index, from what a check reads to the check (architecture.md, "One commit").
 */
import type { RowNode } from '../../datastore/view/view.ts';
import type { Constraint, DataSchemaNode, LeafListNode, LeafNode, ListNode } from '../../yang/schema/node.ts';
import type { DependencyRoute } from '../../yang/xpath/expression.ts';
import type { Requirement } from './requirement.ts';

interface Placed {
  /** Dense, in schema order. */
  readonly id: number;
  /** The row that holds the instances of `node`; undefined: the root. */
  readonly holder: RowNode | undefined;
}

export interface MustCheck extends Placed {
  readonly kind: 'must';
  readonly node: DataSchemaNode;
  readonly constraint: Constraint;
}

/** All `when`s of one node. */
export interface WhenCheck extends Placed {
  readonly kind: 'when';
  readonly node: DataSchemaNode;
}

/** A leaf or leaf-list whose type is, or has as a union member, a leafref or instance-identifier that needs its target. */
export interface ReferenceCheck extends Placed {
  readonly kind: 'reference';
  readonly node: LeafNode | LeafListNode;
}

/** What children an instance of the holder must and may have: mandatory, min-elements, max-elements. */
export interface StructureCheck extends Placed {
  readonly kind: 'structure';
  readonly requirements: readonly Requirement[];
}

export interface UniqueCheck extends Placed {
  readonly kind: 'unique';
  readonly node: ListNode;
  readonly leaves: readonly LeafNode[];
}

export type Check = MustCheck | WhenCheck | ReferenceCheck | StructureCheck | UniqueCheck;

/** "A change of what the trigger is filed under calls for the check in the contexts that `route` leads to." */
export interface Trigger {
  readonly check: Check;
  readonly route: DependencyRoute;
  /** Equal for triggers that lead from one row to the same contexts of the same check. */
  readonly way: number;
}

export interface ConstraintIndex {
  readonly checks: readonly Check[];
  /** The checks of each row: run whenever the row is made or changed. Key undefined: the root's. */
  readonly byRow: ReadonlyMap<RowNode | undefined, readonly Check[]>;
  /** By what is read. */
  readonly triggers: ReadonlyMap<DataSchemaNode, readonly Trigger[]>;
  /** By target: the leafrefs that lose their instance when a value of it goes. */
  readonly referrers: ReadonlyMap<DataSchemaNode, readonly ReferenceCheck[]>;
  /** Instance-identifiers that need their target: they may point to anything. */
  readonly identifiers: readonly ReferenceCheck[];
  /** `unique` statements by the rows, other than the entry's own, that hold one of their leaves. */
  readonly uniqueParts: ReadonlyMap<RowNode, readonly UniqueCheck[]>;
  /** Schema paths of the leaves that validation looks rows up by, for `IndexPlan`, leafrefs left out. */
  readonly indexes: readonly string[];
  /** Constraints whose cost follows the size of the configuration, for the report at start. */
  readonly uninvertible: readonly Uninvertible[];
}

export interface Uninvertible {
  /** Schema path of the node that has the constraint. */
  readonly path: string;
  /** The expression's text. */
  readonly source: string;
  /** Schema path of what it reads without a way back. */
  readonly reads: string;
}
