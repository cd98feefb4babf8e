import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModuleError } from '../statement/error.ts';
import { inlineSchema, moduleX, STANDARD_PATHS } from './inline.ts';
import { loadSchema } from './load.ts';
import type { LeafNode, ListNode, Schema } from './node.ts';

function leaf(schema: Schema, path: string): LeafNode {
  const node = schema.find(path);
  assert.equal(node?.kind, 'leaf', path);
  return node as LeafNode;
}

const STANDARD = ['ietf-interfaces', 'ietf-ip', 'ietf-netconf-acm', 'ietf-system', 'iana-if-type', 'ietf-netconf'].map(
  (name) => ({
    name,
    features: 'all' as const,
  }),
);

test('loadSchema loads the standard modules in well below half a second', () => {
  const started = performance.now();
  const schema = loadSchema({ paths: STANDARD_PATHS, modules: STANDARD });
  assert.ok(performance.now() - started < 500, `${performance.now() - started} ms`);
  const type = leaf(schema, '/ietf-interfaces:interfaces/interface/type').type;
  assert.ok(type.parse('i:l2vlan', { moduleOf: (prefix) => (prefix === 'i' ? 'iana-if-type' : undefined) }).ok);
  assert.equal(schema.find('/ietf-interfaces:interfaces/interface/ietf-ip:ipv4/address')?.kind, 'list');
  assert.equal(schema.find('/ietf-netconf:edit-config/input/default-operation')?.config, false);
  assert.equal(leaf(schema, '/ietf-netconf:edit-config/input/default-operation').default, 'merge');
  assert.equal(schema.rpcs.get('ietf-netconf:edit-config')?.input.dataChildren.has('ietf-netconf:config'), true);
  assert.equal(schema.modules.get('iana-crypt-hash')?.implemented, false);
  assert.equal(schema.moduleByNamespace.get('urn:ietf:params:xml:ns:yang:ietf-ip')?.name, 'ietf-ip');
  const nacm = schema.find('/ietf-netconf-acm:nacm');
  assert.deepEqual([...(nacm?.extensions ?? [])], [['ietf-netconf-acm:default-deny-all', '']]);
  assert.equal(
    schema.nodes.every((node, index) => node.index === index),
    true,
  );
});

test('loadSchema says which module is missing, and where it is imported', () => {
  assert.throws(() => loadSchema({ paths: [], modules: [{ name: 'nowhere' }] }), /"nowhere" is in no folder/);
  assert.throws(
    () => inlineSchema([moduleX('import nowhere { prefix n; }')]),
    /x\.yang:1:57: the module "nowhere" is in no folder/,
  );
});

test('loadSchema takes the newest revision, or the one asked for', () => {
  const texts = ['2020-01-01', '2021-01-01'].map(
    (date) => `module r { namespace urn:r; prefix r; revision ${date}; leaf a${date} { type string; } }`,
  );
  assert.equal(inlineSchema(texts).modules.get('r')?.revision, '2021-01-01');
  assert.equal(inlineSchema(texts, [{ name: 'r', revision: '2020-01-01' }]).dataChildren.has('r:a2020-01-01'), true);
});

test('loadSchema keeps an imported revision beside the implemented one', () => {
  const schema = inlineSchema(
    [
      'module t { namespace urn:t; prefix t; revision 2020-01-01; typedef a { type uint8; } }',
      'module t { namespace urn:t; prefix t; revision 2021-01-01; typedef a { type uint16; } }',
      moduleX('import t { prefix t; revision-date 2020-01-01; } leaf a { type t:a; }'),
    ],
    [{ name: 't' }, { name: 'x' }],
  );
  assert.equal(leaf(schema, '/x:a').type.base, 'uint8');
  assert.equal(schema.modules.get('t')?.revision, '2021-01-01');
  assert.equal(schema.modules.get('t@2020-01-01')?.implemented, false);
});

test('loadSchema finds circles', () => {
  const circle = ['a', 'b', 'c'].map(
    (name, i, all) =>
      `module ${name} { namespace urn:${name}; prefix ${name}; import ${all[(i + 1) % 3]} { prefix o; } }`,
  );
  assert.throws(() => inlineSchema(circle), /circular import: a → b → c → a/);
  assert.throws(
    () => inlineSchema([moduleX('grouping a { uses b; } grouping b { container c { uses a; } }')]),
    /uses itself/,
  );
  assert.throws(
    () => inlineSchema([moduleX('typedef a { type union { type b; } } typedef b { type a; }')]),
    /derived from itself/,
  );
  assert.throws(
    () => inlineSchema([moduleX('leaf a { type leafref { path ../b; } } leaf b { type leafref { path ../a; } }')]),
    /points to itself/,
  );
});

