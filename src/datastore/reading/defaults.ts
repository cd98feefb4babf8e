/** Default values in use (RFC 7950 sections 7.6.1 and 7.7.2), as far as one row decides them. */
import type { CaseNode, DataSchemaNode, LeafNode, SchemaNode } from '../../yang/schema/node.ts';
import type { ColumnNode } from '../row/shape.ts';
import { isRow } from '../row/shape.ts';
import type { Row } from '../view/view.ts';

/**
 * The default that a leaf without a value has in a row that exists; undefined where it has none. In a case, the default
 * is in use if the case is selected, which `has` tells for the rows below, or if it is the choice's default and none is.
 */
export function defaultOf(
  row: Row | undefined,
  leaf: LeafNode,
  has: (node: DataSchemaNode) => boolean = () => false,
): string | undefined {
  if (leaf.default === undefined) return undefined;
  return isInUse(row, leaf, has) ? leaf.default : undefined;
}

/** Whether the choices between a node and its row let a default below them be in use. */
export function isInUse(
  row: Row | undefined,
  node: DataSchemaNode,
  has: (node: DataSchemaNode) => boolean = () => false,
): boolean {
  for (let at: SchemaNode | undefined = node.parent; at !== undefined; at = at.parent) {
    if (at.kind === 'case' && !isSelected(at, row, has)) return false;
    if ((at.kind === 'container' || at.kind === 'list') && isRow(at)) break;
  }
  return true;
}

const conditional = new WeakMap<DataSchemaNode, boolean>();

/** Whether a default of the node depends on `when` conditions: its own, or those of containers between it and its row. */
export function isConditional(node: DataSchemaNode): boolean {
  let is = conditional.get(node);
  if (is === undefined) {
    const above = node.dataParent;
    const hasOwn = node.whens.length > 0;
    is = hasOwn || (above?.kind === 'container' && (isRow(above) ? isConditionalTop(above) : isConditional(above)));
    conditional.set(node, is);
  }
  return is;
}

/** A top-level container is there without a row of its own, and so without anybody having judged its conditions. */
function isConditionalTop(node: DataSchemaNode): boolean {
  return node.kind === 'container' && !node.presence && node.whens.length > 0;
}

function isSelected(one: CaseNode, row: Row | undefined, has: (node: DataSchemaNode) => boolean): boolean {
  if (isPresent(one, row, has)) return true;
  const choice = one.parent;
  if (choice?.kind !== 'choice' || choice.defaultCase !== one) return false;
  return !choice.cases.some((other) => other !== one && isPresent(other, row, has));
}

/** Whether a node, or one below it in the same row, exists. */
function isPresent(node: SchemaNode, row: Row | undefined, has: (node: DataSchemaNode) => boolean): boolean {
  switch (node.kind) {
    case 'leaf':
    case 'anydata':
    case 'anyxml':
      return row?.leaves.has(node as ColumnNode) ?? false;
    case 'leaf-list':
    case 'list':
      return has(node);
    case 'container':
      return isRow(node) ? has(node) : node.children.some((child) => isPresent(child, row, has));
    case 'case':
      return node.children.some((child) => isPresent(child, row, has));
    case 'choice':
      return node.cases.some((child) => isPresent(child, row, has));
    default:
      return false;
  }
}
