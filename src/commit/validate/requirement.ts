/** What children an instance must and may have (RFC 7950 sections 7.6.5, 7.7.5, 7.7.6, 7.9.4), one row's part of the schema. */
import { asRow } from '../../datastore/row/shape.ts';
import type {
  AnydataNode,
  CaseNode,
  ChoiceNode,
  ContainerNode,
  DataSchemaNode,
  LeafListNode,
  LeafNode,
  ListNode,
  SchemaNode,
} from '../../yang/schema/node.ts';
import { dataNodes } from '../edit/case.ts';

export type Requirement =
  | { readonly kind: 'mandatory'; readonly node: LeafNode | AnydataNode }
  | { readonly kind: 'count'; readonly node: ListNode | LeafListNode }
  /** A non-presence container: what is inside is asked of the row that holds it. */
  | { readonly kind: 'inside'; readonly node: ContainerNode; readonly requirements: readonly Requirement[] }
  | {
      readonly kind: 'choice';
      readonly node: ChoiceNode;
      readonly members: readonly DataSchemaNode[];
      readonly cases: readonly CaseRequirement[];
    };

export interface CaseRequirement {
  readonly node: CaseNode;
  readonly members: readonly DataSchemaNode[];
  readonly requirements: readonly Requirement[];
}

/** The requirements among schema children; what asks for nothing is left out. */
export function requirementsOf(children: readonly SchemaNode[]): Requirement[] {
  return children.flatMap((node): Requirement[] => {
    switch (node.kind) {
      case 'leaf':
      case 'anydata':
      case 'anyxml':
        return node.config && node.mandatory && !(node.kind === 'leaf' && node.isKey)
          ? [{ kind: 'mandatory', node }]
          : [];
      case 'list':
      case 'leaf-list':
        return node.config && (node.minElements > 0 || node.maxElements !== Number.POSITIVE_INFINITY)
          ? [{ kind: 'count', node }]
          : [];
      case 'container': {
        if (!node.config || asRow(node)) return [];
        const requirements = requirementsOf(node.children);
        return requirements.length > 0 ? [{ kind: 'inside', node, requirements }] : [];
      }
      case 'choice': {
        const cases = node.cases
          .map((one) => ({
            node: one,
            members: configuration(one.children),
            requirements: requirementsOf(one.children),
          }))
          .filter((one) => one.members.length > 0);
        const members = cases.flatMap((one) => one.members);
        const asks = (node.config && node.mandatory) || cases.some((one) => one.requirements.length > 0);
        return asks && members.length > 0 ? [{ kind: 'choice', node, members, cases }] : [];
      }
      default:
        return [];
    }
  });
}

function configuration(nodes: readonly SchemaNode[]): DataSchemaNode[] {
  return dataNodes(nodes).filter((node) => node.config);
}