test('loadSchema bounds what a small module can ask for', () => {
  const chain = (make: (i: number) => string, length = 5_000) =>
    moduleX(Array.from({ length }, (_, i) => make(i)).join(' '));
  for (const text of [
    chain((i) => `typedef t${i} { type t${i + 1}; }`),
    chain((i) => `grouping g${i} { uses g${i + 1}; }`),
    chain((i) => `identity i${i} { base i${i + 1}; }`),
    chain((i) => `feature f${i} { if-feature f${i + 1}; }`),
    chain((i) => `leaf l${i} { type leafref { path "/l${i + 1}"; } }`),
    chain((i) => `grouping g${i} { container a { uses g${i + 1}; } container b { uses g${i + 1}; } }`, 40)
      .replace('uses g40; } container b', '} container b')
      .replace('uses g40;', ''),
  ]) {
    assert.throws(() => inlineSchema([text]), ModuleError);
  }
});

test('loadSchema joins submodules', () => {
  const main = moduleX('include s1; include s2; leaf a { type in-s1; }');
  const s1 =
    'submodule s1 { yang-version 1.1; belongs-to x { prefix y; } typedef in-s1 { type in-s2; } augment /y:c { leaf b { type y:in-s2; } } }';
  const s2 = 'submodule s2 { yang-version 1.1; belongs-to x { prefix z; } typedef in-s2 { type uint8; } container c; }';
  const schema = inlineSchema([main, s1, s2], [{ name: 'x' }]);
  assert.equal(leaf(schema, '/x:c/b').type.typedef, 'x:in-s2');
  assert.deepEqual(
    schema.modules.get('x')?.submodules.map(({ name }) => name),
    ['s1', 's2'],
  );
});

test('loadSchema shows a YANG 1 submodule only what it includes', () => {
  const main = 'module x { namespace urn:x; prefix x; include s1; include s2; }';
  const s1 = (include: string) => `submodule s1 { belongs-to x { prefix y; } ${include} leaf a { type t; } }`;
  const s2 = 'submodule s2 { belongs-to x { prefix z; } typedef t { type uint8; } }';
  assert.throws(() => inlineSchema([main, s1(''), s2], [{ name: 'x' }]), /there is no type "t"/);
  assert.ok(inlineSchema([main, s1('include s2;'), s2], [{ name: 'x' }]));
});

test('loadSchema implements what augments, deviations, leafrefs and identity defaults need, nothing else', () => {
  const other = (name: string, body = '') =>
    `module ${name} { namespace urn:${name}; prefix ${name}; ${body} container c { leaf l { type string; } } }`;
  const imports = ['a', 'd', 'l', 'i', 'n'].map((name) => `import ${name} { prefix ${name}; }`).join(' ');
  const schema = inlineSchema(
    [
      ...['a', 'd', 'n'].map((name) => other(name)),
      other('l', 'typedef ref { type leafref { path /l:c/l:l; } }'),
      other('i', 'identity base; identity one { base base; }'),
      moduleX(`${imports} augment /a:c { leaf x { type string; } } deviation /d:c { deviate not-supported; }
        leaf r { type l:ref; } leaf id { type identityref { base i:base; } default i:one; }`),
    ],
    [{ name: 'x' }],
  );
  const implemented = [...schema.modules.values()].filter((module) => module.implemented).map(({ name }) => name);
  assert.deepEqual(implemented.sort(), ['a', 'd', 'i', 'l', 'x']);
  assert.equal(schema.dataChildren.has('d:c'), false);
  assert.deepEqual(schema.modules.get('d')?.deviatedBy, ['x']);
  assert.equal(leaf(schema, '/x:id').default, 'i:one');
  assert.equal(leaf(schema, '/x:r').type.leafref?.target, schema.find('/l:c/l'));
});

