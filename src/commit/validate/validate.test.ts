import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IndexPlan } from '../../datastore/index-plan.ts';
import { KeySpace } from '../../datastore/key/key.ts';
import { MemoryView } from '../../datastore/view/memory.ts';
import { EmptyView } from '../../datastore/view/source.ts';
import { applyEdit } from '../edit/apply.ts';
import { type Content, changeOf, edited, op, payload, schemaOf } from '../testing/fixture.ts';
import { compileConstraints } from './compile.ts';
import { validate } from './validate.ts';

const schema = schemaOf(`module v {
  yang-version 1.1;
  namespace "urn:v"; prefix v;
  container c {
    list port { key "name"; leaf name { type string; } leaf speed { type uint32; default "10"; } leaf kind { type string; } }
    list user {
      key "id";
      leaf id { type string; }
      leaf port { type leafref { path "/c/port/name"; } }
      leaf speed { type leafref { path "/c/port/speed"; } }
      leaf loose { type leafref { path "/c/port/name"; require-instance false; } }
      leaf any { type instance-identifier; }
      leaf mixed { type union { type leafref { path "/c/port/name"; } type uint8; } }
      leaf-list ports { type leafref { path "../../port/name"; } }
      must "not(port) or /c/port[name = current()/port]/kind = 'trunk'" {
        error-message "the port must be a trunk"; error-app-tag "not-a-trunk";
      }
    }
    list need {
      key "id";
      leaf id { type string; }
      leaf m { type string; mandatory true; }
      container in { leaf deep { type string; mandatory true; } }
      container maybe { presence "p"; leaf inside { type string; mandatory true; } }
      choice ch { mandatory true; leaf a { type string; } case b { leaf b1 { type string; mandatory true; } leaf b2 { type string; } } }
    }
    list count { key "id"; leaf id { type string; } leaf-list few { type string; min-elements 2; max-elements 3; } }
    list tag {
      key "id"; unique "outer inner/vid"; unique "one";
      leaf id { type string; } leaf outer { type string; }
      container inner { leaf vid { type string; default "none"; } }
      leaf one { type string; }
    }
    leaf mode { type string; default "off"; }
    leaf extra { type string; when "../mode = 'on'"; mandatory true; }
    leaf sum { type int32; must "count(../port) <= 3"; }
    leaf def { type int32; default "5"; must ". > ../low or not(../low)"; }
    leaf low { type int32; }
    list outer {
      key "id"; leaf id { type string; }
      list item { key "id"; leaf id { type string; } leaf next { type leafref { path "../../item/id"; } } }
    }
  }
  container lim { list l { key "k"; max-elements 1; min-elements 1; leaf k { type string; } } leaf need-top { type string; } }
}`);
const index = compileConstraints(schema);
const keys = new KeySpace(schema);
const plan = new IndexPlan(keys, index.indexes);
const L = { lim: { l: [{ k: '1' }] } };

type Tree = { readonly [name: string]: Content };
interface Case {
  readonly name: string;
  readonly before?: Tree;
  readonly edit: Tree;
  /** tag, app-tag, path, info */
  readonly faults: readonly string[];
}

