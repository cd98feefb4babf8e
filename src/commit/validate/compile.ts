/** From a schema to the index that validation works by. Done once, when the schema is loaded. */
import { asRow } from '../../datastore/row/shape.ts';
import type { RowNode } from '../../datastore/view/view.ts';
import type { Constraint, DataSchemaNode, LeafListNode, LeafNode, Schema } from '../../yang/schema/node.ts';
import type { Type } from '../../yang/type/type.ts';
import type { DependencyRoute, Expression } from '../../yang/xpath/expression.ts';
import type {
  Check,
  ConstraintIndex,
  MustCheck,
  ReferenceCheck,
  StructureCheck,
  Trigger,
  Uninvertible,
  UniqueCheck,
  WhenCheck,
} from './constraints.ts';
import { requirementsOf } from './requirement.ts';

/** Compiles all constraints on configuration. */
export function compileConstraints(schema: Schema): ConstraintIndex {
  return new ConstraintCompiler(schema).compile();
}

class ConstraintCompiler {
  readonly #schema: Schema;
  readonly #checks: Check[] = [];
  readonly #byRow = new Map<RowNode | undefined, Check[]>();
  readonly #triggers = new Map<DataSchemaNode, Trigger[]>();
  readonly #referrers = new Map<DataSchemaNode, ReferenceCheck[]>();
  readonly #identifiers: ReferenceCheck[] = [];
  readonly #uniqueParts = new Map<RowNode, UniqueCheck[]>();
  readonly #indexes = new Set<string>();
  readonly #uninvertible: Uninvertible[] = [];
  readonly #ways = new Map<string, number>();

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  compile(): ConstraintIndex {
    this.#structure(undefined, [...this.#schema.children]);
    for (const node of this.#schema.dataChildren.values()) this.#visit(node, undefined);
    return {
      checks: this.#checks,
      byRow: this.#byRow,
      triggers: this.#triggers,
      referrers: this.#referrers,
      identifiers: this.#identifiers,
      uniqueParts: this.#uniqueParts,
      indexes: [...this.#indexes],
      uninvertible: this.#uninvertible,
    };
  }

  #visit(node: DataSchemaNode, above: RowNode | undefined): void {
    if (!node.config) return;
    const holder = asRow(node) ?? above;
    if (node.whens.length > 0) this.#when(node, holder);
    for (const constraint of node.musts) this.#must(node, holder, constraint);
    if (node.kind === 'leaf' || node.kind === 'leaf-list') this.#reference(node, holder);
    if (node.kind !== 'list' && node.kind !== 'container') return;
    if (asRow(node)) this.#structure(asRow(node), [...node.children]);
    if (node.kind === 'list') {
      for (const leaves of node.uniques) {
        const check: UniqueCheck = { id: this.#checks.length, kind: 'unique', holder: node, node, leaves };
        this.#file(check);
        for (const part of rowsBetween(leaves, node)) append(this.#uniqueParts, part, check);
      }
    }
    for (const child of node.dataChildren.values()) this.#visit(child, holder);
  }

  #must(node: DataSchemaNode, holder: RowNode | undefined, constraint: Constraint): void {
    const check: MustCheck = { id: this.#checks.length, kind: 'must', holder, node, constraint };
    this.#file(check);
    this.#trigger(check, constraint.expression, node);
  }

  #when(node: DataSchemaNode, holder: RowNode | undefined): void {
    const check: WhenCheck = { id: this.#checks.length, kind: 'when', holder, node };
    this.#file(check);
    for (const { expression, context } of node.whens) {
      this.#trigger(check, expression, context === 'self' ? node : dataParent(node));
    }
  }

  #reference(node: LeafNode | LeafListNode, holder: RowNode | undefined): void {
    const types = membersOf(node.type);
    const leafrefs = types.filter((type) => type.leafref?.requireInstance);
    const identifier = types.some((type) => type.base === 'instance-identifier' && type.requireInstance !== false);
    if (leafrefs.length === 0 && !identifier) return;
    const check: ReferenceCheck = { id: this.#checks.length, kind: 'reference', holder, node };
    this.#file(check);
    if (identifier) {
      this.#identifiers.push(check);
      this.#indexes.add(node.path);
    }
    for (const { leafref } of leafrefs) {
      if (!leafref) continue;
      append(this.#referrers, leafref.target, check);
      // A path without predicates depends on the target's values alone, which the index of the referrer inverts.
      if (leafref.path.expression.source.includes('[')) this.#trigger(check, leafref.path.expression, node);
      else if (!isOnlyKey(leafref.target) && leafref.target.config) this.#indexes.add(leafref.target.path);
    }
  }

  #structure(holder: RowNode | undefined, children: Parameters<typeof requirementsOf>[0]): void {
    const requirements = requirementsOf(children);
    if (requirements.length === 0) return;
    const check: StructureCheck = { id: this.#checks.length, kind: 'structure', holder, requirements };
    this.#file(check);
  }

  #file(check: Check): void {
    this.#checks.push(check);
    append(this.#byRow, check.holder, check);
  }

  #way(check: Check, route: DependencyRoute): number {
    const ends =
      route.kind === 'join'
        ? [route.list, route.key, route.by].map(({ index }) => index)
        : route.kind === 'ancestor'
          ? [route.node?.index]
          : [];
    const name = [check.id, route.kind, ...ends].join(' ');
    const known = this.#ways.get(name) ?? this.#ways.size;
    this.#ways.set(name, known);
    return known;
  }

  #trigger(check: MustCheck | WhenCheck | ReferenceCheck, expression: Expression, context: DataSchemaNode | undefined) {
    for (const { reads, via } of expression.dependencies(this.#schema, context)) {
      append(this.#triggers, reads, { check, route: via, way: this.#way(check, via) });
      if (via.kind === 'join') this.#indexes.add(via.by.path);
      if (via.kind === 'whole' && reads.config) {
        this.#uninvertible.push({ path: check.node.path, source: expression.source, reads: reads.path });
      }
    }
  }
}

/** The type, or of a union its members, those of unions among them too. */
export function membersOf(type: Type): readonly Type[] {
  return type.members ? type.members.flatMap(membersOf) : [type];
}

/** Whether its values are found by the key of one list: no index is needed. */
export function isOnlyKey(leaf: LeafNode | LeafListNode): boolean {
  const list = leaf.dataParent;
  return leaf.kind === 'leaf' && leaf.isKey && list?.kind === 'list' && list.keys.length === 1;
}

function dataParent(node: DataSchemaNode): DataSchemaNode | undefined {
  const parent = node.dataParent;
  return parent && 'index' in parent ? parent : undefined;
}

/** Presence containers between the entries of a list and leaves of its `unique`. */
function rowsBetween(leaves: readonly LeafNode[], list: DataSchemaNode): Set<RowNode> {
  const rows = new Set<RowNode>();
  for (const leaf of leaves) {
    for (let at = dataParent(leaf); at !== undefined && at !== list; at = dataParent(at)) {
      const row = asRow(at);
      if (row) rows.add(row);
    }
  }
  return rows;
}

function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
