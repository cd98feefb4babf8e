import assert from 'node:assert/strict';
import test from 'node:test';
import { packedNode, packRow, unpackRow } from '../row/row-codec.ts';
import { seededRandom } from '../testing/model.ts';
import { TestKeys, testSchema } from '../testing/schema.ts';
import { IdTable } from './id.ts';
import { KeySpace } from './key.ts';
import { positionBetween } from './position.ts';

const k = new TestKeys();

test('KeySpace.path names rows, columns and containers, and rowOf finds them again', () => {
  const ip = k.keys.child(k.interface("it's"), k.row('interface/ip'));
  const address = k.keys.child(ip, k.row('interface/ip/address'), ['-5', '1.25']);
  const tag = k.keys.child(k.rule('ü'), k.row('rule/tag'), ['x y']);
  for (const [key, node, path] of [
    ['', undefined, '/'],
    [k.box, k.node(''), '/sluice-store-test:box'],
    [k.box, k.node('hostname'), '/sluice-store-test:box/hostname'],
    [
      k.interface('a'),
      k.node('interface/encapsulation/vlan'),
      "/sluice-store-test:box/interface[name='a']/encapsulation/vlan",
    ],
    [k.interface('a'), k.node('interface/encapsulation'), "/sluice-store-test:box/interface[name='a']/encapsulation"],
    [
      address,
      k.node('interface/ip/address'),
      `/sluice-store-test:box/interface[name="it's"]/ip/address[number='-5'][scale='1.25']`,
    ],
    [tag, k.node('rule/tag'), "/sluice-store-test:box/rule[name='ü']/tag[.='x y']"],
  ] as const) {
    const inside = node !== undefined && k.keys.node(key) !== node ? node : undefined;
    assert.equal(k.keys.path(key, inside), path);
    assert.deepEqual(k.keys.rowOf(path), { key, node });
  }
  const entry = k.keys.child(k.box, k.row('event'), ['0']);
  assert.equal(k.keys.path(entry), '/sluice-store-test:box/event[1]');
  assert.equal(k.keys.rowOf('/sluice-store-test:box/event[1]')?.key, entry);
  const quoted = k.keys.child(k.box, k.row('interface'), [`it's "both"`]);
  assert.deepEqual(k.keys.rowOf(k.keys.path(quoted)), { key: quoted, node: k.row('interface') });
  for (const path of [
    '/no:box',
    '/sluice-store-test:box/interface',
    "/sluice-store-test:box[a='b']",
    'box',
    "/sluice-store-test:box/interface[name='a",
  ]) {
    assert.equal(k.keys.rowOf(path), undefined, path);
  }
});

test('KeySpace.child keeps the order of numbers', () => {
  const key = (number: string, scale: string) =>
    k.keys.child(k.keys.child(k.interface('a'), k.row('interface/ip')), k.row('interface/ip/address'), [number, scale]);
  const sorted = ['-2147483648', '-300', '-1', '0', '1', '255', '256', '2147483647'].flatMap((number) =>
    ['-92233720368547758.08', '-1.5', '-0.01', '0.0', '0.5', '3.0', '92233720368547758.07'].map((scale) =>
      key(number, scale),
    ),
  );
  assert.deepEqual([...sorted].reverse().sort(), sorted);
  for (const one of sorted) {
    const [number = '', scale = ''] = k.keys.last(one)?.keys ?? [];
    assert.equal(key(number, scale), one);
  }
  const term = k.keys.child(k.rule('a'), k.row('rule/term'), ['18446744073709551615']);
  assert.deepEqual(k.keys.last(term)?.keys, ['18446744073709551615']);
});

test('KeySpace keeps the numbers of its table', () => {
  const ids = new IdTable();
  ids.of('leaf /gone:leaf');
  const first = new KeySpace(testSchema(), ids);
  const second = new KeySpace(testSchema(), new IdTable(ids.names()));
  assert.equal(first.rowId(k.row('rule')), second.rowId(k.row('rule')));
  assert.notEqual(first.rowId(k.row('rule')), k.keys.rowId(k.row('rule')));
});

test('packRow packs what unpackRow gives back', () => {
  const row = {
    leaves: new Map([
      [k.leaf('interface/name'), 'ü'],
      [k.leaf('interface/mtu'), ''],
    ]),
    position: '\x80\0\0\0',
  };
  const packed = packRow(k.keys, k.row('interface'), row);
  assert.equal(packedNode(k.keys, packed), k.row('interface'));
  const back = unpackRow(k.keys, packed);
  assert.deepEqual(back.leaves, row.leaves);
  assert.equal(back.position, row.position);
  const long = { leaves: new Map([[k.leaf('interface/description'), 'x'.repeat(100_000)]]) };
  assert.equal(
    unpackRow(k.keys, packRow(k.keys, k.row('interface'), long))
      .leaves.values()
      .next().value?.length,
    100_000,
  );
});

test('unpackRow keeps columns that the schema does not know', () => {
  const ids = new IdTable(k.keys.ids.names());
  ids.of('leaf /gone:leaf');
  const gone = ids.of('leaf /sluice-store-test:box/interface/gone');
  const packed = `${packRow(k.keys, k.row('interface'), k.columns({ 'interface/mtu': '1' }))}${String.fromCharCode(gone)}\x01x`;
  const row = unpackRow(k.keys, packed);
  assert.deepEqual([...(row.unknown ?? [])], [[gone, 'x']]);
  assert.equal(packRow(k.keys, k.row('interface'), row), packed);
});

test('positionBetween finds room anywhere, and short where entries are added at one place', () => {
  const random = seededRandom(7);
  const list: string[] = [];
  for (let i = 0; i < 2000; i++) {
    const at = random(list.length + 1);
    list.splice(at, 0, positionBetween(list[at - 1], list[at]));
  }
  assert.deepEqual([...list].sort(), list);
  assert.equal(new Set(list).size, list.length);
  for (const where of ['append', 'prepend', 'before', 'after']) {
    const line = [positionBetween(undefined, undefined)];
    line.push(positionBetween(line[0], undefined));
    for (let i = 0; i < 10_000; i++) {
      const at = { append: line.length, prepend: 0, before: line.length - 1, after: 1 }[where] as number;
      const position = positionBetween(line[at - 1], line[at]);
      assert.ok(position.length <= 8, where);
      line.splice(at, 0, position);
    }
    assert.deepEqual([...line].sort(), line, where);
  }
});