test('groupings are refined, augmented and put into the namespace of who uses them', () => {
  const g = `module g { yang-version 1.1; namespace urn:g; prefix g; grouping g { leaf a { type uint8; default 1; must "../b"; } leaf-list b { type string; default x; }
    choice c { leaf d { type string; } } container e { action act; } } }`;
  const schema = inlineSchema(
    [
      g,
      moduleX(`import g { prefix g; } container x { uses g:g { when "../on"; refine a { default 0x10; must 2; } refine b { default y; default z; }
      refine c { default d; } augment c { case f { leaf f { type string; } } } augment e { leaf h { type string; } } } } leaf on { type empty; }`),
    ],
    [{ name: 'x' }],
  );
  const a = leaf(schema, '/x:x/a');
  assert.equal(a.default, '16');
  assert.equal(a.musts.length, 2);
  assert.deepEqual(
    a.whens.map(({ context }) => context),
    ['parent'],
  );
  const b = schema.find('/x:x/b');
  assert.deepEqual(b?.kind === 'leaf-list' && b.defaults, ['y', 'z']);
  const choice = schema.find('/x:x/f')?.parent?.parent;
  assert.equal(choice?.kind === 'choice' && choice.defaultCase?.name, 'd');
  assert.deepEqual(choice?.kind === 'choice' && choice.cases.map(({ name }) => name), ['d', 'f']);
  assert.ok(schema.find('/x:x/e/h'));
});

test('augments apply in any order and into choices, cases, lists and operations', () => {
  const schema = inlineSchema([
    moduleX(`augment /x:c/x:d { leaf e { type string; } } augment /x:c { container d; } container c;
      choice ch { case one { leaf o { type string; } } } augment /ch { leaf two { type string; } } augment /ch/one { leaf p { type string; } } augment /ch/two { leaf q { type string; } }
      rpc r; augment /r/input { leaf i { type string; } } augment /r/x:output { leaf o { type string; } }`),
    `module y { yang-version 1.1; namespace urn:y; prefix y; import x { prefix x; } augment /x:c/x:d { when "x:e"; list l { key k; leaf k { type string; } action act { input { leaf a { type string; } } } notification n { leaf b { type string; } } } } }`,
  ]);
  for (const path of [
    '/x:c/d/e',
    '/x:two',
    '/x:p',
    '/x:q',
    '/x:r/input/i',
    '/x:r/output/o',
    '/x:c/d/y:l/act/input/a',
    '/x:c/d/y:l/n/b',
  ])
    assert.ok(schema.find(path), path);
  const list = schema.find('/x:c/d/y:l') as ListNode;
  assert.equal(list.whens[0]?.context, 'parent');
  assert.equal(list.keys[0]?.isKey, true);
  assert.deepEqual([...schema.dataChildren.keys()], ['x:c', 'x:o', 'x:p', 'x:two', 'x:q']);
});

test('deviations change nodes', () => {
  const base = `module b { namespace urn:b; prefix b; list l { key k; unique "u"; max-elements 9; leaf k { type string; } leaf u { type string; default z; units m; } leaf v { type string; mandatory true; must "../u"; } leaf gone { type string; } } }`;
  const schema = inlineSchema([
    base,
    moduleX(`import b { prefix b; }
      deviation /b:l { deviate delete { unique "u"; } deviate add { unique "u v"; must "count(../b:l) < 5"; min-elements 1; } deviate replace { max-elements 4; } }
      deviation /b:l/b:u { deviate delete { default z; units m; } deviate replace { type uint8; } }
      deviation /b:l/b:v { deviate replace { mandatory false; } deviate add { default w; } deviate delete { must "../u"; } }
      deviation /b:l/b:gone { deviate not-supported; }`),
  ]);
  const list = schema.find('/b:l') as ListNode;
  assert.deepEqual(
    list.uniques.map((leaves) => leaves.map(({ name }) => name)),
    [['u', 'v']],
  );
  assert.deepEqual([list.minElements, list.maxElements, list.musts.length], [1, 4, 1]);
  const u = leaf(schema, '/b:l/u');
  assert.deepEqual([u.default, u.units, u.type.base], [undefined, undefined, 'uint8']);
  const v = leaf(schema, '/b:l/v');
  assert.deepEqual([v.default, v.mandatory, v.musts.length], ['w', false, 0]);
  assert.equal(schema.find('/b:l/gone'), undefined);
});

