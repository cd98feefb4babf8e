import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EngineOperation } from '../engine/operation.ts';
import { addressBytes, prefixBytes } from './address.ts';
import { disturbance } from './disturbance.ts';

const router = (value: Record<string, unknown>): EngineOperation => ({
  case: 'setL3Interface',
  value: { name: 'p', vrf: 'default', enabled: true, ipv4: true, ...value },
});
const route = (nextHopGroup: string, preference = 1): EngineOperation => ({
  case: 'setRoutes',
  value: { vrf: 'default', set: [{ prefix: prefixBytes('10.0.0.0/8'), nextHopGroup, preference }] },
});

test('disturbance says of routing what stops, and nothing of what does not', () => {
  const one = { address: addressBytes('10.0.0.1'), prefixLength: 24 };
  const two = { address: addressBytes('10.0.1.1'), prefixLength: 24 };
  assert.equal(disturbance(undefined, router({ addresses: [one] })), undefined);
  assert.equal(disturbance(router({ addresses: [one] }), router({ addresses: [one, two] })), undefined);
  assert.match(disturbance(router({ addresses: [one, two] }), router({ addresses: [one] })) ?? '', /addresses that go/);
  assert.match(disturbance(router({}), router({ vrf: 'red' })) ?? '', /VRF red/);
  assert.match(disturbance(router({}), router({ enabled: false })) ?? '', /nothing is routed/);
  assert.match(disturbance(router({}), undefined) ?? '', /nothing is routed/);
  assert.match(disturbance(router({ mtu: 1500 }), router({ mtu: 1400 })) ?? '', /1400 bytes/);
  assert.equal(disturbance(router({ mtu: 1400 }), router({ mtu: 1500 })), undefined);
});

test('disturbance says of a route when its packets go another way', () => {
  assert.equal(disturbance(undefined, route('g')), undefined);
  assert.equal(disturbance(route('g'), route('g', 5)), undefined);
  assert.match(disturbance(route('g'), route('h')) ?? '', /another way/);
  assert.match(disturbance(route('g'), undefined) ?? '', /another route/);
});

test('disturbance says of a virtual router, a cross-connect and a policer what they lose', () => {
  const vrrp = (priority: number): EngineOperation => ({
    case: 'setVrrp',
    value: { name: 'v', interface: 'p', vrid: 1, priority },
  });
  assert.match(disturbance(vrrp(200), vrrp(100)) ?? '', /take its addresses over/);
  assert.equal(disturbance(vrrp(100), vrrp(200)), undefined);
  const join = (logicalPortB: string): EngineOperation => ({
    case: 'setCrossConnect',
    value: { name: 'c', logicalPortA: 'a', logicalPortB },
  });
  assert.match(disturbance(join('b'), join('d')) ?? '', /former ends/);
  const policer = (packetsPerSecond: number): EngineOperation => ({
    case: 'setControlPlanePolicer',
    value: { class: 'arp', packetsPerSecond, burst: 1 },
  });
  assert.match(disturbance(policer(9), policer(5)) ?? '', /above 5/);
  assert.equal(disturbance(policer(5), policer(9)), undefined);
});
