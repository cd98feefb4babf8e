import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { exampleSchema, exampleScope, modulePaths } from '../data/example/example.ts';
import { loadSchema } from '../schema/load.ts';
import type { DataSchemaNode, Schema } from '../schema/node.ts';
import { compileExpression } from './compile.ts';
import type { Dependency } from './expression.ts';

let schema: Schema;

before(() => {
  schema = exampleSchema();
});

function at(path: string): DataSchemaNode {
  const node = schema.find(path);
  assert.ok(node, path);
  return node;
}

function describe(dependencies: readonly Dependency[]): string[] {
  return dependencies
    .map(({ reads, via }) => {
      const route =
        via.kind === 'join'
          ? `join ${via.list.name}.${via.key.name} by ${via.by.path}`
          : via.kind === 'ancestor'
            ? `in ${via.node?.path ?? '/'}`
            : 'whole';
      return `${reads.path}: ${route}`;
    })
    .sort();
}

const port = '/example:network/port';
const link = '/example:network/link';

const table: readonly (readonly [context: string, source: string, expected: readonly string[]])[] = [
  ['/example:network/main', '../label = "x"', ['/example:network/label: in /']],
  [`${port}/speed`, '../load > 1', [`${port}/load: in ${port}`]],
  [`${port}/speed`, 'current() > 1', [`${port}/speed: in ${port}`]],
  [port, 'trunk/native = 1', [`${port}/trunk/native: in ${port}`, `${port}/trunk: in ${port}`]],
  [port, '../main = name', ['/example:network/main: whole']],
  [port, 'count(../port) < 10', [`${port}: whole`]],
  ['/example:network', 'count(port) < 10', [`${port}: in /`]],
  ['/example:network', 'sum(//speed) < 10', [`${port}/speed: in /`]],
  [
    port,
    '/network/link[cost > 3]',
    [`${link}/cost: whole`, `${link}: whole`, `${port}/enabled: whole`, `${port}: whole`].slice(0, 2),
  ],
  // Key predicates
  [
    `${link}/slow`,
    '../../port[name = current()/../to]/speed < 1000',
    [`${link}/to: in ${link}`, `${port}/speed: join port.name by ${link}/to`, `${port}: join port.name by ${link}/to`],
  ],
  [
    link,
    '/network/port[current()/from = name][speed > 1]',
    [
      `${link}/from: in ${link}`,
      `${port}/speed: join port.name by ${link}/from`,
      `${port}: join port.name by ${link}/from`,
    ].slice(1),
  ],
  // Positions let other entries decide.
  [link, '/network/port[1][name = current()/from]/speed', [`${port}/speed: whole`, `${port}: whole`]],
  // Or with another condition: any entry may be it.
  [link, '/network/port[name = current()/from or speed = 1]', [`${port}/speed: whole`, `${port}: whole`]],
  // A key compared outside of a predicate
  [link, '/network/port/name = to', [`${port}: join port.name by ${link}/to`]],
  [
    link,
    '/network/port/name[. = current()/to]/../speed',
    [`${port}/speed: join port.name by ${link}/to`, `${port}: whole`],
  ],
  [link, '/network/port/name != to', [`${port}: whole`]],
  // A tag of the list itself
  [
    port,
    'tag[. = current()/radius]',
    [`${port}/radius: in ${port}`, `${port}/side: in ${port}`, `${port}/tag: in ${port}`],
  ],
  // deref() goes the way of the leafref
  [
    link,
    'deref(to)/../speed > 1',
    [`${port}/speed: join port.name by ${link}/to`, `${port}: join port.name by ${link}/to`],
  ],
  // Default values depend on what else is there: a case of the choice
  [port, 'radius', [`${port}/radius: in ${port}`, `${port}/side: in ${port}`]],
  [`${port}/trunk/native`, '../../tag', [`${port}/tag: in ${port}`]],
];

for (const [context, source, expected] of table) {
  test(`dependencies of "${source}" at ${context}`, () => {
    const found = describe(compileExpression(source, exampleScope).dependencies(schema, at(context)));
    // Keys of the context's own entry cannot change.
    assert.deepEqual(found, [...expected].filter((line) => !/link\/(from|to): in/.test(line)).sort());
  });
}

test('dependencies of the path of a leafref lead to the leaves with the value', () => {
  const { type } = at('/example:network/link/from') as Extract<DataSchemaNode, { kind: 'leaf' }>;
  const leaf = at(`${link}/from`);
  const found = describe(type.leafref?.path.expression.dependencies(schema, leaf) ?? []);
  assert.deepEqual(found, [`${port}: join port.name by ${link}/from`]);
  // Not below a list there is one context only, so the way to it is none.
  assert.deepEqual(describe(type.leafref?.path.expression.dependencies(schema, at('/example:network/main')) ?? []), [
    `${port}: in /`,
  ]);
});

test('dependencies of the when of a default value are read with it', () => {
  const found = describe(compileExpression('../cost', exampleScope).dependencies(schema, at(`${link}/slow`)));
  assert.deepEqual(found, [`${link}/cost: in ${link}`]);
});

test('dependencies of all constraints of the served modules', () => {
  const served = loadSchema({
    paths: modulePaths,
    modules: [
      'sluice-interfaces',
      'sluice-bridge-domains',
      'sluice-block-points',
      'sluice-ce-notification',
      'sluice-deviations',
    ].map((name) => ({ name, features: 'all' })),
  });
  const whole: string[] = [];
  for (const node of served.nodes) {
    if (!node.config) continue;
    for (const { expression } of [...node.whens, ...node.musts]) {
      for (const { reads, via } of expression.dependencies(served, node)) {
        if (via.kind === 'whole') whole.push(`${node.path}: "${expression.source}" reads ${reads.path}`);
      }
    }
  }
  assert.deepEqual(whole, []);
});
