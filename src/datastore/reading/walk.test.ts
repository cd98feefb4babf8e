import assert from 'node:assert/strict';
import test from 'node:test';
import { XmlWriter } from '../../yang/codec/xml-writer.ts';
import { TestKeys } from '../testing/schema.ts';
import { MemoryView } from '../view/memory.ts';
import { UnionView } from '../view/union.ts';
import type { WalkHooks } from './walk.ts';
import { viewToXml, writeXml } from './write-xml.ts';

const k = new TestKeys();
const namespace = ' xmlns="urn:sluice:store-test"';

function sample(): MemoryView {
  const view = new MemoryView(k.keys);
  view.put(k.box, k.row(''), k.columns({ hostname: 'r<1>' }));
  for (const name of ['b', 'a'])
    view.put(k.interface(name), k.row('interface'), k.columns({ 'interface/mtu': '1500' }));
  view.put(k.interface('b'), k.row('interface'), k.columns({ 'interface/encapsulation/vlan': '7' }));
  const ip = k.keys.child(k.interface('a'), k.row('interface/ip'));
  view.put(k.keys.child(ip, k.row('interface/ip/address'), ['5', '1.5']), k.row('interface/ip/address'), k.columns({}));
  for (const name of ['z', 'y']) {
    view.put(k.rule(name), k.row('rule'), k.columns({}));
    for (const tag of ['2', '1'])
      view.put(k.keys.child(k.rule(name), k.row('rule/tag'), [tag]), k.row('rule/tag'), k.columns({}));
  }
  return view;
}

test('viewToXml writes rows as elements in schema order and ordered lists in the order of the user', () => {
  assert.equal(
    viewToXml(sample()),
    `<box${namespace}><hostname>r&lt;1&gt;</hostname>` +
      '<interface><name>a</name><mtu>1500</mtu>' +
      '<ip><address><number>5</number><scale>1.5</scale></address></ip></interface>' +
      '<interface><name>b</name><mtu>1500</mtu><encapsulation><vlan>7</vlan></encapsulation></interface>' +
      '<rule><name>z</name><tag>2</tag><tag>1</tag></rule><rule><name>y</name><tag>2</tag><tag>1</tag></rule></box>',
  );
});

test('viewToXml writes nothing of an empty view', () => {
  assert.equal(viewToXml(new MemoryView(k.keys)), '');
});

test('viewToXml begins at a row', () => {
  assert.equal(
    viewToXml(sample(), { from: k.rule('y') }),
    `<rule${namespace}><name>y</name><tag>2</tag><tag>1</tag></rule>`,
  );
});

const onlyMtu: WalkHooks = {
  enter: () => 'descend',
  leaf: (node) => (node.name === 'mtu' ? true : node.kind === 'leaf' && node.isKey ? 'along' : false),
};

test('walk leaves out what hooks do not want, and what then holds nothing', () => {
  const expected =
    `<box${namespace}><interface><name>a</name><mtu>1500</mtu></interface>` +
    '<interface><name>b</name><mtu>1500</mtu></interface></box>';
  const noTags: WalkHooks = { ...onlyMtu, enter: (node) => (node.kind === 'leaf-list' ? 'skip' : 'descend') };
  assert.equal(viewToXml(sample(), { hooks: noTags }), expected);
  assert.equal(viewToXml(sample(), { hooks: { enter: () => 'skip', leaf: () => true } }), '');
});

test('walk looks up the entries that a hook selects', () => {
  const hooks: WalkHooks = {
    enter: (node) => (node.name === 'interface' ? 'all' : 'descend'),
    leaf: () => false,
    select: (node) =>
      node.name === 'interface' ? [k.interface('b'), k.interface('none')] : node.name === 'box' ? 'all' : 'none',
  };
  assert.equal(
    viewToXml(sample(), { hooks }),
    `<box${namespace}><interface><name>b</name><mtu>1500</mtu><encapsulation><vlan>7</vlan></encapsulation></interface></box>`,
  );
});

test('walk writes defaults as RFC 6243 says', () => {
  const view = new MemoryView(k.keys);
  view.put(
    k.interface('a'),
    k.row('interface'),
    k.columns({ 'interface/mtu': '1500', 'interface/encapsulation/push': '3' }),
  );
  assert.equal(
    viewToXml(view, { defaults: 'trim' }),
    `<box${namespace}><interface><name>a</name><encapsulation><push>3</push></encapsulation></interface></box>`,
  );
  assert.equal(viewToXml(view, { defaults: 'report-all-tagged' }).match(/<mtu[^>]*>/)?.[0], '<mtu>', 'it was set');
  assert.equal(
    viewToXml(view, { defaults: 'report-all' }),
    `<box${namespace}><interface><name>a</name><mtu>1500</mtu><encapsulation><inner>none</inner><push>3</push>` +
      '<push-type>c-vlan</push-type></encapsulation></interface></box>',
  );
});

test('writeXml gives pieces of about 64 KiB', () => {
  const view = new MemoryView(k.keys);
  for (let i = 0; i < 5000; i++)
    view.put(k.interface(`eth${i}`), k.row('interface'), k.columns({ 'interface/mtu': '9000' }));
  const writer = new XmlWriter(k.keys.schema);
  const pieces = [...writeXml(view, writer), writer.take()];
  assert.ok(pieces.length > 3);
  for (const piece of pieces) assert.ok(piece.length < 66_000);
  assert.equal(pieces.join(''), viewToXml(view));
});

test('UnionView gives rows and columns of both', () => {
  const state = new MemoryView(k.keys);
  state.put(k.interface('a'), k.row('interface'), k.columns({ 'interface/description': 'up', 'interface/mtu': '1' }));
  state.put(k.interface('c'), k.row('interface'), k.columns({}));
  state.put(k.rule('x'), k.row('rule'), k.columns({}));
  const view = new UnionView(sample(), state);
  const names = (list: string) => [...view.entries(k.box, k.row(list))].map(({ key }) => k.keys.last(key)?.keys[0]);
  assert.deepEqual(names('interface'), ['a', 'b', 'c']);
  assert.deepEqual(names('rule'), ['z', 'y', 'x']);
  const row = view.get(k.interface('a'));
  assert.equal(row?.leaves.get(k.leaf('interface/mtu')), '1500');
  assert.equal(row?.leaves.get(k.leaf('interface/description')), 'up');
  assert.match(viewToXml(view), /<name>a<\/name><description>up<\/description>/);
});
