import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeySpace } from '../../datastore/key/key.ts';
import type { Fault } from '../../yang/fault.ts';
import { at, type Content, edited, faultsOf, lines, op, payload, schemaOf, viewOf } from '../testing/fixture.ts';
import type { EditOptions } from './options.ts';

const schema = schemaOf(`module m {
  yang-version 1.1;
  namespace "urn:m"; prefix m;
  leaf top-leaf { type string; }
  container c {
    leaf a { type string; }
    leaf b { type string; default "x"; }
    container inner { leaf i { type string; } leaf-list il { type string; } }
    container here { presence "yes"; leaf h { type string; } }
    list l {
      key "k";
      leaf k { type string; }
      leaf v { type string; }
      container deep { leaf d { type string; } list s { key "n"; leaf n { type int8; } leaf o { type string; } } }
    }
    list u { key "k"; ordered-by user; leaf k { type string; } leaf v { type string; } }
    leaf-list ul { type string; ordered-by user; }
    leaf-list sl { type string; }
    choice ch {
      case one { leaf one-a { type string; } leaf one-b { type string; } }
      case two { container two { leaf t { type string; } } list two-l { key "k"; leaf k { type string; } } }
      leaf three { type string; }
      case four { choice in { leaf in-a { type string; } leaf in-b { type string; } } }
    }
    anydata any;
    leaf state { config false; type string; }
  }
}`);
const keys = new KeySpace(schema);

type Tree = { readonly [name: string]: Content };
interface Case {
  readonly name: string;
  readonly before?: Tree;
  readonly edit: Tree;
  readonly options?: EditOptions;
  readonly after?: readonly string[];
  readonly fault?: Partial<Fault> & { readonly infos?: readonly string[] };
}

