/** The control plane without northbound: XML documents in, a store, the features, and an engine that forwards nothing. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Datastores } from '../commit/datastores.ts';
import { cryptHash } from '../commit/transform.ts';
import { compileConstraints } from '../commit/validate/compile.ts';
import { Store } from '../datastore/store.ts';
import { EngineClient } from '../engine/client.ts';
import { EngineTarget } from '../engine/target.ts';
import { dump } from '../engine/testing/objects.ts';
import { ReferenceEngine } from '../engine/testing/reference-engine.ts';
import { IfIndexes } from '../platform/if-index.ts';
import { PlatformTarget } from '../platform/target.ts';
import { readConfigDocument } from '../sluiced/document.ts';
import type { DataNode } from '../yang/data/node.ts';
import { type Fault, FaultError } from '../yang/fault.ts';
import { factoryConfiguration } from './factory.ts';
import { createFeatures, featureIndexes } from './features.ts';
import type { Notification } from './notification.ts';
import { schema } from './testing/schema.ts';

const constraints = compileConstraints(schema);
const closing: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of closing.reverse()) await close();
});

const noSnmp = {
  engine: () => ({ isRunning: false, engineId: '', engineBoots: 0, restarts: 0, lastError: undefined }),
  subagent: () => ({ requests: 0, notificationsSent: 0, notificationsDropped: 0 }),
};

async function router() {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-router-'));
  const store = await Store.open({
    folder,
    schema,
    indexes: [...constraints.indexes, ...featureIndexes(schema)],
  });
  const socketPath = join(folder, 'engine.sock');
  const engine = new ReferenceEngine(socketPath);
  await engine.listen();
  const published: Notification[] = [];
  const client = new EngineClient({ socketPath, owner: 'sluiced', intent: () => made.intent(), log: () => {} });
  const made = createFeatures({
    keys: store.keys,
    engine: client,
    numbers: IfIndexes.load(join(folder, 'if-index')),
    running: () => {
      const snapshot = store.snapshot();
      setImmediate(() => snapshot.close());
      return snapshot.running;
    },
    hidden: { find: () => undefined, add: async () => undefined, all: () => [] },
    transports: { listeners: () => [], calls: () => [] },
    snmp: noSnmp,
    log: () => undefined,
    publish: (notification) => published.push(notification),
  });
  const datastores = new Datastores({
    store,
    constraints,
    features: made.features,
    targets: [new EngineTarget(client), new PlatformTarget(made.platformActions)],
    transforms: [cryptHash],
    onTargetFailure: (target, error) => assert.fail(`${target}: ${error}`),
  });
  await datastores.loadFirst(document(factoryConfiguration('admin', 'se<cr&t', '')));
  client.onEvent(made.onEngineEvent);
  client.onReplay(made.onEngineReplay);
  client.start();
  while (engine.transactions === 0) await sleep(2);
  closing.push(async () => {
    await client.stop();
    await engine.kill();
    await store.close();
    rmSync(folder, { recursive: true });
  });
  const edit = (xml: string) =>
    datastores.edit({ sessionId: 1, user: 'admin', source: 'test' }, 'running', document(wrapped(xml)));
  const faults = async (xml: string): Promise<readonly Fault[]> => {
    try {
      await edit(xml);
    } catch (error) {
      if (error instanceof FaultError) return error.faults;
      throw error;
    }
    return [];
  };
  return { engine, socketPath, published, features: made, datastores, edit, faults };
}

function document(text: string): readonly DataNode[] {
  return readConfigDocument(schema, Buffer.from(text));
}

function wrapped(xml: string): string {
  return `<config xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0">${xml}</config>`;
}

const NAMES = 'xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces" xmlns:t="urn:ietf:params:xml:ns:yang:iana-if-type"';
const SLIF = 'xmlns="urn:sluice:yang:sluice-interfaces"';
const interfaces = (xml: string): string => `<interfaces ${NAMES}>${xml}</interfaces>`;
const port = (name: string, device?: string): string =>
  `<interface><name>${name}</name><type>t:ethernetCsmacd</type>${
    device === undefined ? '' : `<port ${SLIF}><af-packet>${device}</af-packet></port>`
  }</interface>`;
const sub = (name: string, parent: string, vlan: number): string =>
  `<interface><name>${name}</name><type>t:l2vlan</type><parent-interface ${SLIF}>${parent}</parent-interface>` +
  `<encapsulation ${SLIF}><outer-vlan-id>${vlan}</outer-vlan-id></encapsulation></interface>`;
const blockPoint = (name: string, vlan: string, operation = 'merge'): string =>
  `<block-points xmlns="urn:sluice:yang:sluice-block-points"><block-point nc:operation="${operation}">` +
  `<port>${name}</port><vlan-id>${vlan}</vlan-id></block-point></block-points>`;
const domain = (name: string, members: readonly string[]): string =>
  `<bridge-domains xmlns="urn:sluice:yang:sluice-bridge-domains"><bridge-domain><name>${name}</name>${members
    .map((member) => `<member><interface>${member}</interface></member>`)
    .join('')}</bridge-domain></bridge-domains>`;

const INTERFACE = '/ietf-interfaces:interfaces/interface';

test('our own modules have no constraint that a commit has to evaluate whole', () => {
  const own = constraints.uninvertible.filter(({ path }) => /sluice-|ietf-interfaces/.test(path));
  assert.deepEqual(own, []);
});

test('an edit reaches the engine, a block point subscribers, and another engine all of it', async () => {
  const { edit, engine, published, socketPath } = await router();
  await edit(interfaces(port('p', 'veth0') + sub('p.10', 'p', 10) + sub('p.20', 'p', 20)) + domain('x', ['p.10', 'p']));
  assert.deepEqual([...engine.objects.keys()].sort(), ['10:default', '1:p', '2:p', '2:p.10', '2:p.20', '3:x']);
  await edit(blockPoint('p', '10'));
  assert.ok(engine.objects.has('5:p/10'));
  await sleep(5);
  assert.equal(published.length, 1);
  await engine.kill();
  const another = new ReferenceEngine(socketPath);
  await another.listen();
  while (another.transactions === 0) await sleep(2);
  assert.deepEqual(dump(another.objects), dump(engine.objects));
  assert.equal(published.length, 1, 'the VLAN was blocked before and is');
  await edit(blockPoint('p', '10', 'delete'));
  assert.ok(!another.objects.has('5:p/10'));
  await sleep(5);
  assert.equal(published.length, 2);
  await edit(blockPoint('p', '20'));
  await sleep(5);
  await another.kill();
  await edit(blockPoint('p', '20', 'delete'));
  assert.equal(published.length, 3);
  const third = new ReferenceEngine(socketPath);
  await third.listen();
  closing.push(() => third.kill());
  while (third.transactions === 0) await sleep(2);
  await sleep(5);
  assert.equal(published.length, 4, 'released while no engine was there');
});

test('bad input is refused with its tag, app-tag and path, and nothing changes', async () => {
  const { edit, faults, engine } = await router();
  await edit(interfaces(port('p', 'veth0') + port('q', 'veth1') + sub('p.10', 'p', 10)) + domain('x', ['p.10']));
  const before = [...engine.objects.keys()].sort();
  const one = async (xml: string): Promise<string> =>
    (await faults(xml)).map(({ tag, appTag, path }) => `${tag} ${appTag ?? ''} ${path}`).join('; ');
  const entry = `/sluice-block-points:block-points/block-point[port='absent'][vlan-id='10']`;
  assert.equal(await one(blockPoint('absent', '10')), `data-missing instance-required ${entry}/port`);
  assert.match(await one(blockPoint('p', '4095')), /^invalid-value {2}.*block-point.*vlan-id/);
  assert.match(await one(blockPoint('p.10', '10')), /^operation-failed must-violation .*\/port$/);
  assert.match(await one(interfaces(sub('again', 'p', 10))), /^operation-failed data-not-unique /);
  assert.match(await one(interfaces(port('r', 'veth0'))), /^operation-failed data-not-unique /);
  assert.equal(
    await one(interfaces(sub('p.10.1', 'p.10', 10))),
    `operation-failed must-violation ${INTERFACE}[name='p.10.1']/sluice-interfaces:parent-interface`,
  );
  assert.match(await one(domain('y', ['p.10'])), /^operation-failed data-not-unique .*bridge-domain\[name='y'\]/);
  engine.missingDevices.add('veth9');
  assert.equal(
    await one(interfaces(port('r', 'veth9'))),
    `operation-failed device-unavailable ${INTERFACE}[name='r']/sluice-interfaces:port/af-packet`,
  );
  assert.match(
    await one(interfaces('<interface><name>t</name><type>t:tunnel</type></interface>')),
    /^invalid-value {2}/,
  );
  assert.deepEqual([...engine.objects.keys()].sort(), before);
  assert.equal(await one(interfaces(sub('p.20', 'p', 20))), '');
});

test('a plan names what the engine would do, what that disturbs, and what the engine refuses, and does nothing', async () => {
  const { datastores, edit, engine } = await router();
  await edit(
    interfaces(port('p', 'veth0') + port('q', 'veth1') + sub('p.10', 'p', 10) + sub('p.20', 'p', 20)) +
      domain('x', ['p.10', 'p.20']),
  );
  await edit(domain('y', []));
  const before = dump(engine.objects);
  const { transactions } = engine;
  const caller = { sessionId: 1, user: 'admin', source: 'test' };
  const candidate = (xml: string) => datastores.edit(caller, 'candidate', document(wrapped(xml)));
  await candidate(
    interfaces(
      `${port('p', 'veth2')}<interface nc:operation="delete"><name>q</name></interface>${sub('p.30', 'p', 30)}`,
    ) +
      `<bridge-domains xmlns="urn:sluice:yang:sluice-bridge-domains"><bridge-domain><name>x</name><member nc:operation="delete"><interface>p.10</interface></member></bridge-domain><bridge-domain><name>y</name><member><interface>p.10</interface></member></bridge-domain></bridge-domains>` +
      blockPoint('p', '20'),
  );
  {
    using plan = await datastores.plan(caller, 'candidate');
    assert.deepEqual(plan.refusals, []);
    const lines = new Set(plan.operations.map(({ summary, disturbs }) => `${summary}: ${disturbs?.() ?? 'nothing'}`));
    assert.deepEqual([...lines].sort(), [
      'change logical port p.10: leaves bridge domain x: what flows there stops, addresses learned behind it are forgotten',
      'change port p: closes the port and opens another device: everything on it stops meanwhile',
      'create block point p/20: stops VLAN 20 of port p in both directions',
      'create logical port p.30: nothing',
      'delete port q: closes the port: nothing is received or sent any more',
    ]);
    assert.equal(plan.change.rows.length, 6);
  }
  await candidate(interfaces(port('r', 'veth9')));
  engine.missingDevices.add('veth9');
  {
    using plan = await datastores.plan(caller, 'candidate');
    assert.deepEqual(
      plan.refusals.map(({ appTag, path }) => `${appTag} ${path}`),
      [`device-unavailable ${INTERFACE}[name='r']/sluice-interfaces:port/af-packet`],
    );
    assert.ok(plan.operations.length > 5);
  }
  assert.deepEqual(dump(engine.objects), before);
  assert.equal(engine.transactions, transactions);
  await datastores.discard(caller);
  await edit(interfaces(port('s', 'veth3'))); // the engine holds nothing of the plan
});

test('the factory’s user logs in, clear-text passwords are hashed, and rules take effect at once', async () => {
  const { edit, features, faults } = await router();
  assert.equal(await features.users.password('admin', 'se<cr&t'), true);
  assert.equal(await features.users.password('admin', 'secret'), false);
  const user = '<system xmlns="urn:ietf:params:xml:ns:yang:ietf-system"><authentication><user><name>ann</name>';
  await edit(`${user}<password>$0$pass</password></user></authentication></system>`);
  assert.equal(await features.users.password('ann', 'pass'), true);
  const hash = `$1$abc$${'a'.repeat(22)}`;
  assert.equal(
    (await faults(`${user}<password>${hash}</password></user></authentication></system>`))[0]?.tag,
    'invalid-value',
  );

  const ann = () => features.access.decisions({ user: 'ann', externalGroups: [], recovery: false });
  const address = schema.find(`${INTERFACE}/phys-address`);
  assert.ok(address);
  assert.equal(ann().readable(address), 'permit');
  const rule =
    '<rule><name>r</name><path xmlns:any="urn:ietf:params:xml:ns:yang:ietf-interfaces">/any:interfaces</path>' +
    '<action>deny</action></rule>';
  await edit(
    `<nacm xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm"><groups><group><name>g</name><user-name>ann</user-name></group></groups>` +
      `<rule-list><name>l</name><group>g</group>${rule}</rule-list></nacm>`,
  );
  assert.equal(ann().readable(address), 'deny');
});

test('one sub-interface more among 10,000 costs no more than the first', async () => {
  const { edit, engine } = await router();
  const ports = [0, 1, 2].map((index) => port(`p${index}`, `v${index}`)).join('');
  const many = Array.from({ length: 10_000 }, (_, index) =>
    sub(`s${index}`, `p${Math.floor(index / 4000)}`, (index % 4000) + 1),
  );
  await edit(interfaces(ports));
  const time = async (from: number): Promise<number> => {
    const times: number[] = [];
    for (let index = 0; index < 9; index += 1) {
      const result = await edit(interfaces(sub(`one${from + index}`, 'p0', from + index)));
      assert.ok(result);
      // Without prepare and apply: the reference engine looks at all of its objects each time.
      const { validate, check, plan, store } = result.times;
      times.push(validate + check + plan + store);
    }
    return times.sort((a, b) => a - b)[4] as number;
  };
  const before = await time(4010);
  await edit(interfaces(many.join('')));
  assert.equal(engine.objects.size, 10_000 + 3 + 9 + 1, 'interfaces, and the default VRF');
  const behind = await time(4030);
  assert.ok(behind < before * 10 + 10, `${before} ms before, ${behind} ms behind 10,000`);
});
