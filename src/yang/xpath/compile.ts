/** From the text of an expression to something that evaluates. */
import { FaultError } from '../fault.ts';
import type { DataSchemaNode, Schema } from '../schema/node.ts';
import { ModuleError } from '../statement/error.ts';
import type { Statement } from '../statement/statement.ts';
import type { NameScope } from '../type/type.ts';
import type { Expr, PathExpr, Step } from './ast.ts';
import { namedChildren } from './axis.ts';
import { dependenciesOf, parsedForms } from './dependencies.ts';
import { Evaluation, excerpt, type Frame } from './evaluate.ts';
import type { Dependency, Expression, XPathScope, XPathValue } from './expression.ts';
import { parseXPath } from './parse.ts';
import { XPathSyntaxError } from './syntax-error.ts';
import type { XPathTree } from './tree.ts';

/** Nodes that one evaluation may look at: a client's filter, and a constraint of a module. */
const filterSteps = 2_000_000;
const constraintSteps = 100_000_000;

/**
 * Compiles an expression.
 *
 * @param place the statement of a module that it is the argument of: an error is then a ModuleError of that place.
 *   Without it the expression is a client's (a filter): an error is a FaultError, `invalid-value` of type protocol, as
 *   RFC 6241 section 8.9.1 has it for a select that gives no node set; appendix A has no tag for syntax.
 */
export function compileExpression(source: string, scope: XPathScope, place?: Statement): Expression {
  try {
    return new CompiledExpression(
      source,
      parseXPath(source, scope),
      scope,
      place === undefined ? filterSteps : constraintSteps,
    );
  } catch (error) {
    if (!(error instanceof XPathSyntaxError)) throw error;
    const reason = `"${excerpt(source)}" is no XPath expression: ${error.message} (character ${error.at + 1})`;
    if (place !== undefined) throw new ModuleError(place, reason);
    throw new FaultError({ type: 'protocol', tag: 'invalid-value', message: `${reason}.` });
  }
}

class CompiledExpression implements Expression {
  readonly source: string;
  readonly #expr: Expr;
  readonly #names: NameScope;
  readonly #steps: number;

  constructor(source: string, expr: Expr, scope: XPathScope, steps: number) {
    this.source = source;
    this.#expr = expr;
    this.#names = { moduleOf: (prefix) => (prefix === '' ? scope.defaultModule : scope.moduleOf(prefix)) };
    this.#steps = steps;
    parsedForms.set(this, expr);
  }

  #evaluation<N>(tree: XPathTree<N>, current: N): Evaluation<N> {
    return new Evaluation(tree, current, this.#names, this.source, this.#steps);
  }

  evaluate<N>(tree: XPathTree<N>, context: N, current: N = context): XPathValue<N> {
    const value = this.#evaluation(tree, current).value(this.#expr, frameOf(context));
    switch (typeof value) {
      case 'string':
        return { kind: 'string', value };
      case 'number':
        return { kind: 'number', value };
      case 'boolean':
        return { kind: 'boolean', value };
      default:
        return { kind: 'nodes', nodes: value };
    }
  }

  test<N>(tree: XPathTree<N>, context: N): boolean {
    return this.#evaluation(tree, context).boolean(this.#expr, frameOf(context));
  }

  select<N>(tree: XPathTree<N>, context: N): readonly N[] {
    if (this.#expr.type !== 'nodes') {
      throw new FaultError({
        type: 'protocol',
        tag: 'invalid-value',
        message: `The XPath expression "${excerpt(this.source)}" gives a ${this.#expr.type}, not a node set.`,
      });
    }
    return this.#evaluation(tree, context).nodes(this.#expr, frameOf(context));
  }

  /** Of the selected leaves those with the value; looked up where the path ends in the only key of a list. */
  selectWithValue<N>(tree: XPathTree<N>, context: N, value: string): readonly N[] {
    const ends = this.#endsInKey;
    if (ends === undefined) return this.select(tree, context).filter((node) => tree.value(node) === value);
    const [parents, list, key] = ends;
    const found: N[] = [];
    for (const parent of this.#evaluation(tree, context).nodes(parents, frameOf(context))) {
      for (const schema of namedChildren(tree.childSchemas(parent), list.test as never)) {
        const only = schema.kind === 'list' && schema.keys.length === 1 ? schema.keys[0] : undefined;
        if (
          schema.kind !== 'list' ||
          only === undefined ||
          !namedChildren(schema.dataChildren, key.test as never).includes(only)
        ) {
          return this.select(tree, context).filter((node) => tree.value(node) === value);
        }
        const entry = tree.entry(parent, schema, [value]);
        if (entry !== undefined) for (const leaf of tree.children(entry, only)) found.push(leaf);
      }
    }
    return found;
  }

  /** The path before its last two steps, and these, where both are plain names: `…/list/key`. */
  get #endsInKey(): readonly [PathExpr, Step, Step] | undefined {
    const expr = this.#expr;
    if (expr.kind !== 'path' || expr.steps.length < 2) return undefined;
    const [list, key] = expr.steps.slice(-2) as [Step, Step];
    for (const step of [list, key]) {
      if (step.axis !== 'child' || step.test.kind !== 'name' || step.predicates.length > 0) return undefined;
    }
    return [{ ...expr, steps: expr.steps.slice(0, -2) }, list, key];
  }

  dependencies(schema: Schema, context: DataSchemaNode | undefined): readonly Dependency[] {
    return dependenciesOf(this, schema, context);
  }
}

function frameOf<N>(node: N): Frame<N> {
  return { node, position: 1, size: 1 };
}
