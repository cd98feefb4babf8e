import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import type { RequestBody } from '../../engine/connection.ts';
import { CfmEventKind, CfmTestKind, EventSchema, ReplySchema } from '../../engine/gen/sluice_pb.js';
import { build, type PlainData } from '../../yang/data/build.ts';
import type { DataNode } from '../../yang/data/node.ts';
import { FaultError } from '../../yang/fault.ts';
import type { RpcNode } from '../../yang/schema/node.ts';
import { forwardingFeatures } from '../forwarding.ts';
import type { Notification } from '../notification.ts';
import { engineOperations } from '../operations.ts';
import { engineOf, stateOf } from '../testing/engine.ts';
import { keys, type Rows, schema, viewOf } from '../testing/schema.ts';
import { CfmModel, MEP } from './model.ts';
import { FaultAlarms } from './notify.ts';

const MD = "/sluice-cfm:cfm/maintenance-domain[md-id='d']";
const MA = `${MD}/maintenance-association[ma-id='a']`;
const ONE = `${MA}/mep[mep-id='1']`;
const rows: Rows = {
  "/ietf-interfaces:interfaces/interface[name='p']": {
    type: 'iana-if-type:ethernetCsmacd',
    'sluice-interfaces:port/af-packet': 'veth0',
  },
  [MD]: { 'char-string': 'CE' },
  [MA]: { 'char-string': 'v10' },
  [ONE]: { port: 'p', 'vlan-id': '10', enabled: 'true' },
};
const features = forwardingFeatures(keys, { query: async () => undefined }, { of: async () => [] });
const indexes = features.flatMap((feature) => feature.indexes ?? []);
const running = () => viewOf(rows, indexes);

function faultsOf(more: Rows): string[] {
  const before = viewOf({}, indexes);
  const after = viewOf({ ...rows, ...more }, indexes);
  const change = {
    before,
    after,
    rows: Array.from(after.subtree(''), ({ key, node, row }) => ({ key, node, before: undefined, after: row })),
  };
  const cfm = features.find(({ name }) => name === 'cfm');
  return (cfm?.check?.(change) ?? []).map(({ path, message }) => `${path}: ${message}`);
}

/** Values by path below the output, of nested nodes with their parents' names. */
function plain(nodes: readonly DataNode[], prefix = ''): Record<string, string> {
  return Object.assign(
    {},
    ...nodes.map((node) =>
      node.children === undefined
        ? { [`${prefix}${node.schema.name}`]: node.value }
        : plain(node.children, `${prefix}${node.schema.name}/`),
    ),
  );
}

async function act(name: string, input: PlainData, reply: object | Error, target = ONE) {
  const asked: RequestBody[] = [];
  const engine = {
    query: async () => undefined,
    request: async (body: RequestBody) => {
      asked.push(body);
      if (reply instanceof Error) throw reply;
      return create(ReplySchema, { id: 1, body: { case: 'cfmTest', value: reply } }).body;
    },
  };
  const operation = new Map(engineOperations(keys, engine, running)).get(`${MEP}/${name}`);
  const rpc = actionOf(name);
  assert.ok(operation !== undefined && rpc !== undefined);
  const output = await operation({ rpc, target, input: build(rpc.input, input) });
  return { asked, output: plain(output) };
}

function actionOf(name: string): RpcNode | undefined {
  const mep = schema.find(MEP);
  if (mep?.kind !== 'list') return undefined;
  return mep.children.find((child): child is RpcNode => child.kind === 'action' && child.name === name);
}

test('checkCfm refuses a second MEP for a VLAN of a port, and names that do not fit', () => {
  assert.deepEqual(faultsOf({}), []);
  assert.match(
    faultsOf({ [`${MA}/mep[mep-id='2']`]: { port: 'p', 'vlan-id': '10' } }).join(),
    /mep\[mep-id='1'\]\/vlan-id: Port p has another MEP.*mep\[mep-id='2'\]\/vlan-id/s,
  );
  assert.match(faultsOf({ [MA]: { 'icc-and-umc': 'ICC' } }).join(), /a domain without a name/);
  assert.deepEqual(faultsOf({ [MD]: {}, [MA]: { 'icc-and-umc': 'ICC' } }), []);
  assert.match(faultsOf({ [MA]: { 'char-string': 'x'.repeat(43) } }).join(), /too long together/);
  assert.deepEqual(faultsOf({ [MA]: { 'char-string': 'x'.repeat(42) } }), []);
});

test('loopback asks the engine for a test of the MEP and gives its counts and times', async () => {
  const { asked, output } = await act(
    'loopback',
    { 'dest-mep-id': 2, messages: 3, 'data-size': 100 },
    { sent: 3, received: 2, damaged: 1, delayMin: 5n, delayAverage: 6n, delayMax: 7n, jitter: 1n },
  );
  const [body] = asked;
  assert.ok(body?.case === 'cfmTest');
  const { mep, kind, destination, count, dataSize, priority } = body.value;
  assert.deepEqual([mep, kind, count, dataSize, priority], ['d/a/1', CfmTestKind.CFM_LOOPBACK, 3, 100, 7]);
  assert.deepEqual(destination, { case: 'mepId', value: 2 });
  assert.deepEqual(output, {
    sent: '3',
    received: '2',
    'out-of-order': '0',
    'bad-msdu': '1',
    'minimum-delay': '5',
    'average-delay': '6',
    'maximum-delay': '7',
    jitter: '1',
  });
});

