/**
 * XPath filters that are no more than paths with keys, `/if:interfaces/interface[name = 'e0']/mtu`, as the subtree filters
 * that select the same: whether they select a node depends on nothing but the way to it.
 */
import type { DataSchemaNode, Schema } from '../../../yang/schema/node.ts';
import type { Expr, PathExpr, Predicate, Step } from '../../../yang/xpath/ast.ts';
import { matches } from '../../../yang/xpath/axis.ts';
import { parsedForms } from '../../../yang/xpath/dependencies.ts';
import type { Expression } from '../../../yang/xpath/expression.ts';
import { childTest } from '../../../yang/xpath/key-predicate.ts';
import type { FilterElement } from './filter.ts';

/** Undefined: it is more than that. */
export function asSubtree(expression: Expression, schema: Schema): readonly FilterElement[] | undefined {
  const expr = parsedForms.get(expression);
  return expr && elementsOf(expr, schema);
}

function elementsOf(expr: Expr, schema: Schema): readonly FilterElement[] | undefined {
  if (expr.kind === 'union') {
    const parts = expr.operands.map((operand) => elementsOf(operand, schema));
    return parts.includes(undefined) ? undefined : parts.flatMap((part) => part ?? []);
  }
  if (expr.kind !== 'path' || expr.startPredicates.length > 0 || expr.steps.length === 0) return undefined;
  return expr.start === 'root' || expr.start === 'context' ? pathElements(expr, schema) : undefined;
}

function pathElements({ steps }: PathExpr, schema: Schema): readonly FilterElement[] | undefined {
  let inside: readonly FilterElement[] = [];
  const nodes: DataSchemaNode[] = [];
  for (const step of steps) {
    const node = nodeOf(step, nodes.at(-1) ?? schema);
    if (node === undefined) return undefined;
    nodes.push(node);
  }
  for (let i = steps.length - 1; i >= 0; i--) {
    const step = steps[i] as Step;
    const node = nodes[i] as DataSchemaNode;
    const keys = step.predicates.map((predicate) => keyElements(predicate, node));
    if (keys.includes(undefined)) return undefined;
    inside = [element(node, [...keys.flatMap((found) => found ?? []), ...inside], '')];
  }
  return inside;
}

/** The one node that a step leads to. */
function nodeOf(step: Step, parent: DataSchemaNode | Schema): DataSchemaNode | undefined {
  if (step.axis !== 'child' || step.test.kind !== 'name' || !('dataChildren' in parent)) return undefined;
  const found = [...parent.dataChildren.values()].filter((node) => matches(step.test, node));
  return found.length === 1 ? found[0] : undefined;
}

function keyElements({ expr, positional }: Predicate, node: DataSchemaNode): readonly FilterElement[] | undefined {
  if (positional || node.kind !== 'list') return undefined;
  const operands = expr.kind === 'logic' && expr.operator === 'and' ? expr.operands : [expr];
  const found: FilterElement[] = [];
  for (const operand of operands) {
    if (operand.kind !== 'compare' || operand.operator !== '=') return undefined;
    const test = childTest(operand.left) ?? childTest(operand.right);
    const value = operand.left.kind === 'literal' ? operand.left : operand.right;
    const key = node.keys.find((leaf) => test !== undefined && matches(test, leaf));
    // Numbers and names have several spellings, of which XPath compares one.
    if (key === undefined || value.kind !== 'literal' || key.type.hasNames) return undefined;
    const parsed = key.type.parse(value.value, { moduleOf: () => undefined });
    if (!parsed.ok || parsed.value !== value.value) return undefined;
    found.push(element(key, [], value.value));
  }
  return found;
}

function element(node: DataSchemaNode, children: readonly FilterElement[], text: string): FilterElement {
  return {
    name: node.name,
    namespace: node.module.namespace,
    hasAttributes: false,
    children,
    text,
    moduleOf: () => undefined,
  };
}
