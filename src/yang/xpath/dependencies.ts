/**
 * What an expression can read, found by walking it over the schema instead of data, and for each read how the
 * contexts are found that a change affects. Never misses a read; where it cannot be exact it names more.
 *
 * A place is where the walk is:  node    the schema node
 *                                anchor  the deepest ancestor-or-self of the context whose very instance the node's
 *                                        instance is in; `../mtu` stays in the context's entry, `/interfaces/…` leaves it
 *                                join    the entry of a list that a key predicate ties to a leaf of the context
 */
import type {
  ContainerNode,
  DataSchemaNode,
  LeafListNode,
  LeafNode,
  ListNode,
  Schema,
  SchemaNode,
} from '../schema/node.ts';
import type { Type } from '../type/type.ts';
import type { CallExpr, Expr, PathExpr, Step } from './ast.ts';
import { matches } from './axis.ts';
import type { Dependency, DependencyRoute, Expression } from './expression.ts';
import { childTest } from './key-predicate.ts';

/** Of every compiled expression: `when`s of nodes that another expression reads are walked too. */
export const parsedForms = new WeakMap<Expression, Expr>();

interface Place {
  /** Undefined: the root. */
  readonly node: DataSchemaNode | undefined;
  readonly anchor: DataSchemaNode | undefined;
  readonly join: Join | undefined;
}

interface Join {
  readonly list: ListNode | LeafListNode;
  readonly key: LeafNode | LeafListNode;
  readonly by: LeafNode | LeafListNode;
  /** Of an entry in an entry: the outer one. */
  readonly outer: Join | undefined;
}

type Leaf = LeafNode | LeafListNode;

export function dependenciesOf(
  expression: Expression,
  schema: Schema,
  context: DataSchemaNode | undefined,
): readonly Dependency[] {
  const expr = parsedForms.get(expression);
  if (expr === undefined) throw new Error('the expression was not made by compileExpression');
  const walk = new SchemaWalk(schema, context);
  const start: Place = { node: context, anchor: context, join: undefined };
  const isOwnLeafref =
    isLeaf(context) && leafrefs(context.type).some((type) => type.leafref?.path.expression === expression);
  if (isOwnLeafref && expr.kind === 'path') walk.path(expr, start, start, start);
  else walk.expr(expr, start, start);
  return walk.dependencies();
}

class SchemaWalk {
  readonly #schema: Schema;
  readonly #context: DataSchemaNode | undefined;
  readonly #found = new Map<string, Dependency>();
  readonly #conditions = new Set<string>();

  constructor(schema: Schema, context: DataSchemaNode | undefined) {
    this.#schema = schema;
    this.#context = context;
  }

