import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileConstraints } from '../../commit/validate/compile.ts';
import { validate } from '../../commit/validate/validate.ts';
import { arrange, type EngineOperation } from '../../engine/operation.ts';
import { forwardingFeatures } from '../forwarding.ts';
import { changeOf } from '../testing/difference.ts';
import { keys, type Rows, schema, viewOf } from '../testing/schema.ts';

const features = forwardingFeatures(keys, { query: async () => undefined }, { of: async () => [] });
const indexes = features.flatMap((feature) => feature.indexes ?? []);
const I = (name: string): string => `/ietf-interfaces:interfaces/interface[name='${name}']`;
const V4 = (name: string): string => `${I(name)}/ietf-ip:ipv4`;
const V6 = (name: string): string => `${I(name)}/ietf-ip:ipv6`;
const port = (device: string): Record<string, string> => ({
  type: 'iana-if-type:ethernetCsmacd',
  'sluice-interfaces:port/ring': device,
});
const loopback = { type: 'iana-if-type:softwareLoopback' };
const vlan = (parent: string, id: number): Record<string, string> => ({
  type: 'iana-if-type:l2vlan',
  'sluice-interfaces:parent-interface': parent,
  'sluice-interfaces:encapsulation/outer-vlan-id': String(id),
});
const DOMAIN = "/sluice-bridge-domains:bridge-domains/bridge-domain[name='x']";
const VRF = "/ietf-network-instance:network-instances/network-instance[name='red']";

function faults(after: Rows, before: Rows = {}): string[] {
  const change = changeOf(viewOf(before, indexes), viewOf(after, indexes));
  return features.flatMap((feature) => feature.check?.(change) ?? []).map(({ tag, path }) => `${tag} ${path}`);
}

function operations(before: Rows, after: Rows): EngineOperation[] {
  const change = changeOf(viewOf(before, indexes), viewOf(after, indexes));
  return arrange(features.flatMap((feature) => feature.plan(change))).map(({ operation }) => operation);
}

const summary = (before: Rows, after: Rows): string[] =>
  operations(before, after).map(({ case: what, value }) => `${what} ${'name' in value ? value.name : ''}`);

test('a port with an address is a logical port, an L3 interface and the default VRF', () => {
  const rows = { [I('p')]: port('r'), [V4('p')]: {}, [`${V4('p')}/address[ip='10.0.0.1']`]: { 'prefix-length': '24' } };
  assert.deepEqual(summary({}, rows), ['setPort p', 'setLogicalPort p', 'setVrf default', 'setL3Interface p']);
  const l2 = { [I('p')]: port('r') };
  assert.deepEqual(summary(rows, l2), ['delete p', 'delete p']);
  const unbound = { ...rows, [I('p')]: { type: 'iana-if-type:ethernetCsmacd' } };
  assert.deepEqual(summary({}, unbound), ['setVrf default']);
  const [first] = operations(unbound, rows).filter((operation) => operation.case === 'setL3Interface');
  assert.deepEqual(first?.value.attachment, { case: 'logicalPort', value: 'p' });
});

test('a network instance that is switched off takes its interfaces along, and no others', () => {
  const of = (enabled: string): Rows => ({
    [I('a')]: { ...loopback, 'ietf-network-instance:bind-ni-name': 'red' },
    [V4('a')]: {},
    [I('b')]: loopback,
    [V4('b')]: {},
    [VRF]: { enabled },
  });
  assert.deepEqual(summary(of('true'), of('false')), ['setL3Interface a']);
  const all = (enabled: string): Rows => ({
    ...of('true'),
    "/ietf-network-instance:network-instances/network-instance[name='default']": { enabled },
  });
  assert.deepEqual(summary(all('true'), all('false')), ['setL3Interface b']);
});

test('neighbours come and go with their interface and their family', () => {
  const of = (family: Record<string, string>, device = port('r')): Rows => ({
    [I('p')]: device,
    [V4('p')]: family,
    [V6('p')]: {},
    [`${V4('p')}/neighbor[ip='10.0.0.9']`]: { 'link-layer-address': '02:00:00:00:00:01' },
    [`${V6('p')}/neighbor[ip='fe80::9']`]: { 'link-layer-address': '02:00:00:00:00:01' },
  });
  assert.deepEqual(summary(of({}), of({ enabled: 'false' })), ['delete p/10.0.0.9', 'setL3Interface p']);
  const gone = summary(of({}), of({}, { type: 'iana-if-type:ethernetCsmacd' }));
  assert.deepEqual(gone.slice(0, 2).sort(), ['delete p/10.0.0.9', 'delete p/fe80::9']);
});

test('check refuses addresses that are none, and names the leaf', () => {
  const of = (ip: string, length: string): string[] =>
    faults({ [I('l')]: loopback, [V4('l')]: {}, [`${V4('l')}/address[ip='${ip}']`]: { 'prefix-length': length } });
  assert.deepEqual(of('10.0.0.1', '24'), []);
  assert.deepEqual(of('10.0.0.0', '31'), []);
  for (const [ip, length] of [
    ['10.0.0.0', '24'],
    ['10.0.0.255', '24'],
    ['224.0.0.5', '32'],
    ['0.0.0.0', '32'],
  ] as const) {
    assert.deepEqual(of(ip, length), [`invalid-value ${V4('l')}/address[ip='${ip}']/ip`], ip);
  }
  const v6 = faults({
    [I('l')]: loopback,
    [V6('l')]: {},
    [`${V6('l')}/address[ip='ff02::1']`]: { 'prefix-length': '64' },
  });
  assert.deepEqual(v6, [`invalid-value ${V6('l')}/address[ip='ff02::1']/ip`]);
});

