/** Evaluates a parsed expression over a tree. One Evaluation per call of an Expression. */
import { FaultError } from '../fault.ts';
import type { ListNode } from '../schema/node.ts';
import type { NameScope } from '../type/type.ts';
import type { Expr, PathExpr, Predicate, Step } from './ast.ts';
import { matches, namedChildren, reverseAxes, walk } from './axis.ts';
import { compare } from './compare.ts';
import { formatNumber, toNumber } from './convert.ts';
import { bodies } from './function-bodies.ts';
import { keyComparisons, keyValues } from './key-predicate.ts';
import type { XPathTree } from './tree.ts';

/** The context of XPath 1.0 section 1; the tree and current() are the evaluation's. */
export interface Frame<N> {
  readonly node: N;
  readonly position: number;
  readonly size: number;
}

export type Value<N> = readonly N[] | string | number | boolean;

export class Evaluation<N> {
  readonly tree: XPathTree<N>;
  readonly current: N;
  /** Prefixes of the expression, for names inside of its strings. */
  readonly scope: NameScope;
  readonly #source: string;
  #left: number;

  /** @param steps how many nodes the evaluation may look at before it fails with resource-denied */
  constructor(tree: XPathTree<N>, current: N, scope: NameScope, source: string, steps: number) {
    this.tree = tree;
    this.current = current;
    this.scope = scope;
    this.#source = source;
    this.#left = steps;
  }

  /** Counts nodes looked at. */
  readonly spend = (count = 1): void => {
    this.#left -= count;
    if (this.#left < 0) {
      throw new FaultError({
        type: 'protocol',
        tag: 'resource-denied',
        message: `The evaluation of the XPath expression "${excerpt(this.#source)}" looks at too many nodes.`,
      });
    }
  };

  value(expr: Expr, frame: Frame<N>): Value<N> {
    switch (expr.kind) {
      case 'literal':
      case 'number':
        return expr.value;
      case 'logic': {
        const wanted = expr.operator === 'or';
        for (const operand of expr.operands) if (this.boolean(operand, frame) === wanted) return wanted;
        return !wanted;
      }
      case 'compare':
        return compare(this, expr, frame);
      case 'arithmetic':
        return arithmetic(expr.operator, this.number(expr.left, frame), this.number(expr.right, frame));
      case 'negate':
        return -this.number(expr.operand, frame);
      case 'union':
        return this.#inOrder(expr.operands.flatMap((operand) => this.nodes(operand, frame)));
      case 'path':
        return this.#path(expr, frame, false);
      case 'call': {
        this.spend();
        const body = bodies.get(expr.name);
        if (body === undefined) throw new Error(`${expr.name}() has a signature and no body`);
        return body(this, expr.args, frame);
      }
    }
  }

  nodes(expr: Expr, frame: Frame<N>): readonly N[] {
    return this.value(expr, frame) as readonly N[];
  }

  string(expr: Expr, frame: Frame<N>): string {
    const value = this.value(expr, frame);
    if (typeof value === 'string') return value;
    if (typeof value === 'number') return formatNumber(value);
    if (typeof value === 'boolean') return value ? 'true' : 'false';
    return value.length === 0 ? '' : this.stringOf(value[0] as N);
  }

  number(expr: Expr, frame: Frame<N>): number {
    const value = this.value(expr, frame);
    if (typeof value === 'number') return value;
    if (typeof value === 'boolean') return value ? 1 : 0;
    if (typeof value === 'string') return toNumber(value);
    return value.length === 0 ? Number.NaN : toNumber(this.stringOf(value[0] as N));
  }

  boolean(expr: Expr, frame: Frame<N>): boolean {
    const value = expr.kind === 'path' ? this.#path(expr, frame, true) : this.value(expr, frame);
    if (typeof value === 'boolean') return value;
    if (typeof value === 'number') return value !== 0 && !Number.isNaN(value);
    return value.length > 0;
  }

  /** String value of a node: of a leaf its canonical value, else the values of all leaves below, joined. */
  stringOf(node: N): string {
    const value = this.tree.value(node);
    if (value !== undefined) {
      // What reads text takes time with its length; 64 characters count as one node.
      if (value.length > 64) this.spend(value.length >> 6);
      return value;
    }
    let text = '';
    for (const child of this.tree.children(node)) {
      this.spend();
      text += this.stringOf(child);
    }
    return text;
  }