test('if-feature removes nodes, enums, identities and what is brought by uses and augments', () => {
  const text = moduleX(`feature a; feature b; feature c { if-feature "a and not b"; }
    leaf la { if-feature a; type string; } leaf lab { if-feature "a and (b or c)"; type string; } leaf lc { if-feature c; type string; }
    identity i; identity ia { if-feature a; base i; } identity ib { if-feature b; base i; } leaf id { type identityref { base i; } }
    leaf e { type enumeration { enum ea { if-feature a; } enum eb { if-feature b; } } }
    grouping g { leaf g { type string; } } uses g { if-feature b; } container k; augment /k { if-feature b; leaf l { type string; } }
    choice ch { leaf only-b { if-feature b; type string; } }`);
  const some = inlineSchema([text], [{ name: 'x', features: ['a', 'c'] }]);
  assert.deepEqual([...some.dataChildren.keys()], ['x:la', 'x:lab', 'x:lc', 'x:id', 'x:e', 'x:k']);
  assert.deepEqual(leaf(some, '/x:e').type.names, [{ name: 'ea', value: 0 }]);
  const scope = { moduleOf: () => 'x' };
  assert.equal(leaf(some, '/x:id').type.parse('ia', scope).ok, true);
  assert.equal(leaf(some, '/x:id').type.parse('ib', scope).ok, false);
  const all = inlineSchema([text], [{ name: 'x', features: 'all' }]);
  assert.deepEqual([...(all.modules.get('x')?.features ?? [])], ['a', 'b']);
  assert.ok(all.find('/x:k/l') && all.find('/x:g') && all.find('/x:only-b'));
  assert.throws(() => inlineSchema([text], [{ name: 'x', features: ['c'] }]), /feature "c" needs another one/);
  assert.throws(() => inlineSchema([text], [{ name: 'x', features: ['d'] }]), /has no feature "d"/);
});

test('leafrefs resolve through chains, typedefs, unions and groupings, from where they are used', () => {
  const schema = inlineSchema([
    moduleX(`typedef ref { type leafref { path "../b"; } } grouping g { leaf a { type ref; } leaf u { type union { type ref; type enumeration { enum none; } } default none; } }
      container c { uses g; leaf b { type uint8; } } container d { uses g; leaf b { type string; } }
      leaf chain { type leafref { path "/c/a"; } default 7; }
      list l { key k; leaf k { type string; } leaf v { type string; } } leaf sel { type string; }
      leaf w { type leafref { path "/l[k=current()/../sel]/v"; } } leaf x { type leafref { path "deref(../chain)/../u"; } }`),
  ]);
  assert.equal(leaf(schema, '/x:c/a').type.leafref?.target, schema.find('/x:c/b'));
  assert.equal(leaf(schema, '/x:d/a').type.leafref?.target, schema.find('/x:d/b'));
  assert.equal(leaf(schema, '/x:d/u').type.members?.[0]?.leafref?.target, schema.find('/x:d/b'));
  assert.equal(leaf(schema, '/x:chain').default, '7');
  assert.equal(leaf(schema, '/x:chain').type.toJson('7'), 7);
  assert.equal(leaf(schema, '/x:w').type.leafref?.target, schema.find('/x:l/v'));
  assert.equal(leaf(schema, '/x:x').type.leafref?.target, schema.find('/x:c/u'));
});

test('leafrefs in operations reach parameters and configuration', () => {
  const schema = inlineSchema([
    moduleX(`container c { leaf n { type string; } } rpc r { input { leaf a { type leafref { path "/c/n"; } } leaf b { type leafref { path "../a"; } } leaf d { type leafref { path "/r/a"; } } } }
      notification no { leaf a { type leafref { path "/no/b"; } } leaf b { type string; } }`),
  ]);
  assert.equal(leaf(schema, '/x:r/input/b').type.leafref?.target, schema.find('/x:r/input/a'));
  assert.equal(leaf(schema, '/x:r/input/d').type.leafref?.target, schema.find('/x:r/input/a'));
  assert.equal(leaf(schema, '/x:no/a').type.leafref?.target, schema.find('/x:no/b'));
});

test('identities are derived over modules and several bases', () => {
  const schema = inlineSchema([
    moduleX(
      'identity a; identity b; identity ab { base a; base b; } identity a2 { base a; } leaf l { type identityref { base a; base b; } }',
    ),
    'module y { namespace urn:y; prefix y; import x { prefix x; } identity ab2 { base x:ab; } }',
  ]);
  assert.equal(schema.derivedFromOrSelf('y:ab2', 'x:a'), true);
  assert.equal(schema.derivedFromOrSelf('x:a', 'x:a'), true);
  assert.equal(schema.derivedFromOrSelf('x:a', 'y:ab2'), false);
  const { type } = leaf(schema, '/x:l');
  const scope = { moduleOf: (prefix: string) => ({ '': 'x', p: 'y' })[prefix] };
  assert.deepEqual(type.parse('p:ab2', scope), { ok: true, value: 'y:ab2' });
  assert.deepEqual(type.parse('ab', scope), { ok: true, value: 'x:ab' });
  assert.equal(type.parse('a2', scope).ok, false);
  assert.equal(type.parse('q:ab2', scope).ok, false);
  assert.equal(
    type.toXml('y:ab2', (module) => `m-${module}`),
    'm-y:ab2',
  );
});

