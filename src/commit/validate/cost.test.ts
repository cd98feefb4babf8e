/** The cost of a change is that of the change: rows read are counted at two sizes of the configuration. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IndexPlan } from '../../datastore/index-plan.ts';
import { KeySpace } from '../../datastore/key/key.ts';
import { atOnce } from '../../datastore/reading/steps.ts';
import { MemoryView } from '../../datastore/view/memory.ts';
import { Overlay } from '../../datastore/view/overlay.ts';
import { type Placed, SourceView } from '../../datastore/view/source.ts';
import type { KeyedRow, Row, RowKey, RowNode } from '../../datastore/view/view.ts';
import { applyEdit } from '../edit/apply.ts';
import { settleConditions } from '../edit/conditions.ts';
import { type Content, changeOf, op, payload, schemaOf } from '../testing/fixture.ts';
import { compileConstraints } from './compile.ts';
import { validate } from './validate.ts';

const schema = schemaOf(`module k {
  yang-version 1.1;
  namespace "urn:k"; prefix k;
  container interfaces {
    list interface {
      key "name";
      unique "parent vlan";
      leaf name { type string; }
      leaf kind { type string; mandatory true; }
      leaf mtu { type uint16; default "1500"; }
      leaf parent {
        when "../kind = 'vlan'";
        type leafref { path "../../interface/name"; }
        must "/interfaces/interface[name = current()]/kind = 'port'";
      }
      leaf vlan { type uint16; when "../kind = 'vlan'"; mandatory true; }
    }
    leaf limit { type uint16; }
  }
  container domains {
    list domain {
      key "id";
      leaf id { type string; }
      list member {
        key "interface";
        leaf interface { type leafref { path "/interfaces/interface/name"; } must "deref(.)/../mtu >= 1000"; }
      }
    }
  }
}`);
const index = compileConstraints(schema);
const keys = new KeySpace(schema);
const plan = new IndexPlan(keys, index.indexes);

/** Counts what is read. */
class Counted extends SourceView {
  reads = 0;
  readonly #inner: SourceView;

  constructor(inner: SourceView) {
    super(inner.keys, inner.plan);
    this.#inner = inner;
  }

  get(key: RowKey): Row | undefined {
    this.reads++;
    return this.#inner.get(key);
  }

  *scan(from: RowKey, to: RowKey): Iterable<KeyedRow> {
    for (const row of this.#inner.scan(from, to)) {
      this.reads++;
      yield row;
    }
  }

  *placed(parent: RowKey, node: RowNode, reverse: boolean, from?: string): Iterable<Placed> {
    for (const one of this.#inner.placed(parent, node, reverse, from)) {
      this.reads++;
      yield one;
    }
  }

  *lookup(prefix: string): Iterable<RowKey> {
    for (const key of this.#inner.lookup(prefix)) {
      this.reads++;
      yield key;
    }
  }
}

function populated(size: number): MemoryView {
  const view = new MemoryView(keys, plan);
  const port = { name: 'p0', kind: 'port' };
  const interfaces = Array.from({ length: size }, (_, i) => ({
    name: `v${i}`,
    kind: 'vlan',
    parent: 'p0',
    vlan: `${i}`,
  }));
  const domain = Array.from({ length: size / 2 }, (_, i) => ({
    id: `d${i}`,
    member: [{ interface: `v${2 * i}` }, { interface: `v${2 * i + 1}` }],
  }));
  applyEdit(view, keys, payload(schema, { interfaces: { interface: [port, ...interfaces] }, domains: { domain } }));
  return view;
}

const edits: Readonly<Record<string, { readonly [name: string]: Content }>> = {
  'a leaf': { interfaces: { interface: [{ name: 'v5', mtu: '9000' }] } },
  'a leaf that a referrer reads, to a value that it refuses': {
    interfaces: { interface: [{ name: 'v5', mtu: '900' }] },
  },
  'a new entry': { interfaces: { interface: [{ name: 'new', kind: 'vlan', parent: 'p0', vlan: '9' }] } },
  'an entry with its references': {
    interfaces: { interface: [op('delete', { name: 'v5' })] },
    domains: { domain: [{ id: 'd2', member: [op('delete', { interface: 'v5' })] }] },
  },
  'an entry that is still referred to': { interfaces: { interface: [op('delete', { name: 'v5' })] } },
  'a condition': { interfaces: { interface: [{ name: 'v5', kind: 'port' }] } },
};

test('validate reads as much at 10 entries as at 10,000', () => {
  const [small, large] = [10, 10_000].map(populated) as [MemoryView, MemoryView];
  assert.deepEqual(index.uninvertible, []);
  for (const [name, edit] of Object.entries(edits)) {
    const [few, many] = [small, large].map((view) => {
      const counted = new Counted(view);
      const overlay = new Overlay(counted);
      const { conditional } = applyEdit(overlay, keys, payload(schema, edit));
      const impossible = atOnce(settleConditions(index, overlay, overlay.changes(), conditional)).faults;
      const faults = validate(index, changeOf(overlay));
      return { reads: counted.reads, faults: [...impossible, ...faults].map(({ tag, path }) => `${tag} ${path}`) };
    });
    assert.deepEqual(many, few, name);
    assert.ok((few?.reads ?? 0) < 250, `${name}: ${few?.reads} reads`);
  }
});