const P = '/v:c';
const cases: readonly Case[] = [
  { name: 'accepts nothing new', edit: {}, faults: [] },
  {
    name: 'leafref: target in the same change',
    edit: { c: { port: [{ name: 'a', kind: 'trunk' }], user: [{ id: '1', port: 'a', ports: ['a'] }] } },
    faults: [],
  },
  {
    name: 'leafref: no target',
    edit: { c: { user: [{ id: '1', ports: ['a'], loose: 'b' }] } },
    faults: [`data-missing instance-required ${P}/user[id='1']/ports[.='a']`],
  },
  {
    name: 'leafref: target goes',
    before: {
      c: {
        port: [{ name: 'a', kind: 'trunk' }],
        user: [
          { id: '1', port: 'a' },
          { id: '2', ports: ['a'] },
          { id: '3', loose: 'a' },
        ],
      },
    },
    edit: { c: { port: [op('delete', { name: 'a' })] } },
    faults: [
      `data-missing instance-required ${P}/user[id='1']/port`,
      `operation-failed not-a-trunk ${P}/user[id='1']`,
      `data-missing instance-required ${P}/user[id='2']/ports[.='a']`,
    ],
  },
  {
    name: 'leafref: to a leaf that is no key, last value changes',
    before: {
      c: {
        port: [
          { name: 'a', speed: '7' },
          { name: 'b', speed: '7' },
        ],
        user: [{ id: '1', speed: '7' }],
      },
    },
    edit: { c: { port: [{ name: 'a', speed: '8' }] } },
    faults: [],
  },
  {
    name: 'leafref: to a leaf that is no key, value goes',
    before: { c: { port: [{ name: 'a', speed: '7' }], user: [{ id: '1', speed: '7' }] } },
    edit: { c: { port: [{ name: 'a', speed: '8' }] } },
    faults: [`data-missing instance-required ${P}/user[id='1']/speed`],
  },
  {
    name: 'leafref: to a value by default',
    edit: { c: { port: [{ name: 'a' }], user: [{ id: '1', speed: '10' }] } },
    faults: [],
  },
  {
    name: 'leafref: relative path stays in its entry',
    edit: {
      c: {
        outer: [
          { id: '1', item: [{ id: 'x' }] },
          { id: '2', item: [{ id: 'y', next: 'x' }] },
        ],
      },
    },
    faults: [`data-missing instance-required ${P}/outer[id='2']/item[id='y']/next`],
  },
  {
    name: 'leafref in a union: another member takes the value',
    edit: {
      c: {
        user: [
          { id: '1', mixed: '7' },
          { id: '2', mixed: 'nowhere' },
        ],
      },
    },
    faults: [`data-missing instance-required ${P}/user[id='2']/mixed`],
  },
  {
    name: 'instance-identifier: target there and not',
    edit: {
      c: {
        port: [{ name: 'a' }],
        user: [
          { id: '1', any: "/v:c/port[name='a']" },
          { id: '2', any: "/v:c/port[name='b']" },
        ],
      },
    },
    faults: [`data-missing instance-required ${P}/user[id='2']/any`],
  },
  {
    name: 'instance-identifier: target goes',
    before: {
      c: {
        port: [{ name: 'a', kind: 'x' }],
        user: [
          { id: '1', any: "/v:c/port[name='a']" },
          { id: '2', any: "/v:c/port[name='a']/kind" },
        ],
      },
    },
    edit: { c: { port: [op('delete', { name: 'a' })] } },
    faults: [
      `data-missing instance-required ${P}/user[id='1']/any`,
      `data-missing instance-required ${P}/user[id='2']/any`,
    ],
  },
  {
    name: 'must: what it reads changes elsewhere',
    before: { c: { port: [{ name: 'a', kind: 'trunk' }], user: [{ id: '1', port: 'a' }] } },
    edit: { c: { port: [{ name: 'a', kind: 'access' }] } },
    faults: [`operation-failed not-a-trunk ${P}/user[id='1']`],
  },
  {
    name: 'must: of a leaf with its default in use',
    edit: { c: { low: '6' } },
    faults: [`operation-failed must-violation ${P}/def`],
  },
  {
    name: 'must: whole list',
    before: { c: { sum: '1', port: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] } },
    edit: { c: { port: [{ name: 'd' }] } },
    faults: [`operation-failed must-violation ${P}/sum`],
  },
  {
    name: 'when: mandatory as soon as the condition holds',
    edit: { c: { mode: 'on' } },
    faults: [`data-missing - ${P}/extra`],
  },
  {
    name: 'when: does not hold',
    edit: { c: { extra: 'x' } },
    faults: [`unknown-element - ${P}/extra bad-element=extra`],
  },
  {
    name: 'mandatory: of a new entry, in its containers, its choice',
    edit: { c: { need: [{ id: '1' }] } },
    faults: [
      `data-missing - ${P}/need[id='1']/m`,
      `data-missing - ${P}/need[id='1']/in/deep`,
      `data-missing missing-choice ${P}/need[id='1'] missing-choice=ch`,
    ],
  },
  {
    name: 'mandatory: in a presence container, in the selected case',
    edit: { c: { need: [{ id: '1', m: 'x', in: { deep: 'x' }, maybe: {}, b2: 'x' }] } },
    faults: [`data-missing - ${P}/need[id='1']/b1`, `data-missing - ${P}/need[id='1']/maybe/inside`],
  },
  {
    name: 'mandatory: deleted',
    before: { c: { need: [{ id: '1', m: 'x', in: { deep: 'x' }, a: 'x' }] } },
    edit: { c: { need: [{ id: '1', m: op('delete') }] } },
    faults: [`data-missing - ${P}/need[id='1']/m`],
  },
  {
    name: 'min-elements and max-elements',
    edit: {
      c: {
        count: [
          { id: '0' },
          { id: '1', few: ['a'] },
          { id: '2', few: ['a', 'b'] },
          { id: '4', few: ['a', 'b', 'c', 'd'] },
        ],
      },
    },
    faults: [
      `operation-failed too-few-elements ${P}/count[id='0']/few`,
      `operation-failed too-few-elements ${P}/count[id='1']/few`,
      `operation-failed too-many-elements ${P}/count[id='4']/few`,
    ],
  },
  {
    name: 'min-elements: one goes',
    before: { c: { count: [{ id: '2', few: ['a', 'b'] }] } },
    edit: { c: { count: [{ id: '2', few: [op('delete', 'a')] }] } },
    faults: [`operation-failed too-few-elements ${P}/count[id='2']/few`],
  },
  {
    name: 'min-elements at the top',
    edit: { lim: op('remove') },
    faults: ['operation-failed too-few-elements /v:lim/l'],
  },
  {
    name: 'max-elements at the top',
    edit: { lim: { l: [{ k: '2' }] } },
    faults: ['operation-failed too-many-elements /v:lim/l'],
  },
  {
    name: 'unique: the default counts',
    before: { c: { tag: [{ id: '1', outer: '5' }] } },
    edit: { c: { tag: [{ id: '0', outer: '5', inner: { vid: 'none' } }] } },
    faults: [
      `operation-failed data-not-unique ${P}/tag[id='0'] non-unique=${P}/tag[id='0']/outer non-unique=${P}/tag[id='0']/inner/vid`,
    ],
  },
  {
    name: 'unique: both new is one fault',
    edit: {
      c: {
        tag: [
          { id: '1', one: 'x' },
          { id: '2', one: 'x' },
        ],
      },
    },
    faults: [`operation-failed data-not-unique ${P}/tag[id='2'] non-unique=${P}/tag[id='2']/one`],
  },
  {
    name: 'unique: a leaf without a value takes no part',
    edit: {
      c: {
        tag: [
          { id: '1', inner: { vid: '1' } },
          { id: '2', inner: { vid: '1' } },
        ],
      },
    },
    faults: [],
  },
];

