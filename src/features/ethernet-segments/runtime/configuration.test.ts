/** What the runtime takes from the configuration: all that the engine is not told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keys, type Rows, viewOf } from '../../testing/schema.ts';
import { defaultTimers } from '../decision/segment.ts';
import { vlansText } from '../decision/vlan-set.ts';
import { ETHERNET_SEGMENTS, type EthernetSegment, type ProviderEdge, readSegments, SEGMENT } from '../model.ts';
import { sessionsConfiguration } from './session-configuration.ts';

const EDGE = `${ETHERNET_SEGMENTS}/provider-edge`;
const PEER = `${EDGE}/peer[address='192.0.2.2']`;
const S = `${SEGMENT}[name='s']`;

const base: Rows = {
  [EDGE]: { 'local-address': '192.0.2.1' },
  [PEER]: {},
  [S]: { 'ethernet-segment-identifier': '00:11:22:33:44:55:66:77:88:99', interface: 'p' },
  [`${S}/vlan[.='10-20']`]: {},
  [`${S}/peer[.='192.0.2.2']`]: {},
};

function read(more: Rows = {}): { readonly edge: ProviderEdge; readonly segment: EthernetSegment } {
  const rows: Record<string, Record<string, string>> = {};
  for (const [path, columns] of [...Object.entries(base), ...Object.entries(more)]) {
    rows[path] = { ...rows[path], ...columns };
  }
  const { edge, segments } = readSegments(keys, viewOf(rows, []));
  const segment = segments.get('s');
  assert.ok(edge !== undefined && segment !== undefined);
  return { edge, segment };
}

const material = { key: 'K', certificate: 'C', authorities: ['A'] };

test('every leaf that the engine is not told has its default in the decision', () => {
  const { segment } = read();
  const { timers, esi, ...rest } = segment.segment;
  assert.deepEqual(timers, defaultTimers);
  assert.equal(esi.length, 10);
  assert.deepEqual(rest, {
    address: '192.0.2.1',
    peers: ['192.0.2.2'],
    method: 'default-7432',
    preference: 32_767,
    revertive: true,
    acDf: true,
    splitBrain: 'block',
  });
});

const leaves: readonly (readonly [
  row: string,
  leaf: string,
  value: string,
  gives: (of: ReturnType<typeof read>) => unknown,
  is: unknown,
])[] = [
  [S, 'df-election/df-election-method', 'preference', ({ segment }) => segment.segment.method, 'preference'],
  [S, 'df-election/preference', '7', ({ segment }) => segment.segment.preference, 7],
  [S, 'df-election/cfm-influenced', 'true', ({ segment }) => segment.followsCfm, true],
  [S, 'df-election/revertive', 'false', ({ segment }) => segment.segment.revertive, false],
  [S, 'df-election/ac-influenced', 'false', ({ segment }) => segment.segment.acDf, false],
  [S, 'df-election/election-wait-time', '5', ({ segment }) => segment.segment.timers.electionWaitMs, 5],
  [
    S,
    'split-brain-policy',
    'lowest-address-keeps',
    ({ segment }) => segment.segment.splitBrain,
    'lowest-address-keeps',
  ],
  [S, 'timers/recovery-time', '1', ({ segment }) => segment.segment.timers.recoveryMs, 1],
  [S, 'timers/peering-time', '2', ({ segment }) => segment.segment.timers.peeringMs, 2],
  [S, 'timers/claim-time', '13', ({ segment }) => segment.segment.timers.claimMs, 13],
  [S, 'timers/listen-time', '14', ({ segment }) => segment.segment.timers.listenMs, 14],
  [S, 'timers/query-interval', '4', ({ segment }) => segment.segment.timers.queryMs, 4],
  [S, 'timers/probe-interval', '15', ({ segment }) => segment.segment.timers.probeMs, 15],
  [S, 'timers/retry-time', '16', ({ segment }) => segment.segment.timers.retryMs, 16],
  [S, 'timers/trust-time', '17', ({ segment }) => segment.segment.timers.trustMs, 17],
  [S, 'timers/split-brain-hold-time', '300', ({ segment }) => segment.segment.timers.splitBrainHoldMs, 300],
  [S, 'timers/session-wait-time', '18', ({ segment }) => segment.segment.timers.sessionWaitMs, 18],
  [EDGE, 'session/asymmetric-key', 'k', ({ edge }) => edge.session.asymmetricKey, 'k'],
  [EDGE, 'session/certificate', 'c', ({ edge }) => edge.session.certificate, 'c'],
  [EDGE, 'session/peer-authorities', 'a', ({ edge }) => edge.session.authorities, 'a'],
  [EDGE, 'core-tracking/initial-time', '3', ({ edge }) => edge.initialSeconds, 3],
  [PEER, 'connection', 'accept', ({ edge }) => sessionsConfiguration(edge, material).peers, [{ address: '192.0.2.2' }]],
  [
    PEER,
    'connection',
    'automatic',
    ({ edge }) => sessionsConfiguration(edge, material).peers,
    [{ address: '192.0.2.2', dials: { host: '192.0.2.2', port: 8584 } }],
  ],
  [
    PEER,
    'remote-address',
    'pe.example',
    ({ edge }) => sessionsConfiguration(edge, material).peers[0]?.dials?.host,
    'pe.example',
  ],
  [PEER, 'remote-port', '9', ({ edge }) => sessionsConfiguration(edge, material).peers[0]?.dials?.port, 9],
];

for (const [row, leaf, value, gives, is] of leaves) {
  test(`${leaf} ${value} is what the runtime does`, () => {
    assert.deepEqual(gives(read({ [row]: { [leaf]: value } })), is);
  });
}

test('listen-address and listen-port are where peers connect to', () => {
  const accepting = { [PEER]: { connection: 'accept' } };
  assert.deepEqual(sessionsConfiguration(read(accepting).edge, material).listen, { host: '192.0.2.1', port: 8584 });
  const { edge } = read({
    ...accepting,
    [EDGE]: { 'session/listen-address': '198.51.100.1', 'session/listen-port': '7' },
  });
  assert.deepEqual(sessionsConfiguration(edge, material).listen, { host: '198.51.100.1', port: 7 });
  assert.equal(sessionsConfiguration(read().edge, material).listen, undefined);
});

test('uplinks, pins and the grace time are read', () => {
  const { edge, segment } = read({
    [`${EDGE}/core-tracking/uplink[.='u']`]: {},
    [`${S}/pin[provider-edge='192.0.2.2']`]: {},
    [`${S}/pin[provider-edge='192.0.2.2']/vlan[.='10-12']`]: {},
    [`${S}/redirect`]: { vni: '7', 'grace-time': '50' },
  });
  assert.deepEqual(edge.uplinks, ['u']);
  assert.deepEqual(
    segment.pins.map(({ address, vlans }) => `${address} ${vlansText(vlans)}`),
    ['192.0.2.2 10-12'],
  );
  assert.equal(segment.redirect?.graceMs, 50);
});
