/** What each leaf of sluice-ethernet-segments does (../coverage.ts). */
import type { LeafEffect } from '../coverage.ts';
import { evpnEffects } from './evpn/coverage.ts';
import { ETHERNET_SEGMENTS, PEER, PROVIDER_EDGE, SEGMENT, TARGET } from './model.ts';

const P = "/ietf-interfaces:interfaces/interface[name='p']";
const RED = "/ietf-network-instance:network-instances/network-instance[name='red']";
const EDGE = `${ETHERNET_SEGMENTS}/provider-edge`;
const PEER_ROW = `${EDGE}/peer[address='192.0.2.2']`;
const BFD_ROW = `${PEER_ROW}/bfd`;
const TARGET_ROW = `${EDGE}/core-tracking/target[address='192.0.2.9']`;
const SEGMENT_ROW = `${SEGMENT}[name='s']`;
const REDIRECT_ROW = `${SEGMENT_ROW}/redirect`;
const BGP_ROW = `${EDGE}/sluice-evpn:bgp`;
const FOREIGN_BFD_ROW = `${BGP_ROW}/foreign-peer[address='192.0.2.3']/bfd`;
const ESI = '00:11:22:33:44:55:66:77:88:99';

type Rows = Readonly<Record<string, Readonly<Record<string, string>>>>;

const base: Rows = {
  [RED]: {},
  [P]: {},
  [`${P}/ietf-ip:ipv4`]: {},
  [EDGE]: { 'local-address': '192.0.2.1' },
  [PEER_ROW]: {},
  [BFD_ROW]: { 'network-instance': 'red' },
  [TARGET_ROW]: { 'network-instance': 'red' },
  [BGP_ROW]: { as: '65000' },
  [`${BGP_ROW}/foreign-peer[address='192.0.2.3']`]: {},
  [FOREIGN_BFD_ROW]: { 'network-instance': 'red' },
  [SEGMENT_ROW]: { 'ethernet-segment-identifier': ESI, interface: 'p' },
  [`${SEGMENT_ROW}/vlan[.='10-12']`]: {},
  [`${SEGMENT_ROW}/peer[.='192.0.2.2']`]: {},
  [REDIRECT_ROW]: { 'network-instance': 'red', vni: '7' },
};

type Shown = Omit<LeafEffect, 'leaf' | 'effect'>;

/** `rows`: over the base. */
function engine(object: string, gives: Record<string, unknown>, rows: Rows = {}): Shown {
  const set: Record<string, Record<string, string>> = {};
  for (const [path, columns] of [...Object.entries(base), ...Object.entries(rows)])
    set[path] = { ...set[path], ...columns };
  return { set, object, gives };
}

const PEER_SESSION = '22:ethernet-segments/peer/192.0.2.2';
const FOREIGN_SESSION = '22:ethernet-segments/peer/192.0.2.3';
const TARGET_SESSION = '22:ethernet-segments/target/192.0.2.9';
const SEGMENT_OBJECT = '23:s';
const inRuntime: Shown = {
  shownBy: [['src/features/ethernet-segments/runtime/configuration.test.ts', 'every leaf that the engine is not told']],
};
const refused: Shown = { shownBy: [['src/features/ethernet-segments/check.test.ts', '']] };

