import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Decisions } from '../../../../commit/access/access.ts';
import { IndexPlan } from '../../../../datastore/index-plan.ts';
import { KeySpace } from '../../../../datastore/key/key.ts';
import { asRow, type ColumnNode } from '../../../../datastore/row/shape.ts';
import { Overlay } from '../../../../datastore/view/overlay.ts';
import { EmptyView, type SourceView } from '../../../../datastore/view/source.ts';
import type { RowKey, RowNode } from '../../../../datastore/view/view.ts';
import { random } from '../../../../yang/data/example/random.ts';
import type { DataSchemaNode } from '../../../../yang/schema/node.ts';
import { subtreeFilter, xpathFilter } from '../../filter/stored.ts';
import { IF, routerSchema } from '../../testing/server.ts';
import { allRows } from './change-hub.ts';
import { changeEntries, type Entry } from './changes.ts';
import { Pending } from './pending.ts';
import { Selection, touchedRows } from './selection.ts';
import { Sight } from './sight.ts';

/** What a subscriber makes of changes is what it would read: random configurations, filters and rights. */
const schema = routerSchema();
const keys = new KeySpace(schema);
const plan = new IndexPlan(keys);
const NACM = 'xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm"';

const find = <T extends DataSchemaNode>(path: string): T => schema.find(path) as T;
const row = (path: string): RowNode => asRow(find(path)) as RowNode;
const leaf = (path: string): ColumnNode => find(path) as ColumnNode;

const INTERFACES = '/ietf-interfaces:interfaces';
const RULES = '/ietf-netconf-acm:nacm';
const lists = {
  interface: row(`${INTERFACES}/interface`),
  ruleList: row(`${RULES}/rule-list`),
  group: row(`${RULES}/rule-list/group`),
  rule: row(`${RULES}/rule-list/rule`),
};
const interfaces = keys.child('', row(INTERFACES));
const nacm = keys.child('', row(RULES));

const filters: readonly (undefined | { readonly xml: string } | { readonly xpath: string })[] = [
  undefined,
  { xml: `<interfaces ${IF}/>` },
  { xml: `<interfaces ${IF}><interface><description/></interface></interfaces>` },
  {
    xml: `<interfaces ${IF}><interface><name>a</name></interface><interface><name>b</name><enabled/></interface></interfaces>`,
  },
  { xml: `<interfaces ${IF}><interface><enabled>true</enabled></interface></interfaces>` },
  {
    xml: `<interfaces ${IF}><interface><description>x</description><enabled/></interface><interface><name>a</name></interface></interfaces>`,
  },
  { xml: `<nacm ${NACM}><rule-list><rule><action>permit</action><name/></rule></rule-list></nacm>` },
  { xml: `<nacm ${NACM}><rule-list><group>g1</group></rule-list><enable-nacm/></nacm>` },
  { xml: `<nacm ${NACM}><rule-list><name>a</name><rule/></rule-list></nacm>` },
  { xpath: '/ietf-interfaces:interfaces/interface[name="a"]/description | /ietf-netconf-acm:nacm/rule-list[name="b"]' },
  { xpath: '/ietf-interfaces:interfaces/interface[enabled="true"]/description' },
  { xpath: '//ietf-netconf-acm:rule[action="deny"]/comment' },
  { xpath: '/ietf-netconf-acm:nacm/rule-list[rule/action="permit"]' },
  { xpath: '/ietf-netconf-acm:nacm[rule-list/group="g2"]/enable-nacm' },
];

function selectionOf(filter: (typeof filters)[number]): Selection {
  if (filter === undefined) return new Selection(keys, undefined);
  const read = 'xml' in filter ? subtreeFilter(schema, filter.xml) : xpathFilter(filter.xpath);
  return new Selection(keys, { ...filter, filter: read });
}

type Choose = (below: number) => number;

/** Rights that hang on node and instance, the same each time they are asked. */
function rightsOf(seed: number): Decisions {
  const permits = (text: string): boolean => {
    let hash = seed;
    for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) >>> 0;
    return hash % 7 !== 0;
  };
  return {
    readable: () => (seed === 0 ? 'permit' : 'depends'),
    // Keys are read where their entry is.
    read: (node, key) => seed === 0 || (node.kind === 'leaf' && node.isKey) || permits(`${node.path} ${key}`),
  } as Partial<Decisions> as Decisions;
}

const names = ['a', 'b', 'c'];

