import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import type { Interest, RowWriter } from '../commit/operational/state.ts';
import { MemoryView } from '../datastore/view/memory.ts';
import { type Event, EventSchema, type QueryReply, QueryReplySchema } from '../engine/gen/sluice_pb.js';
import type { QueryReplyInit } from '../engine/testing/reference-engine.ts';
import type { DataSchemaNode } from '../yang/schema/node.ts';
import type { EngineQueries } from './engine-state.ts';
import { forwardingFeatures } from './forwarding.ts';
import { keys, type Rows, schema, viewOf } from './testing/schema.ts';

const INTERFACE = '/ietf-interfaces:interfaces/interface';
const BRIDGE_DOMAIN = '/sluice-bridge-domains:bridge-domains/bridge-domain';
const port = { type: 'iana-if-type:ethernetCsmacd' };
const bound = { ...port, 'sluice-interfaces:port/af-packet': 'veth0' };
const running: Rows = {
  [`${INTERFACE}[name='p']`]: bound,
  [`${INTERFACE}[name='q']`]: port,
  [`${INTERFACE}[name='p.10']`]: {
    type: 'iana-if-type:l2vlan',
    'sluice-interfaces:parent-interface': 'p',
    'sluice-interfaces:encapsulation/outer-vlan-id': '10',
  },
  [`${INTERFACE}[name='q.10']`]: {
    type: 'iana-if-type:l2vlan',
    'sluice-interfaces:parent-interface': 'q',
    'sluice-interfaces:encapsulation/outer-vlan-id': '10',
  },
  [`${BRIDGE_DOMAIN}[name='x']`]: {},
  [`${BRIDGE_DOMAIN}[name='x']/member[interface='p.10']`]: {},
  "/sluice-block-points:block-points/block-point[port='p'][vlan-id='10']": {},
  "/sluice-ce-notification:ce-notifications/ce-notification[port='p']": {},
};

/** What the state of an engine is, by query; counts what is asked. */
function engineOf(answers: Readonly<Record<string, QueryReplyInit>> | undefined): EngineQueries & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    query: async (what): Promise<readonly QueryReply[] | undefined> => {
      const names = typeof what.value === 'object' && 'names' in what.value ? (what.value.names ?? []) : [];
      asked.push(`${what.case} ${names.join()}`.trim());
      return answers && [create(QueryReplySchema, answers[what.case as string] ?? {})];
    },
  };
}

/** What the last read said is not in use. */
const notApplied: string[] = [];

async function read(engine: EngineQueries, interests: readonly Interest[] = []): Promise<Map<string, string>> {
  const numbers = { of: async (names: readonly string[]) => names.map((_, index) => index + 1) };
  const features = forwardingFeatures(keys, engine, numbers);
  const view = viewOf(
    running,
    features.flatMap((feature) => feature.indexes ?? []),
  );
  const rows = new MemoryView(keys);
  notApplied.length = 0;
  const out: RowWriter = {
    put: (key, node, row) => rows.put(key, node, row),
    notApplied: (key) => void notApplied.push(keys.path(key)),
  };
  for (const { state } of features) await state?.read(interests, view, out);
  const read = new Map<string, string>();
  for (const { key, row, node } of rows.subtree('')) {
    if (node.kind === 'leaf-list') read.set(keys.path(key), '');
    for (const [leaf, value] of row.leaves) read.set(keys.path(key, leaf), value);
  }
  return read;
}

