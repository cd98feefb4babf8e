import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PlannedOperation } from '../../commit/feature.ts';
import { ObjectKind } from '../../engine/gen/sluice_pb.js';
import { arrange, type EngineOperation } from '../../engine/operation.ts';
import { addressText } from '../address.ts';
import { forwardingFeatures } from '../forwarding.ts';
import { changeOf } from '../testing/difference.ts';
import { keys, type Rows, viewOf } from '../testing/schema.ts';

const features = forwardingFeatures(keys, { query: async () => undefined }, { of: async () => [] });
const indexes = features.flatMap((feature) => feature.indexes ?? []);
const I = (name: string): string => `/ietf-interfaces:interfaces/interface[name='${name}']`;
const PROTOCOLS = '/ietf-routing:routing/control-plane-protocols/control-plane-protocol';
const STATIC = `${PROTOCOLS}[type='ietf-routing:static'][name='s']`;
const VRF = (name: string): string => `/ietf-network-instance:network-instances/network-instance[name='${name}']`;
const R4 = (prefix: string, protocol = STATIC): string =>
  `${protocol}/static-routes/ietf-ipv4-unicast-routing:ipv4/route[destination-prefix='${prefix}']`;
const R6 = (prefix: string): string =>
  `${STATIC}/static-routes/ietf-ipv6-unicast-routing:ipv6/route[destination-prefix='${prefix}']`;
const hop = (route: string, index: string): string => `${route}/next-hop/next-hop-list/next-hop[index='${index}']`;
const via = (gateway: string, name?: string): Record<string, string> => ({
  'next-hop/next-hop-address': gateway,
  ...(name === undefined ? {} : { 'next-hop/outgoing-interface': name }),
});
const router: Rows = {
  [I('p')]: { type: 'iana-if-type:ethernetCsmacd', 'sluice-interfaces:port/ring': 'r' },
  [`${I('p')}/ietf-ip:ipv4`]: {},
  [STATIC]: {},
};

function plan(before: Rows, after: Rows): readonly PlannedOperation[] {
  const change = changeOf(viewOf(before, indexes), viewOf(after, indexes));
  return arrange(features.flatMap((feature) => feature.plan(change)));
}

/** Operations in words: groups without their names, routes with the next hops of their group. */
function told(before: Rows, after: Rows): string[] {
  const hops = new Map<string, string>();
  const words = (operation: EngineOperation): string => {
    switch (operation.case) {
      case 'setNextHopGroup':
        return `group ${hops.get(operation.value.name ?? '')}`;
      case 'delete':
        return operation.value.kind === ObjectKind.KIND_NEXT_HOP_GROUP
          ? 'delete group'
          : `delete ${operation.value.name}`;
      case 'setRoutes': {
        const { vrf, set = [], delete: deleted = [] } = operation.value;
        const prefix = set[0]?.prefix ?? deleted[0];
        const text = `${addressText(prefix?.address ?? new Uint8Array())}/${prefix?.length}`;
        const by = set[0] && hops.get(set[0].nextHopGroup ?? '');
        return set.length > 0 ? `${vrf} ${text} ${by ?? 'a group that is there'}` : `${vrf} ${text} gone`;
      }
      default:
        return operation.case;
    }
  };
  const operations = plan(before, after).map(({ operation }) => operation as EngineOperation);
  for (const operation of operations) {
    if (operation.case !== 'setNextHopGroup') continue;
    const texts = (operation.value.nextHops ?? []).map(({ gateway, interface: name, special, weight }) => {
      const address = gateway && gateway.length > 0 ? addressText(gateway) : '';
      return [special ? `special ${special}` : '', address, name, weight === 1 ? '' : `x${weight}`]
        .filter(Boolean)
        .join(' ');
    });
    hops.set(operation.value.name ?? '', texts.join(', '));
  }
  return operations.map(words);
}

function faults(after: Rows, before: Rows = {}): string[] {
  const change = changeOf(viewOf(before, indexes), viewOf(after, indexes));
  return features.flatMap((feature) => feature.check?.(change) ?? []).map(({ tag, path }) => `${tag} ${path}`);
}

