/**
 * Random paths with predicates and functions select what yanglint (libyang) selects from the same data. Positions are
 * left to evaluate.test.ts, as are following and preceding: libyang 2.1 counts positions over all context nodes together,
 * not from each as XPath 1.0 section 2.4 says, takes ancestors for preceding nodes, and gives some nodes twice. The seed
 * is fixed unless FUZZ_SEED says otherwise: a failure may be libyang's.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { exampleSchema, exampleXml, modulePaths, readXml } from '../data/example/example.ts';
import { random } from '../data/example/random.ts';
import { DataTree, type DataTreeHandle } from '../data/tree.ts';
import { compileExpression } from './compile.ts';

const version = spawnSync('yanglint', ['--version'], { encoding: 'utf8' }).stdout ?? '';
// libyang 3 (Debian 13) does not select `plant`, a container of state that the data leave out, for /*; RFC 7950
// section 6.4.1 has it in the tree, and libyang 2 selects it.
const skip = version.startsWith('yanglint 2.') ? false : 'needs yanglint 2';
const cases = Number(process.env['FUZZ_CASES'] ?? 150);
const names = [
  'network',
  'port',
  'name',
  'speed',
  'level',
  'tag',
  'link',
  'from',
  'to',
  'cost',
  'enabled',
  'trunk',
  'kind',
  'flags',
];
const leaves = ['name', 'speed', 'level', 'tag', 'from', 'to', 'cost', 'enabled', 'flags'];
const axes = [
  '',
  '',
  '',
  '',
  'descendant::',
  'ancestor::',
  'following-sibling::',
  'preceding-sibling::',
  'self::',
  'parent::',
  'descendant-or-self::',
  'ancestor-or-self::',
];

test(`select agrees with yanglint on ${cases} random paths`, { skip }, (context) => {
  const { seed, below, pick } = random(Number(process.env['FUZZ_SEED'] ?? 1));
  context.diagnostic(`FUZZ_SEED=${seed}`);
  const nameTest = () => (below(5) === 0 ? '*' : `example:${pick(names)}`);
  const path = (depth: number, first = pick(axes)): string => {
    let text = '';
    let axis = first;
    for (let steps = 1 + below(2); steps > 0; steps--) {
      text += axis + nameTest() + predicate(depth);
      axis = pick(axes);
      if (steps > 1) text += pick(['/', '/', '//', '/../']);
    }
    return text;
  };
  const predicate = (depth: number): string => (depth > 0 && below(3) === 0 ? `[${condition(depth - 1)}]` : '');
  const condition = (depth: number): string => {
    switch (below(depth > 0 ? 10 : 7)) {
      case 0:
        return path(depth);
      case 1:
        return `example:${pick(leaves)} ${pick(['=', '!=', '<', '>=', '<=', '>'])} ${pick(["'a'", "'b'", "'true'", '7', '100', '-5', '0'])}`;
      case 2:
        return `count(${path(depth)}) ${pick(['=', '<', '>'])} ${below(4)}`;
      case 3:
        return pick([
          "contains(example:kind, 'a')",
          "starts-with(name(), 'example')",
          'string-length(example:name) > 3',
          "local-name() = 'port'",
          "re-match(example:level, '[a-z]+')",
        ]);
      case 4:
        return pick([
          "example:kind = 'example-kinds:laser'",
          "derived-from(example:kind, 'example-kinds:optical')",
          'enum-value(example:level) = 20',
          "bit-is-set(example:flags, 'up')",
        ]);
      case 5:
        return `example:${pick(leaves)} = .//example:${pick(leaves)}`;
      case 6:
        return pick([
          'deref(example:from)/../example:speed',
          'example:name = deref(/example:network/example:main)',
          'sum(//example:speed) > 5',
        ]);
      case 7:
        return `not(${condition(depth - 1)})`;
      default:
        return `${condition(depth - 1)} ${pick(['and', 'or'])} ${condition(depth - 1)}`;
    }
  };

  const schema = exampleSchema();
  const nodes = readXml(schema, exampleXml.replace(/<note>.*<\/note>/, ''), { mode: 'data' });
  const tree = new DataTree({
    schema,
    top: schema,
    nodes,
  });
  const expressions = Array.from({ length: cases }, () => pick(['/', '//']) + path(2, ''));
  const theirs = selectedByYanglint(exampleXml.replace(/<note>.*<\/note>/, ''), expressions);
  let matched = 0;
  expressions.forEach((source, index) => {
    const expression = compileExpression(source, { moduleOf: (prefix) => prefix, defaultModule: undefined });
    const ours = expression.select(tree, tree.root()).flatMap((node) => describe(tree, node));
    const expected = theirs[index];
    if (expected === undefined) return;
    if (ours.length > 0) matched++;
    assert.deepEqual(new Set(ours), new Set(expected), `FUZZ_SEED=${seed}: ${source}`);
  });
  assert.ok(matched > cases / 10, `only ${matched} select something`);
});

/** As yanglint prints a node. */
function describe(tree: DataTree, node: DataTreeHandle): string[] {
  const schema = tree.schema(node);
  if (schema === undefined) return [];
  const value = tree.value(node);
  if (schema.kind === 'leaf' || schema.kind === 'leaf-list')
    return [`${schema.kind} "${schema.name}" (value: "${value}")`];
  if (schema.kind !== 'list') return [`${schema.kind} "${schema.name}"`];
  const keys = schema.keys.map(
    (key) => `"${key.name}": "${tree.value([...tree.children(node, key)][0] as DataTreeHandle)}";`,
  );
  return [`list "${schema.name}" (${keys.join(' ')})`];
}

/** Of each expression what yanglint prints; undefined where it crashes, which libyang 2.1 does at times. */
function selectedByYanglint(xml: string, expressions: readonly string[]): (string[] | undefined)[] {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-xpath-'));
  try {
    const file = join(folder, 'instance.xml');
    writeFileSync(file, xml);
    const setup = [...modulePaths.map((path) => `searchpath ${path}`), 'load example example-kinds'];
    return expressions.map((source) => {
      const input = `${[...setup, `data -t config -x "${source}" ${file}`].join('\n')}\n`;
      const { status, stdout } = spawnSync('yanglint', { input, encoding: 'utf8' });
      if (status !== 0 || !stdout.includes('evaluation result')) return undefined;
      const nodes = stdout.slice(stdout.indexOf('evaluation result:'));
      return nodes.match(/(?:leaf|leaf-list) "[^"]*" \(value: ".*"\)|list "[^"]*" \(.*;\)|container "[^"]*"/g) ?? [];
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