const engine = {
  ports: {
    ports: [
      {
        name: 'p',
        link: 1,
        mac: Uint8Array.of(2, 0, 0, 0, 0, 10),
        speedMbps: 10_000n,
        counters: { inOctets: 2n ** 40n, inDiscards: 2n ** 32n + 5n },
        drops: [
          { reason: 'block-point', packets: 3n },
          { reason: 'malformed', packets: 0n },
        ],
        countersSinceNs: 1_000_000_000n,
        lastChangeNs: 2_000_000_000n,
      },
    ],
  },
  logicalPorts: { logicalPorts: [{ name: 'p.10', counters: { inUnicast: 4n }, macs: 6, countersSinceNs: 1n }] },
  bridgeDomains: { bridgeDomains: [{ name: 'x', learnedMacs: 6, floodedPackets: 9n }] },
  fdb: { fdb: [{ mac: Uint8Array.of(2, 0, 0, 0, 0, 1), logicalPort: 'p.10', ageSeconds: 12 }] },
  blockPoints: { blockPoints: [{ name: 'p/10', cause: 1, sinceNs: 5n, inDropped: 7n }] },
  ceNotifications: {
    ceNotifications: [
      {
        port: 'p',
        methods: [
          { method: 'mvrp', framesSent: 2n, lastSentNs: 3n, lastVid: 10, framesReceived: 5n, framesRefused: 1n },
          { method: 'lacp', holdsDown: true },
        ],
        mvrpVlans: [{ vid: 10, applicant: 5, registrar: 2 }],
        eLmi: {
          operational: true,
          lastEnquiryNs: 7n,
          timeouts: 4n,
          dataInstance: 9,
          evcs: [{ referenceId: 1, status: 5 }],
        },
      },
    ],
  },
};

test('state of the interfaces is what the engine says of them', async () => {
  const state = await read(engineOf(engine));
  const of = (name: string, leaf: string): string | undefined => state.get(`${INTERFACE}[name='${name}']/${leaf}`);
  assert.deepEqual(
    ['oper-status', 'admin-status', 'phys-address', 'speed', 'last-change', 'if-index'].map((leaf) => of('p', leaf)),
    ['up', 'up', '02:00:00:00:00:0a', '10000000000', '1970-01-01T00:00:02.000000000+00:00', '1'],
  );
  assert.equal(of('p', 'statistics/in-octets'), String(2n ** 40n));
  assert.equal(of('p', 'statistics/in-discards'), '5', 'counter32 wraps');
  assert.equal(of('p', 'statistics/discontinuity-time'), '1970-01-01T00:00:01.000000000+00:00');
  assert.equal(of('p', "statistics/sluice-interfaces:drop[reason='block-point']/packets"), '3');
  assert.equal(of('p', "statistics/sluice-interfaces:drop[reason='malformed']/packets"), undefined);
  assert.equal(of('p', "higher-layer-if[.='p.10']"), '');
  assert.equal(of('p.10', "lower-layer-if[.='p']"), '');
  assert.deepEqual([of('p.10', 'oper-status'), of('p.10', 'statistics/in-unicast-pkts')], ['up', '4']);
  assert.deepEqual([of('q', 'oper-status'), of('q.10', 'oper-status')], ['not-present', 'lower-layer-down']);
  assert.deepEqual(notApplied, [`${INTERFACE}[name='q']`, `${INTERFACE}[name='q.10']`]);
});

test('state of bridge domains, block points and CE notification is what the engine says', async () => {
  const state = await read(engineOf(engine));
  const domain = `${BRIDGE_DOMAIN}[name='x']`;
  assert.equal(state.get(`${domain}/statistics/flooded-packets`), '9');
  assert.equal(state.get(`${domain}/member[interface='p.10']/learned-macs`), '6');
  assert.equal(state.get(`${domain}/fdb/entry[mac-address='02:00:00:00:00:01']/age`), '12');
  const block = "/sluice-block-points:block-points/block-point[port='p'][vlan-id='10']";
  assert.deepEqual([state.get(`${block}/cause`), state.get(`${block}/in-dropped`)], ['configuration', '7']);
  const method = "/sluice-ce-notification:ce-notifications/ce-notification[port='p']/method[name='mvrp']";
  assert.deepEqual([state.get(`${method}/frames-sent`), state.get(`${method}/last-vlan-id`)], ['2', '10']);
  assert.deepEqual([state.get(`${method}/frames-received`), state.get(`${method}/frames-refused`)], ['5', '1']);
  const notification = "/sluice-ce-notification:ce-notifications/ce-notification[port='p']";
  const of = (path: string): string | undefined => state.get(`${notification}/${path}`);
  assert.deepEqual([of("method[name='lacp']/holds-down"), of("method[name='mvrp']/holds-down")], ['true', undefined]);
  assert.deepEqual([of("mvrp/vlan[vlan-id='10']/applicant"), of("mvrp/vlan[vlan-id='10']/registrar")], ['QA', 'IN']);
  assert.deepEqual(
    ['operational', 'timeouts', 'data-instance', 'last-enquiry'].map((leaf) => of(`e-lmi/statistics/${leaf}`)),
    ['true', '4', '9', '1970-01-01T00:00:00.000000007+00:00'],
  );
  assert.equal(of("e-lmi/evc[reference-id='1']/status"), 'new-and-partially-active');
});