  /** @param any one node is enough, whichever it is */
  #path(expr: PathExpr, frame: Frame<N>, any: boolean): readonly N[] {
    let nodes: readonly N[];
    if (expr.start === 'root') nodes = [this.tree.root()];
    else if (expr.start === 'context') nodes = [frame.node];
    else nodes = this.nodes(expr.start, frame);
    for (const predicate of expr.startPredicates) nodes = this.#filter(nodes, predicate);
    // Whether all nodes are at one depth, so that their children come in document order and once each.
    let level = nodes.length <= 1;
    const { steps } = expr;
    for (let i = 0; i < steps.length && nodes.length > 0; i++) {
      const step = steps[i] as Step;
      const last = any && i === steps.length - 1;
      if (nodes.length === 1) {
        nodes = this.#step(nodes[0] as N, step, frame, last);
        if (reverseAxes.has(step.axis)) nodes = [...nodes].reverse();
        if (step.axis !== 'child' && step.axis !== 'self' && step.axis !== 'parent') level = nodes.length <= 1;
        continue;
      }
      const found: N[] = [];
      for (const node of nodes) {
        for (const hit of this.#step(node, step, frame, last)) found.push(hit);
        if (last && found.length > 0) return found;
      }
      const sorted = level && (step.axis === 'child' || step.axis === 'self' || step.axis === 'descendant');
      nodes = sorted ? found : this.#inOrder(found);
      level = nodes.length <= 1 || (level && (step.axis === 'child' || step.axis === 'self' || step.axis === 'parent'));
    }
    return nodes;
  }

  /** One step from one node, in the order of the axis. */
  #step(node: N, step: Step, frame: Frame<N>, any: boolean): readonly N[] {
    const { predicates } = step;
    if (predicates.length === 0) {
      const found: N[] = [];
      // The two steps that most paths are made of, without the walk's iterators.
      if (step.axis === 'parent' && step.test.kind !== 'text') {
        const up = this.tree.parent(node);
        if (up === undefined) return found;
        this.spend();
        if (matches(step.test, this.tree.schema(up))) found.push(up);
        return found;
      }
      if (step.axis === 'child' && step.test.kind === 'name' && step.test.module !== undefined) {
        const schema = this.tree.childSchemas(node).get(step.test.key);
        if (schema === undefined) return found;
        for (const child of this.tree.children(node, schema)) {
          this.spend();
          found.push(child);
          if (any) break;
        }
        return found;
      }
      for (const hit of walk(this.tree, node, step.axis, step.test, this.spend)) {
        found.push(hit);
        if (any) break;
      }
      return found;
    }
    let nodes = this.#entries(node, step, frame) ?? [...walk(this.tree, node, step.axis, step.test, this.spend)];
    for (const predicate of predicates) {
      if (nodes.length === 0) return nodes;
      nodes = this.#filter(nodes, predicate);
    }
    return nodes;
  }

  #filter(nodes: readonly N[], predicate: Predicate): readonly N[] {
    const { expr } = predicate;
    const size = nodes.length;
    if (expr.type !== 'number') {
      return nodes.filter((node, index) => this.boolean(expr, { node, position: index + 1, size }));
    }
    return nodes.filter((node, index) => this.number(expr, { node, position: index + 1, size }) === index + 1);
  }

  /**
   * Candidates of a step whose predicates fix all keys of a list, found without walking the list. The predicates are
   * still to be applied. Undefined where the step is not of that form.
   */
  #entries(node: N, step: Step, frame: Frame<N>): readonly N[] | undefined {
    const comparisons = keyComparisons(step);
    if (comparisons === undefined || step.test.kind !== 'name') return undefined;
    const schemas = namedChildren(this.tree.childSchemas(node), step.test);
    const list = schemas[0];
    if (schemas.length !== 1 || list?.kind !== 'list' || list.keys.length === 0) return undefined;
    const choices = keyValues(this, list as ListNode, comparisons, frame);
    if (choices === undefined) return undefined;
    const found: N[] = [];
    for (const keys of choices) {
      this.spend();
      const entry = this.tree.entry(node, list, keys);
      if (entry !== undefined) found.push(entry);
    }
    return found.length > 1 ? this.#inOrder(found) : found;
  }

  #inOrder(nodes: readonly N[]): readonly N[] {
    if (nodes.length < 2) return nodes;
    const unique = new Map<string, N>();
    for (const node of nodes) {
      this.spend();
      unique.set(this.tree.id(node), node);
    }
    return [...unique.values()].sort((a, b) => this.tree.compare(a, b));
  }
}

function arithmetic(operator: '+' | '-' | '*' | 'div' | 'mod', left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case 'div':
      return left / right;
    case 'mod':
      return left % right;
  }
}

/** The beginning of an expression, for messages. */
export function excerpt(source: string): string {
  return source.length > 120 ? `${source.slice(0, 117)}…` : source;
}