  dependencies(): readonly Dependency[] {
    const all = [...this.#found.values()];
    const whole = new Set(all.filter(({ via }) => via.kind === 'whole').map(({ reads }) => reads));
    return all.filter(({ reads, via }) => via.kind === 'whole' || !whole.has(reads));
  }

  /** The expression's value is used as text or number: of a container or list, all that is below. */
  string(expr: Expr, at: Place, current: Place): void {
    for (const place of this.expr(expr, at, current)) this.#readText(place);
  }

  #readText(place: Place): void {
    if (isLeaf(place.node)) this.#read(place);
    for (const below of this.#below(place)) this.#read(below);
  }

  /** Reads what the expression reads; gives the places of its nodes. */
  expr(expr: Expr, at: Place, current: Place): readonly Place[] {
    switch (expr.kind) {
      case 'literal':
      case 'number':
        return [];
      case 'logic':
        for (const operand of expr.operands) this.expr(operand, at, current);
        return [];
      case 'arithmetic':
        this.string(expr.left, at, current);
        this.string(expr.right, at, current);
        return [];
      case 'compare':
        if (expr.operator === '=') this.#equality(expr.left, expr.right, at, current);
        else {
          this.string(expr.left, at, current);
          this.string(expr.right, at, current);
        }
        return [];
      case 'negate':
        this.string(expr.operand, at, current);
        return [];
      case 'union':
        return expr.operands.flatMap((operand) => this.expr(operand, at, current));
      case 'call':
        return this.#call(expr, at, current);
      case 'path':
        return this.path(expr, at, current, undefined);
    }
  }

  /** `list/key = current()/../leaf` holds or not by one entry, as `list[key = current()/../leaf]` does. */
  #equality(left: Expr, right: Expr, at: Place, current: Place): void {
    for (const [one, other] of [
      [left, right],
      [right, left],
    ] as const) {
      if (one.kind !== 'path') continue;
      const places = this.expr(other, at, current);
      const by = places.length === 1 ? places[0] : undefined;
      if (by === undefined || this.#joinable(by) === undefined || !this.#endsInKey(one, at, current)) continue;
      this.path(one, at, current, by);
      return;
    }
    this.string(left, at, current);
    this.string(right, at, current);
  }

  #endsInKey(path: PathExpr, at: Place, current: Place): boolean {
    const trial = new SchemaWalk(this.#schema, this.#context);
    const ends = trial.path(path, at, current, undefined);
    return (
      ends.length > 0 && ends.every(({ node }) => (node?.kind === 'leaf' && node.isKey) || node?.kind === 'leaf-list')
    );
  }

  #call(call: CallExpr, at: Place, current: Place): readonly Place[] {
    const [first] = call.args;
    switch (call.name) {
      case 'current':
        return [current];
      case 'deref':
        return first === undefined ? [] : this.expr(first, at, current).flatMap((place) => this.#deref(place));
      case 'not':
      case 'boolean':
      case 'count':
        if (first !== undefined) this.expr(first, at, current);
        return [];
      case 'string':
      case 'number':
      case 'string-length':
      case 'normalize-space':
        if (first === undefined) this.#readText(at);
        break;
    }
    for (const arg of call.args) this.string(arg, at, current);
    return [];
  }

  #deref(place: Place): readonly Place[] {
    if (!isLeaf(place.node)) return [];
    return members(place.node.type).flatMap((type) => {
      if (type.base === 'instance-identifier') {
        // May name anything.
        const root: Place = { node: undefined, anchor: undefined, join: undefined };
        const anything = this.#below(root);
        for (const each of anything) this.#read(each);
        return anything;
      }
      const path = type.leafref && parsedForms.get(type.leafref.path.expression);
      return path?.kind === 'path' ? this.path(path, place, place, place) : [];
    });
  }

  /** @param by the path's last entry is the one whose key is the value of the leaf at this place */
  path(path: PathExpr, at: Place, current: Place, by: Place | undefined): readonly Place[] {
    let places: readonly Place[];
    if (path.start === 'root') places = [{ node: undefined, anchor: undefined, join: undefined }];
    else if (path.start === 'context') places = [at];
    else places = this.expr(path.start, at, current);
    for (const place of places)
      for (const predicate of path.startPredicates) this.string(predicate.expr, place, current);
    path.steps.forEach((step, index) => {
      const tie = by !== undefined && index >= path.steps.length - 2 ? by : undefined;
      const next = path.steps[index + 1];
      const reached = new Map<string, Place>();
      for (const place of places) {
        for (const target of this.#step(place, step, next, tie, current)) reached.set(keyOf(target), target);
      }
      places = [...reached.values()];
    });
    return places;
  }

  #step(from: Place, step: Step, next: Step | undefined, by: Place | undefined, current: Place): Place[] {
    const upwards =
      step.axis === 'parent' || step.axis === 'ancestor' || step.axis === 'ancestor-or-self' || step.axis === 'self';
    const targets = this.#targets(from, step);
    const positional = step.predicates.some((predicate) => predicate.positional);
    return targets.map((target) => {
      let place = target;
      if (positional) {
        this.#read(place);
      } else {
        for (const { expr } of step.predicates) place = this.#joined(place, expr, current);
        if (by !== undefined) place = this.#tied(place, next, by);
      }
      if (!upwards) this.#read(place);
      for (const { expr } of step.predicates) this.expr(expr, place, current);
      return place;
    });
  }