test('routes with equal next hops share one group, which goes with the last of them', () => {
  const one = { ...router, [R4('10.0.0.0/8')]: via('192.0.2.1') };
  const two = { ...one, [R4('11.0.0.0/8')]: via('192.0.2.1') };
  assert.deepEqual(told(router, one), ['group 192.0.2.1', 'default 10.0.0.0/8 192.0.2.1']);
  assert.deepEqual(told(one, two), ['default 11.0.0.0/8 a group that is there']);
  assert.deepEqual(told(two, one), ['default 11.0.0.0/8 gone']);
  assert.deepEqual(told(one, router), ['default 10.0.0.0/8 gone', 'delete group']);
  // The same next hop in a list of one is the same group.
  const list = { ...one, [R4('12.0.0.0/8')]: {}, [hop(R4('12.0.0.0/8'), 'a')]: { 'next-hop-address': '192.0.2.1' } };
  assert.deepEqual(told(one, list), ['default 12.0.0.0/8 a group that is there']);
});

test('lists are one group whatever the order of their next hops, and another with other weights', () => {
  const list = (prefix: string, hops: readonly (readonly [string, string])[]): Rows => ({
    [R4(prefix)]: {},
    ...Object.fromEntries(
      hops.map(([gateway, weight], at) => [
        hop(R4(prefix), String(at)),
        { 'next-hop-address': gateway, 'sluice-routing:weight': weight },
      ]),
    ),
  });
  const one = {
    ...router,
    ...list('10.0.0.0/8', [
      ['192.0.2.1', '1'],
      ['192.0.2.2', '3'],
    ]),
  };
  assert.deepEqual(told(router, one), ['group 192.0.2.1, 192.0.2.2 x3', 'default 10.0.0.0/8 192.0.2.1, 192.0.2.2 x3']);
  const same = {
    ...one,
    ...list('11.0.0.0/8', [
      ['192.0.2.2', '3'],
      ['192.0.2.1', '1'],
    ]),
  };
  assert.deepEqual(told(one, same), ['default 11.0.0.0/8 a group that is there']);
  const other = {
    ...one,
    ...list('11.0.0.0/8', [
      ['192.0.2.2', '1'],
      ['192.0.2.1', '1'],
    ]),
  };
  assert.deepEqual(told(one, other)[0], 'group 192.0.2.1, 192.0.2.2');
  // A change of one entry of a list is one of the route.
  const weighted = { ...same, [hop(R4('10.0.0.0/8'), '1')]: { 'next-hop-address': '192.0.2.2' } };
  assert.deepEqual(told(same, weighted), ['group 192.0.2.1, 192.0.2.2', 'default 10.0.0.0/8 192.0.2.1, 192.0.2.2']);
});

test('routes by an interface come and go with it', () => {
  const routes = { [R4('10.0.0.0/8')]: via('192.0.2.1', 'p'), [R4('11.0.0.0/8')]: via('192.0.2.1') };
  const absent = { ...router, [I('p')]: { type: 'iana-if-type:ethernetCsmacd' }, ...routes };
  const present = { ...router, ...routes };
  assert.deepEqual(told(absent, present).slice(3), ['group 192.0.2.1 p', 'default 10.0.0.0/8 192.0.2.1 p']);
  assert.deepEqual(told(present, absent).slice(0, 2), ['default 10.0.0.0/8 gone', 'delete group']);
});

test('routes are in the VRF of their protocol, and move with it', () => {
  const of = (vrf: string | undefined): Rows => ({
    ...router,
    [VRF('red')]: {},
    [STATIC]: vrf === undefined ? {} : { 'sluice-routing:network-instance': vrf },
    [R4('10.0.0.0/8')]: { 'next-hop/special-next-hop': 'blackhole' },
    [R6('2001:db8::/32')]: { 'next-hop/special-next-hop': 'blackhole' },
  });
  assert.deepEqual(told(of(undefined), of('red')), [
    'default 10.0.0.0/8 gone',
    'default 2001:db8::/32 gone',
    'delete group',
    'group special 1',
    'red 10.0.0.0/8 special 1',
    'red 2001:db8::/32 special 1',
  ]);
});

