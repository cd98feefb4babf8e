import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { QueryReplyInit } from '../../engine/testing/reference-engine.ts';
import { build, type PlainData } from '../../yang/data/build.ts';
import type { DataNode } from '../../yang/data/node.ts';
import type { DataSchemaNode, RpcNode } from '../../yang/schema/node.ts';
import { addressBytes } from '../address.ts';
import type { EngineQueries } from '../engine-state.ts';
import { engineOperations } from '../operations.ts';
import { engineOf, stateOf } from '../testing/engine.ts';
import { randomOf } from '../testing/random.ts';
import { keys, type Rows, schema, viewOf } from '../testing/schema.ts';
import { groupName } from './objects.ts';
import { RIB } from './state.ts';

const RIB_4 = "/ietf-routing:routing/ribs/rib[name='ipv4-default']";
const running: Rows = { "/ietf-interfaces:interfaces/interface[name='p']": { type: 'iana-if-type:ethernetCsmacd' } };
const prefix = (text: string, length: number) => ({ address: addressBytes(text), length });
const routes = [
  { prefix: prefix('10.0.0.0', 8), nextHopGroup: 'g', preference: 1, active: true, lastChangeNs: 1_000_000_000n },
  { prefix: prefix('11.0.0.0', 8), nextHopGroup: 'h', preference: 1 },
  { prefix: prefix('12.0.0.0', 8), nextHopGroup: groupName('default', 'unreachable'), preference: 1, active: true },
  { prefix: prefix('192.0.2.0', 24), source: 1, interface: 'p', active: true },
  { prefix: prefix('192.0.2.1', 32), source: 2, interface: 'p', active: true },
];
const groups = [
  {
    nextHopGroups: [
      { name: 'g', nextHops: [{ gateway: addressBytes('192.0.2.7'), resolvedInterface: 'p' }] },
      { name: 'h', nextHops: [{ interface: 'p' }, { gateway: addressBytes('192.0.2.8') }] },
    ],
  },
];
const answers = (parts: readonly QueryReplyInit[]) => ({
  routes: parts,
  nextHopGroups: groups,
  vrfs: [{ vrfs: [{ name: 'default', ipv4Routes: parts.reduce((sum, part) => sum + (part.routes?.length ?? 0), 0) }] }],
});

async function call(engine: EngineQueries, action: string, input: PlainData): Promise<readonly DataNode[]> {
  const operations = new Map(engineOperations(keys, engine, () => viewOf(running, [])));
  const path = `${RIB}/${action}`;
  const rib = schema.find(RIB);
  const rpc =
    rib?.kind === 'list'
      ? rib.children.find((child): child is RpcNode => child.kind === 'action' && child.path === path)
      : undefined;
  assert.ok(rpc !== undefined, path);
  return (await operations.get(path)?.({ rpc, target: RIB_4, input: build(rpc.input, input) })) ?? [];
}

test('a RIB has the routes of the engine in words of RFC 8349', async () => {
  const state = await stateOf(
    engineOf(answers([{ routes: routes.slice(0, 2) }, { routes: routes.slice(2) }])),
    running,
  );
  const of = (at: number, leaf: string): string | undefined => state.get(`${RIB_4}/routes/route[${at}]/${leaf}`);
  assert.equal(state.get(`${RIB_4}/address-family`), 'ietf-ipv4-unicast-routing:ipv4-unicast');
  assert.equal(state.get(`${RIB_4}/default-rib`), 'true');
  const family = 'ietf-ipv4-unicast-routing';
  assert.deepEqual(
    [of(1, `${family}:destination-prefix`), of(1, 'source-protocol'), of(1, 'active')],
    ['10.0.0.0/8', 'ietf-routing:static', ''],
  );
  assert.deepEqual(
    [of(1, 'next-hop/outgoing-interface'), of(1, `next-hop/${family}:next-hop-address`)],
    ['p', '192.0.2.7'],
  );
  assert.equal(of(2, 'active'), undefined);
  assert.equal(of(2, 'next-hop/next-hop-list/next-hop[1]/outgoing-interface'), 'p');
  assert.equal(of(2, `next-hop/next-hop-list/next-hop[2]/${family}:address`), '192.0.2.8');
  assert.equal(of(3, 'next-hop/special-next-hop'), 'unreachable');
  assert.deepEqual([of(4, 'source-protocol'), of(4, 'next-hop/outgoing-interface')], ['ietf-routing:direct', 'p']);
  assert.equal(of(5, 'next-hop/special-next-hop'), 'receive');
});

