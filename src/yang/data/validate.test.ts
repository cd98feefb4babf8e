import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Fault } from '../fault.ts';
import type { OperationNode, Schema } from '../schema/node.ts';
import { build } from './build.ts';
import { exampleSchema, exampleXml, readXml } from './example/example.ts';
import type { DataNode } from './node.ts';
import { DataTree, type DataTreeHandle } from './tree.ts';
import { operationFaults } from './validate.ts';

let schema: Schema;
let input: OperationNode;
let running: DataTree;

before(() => {
  schema = exampleSchema();
  input = schema.rpcs.get('example:connect')?.input as OperationNode;
  running = new DataTree({ schema, top: schema, nodes: readXml(schema, exampleXml, { mode: 'data' }) });
});

function faults(nodes: readonly DataNode[], operation = input): readonly Fault[] {
  return operationFaults<DataTreeHandle>(schema, operation, nodes, { accessible: running });
}

const good = '<ex:port>a</ex:port><ex:fast/><ex:step><ex:number>1</ex:number><ex:text>x</ex:text></ex:step>';

test('operationFaults finds nothing in what is right', () => {
  assert.deepEqual(faults(readXml(schema, good, { mode: 'data' }, input)), []);
  assert.deepEqual(
    faults(readXml(schema, `${good}<ex:late>x</ex:late><ex:how-late>4</ex:how-late>`, { mode: 'data' }, input)),
    [],
  );
});

const badElement = (value: string) => [{ name: 'bad-element', value }];
const nonUnique = (value: string) => [{ name: 'non-unique', value, module: 'yang', isPath: true }];
const table: readonly (readonly [what: string, xml: string, expected: readonly Partial<Fault>[]])[] = [
  [
    'a missing leaf, choice and list',
    '',
    [
      { tag: 'missing-element', path: '/example:connect', info: badElement('port') },
      {
        tag: 'data-missing',
        appTag: 'missing-choice',
        path: '/example:connect',
        info: [{ name: 'missing-choice', value: 'how', module: 'yang' }],
      },
      { tag: 'operation-failed', appTag: 'too-few-elements', path: '/example:connect/step' },
    ],
  ],
  [
    'two cases of one choice',
    `${good}<ex:slow/>`,
    [{ tag: 'bad-element', path: '/example:connect/slow', info: badElement('slow') }],
  ],
  [
    'a leaf twice',
    `${good}<ex:port>b</ex:port>`,
    [{ tag: 'bad-element', path: '/example:connect/port', info: badElement('port') }],
  ],
  [
    'one key twice',
    `${good}<ex:step><ex:number>1</ex:number><ex:text>y</ex:text></ex:step>`,
    [
      {
        tag: 'operation-failed',
        appTag: 'data-not-unique',
        path: "/example:connect/step[number='1']",
        info: nonUnique("/example:connect/step[number='1']/number"),
      },
    ],
  ],
  [
    'a missing leaf of a list entry',
    `${good}<ex:step><ex:number>2</ex:number></ex:step>`,
    [{ tag: 'missing-element', path: "/example:connect/step[number='2']", info: badElement('text') }],
  ],
  [
    'too many entries, one without instance',
    `${good}<ex:via>a</ex:via><ex:via>b</ex:via><ex:via>z</ex:via>`,
    [
      { tag: 'data-missing', appTag: 'instance-required', path: "/example:connect/via[.='z']" },
      { tag: 'operation-failed', appTag: 'too-many-elements', path: '/example:connect/via' },
    ],
  ],
  [
    'a leaf whose condition is false',
    `${good}<ex:late>x</ex:late>`,
    [{ tag: 'unknown-element', path: '/example:connect/late', info: badElement('late') }],
  ],
  [
    'a must of the whole input',
    `${good.replace('>a<', '>b<')}<ex:late>x</ex:late><ex:how-late>4</ex:how-late>`,
    [{ tag: 'operation-failed', appTag: 'late-a', path: '/example:connect' }],
  ],
];
for (const [what, xml, expected] of table) {
  test(`operationFaults reports ${what}`, () => {
    const found = faults(readXml(schema, xml, { mode: 'data' }, input)).map(({ message: _, type, ...rest }) => {
      assert.equal(type, 'application');
      return rest;
    });
    assert.deepEqual(found, expected);
  });
}

test('operationFaults takes a notification made by build', () => {
  const moved = schema.notifications.get('example:moved') as OperationNode;
  const nodes = build(moved, { port: 'a', cause: ['x', 'x'], detail: { before: 1, after: undefined } });
  assert.deepEqual(faults(nodes, moved), []);
  assert.equal(faults(build(moved, { port: 'z' }), moved)[0]?.path, '/example:moved/port');
  assert.throws(() => build(moved, { nothing: 1 }), /no child nothing/);
});