/** The leaves of `bfd-parameters`, of a peer or a target. */
function bfd(list: string, row: string, object: string): readonly LeafEffect[] {
  const set = (leaf: string, value: string, gives: Record<string, unknown>): Shown =>
    engine(object, gives, { [row]: { [leaf]: value } });
  const key: Rows = { [`${row}/authentication`]: { key: '0a:0b', 'key-id': '3', algorithm: 'keyed-sha-1' } };
  const byInterface = { ...base, [row]: { interface: 'p' } };
  return [
    {
      leaf: `${list}/interface`,
      effect: 'BFD over one hop by this interface',
      set: byInterface,
      object,
      gives: { path: { case: 'interface', value: 'p' }, localAddress: new Uint8Array() },
    },
    {
      leaf: `${list}/network-instance`,
      effect: 'BFD over several hops in this network instance',
      ...engine(object, { path: { case: 'vrf', value: 'red' }, localAddress: Uint8Array.of(192, 0, 2, 1) }),
    },
    {
      leaf: `${list}/local-multiplier`,
      effect: 'packets that may be missed',
      ...set('local-multiplier', '5', { detectMultiplier: 5 }),
    },
    {
      leaf: `${list}/desired-min-tx-interval`,
      effect: 'time between packets that are sent',
      ...set('desired-min-tx-interval', '20000', { desiredMinTxInterval: 20000 }),
    },
    {
      leaf: `${list}/required-min-rx-interval`,
      effect: 'time between packets that are received',
      ...set('required-min-rx-interval', '30000', { requiredMinRxInterval: 30000 }),
    },
    {
      leaf: `${list}/minimum-ttl`,
      effect: 'packets with a lower TTL are dropped',
      ...set('minimum-ttl', '250', { minimumTtl: 250 }),
    },
    {
      leaf: `${list}/authentication/algorithm`,
      effect: 'how BFD packets are authenticated',
      ...engine(object, { 'authentication.type': 4 }, key),
    },
    {
      leaf: `${list}/authentication/key-id`,
      effect: 'number of the key',
      ...engine(object, { 'authentication.keyId': 3 }, key),
    },
    {
      leaf: `${list}/authentication/key`,
      effect: 'the key',
      ...engine(object, { 'authentication.key': Uint8Array.of(10, 11) }, key),
    },
  ];
}

const session = (leaf: string): string => `${PROVIDER_EDGE}/session/${leaf}`;
const tracking = (leaf: string): string => `${PROVIDER_EDGE}/core-tracking/${leaf}`;
const segment = (leaf: string): string => `${SEGMENT}/${leaf}`;
const runtime = (leaf: string, effect: string): LeafEffect => ({ leaf, effect, ...inRuntime });

