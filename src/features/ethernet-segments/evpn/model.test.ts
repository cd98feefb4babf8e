/** What the configuration of sluice-evpn is, and what it is refused for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keys, type Rows, rowsWith, viewOf } from '../../testing/schema.ts';
import { ETHERNET_SEGMENTS, type EthernetSegment, readSegments, SEGMENT } from '../model.ts';
import { refusalsOf } from '../testing/refusals.ts';
import { type BgpConfiguration, evisOf, routeTargetOf, type SegmentEvpn } from './model.ts';

const EDGE = `${ETHERNET_SEGMENTS}/provider-edge`;
const BGP = `${EDGE}/sluice-evpn:bgp`;
const NEIGHBOR = `${BGP}/neighbor[remote-address='192.0.2.9']`;
const segmentPath = (name: string): string => `${SEGMENT}[name='${name}']`;
const S = segmentPath('s');
const EVPN = `${S}/sluice-evpn:evpn`;
const instance = (evi: number): string => `${EVPN}/evpn-instance[evi='${evi}']`;
const ESI = '00:11:22:33:44:55:66:77:88:';
const PORT = { type: 'iana-if-type:ethernetCsmacd' };

const base: Rows = {
  "/ietf-interfaces:interfaces/interface[name='p']": PORT,
  "/ietf-interfaces:interfaces/interface[name='q']": PORT,
  [EDGE]: { 'local-address': '192.0.2.1' },
  [`${EDGE}/peer[address='192.0.2.2']`]: {},
  [BGP]: { as: '65000' },
  [NEIGHBOR]: { 'peer-as': '65000' },
  [S]: { 'ethernet-segment-identifier': `${ESI}99`, interface: 'p' },
  [`${S}/vlan[.='10-13']`]: {},
  [EVPN]: {},
};

interface Read {
  readonly bgp: BgpConfiguration;
  readonly segment: EthernetSegment;
  readonly evpn: SegmentEvpn;
  /** VLAN, route target, tag, number of the route distinguisher, label. */
  readonly evis: readonly string[];
}

function read(more: Rows = {}): Read {
  const { edge, segments } = readSegments(keys, viewOf(rowsWith(base, more), []));
  const segment = segments.get('s');
  const bgp = edge?.bgp;
  assert.ok(bgp !== undefined && segment?.evpn !== undefined);
  const evis = evisOf(segment.evpn, segment.vlans, bgp.as).map(
    ({ vlan, routeTarget, tag, rdNumber, label }) => `${vlan} ${routeTarget} ${tag} ${rdNumber} ${label}`,
  );
  return { bgp, segment, evpn: segment.evpn, evis };
}

test('every leaf of sluice-evpn has its default', () => {
  const { bgp, segment, evpn, evis } = read();
  const { entry: _, neighbors, ...speaker } = bgp;
  assert.deepEqual(speaker, { as: 65_000, identifier: '192.0.2.1', localPort: 179 });
  assert.deepEqual(
    neighbors.map(({ entry: __, ...neighbor }) => neighbor),
    [
      {
        address: '192.0.2.9',
        isEnabled: true,
        as: 65_000,
        isPassive: false,
        port: 179,
        holdSeconds: 90,
        retrySeconds: 5,
      },
    ],
  );
  assert.deepEqual(segment.segment.foreign, []);
  assert.equal(segment.segment.timers.foreignSettleMs, 4_000);
  assert.equal(evpn.rdNumber, 65_000);
  // RFC 7432 section 7.10.1: each VLAN by itself.
  const expected = [10, 11, 12, 13].map(
    (vlan) => `${vlan} 0002fde8000000${vlan.toString(16).padStart(2, '0')} 0 ${vlan} 0`,
  );
  assert.deepEqual(evis, expected);
});

test('a segment that has no evpn has no foreign PEs', () => {
  const { segments } = readSegments(keys, viewOf(rowsWith(base, {}, [EVPN]), []));
  assert.equal(segments.get('s')?.segment.foreign, undefined);
});

