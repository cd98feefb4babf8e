import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import type { QueryWhat } from '../../engine/client.ts';
import { L3InterfaceStateSchema, QueryReplySchema, TraceStepSchema } from '../../engine/gen/sluice_pb.js';
import { build, type PlainData } from '../../yang/data/build.ts';
import type { DataNode } from '../../yang/data/node.ts';
import { FaultError } from '../../yang/fault.ts';
import { addressBytes, macBytes } from '../address.ts';
import { engineOperations } from '../operations.ts';
import { keys, type Rows, schema, viewOf } from '../testing/schema.ts';
import { frameOf } from './frame.ts';
import { configurationOf } from './trace.ts';

const I = (name: string): string => `/ietf-interfaces:interfaces/interface[name='${name}']`;
const running: Rows = {
  [I('p')]: { type: 'iana-if-type:ethernetCsmacd', 'sluice-interfaces:port/ring': 'r' },
  [I('p.10')]: {
    type: 'iana-if-type:l2vlan',
    'sluice-interfaces:parent-interface': 'p',
    'sluice-interfaces:encapsulation/outer-vlan-id': '10',
  },
};
const flow = {
  sourceMac: macBytes('02:00:00:00:00:01'),
  destinationMac: macBytes('02:00:00:00:00:02'),
  tags: [],
  protocol: 17,
  sourcePort: 1000,
  destinationPort: 53,
  ttl: 64,
  dscp: 10,
  length: 64,
};

/** The sum of 16-bit words with carry; a checksum is right where that is 0xffff (RFC 1071). */
function sum(bytes: Uint8Array): number {
  let total = 0;
  for (let at = 0; at < bytes.length; at += 2) total += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return total;
}

test('frameOf gives headers, lengths and checksums that are right, for both families', () => {
  for (const [source, destination, ipLength] of [
    ['192.0.2.1', '198.51.100.7', 20],
    ['2001:db8::1', '2001:db8::2', 40],
  ] as const) {
    for (const protocol of [6, 17, 1, 58, 132]) {
      for (const length of [64, 101]) {
        const from = addressBytes(source);
        const to = addressBytes(destination);
        const frame = frameOf({ ...flow, source: from, destination: to, protocol, length });
        assert.equal(frame.length, 14 + length);
        const ip = frame.subarray(14);
        if (ipLength === 20) assert.equal(sum(ip.subarray(0, 20)), 0xffff);
        const upper = ip.subarray(ipLength);
        const isSummed = protocol === 6 || protocol === 17 || (protocol === 58 && ipLength === 40);
        const pseudo = Uint8Array.from([...from, ...to, 0, 0, 0, upper.length, 0, 0, 0, protocol]);
        if (isSummed) assert.equal(sum(Buffer.concat([pseudo, upper])), 0xffff, `${source} ${protocol}`);
        if (protocol === 1) assert.equal(sum(upper), 0xffff);
      }
    }
  }
  const tagged = frameOf({
    ...flow,
    source: addressBytes('192.0.2.1'),
    destination: addressBytes('192.0.2.2'),
    tags: [
      { type: 1, vid: 300 },
      { type: 0, vid: 7 },
    ],
  });
  assert.equal(Buffer.from(tagged.subarray(12, 22)).toString('hex'), '88a8012c810000070800');
});

/** Calls the rpc; gives its output and what the engine was asked. */
async function trace(input: PlainData): Promise<{ output: readonly DataNode[]; asked: QueryWhat[] }> {
  const asked: QueryWhat[] = [];
  const engine = {
    query: async (what: QueryWhat) => {
      asked.push(what);
      const state = create(L3InterfaceStateSchema, { name: 'p.10', mac: macBytes('02:00:00:00:00:aa') });
      const step = create(TraceStepSchema, {
        stage: 'drop-block-point',
        object: 'block-point:p/10',
        drop: true,
        frame: Uint8Array.of(1, 2, 3),
      });
      return [create(QueryReplySchema, what.case === 'trace' ? { trace: [step] } : { l3Interfaces: [state] })];
    },
  };
  const operations = new Map(engineOperations(keys, engine, () => viewOf(running, [])));
  const rpc = schema.rpcs.get('sluice-forwarding:trace-packet');
  assert.ok(rpc !== undefined);
  const output = await operations.get('sluice-forwarding:trace-packet')?.({
    rpc,
    target: '',
    input: build(rpc.input, input),
  });
  return { output: output ?? [], asked };
}

test('trace-packet sends a frame of the flow with the tags of the sub-interface to the router, and names configuration', async () => {
  const { output, asked } = await trace({
    interface: 'p.10',
    flow: { 'source-address': '192.0.2.1', 'destination-address': '192.0.2.2' },
  });
  const last = asked.at(-1);
  assert.ok(last?.case === 'trace');
  assert.equal(last.value.port, 'p');
  const frame = Buffer.from(last.value.frame ?? []).toString('hex');
  assert.equal(frame.slice(0, 36), '0200000000aa0200000000018100000a0800');
  const values = Object.fromEntries((output[0]?.children ?? []).map(({ schema: node, value }) => [node.name, value]));
  assert.deepEqual(values, {
    stage: 'drop-block-point',
    drop: '',
    configuration: "/sluice-block-points:block-points/block-point[port='p'][vlan-id='10']",
    frame: '01:02:03',
  });
});

test('trace-packet refuses what is no packet of an interface', async () => {
  const path = async (input: PlainData): Promise<string> => {
    try {
      await trace(input);
      return '';
    } catch (error) {
      assert.ok(error instanceof FaultError);
      return error.faults[0]?.path ?? '';
    }
  };
  assert.equal(await path({ interface: 'p', frame: '01:02' }), '/sluice-forwarding:trace-packet/frame');
  assert.equal(await path({ interface: 'x', frame: '00' }), '/sluice-forwarding:trace-packet/interface');
  const flowOf = (to: string): PlainData => ({ 'source-address': '192.0.2.1', 'destination-address': to });
  assert.equal(
    await path({ interface: 'p', flow: flowOf('::1') }),
    '/sluice-forwarding:trace-packet/flow/destination-address',
  );
  assert.equal(
    await path({ interface: 'p', flow: flowOf('192.0.2.2') }),
    '/sluice-forwarding:trace-packet/flow/destination-mac',
  );
});

test('configurationOf knows where objects are configured', () => {
  assert.equal(configurationOf('vrf:red'), "/ietf-network-instance:network-instances/network-instance[name='red']");
  assert.equal(
    configurationOf('block-point:a/b/0'),
    "/sluice-block-points:block-points/block-point[port='a/b'][vlan-id='untagged']",
  );
  assert.equal(configurationOf('stage:x'), undefined);
  assert.equal(configurationOf(''), undefined);
});
