import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { OperationNode, Schema } from '../schema/node.ts';
import { compileExpression } from '../xpath/compile.ts';
import { exampleSchema, exampleScope, exampleXml, readXml } from './example/example.ts';
import { DataTree, type DataTreeHandle } from './tree.ts';

let schema: Schema;
let input: OperationNode;

before(() => {
  schema = exampleSchema();
  input = schema.rpcs.get('example:connect')?.input as OperationNode;
});

function values(tree: DataTree<DataTreeHandle>, source: string): readonly (string | undefined)[] {
  const nodes = compileExpression(source, exampleScope).select(tree, tree.top());
  return nodes.map((node) => tree.value(node));
}

test('DataTree leads from an operation into the tree behind it', () => {
  const behind = new DataTree({ schema, top: schema, nodes: readXml(schema, exampleXml, { mode: 'data' }) });
  const nodes = readXml(schema, '<ex:port>b</ex:port>', { mode: 'data' }, input);
  const tree = new DataTree<DataTreeHandle>({ schema, top: input, nodes, behind });
  assert.deepEqual(values(tree, 'port'), ['b']);
  assert.deepEqual(values(tree, '/network/port[name = current()/port]/speed'), ['100']);
  assert.deepEqual(values(tree, 'deref(port)/../enabled | port'), ['false', 'b']);
  assert.deepEqual(values(tree, 'port/../../network/main'), ['b']);
});

test('DataTree has default values where their conditions hold', () => {
  const tree = (xml: string) =>
    new DataTree<DataTreeHandle>({ schema, top: input, nodes: readXml(schema, xml, { mode: 'data' }, input) });
  assert.deepEqual(values(tree('<ex:how-late>4</ex:how-late>'), 'reason'), ['traffic']);
  assert.deepEqual(values(tree('<ex:how-late>3</ex:how-late>'), 'reason'), []);
  assert.deepEqual(values(tree('<ex:slow/>'), 'slow/delay'), ['3']);
  assert.deepEqual(values(tree(''), 'slow/delay'), []);
});