test('who reads everything is spared a long RIB; who names it gets it', async () => {
  const many = Array.from({ length: 10_001 }, (_, at) => ({
    prefix: { address: Uint8Array.of(10, at >> 16, (at >> 8) & 255, at & 255), length: 32 },
    nextHopGroup: 'g',
    active: true,
  }));
  const engine = engineOf(answers([{ routes: many }]));
  const count = (state: ReadonlyMap<string, string>): number =>
    [...state.keys()].filter((path) => path.startsWith(`${RIB_4}/`) && path.endsWith('/active')).length;
  assert.equal(count(await stateOf(engine, running)), 0);
  const node = schema.find(RIB) as DataSchemaNode;
  assert.equal(
    count(await stateOf(engine, running, [{ node, keys: new Map([[RIB, ['ipv4-default']]]) }])),
    many.length,
  );
  const name = schema.find(`${RIB}/address-family`) as DataSchemaNode;
  assert.equal(count(await stateOf(engine, running, [{ node: name, keys: new Map() }])), 0);
});

test('read-routes reads all routes in the order of their prefixes, whatever order the engine has them in', async () => {
  const seed = Number(process.env['SEED'] ?? 3);
  const random = randomOf(seed);
  const all = Array.from({ length: 1000 }, () => {
    const length = 8 + Math.floor(random() * 25);
    const bits = Math.floor(random() * 2 ** 32);
    return { address: [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255), length };
  });
  const entries = all.map(({ address, length }) => ({
    prefix: { address: Uint8Array.from(address), length },
    nextHopGroup: 'g',
    active: true,
  }));
  const engine = engineOf(answers([{ routes: entries.slice(0, 300) }, { routes: entries.slice(300) }]));
  const read: string[] = [];
  for (;;) {
    const after = read.at(-1);
    const output = await call(engine, 'sluice-routing:read-routes', {
      count: 64,
      ...(after === undefined ? {} : { after }),
    });
    const page = output.flatMap(({ children = [] }) =>
      children.flatMap(({ schema: node, value }) => (node.name === 'destination-prefix' ? [value ?? ''] : [])),
    );
    if (page.length === 0) break;
    read.push(...page);
    assert.ok(read.length <= all.length, `seed ${seed}`);
  }
  const order = (one: { readonly address: readonly number[]; readonly length: number }): readonly number[] => [
    ...one.address,
    one.length,
  ];
  const sorted = [...all].sort((a, b) => Buffer.compare(Uint8Array.from(order(a)), Uint8Array.from(order(b))));
  const unique = new Set(sorted.map(({ address, length }) => `${address.join('.')}/${length}`));
  assert.deepEqual([...new Set(read)], [...unique], `seed ${seed}`);
});

test('active-route gives the route that packets to an address take', async () => {
  const engine = engineOf(answers([{ routes: routes.slice(0, 1) }]));
  const input = { 'ietf-ipv4-unicast-routing:destination-address': '10.1.2.3' };
  const [route] = await call(engine, 'active-route', input);
  const values = (nodes: readonly DataNode[] = []): Record<string, string | undefined> =>
    Object.fromEntries(nodes.map(({ schema: node, value }) => [node.name, value]));
  assert.equal(values(route?.children)['destination-prefix'], '10.0.0.0/8');
  const hop = route?.children?.find(({ schema: node }) => node.name === 'next-hop');
  assert.deepEqual(values(hop?.children), { 'outgoing-interface': 'p', 'next-hop-address': '192.0.2.7' });
  assert.ok(
    engine.asked.some((one) => one.startsWith('routes') && one.includes('"lookup":{"0":10,"1":1,"2":2,"3":3}')),
  );
  await assert.rejects(call(engine, 'active-route', { 'ietf-ipv6-unicast-routing:destination-address': '::1' }));
});