const bundle: Rows = {
  [instance(77)]: { 'service-interface-type': 'vlan-aware-bundle' },
  [`${instance(77)}/vlan[.='11-12']`]: {},
};

const leaves: readonly (readonly [
  row: string,
  leaf: string,
  value: string,
  gives: (of: Read) => unknown,
  is: unknown,
])[] = [
  [BGP, 'as', '4200000001', ({ evis }) => evis[0], '10 0202fa56ea01000a 0 10 0'],
  [BGP, 'identifier', '198.51.100.1', ({ bgp }) => bgp.identifier, '198.51.100.1'],
  [BGP, 'local-port', '1179', ({ bgp }) => bgp.localPort, 1179],
  [NEIGHBOR, 'enabled', 'false', ({ bgp }) => bgp.neighbors[0]?.isEnabled, false],
  [NEIGHBOR, 'peer-as', '7', ({ bgp }) => bgp.neighbors[0]?.as, 7],
  [NEIGHBOR, 'timers/hold-time', '9', ({ bgp }) => bgp.neighbors[0]?.holdSeconds, 9],
  [NEIGHBOR, 'timers/connect-retry-interval', '1', ({ bgp }) => bgp.neighbors[0]?.retrySeconds, 1],
  [NEIGHBOR, 'transport/passive-mode', 'true', ({ bgp }) => bgp.neighbors[0]?.isPassive, true],
  [NEIGHBOR, 'transport/remote-port', '1790', ({ bgp }) => bgp.neighbors[0]?.port, 1790],
  [EVPN, 'rd-suffix', '9', ({ evpn }) => evpn.rdNumber, 9],
  [EVPN, 'foreign-settle-time', '500', ({ segment }) => segment.segment.timers.foreignSettleMs, 500],
];

for (const [row, leaf, value, gives, is] of leaves) {
  test(`${leaf} ${value} is what the runtime does`, () => {
    assert.deepEqual(gives(read({ [row]: { [leaf]: value } })), is);
  });
}

test('expected-peer is whom the start waits for', () => {
  const { segment } = read({ [`${EVPN}/expected-peer[.='192.0.2.7']`]: {} });
  assert.deepEqual(segment.segment.foreign, ['192.0.2.7']);
});

test('an instance is where its VLANs are; the others are by themselves', () => {
  const set = { 'rd-suffix': '5', 'route-target': '1:192.0.2.77:7', label: '48' };
  const { evis } = read({ ...bundle, [instance(77)]: { ...bundle[instance(77)], ...set } });
  assert.deepEqual(evis, [
    '10 0002fde80000000a 0 10 0',
    '11 0102c000024d0007 11 5 48',
    '12 0102c000024d0007 12 5 48',
    '13 0002fde80000000d 0 13 0',
  ]);
  assert.equal(read(bundle).evis[1], '11 0002fde80000004d 11 77 0', 'as and evi');
});

test('route targets of RFC 8294', () => {
  assert.equal(routeTargetOf('0:65000:4294967295'), '0002fde8ffffffff');
  assert.equal(routeTargetOf('2:4200000001:7'), '0202fa56ea010007');
  for (const text of ['0:65536:1', '0:1:4294967296', '1:192.0.256.1:1', '1:192.0.2.1:65536', '2:4294967296:1']) {
    assert.equal(routeTargetOf(text), undefined, text);
  }
});

const refusals = (more: Rows, without?: readonly string[]): readonly string[] =>
  refusalsOf(rowsWith(base, more, without));

test('a segment with evpn and a neighbor is taken, and a bundle of its VLANs', () => {
  assert.deepEqual(refusals({}), []);
  assert.deepEqual(refusals(bundle), []);
});