function viewOf(content: Tree): MemoryView {
  const view = new MemoryView(keys, plan);
  applyEdit(view, keys, payload(schema, { ...L, ...content }));
  return view;
}

for (const { name, before, edit, faults } of cases) {
  test(`validate ${name}`, () => {
    const change = changeOf(edited(viewOf(before ?? {}), payload(schema, edit)));
    assert.deepEqual(shown(validate(index, change)), faults);
    // A whole validation comes to the same (of two entries that are alike it names the later one).
    const whole = {
      before: new EmptyView(keys, plan),
      after: change.after,
      rows: Array.from(change.after.subtree(''), ({ key, node, row }) => ({
        key,
        node,
        before: undefined,
        after: row,
      })),
    };
    const all = shown(validate(index, whole, { whole: true }));
    const kinds = (texts: readonly string[]) => texts.map((text) => text.split(' ').slice(0, 2).join()).sort();
    if (faults.some((text) => text.includes('non-unique'))) assert.deepEqual(kinds(all), kinds(faults));
    else assert.deepEqual(all.sort(), [...faults].sort());
  });
}

function shown(faults: ReturnType<typeof validate>): string[] {
  return faults.map(({ tag, appTag, path, info }) =>
    [tag, appTag ?? '-', path, ...(info ?? []).map((one) => `${one.name}=${one.value}`)].join(' '),
  );
}

test('validate gives the words of the model', () => {
  const before = viewOf({ c: { port: [{ name: 'a' }] } });
  const [fault] = validate(index, changeOf(edited(before, payload(schema, { c: { user: [{ id: '1', port: 'a' }] } }))));
  assert.equal(fault?.message, 'the port must be a trunk');
});

test('validate stops at its limit', () => {
  const need = Array.from({ length: 50 }, (_, id) => ({ id: String(id) }));
  const change = changeOf(edited(viewOf({}), payload(schema, { c: { need } })));
  assert.equal(validate(index, change, { limit: 10 }).length, 10);
  assert.equal(validate(index, change).length, 100);
});

test('compileConstraints reports what cannot be inverted', () => {
  assert.deepEqual(index.uninvertible, []);
  const bad = schemaOf(`module b { namespace "urn:b"; prefix b;
    list l { key k; leaf k { type string; } leaf x { type string; must "count(/l) < 5"; } } }`);
  assert.deepEqual(compileConstraints(bad).uninvertible, [{ path: '/b:l/x', source: 'count(/l) < 5', reads: '/b:l' }]);
});
