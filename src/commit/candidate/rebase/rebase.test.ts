import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeySpace } from '../../../datastore/key/key.ts';
import { isOrdered } from '../../../datastore/row/shape.ts';
import type { SourceView } from '../../../datastore/view/source.ts';
import { at, type Content, edited, lines, op, payload, schemaOf, viewOf } from '../../testing/fixture.ts';
import { type Preference, type RebaseInput, rebaseSteps } from './rebase.ts';
import { conflictFaults } from './report.ts';

const schema = schemaOf(`module r {
  yang-version 1.1; namespace "urn:r"; prefix r;
  container c {
    leaf a { type string; }
    leaf b { type string; }
    list l { key k; leaf k { type string; } leaf v { type string; } leaf w { type string; }
      list in { key k; leaf k { type string; } leaf v { type string; } } }
    list u { key k; ordered-by user; leaf k { type string; } leaf v { type string; } }
    leaf-list m { type string; }
    leaf-list o { type string; ordered-by user; }
    container p { presence "it counts"; leaf x { type string; } }
    choice way { case one { leaf one { type string; } list ones { key k; leaf k { type string; } } } case two { leaf two { type string; } } }
  }
}`);
const keys = new KeySpace(schema);

function atOnce<T>(steps: Generator<void, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

function rebase(input: RebaseInput) {
  const { conflicts, merge } = atOnce(rebaseSteps(input));
  return { conflicts, merged: (preference: Preference) => atOnce(merge(preference)) };
}

type Edit = { readonly [name: string]: Content };

function views(base: Edit, mine: Edit, theirs: Edit) {
  const start = viewOf(keys, payload(schema, { c: base }));
  const candidate = edited(start, payload(schema, { c: mine }));
  const running = edited(start, payload(schema, { c: theirs }));
  return { candidate, running, mine: candidate.changes(), theirs: running.changes() };
}

function placesOf(input: ReturnType<typeof views>): string[] {
  const { conflicts } = rebase(input);
  return conflictFaults(conflicts, input.running, input.candidate, undefined).map(({ path }) => path ?? '');
}

/** Lines below /r:c, shortened. */
function short(view: SourceView): string[] {
  return lines(view).map((line) => line.replace('/r:c/', ''));
}

interface Case {
  readonly name: string;
  readonly base?: Edit;
  readonly mine: Edit;
  readonly theirs: Edit;
  readonly conflicts?: readonly string[];
  readonly candidate: readonly string[];
  /** Where it is not the same. */
  readonly running?: readonly string[];
}

const L = "l[k='x']";
const cases: readonly Case[] = [
  {
    name: 'different leaves of one row',
    base: { a: '1' },
    mine: { b: 'm' },
    theirs: { a: 't' },
    candidate: ['a = t', 'b = m'],
  },
  {
    name: 'one leaf',
    base: { a: '1' },
    mine: { a: 'm' },
    theirs: { a: 't', b: 't' },
    conflicts: ['a'],
    candidate: ['a = m', 'b = t'],
    running: ['a = t', 'b = t'],
  },
  { name: 'one leaf, one value', mine: { a: 'x' }, theirs: { a: 'x' }, conflicts: ['a'], candidate: ['a = x'] },
  {
    name: 'a leaf set and deleted',
    base: { a: '1' },
    mine: { a: op('delete') },
    theirs: { a: 't' },
    conflicts: ['a'],
    candidate: [],
    running: ['a = t'],
  },
  {
    name: 'leaves of one entry',
    base: { l: [{ k: 'x' }] },
    mine: { l: [{ k: 'x', v: 'm' }] },
    theirs: { l: [{ k: 'x', w: 't' }] },
    candidate: [L, `${L}/v = m`, `${L}/w = t`],
  },
  {
    name: 'entries created beside each other',
    mine: { l: [{ k: 'y' }] },
    theirs: { l: [{ k: 'x' }] },
    candidate: [L, "l[k='y']"],
  },
  {
    name: 'an entry created by both',
    mine: { l: [{ k: 'x', v: 'm' }] },
    theirs: { l: [{ k: 'x', w: 't' }] },
    conflicts: [L],
    candidate: [L, `${L}/v = m`],
    running: [L, `${L}/w = t`],
  },
  {
    name: 'an entry deleted under a change',
    base: { l: [{ k: 'x', v: '1', in: [{ k: 'i' }] }] },
    mine: { l: [{ k: 'x', v: 'm' }] },
    theirs: { l: [op('delete', { k: 'x' })], a: 't' },
    conflicts: [L],
    candidate: ['a = t', L, `${L}/v = m`, `${L}/in[k='i']`],
    running: ['a = t'],
  },
  {
    name: 'an entry created below one that is deleted',
    base: { l: [{ k: 'x' }] },
    mine: { l: [{ k: 'x', in: [{ k: 'i' }] }] },
    theirs: { l: [op('delete', { k: 'x' })] },
    conflicts: [L],
    candidate: [L, `${L}/in[k='i']`],
    running: [],
  },
  {
    name: 'the deletion of what another works in',
    base: { l: [{ k: 'x', in: [{ k: 'i' }, { k: 'j' }] }] },
    mine: { l: [op('delete', { k: 'x' })] },
    theirs: { l: [{ k: 'x', in: [{ k: 'i', v: 't' }, { k: 'n' }] }] },
    conflicts: [L],
    candidate: [],
    running: [L, `${L}/in[k='i']`, `${L}/in[k='i']/v = t`, `${L}/in[k='j']`, `${L}/in[k='n']`],
  },
  {
    name: 'an entry deleted by both',
    base: { l: [{ k: 'x' }] },
    mine: { l: [op('delete', { k: 'x' })] },
    theirs: { l: [op('delete', { k: 'x' })] },
    conflicts: [L],
    candidate: [],
  },
  {
    name: 'entries of one leaf-list',
    base: { m: ['1'] },
    mine: { m: ['2'] },
    theirs: { m: ['3'] },
    conflicts: ['m'],
    candidate: ["m[.='1']", "m[.='2']"],
    running: ["m[.='1']", "m[.='3']"],
  },
  {
    name: 'the order of a leaf-list of users',
    base: { o: ['1', '2'] },
    mine: { o: [at({ insert: 'first' }, '2')] },
    theirs: { o: ['3'] },
    conflicts: ['o'],
    candidate: ["o[.='2']", "o[.='1']"],
    running: ["o[.='1']", "o[.='2']", "o[.='3']"],
  },
  {
    name: 'the order of a list of users',
    base: { u: [{ k: '1' }, { k: '2' }] },
    mine: { u: [at({ insert: 'first' }, { k: '2' })] },
    theirs: { u: [{ k: '3' }, { k: '1', v: 't' }] },
    conflicts: ['u'],
    candidate: ["u[k='2']", "u[k='1']", "u[k='1']/v = t", "u[k='3']"],
    running: ["u[k='1']", "u[k='1']/v = t", "u[k='2']", "u[k='3']"],
  },
  {
    name: 'entries that both append',
    mine: { u: [{ k: '1' }] },
    theirs: { u: [{ k: '2' }] },
    conflicts: ['u'],
    candidate: ["u[k='1']", "u[k='2']"],
    running: ["u[k='2']", "u[k='1']"],
  },
  {
    name: 'a move, and a change inside of another entry',
    base: { u: [{ k: '1' }, { k: '2' }] },
    mine: { u: [at({ insert: 'first' }, { k: '2' })] },
    theirs: { u: [{ k: '1', v: 't' }] },
    candidate: ["u[k='2']", "u[k='1']", "u[k='1']/v = t"],
  },
  {
    name: 'a presence container',
    mine: { p: {} },
    theirs: { p: { x: 't' } },
    conflicts: ['p'],
    candidate: ['p'],
    running: ['p', 'p/x = t'],
  },
  {
    name: 'two cases of a choice',
    mine: { one: 'm' },
    theirs: { two: 't', a: 't' },
    conflicts: ['/r:c'],
    candidate: ['a = t', 'one = m'],
    running: ['a = t', 'two = t'],
  },
  {
    name: 'two cases, one of rows',
    mine: { two: 'm' },
    theirs: { ones: [{ k: 'x' }] },
    conflicts: ['/r:c'],
    candidate: ['two = m'],
    running: ["ones[k='x']"],
  },
  {
    name: 'one case of a choice',
    mine: { one: 'm' },
    theirs: { ones: [{ k: 'x' }] },
    candidate: ['one = m', "ones[k='x']"],
  },
];

for (const { name, base = {}, mine, theirs, conflicts = [], candidate, running = candidate } of cases) {
  test(`rebase: ${name}`, () => {
    const input = views(base, mine, theirs);
    assert.deepEqual(
      placesOf(input).map((path) => path.replace('/r:c/', '')),
      conflicts,
    );
    const { merged } = rebase(input);
    assert.deepEqual(short(merged('candidate')), candidate, 'prefer-candidate');
    assert.deepEqual(short(merged('running')), running, 'prefer-running');
  });
}

test('conflictFaults tells both values, and only to those who may read them', () => {
  const input = views({ a: '1' }, { a: 'm' }, { a: 't' });
  const { conflicts } = rebase(input);
  const told = (read: boolean) => {
    const access = { read: () => read } as never;
    const [fault] = conflictFaults(conflicts, input.running, input.candidate, access);
    return fault?.info?.[0]?.children?.map(({ name, value }) => `${name} ${value}`);
  };
  assert.deepEqual(told(true), ['xpath /r:c/a', 'value-running t', 'value-candidate m']);
  assert.deepEqual(told(false), ['xpath /r:c/a']);
});

/** mulberry32 */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

test('rebase of random changes is sound, and without conflicts the order of the sides does not matter', () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1e9);
  console.log(`rebase: seed ${seed}`);
  const random = randomOf(seed);
  const pick = <T>(...from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const entry = (depth: number): Content => {
    const k = pick('1', '2', '3');
    if (random() < 0.3) return op('remove', { k });
    const inside = depth > 0 && random() < 0.5 ? { in: [entry(0)] } : {};
    return { k, ...(random() < 0.5 ? { v: pick('x', 'y') } : {}), ...inside };
  };
  const unique = (entries: readonly Content[]): Content[] => {
    const seen = new Set<string>();
    return entries.filter((one) => {
      const content = (one !== null && typeof one === 'object' && 'value' in one ? one.value : one) as { k: string };
      return !seen.has(content.k) && seen.add(content.k);
    });
  };
  const some = (): Edit => ({
    ...(random() < 0.3 ? { a: pick('x', 'y') } : {}),
    ...(random() < 0.6 ? { l: unique([entry(1), entry(1)]) } : {}),
    ...(random() < 0.4 ? { u: unique([entry(0), entry(0)]) } : {}),
    ...(random() < 0.3 ? { m: [pick('1', '2')] } : {}),
    ...(random() < 0.3 ? { p: random() < 0.5 ? op('remove') : { x: pick('x', 'y') } } : {}),
    ...(random() < 0.3 ? (random() < 0.5 ? { one: 'x' } : { two: 'x' }) : {}),
  });
  let clean = 0;
  for (let i = 0; i < 3000; i++) {
    const input = views(some(), some(), some());
    const swapped = { candidate: input.running, running: input.candidate, mine: input.theirs, theirs: input.mine };
    const one = rebase(input);
    const other = rebase(swapped);
    const where = `seed ${seed}, case ${i}`;
    assert.equal(one.conflicts.length === 0, other.conflicts.length === 0, where);
    for (const preference of ['candidate', 'running'] as const) assertSound(one.merged(preference), where);
    if (one.conflicts.length === 0) {
      clean++;
      assert.deepEqual(lines(one.merged('candidate')), lines(other.merged('candidate')), where);
      assert.deepEqual(lines(one.merged('candidate')), lines(one.merged('running')), where);
    }
    assert.deepEqual(
      lines(rebase({ ...input, running: input.candidate.base, theirs: [] }).merged('candidate')),
      lines(input.candidate),
    );
    assert.deepEqual(lines(rebase({ ...input, mine: [] }).merged('candidate')), lines(input.running));
  }
  assert.ok(clean > 300, `${clean} cases without conflicts`);
});

/** No row without the one above it, no two entries at one place, no two cases of a choice. */
function assertSound(view: SourceView, where: string): void {
  const places = new Set<string>();
  for (const { key, node, row } of view.scan('', '\xff\xff\xff')) {
    const parent = keys.parentOf(key, node);
    const above = keys.node(parent);
    if (above !== undefined && (above.kind !== 'container' || above.presence)) {
      assert.ok(view.get(parent), `${where}: ${keys.path(key)} hangs in the air`);
    }
    if (!isOrdered(node)) continue;
    const place = `${parent} ${node.path} ${row.position}`;
    assert.ok(!places.has(place), `${where}: two entries at the place of ${keys.path(key)}`);
    places.add(place);
  }
  const shown = lines(view);
  assert.ok(!(shown.includes('/r:c/one = x') && shown.includes('/r:c/two = x')), `${where}: two cases`);
}
