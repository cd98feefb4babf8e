/** Walks along XPath's axes (XPath 1.0 section 2.2) and node tests over an XPathTree. */
import type { DataSchemaNode } from '../schema/node.ts';
import type { Axis, NodeTest } from './ast.ts';
import type { XPathTree } from './tree.ts';

/** Position counts backwards along these (section 2.4). */
export const reverseAxes: ReadonlySet<Axis> = new Set<Axis>([
  'ancestor',
  'ancestor-or-self',
  'preceding',
  'preceding-sibling',
]);

/**
 * The nodes on the axis that pass the test, nearest first on reverse axes, else in document order. `spend` is called
 * for each node looked at and throws when the evaluation has looked at too many.
 *
 * Instance data has no text nodes of its own: `text()` gives the leaf, whose string value is the same.
 */
export function* walk<N>(tree: XPathTree<N>, node: N, axis: Axis, test: NodeTest, spend: () => void): Generator<N> {
  switch (axis) {
    case 'attribute':
    case 'namespace':
      return;
    case 'self':
      spend();
      if (test.kind !== 'text' && matches(test, tree.schema(node))) yield node;
      return;
    case 'parent':
    case 'ancestor':
    case 'ancestor-or-self': {
      let up = axis === 'ancestor-or-self' ? node : tree.parent(node);
      while (up !== undefined) {
        spend();
        if (test.kind !== 'text' && matches(test, tree.schema(up))) yield up;
        up = axis === 'parent' ? undefined : tree.parent(up);
      }
      return;
    }
    case 'child':
      yield* children(tree, node, test, spend);
      return;
    case 'descendant-or-self':
      if (test.kind !== 'text' && matches(test, tree.schema(node))) yield node;
      yield* descendants(tree, node, test, spend);
      return;
    case 'descendant':
      yield* descendants(tree, node, test, spend);
      return;
    case 'following-sibling':
    case 'preceding-sibling':
      for (const sibling of siblings(tree, node, axis === 'following-sibling', spend)) {
        if (test.kind !== 'text' && matches(test, tree.schema(sibling))) yield sibling;
      }
      return;
    case 'following':
    case 'preceding': {
      const forward = axis === 'following';
      let up: N | undefined = node;
      while (up !== undefined) {
        for (const sibling of siblings(tree, up, forward, spend)) {
          const below = [...walk(tree, sibling, 'descendant-or-self', test, spend)];
          yield* forward ? below : below.reverse();
        }
        up = tree.parent(up);
      }
      return;
    }
  }
}

export function matches(test: NodeTest, schema: DataSchemaNode | undefined): boolean {
  switch (test.kind) {
    case 'node':
      return true;
    case 'any':
      return schema !== undefined && (test.module === undefined || schema.module.name === test.module);
    case 'name':
      return (
        schema !== undefined &&
        schema.name === test.name &&
        (test.module === undefined || schema.module.name === test.module)
      );
    case 'text':
      return schema?.kind === 'leaf' || schema?.kind === 'leaf-list';
    case 'none':
      return false;
  }
}

/** Schema children with the name, in any module where the test names none. */
export function namedChildren(
  schemas: ReadonlyMap<string, DataSchemaNode>,
  test: Extract<NodeTest, { kind: 'name' }>,
): readonly DataSchemaNode[] {
  if (test.module !== undefined) {
    const schema = schemas.get(test.key);
    return schema === undefined ? [] : [schema];
  }
  const found: DataSchemaNode[] = [];
  for (const schema of schemas.values()) if (schema.name === test.name) found.push(schema);
  return found;
}

function* children<N>(tree: XPathTree<N>, node: N, test: NodeTest, spend: () => void): Generator<N> {
  if (test.kind === 'none') return;
  if (test.kind === 'text') {
    spend();
    if (tree.value(node)) yield node;
    return;
  }
  if (test.kind === 'name') {
    const schemas = namedChildren(tree.childSchemas(node), test);
    if (schemas.length === 1) {
      for (const child of tree.children(node, schemas[0])) {
        spend();
        yield child;
      }
      return;
    }
    if (schemas.length === 0) return;
  }
  for (const child of tree.children(node)) {
    spend();
    if (matches(test, tree.schema(child))) yield child;
  }
}

function* descendants<N>(tree: XPathTree<N>, node: N, test: NodeTest, spend: () => void): Generator<N> {
  if (test.kind === 'none') return;
  if (test.kind === 'text' && tree.value(node)) yield node;
  const stack: Iterator<N>[] = [tree.children(node)[Symbol.iterator]()];
  for (;;) {
    const next = stack.at(-1)?.next();
    if (next === undefined) return;
    if (next.done) {
      stack.pop();
      continue;
    }
    spend();
    const child = next.value;
    const schema = tree.schema(child);
    if (matches(test, schema) && (test.kind !== 'text' || tree.value(child))) yield child;
    if (schema !== undefined && mayHold(schema, test)) stack.push(tree.children(child)[Symbol.iterator]());
  }
}

/** Whether the schema below the node has anything that passes the test: spares `//name` the walk through the rest. */
function mayHold(schema: DataSchemaNode, test: NodeTest): boolean {
  if (schema.kind !== 'container' && schema.kind !== 'list') return false;
  if (test.kind !== 'name') return true;
  let known = holders.get(test);
  if (known === undefined) {
    known = new Map();
    holders.set(test, known);
  }
  let answer = known.get(schema);
  if (answer === undefined) {
    answer = false;
    for (const child of schema.dataChildren.values()) {
      if (matches(test, child) || mayHold(child, test)) {
        answer = true;
        break;
      }
    }
    known.set(schema, answer);
  }
  return answer;
}

const holders = new WeakMap<NodeTest, Map<DataSchemaNode, boolean>>();

function siblings<N>(tree: XPathTree<N>, node: N, forward: boolean, spend: () => void): N[] {
  const parent = tree.parent(node);
  if (parent === undefined) return [];
  const own = tree.id(node);
  const before: N[] = [];
  const after: N[] = [];
  let passed = false;
  for (const child of tree.children(parent)) {
    spend();
    if (tree.id(child) === own) passed = true;
    else if (passed) after.push(child);
    else before.push(child);
  }
  return forward ? after : before.reverse();
}