test('linktrace gives its responses in the order of coming, loss-measurement both directions', async () => {
  const hop = {
    ttl: 63,
    terminalMep: true,
    relayAction: 1,
    mac: Uint8Array.of(2, 0, 0, 0, 0, 9),
    ingressAction: 3,
    ingressMac: Uint8Array.of(2, 0, 0, 0, 0, 9),
  };
  const trace = await act('linktrace', { 'dest-mac-address': '02:00:00:00:00:09' }, { firstId: 7, hops: [hop] });
  assert.deepEqual(trace.output, {
    'transaction-id': '7',
    'response/receive-order': '1',
    'response/ttl': '63',
    'response/forwarded': 'false',
    'response/terminal-mep': 'true',
    'response/relay': 'rly-hit',
    'response/mac-address': '02:00:00:00:00:09',
    'response/ingress': 'ing-blocked',
    'response/ingress-mac': '02:00:00:00:00:09',
  });
  const loss = await act(
    'loss-measurement',
    { 'dest-mep-id': 2 },
    { sent: 9, received: 5, farEndLost: 3, nearEndLost: 1 },
  );
  assert.deepEqual(loss.output, {
    sent: '9',
    received: '5',
    'far-end-lost': '3',
    'near-end-lost': '1',
    undecided: '0',
  });
});

test('an action of a MEP that is not there, or that the engine refuses, is a fault', async () => {
  const at = async (reply: object | Error, target?: string) => {
    try {
      await act('delay-measurement', { 'dest-mep-id': 2 }, reply, target);
    } catch (error) {
      assert.ok(error instanceof FaultError);
      return error.faults[0]?.tag;
    }
    return undefined;
  };
  assert.equal(await at({}, ONE.replace("'1'", "'7'")), 'data-missing');
  const busy = new FaultError({ type: 'application', tag: 'in-use', message: 'a test goes on' });
  assert.equal(await at(busy), 'in-use');
});

test('state has what the engine says of a MEP and of its remote MEPs', async () => {
  const cfmMeps = [
    {
      name: 'd/a/1',
      mac: Uint8Array.of(2, 0, 0, 0, 0, 1),
      portUp: false,
      defects: 5,
      fngState: 3,
      highestDefect: 3,
      rdi: true,
      ccmsSent: 9n,
      xconCcmLastFailure: Uint8Array.of(1, 2),
      remoteMeps: [{ mepId: 2, state: 2, mac: Uint8Array.of(2, 0, 0, 0, 0, 2), portStatus: 1, interfaceStatus: 7 }],
    },
  ];
  const state = await stateOf(engineOf({ cfmMeps: [{ cfmMeps, last: true }] }), rows);
  const at = (path: string) => state.get(`${ONE}/${path}`);
  assert.equal(at('port-status'), 'ps-blocked');
  assert.equal(at('mac-address'), '02:00:00:00:00:01');
  assert.equal(at('continuity-check/defects'), 'def-rdi-ccm def-remote-ccm');
  assert.equal(at('continuity-check/fng-state'), 'fng-defect-reported');
  assert.equal(at('continuity-check/highest-priority-defect'), 'def-remote-ccm');
  assert.equal(at('continuity-check/xcon-ccm-last-failure'), 'AQI=');
  assert.equal(at('continuity-check/error-ccm-last-failure'), undefined);
  assert.equal(at('stats/mep-ccms-sent'), '9');
  assert.equal(at("mep-db[rmep-id='2']/rmep-state"), 'rmep-failed');
  assert.equal(at("mep-db[rmep-id='2']/port-status-tlv"), 'ps-blocked');
  assert.equal(at("mep-db[rmep-id='2']/interface-status-tlv"), 'is-lower-layer-down');
});

test('FaultAlarms publishes fault alarms alone', () => {
  const published: Notification[] = [];
  const alarms = new FaultAlarms(schema, new CfmModel(keys), running, (one) => published.push(one));
  const event = (kind: CfmEventKind, name = 'd/a/1') =>
    create(EventSchema, {
      what: { case: 'cfm', value: { name, port: 'p', vid: 10, kind, defects: 4, highestDefect: 3 } },
    });
  alarms.onEvent(event(CfmEventKind.CFM_DEFECTS));
  alarms.onEvent(event(CfmEventKind.CFM_FAULT_ALARM, 'x'));
  assert.equal(published.length, 0);
  alarms.onEvent(event(CfmEventKind.CFM_FAULT_ALARM));
  assert.deepEqual(plain(published[0]?.children ?? []), {
    'md-id': 'd',
    'ma-id': 'a',
    'mep-id': '1',
    port: 'p',
    'vlan-id': '10',
    'mep-priority-defect': 'def-remote-ccm',
    defects: 'def-remote-ccm',
  });
});
