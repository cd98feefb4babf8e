/**
 * No read is missed: after a random change of the data, a constraint whose result differs at some context must be found
 * from the change by its dependencies and their routes alone.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleSchema, exampleScope } from '../data/example/example.ts';
import { random } from '../data/example/random.ts';
import type { DataNode } from '../data/node.ts';
import { DataTree, type DataTreeHandle } from '../data/tree.ts';
import type { DataSchemaNode, LeafNode, ListNode, Schema } from '../schema/node.ts';
import { compileExpression } from './compile.ts';
import type { DependencyRoute } from './expression.ts';

const rounds = Number(process.env['FUZZ_CASES'] ?? 400);
const port = '/example:network/port';
const link = '/example:network/link';

const constraints: readonly (readonly [context: string, source: string])[] = [
  [link, '../port[name = current()/from]/speed > ../port[name = current()/to]/speed'],
  [link, '/network/port/name = to'],
  [link, 'count(../port[name = current()/from or name = current()/to]) = 2'],
  [link, 'deref(to)/../radius > 5'],
  [link, '/network/port[name = current()/to][last()]/tag = 7'],
  [link, '../port[1]/name = from'],
  [link, '../port/name[. = current()/from]/../enabled = "true"'],
  [link, 'not(../port[name = current()/from]/tag[. = 7]) or cost'],
  [`${link}/from`, '../../port[name = current()]/trunk/native > 3'],
  [`${link}/from`, '. != "a" or ../cost < 4'],
  [`${link}/slow`, '../../port[name = current()/../to]/speed < 1000'],
  [port, 'radius > side or not(side)'],
  [port, '../label = name'],
  [port, '../link[from = current()/name]/cost > 2'],
  [port, 'count(../port) > 2'],
  [port, 'string(trunk) = "3"'],
  [port, 'preceding-sibling::port/speed > speed'],
  [`${port}/tag`, '. = 7 or ../side'],
  ['/example:network', 'count(port/tag) > sum(link/cost)'],
  ['/example:network', 'string-length(.) > 40'],
  ['/example:network/main', '/network/port[name = current()]/level = "low"'],
];

test(`dependencies lead from ${rounds} random changes to all results that differ`, (context) => {
  const { seed, below, pick } = random();
  context.diagnostic(`FUZZ_SEED=${seed}`);
  const schema = exampleSchema();
  const find = (path: string): DataSchemaNode => {
    const node = schema.find(path);
    assert.ok(node, path);
    return node;
  };
  const leaf = (path: string, value: string): DataNode => ({ schema: find(path), value });
  const maybe = (path: string, values: readonly string[]): DataNode[] => (below(2) ? [leaf(path, pick(values))] : []);
  const names = ['a', 'b', 'c'];
  const numbers = ['1', '3', '7', '2000'];

  const newPort = (name: string): DataNode => ({
    schema: find(port),
    children: [
      leaf(`${port}/name`, name),
      ...maybe(`${port}/speed`, numbers),
      ...maybe(`${port}/enabled`, ['true', 'false']),
      ...maybe(`${port}/level`, ['low', 'high']),
      ...['7', '9'].filter(() => below(2)).map((value) => leaf(`${port}/tag`, value)),
      ...(below(2) ? [{ schema: find(`${port}/trunk`), children: maybe(`${port}/trunk/native`, ['3', '4']) }] : []),
      ...(below(2) ? maybe(`${port}/radius`, ['2', '6']) : maybe(`${port}/side`, ['3'])),
    ],
  });
  const newLink = (from: string, to: string): DataNode => ({
    schema: find(link),
    children: [
      leaf(`${link}/from`, from),
      leaf(`${link}/to`, to),
      ...maybe(`${link}/cost`, ['1', '3', '5']),
      ...maybe(`${link}/slow`, ['']),
    ],
  });
  const instance = (): DataNode[] => [
    {
      schema: find('/example:network'),
      children: [
        ...maybe('/example:network/label', names),
        ...names.filter(() => below(4)).map(newPort),
        ...names.flatMap((from) => names.filter((to) => from !== to && below(2)).map((to) => newLink(from, to))),
        ...maybe('/example:network/main', names),
      ],
    },
  ];
  /** The same, but for one top-level leaf, list entry or part of an entry. */
  const change = ([root]: readonly DataNode[]): DataNode[] => {
    const children = [...(root?.children ?? [])];
    const at = below(children.length + 1);
    const old = children[at];
    if (old === undefined) children.push(leaf('/example:network/where', '/example:network'));
    else if (below(3) === 0) children.splice(at, 1);
    else if (old.schema.kind === 'list') {
      const keys = old.schema.keys.length;
      const fresh = old.schema.name === 'port' ? newPort('') : newLink('', '');
      children[at] = {
        ...old,
        children: [...(old.children ?? []).slice(0, keys), ...(fresh.children ?? []).slice(keys)],
      };
    } else children[at] = { ...old, value: pick(names) };
    return [{ schema: find('/example:network'), children }];
  };

  const compiled = constraints.map(([path, source]) => ({
    source,
    context: find(path),
    expression: compileExpression(source, exampleScope),
  }));
  let differences = 0;
  for (let round = 0; round < rounds; round++) {
    const nodes = instance();
    const before = new Facts(schema, nodes);
    const after = new Facts(schema, change(nodes));
    const changed = [...before.changes(after), ...after.changes(before)];
    for (const { source, context, expression } of compiled) {
      const differing = [...after.instances(context)].filter(([id, handle]) => {
        const old = before.instances(context).get(id);
        return old !== undefined && expression.test(before.tree, old) !== expression.test(after.tree, handle);
      });
      if (differing.length === 0) continue;
      differences++;
      const routes = expression.dependencies(schema, context);
      for (const [id, handle] of differing) {
        const isFound = changed.some(({ facts, handle: at }) =>
          routes.some(
            ({ reads, via }) => facts.tree.schema(at) === reads && leads(facts, at, via, after, handle, context),
          ),
        );
        assert.ok(
          isFound,
          `FUZZ_SEED=${seed}: "${source}" at ${id} is not found from ${changed.map(({ facts, handle }) => facts.path(handle))}`,
        );
      }
    }
  }
  assert.ok(differences > rounds, `only ${differences} results differed`);
});

