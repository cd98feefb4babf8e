/** The edits of a YANG patch, applied one after the other, make one configuration the other: whatever the two are. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeySpace, type KeyStep } from '../../datastore/key/key.ts';
import { difference } from '../../datastore/reading/difference.ts';
import { type PatchChange, type PatchEdit, patchEdits } from '../../datastore/reading/patch.ts';
import { Overlay } from '../../datastore/view/overlay.ts';
import { readXml } from '../../yang/data/example/example.ts';
import { type Random, random } from '../../yang/data/example/random.ts';
import type { DataSchemaNode } from '../../yang/schema/node.ts';
import { applyEdit } from '../edit/apply.ts';
import { type Content, edited, lines, payload, schemaOf, viewOf } from '../testing/fixture.ts';

const schema = schemaOf(`module p {
  yang-version 1.1;
  namespace "urn:p"; prefix p;
  container c {
    leaf a { type string; }
    container inner { leaf i { type string; } leaf-list il { type string; } }
    container here { presence "yes"; leaf h { type string; } }
    list l {
      key "k n";
      leaf k { type string; }
      leaf n { type uint8; }
      leaf v { type string; }
      container deep { leaf d { type string; } list s { key "n"; leaf n { type int8; } leaf o { type string; } } }
    }
    list u {
      key "k"; ordered-by user;
      leaf k { type string; }
      leaf v { type string; }
      leaf-list w { type string; ordered-by user; }
    }
    leaf-list ul { type string; ordered-by user; }
    choice ch { leaf one { type string; } container two { leaf t { type string; } list tl { key "k"; leaf k { type string; } } } }
  }
}`);
const keys = new KeySpace(schema);

type Tree = { readonly [name: string]: Content };

/** Some of what a configuration can hold; entries in any order. */
function configuration(from: Random): Tree {
  const maybe = (content: Tree): Tree => (from.below(2) === 0 ? content : {});
  const text = (): string => from.pick(['x', 'y', "it's", 'a/b,c', '<&>']);
  const some = (names: readonly string[]): string[] => {
    const left = names.filter(() => from.below(3) > 0);
    return left.map((_, i) => {
      const at = i + from.below(left.length - i);
      [left[i], left[at]] = [left[at] as string, left[i] as string];
      return left[i] as string;
    });
  };
  const entry = (k: string): Tree => ({
    k,
    n: '1',
    ...maybe({ v: text() }),
    ...maybe({
      deep: { ...maybe({ d: text() }), s: some(['1', '2', '-3']).map((n) => ({ n, ...maybe({ o: text() }) })) },
    }),
  });
  return {
    c: {
      ...maybe({ a: text() }),
      ...maybe({ inner: { ...maybe({ i: text() }), il: some(['p', 'q', "r's"]) } }),
      ...maybe({ here: maybe({ h: text() }) }),
      l: some(['a', 'b c', 'd/e']).map(entry),
      u: some(['1', '2', '3', '4', '5', 'six,7']).map((k) => ({
        k,
        ...maybe({ v: text() }),
        w: some(['m', 'n', 'o']),
      })),
      ul: some(['1', '2', '3', '4', '5', '6,=']),
      ...from.pick([{}, { one: '1' }, { two: { t: '2', tl: some(['a', 'b']).map((k) => ({ k })) } }]),
    },
  };
}

/** An edit as the content of `<config>`, all around it only passed. */
function editXml(edit: PatchEdit): string {
  const address = keys.rowOf(edit.path);
  if (address?.node === undefined) throw new Error(`no node ${edit.path}`);
  const { key, node } = address;
  const operation = { insert: 'create', move: 'merge' }[edit.operation as string] ?? edit.operation;
  const attributes = `nc:operation="${operation}"${insertion(edit, node)}`;
  const steps = keys.decode(key);
  const last = steps.at(-1);
  const isRow = last?.node === node;
  const target =
    edit.value === undefined
      ? open(node, attributes, isRow ? last : undefined)
      : edit.value.replace(/^<[\w-]+/, (tag) => `${tag} ${attributes}`);
  const content = edit.value === undefined ? `${target}</${node.name}>` : target;
  let xml = content;
  let inside: DataSchemaNode = node;
  for (const step of (isRow ? steps.slice(0, -1) : steps).toReversed()) {
    xml = wrapFolded(inside, step.node, xml);
    xml = `${open(step.node, '', step)}${xml}</${step.node.name}>`;
    inside = step.node;
  }
  return xml;
}

/** The containers without presence between a node and the row that it is in. */
function wrapFolded(node: DataSchemaNode, row: DataSchemaNode, xml: string): string {
  let wrapped = xml;
  for (let at = node.dataParent; at !== undefined && at !== row; at = (at as DataSchemaNode).dataParent) {
    wrapped = `<${at.name} xmlns="urn:p">${wrapped}</${at.name}>`;
  }
  return wrapped;
}

/** A start tag, with the keys of an entry or the value of a leaf-list's behind it. */
function open(node: DataSchemaNode, attributes: string, step: KeyStep | undefined): string {
  const tag = `<${node.name} xmlns="urn:p" ${attributes}>`;
  if (node.kind === 'leaf-list') return tag + escaped(step?.keys[0] ?? '');
  if (node.kind !== 'list') return tag;
  return tag + node.keys.map(({ name }, i) => `<${name}>${escaped(step?.keys[i] ?? '')}</${name}>`).join('');
}

function insertion({ where, point }: PatchEdit, node: DataSchemaNode): string {
  if (where === undefined) return '';
  if (point === undefined) return ` yang:insert="${where}"`;
  const values = (/=([^=/]*)$/.exec(point)?.[1] ?? '').split(',').map(decodeURIComponent);
  const anchor =
    node.kind === 'list'
      ? `yang:key="${escaped(node.keys.map(({ name }, i) => `[p:${name}='${values[i]}']`).join(''))}" xmlns:p="urn:p"`
      : `yang:value="${escaped(values[0] ?? '')}"`;
  return ` yang:insert="${where}" ${anchor}`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

test('patchEdits gives edits that make the one view the other', (t) => {
  const from = random();
  t.diagnostic(`FUZZ_SEED=${from.seed}`);
  for (let round = 0; round < 100; round++) {
    const before = viewOf(keys, payload(schema, configuration(from)));
    const wanted = payload(schema, configuration(from));
    const overlay = edited(before, wanted, { defaultOperation: 'replace' });
    const apart = viewOf(keys, wanted);
    const changes: readonly PatchChange[] = [
      { before, after: overlay, rows: overlay.changes() },
      { before, after: apart, rows: [...difference(before, apart)] },
      { before: overlay, after: before, rows: [...difference(overlay, before)] },
    ];
    for (const change of changes) {
      const edits = patchEdits(change);
      const view = new Overlay(change.before);
      for (const edit of edits) {
        const data = readXml(schema, editXml(edit), { mode: 'edit' });
        applyEdit(view, keys, data, { defaultOperation: 'none' });
      }
      assert.deepEqual(lines(view), lines(change.after), `round ${round}: ${JSON.stringify(edits, null, 1)}`);
    }
  }
});