test('check refuses subnets of one VRF that overlap, and only those', () => {
  const of = (a: string, b: string, vrf?: string): Rows => ({
    [VRF]: {},
    [I('a')]: loopback,
    [V4('a')]: {},
    [`${V4('a')}/address[ip='10.1.0.1']`]: { 'prefix-length': a },
    [I('b')]: { ...loopback, ...(vrf ? { 'ietf-network-instance:bind-ni-name': vrf } : {}) },
    [V4('b')]: {},
    [`${V4('b')}/address[ip='10.1.1.1']`]: { 'prefix-length': b },
  });
  const [A, B] = [`${V4('a')}/address[ip='10.1.0.1']`, `${V4('b')}/address[ip='10.1.1.1']`];
  assert.deepEqual(faults(of('24', '24')), []);
  assert.deepEqual(faults(of('16', '24')), [`invalid-value ${B}`, `invalid-value ${A}`]);
  assert.deepEqual(faults(of('24', '16')), [`invalid-value ${A}`, `invalid-value ${B}`]);
  assert.deepEqual(faults(of('16', '24', 'red')), []);
  // One that was there is not told anything; the one that joins is.
  assert.deepEqual(faults(of('16', '24'), of('16', '24', 'red')), [`invalid-value ${B}`]);
  // Several addresses of one interface may be in one subnet, and link-local ones are in one everywhere.
  const same = { [`${V4('a')}/address[ip='10.1.0.2']`]: { 'prefix-length': '24' }, [V6('a')]: {}, [V6('b')]: {} };
  const local = (name: string): Rows => ({ [`${V6(name)}/address[ip='fe80::1']`]: { 'prefix-length': '64' } });
  assert.deepEqual(faults({ ...of('24', '24'), ...same, ...local('a'), ...local('b') }), []);
});

test('check refuses IP on members of a bridge domain, on tags that stay, and a mtu that does not fit', () => {
  const member = { [I('p')]: port('r'), [DOMAIN]: {}, [`${DOMAIN}/member[interface='p']`]: {} };
  assert.deepEqual(faults({ ...member, [V4('p')]: {} }), [`invalid-value ${V4('p')}`]);
  assert.deepEqual(faults({ ...member, [V4('p')]: {} }, { [I('p')]: port('r'), [V4('p')]: {} }), [
    `invalid-value ${V4('p')}`,
  ]);
  const tagged = { ...vlan('p', 10), 'sluice-interfaces:vlan-rewrite/action': 'none' };
  assert.deepEqual(faults({ [I('p')]: port('r'), [I('s')]: tagged, [V4('s')]: {} }), [
    `invalid-value ${I('s')}/sluice-interfaces:vlan-rewrite/action`,
  ]);
  const mtu = (value: string): Rows => ({ [I('p')]: port('r'), [I('s')]: vlan('p', 10), [V4('s')]: { mtu: value } });
  assert.deepEqual(faults(mtu('1500')), []);
  assert.deepEqual(faults(mtu('1501')), [`invalid-value ${V4('s')}/mtu`]);
  const lower = { ...mtu('1500'), [I('p')]: { ...port('r'), 'sluice-interfaces:port/mtu': '1400' } };
  assert.deepEqual(faults(lower, mtu('1500')), [`invalid-value ${V4('s')}/mtu`]);
  assert.deepEqual(faults({ [I('l')]: loopback, [V4('l')]: { mtu: '1400' }, [V6('l')]: {} }), [
    `invalid-value ${V6('l')}/mtu`,
  ]);
});

test('check refuses neighbours that are no stations, and a device of the kernel for two interfaces', () => {
  const neighbour = (mac: string): string[] =>
    faults({
      [I('p')]: port('r'),
      [V4('p')]: {},
      [`${V4('p')}/neighbor[ip='10.0.0.9']`]: { 'link-layer-address': mac },
    });
  assert.deepEqual(neighbour('02:00:00:00:00:01'), []);
  const at = `invalid-value ${V4('p')}/neighbor[ip='10.0.0.9']/link-layer-address`;
  assert.deepEqual(neighbour('03:00:00:00:00:01'), [at]);
  assert.deepEqual(neighbour('02:00'), [at]);
  const tap = (name: string): string => `${I(name)}/sluice-ip:ip-options/tap`;
  const taps = (namespace: string): string[] =>
    faults({
      [I('a')]: loopback,
      [I('b')]: loopback,
      [tap('a')]: { device: 't', 'network-namespace': 'n' },
      [tap('b')]: { device: 't', 'network-namespace': namespace },
    });
  assert.deepEqual(taps('m'), []);
  assert.deepEqual(taps('n'), [`in-use ${tap('a')}/device`, `in-use ${tap('b')}/device`]);
});

test('forwarding cannot be switched off by itself', () => {
  const constraints = compileConstraints(schema);
  const of = (value: string): number => {
    const before = viewOf({}, constraints.indexes);
    const after = viewOf({ [I('l')]: loopback, [V4('l')]: { forwarding: value } }, constraints.indexes);
    return validate(constraints, { ...changeOf(before, after), before, after }).length;
  };
  assert.equal(of('true'), 0);
  assert.equal(of('false'), 1);
});