  #targets(from: Place, { axis, test }: Step): Place[] {
    const passes = (place: Place) => matches(test, place.node);
    switch (axis) {
      case 'attribute':
      case 'namespace':
        return [];
      case 'self':
        return [from].filter(passes);
      case 'parent':
        return from.node === undefined ? [] : [up(from)].filter(passes);
      case 'ancestor':
      case 'ancestor-or-self': {
        const found = axis === 'ancestor' ? [] : [from];
        for (let place = from; place.node !== undefined; ) {
          place = up(place);
          found.push(place);
        }
        return found.filter(passes);
      }
      case 'child':
        // The text of a leaf is the leaf (axis.ts).
        return (test.kind === 'text' ? [from] : this.#children(from)).filter(passes);
      case 'descendant':
        return [...(test.kind === 'text' ? [from] : []), ...this.#below(from)].filter(passes);
      case 'descendant-or-self':
        return [from, ...this.#below(from)].filter(passes);
      case 'following-sibling':
      case 'preceding-sibling':
        return from.node === undefined ? [] : this.#children(up(from)).filter(passes);
      case 'following':
      case 'preceding':
        return this.#below({ node: undefined, anchor: undefined, join: undefined }).filter(passes);
    }
  }

  #children(place: Place): Place[] {
    const { node } = place;
    const holder = node === undefined ? this.#schema : node;
    if (!('dataChildren' in holder)) return [];
    return [...holder.dataChildren.values()].map((child) => ({ ...place, node: child }));
  }

  #below(place: Place): Place[] {
    return this.#children(place).flatMap((child) => [child, ...this.#below(child)]);
  }

  /** The place as a predicate `key = leaf` narrows it. */
  #joined(place: Place, predicate: Expr, current: Place): Place {
    if (predicate.kind === 'logic' && predicate.operator === 'and') {
      return predicate.operands.reduce((narrowed, operand) => this.#joined(narrowed, operand, current), place);
    }
    if (predicate.kind !== 'compare' || predicate.operator !== '=') return place;
    for (const [one, other] of [
      [predicate.left, predicate.right],
      [predicate.right, predicate.left],
    ] as const) {
      const key = keyNamed(place.node, one);
      if (key === undefined || other.type !== 'nodes') continue;
      const silent = new SchemaWalk(this.#schema, this.#context);
      const values = silent.expr(other, place, current);
      const by = values.length === 1 ? this.#joinable(values[0] as Place) : undefined;
      if (by !== undefined) return this.#join(place, key, by);
    }
    return place;
  }

  /** The place if the path goes on from it to the key that has the value at `by`, or is that key. */
  #tied(place: Place, next: Step | undefined, at: Place): Place {
    const by = this.#joinable(at);
    if (by === undefined || place.node === undefined) return place;
    if (place.node.kind === 'list' && next?.axis === 'child') {
      const key = place.node.keys.find((each) => matches(next.test, each));
      return key === undefined || next.test.kind !== 'name' ? place : this.#join(place, key, by);
    }
    return place.node.kind === 'leaf-list' && next === undefined ? this.#join(place, place.node, by) : place;
  }

  #join(place: Place, key: Leaf, by: Leaf): Place {
    const list = key.kind === 'leaf-list' ? key : key.dataParent;
    if (list?.kind !== 'list' && list?.kind !== 'leaf-list') return place;
    // One key is enough to find the contexts.
    if (place.join?.list === list) return place;
    return { ...place, join: { list, key, by, outer: place.join } };
  }

  /** The leaf at the place, where rows that hold a value of it lead to the contexts. */
  #joinable(place: Place): Leaf | undefined {
    const { node } = place;
    if (!isLeaf(node) || place.join !== undefined || hasDefault(node)) return undefined;
    const shared = listOf(place.anchor);
    return shared !== undefined && shared === listOf(commonAncestor(node, this.#context)) ? node : undefined;
  }

  #read(place: Place): void {
    const { node } = place;
    if (node === undefined) return;
    const isImplicit = node.kind === 'container' && !node.presence;
    if (!isImplicit && !(node.kind === 'leaf' && node.isKey)) {
      const via = this.#route(place);
      this.#found.set(`${node.index} ${routeKey(via)}`, { reads: node, via });
    }
    if (isImplicit || (isLeaf(node) && hasDefault(node))) this.#readConditions(place);
  }

  #route(place: Place): DependencyRoute {
    if (place.join !== undefined) {
      const { list, key, by } = place.join;
      return { kind: 'join', list, key, by };
    }
    const node = listOf(place.anchor);
    if (node !== undefined) return { kind: 'ancestor', node };
    return listOf(this.#context) === undefined ? { kind: 'ancestor', node: undefined } : { kind: 'whole' };
  }

  /** What decides whether a default value or a non-presence container is there: conditions, and the cases of a choice. */
  #readConditions(place: Place): void {
    const { node } = place;
    if (node === undefined) return;
    const key = keyOf(place);
    if (this.#conditions.has(key)) return;
    this.#conditions.add(key);
    const parent = up(place);
    for (const when of node.whens) {
      const expr = parsedForms.get(when.expression);
      const context = when.context === 'self' ? place : parent;
      if (expr !== undefined) this.expr(expr, context, context);
    }
    for (
      let above: SchemaNode | undefined = node.parent;
      above?.kind === 'case' || above?.kind === 'choice';
      above = above.parent
    ) {
      if (above.kind !== 'choice') continue;
      for (const each of above.cases) {
        for (const other of presentNodes(each.children)) this.#read({ ...parent, node: other });
      }
    }
    if (parent.node?.kind === 'container' && !parent.node.presence) this.#readConditions(parent);
  }
}

