import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeySpace } from '../../datastore/key/key.ts';
import { differenceSteps } from '../../datastore/reading/difference.ts';
import { atOnce } from '../../datastore/reading/steps.ts';
import { Overlay } from '../../datastore/view/overlay.ts';
import type { RowChange, RowNode } from '../../datastore/view/view.ts';
import { payload, schemaOf, viewOf } from '../testing/fixture.ts';
import { differenceBetween } from './difference.ts';

const schema = schemaOf(`module d { namespace "urn:d"; prefix d; leaf-list l { type string; } }`);
const keys = new KeySpace(schema);
const node = schema.find('/d:l') as RowNode;
const running = viewOf(keys, payload(schema, { l: ['a', 'b', 'c', 'd'] }));
const row = { leaves: new Map() };

function overlay(gone: readonly string[], made: readonly string[]): Overlay {
  const view = new Overlay(running);
  for (const value of gone) view.delete(keys.child('', node, [value]));
  for (const value of made) view.put(keys.child('', node, [value]), node, row);
  return view;
}

const shown = (rows: Iterable<RowChange>): string[] =>
  [...rows].map(({ key, before, after }) => `${before ? '-' : ''}${after ? '+' : ''}${keys.valueOf(key, node)}`);

test('differenceBetween and differenceSteps leave out what two overlays over running have in common', () => {
  const before = overlay(['a', 'b'], ['x', 'y']);
  const after = overlay(['b', 'c'], ['z']);
  const expected = ['+a', '-c', '-x', '-y', '+z'];
  assert.deepEqual(shown(differenceBetween(before, running, after.changes())), expected);
  assert.deepEqual(shown(atOnce(differenceSteps(running, before, after))), expected);
  const second = new Overlay(after);
  second.delete(keys.child('', node, ['z']));
  assert.deepEqual(
    shown(atOnce(differenceSteps(running, before, second))),
    expected.slice(0, -1),
    'overlays over overlays',
  );
  assert.deepEqual(shown(atOnce(differenceSteps(new Overlay(running), before, after))), expected, 'read whole');
});

test('differenceSteps of overlays reads no more of running than they change', () => {
  const base = viewOf(keys, payload(schema, { l: Array.from({ length: 1000 }, (_, i) => `v${i}`) }));
  const changed = (value: string): Overlay => {
    const view = new Overlay(base);
    view.put(keys.child('', node, [value]), node, row);
    return view;
  };
  let reads = 0;
  const { get } = base;
  base.get = (key) => {
    reads++;
    return get.call(base, key);
  };
  base.scan = () => {
    throw new Error('running is read whole');
  };
  assert.deepEqual(shown(atOnce(differenceSteps(base, changed('a'), changed('b')))), ['-a', '+b']);
  assert.ok(reads <= 12, `${reads} rows`);
});
