/**
 * What an XPath filter can select or read, found by walking its paths over the schema instead of data. It may name more than
 * the filter reaches, never less: where it cannot tell, it asks for everything.
 */
import type { Interest } from '../../../commit/operational/state.ts';
import type { DataSchemaNode, ListNode, Schema } from '../../../yang/schema/node.ts';
import type { Expr, PathExpr, Step } from '../../../yang/xpath/ast.ts';
import { matches } from '../../../yang/xpath/axis.ts';
import { parsedForms } from '../../../yang/xpath/dependencies.ts';
import type { Expression } from '../../../yang/xpath/expression.ts';
import { keyComparisons } from '../../../yang/xpath/key-predicate.ts';

interface Place {
  /** Undefined: the root. */
  readonly node: DataSchemaNode | undefined;
  /** Key values that the way here fixes, by list path. */
  readonly keys: ReadonlyMap<string, readonly string[]>;
}

/** The way out where everything may be read. */
class Everything extends Error {}

/** Undefined: everything. */
export function xpathInterests(expression: Expression, schema: Schema): readonly Interest[] | undefined {
  const expr = parsedForms.get(expression);
  if (expr === undefined) return undefined;
  const walk = new InterestWalk(schema);
  try {
    walk.read(expr, [walk.root]);
  } catch (error) {
    if (error instanceof Everything) return undefined;
    throw error;
  }
  return [...walk.interests.values()];
}

class InterestWalk {
  readonly root: Place = { node: undefined, keys: new Map() };
  readonly interests = new Map<string, Interest>();
  readonly #schema: Schema;

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  /** Notes all that the value of the expression depends on. */
  read(expr: Expr, contexts: readonly Place[]): void {
    for (const { node, keys } of this.#nodes(expr, contexts)) {
      if (node === undefined) throw new Everything();
      this.interests.set(`${node.index} ${JSON.stringify([...keys])}`, { node, keys });
    }
  }

  /** The places of the nodes that the expression gives; what else it reads is noted. */
  #nodes(expr: Expr, contexts: readonly Place[]): readonly Place[] {
    switch (expr.kind) {
      case 'literal':
      case 'number':
        return [];
      case 'union':
        return expr.operands.flatMap((operand) => this.#nodes(operand, contexts));
      case 'logic':
        for (const operand of expr.operands) this.read(operand, contexts);
        return [];
      case 'compare':
      case 'arithmetic':
        this.read(expr.left, contexts);
        this.read(expr.right, contexts);
        return [];
      case 'negate':
        this.read(expr.operand, contexts);
        return [];
      case 'call':
        // deref() leads where a value says; string() and the like without an argument read the context.
        if (expr.type === 'nodes' && expr.name !== 'current') throw new Everything();
        for (const argument of expr.args) this.read(argument, contexts);
        if (expr.name === 'current') return [this.root];
        if (expr.args.length === 0) this.#note(contexts);
        return [];
      case 'path':
        return this.#path(expr, contexts);
    }
  }

  #note(places: readonly Place[]): void {
    for (const { node, keys } of places) {
      if (node !== undefined) this.interests.set(`${node.index} ${JSON.stringify([...keys])}`, { node, keys });
    }
  }

  #path(path: PathExpr, contexts: readonly Place[]): readonly Place[] {
    let places: readonly Place[];
    if (path.start === 'root') places = [this.root];
    else if (path.start === 'context') places = contexts;
    else places = this.#nodes(path.start, contexts);
    for (const predicate of path.startPredicates) this.read(predicate.expr, places);
    for (const step of path.steps) places = this.#step(step, places);
    return places;
  }

  #step(step: Step, from: readonly Place[]): readonly Place[] {
    const found = new Map<string, Place>();
    for (const place of from) {
      for (const reached of this.#axis(step, place)) {
        const next = fixKeys(step, reached);
        found.set(`${next.node?.index} ${JSON.stringify([...next.keys])}`, next);
      }
    }
    const places = [...found.values()];
    for (const predicate of step.predicates) this.read(predicate.expr, places);
    return places;
  }

  *#axis({ axis, test }: Step, place: Place): Iterable<Place> {
    switch (axis) {
      case 'self':
        if (test.kind === 'node' || matches(test, place.node)) yield place;
        return;
      case 'child':
        if (test.kind === 'text') {
          if (matches(test, place.node)) yield place;
          return;
        }
        for (const node of this.#children(place.node)) if (matches(test, node)) yield { ...place, node };
        return;
      case 'descendant':
      case 'descendant-or-self':
        if (axis === 'descendant-or-self' && (test.kind === 'node' || matches(test, place.node))) yield place;
        yield* this.#descendants(test, place);
        return;
      case 'parent':
      case 'ancestor':
      case 'ancestor-or-self': {
        let at: Place | undefined = axis === 'ancestor-or-self' ? place : this.#parent(place);
        for (; at !== undefined; at = axis === 'parent' ? undefined : this.#parent(at)) {
          if (test.kind === 'node' || matches(test, at.node)) yield at;
        }
        return;
      }
      case 'attribute':
      case 'namespace':
        return;
      default:
        throw new Everything();
    }
  }

  *#descendants(test: Step['test'], place: Place): Iterable<Place> {
    for (const node of this.#children(place.node)) {
      const child = { ...place, node };
      if (matches(test, node)) yield child;
      yield* this.#descendants(test, child);
    }
  }

  #children(node: DataSchemaNode | undefined): Iterable<DataSchemaNode> {
    if (node === undefined) return this.#schema.dataChildren.values();
    return 'dataChildren' in node ? node.dataChildren.values() : [];
  }

  #parent({ node, keys }: Place): Place | undefined {
    if (node === undefined) return undefined;
    const above = node.dataParent;
    return above === undefined || !('index' in above) ? this.root : { node: above, keys };
  }
}

/** The place with the keys that predicates like `[name='a']` fix. */
function fixKeys(step: Step, place: Place): Place {
  const { node, keys } = place;
  if (node?.kind !== 'list' || node.keys.length === 0) return place;
  const values = literalKeys(step, node);
  return values === undefined ? place : { node, keys: new Map([...keys, [node.path, values]]) };
}

function literalKeys(step: Step, list: ListNode): readonly string[] | undefined {
  const comparisons = keyComparisons(step) ?? [];
  const values: string[] = [];
  for (const key of list.keys) {
    // Values with names have prefixes of the filter; they are left open.
    if (key.type.hasNames) return undefined;
    const found = comparisons.find(({ child }) => matches(child, key));
    if (found?.value.kind === 'literal') values.push(found.value.value);
    else if (found?.value.kind === 'number') values.push(String(found.value.value));
    else return undefined;
  }
  return values;
}