test('instance-identifiers are rewritten to canonical names, keys and values', () => {
  const schema = inlineSchema([
    moduleX(
      'identity i; identity j { base i; } leaf l { type instance-identifier; } list e { key "a b"; leaf a { type uint8; } leaf b { type identityref { base i; } } leaf-list v { type string; } } list s { config false; leaf q { type string; } }',
    ),
  ]);
  const { type } = leaf(schema, '/x:l');
  const scope = { moduleOf: (prefix: string) => (prefix === 'p' ? 'x' : undefined) };
  const value = (text: string) => {
    const parsed = type.parse(text, scope);
    return parsed.ok ? parsed.value : parsed.message;
  };
  assert.equal(value(`/p:e[p:b='p:j'][ p:a = "007" ]/p:v[.='it"s']`), `/x:e[a='7'][b='x:j']/v[.='it"s']`);
  assert.equal(
    type.toXml(`/x:e[a='7'][b='x:j']/v[.='it"s']`, () => 'q'),
    `/q:e[q:a='7'][q:b='q:j']/q:v[.='it"s']`,
  );
  assert.equal(value('/p:s[2]/p:q'), '/x:s[2]/q');
  for (const bad of [
    '',
    '/',
    'p:e',
    '/p:nope',
    '/q:e',
    '/p:e',
    "/p:e[p:a='1']",
    "/p:e[p:a='1'][p:a='1']",
    '/p:e[1]',
    "/p:e[p:a='x'][p:b='p:j']",
    "/p:l[p:a='1']",
    '/p:l//p:l',
    "/p:e[p:a='1'][p:b='p:j']/p:v",
  ]) {
    assert.match(value(bad), /is not an instance identifier/, bad);
  }
});

test('nodes inherit config and status and carry all their conditions', () => {
  const schema = inlineSchema([
    moduleX(`container s { config false; status deprecated; leaf a { type string; } list k { leaf v { type string; } } }
      choice c { when "s"; case d { when "t"; leaf e { when "u"; type string; } } }`),
  ]);
  assert.deepEqual([schema.find('/x:s/a')?.config, schema.find('/x:s/a')?.status], [false, 'deprecated']);
  const e = schema.find('/x:e');
  assert.deepEqual(
    e?.whens.map(({ expression, context }) => [expression.source, context]),
    [
      ['s', 'parent'],
      ['t', 'parent'],
      ['u', 'self'],
    ],
  );
  assert.equal(e?.dataParent, undefined);
});

test('typedefs narrow, keep their messages and give defaults and units', () => {
  const schema = inlineSchema([
    moduleX(`typedef a { type int32 { range "0..100" { error-message "out"; error-app-tag "tag"; } } default 0x10; units m; } typedef b { type a { range "10..20|90..max"; } }
      leaf l { type b; } leaf m { type a; default 5; units s; } typedef s { type string { length 2..4; pattern "a.*"; } } leaf n { type s { length 3; pattern ".*b"; } }`),
  ]);
  const l = leaf(schema, '/x:l');
  assert.deepEqual([l.default, l.units, l.type.typedef, l.type.base], ['16', 'm', 'x:b', 'int32']);
  assert.deepEqual(l.type.ranges, [
    [10n, 20n],
    [90n, 100n],
  ]);
  assert.deepEqual(leaf(schema, '/x:m').type.parse('101', { moduleOf: () => undefined }), {
    ok: false,
    message: 'out',
    appTag: 'tag',
  });
  assert.equal(leaf(schema, '/x:m').units, 's');
  const fits = (text: string) => leaf(schema, '/x:n').type.parse(text, { moduleOf: () => undefined }).ok;
  assert.deepEqual(['axb', 'ab', 'axxb', 'xxb', 'axx'].map(fits), [true, false, false, false, false]);
});

test('ModuleError begins with file, line and column', () => {
  const text = `module x { namespace urn:x; prefix x;\n  container c {\n    leaf a { type nope; }\n  }\n}`;
  assert.throws(
    () => inlineSchema([text]),
    (error) => error instanceof ModuleError && /x\.yang:3:14: there is no type "nope"$/.test(error.message),
  );
});
