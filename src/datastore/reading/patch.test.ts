import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestKeys } from '../testing/schema.ts';
import { MemoryView } from '../view/memory.ts';
import { Overlay } from '../view/overlay.ts';
import { type PatchEdit, patchEdits, type ReadRights } from './patch.ts';

const k = new TestKeys();
const base = new MemoryView(k.keys);
for (const name of ['a', 'b c']) {
  base.put(k.interface(name), k.row('interface'), k.columns({ 'interface/mtu': '1500' }));
}
for (const name of ['r1', 'r2', 'r3']) base.put(k.rule(name), k.row('rule'), k.columns({}));

function editsOf(change: (view: Overlay) => void, rights?: ReadRights): readonly PatchEdit[] {
  const view = new Overlay(base);
  change(view);
  return patchEdits({ before: base, after: view, rows: view.changes() }, rights);
}

const short = (edits: readonly PatchEdit[]) =>
  edits.map(({ operation, target, where, point }) =>
    [operation, target.replace('/sluice-store-test:box', ''), where, point?.replace(/.*=/, '')]
      .filter(Boolean)
      .join(' '),
  );

test('patchEdits creates, replaces and deletes, with values', () => {
  const edits = editsOf((view) => {
    view.put(k.interface('b c'), k.row('interface'), k.columns({ 'interface/mtu': '9000' }));
    view.put(k.interface('a/b,c'), k.row('interface'), k.columns({ 'interface/mtu': '1400' }));
    view.delete(k.interface('a'));
  });
  assert.deepEqual(short(edits), [
    'delete /interface=a',
    'create /interface=a%2Fb%2Cc',
    'replace /interface=b%20c/mtu',
  ]);
  const [gone, made, changed] = edits;
  assert.match(gone?.sourceValue ?? '', /^<interface xmlns="[^"]+"><name>a<\/name><mtu>1500<\/mtu><\/interface>$/);
  assert.match(made?.value ?? '', /<name>a\/b,c<\/name><mtu>1400</);
  assert.match(changed?.value ?? '', /^<mtu xmlns="[^"]+">9000<\/mtu>$/);
  assert.match(changed?.sourceValue ?? '', />1500</);
  assert.match(changed?.path ?? '', /interface\[name='b c'\]\/mtu$/);
});

test('patchEdits inserts and moves entries of an ordered list behind those before them', () => {
  const edits = editsOf((view) => {
    view.place(k.rule('r1'), { at: 'last' });
    view.put(k.rule('a'), k.row('rule'), k.columns({}));
    view.put(k.rule('z'), k.row('rule'), k.columns({}));
    view.place(k.rule('z'), { at: 'first' });
  });
  assert.deepEqual(short(edits), ['insert /rule=z first', 'move /rule=r1 after r3', 'insert /rule=a after r1']);
});

test('patchEdits leaves out what the reader may not see', () => {
  const rights = (denied: string): ReadRights => ({
    readable: (node) => (node === k.node(denied) ? 'depends' : 'permit'),
    read: (_node, key) => key !== k.interface('b c'),
  });
  const change = (view: Overlay): void => {
    view.put(k.interface('a'), k.row('interface'), k.columns({ 'interface/mtu': '1' }));
    view.put(k.interface('b c'), k.row('interface'), k.columns({ 'interface/mtu': '2', 'interface/parent': 'a' }));
  };
  assert.deepEqual(short(editsOf(change, rights('interface'))), ['replace /interface=a/mtu']);
  assert.deepEqual(short(editsOf(change, rights('interface/mtu'))), [
    'replace /interface=a/mtu',
    'create /interface=b%20c/parent',
  ]);
});
