import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PlannedOperation } from '../commit/feature.ts';
import type { Change, View } from '../datastore/view/view.ts';
import { arrange, type EngineOperation } from '../engine/operation.ts';
import { apply, dump, type Objects, refusal } from '../engine/testing/objects.ts';
import { forwardingFeatures } from './forwarding.ts';
import { planReplay } from './replay.ts';
import { changeOf } from './testing/difference.ts';
import { randomConfiguration, randomOf } from './testing/random.ts';
import { keys, type Rows, viewOf } from './testing/schema.ts';

const features = forwardingFeatures(keys, { query: async () => undefined }, { of: async () => [] });
const indexes = features.flatMap((feature) => feature.indexes ?? []);
const view = (rows: Rows): View => viewOf(rows, indexes);

function plan(change: Change): readonly PlannedOperation[] {
  return features.flatMap((feature) => feature.plan(change));
}

const operations = (planned: readonly PlannedOperation[]): EngineOperation[] =>
  arrange(planned).map((one) => one.operation);

function replayed(running: View): Objects {
  return apply(new Map(), operations(planReplay(keys, features, running)), true);
}

const PORT = "/ietf-interfaces:interfaces/interface[name='p']";
const SUB = "/ietf-interfaces:interfaces/interface[name='p.10']";
const sub = (vlan: number, parent = 'p'): Record<string, string> => ({
  type: 'iana-if-type:l2vlan',
  'sluice-interfaces:parent-interface': parent,
  'sluice-interfaces:encapsulation/outer-vlan-id': String(vlan),
});
const port = { type: 'iana-if-type:ethernetCsmacd' };
const bound = { ...port, 'sluice-interfaces:port/af-packet': 'veth0' };

test('plan of a configuration to itself is empty, and a plan leads where a replay leads', () => {
  const seed = Number(process.env['SEED'] ?? 1);
  const random = randomOf(seed);
  for (let round = 0; round < 400; round += 1) {
    const a = view(randomConfiguration(random));
    const b = view(randomConfiguration(random));
    assert.deepEqual(plan({ before: a, after: a, rows: [] }), []);
    const whole = Array.from(a.subtree(''), ({ key, node, row }) => ({ key, node, before: row, after: row }));
    assert.deepEqual(plan({ before: a, after: a, rows: whole }), []);
    const engine = apply(replayed(a), operations(plan(changeOf(a, b))));
    assert.deepEqual(dump(engine), dump(replayed(b)), `seed ${seed}, round ${round}`);
    assert.equal(refusal(engine, []), undefined, `seed ${seed}, round ${round}`);
  }
});

test('plan sends nothing of a port without a device, and all of it when one is given', () => {
  const others: Rows = {
    [SUB]: sub(10),
    "/sluice-bridge-domains:bridge-domains/bridge-domain[name='x']": {},
    "/sluice-bridge-domains:bridge-domains/bridge-domain[name='x']/member[interface='p.10']": {},
    "/sluice-bridge-domains:bridge-domains/bridge-domain[name='x']/static-mac[mac-address='02:00:00:00:00:01']": {
      interface: 'p.10',
    },
    "/sluice-block-points:block-points/block-point[port='p'][vlan-id='10']": {},
    "/sluice-ce-notification:ce-notifications/ce-notification[port='p']": {},
  };
  const absent = view({ [PORT]: port, ...others });
  assert.deepEqual(
    [...replayed(absent).values()].map((operation) => operation.case),
    ['setBridgeDomain', 'setVrf'],
  );
  const given = plan(changeOf(absent, view({ [PORT]: bound, ...others })));
  assert.deepEqual(
    operations(given).map((operation) => operation.case),
    ['setPort', 'setLogicalPort', 'setStaticMac', 'setCeNotification', 'setBlockPoint'],
  );
  assert.equal(given[0]?.path, `${PORT}/sluice-interfaces:port/af-packet`);
  assert.equal(given[0]?.summary, 'create port p');
});

test('plan of one more sub-interface among 10,000 costs no more than among 10', () => {
  const cost = (count: number): number => {
    const rows: Record<string, Record<string, string>> = {};
    for (let index = 0; index < 3; index += 1) {
      rows[`/ietf-interfaces:interfaces/interface[name='p${index}']`] = {
        ...bound,
        'sluice-interfaces:port/af-packet': `v${index}`,
      };
    }
    for (let index = 0; index < count; index += 1) {
      rows[`/ietf-interfaces:interfaces/interface[name='s${index}']`] = sub(
        (index % 4000) + 1,
        `p${Math.floor(index / 4000)}`,
      );
    }
    const before = view(rows);
    const name = "/ietf-interfaces:interfaces/interface[name='one-more']";
    const after = view({ ...rows, [name]: sub(4090, 'p0') });
    const key = keys.rowOf(name)?.key as string;
    const change: Change = {
      before,
      after,
      rows: [{ key, node: keys.node(key), before: undefined, after: after.get(key) }],
    };
    const times: number[] = [];
    for (let round = 0; round < 200; round += 1) {
      const started = performance.now();
      assert.equal(plan(change).length, 1);
      times.push(performance.now() - started);
    }
    return times.sort((a, b) => a - b)[20] as number;
  };
  const few = cost(10);
  const many = cost(10_000);
  assert.ok(many < few * 10 + 1, `${few} ms among 10, ${many} ms among 10,000`);
});

test('check refuses other types, long names, a device opened twice and a member of two bridge domains', () => {
  const faults = (rows: Rows): string[] => {
    const change = changeOf(view({}), view(rows));
    return features.flatMap((feature) => feature.check?.(change) ?? []).map(({ tag, path }) => `${tag} ${path}`);
  };
  assert.deepEqual(faults({ [PORT]: bound, [SUB]: sub(10) }), []);
  assert.deepEqual(faults({ [PORT]: { type: 'iana-if-type:tunnel' } }), [`invalid-value ${PORT}/type`]);
  const long = `/ietf-interfaces:interfaces/interface[name='${'ü'.repeat(40)}']`;
  assert.deepEqual(faults({ [long]: port }), [`invalid-value ${long}`]);
  const other = "/ietf-interfaces:interfaces/interface[name='q']";
  assert.deepEqual(faults({ [PORT]: bound, [other]: { ...port, 'sluice-interfaces:port/af-xdp': 'veth0' } }), [
    `in-use ${PORT}/sluice-interfaces:port/af-packet`,
    `in-use ${other}/sluice-interfaces:port/af-xdp`,
  ]);
  const member = (name: string): string =>
    `/sluice-bridge-domains:bridge-domains/bridge-domain[name='${name}']/member[interface='p.10']`;
  assert.deepEqual(faults({ [PORT]: port, [SUB]: sub(10), [member('x')]: {}, [member('y')]: {} }), [
    `operation-failed ${member('x')}`,
    `operation-failed ${member('y')}`,
  ]);
});
