import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileConstraints } from '../../commit/validate/compile.ts';
import { validate } from '../../commit/validate/validate.ts';
import { arrange, type EngineOperation } from '../../engine/operation.ts';
import { forwardingFeatures } from '../forwarding.ts';
import { changeOf } from '../testing/difference.ts';
import { keys, type Rows, schema, viewOf } from '../testing/schema.ts';

const features = forwardingFeatures(keys, { query: async () => undefined }, { of: async () => [] });
const constraints = compileConstraints(schema);
const indexes = [...features.flatMap((feature) => feature.indexes ?? []), ...constraints.indexes];
const ACLS = '/ietf-access-control-list:acls';
const list = (name: string): string => `${ACLS}/acl[name='${name}']`;
const entry = (of: string, name: string): string => `${list(of)}/aces/ace[name='${name}']`;
const place = (name: string): string => `${ACLS}/attachment-points/interface[interface-id='${name}']`;
const set = (name: string, direction: string, of: string): string =>
  `${place(name)}/${direction}/acl-sets/acl-set[name='${of}']`;
const v4 = { type: 'ietf-access-control-list:ipv4-acl-type' };
const v6 = { type: 'ietf-access-control-list:ipv6-acl-type' };
const accept = { 'actions/forwarding': 'ietf-access-control-list:accept' };
const LO = "/ietf-interfaces:interfaces/interface[name='lo']";
const loopback = { type: 'iana-if-type:softwareLoopback' };
const routed: Rows = { [LO]: loopback, [`${LO}/ietf-ip:ipv4`]: {} };
const M = "/sluice-policers:policers/policer[name='m']";
const rate = { 'committed-rate': '1000000', 'committed-burst': '10000' };

function faults(after: Rows, before: Rows = {}): string[] {
  const views = { before: viewOf(before, indexes), after: viewOf(after, indexes) };
  const change = { ...changeOf(views.before, views.after), ...views };
  const invalid = validate(constraints, change);
  const found = invalid.length > 0 ? invalid : features.flatMap((feature) => feature.check?.(change) ?? []);
  return found.map(({ tag, path }) => `${tag} ${path}`);
}

function operations(before: Rows, after: Rows): EngineOperation[] {
  const change = changeOf(viewOf(before, indexes), viewOf(after, indexes));
  return arrange(features.flatMap((feature) => feature.plan(change))).map(({ operation }) => operation);
}

const summary = (before: Rows, after: Rows): string[] =>
  operations(before, after).map(({ case: what, value }) => `${what} ${'name' in value ? value.name : ''}`);

test('a list on an interface is one object, and an attribute of what routes', () => {
  const rows = { ...routed, [list('a')]: v4, [entry('a', 'one')]: accept };
  const there = { ...rows, [place('lo')]: {}, [set('lo', 'ingress', 'a')]: {} };
  assert.deepEqual(faults(there), []);
  assert.deepEqual(summary(routed, there), ['setAccessList a', 'setL3Interface lo']);
  assert.deepEqual(summary(rows, there), ['setL3Interface lo']);
  assert.deepEqual(summary(there, { ...there, [entry('a', 'two')]: accept }), ['setAccessList a']);
  assert.deepEqual(summary(there, routed), ['delete a', 'setL3Interface lo']);
});

test('a list of another family is another attribute, and is refused where that family is not routed', () => {
  const of = (type: Readonly<Record<string, string>>): Rows => ({
    ...routed,
    [list('a')]: type,
    [place('lo')]: {},
    [set('lo', 'egress', 'a')]: {},
  });
  const [, changed] = operations(of(v4), of(v6));
  assert.equal(changed?.case, 'setL3Interface');
  assert.deepEqual(faults(of(v6)), [`invalid-value ${set('lo', 'egress', 'a')}`]);
  assert.deepEqual(faults(of(v6), of(v4)), [`invalid-value ${set('lo', 'egress', 'a')}`]);
  const bridged = { [LO]: loopback, [list('a')]: v4, [place('lo')]: {}, [set('lo', 'egress', 'a')]: {} };
  assert.deepEqual(faults(bridged, of(v4)), [`invalid-value ${set('lo', 'egress', 'a')}`]);
});

