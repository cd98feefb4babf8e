/** A naive model of a view (sorted on every look), and random edits of both. */
import assert from 'node:assert/strict';
import type { LeafNode } from '../../yang/schema/node.ts';
import type { Overlay, Place } from '../view/overlay.ts';
import type { SourceView } from '../view/source.ts';
import type { RowKey, RowNode } from '../view/view.ts';
import { dump } from './dump.ts';
import type { TestKeys } from './schema.ts';

export type Random = (below: number) => number;

/** mulberry32: the same numbers for the same seed. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

interface ModelRow {
  readonly node: RowNode;
  columns: Map<string, string>;
}

/** Rows in a Map whose order is the order of users, whatever else was done in between. */
export class Model {
  readonly #k: TestKeys;
  rows = new Map<RowKey, ModelRow>();
  /** Entries of all ordered lists, in order. */
  order: RowKey[] = [];

  constructor(k: TestKeys) {
    this.#k = k;
  }

  clone(): Model {
    const copy = new Model(this.#k);
    copy.rows = new Map([...this.rows].map(([key, row]) => [key, { ...row, columns: new Map(row.columns) }]));
    copy.order = [...this.order];
    return copy;
  }

  put(key: RowKey, node: RowNode, columns: Map<string, string>): void {
    const old = this.rows.get(key);
    this.rows.set(key, { node, columns });
    if (old === undefined && node.kind !== 'container' && node.orderedByUser) this.order.push(key);
  }

  delete(key: RowKey): void {
    for (const at of [...this.rows.keys()]) if (at.startsWith(key)) this.rows.delete(at);
    this.order = this.order.filter((at) => !at.startsWith(key));
  }

  place(key: RowKey, place: Place): void {
    const rest = this.order.filter((at) => at !== key);
    const siblings = rest.filter((at) => this.#list(at) === this.#list(key));
    const anchor = 'anchor' in place ? place.anchor : place.at === 'first' ? siblings[0] : siblings.at(-1);
    if (anchor === undefined) return;
    const before = place.at === 'before' || place.at === 'first';
    rest.splice(rest.indexOf(anchor) + (before ? 0 : 1), 0, key);
    this.order = rest;
  }

  dump(): string[] {
    const lines: string[] = [];
    const visit = (parent: RowKey, node: RowNode | undefined): void => {
      for (const child of this.#k.keys.shape.of(node).rows) {
        const { from, to } = this.#k.keys.range(parent, child);
        const direct = [...this.rows].filter(([key, row]) => row.node === child && key >= from && key < to);
        direct.sort((a, b) => this.#compare(a[0], b[0], child));
        for (const [key, row] of direct) {
          const columns = [...row.columns].map(([name, value]) => `${name}=${value}`).sort();
          lines.push([this.#k.keys.path(key).replace('/sluice-store-test:', '/'), ...columns].join(' '));
          visit(key, child);
        }
        if (child.kind === 'container' && !child.presence && direct.length === 0) visit(from, child);
      }
    };
    visit('', undefined);
    return lines;
  }

  /** Everything that a view can be asked. */
  compare(view: SourceView, context: string): void {
    const k = this.#k;
    assert.deepEqual(dump(view), this.dump(), context);
    for (const [key, { node, columns }] of this.rows) {
      const row = view.get(key);
      assert.deepEqual(
        [...(row?.leaves ?? [])].map(([leaf, value]) => [leaf.name, value]).sort(),
        [...columns].sort(),
        context,
      );
      assert.ok(view.has(k.keys.parent(key) ?? '', node), context);
    }
    for (const name of names) {
      const found = [...view.rowsWith(k.leaf('interface/parent'), name)].sort();
      const expected = [...this.rows].filter(
        ([, row]) => row.node === k.row('interface') && row.columns.get('parent') === name,
      );
      assert.deepEqual(found, expected.map(([key]) => key).sort(), context);
    }
    const unique = k.list('interface').uniques[0] ?? [];
    for (const parent of names) {
      for (const vlan of values) {
        const found = [...view.rowsWithUnique(k.box, k.list('interface'), unique, [parent, vlan, 'none'])].sort();
        const expected = [...this.rows].filter(
          ([, { node, columns }]) =>
            node === k.row('interface') && columns.get('parent') === parent && columns.get('vlan') === vlan,
        );
        assert.deepEqual(found, expected.map(([key]) => key).sort(), context);
      }
    }
  }

  #compare(a: RowKey, b: RowKey, node: RowNode): number {
    if (node.kind !== 'container' && node.orderedByUser) return this.order.indexOf(a) - this.order.indexOf(b);
    return a < b ? -1 : 1;
  }

  #list(key: RowKey): string {
    return `${this.#k.keys.parent(key)} ${this.#k.keys.node(key)?.path}`;
  }
}

const names = ['a', 'b', 'c', 'ü', 'long'.repeat(100)];
const values = ['1', '2', '3'];

/** One edit of the view and of the model. */
export function randomEdit(k: TestKeys, random: Random, view: Overlay, model: Model): void {
  const pick = <T>(of: readonly T[]): T => of[random(of.length)] as T;
  const put = (key: RowKey, node: RowNode, columns: Record<string, string>): void => {
    // MemoryView adds columns; what is to be replaced goes first, without losing its place or what is below.
    const leaves = new Map<LeafNode, string>();
    const all = new Map(view.get(key) === undefined ? [] : (model.rows.get(key)?.columns ?? []));
    for (const [path, value] of Object.entries(columns)) {
      const leaf = k.leaf(path);
      leaves.set(leaf, value);
      all.set(leaf.name, value);
    }
    for (const leaf of k.keys.shape.of(node).columns) {
      const value = all.get(leaf.name);
      if (leaf.kind === 'leaf' && value !== undefined) leaves.set(leaf, value);
    }
    const last = k.keys.last(key);
    for (const [i, leaf] of node.kind === 'list' ? node.keys.entries() : []) all.set(leaf.name, last?.keys[i] ?? '');
    view.put(key, node, { leaves });
    model.put(key, node, all);
  };
  const name = pick(names);
  const at = k.interface(name);
  const rule = k.rule(name);
  switch (random(12)) {
    case 0:
    case 1:
    case 2:
      put(at, k.row('interface'), {
        ...(random(2) ? { 'interface/mtu': pick(values) } : {}),
        ...(random(2) ? { 'interface/parent': pick(names) } : {}),
        ...(random(2) ? { 'interface/encapsulation/vlan': pick(values) } : {}),
      });
      break;
    case 3: {
      if (!model.rows.has(at)) break;
      const ip = k.keys.child(at, k.row('interface/ip'));
      if (!model.rows.has(ip)) put(ip, k.row('interface/ip'), {});
      put(
        k.keys.child(ip, k.row('interface/ip/address'), [pick(['-1', '0', '7']), pick(['-0.5', '1.25'])]),
        k.row('interface/ip/address'),
        {},
      );
      break;
    }
    case 4:
    case 5:
      put(rule, k.row('rule'), random(2) ? { 'rule/action': pick(values) } : {});
      break;
    case 6: {
      if (!model.rows.has(rule)) break;
      put(k.keys.child(rule, k.row('rule/tag'), [pick(values)]), k.row('rule/tag'), {});
      put(k.keys.child(rule, k.row('rule/term'), [pick(values)]), k.row('rule/term'), {});
      break;
    }
    case 7: {
      const siblings = model.order.filter((key) => k.keys.node(key) === k.row('rule'));
      if (siblings.length < 2) break;
      const key = pick(siblings);
      const anchor = pick(siblings.filter((one) => one !== key));
      const place = pick<Place>([{ at: 'first' }, { at: 'last' }, { at: 'before', anchor }, { at: 'after', anchor }]);
      view.place(key, place);
      model.place(key, place);
      break;
    }
    case 8:
    case 9: {
      const all = [...model.rows.keys()];
      if (all.length === 0) break;
      const key = pick(all);
      view.delete(key);
      model.delete(key);
      break;
    }
    case 10:
      put(k.keys.child(k.box, k.row('domain'), [name]), k.row('domain'), {});
      put(k.keys.child(k.box, k.row('server'), [name]), k.row('server'), {});
      break;
    case 11:
      put(k.box, k.row(''), { hostname: pick(values) });
      break;
  }
}