/** Another segment, with VLANs and an instance. */
const second = (vlan: number, evi: number, leaves_: Readonly<Record<string, string>>): Rows => {
  const path = segmentPath('t');
  return {
    [path]: { 'ethernet-segment-identifier': `${ESI}98`, interface: 'q' },
    [`${path}/vlan[.='${vlan}']`]: {},
    [`${path}/sluice-evpn:evpn`]: {},
    [`${path}/sluice-evpn:evpn/evpn-instance[evi='${evi}']`]: leaves_,
    [`${path}/sluice-evpn:evpn/evpn-instance[evi='${evi}']/vlan[.='${vlan}']`]: {},
  };
};
const T = `${segmentPath('t')}/sluice-evpn:evpn`;

const cases: readonly (readonly [
  name: string,
  path: string,
  message: RegExp,
  rows: Rows,
  without?: readonly string[],
])[] = [
  ['evpn without bgp', EVPN, /needs the bgp/, {}, [BGP, NEIGHBOR]],
  ['IPv6 without an identifier', `${BGP}/identifier`, /no-identifier/, { [EDGE]: { 'local-address': '2001:db8::1' } }],
  ['a neighbor of another family', NEIGHBOR, /mixed-families/, { [EDGE]: { 'local-address': '2001:db8::1' } }],
  [
    'a neighbor with our address',
    `${BGP}/neighbor[remote-address='192.0.2.1']`,
    /neighbor-is-local/,
    { [`${BGP}/neighbor[remote-address='192.0.2.1']`]: { 'peer-as': '1' } },
  ],
  [
    'a foreign PE that is a peer',
    `${BGP}/foreign-peer[address='192.0.2.2']`,
    /foreign-is-peer/,
    { [`${BGP}/foreign-peer[address='192.0.2.2']`]: {} },
  ],
  [
    'a foreign PE in a network instance that is not there',
    `${BGP}/foreign-peer[address='192.0.2.3']/bfd/network-instance`,
    /no such network instance/,
    {
      [`${BGP}/foreign-peer[address='192.0.2.3']`]: {},
      [`${BGP}/foreign-peer[address='192.0.2.3']/bfd`]: { 'network-instance': 'red' },
    },
  ],
  [
    'a peer that is expected as a foreign one',
    `${EVPN}/expected-peer[.='192.0.2.2']`,
    /foreign-is-peer/,
    { [`${EVPN}/expected-peer[.='192.0.2.2']`]: {} },
  ],
  [
    'several VLANs that are no bundle',
    `${instance(77)}/service-interface-type`,
    /vlan-based/,
    {
      [instance(77)]: {},
      [`${instance(77)}/vlan[.='11-12']`]: {},
    },
  ],
  [
    "a VLAN that is not the segment's",
    instance(77),
    /not in the segment: 99/,
    {
      [instance(77)]: {},
      [`${instance(77)}/vlan[.='99']`]: {},
    },
  ],
  [
    'a VLAN in two instances',
    instance(78),
    /vlan-twice .*: 12/,
    {
      ...bundle,
      [instance(78)]: {},
      [`${instance(78)}/vlan[.='12']`]: {},
    },
  ],
  [
    'a range that goes down',
    `${instance(77)}/vlan[.='12-11']`,
    /lower VLAN to a higher/,
    {
      [instance(77)]: {},
      [`${instance(77)}/vlan[.='12-11']`]: {},
    },
  ],
  [
    'a route target that does not fit',
    `${instance(77)}/route-target`,
    /does not fit/,
    {
      ...bundle,
      [instance(77)]: { ...bundle[instance(77)], 'route-target': '0:65536:1' },
    },
  ],
  [
    'a route target and tag of another VLAN in another segment',
    `${T}/evpn-instance[evi='500']`,
    /route-target-twice .*VLAN 20 .*VLAN 10/,
    second(20, 500, { 'route-target': '0:65000:10' }),
  ],
  [
    'a route distinguisher with two route targets',
    `${T}/evpn-instance[evi='500']`,
    /rd-suffix-twice .*number 10/,
    second(20, 500, { 'rd-suffix': '10' }),
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