/** Whether the route leads from the changed instance to the context. */
function leads(
  facts: Facts,
  changed: DataTreeHandle,
  route: DependencyRoute,
  contexts: Facts,
  context: DataTreeHandle,
  contextSchema: DataSchemaNode,
): boolean {
  if (route.kind === 'whole') return true;
  if (route.kind === 'ancestor') {
    if (route.node === undefined) return true;
    return facts.pathOfAncestor(changed, route.node) === contexts.pathOfAncestor(context, route.node);
  }
  const entry = facts.ancestor(changed, route.list);
  assert.ok(entry, 'the changed instance is in an entry of the list');
  const key = route.list.kind === 'leaf-list' ? facts.tree.value(entry) : facts.leafOf(entry, route.key as LeafNode);
  const shared = sharedList(route.by, contextSchema);
  for (const by of contexts.instances(route.by).values()) {
    if (contexts.tree.value(by) !== key) continue;
    if (contexts.pathOfAncestor(by, shared) === contexts.pathOfAncestor(context, shared)) return true;
  }
  return false;
}

function sharedList(a: DataSchemaNode, b: DataSchemaNode): ListNode {
  const lists = (node: DataSchemaNode): ListNode[] => {
    const above = node.dataParent;
    const rest = above !== undefined && 'index' in above ? lists(above) : [];
    return node.kind === 'list' ? [node, ...rest] : rest;
  };
  const own = lists(b);
  const shared = lists(a).find((list) => own.includes(list));
  assert.ok(shared, 'a join is by a leaf that shares a list with the context');
  return shared;
}

/** Instances by path, default values included. */
class Facts {
  readonly tree: DataTree;
  readonly #all = new Map<string, DataTreeHandle>();

  constructor(schema: Schema, nodes: readonly DataNode[]) {
    this.tree = new DataTree({ schema, top: schema, nodes });
    const add = (handle: DataTreeHandle): void => {
      for (const child of this.tree.children(handle)) {
        this.#all.set(this.path(child), child);
        add(child);
      }
    };
    add(this.tree.root());
  }

  path(handle: DataTreeHandle): string {
    const schema = this.tree.schema(handle);
    if (schema === undefined) return '';
    const above = this.tree.parent(handle);
    const base = `${above === undefined ? '' : this.path(above)}/${schema.name}`;
    if (schema.kind === 'leaf-list') return `${base}[${this.tree.value(handle)}]`;
    if (schema.kind !== 'list') return base;
    return `${base}[${schema.keys.map((key) => this.leafOf(handle, key))}]`;
  }

  leafOf(entry: DataTreeHandle, leaf: LeafNode): string | undefined {
    const [child] = this.tree.children(entry, leaf);
    return child && this.tree.value(child);
  }

  ancestor(handle: DataTreeHandle, schema: DataSchemaNode): DataTreeHandle | undefined {
    for (let at: DataTreeHandle | undefined = handle; at !== undefined; at = this.tree.parent(at)) {
      if (this.tree.schema(at) === schema) return at;
    }
    return undefined;
  }

  pathOfAncestor(handle: DataTreeHandle, schema: DataSchemaNode): string | undefined {
    const found = this.ancestor(handle, schema);
    return found && this.path(found);
  }

  instances(schema: DataSchemaNode): ReadonlyMap<string, DataTreeHandle> {
    return new Map([...this.#all].filter(([, handle]) => this.tree.schema(handle) === schema));
  }

  /** Instances here that the other has not, or with another value. */
  *changes(other: Facts): Generator<{ facts: Facts; handle: DataTreeHandle }> {
    for (const [path, handle] of this.#all) {
      const same = other.#all.get(path);
      if (same === undefined || other.tree.value(same) !== this.tree.value(handle)) yield { facts: this, handle };
    }
  }
}