/** The nodes whose existence makes a case exist. */
function presentNodes(nodes: readonly SchemaNode[]): DataSchemaNode[] {
  return nodes.flatMap((node) => {
    switch (node.kind) {
      case 'choice':
        return presentNodes(node.cases);
      case 'case':
        return presentNodes(node.children);
      case 'container':
        return (node as ContainerNode).presence ? [node] : presentNodes(node.children);
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

function up(place: Place): Place {
  const { node, anchor } = place;
  if (node === undefined) return place;
  const parent = dataParent(node);
  return {
    node: parent,
    anchor: anchor === node ? parent : anchor,
    join: place.join?.list === node ? place.join.outer : place.join,
  };
}

function dataParent(node: DataSchemaNode): DataSchemaNode | undefined {
  const parent = node.dataParent;
  return parent !== undefined && 'index' in parent ? parent : undefined;
}

/** The nearest list or leaf-list at or above the node. */
function listOf(node: DataSchemaNode | undefined): ListNode | LeafListNode | undefined {
  for (let at = node; at !== undefined; at = dataParent(at))
    if (at.kind === 'list' || at.kind === 'leaf-list') return at;
  return undefined;
}

function commonAncestor(a: DataSchemaNode, b: DataSchemaNode | undefined): DataSchemaNode | undefined {
  const above = new Set<DataSchemaNode>();
  for (let at: DataSchemaNode | undefined = a; at !== undefined; at = dataParent(at)) above.add(at);
  for (let at = b; at !== undefined; at = dataParent(at)) if (above.has(at)) return at;
  return undefined;
}

/** The key (or the leaf-list itself) that the left side of a predicate on the node stands for. */
function keyNamed(node: DataSchemaNode | undefined, expr: Expr): Leaf | undefined {
  if (node?.kind === 'list') {
    const test = childTest(expr);
    return test && node.keys.find((key) => matches(test, key));
  }
  const isSelf =
    expr.kind === 'path' &&
    expr.start === 'context' &&
    expr.steps.every(({ axis, test }) => axis === 'self' && test.kind === 'node');
  if (!isSelf || expr.startPredicates.length > 0) return undefined;
  return node?.kind === 'leaf-list' || (node?.kind === 'leaf' && node.isKey) ? node : undefined;
}

function isLeaf(node: DataSchemaNode | undefined): node is Leaf {
  return node?.kind === 'leaf' || node?.kind === 'leaf-list';
}

function hasDefault(leaf: Leaf): boolean {
  return leaf.kind === 'leaf' ? leaf.default !== undefined : leaf.defaults.length > 0;
}

/** The type, or of a union all members, unions among them too. */
function members(type: Type): readonly Type[] {
  return type.members === undefined ? [type] : type.members.flatMap(members);
}

function leafrefs(type: Type): readonly Type[] {
  return members(type).filter((member) => member.base === 'leafref');
}

function keyOf({ node, anchor, join }: Place): string {
  let key = `${node?.index ?? ''} ${anchor?.index ?? ''}`;
  for (let at = join; at !== undefined; at = at.outer) key += ` ${at.key.index}=${at.by.index}`;
  return key;
}

function routeKey(route: DependencyRoute): string {
  if (route.kind === 'whole') return 'whole';
  return route.kind === 'ancestor' ? `${route.node?.index ?? ''}` : `${route.key.index}=${route.by.index}`;
}