export const ethernetSegmentEffects: readonly LeafEffect[] = [
  {
    leaf: `${PROVIDER_EDGE}/local-address`,
    effect: 'by which the peers know this PE',
    ...engine(SEGMENT_OBJECT, { localAddress: Uint8Array.of(192, 0, 2, 1) }),
  },
  runtime(session('asymmetric-key'), 'key of the sessions with peers'),
  runtime(session('certificate'), 'certificate of the sessions with peers'),
  runtime(session('peer-authorities'), 'who signs the certificates of peers'),
  runtime(session('listen-address'), 'where peers connect to'),
  runtime(session('listen-port'), 'the port where peers connect to'),
  {
    leaf: `${PEER}/address`,
    effect: 'another PE',
    ...engine(PEER_SESSION, { remoteAddress: Uint8Array.of(192, 0, 2, 2) }),
  },
  runtime(`${PEER}/connection`, 'who connects'),
  runtime(`${PEER}/remote-address`, 'where this PE connects to'),
  runtime(`${PEER}/remote-port`, 'the port where this PE connects to'),
  ...bfd(`${PEER}/bfd`, BFD_ROW, PEER_SESSION),
  {
    leaf: `${TARGET}/address`,
    effect: 'a router that answers while the transfer network is reached',
    ...engine(TARGET_SESSION, { remoteAddress: Uint8Array.of(192, 0, 2, 9) }),
  },
  ...bfd(TARGET, TARGET_ROW, TARGET_SESSION),
  runtime(tracking('uplink'), 'a port whose loss, with all others, is isolation'),
  runtime(tracking('initial-time'), 'how long a target that has not answered yet is left out'),
  { leaf: segment('name'), effect: 'a CE on several PEs', ...engine(SEGMENT_OBJECT, { name: 's' }) },
  {
    leaf: segment('ethernet-segment-identifier'),
    effect: 'the segment, the same on all PEs',
    ...engine(SEGMENT_OBJECT, { esi: Uint8Array.of(0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99) }),
  },
  { leaf: segment('esi-redundancy-mode'), effect: 'single-active; others do not exist', ...refused },
  { leaf: segment('interface'), effect: 'the port towards the CE', ...engine(SEGMENT_OBJECT, { port: 'p' }) },
  {
    leaf: segment('vlan'),
    effect: 'VLANs of which one PE forwards each',
    ...engine(SEGMENT_OBJECT, { vlans: Uint8Array.of(0, 0x1c, 0, 0) }),
  },
  {
    leaf: segment('peer'),
    effect: 'other PEs of the segment',
    ...engine(SEGMENT_OBJECT, { peers: [Uint8Array.of(192, 0, 2, 2)] }),
  },
  runtime(segment('df-election/df-election-method'), 'how the forwarder of a VLAN is elected'),
  runtime(segment('df-election/preference'), 'the PE with the highest one is elected'),
  runtime(segment('df-election/revertive'), 'whether a VLAN goes back'),
  runtime(segment('df-election/ac-influenced'), 'whether a PE takes part without an attachment circuit'),
  runtime(segment('df-election/cfm-influenced'), 'whether a circuit is down whose MEP does not hear the CE'),
  runtime(segment('df-election/election-wait-time'), 'time before the first election'),
  runtime(segment('split-brain-policy'), 'what a PE does that hears a peer on no path'),
  {
    leaf: segment('probe-key'),
    effect: 'key of the probes through the CE',
    ...engine(
      SEGMENT_OBJECT,
      { probeKey: new Uint8Array(16).fill(1) },
      { [SEGMENT_ROW]: { 'probe-key': Array(16).fill('01').join(':') } },
    ),
  },
  {
    leaf: segment('redirect/network-instance'),
    effect: 'that of redirected frames',
    ...engine(SEGMENT_OBJECT, { vrf: 'red' }),
  },
  {
    leaf: segment('redirect/vni'),
    effect: 'VXLAN network identifier of redirected frames',
    ...engine(SEGMENT_OBJECT, { vni: 7 }),
  },
  runtime(segment('redirect/grace-time'), 'how long frames are redirected'),
  {
    leaf: segment('redirect/hold-time'),
    effect: 'how long a redirected frame waits for the release',
    ...engine(SEGMENT_OBJECT, { holdMs: 50 }, { [REDIRECT_ROW]: { 'hold-time': '50' } }),
  },
  {
    leaf: segment('redirect/hold-limit'),
    effect: 'how many redirected frames wait',
    ...engine(SEGMENT_OBJECT, { holdLimit: 9 }, { [REDIRECT_ROW]: { 'hold-limit': '9' } }),
  },
  runtime(segment('pin/provider-edge'), 'the PE that is to forward VLANs'),
  runtime(segment('pin/vlan'), 'the VLANs that it is to forward'),
  ...(
    [
      ['recovery-time', 'how long the PE stays out after its start'],
      ['peering-time', 'the longest wait for sessions'],
      ['claim-time', 'what is not granted within it is withdrawn'],
      ['listen-time', 'how long a PE listens through the CE before a release'],
      ['query-interval', 'time between the queries of a listening'],
      ['probe-interval', 'time between the probes of a forwarder'],
      ['retry-time', 'before what could not be released is tried again'],
      ['trust-time', 'how long core tracking is full before a silent peer is dead'],
      ['split-brain-hold-time', 'how long the lowest address waits'],
      ['session-wait-time', 'how long a peer without a session stays a candidate'],
    ] as const
  ).map(([leaf, effect]) => runtime(segment(`timers/${leaf}`), effect)),
  ...evpnEffects,
  ...bfd(`${PROVIDER_EDGE}/sluice-evpn:bgp/foreign-peer/bfd`, FOREIGN_BFD_ROW, FOREIGN_SESSION),
];
