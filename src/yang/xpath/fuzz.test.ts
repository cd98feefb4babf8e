/** Random expressions: whatever the text, a FaultError or a value, in bounded time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleSchema, exampleScope, exampleXml, readXml } from '../data/example/example.ts';
import { random } from '../data/example/random.ts';
import { DataTree } from '../data/tree.ts';
import { FaultError } from '../fault.ts';
import { compileExpression } from './compile.ts';
import { RandomExpressions } from './testing/random-expression.ts';

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
  const choice = random();
  const { seed, below } = choice;
  context.diagnostic(`FUZZ_SEED=${seed}`);
  const schema = exampleSchema();
  const tree = new DataTree({ schema, top: schema, nodes: readXml(schema, exampleXml, { mode: 'data' }) });
  const expressions = new RandomExpressions(choice, { names, literals });

  let values = 0;
  for (let i = 0; i < cases; i++) {
    let text = expressions.expression(4);
    if (below(3) === 0) text = expressions.damage(text);
    try {
      const compiled = compileExpression(text, exampleScope);
      const value = compiled.evaluate(tree, tree.root());
      if (value.kind === 'nodes') {
        const ids = value.nodes.map((node) => tree.id(node));
        assert.equal(new Set(ids).size, ids.length, `a node twice: ${text}`);
        for (let j = 1; j < value.nodes.length; j++) {
          const [a, b] = [value.nodes[j - 1], value.nodes[j]];
          assert.ok(a && b && tree.compare(a, b) < 0, `not in document order: ${text}`);
        }
        assert.equal(compiled.test(tree, tree.root()), value.nodes.length > 0, text);
      }
      compiled.dependencies(schema, undefined);
      values++;
    } catch (error) {
      if (!(error instanceof FaultError))
        throw new Error(`FUZZ_SEED=${seed}: ${JSON.stringify(text)}`, { cause: error });
    }
  }
  assert.ok(values > cases / 100, `only ${values} were expressions`);
});