test('state of an engine that is away is left out, and interfaces are unknown', async () => {
  const state = await read(engineOf(undefined));
  const of = (name: string, leaf: string): string | undefined => state.get(`${INTERFACE}[name='${name}']/${leaf}`);
  assert.deepEqual(
    [of('p', 'oper-status'), of('p.10', 'oper-status'), of('q', 'oper-status')],
    ['unknown', 'unknown', 'not-present'],
  );
  assert.equal(of('p', 'statistics/in-octets'), undefined);
  assert.notEqual(of('p', 'statistics/discontinuity-time'), undefined);
  assert.equal(state.get(`${BRIDGE_DOMAIN}[name='x']/statistics/moves`), undefined);
});

test('state asks the engine for what the reader wants only', async () => {
  const asking = engineOf(engine);
  const node = schema.find(`${INTERFACE}/oper-status`) as DataSchemaNode;
  const state = await read(asking, [{ node, keys: new Map([[INTERFACE, ['p.10']]]) }]);
  assert.deepEqual(asking.asked.sort(), ['logicalPorts p.10', 'ports p.10,p']);
  assert.equal(state.get(`${INTERFACE}[name='p.10']/oper-status`), 'up');
  assert.equal(state.has(`${INTERFACE}[name='p']/oper-status`), false);

  const counting = engineOf(engine);
  const flooded = schema.find(`${BRIDGE_DOMAIN}/statistics/flooded-packets`) as DataSchemaNode;
  await read(counting, [{ node: flooded, keys: new Map() }]);
  assert.deepEqual(counting.asked, ['bridgeDomains x']);
});

test('providers tell where state may have changed: of a port with its sub-interfaces, of a block point with its port', () => {
  const listeners: ((event: Event) => void)[] = [];
  const losses: (() => void)[] = [];
  const telling: EngineQueries = {
    query: async () => undefined,
    onEvent: (listener) => {
      listeners.push(listener);
      return () => listeners.splice(listeners.indexOf(listener), 1);
    },
    onLoss: (listener) => {
      losses.push(listener);
      return () => losses.splice(losses.indexOf(listener), 1);
    },
  };
  const features = forwardingFeatures(keys, telling, { of: async () => [] });
  const view = viewOf(
    running,
    features.flatMap((feature) => feature.indexes ?? []),
  );
  const told: string[] = [];
  const stops = features.flatMap(({ state }) => {
    const stop = state?.onChange?.(
      (interests) => {
        if (interests.length === 0) told.push(`all of ${state.paths.join()}`);
        for (const interest of interests) told.push([...interest.keys.values()].flat().join(' '));
      },
      () => view,
    );
    return stop === undefined ? [] : [stop];
  });
  const send = (what: MessageInitShape<typeof EventSchema>['what']): string[] => {
    const event = create(EventSchema, { what } as MessageInitShape<typeof EventSchema>);
    for (const listener of listeners) listener(event);
    return told.splice(0);
  };
  assert.deepEqual(send({ case: 'link', value: { port: 'p' } }), ['p', 'p.10']);
  assert.deepEqual(send({ case: 'blockPoint', value: { name: 'p.10', port: 'p', vid: 10 } }), ['p 10', 'p']);
  assert.equal(send({ case: 'lost', value: 3n }).filter((each) => each.startsWith('all of')).length, 6);
  for (const loss of losses) loss();
  assert.equal(told.length, 6);
  for (const stop of stops) stop();
  assert.equal(listeners.length + losses.length, 0);
});