const C = '/m:c';
const cases: readonly Case[] = [
  {
    name: 'merge adds and changes and keeps the rest',
    before: { c: { a: '1', l: [{ k: 'p', v: '1' }] } },
    edit: { c: { b: 'y', l: [{ k: 'p', deep: { d: '2' } }, { k: 'q' }] } },
    after: [
      `${C}/a = 1`,
      `${C}/b = y`,
      `${C}/l[k='p']`,
      `${C}/l[k='p']/v = 1`,
      `${C}/l[k='p']/deep/d = 2`,
      `${C}/l[k='q']`,
    ],
  },
  { name: 'merge sets a leaf of the root', edit: { 'top-leaf': 'v' }, after: ['/m:top-leaf = v'] },
  { name: 'merge of an empty container changes nothing', edit: { c: { inner: {} } }, after: [] },
  { name: 'merge makes a presence container', edit: { c: { here: {} } }, after: [`${C}/here`] },
  {
    name: 'replace of a container drops what is not named',
    before: { c: { a: '1', inner: { i: '1' }, here: { h: '1' }, l: [{ k: 'p' }], sl: ['s'], any: '<x/>' } },
    edit: { c: op('replace', { b: 'y', l: [{ k: 'q' }] }) },
    after: [`${C}/b = y`, `${C}/l[k='q']`],
  },
  {
    name: 'replace of a list entry drops its other leaves only',
    before: {
      c: {
        a: '1',
        l: [
          { k: 'p', v: '1', deep: { d: '1', s: [{ n: '1' }] } },
          { k: 'q', v: '2' },
        ],
      },
    },
    edit: { c: { l: [op('replace', { k: 'p', deep: { s: [{ n: '2' }] } })] } },
    after: [`${C}/a = 1`, `${C}/l[k='p']`, `${C}/l[k='p']/deep/s[n='2']`, `${C}/l[k='q']`, `${C}/l[k='q']/v = 2`],
  },
  {
    name: 'default-operation replace replaces the whole datastore',
    before: { 'top-leaf': 'v', c: { a: '1' } },
    edit: { c: { b: 'y' } },
    options: { defaultOperation: 'replace' },
    after: [`${C}/b = y`],
  },
  {
    name: 'merge below replace keeps',
    before: { c: { inner: { i: '1', il: ['x'] } } },
    edit: { c: op('replace', { inner: op('merge', { i: '2' }) }) },
    after: [`${C}/inner/i = 2`, `${C}/inner/il[.='x']`],
  },
  {
    name: 'create makes what is absent, also where a default is in use',
    edit: { c: { b: op('create', 'x') } },
    after: [`${C}/b = x`],
  },
  {
    name: 'create refuses a leaf that exists',
    before: { c: { a: '1' } },
    edit: { c: { a: op('create', '2') } },
    fault: { tag: 'data-exists', type: 'application', path: `${C}/a` },
  },
  {
    name: 'create refuses an entry that exists',
    before: { c: { l: [{ k: "p'q" }] } },
    edit: { c: { l: [op('create', { k: "p'q" })] } },
    fault: { tag: 'data-exists', path: `${C}/l[k="p'q"]` },
  },
  {
    name: 'create refuses a leaf-list value that exists',
    before: { c: { sl: ['x'] } },
    edit: { c: { sl: [op('create', 'x')] } },
    fault: { tag: 'data-exists', path: `${C}/sl[.='x']` },
  },
  {
    name: 'create refuses a container with content',
    before: { c: { inner: { i: '1' } } },
    edit: { c: { inner: op('create', { il: ['1'] }) } },
    fault: { tag: 'data-exists', path: `${C}/inner` },
  },
  {
    name: 'create below replace sees what was there',
    before: { c: { inner: { i: '1' } } },
    edit: { c: op('replace', { inner: { i: op('create', '2') } }) },
    fault: { tag: 'data-exists', path: `${C}/inner/i` },
  },
  {
    name: 'delete takes leaf, entry with all below, presence container, leaf-list value',
    before: { c: { a: '1', here: { h: '1' }, l: [{ k: 'p', deep: { s: [{ n: '1' }] } }], sl: ['x', 'y'] } },
    edit: { c: { a: op('delete'), here: op('delete'), l: [op('delete', { k: 'p' })], sl: [op('delete', 'x')] } },
    after: [`${C}/sl[.='y']`],
  },
  {
    name: 'delete of a non-presence container takes its content',
    before: { c: { a: '1', inner: { i: '1', il: ['x'] } } },
    edit: { c: { inner: op('delete') } },
    after: [`${C}/a = 1`],
  },
  {
    name: 'delete of the top container takes everything',
    before: { 'top-leaf': 'v', c: { a: '1', l: [{ k: 'p' }] } },
    edit: { c: op('delete') },
    after: ['/m:top-leaf = v'],
  },
  {
    name: 'delete of the top container works where only rows are below',
    before: { c: { l: [{ k: 'p' }] } },
    edit: { c: op('delete') },
    after: [],
  },
  {
    name: 'delete refuses an absent leaf',
    edit: { c: { a: op('delete') } },
    fault: { tag: 'data-missing', path: `${C}/a` },
  },
  {
    name: 'delete refuses a leaf that has only its default',
    edit: { c: { b: op('delete') } },
    fault: { tag: 'data-missing', path: `${C}/b` },
  },
  {
    name: 'delete refuses an absent entry',
    edit: { c: { l: [op('delete', { k: 'p' })] } },
    fault: { tag: 'data-missing', path: `${C}/l[k='p']` },
  },
  { name: 'delete refuses an absent container', edit: { c: op('delete') }, fault: { tag: 'data-missing', path: C } },
  { name: 'delete refuses an empty container', edit: { c: { inner: op('delete') } }, fault: { tag: 'data-missing' } },
  {
    name: 'remove of what is absent is no error',
    edit: {
      c: {
        a: op('remove'),
        inner: op('remove'),
        here: op('remove'),
        l: [op('remove', { k: 'p' })],
        sl: [op('remove', 'x')],
      },
    },
    after: [],
  },
  {
    name: 'none only walks',
    before: { c: { l: [{ k: 'p', v: '1' }] } },
    edit: { c: { l: [{ k: 'p', v: op('delete') }] } },
    options: { defaultOperation: 'none' },
    after: [`${C}/l[k='p']`],
  },
  {
    name: 'none refuses an absent entry on the way',
    edit: { c: { l: [{ k: 'p', v: op('create', '1') }] } },
    options: { defaultOperation: 'none' },
    fault: { tag: 'data-missing', path: `${C}/l[k='p']` },
  },
  {
    name: 'none passes an empty non-presence container',
    edit: { c: { inner: { i: op('create', '1') } } },
    options: { defaultOperation: 'none' },
    after: [`${C}/inner/i = 1`],
  },
  {
    name: 'none does not set',
    before: { c: { a: '1' } },
    edit: { c: { a: '2' } },
    options: { defaultOperation: 'none' },
    after: [`${C}/a = 1`],
  },
  {
    name: 'siblings: deletions go first',
    before: { c: { l: [{ k: 'p' }], three: 'x' } },
    edit: { c: { 'one-a': '1', three: op('delete') } },
    after: [`${C}/one-a = 1`, `${C}/l[k='p']`],
  },
  {
    name: 'a key cannot be deleted',
    before: { c: { l: [{ k: 'p' }] } },
    edit: { c: { l: [{ k: op('delete', 'p') }] } },
    fault: { tag: 'bad-attribute', path: `${C}/l[k='p']/k`, infos: ['bad-attribute operation', 'bad-element k'] },
  },
  {
    name: 'a key must be there',
    edit: { c: { l: [{ v: '1' }] } },
    fault: { tag: 'missing-element', path: `${C}/l`, infos: ['bad-element k'] },
  },
  {
    name: 'nothing is set below what is deleted',
    before: { c: { l: [{ k: 'p' }] } },
    edit: { c: { l: [op('delete', { k: 'p', v: op('create', '1') })] } },
    fault: { tag: 'bad-attribute', infos: ['bad-attribute operation', 'bad-element v'] },
  },
  {
    name: 'nothing is set deep below what is deleted',
    before: { c: { l: [{ k: 'p', deep: { s: [{ n: '1' }] } }] } },
    edit: { c: op('remove', { l: [{ k: 'p', deep: { s: [{ n: '1', o: op('create', 'x') }] } }] }) },
    fault: {
      tag: 'bad-attribute',
      path: `${C}/l[k='p']/deep/s[n='1']`,
      infos: ['bad-attribute operation', 'bad-element o'],
    },
  },
  {
    name: 'an entry below what is deleted has its keys',
    before: { c: { l: [{ k: 'p' }] } },
    edit: { c: op('remove', { l: [{ v: 'x' }] }) },
    fault: { tag: 'missing-element', path: `${C}/l`, infos: ['bad-element k'] },
  },
  {
    name: 'two entries with one key',
    edit: {
      c: {
        l: [
          { k: 'p', v: '1' },
          { k: 'p', v: '2' },
        ],
      },
    },
    fault: {
      tag: 'operation-failed',
      appTag: 'data-not-unique',
      path: `${C}/l[k='p']`,
      infos: [`non-unique ${C}/l[k='p']/k`],
    },
  },
  {
    name: 'two equal values of a leaf-list',
    edit: { c: { sl: ['x', 'x'] } },
    fault: { tag: 'operation-failed', appTag: 'data-not-unique', path: `${C}/sl[.='x']` },
  },
  {
    name: 'state is refused',
    edit: { c: { state: 'x' } },
    fault: { tag: 'unknown-element', path: `${C}/state`, infos: ['bad-element state'] },
  },
  {
    name: 'setting a node of one case deletes the others',
    before: { c: { 'one-a': '1', 'one-b': '2' } },
    edit: { c: { 'two-l': [{ k: 'p' }] } },
    after: [`${C}/two-l[k='p']`],
  },
  {
    name: 'setting a container of a case by its content deletes the others',
    before: { c: { three: '1' } },
    edit: { c: { two: { t: '1' } } },
    after: [`${C}/two/t = 1`],
  },
  {
    name: 'an empty container selects no case',
    before: { c: { three: '1' } },
    edit: { c: { two: {} } },
    after: [`${C}/three = 1`],
  },
  {
    name: 'nodes of one case live together',
    before: { c: { 'one-a': '1' } },
    edit: { c: { 'one-b': '1' } },
    after: [`${C}/one-a = 1`, `${C}/one-b = 1`],
  },
  {
    name: 'choices in choices',
    before: { c: { 'in-a': '1' } },
    edit: { c: { 'in-b': '1' } },
    after: [`${C}/in-b = 1`],
  },
  {
    name: 'a case of an outer choice deletes inner ones',
    before: { c: { 'two-l': [{ k: 'p' }], two: { t: '1' } } },
    edit: { c: { 'in-b': '1' } },
    after: [`${C}/in-b = 1`],
  },
  {
    name: 'two cases in one payload',
    edit: { c: { 'one-a': '1', three: '1' } },
    fault: { tag: 'bad-element', path: `${C}/three`, infos: ['bad-element three'] },
  },
  {
    name: 'anydata is set as a whole',
    before: { c: { any: '<x/>' } },
    edit: { c: { any: '<y/>' } },
    after: [`${C}/any = <y/>`],
  },
  {
    name: 'ordered by user: last without insert, and no move of what is there',
    before: { c: { u: [{ k: 'b' }, { k: 'a' }] } },
    edit: { c: { u: [{ k: 'c' }, { k: 'b', v: '1' }] } },
    after: [`${C}/u[k='b']`, `${C}/u[k='b']/v = 1`, `${C}/u[k='a']`, `${C}/u[k='c']`],
  },
  {
    name: 'ordered by user: first, last, before, after',
    before: { c: { ul: ['1', '2', '3'] } },
    edit: {
      c: {
        ul: [
          at({ insert: 'first' }, '3'),
          at({ insert: 'after', insertValue: '1' }, 'x'),
          at({ insert: 'before', insertValue: '3', operation: 'create' }, 'y'),
          at({ insert: 'last' }, '1'),
        ],
      },
    },
    after: ['y', '3', 'x', '2', '1'].map((v) => `${C}/ul[.='${v}']`),
  },
  {
    name: 'ordered by user: list keys',
    before: { c: { u: [{ k: 'a' }, { k: 'b' }] } },
    edit: { c: { u: [at({ insert: 'before', insertKey: ['a'] }, { k: 'b', v: '1' })] } },
    after: [`${C}/u[k='b']`, `${C}/u[k='b']/v = 1`, `${C}/u[k='a']`],
  },
  {
    name: 'replace takes the order of the payload',
    before: { c: { ul: ['1', '2', '3'] } },
    edit: { c: op('replace', { ul: ['3', '4', '1'] }) },
    after: ['3', '4', '1'].map((v) => `${C}/ul[.='${v}']`),
  },
  {
    name: 'insert beside an absent entry',
    before: { c: { u: [{ k: 'a' }] } },
    edit: { c: { u: [at({ insert: 'after', insertKey: ['z'] }, { k: 'b' })] } },
    fault: {
      tag: 'bad-attribute',
      appTag: 'missing-instance',
      path: `${C}/u[k='b']`,
      infos: ['bad-attribute key', 'bad-element u'],
    },
  },
  {
    name: 'insert beside what is no key',
    edit: { c: { u: [at({ insert: 'after', insertKey: ['a', 'b'] }, { k: 'b' })] } },
    fault: { tag: 'bad-attribute', infos: ['bad-attribute key', 'bad-element u'] },
  },
  {
    name: 'insert beside an absent value',
    edit: { c: { ul: [at({ insert: 'before', insertValue: 'z' }, 'b')] } },
    fault: { tag: 'bad-attribute', appTag: 'missing-instance', infos: ['bad-attribute value', 'bad-element ul'] },
  },
  {
    name: 'insert before needs its key',
    edit: { c: { u: [at({ insert: 'before' }, { k: 'b' })] } },
    fault: { tag: 'missing-attribute', infos: ['bad-attribute key', 'bad-element u'] },
  },
  {
    name: 'insert where the system orders',
    edit: { c: { l: [at({ insert: 'first' }, { k: 'b' })] } },
    fault: { tag: 'unknown-attribute', infos: ['bad-attribute insert', 'bad-element l'] },
  },
];

