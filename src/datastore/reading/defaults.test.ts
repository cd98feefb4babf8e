/** What the walk reports of defaults is what yanglint (libyang) prints, in every mode of RFC 6243. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { WITH_DEFAULTS_NAMESPACE } from '../../yang/codec/namespaces.ts';
import { readXml } from '../../yang/data/example/example.ts';
import { type Random, random } from '../../yang/data/example/random.ts';
import type { DataNode } from '../../yang/data/node.ts';
import { loadSchema } from '../../yang/schema/load.ts';
import { KeySpace } from '../key/key.ts';
import { rowsFromData } from '../row/from-data.ts';
import { MemoryView } from '../view/memory.ts';
import type { DefaultsMode } from './walk.ts';
import { viewToXml } from './write-xml.ts';

const folder = `${import.meta.dirname}/../testing`;
const module = `${folder}/sluice-defaults-test.yang`;
const schema = loadSchema({ paths: [folder], modules: [{ name: 'sluice-defaults-test' }] });
const keys = new KeySpace(schema);

/** An entry with some of what it can have, as often as not with the default as value. */
function entry(id: number, from: Random): string {
  const maybe = (xml: string): string => (from.below(3) === 0 ? xml : '');
  const leaf = (name: string, ...values: readonly string[]): string => maybe(`<${name}>${from.pick(values)}</${name}>`);
  const timer = (): string =>
    maybe(`<timer>${leaf('interval', '30', '31')}<backoff>${leaf('factor', '1.5', '2.0')}</backoff></timer>`);
  const list = (name: string, ...sets: readonly (readonly string[])[]): string =>
    maybe(
      from
        .pick(sets)
        .map((value) => `<${name}>${value}</${name}>`)
        .join(''),
    );
  const shape = from.pick([
    () => '',
    () => leaf('radius', '7', '8') + maybe(`<fill>${leaf('alpha', '255', '1')}</fill>`),
    () =>
      `<side>3</side>${leaf('rounded', 'false', 'true')}${from.pick(['', '<sharp/>', '<soft>2</soft>', '<soft>3</soft>'])}`,
    () => leaf('rounded', 'false', 'true'),
    () => `<free>${leaf('points', '4', '5')}</free>`,
  ])();
  const manual = from.below(2) === 0;
  const mode = manual
    ? `<mode>manual</mode>${leaf('speed', '100', '10')}<manual>${leaf('duplex', 'true', 'false')}</manual>`
    : leaf('mode', 'auto');
  return (
    `<item><id>${id}</id>${leaf('colour', 'blue', 'red')}${leaf('plain', 'p')}` +
    list('tags', ['1', '2'], ['2', '1'], ['1'], ['1', '2', '3'], ['5']) +
    list('order', ['x', 'y'], ['y', 'x'], ['x'], ['x', 'y', 'z']) +
    timer() +
    maybe(`<here>${leaf('inside', 'true', 'false')}${timer()}</here>`) +
    `${shape}${from.pick(['', '<first>1</first>', '<second>2nd</second>', '<other>never</other>'])}${mode}</item>`
  );
}

function yanglint(file: string, ...mode: readonly string[]): string {
  const withDefaults = '/usr/share/yuma/modules/ietf/ietf-netconf-with-defaults@2011-06-01.yang';
  const paths = ['/usr/share/yuma/modules/ietf', '/usr/share/yang/modules/libyang'].flatMap((path) => ['-p', path]);
  const args = ['-t', 'config', '-f', 'xml', ...paths, ...mode, withDefaults, module, file];
  const xml = execFileSync('yanglint', args, { encoding: 'utf8', stdio: 'pipe' });
  // It writes the attribute in the namespace of the module, where the RFC has one of its own.
  return xml.replaceAll('urn:ietf:params:xml:ns:yang:ietf-netconf-with-defaults', WITH_DEFAULTS_NAMESPACE);
}

/** libyang tags what is implicit alone in its mode of that name, which is what a server of basic mode explicit does. */
const modes: readonly (readonly [DefaultsMode, ...string[]])[] = [
  ['explicit'],
  ['trim', '-d', 'trim'],
  ['report-all', '-d', 'all'],
  ['report-all-tagged', '-d', 'implicit-tagged'],
];

test('the walk reports defaults as yanglint does', (t) => {
  const from = random();
  t.diagnostic(`FUZZ_SEED=${from.seed}`);
  const temporary = mkdtempSync(join(tmpdir(), 'sluice-defaults-'));
  try {
    const entries = Array.from({ length: 200 }, (_, id) => entry(id, from)).join('');
    const xml = `<top xmlns="urn:sluice:defaults-test">${entries}</top>`;
    const file = join(temporary, 'instance.xml');
    writeFileSync(file, xml);
    const view = new MemoryView(keys);
    for (const { key, node, row } of rowsFromData(keys, readXml(schema, xml, { mode: 'data' }))) {
      if (node !== undefined) view.put(key, node, row);
    }
    for (const [defaults, ...mode] of modes) {
      // libyang trims each entry of a leaf-list that is among the defaults, so that a part of them reads as all of them; we
      // trim what is as a whole the default.
      const read = (text: string) =>
        without(defaults === 'trim' ? 'leaf-list' : undefined, readXml(schema, text, { mode: 'data' }));
      const ours = read(viewToXml(view, { defaults }));
      const theirs = read(yanglint(file, ...mode));
      const [expected, found] = [theirs, ours].map(itemsOf) as [Map<string, unknown>, Map<string, unknown>];
      assert.deepEqual([...found.keys()], [...expected.keys()]);
      for (const [id, content] of expected) assert.deepEqual(found.get(id), content, `${defaults} of ${id}`);
    }
  } finally {
    rmSync(temporary, { recursive: true });
  }
});

/** What `top` holds, each list entry by itself. */
function itemsOf(nodes: readonly DataNode[]): Map<string, unknown> {
  const items = new Map<string, unknown>();
  const rest: DataNode[] = [];
  for (const node of nodes[0]?.children ?? []) {
    if (node.schema.kind === 'list') items.set(node.children?.[0]?.value ?? '', plain([node]));
    else rest.push(node);
  }
  return items.set('top', plain(rest));
}

/** In schema order, and what the system orders by value; containers without content are of no meaning. */
function plain(nodes: readonly DataNode[]): unknown[] {
  return nodes
    .filter(
      ({ schema: node, children }) => node.kind !== 'container' || node.presence || plain(children ?? []).length > 0,
    )
    .toSorted(inOrder)
    .map(({ schema: node, value, children, attributes }) => [
      node.name,
      value,
      ...(attributes?.isDefault === true ? ['default'] : []),
      ...plain(children ?? []),
    ]);
}

function inOrder(a: DataNode, b: DataNode): number {
  if (a.schema !== b.schema) return a.schema.index - b.schema.index;
  const isFree = a.schema.kind === 'leaf-list' && !a.schema.orderedByUser;
  return isFree ? (a.value ?? '').localeCompare(b.value ?? '') : 0;
}

function without(kind: string | undefined, nodes: readonly DataNode[]): DataNode[] {
  return nodes
    .filter(({ schema: node }) => node.kind !== kind)
    .map((node) => (node.children === undefined ? node : { ...node, children: without(kind, node.children) }));
}
