/** The tree of compiled nodes: with groupings, augments of all modules and deviations applied. */
import type { Module, SchemaNode } from '../schema/node.ts';
import { statusMark, type TreeNode } from './line.ts';
import { ifFeatures, typeText } from './written.ts';

/** @param flags what stands for configuration or state below: undefined where each node says it */
export function compiledTree(node: SchemaNode, module: Module, flags?: string): TreeNode {
  const isImplicitCase = node.kind === 'case' && node.origin.keyword !== 'case';
  const isPart = node.kind === 'input' || node.kind === 'output';
  return {
    status: statusMark(node.status),
    flags: flagsOf(node, flags),
    prefix: node.module === module ? '' : node.module.prefix,
    name: node.name,
    isChoiceOrCase: node.kind === 'choice' || node.kind === 'case',
    mark: markOf(node),
    keys: node.kind === 'list' ? node.keys.map(({ name }) => name) : [],
    type: node.kind === 'leaf' || node.kind === 'leaf-list' ? typeText(node.origin) : anyType(node),
    ifFeatures: isImplicitCase || isPart ? [] : ifFeatures(node.origin),
    children: childrenOf(node).map((child) => compiledTree(child, module, flagsBelow(node, flags))),
  };
}

function anyType(node: SchemaNode): string | undefined {
  return node.kind === 'anydata' || node.kind === 'anyxml' ? node.kind : undefined;
}

function flagsOf(node: SchemaNode, around: string | undefined): string | undefined {
  switch (node.kind) {
    case 'case':
      return undefined;
    case 'rpc':
    case 'action':
      return '-x';
    case 'notification':
      return '-n';
    case 'input':
      return '-w';
    case 'output':
      return 'ro';
    default:
      if (node.extensions.has('ietf-yang-schema-mount:mount-point')) return 'mp';
      return around ?? (node.config ? 'rw' : 'ro');
  }
}

function flagsBelow(node: SchemaNode, around: string | undefined): string | undefined {
  switch (node.kind) {
    case 'notification':
      return '--';
    case 'input':
      return '-w';
    case 'output':
      return 'ro';
    default:
      return around;
  }
}

function markOf(node: SchemaNode): TreeNode['mark'] {
  switch (node.kind) {
    case 'leaf':
      return node.mandatory || node.isKey ? '' : '?';
    case 'anydata':
    case 'anyxml':
    case 'choice':
      return node.mandatory ? '' : '?';
    case 'list':
    case 'leaf-list':
      return '*';
    case 'container':
      return node.presence ? '!' : '';
    default:
      return '';
  }
}

function childrenOf(node: SchemaNode): readonly SchemaNode[] {
  switch (node.kind) {
    case 'choice':
      return node.cases;
    case 'rpc':
    case 'action':
      return [node.input, node.output].filter((part) => part.children.length > 0);
    case 'container':
    case 'list':
      return operationsLast(node.children);
    case 'case':
    case 'input':
    case 'output':
    case 'notification':
      return node.children;
    default:
      return [];
  }
}

const ORDER: Partial<Record<SchemaNode['kind'], number>> = { action: 1, notification: 2 };

/** Data nodes, then actions, then notifications. */
function operationsLast(nodes: readonly SchemaNode[]): readonly SchemaNode[] {
  return nodes.toSorted((a, b) => (ORDER[a.kind] ?? 0) - (ORDER[b.kind] ?? 0));
}
