/**
 * Predicates that select list entries by their keys: `[name = current()/../interface]`, `[a = 'x' and b = 'y']`.
 * The evaluator goes straight to such entries; dependencies.ts inverts them.
 */
import type { ListNode } from '../schema/node.ts';
import type { BaseType } from '../type/type.ts';
import type { Expr, NodeTest, Step } from './ast.ts';
import { canonicalText } from './compare.ts';
import type { Evaluation, Frame } from './evaluate.ts';
import { contextFunctions } from './functions.ts';

/** `child = value`, where the value does not depend on which entry is tested. */
export interface KeyComparison {
  readonly child: Extract<NodeTest, { kind: 'name' }>;
  readonly value: Expr;
}

/** More combinations of key values than this are found by walking the list. */
const maxChoices = 1_000;
const integers: ReadonlySet<BaseType> = new Set<BaseType>([
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
]);

const known = new WeakMap<Step, readonly KeyComparison[] | false>();

/** The comparisons that all entries which the step selects have to pass; undefined where there are none. */
export function keyComparisons(step: Step): readonly KeyComparison[] | undefined {
  let found = known.get(step);
  if (found === undefined) {
    found = find(step);
    known.set(step, found);
  }
  return found === false ? undefined : found;
}

function find(step: Step): readonly KeyComparison[] | false {
  if (step.axis !== 'child' || step.test.kind !== 'name') return false;
  // A position counts the entries that passed the predicates before it: fewer candidates would change it.
  if (step.predicates.some((predicate) => predicate.positional)) return false;
  const comparisons = step.predicates.flatMap((predicate) => comparisonsOf(predicate.expr));
  return comparisons.length > 0 && comparisons;
}

function comparisonsOf(expr: Expr): KeyComparison[] {
  if (expr.kind === 'logic' && expr.operator === 'and') return expr.operands.flatMap(comparisonsOf);
  if (expr.kind !== 'compare' || expr.operator !== '=') return [];
  const left = childTest(expr.left);
  if (left !== undefined && isFixed(expr.right)) return [{ child: left, value: expr.right }];
  const right = childTest(expr.right);
  if (right !== undefined && isFixed(expr.left)) return [{ child: right, value: expr.left }];
  return [];
}

/** `name` or `./name`, maybe with `text()` behind. */
export function childTest(expr: Expr): Extract<NodeTest, { kind: 'name' }> | undefined {
  if (expr.kind !== 'path' || expr.start !== 'context' || expr.startPredicates.length > 0) return undefined;
  const steps = expr.steps.filter(
    (step) =>
      step.predicates.length > 0 ||
      !((step.axis === 'self' && step.test.kind === 'node') || (step.axis === 'child' && step.test.kind === 'text')),
  );
  const step = steps[0];
  if (steps.length !== 1 || step?.axis !== 'child' || step.test.kind !== 'name' || step.predicates.length > 0)
    return undefined;
  return step.test;
}

/** Whether the value is the same in whichever context the expression is evaluated (current() aside). */
export function isFixed(expr: Expr): boolean {
  switch (expr.kind) {
    case 'literal':
    case 'number':
      return true;
    case 'logic':
    case 'union':
      return expr.operands.every(isFixed);
    case 'compare':
    case 'arithmetic':
      return isFixed(expr.left) && isFixed(expr.right);
    case 'negate':
      return isFixed(expr.operand);
    case 'call':
      if (expr.name === 'position' || expr.name === 'last' || expr.name === 'lang') return false;
      if (expr.args.length === 0) return !contextFunctions.has(expr.name);
      return expr.args.every(isFixed);
    case 'path':
      // Predicates have contexts of their own.
      return expr.start === 'root' || (expr.start !== 'context' && isFixed(expr.start));
  }
}

/** All combinations of key values that the comparisons allow; undefined where they leave a key open. */
export function keyValues<N>(
  evaluation: Evaluation<N>,
  list: ListNode,
  comparisons: readonly KeyComparison[],
  frame: Frame<N>,
): readonly (readonly string[])[] | undefined {
  let choices: string[][] = [[]];
  for (const key of list.keys) {
    const comparison = comparisons.find(
      ({ child }) => child.name === key.name && (child.module === undefined || child.module === key.module.name),
    );
    if (comparison === undefined) return undefined;
    const value = evaluation.value(comparison.value, frame);
    const values = new Set<string>();
    if (typeof value === 'boolean') return undefined;
    if (typeof value === 'number') {
      if (!integers.has(key.type.base) || !Number.isSafeInteger(value)) return undefined;
      values.add(String(value === 0 ? 0 : value));
    } else if (typeof value === 'string') {
      values.add(value);
      const canonical = key.type.hasNames ? canonicalText(evaluation, key.type, value) : undefined;
      if (canonical !== undefined) values.add(canonical);
    } else {
      for (const node of value) values.add(evaluation.stringOf(node));
    }
    if (choices.length * values.size > maxChoices) return undefined;
    choices = choices.flatMap((keys) => [...values].map((next) => [...keys, next]));
  }
  return choices;
}
