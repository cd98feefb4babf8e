import assert from 'node:assert/strict';
import test from 'node:test';
import { compileExpression } from '../../yang/xpath/compile.ts';
import { TestKeys } from '../testing/schema.ts';
import { MemoryView } from '../view/memory.ts';
import { ViewTree } from './xpath-tree.ts';

const k = new TestKeys();
const scope = { moduleOf: () => 'sluice-store-test', defaultModule: 'sluice-store-test' };

function tree(): ViewTree {
  const view = new MemoryView(k.keys);
  for (const name of ['b', 'a']) view.put(k.interface(name), k.row('interface'), k.columns({}));
  view.put(k.interface('b'), k.row('interface'), k.columns({ 'interface/mtu': '9000', 'interface/parent': 'a' }));
  for (const name of ['z', 'y']) view.put(k.rule(name), k.row('rule'), k.columns({}));
  return new ViewTree(view, k.keys);
}

function select(source: string, of = tree()): string[] {
  return compileExpression(source, scope)
    .select(of, of.root())
    .map((node) => node.value ?? k.keys.path(node.key, undefined));
}

test('ViewTree gives entries by key, defaults in use and parents', () => {
  assert.deepEqual(select("/box/interface[name='b']/mtu"), ['9000']);
  assert.deepEqual(select("/box/interface[name='a']/mtu"), ['1500']);
  assert.deepEqual(select("/box/interface[name='a']/encapsulation/keep"), ['true']);
  assert.deepEqual(select("/box/interface[name='a']/encapsulation/push-type"), []);
  assert.deepEqual(select("/box/interface[parent='a']/encapsulation/../name"), ['b']);
  assert.deepEqual(select("/box/interface[name='none']"), []);
});

test('ViewTree keeps document order, of ordered-by user lists the order of the user', () => {
  assert.deepEqual(select('/box/interface/name'), ['a', 'b']);
  assert.deepEqual(select('/box/rule/name'), ['z', 'y']);
  assert.deepEqual(select('/box/rule/name | /box/interface/name'), ['a', 'b', 'z', 'y']);
});
