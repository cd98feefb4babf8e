/**
 * What the datastore costs: `node test/bench/datastore.ts [ROWS…]`, default 10,000 and 100,000. A row has 8 leaves, an
 * indexed leafref and a `unique`. Besides the time: the longest turn of the event loop.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { writeXml } from '../../src/datastore/reading/write-xml.ts';
import { Store } from '../../src/datastore/store.ts';
import { TestKeys, testSchema } from '../../src/datastore/testing/schema.ts';
import { Overlay } from '../../src/datastore/view/overlay.ts';
import { XmlWriter } from '../../src/yang/codec/xml-writer.ts';

async function measure(name: string, work: () => unknown): Promise<void> {
  const turns = monitorEventLoopDelay({ resolution: 1 });
  turns.enable();
  const start = performance.now();
  await work();
  const milliseconds = performance.now() - start;
  turns.disable();
  console.log(
    `  ${name.padEnd(28)} ${milliseconds.toFixed(1).padStart(8)} ms   longest turn ${(turns.max / 1e6).toFixed(0)} ms`,
  );
}

async function commit(store: Store, edit: (view: Overlay) => void): Promise<void> {
  using snapshot = store.snapshot();
  const view = new Overlay(snapshot.running);
  edit(view);
  const change = { before: snapshot.running, after: view, rows: view.changes() };
  await store.commit(change, snapshot.commit, { user: 'bench', source: 'bench' });
}

async function run(count: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  let store = await Store.open({ folder, schema: testSchema() });
  const k = new TestKeys(store.keys);
  const list = k.row('interface');
  const rows = Array.from({ length: count }, (_, i) => ({
    key: k.interface(`eth${i}`),
    row: k.columns({
      'interface/name': `eth${i}`,
      'interface/description': `customer number ${i}`,
      'interface/mtu': '9000',
      'interface/parent': 'eth0',
      'interface/encapsulation/vlan': String(i % 4095),
      'interface/encapsulation/inner': String(i >> 8),
      'interface/encapsulation/push': '5',
      'interface/encapsulation/push-type': 's-vlan',
    }),
  }));
  console.log(`${count} rows`);
  const putAll = (view: Overlay): void => {
    for (const { key, row } of rows) view.put(key, list, row);
  };
  await measure('commit all', () => commit(store, putAll));
  const [first] = rows;
  for (let i = 0; i < 3 && first !== undefined; i++) {
    const leaves = new Map([...first.row.leaves, [k.leaf('interface/mtu'), String(i)] as const]);
    await measure('commit one leaf', () => commit(store, (view) => view.put(first.key, list, { leaves })));
  }
  await measure('read one', () => {
    using snapshot = store.snapshot();
    return first && snapshot.running.get(first.key);
  });
  await measure('scan all', () => {
    using snapshot = store.snapshot();
    for (const _ of snapshot.running.entries(k.box, list));
  });
  await measure('all as XML', () => {
    using snapshot = store.snapshot();
    for (const _ of writeXml(snapshot.running, new XmlWriter(store.keys.schema)));
  });
  await measure('copy to startup', () => store.copyToStartup());
  await store.close();
  await measure('open', async () => {
    store = await Store.open({ folder, schema: testSchema() });
  });
  await measure('delete all', () => commit(store, (view) => view.delete(k.box)));
  await store.close();
  rmSync(folder, { recursive: true });
}

const counts = process.argv.slice(2).map(Number);
for (const count of counts.length > 0 ? counts : [10_000, 100_000]) await run(count);