test('one static route more among 100,000 plans in the time that it takes among 10', () => {
  const cost = (count: number): number => {
    const rows: Record<string, Record<string, string>> = { ...router };
    for (let index = 0; index < count; index += 1) {
      rows[R4(`${20 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}.0/24`)] = via('192.0.2.1');
    }
    const before = viewOf(rows, indexes);
    const path = R4('10.0.0.0/8');
    const key = keys.rowOf(path)?.key as string;
    const after = viewOf({ ...rows, [path]: via('192.0.2.1') }, indexes);
    const create = { before, after, rows: [{ key, node: keys.node(key), before: undefined, after: after.get(key) }] };
    const remove = {
      before: after,
      after: before,
      rows: [{ key, node: keys.node(key), before: after.get(key), after: undefined }],
    };
    const times: number[] = [];
    for (let round = 0; round < 100; round += 1) {
      for (const rowsChanged of [create, remove]) {
        const change = { ...rowsChanged };
        const started = performance.now();
        assert.equal(features.flatMap((feature) => feature.plan(change)).length, 1);
        assert.equal(features.flatMap((feature) => feature.check?.(change) ?? []).length, 0);
        times.push(performance.now() - started);
      }
    }
    return times.sort((a, b) => a - b)[20] as number;
  };
  const few = cost(10);
  const many = cost(100_000);
  assert.ok(many < few * 10 + 1, `${few} ms among 10, ${many} ms among 100,000`);
});

test('check names what is wrong with a route', () => {
  const of = (rows: Rows): string[] => faults({ ...router, ...rows });
  assert.deepEqual(of({ [R4('10.0.0.0/8')]: via('192.0.2.1') }), []);
  assert.deepEqual(of({ [R4('10.1.2.3/8')]: via('192.0.2.1') }), [
    `invalid-value ${R4('10.1.2.3/8')}/destination-prefix`,
  ]);
  const gateway = (address: string): string[] => of({ [R6('2001:db8::/32')]: via(address) });
  const leaf = `invalid-value ${R6('2001:db8::/32')}/next-hop/next-hop-address`;
  assert.deepEqual(gateway('2001:db8::1'), []);
  for (const address of ['ff02::1', '::', 'fe80::1', 'fe80::1%p']) assert.deepEqual(gateway(address), [leaf], address);
  assert.deepEqual(of({ [R6('2001:db8::/32')]: via('fe80::1', 'p') }), []);
  const route = R4('10.0.0.0/8');
  assert.deepEqual(of({ [route]: {} }), [`invalid-value ${route}`]);
  assert.deepEqual(of({ [route]: {}, [hop(route, 'a')]: {} }), [`invalid-value ${route}`]);
  assert.deepEqual(
    faults(
      { ...router, [route]: {} },
      { ...router, [route]: {}, [hop(route, 'a')]: { 'next-hop-address': '192.0.2.1' } },
    ),
    [`invalid-value ${route}`],
    'the last next hop cannot go alone',
  );
  const loopback = { [I('l')]: { type: 'iana-if-type:softwareLoopback' } };
  assert.deepEqual(of({ ...loopback, [route]: { 'next-hop/outgoing-interface': 'l' } }), [
    `invalid-value ${route}/next-hop/outgoing-interface`,
  ]);
});

test('check refuses a second static protocol of a network instance, and other protocols', () => {
  const second = `${PROTOCOLS}[type='ietf-routing:static'][name='t']`;
  assert.deepEqual(faults({ ...router, [VRF('red')]: {}, [second]: { 'sluice-routing:network-instance': 'red' } }), []);
  assert.deepEqual(faults({ ...router, [second]: {} }, router), [`operation-failed ${second}`]);
  const direct = `${PROTOCOLS}[type='ietf-routing:direct'][name='d']`;
  assert.deepEqual(faults({ ...router, [direct]: {} }), [`invalid-value ${direct}/type`]);
});
