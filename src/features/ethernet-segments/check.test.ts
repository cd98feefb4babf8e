/** What configurations are refused for, and where. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InterfaceModel } from '../interfaces/model.ts';
import { keys, type Rows, rowsWith, schema, viewOf } from '../testing/schema.ts';
import { checkSegments } from './check.ts';
import { ETHERNET_SEGMENTS, SEGMENT } from './model.ts';
import { refusalsOf } from './testing/refusals.ts';

const interfaces = new InterfaceModel(keys);
const INTERFACE = '/ietf-interfaces:interfaces/interface';
const EDGE = `${ETHERNET_SEGMENTS}/provider-edge`;
const S = `${SEGMENT}[name='s']`;

const base: Rows = {
  [`${INTERFACE}[name='p']`]: { type: 'iana-if-type:ethernetCsmacd' },
  [EDGE]: { 'local-address': '192.0.2.1' },
  [`${EDGE}/peer[address='192.0.2.2']`]: {},
  [S]: {
    'ethernet-segment-identifier': '00:11:22:33:44:55:66:77:88:99',
    interface: 'p',
    'probe-key': Array(16).fill('01').join(':'),
  },
  [`${S}/vlan[.='10-20']`]: {},
  [`${S}/peer[.='192.0.2.2']`]: {},
};

const refusals = (more: Rows, without?: readonly string[]): readonly string[] =>
  refusalsOf(rowsWith(base, more, without));

test('a segment with a peer and probes is taken', () => {
  assert.deepEqual(refusals({}), []);
});

const cases: readonly (readonly [
  name: string,
  path: string,
  message: RegExp,
  rows: Rows,
  without?: readonly string[],
])[] = [
  ['a segment without a provider edge', S, /needs a provider-edge/, {}, [EDGE, `${EDGE}/peer[address='192.0.2.2']`]],
  [
    'a peer with our address',
    `${EDGE}/peer[address='192.0.2.1']`,
    /peer-is-local/,
    { [`${EDGE}/peer[address='192.0.2.1']`]: {} },
  ],
  [
    'a peer of another family',
    `${EDGE}/peer[address='2001:db8::2']`,
    /mixed-families/,
    { [`${EDGE}/peer[address='2001:db8::2']`]: {} },
  ],
  [
    'a target that is a peer',
    `${EDGE}/core-tracking/target[address='192.0.2.2']`,
    /target-is-peer/,
    { [`${EDGE}/core-tracking/target[address='192.0.2.2']`]: { interface: 'p' } },
  ],
  [
    'a target of another family over several hops',
    `${EDGE}/core-tracking/target[address='2001:db8::9']`,
    /mixed-families/,
    { [`${EDGE}/core-tracking/target[address='2001:db8::9']`]: { 'network-instance': 'default' } },
  ],
  [
    'a network instance that is not there',
    `${EDGE}/peer[address='192.0.2.2']/bfd/network-instance`,
    /no such network instance/,
    { [`${EDGE}/peer[address='192.0.2.2']/bfd`]: { 'network-instance': 'red' } },
  ],
  ['a VLAN twice', `${S}/vlan[.='15']`, /vlan-twice .*: 15/, { [`${S}/vlan[.='15']`]: {} }],
  ['a range that goes down', `${S}/vlan[.='30-25']`, /lower VLAN to a higher/, { [`${S}/vlan[.='30-25']`]: {} }],
  ['a range above 4094', `${S}/vlan[.='4000-4095']`, /up to 4094/, { [`${S}/vlan[.='4000-4095']`]: {} }],
  [
    'a pin to a stranger',
    `${S}/pin[provider-edge='192.0.2.7']`,
    /not-of-the-segment/,
    { [`${S}/pin[provider-edge='192.0.2.7']`]: {}, [`${S}/pin[provider-edge='192.0.2.7']/vlan[.='11']`]: {} },
  ],
  [
    "a pin of a VLAN that is not the segment's",
    `${S}/pin[provider-edge='192.0.2.2']`,
    /not in the segment: 99/,
    { [`${S}/pin[provider-edge='192.0.2.2']`]: {}, [`${S}/pin[provider-edge='192.0.2.2']/vlan[.='99']`]: {} },
  ],
  [
    'a VLAN that is pinned twice',
    `${S}/pin[provider-edge='192.0.2.2']`,
    /pinned to another PE: 11/,
    {
      [`${S}/pin[provider-edge='192.0.2.1']`]: {},
      [`${S}/pin[provider-edge='192.0.2.1']/vlan[.='11']`]: {},
      [`${S}/pin[provider-edge='192.0.2.2']`]: {},
      [`${S}/pin[provider-edge='192.0.2.2']/vlan[.='10-12']`]: {},
    },
  ],
  [
    'a claim time above detection and listening',
    `${S}/timers/claim-time`,
    /claim-time .*30 ms/,
    {
      [`${EDGE}/peer[address='192.0.2.2']/bfd`]: { 'network-instance': 'default', 'desired-min-tx-interval': '10000' },
      [S]: { 'timers/claim-time': '60' },
    },
  ],
  [
    'a redirection by a network instance that is not there',
    `${S}/redirect/network-instance`,
    /no such network instance/,
    { [`${S}/redirect`]: { 'network-instance': 'red', vni: '7' } },
  ],
  [
    'a link of a bundle',
    `${S}/interface`,
    /on the bundle/,
    {
      [`${INTERFACE}[name='b']`]: { type: 'iana-if-type:ieee8023adLag' },
      [`${INTERFACE}[name='p']`]: { type: 'iana-if-type:ethernetCsmacd', 'sluice-interfaces:port/aggregate-id': 'b' },
    },
  ],
  [
    'a key without a certificate',
    `${EDGE}/session/asymmetric-key`,
    /certificate/,
    { [EDGE]: { 'session/asymmetric-key': 'k' } },
  ],
  [
    'a name that is too long for the engine',
    `${SEGMENT}[name='${'ä'.repeat(40)}']`,
    /80 octets/,
    {
      [`${SEGMENT}[name='${'ä'.repeat(40)}']`]: {
        'ethernet-segment-identifier': '00:11:22:33:44:55:66:77:88:00',
        interface: 'q',
      },
    },
  ],
];

for (const [name, path, message, rows, without] of cases) {
  test(`${name} is refused at its place`, () => {
    const found = refusals(rows, without);
    assert.ok(
      found.some((line) => line.startsWith(`${path} `) && message.test(line)),
      `${path}: ${found.join('\n')}`,
    );
  });
}

test('peers without sessions and without probes are refused: they could not know of each other', () => {
  const rows: Record<string, Record<string, string>> = { ...base };
  rows[S] = { 'ethernet-segment-identifier': '00:11:22:33:44:55:66:77:88:99', interface: 'p' };
  const view = viewOf(rows, [interfaces.parent.path]);
  const [fault] = checkSegments(keys, view, interfaces);
  assert.equal(fault?.path, S);
  assert.equal(fault?.appTag, 'no-path-between-peers');
});

test('all-active is no value of esi-redundancy-mode', () => {
  const leaf = schema.find(`${SEGMENT}/esi-redundancy-mode`);
  assert.ok(leaf?.kind === 'leaf');
  assert.equal(leaf.default, 'single-active');
  assert.deepEqual(
    leaf.type.names?.map(({ name }) => name),
    ['single-active'],
  );
});