test('there is one list for each family and direction', () => {
  const rows = {
    ...routed,
    [`${LO}/ietf-ip:ipv6`]: {},
    [list('a')]: v4,
    [list('b')]: v4,
    [list('c')]: v6,
    [place('lo')]: {},
    [set('lo', 'ingress', 'a')]: {},
    [set('lo', 'ingress', 'c')]: {},
    [set('lo', 'egress', 'b')]: {},
  };
  assert.deepEqual(faults(rows), []);
  const twice = { ...rows, [set('lo', 'ingress', 'b')]: {} };
  assert.deepEqual(faults(twice), [`invalid-value ${set('lo', 'ingress', 'b')}`]);
});

test('an entry looks at the headers that its list has', () => {
  const of = (type: Readonly<Record<string, string>>, leaves: Record<string, string>): string[] =>
    faults({ [list('a')]: type, [entry('a', 'e')]: { ...accept, ...leaves } });
  assert.deepEqual(of(v4, { 'matches/ipv4/dscp': '1' }), []);
  assert.ok(of(v4, { 'matches/ipv6/dscp': '1' }).length > 0);
  assert.deepEqual(of(v4, { 'matches/ipv4/protocol': '6', 'matches/tcp/flags': 'syn' }), []);
  const wrong = `invalid-value ${entry('a', 'e')}/matches/ipv4/protocol`;
  assert.deepEqual(of(v4, { 'matches/ipv4/protocol': '17', 'matches/tcp/flags': 'syn' }), [wrong]);
  assert.deepEqual(of(v4, { 'matches/sluice-access-lists:fragments': '', 'matches/icmp/type': '8' }), [
    `invalid-value ${entry('a', 'e')}/matches/sluice-access-lists:fragments`,
  ]);
  assert.deepEqual(faults({ [list('a')]: {} }), [`data-missing ${list('a')}/type`]);
  assert.ok(faults({ [list('a')]: v4, [entry('a', 'ä'.repeat(33))]: accept }).length > 0);
});

test('ports, operators and flags are what the packet has to have', () => {
  const rule = (leaves: Record<string, string>): unknown => {
    const [made] = operations({}, { [list('a')]: v4, [entry('a', 'e')]: { ...accept, ...leaves } });
    return made?.case === 'setAccessList' ? made.value.rules?.[0] : undefined;
  };
  const source = 'matches/udp/source-port';
  assert.partialDeepStrictEqual(rule({ [`${source}/operator`]: 'lte', [`${source}/port`]: '99' }), {
    protocol: 17,
    sourcePort: { lower: 0, upper: 99 },
  });
  assert.partialDeepStrictEqual(rule({ 'matches/tcp/flags': 'ack' }), {
    protocol: 6,
    tcpFlags: { mask: 255, value: 16 },
  });
  assert.partialDeepStrictEqual(rule({ 'matches/icmp/type': '8' }), { protocol: 1, icmpType: 8, icmpCode: -1 });
});

test('a policer is there before the entry and the interface that use it, and only where something is routed', () => {
  const rows = {
    [M]: rate,
    [list('a')]: v4,
    [entry('a', 'e')]: { ...accept, 'actions/sluice-policers:policer': 'm' },
    [LO]: { ...loopback, 'sluice-policers:policing/ingress': 'm' },
  };
  assert.deepEqual(faults(rows), [`invalid-value ${LO}/sluice-policers:policing/ingress`]);
  const there = { ...rows, [`${LO}/ietf-ip:ipv4`]: {} };
  assert.deepEqual(faults(there), []);
  assert.deepEqual(summary({}, there), ['setVrf default', 'setPolicer m', 'setAccessList a', 'setL3Interface lo']);
  const dropped = { ...there, [entry('a', 'e')]: { 'actions/forwarding': 'ietf-access-control-list:drop' } };
  assert.deepEqual(faults(dropped), []);
  assert.ok(
    faults({
      ...there,
      [entry('a', 'e')]: {
        'actions/forwarding': 'ietf-access-control-list:drop',
        'actions/sluice-policers:policer': 'm',
      },
    }).length > 0,
  );
});

test('bursts and rates of a policer are refused at their leaf', () => {
  assert.deepEqual(faults({ [M]: { 'committed-rate': '1000', 'committed-burst': '450001' } }), [
    `invalid-value ${M}/committed-burst`,
  ]);
  assert.deepEqual(faults({ [M]: { 'committed-rate': '1000', 'committed-burst': '450000' } }), []);
  assert.ok(faults({ [M]: { ...rate, 'peak-rate': '2000000' } }).length > 0);
  assert.ok(faults({ [M]: { ...rate, 'peak-rate': '999999', 'peak-burst': '1000' } }).length > 0);
  assert.ok(faults({ [M]: { ...rate, 'yellow/action': 'mark' } }).length > 0);
});
