/** Random expressions: whatever the text, a FaultError or a value, in bounded time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleSchema, exampleScope, exampleXml, readXml } from '../data/example/example.ts';
import { random } from '../data/example/random.ts';
import { DataTree } from '../data/tree.ts';
import { FaultError } from '../fault.ts';
import { compileExpression } from './compile.ts';
import { signatures } from './functions.ts';

const cases = Number(process.env['FUZZ_CASES'] ?? 4_000);
const names = [
  'network',
  'port',
  'name',
  'speed',
  'tag',
  'link',
  'from',
  'k:x',
  'ex:*',
  '*',
  'text()',
  'node()',
  'zz:a',
];
const axes = [
  '',
  '',
  '',
  '..',
  '.',
  '@',
  'ancestor::',
  'following::',
  'preceding::',
  'descendant-or-self::',
  'self::',
  'up::',
];
const operators = ['=', '!=', '<', '>=', '+', '-', '*', ' div ', ' mod ', ' and ', ' or ', '|', ' x '];
const literals = [
  '"a"',
  "'b'",
  '1',
  '.5',
  '100',
  '"k:laser"',
  'true()',
  'position()',
  'last()',
  'current()',
  '"',
  '$v',
];

test(`compileExpression and evaluate survive ${cases} random expressions`, (context) => {
  const { seed, below, pick } = random();
  context.diagnostic(`FUZZ_SEED=${seed}`);
  const schema = exampleSchema();
  const tree = new DataTree({ schema, top: schema, nodes: readXml(schema, exampleXml, { mode: 'data' }) });
  const functions = [...signatures.keys()];

  const path = (depth: number): string => {
    let text = pick(['', '/', '//', '']);
    for (let steps = 1 + below(3); steps > 0; steps--) {
      text += pick(axes) + pick(names);
      if (depth > 0 && below(3) === 0) text += `[${expression(depth - 1)}]`;
      if (steps > 1) text += pick(['/', '/', '//']);
    }
    return text;
  };
  const expression = (depth: number): string => {
    switch (depth === 0 ? below(2) : below(6)) {
      case 0:
        return pick(literals);
      case 1:
        return path(depth);
      case 2:
        return `(${expression(depth - 1)})`;
      case 3:
        return `${pick(functions)}(${Array.from({ length: below(4) }, () => expression(depth - 1)).join(',')})`;
      default:
        return expression(depth - 1) + pick(operators) + expression(depth - 1);
    }
  };
  const damage = (text: string): string => {
    const at = below(text.length + 1);
    return text.slice(0, at) + String.fromCharCode(below(128)) + text.slice(at + below(3));
  };

  let values = 0;
  for (let i = 0; i < cases; i++) {
    let source = expression(4);
    if (below(3) === 0) source = damage(source);
    try {
      const compiled = compileExpression(source, exampleScope);
      const value = compiled.evaluate(tree, tree.root());
      if (value.kind === 'nodes') {
        const ids = value.nodes.map((node) => tree.id(node));
        assert.equal(new Set(ids).size, ids.length, `a node twice: ${source}`);
        for (let j = 1; j < value.nodes.length; j++) {
          const [a, b] = [value.nodes[j - 1], value.nodes[j]];
          assert.ok(a && b && tree.compare(a, b) < 0, `not in document order: ${source}`);
        }
        assert.equal(compiled.test(tree, tree.root()), value.nodes.length > 0, source);
      }
      compiled.dependencies(schema, undefined);
      values++;
    } catch (error) {
      if (!(error instanceof FaultError))
        throw new Error(`FUZZ_SEED=${seed}: ${JSON.stringify(source)}`, { cause: error });
    }
  }
  assert.ok(values > cases / 100, `only ${values} were expressions`);
});
