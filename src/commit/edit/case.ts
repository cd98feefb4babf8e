/** Choices (RFC 7950 section 7.9): the nodes of at most one case exist. */
import type { CaseNode, ChoiceNode, DataSchemaNode, SchemaNode } from '../../yang/schema/node.ts';

export interface Membership {
  readonly choice: ChoiceNode;
  readonly of: CaseNode;
  /** The data nodes of the choice's other cases. */
  readonly others: readonly DataSchemaNode[];
}

const memberships = new WeakMap<DataSchemaNode, readonly Membership[]>();

/** The cases that the node is in, innermost first; none beyond its data parent. */
export function casesOf(node: DataSchemaNode): readonly Membership[] {
  const known = memberships.get(node);
  if (known) return known;
  const found: Membership[] = [];
  for (let at = node.parent; at?.kind === 'choice' || at?.kind === 'case'; at = at.parent) {
    if (at.kind !== 'case' || at.parent?.kind !== 'choice') continue;
    const inside = at;
    const others = at.parent.cases.filter((other) => other !== inside).flatMap((other) => dataNodes(other.children));
    found.push({ choice: at.parent, of: at, others });
  }
  memberships.set(node, found);
  return found;
}

/** The data nodes among the nodes, through choices and cases. */
export function dataNodes(nodes: readonly SchemaNode[]): DataSchemaNode[] {
  return nodes.flatMap((node): DataSchemaNode[] => {
    switch (node.kind) {
      case 'choice':
        return node.cases.flatMap((one) => dataNodes(one.children));
      case 'case':
        return dataNodes(node.children);
      case 'container':
      case 'list':
      case 'leaf':
      case 'leaf-list':
      case 'anydata':
      case 'anyxml':
        return [node];
      default:
        return [];
    }
  });
}
