import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DataSchemaNode } from '../../yang/schema/node.ts';
import { addressBytes, macBytes } from '../address.ts';
import { engineOf, stateOf } from '../testing/engine.ts';
import { type Rows, schema } from '../testing/schema.ts';

const INTERFACE = '/ietf-interfaces:interfaces/interface';
const P = `${INTERFACE}[name='p']`;
const INSTANCE = (name: string): string => `/ietf-network-instance:network-instances/network-instance[name='${name}']`;
const running: Rows = {
  [P]: { type: 'iana-if-type:ethernetCsmacd', 'sluice-interfaces:port/ring': 'r' },
  [`${P}/ietf-ip:ipv4`]: {},
  [`${P}/ietf-ip:ipv4/address[ip='192.0.2.1']`]: { 'prefix-length': '24' },
  [`${P}/ietf-ip:ipv6`]: {},
  [`${INTERFACE}[name='lo']`]: { type: 'iana-if-type:softwareLoopback' },
  [INSTANCE('red')]: {},
  [`${P}/ietf-ip:ipv4/ietf-vrrp:vrrp/vrrp-instance[vrid='7']`]: { version: 'ietf-vrrp:vrrp-v3' },
};
const engine = {
  l3Interfaces: [
    {
      l3Interfaces: [
        {
          name: 'p',
          addresses: [
            { address: addressBytes('192.0.2.1'), prefixLength: 24, status: 2 },
            { address: addressBytes('fe80::1'), prefixLength: 64, automatic: true },
          ],
          ipv4: { forwarded: 7n },
          ipv6: { inNoRoutes: 3n },
        },
      ],
    },
  ],
  neighbours: [
    {
      neighbours: [
        { interface: 'p', address: addressBytes('192.0.2.9'), mac: macBytes('02:00:00:00:00:09'), status: 1 },
        { interface: 'p', address: addressBytes('192.0.2.8'), status: 0 },
        {
          interface: 'p',
          address: addressBytes('fe80::9'),
          mac: macBytes('02:00:00:00:00:09'),
          status: 2,
          isRouter: true,
        },
        { interface: 'q', address: addressBytes('192.0.2.7'), status: 1 },
      ],
    },
  ],
  vrfs: [{ vrfs: [{ name: 'default', ipv4Routes: 5, countersSinceNs: 1_000_000_000n, ipv4: { forwarded: 9n } }] }],
  vrrp: [{ vrrp: [{ name: 'p/ipv4/7', role: 2, effectivePriority: 100, checksumErrors: 4n, becameActive: 1n }] }],
};

test('state of IP is what the engine says: addresses, neighbours, counters', async () => {
  const state = await stateOf(engineOf(engine), running);
  const of = (path: string): string | undefined => state.get(`${P}/ietf-ip:${path}`);
  assert.equal(of("ipv4/address[ip='192.0.2.1']/origin"), 'static');
  assert.equal(of("ipv4/address[ip='192.0.2.1']/sluice-ip:status"), 'duplicate');
  assert.equal(of("ipv6/address[ip='fe80::1']/origin"), 'link-layer');
  assert.equal(of("ipv6/address[ip='fe80::1']/status"), 'preferred');
  assert.equal(of('ipv4/sluice-ip:statistics/forwarded'), '7');
  assert.equal(of('ipv6/sluice-ip:statistics/in-no-routes'), '3');
  assert.equal(of("ipv4/neighbor[ip='192.0.2.9']/link-layer-address"), '02:00:00:00:00:09');
  assert.equal(of("ipv4/neighbor[ip='192.0.2.9']/origin"), 'dynamic');
  assert.equal(of("ipv4/neighbor[ip='192.0.2.8']/sluice-ip:state"), 'incomplete');
  assert.equal(of("ipv4/neighbor[ip='192.0.2.8']/link-layer-address"), undefined);
  assert.deepEqual(
    [of("ipv6/neighbor[ip='fe80::9']/state"), of("ipv6/neighbor[ip='fe80::9']/is-router")],
    ['stale', ''],
  );
  assert.ok(![...state.keys()].some((path) => path.includes('192.0.2.7')), 'an interface that does not route has none');
});

test('state of network instances has the default one, and a loopback is up', async () => {
  const state = await stateOf(engineOf(engine), running);
  assert.equal(state.get(`${INSTANCE('default')}/sluice-ip:statistics/ipv4-routes`), '5');
  assert.equal(state.get(`${INSTANCE('default')}/sluice-ip:statistics/ipv4/forwarded`), '9');
  assert.equal(state.get(`${INSTANCE('red')}/sluice-ip:statistics/ipv4-routes`), undefined);
  assert.equal(state.get(`${INTERFACE}[name='lo']/oper-status`), 'up');
});

test('state of a virtual router follows from its role and priority', async () => {
  const state = await stateOf(engineOf(engine), running);
  const of = (leaf: string): string | undefined =>
    state.get(`${P}/ietf-ip:ipv4/ietf-vrrp:vrrp/vrrp-instance[vrid='7']/${leaf}`);
  assert.deepEqual(
    [of('state'), of('is-owner'), of('statistics/master-transitions')],
    ['ietf-vrrp:master', 'false', '1'],
  );
  // 3 * 100 + (256 - 100) * 100 / 256 centiseconds (RFC 5798 section 6.1).
  assert.deepEqual([of('master-down-interval'), of('skew-time')], ['361', '609375']);
  assert.equal(state.get('/ietf-vrrp:vrrp/virtual-routers'), '1');
  assert.equal(state.get('/ietf-vrrp:vrrp/statistics/checksum-errors'), '4');
});

test('a reader of one neighbour list asks for no more than that', async () => {
  const asking = engineOf(engine);
  const node = schema.find(`${INTERFACE}/ietf-ip:ipv4/neighbor`) as DataSchemaNode;
  await stateOf(asking, running, [{ node, keys: new Map([[INTERFACE, ['p']]]) }]);
  assert.deepEqual(
    asking.asked.filter((one) => /^(neighbours|vrfs|routes)/.test(one)),
    ['neighbours {"interface":"p"}'],
  );
});
