/** Comparison operators (XPath 1.0 section 3.4). */
import type { Type } from '../type/type.ts';
import type { CompareExpr, ComparisonOperator } from './ast.ts';
import { formatNumber, toNumber } from './convert.ts';
import type { Evaluation, Frame, Value } from './evaluate.ts';

export function compare<N>(evaluation: Evaluation<N>, expr: CompareExpr, frame: Frame<N>): boolean {
  const { operator } = expr;
  if (operator === '=' || operator === '!=') {
    // To a boolean a node set is whether it has nodes.
    if (expr.left.type === 'boolean' || expr.right.type === 'boolean') {
      return (evaluation.boolean(expr.left, frame) === evaluation.boolean(expr.right, frame)) === (operator === '=');
    }
  }
  const left = evaluation.value(expr.left, frame);
  const right = evaluation.value(expr.right, frame);
  const leftIsSet = typeof left === 'object';
  const rightIsSet = typeof right === 'object';
  if (leftIsSet && rightIsSet) return compareSets(evaluation, operator, left, right);
  if (leftIsSet) return compareSet(evaluation, operator, left, right as string | number | boolean);
  if (rightIsSet) return compareSet(evaluation, mirrored[operator], right, left as string | number | boolean);
  if (operator !== '=' && operator !== '!=') return ordered(operator, asNumber(left), asNumber(right));
  if (typeof left === 'number' || typeof right === 'number') {
    return (asNumber(left) === asNumber(right)) === (operator === '=');
  }
  return (left === right) === (operator === '=');
}

const mirrored: Readonly<Record<ComparisonOperator, ComparisonOperator>> = {
  '=': '=',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

function compareSets<N>(
  evaluation: Evaluation<N>,
  operator: ComparisonOperator,
  left: readonly N[],
  right: readonly N[],
): boolean {
  if (left.length === 0 || right.length === 0) return false;
  if (operator === '=') {
    const [few, many] = left.length < right.length ? [left, right] : [right, left];
    const values = new Set(few.map((node) => evaluation.stringOf(node)));
    return many.some((node) => values.has(evaluation.stringOf(node)));
  }
  if (operator === '!=') {
    // Only two sets of one and the same value have no pair that differs.
    const first = evaluation.stringOf(left[0] as N);
    return [...left, ...right].some((node) => evaluation.stringOf(node) !== first);
  }
  // Some pair is in order if the extremes are.
  const numbers = (nodes: readonly N[]) =>
    nodes.map((node) => toNumber(evaluation.stringOf(node))).filter((number) => !Number.isNaN(number));
  const [lows, highs] =
    operator === '<' || operator === '<=' ? [numbers(left), numbers(right)] : [numbers(right), numbers(left)];
  if (lows.length === 0 || highs.length === 0) return false;
  const low = lows.reduce((a, b) => Math.min(a, b));
  const high = highs.reduce((a, b) => Math.max(a, b));
  return operator === '<' || operator === '>' ? low < high : low <= high;
}

function compareSet<N>(
  evaluation: Evaluation<N>,
  operator: ComparisonOperator,
  nodes: readonly N[],
  other: string | number | boolean,
): boolean {
  if (operator !== '=' && operator !== '!=') {
    if (typeof other === 'boolean') return ordered(operator, nodes.length > 0 ? 1 : 0, other ? 1 : 0);
    const number = asNumber(other);
    return nodes.some((node) => ordered(operator, toNumber(evaluation.stringOf(node)), number));
  }
  const equal = operator === '=';
  if (typeof other === 'number') return nodes.some((node) => (toNumber(evaluation.stringOf(node)) === other) === equal);
  const text = String(other);
  return nodes.some((node) => equalsText(evaluation, node, text) === equal);
}

/**
 * Values that hold names (identityref, instance-identifier) are canonical with module names; text of the expression
 * means them with the prefixes of the expression, so it is read as a value of the leaf's type. The canonical form
 * itself also compares equal. (libyang reads literals in the same way.)
 */
function equalsText<N>(evaluation: Evaluation<N>, node: N, text: string): boolean {
  const value = evaluation.stringOf(node);
  if (value === text) return true;
  const schema = evaluation.tree.schema(node);
  if ((schema?.kind !== 'leaf' && schema?.kind !== 'leaf-list') || !schema.type.hasNames) return false;
  return canonicalText(evaluation, schema.type, text) === value;
}

/** The text of an expression as a canonical value of the type, where it is one. */
export function canonicalText<N>(evaluation: Evaluation<N>, type: Type, text: string): string | undefined {
  const parsed = type.parse(text, evaluation.scope);
  return parsed.ok ? parsed.value : undefined;
}

function ordered(operator: '<' | '<=' | '>' | '>=', left: number, right: number): boolean {
  switch (operator) {
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
  }
}

function asNumber<N>(value: Value<N>): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return toNumber(value as string);
}

/** A string for a value that is no node set. */
export function plainString(value: string | number | boolean): string {
  return typeof value === 'number' ? formatNumber(value) : String(value);
}