for (const { name, before, edit, options, after, fault } of cases) {
  test(`applyEdit ${name}`, () => {
    const base = viewOf(keys, payload(schema, before ?? {}));
    if (fault) {
      const { infos, ...expected } = fault;
      const found = faultsOf(() => edited(base, payload(schema, edit), options));
      assert.equal(found.length, 1);
      const [first] = found;
      assert.deepEqual({ ...first, ...expected }, first);
      if (infos)
        assert.deepEqual(
          first?.info?.map((info) => `${info.name} ${info.value}`),
          infos,
        );
    } else {
      assert.deepEqual(lines(edited(base, payload(schema, edit), options)), after);
    }
  });
}

test('applyEdit of the same twice changes nothing', () => {
  const content = payload(schema, { c: { a: '1', l: [{ k: 'p', deep: { s: [{ n: '1' }] } }], ul: ['b', 'a'] } });
  const base = viewOf(keys, content);
  assert.deepEqual(edited(base, content).changes(), []);
  assert.deepEqual(edited(base, content, { defaultOperation: 'replace' }).changes(), []);
});

test('applyEdit with continue-on-error applies the rest and reports', async () => {
  const { applyEdit } = await import('./apply.ts');
  const { Overlay } = await import('../../datastore/view/overlay.ts');
  const overlay = new Overlay(viewOf(keys, payload(schema, { c: { a: '1' } })));
  const edit = payload(schema, { c: { a: op('create', '2'), b: '2', l: [{ k: 'p', v: op('delete') }] } });
  const { faults } = applyEdit(overlay, keys, edit, { errorOption: 'continue-on-error' });
  assert.deepEqual(
    faults.map(({ tag, path }) => [tag, path]),
    [
      ['data-exists', `${C}/a`],
      ['data-missing', `${C}/l[k='p']/v`],
    ],
  );
  assert.deepEqual(lines(overlay), [`${C}/a = 1`, `${C}/b = 2`, `${C}/l[k='p']`]);
});