function edit(view: Overlay, choose: Choose): void {
  const pick = <T>(from: readonly T[]): T => from[choose(from.length)] as T;
  const put = (
    key: RowKey,
    node: RowNode,
    name: ColumnNode,
    value: string,
    column: ColumnNode,
    to: string | undefined,
  ) => {
    const leaves = new Map(view.get(key)?.leaves ?? [[name, value]]);
    if (to === undefined) leaves.delete(column);
    else leaves.set(column, to);
    view.put(key, node, { leaves });
  };
  const name = pick(names);
  const ruleList = keys.child(nacm, lists.ruleList, [name]);
  const needRuleList = (): void => {
    if (view.get(ruleList) === undefined) {
      view.put(ruleList, lists.ruleList, { leaves: new Map([[leaf(`${RULES}/rule-list/name`), name]]) });
    }
  };
  switch (choose(9)) {
    case 0:
    case 1: {
      const [column, values] = pick([
        ['description', ['x', 'y', undefined]],
        ['enabled', ['true', 'false', undefined]],
      ] as const);
      const key = keys.child(interfaces, lists.interface, [name]);
      put(
        key,
        lists.interface,
        leaf(`${INTERFACES}/interface/name`),
        name,
        leaf(`${INTERFACES}/interface/${column}`),
        pick(values),
      );
      return;
    }
    case 2:
      if (view.get(keys.child(interfaces, lists.interface, [name])) !== undefined) {
        view.delete(keys.child(interfaces, lists.interface, [name]));
      }
      return;
    case 3: {
      needRuleList();
      const rule = pick(names);
      const key = keys.child(ruleList, lists.rule, [rule]);
      const column = pick(['action', 'comment'] as const);
      const to = column === 'action' ? pick(['permit', 'deny']) : pick(['x', undefined]);
      put(key, lists.rule, leaf(`${RULES}/rule-list/rule/name`), rule, leaf(`${RULES}/rule-list/rule/${column}`), to);
      return;
    }
    case 4: {
      const key = keys.child(ruleList, lists.rule, [pick(names)]);
      if (view.get(key) !== undefined) view.delete(key);
      return;
    }
    case 5:
      if (view.get(ruleList) !== undefined) view.delete(ruleList);
      return;
    case 6: {
      needRuleList();
      const key = keys.child(ruleList, lists.group, [pick(['g1', 'g2'])]);
      if (view.get(key) === undefined) view.put(key, lists.group, { leaves: new Map() });
      else view.delete(key);
      return;
    }
    case 7:
      put(
        nacm,
        row(RULES),
        leaf(`${RULES}/enable-nacm`),
        'true',
        leaf(`${RULES}/enable-nacm`),
        pick(['true', 'false']),
      );
      return;
    case 8:
      needRuleList();
      if (choose(2) === 0) view.place(ruleList, { at: pick(['first', 'last'] as const) });
  }
}

/** What is seen of a view: values, and rows that are wanted as a whole. */
function seen(sight: Sight, within = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const { key, node, row: content } of sight.view.scan('', '\xff\xff\xff')) {
    if (!key.startsWith(within) || !sight.shows(key, node)) continue;
    if (sight.of(key, node) === 'all' && node.kind !== 'container') found.set(key, '');
    for (const [column, value] of content.leaves) {
      const isKey = column.kind === 'leaf' && column.isKey;
      if (!isKey && sight.column(column, key, node)) found.set(`${key} ${column.index}`, value);
    }
  }
  return found;
}

/** Applies changes to what a receiver has. */
function apply(state: Map<string, string>, entries: Iterable<Entry>, now: Sight): void {
  const fresh = seen(now);
  for (const { key, column, operation } of entries) {
    if (column !== undefined) {
      const id = `${key} ${column.index}`;
      const value = fresh.get(id);
      if (operation === 'delete' || value === undefined) state.delete(id);
      else state.set(id, value);
      continue;
    }
    if (operation === 'move') continue;
    for (const id of [...state.keys()]) if (id.startsWith(key)) state.delete(id);
    if (operation !== 'delete') for (const [id, value] of seen(now, key)) state.set(id, value);
  }
}

function shown(state: ReadonlyMap<string, string>): string[] {
  return [...state].map(([id, value]) => `${Buffer.from(id, 'latin1').toString('hex')} ${value}`).sort();
}

test('changes, one by one and dampened, make of what was seen what is seen: random configurations, filters, rights', (t) => {
  const { seed, below: choose } = random();
  t.diagnostic(`FUZZ_SEED=${seed}`);
  for (let round = 0; round < 200; round++) {
    const selection = selectionOf(filters[choose(filters.length)]);
    let rights = rightsOf(choose(3) === 0 ? 0 : choose(1000));
    let view: SourceView = new Overlay(new EmptyView(keys, plan));
    for (let i = choose(12); i > 0; i--) edit(view as Overlay, choose);
    const sightOf = (of: SourceView, by: Decisions): Sight => new Sight(of, selection.wanted(of, by), by, true);
    const oneByOne = seen(sightOf(view, rights));
    const dampened = new Map(oneByOne);
    const pending = new Pending(keys);
    for (let step = 0; step < 5; step++) {
      const after = new Overlay(view);
      for (let i = 1 + choose(4); i > 0; i--) edit(after, choose);
      const changed = choose(8) === 0 ? rightsOf(choose(1000)) : rights;
      const [before, now] = [sightOf(view, rights), sightOf(after, changed)];
      let rows: Iterable<Parameters<typeof touchedRows>[0][number]> = after.changes();
      if (changed !== rights) rows = allRows(view, after);
      else if (selection.isEvaluated) {
        rows = touchedRows(
          after.changes(),
          [selection.wanted(view, rights), selection.wanted(after, rights)],
          view,
          after,
        );
      }
      const entries = [...changeEntries(rows, before, now)];
      apply(oneByOne, entries, now);
      const what = `FUZZ_SEED=${seed}, round ${round}, step ${step}: ${JSON.stringify(selection.id)}`;
      assert.deepEqual(shown(oneByOne), shown(seen(now)), what);
      for (const entry of entries) assert.ok(pending.add(entry));
      if (choose(3) === 0) {
        apply(dampened, pending.take(), now);
        assert.deepEqual(shown(dampened), shown(seen(now)), `${what}, dampened`);
      }
      view = after;
      rights = changed;
    }
  }
});
