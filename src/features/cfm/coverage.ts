/** What each leaf of sluice-cfm does (../coverage.ts). */
import type { LeafEffect } from '../coverage.ts';
import { ASSOCIATION, DOMAIN, MEP } from './model.ts';

const MD = `${DOMAIN}[md-id='d']`;
const MA = `${MD}/maintenance-association[ma-id='a']`;
const ONE = `${MA}/mep[mep-id='1']`;
const object = '24:d/a/1';
const onTheWire = [['test/engine/cfm.test.ts', '']] as const;
const octets = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));

/** The MEP with columns of its domain, association and own set, and what the engine then holds. */
const with_ = (
  columns: {
    readonly md?: Record<string, string>;
    readonly ma?: Record<string, string>;
    readonly mep?: Record<string, string>;
  },
  gives: Readonly<Record<string, unknown>>,
) => ({
  set: {
    [MD]: columns.md ?? {},
    [MA]: { ...(columns.ma ?? { 'unsigned-int16': '7' }) },
    [ONE]: { port: 'p', 'vlan-id': '10', enabled: 'true', ...columns.mep },
  },
  object,
  gives,
});

const base = with_({}, { name: 'd/a/1', port: 'p', vid: 10, mepId: 1, ccmInterval: 4, ccmOff: true, priority: 7 });

export const cfmEffects: readonly LeafEffect[] = [
  { leaf: `${DOMAIN}/md-id`, effect: 'key of the domain', ...base },
  {
    leaf: `${DOMAIN}/dns-like-name`,
    effect: 'name of the domain in CCMs',
    ...with_({ md: { 'dns-like-name': 'a.bc' } }, { mdNameFormat: 2, mdName: octets('a.bc') }),
  },
  {
    leaf: `${DOMAIN}/mac-address-and-uint/address`,
    effect: 'name of the domain in CCMs',
    ...with_(
      { md: { 'mac-address-and-uint/address': '02:00:00:00:00:01', 'mac-address-and-uint/int': '258' } },
      { mdNameFormat: 3, mdName: Uint8Array.of(2, 0, 0, 0, 0, 1, 1, 2) },
    ),
  },
  {
    leaf: `${DOMAIN}/mac-address-and-uint/int`,
    effect: 'name of the domain in CCMs',
    ...with_(
      { md: { 'mac-address-and-uint/address': '02:00:00:00:00:01', 'mac-address-and-uint/int': '3' } },
      { mdName: Uint8Array.of(2, 0, 0, 0, 0, 1, 0, 3) },
    ),
  },
  {
    leaf: `${DOMAIN}/char-string`,
    effect: 'name of the domain in CCMs',
    ...with_({ md: { 'char-string': 'CE' } }, { mdNameFormat: 4, mdName: octets('CE') }),
    shownBy: onTheWire,
  },
  {
    leaf: `${DOMAIN}/md-level`,
    effect: 'level of the frames that its MEPs take',
    ...with_({ md: { 'md-level': '5' } }, { mdLevel: 5 }),
    shownBy: onTheWire,
  },
  { leaf: `${ASSOCIATION}/ma-id`, effect: 'key of the association', ...base },
  {
    leaf: `${ASSOCIATION}/primary-vid`,
    effect: 'name of the association in CCMs',
    ...with_({ ma: { 'primary-vid': '300' } }, { maNameFormat: 1, maName: Uint8Array.of(1, 44) }),
  },
  {
    leaf: `${ASSOCIATION}/char-string`,
    effect: 'name of the association in CCMs',
    ...with_({ ma: { 'char-string': 'v10' } }, { maNameFormat: 2, maName: octets('v10') }),
    shownBy: onTheWire,
  },
  {
    leaf: `${ASSOCIATION}/unsigned-int16`,
    effect: 'name of the association in CCMs',
    ...with_({}, { maNameFormat: 3, maName: Uint8Array.of(0, 7) }),
  },
  {
    leaf: `${ASSOCIATION}/vpn-id/vpn-oui`,
    effect: 'name of the association in CCMs',
    ...with_(
      { ma: { 'vpn-id/vpn-oui': '66051', 'vpn-id/vpn-index': '5' } },
      { maNameFormat: 4, maName: Uint8Array.of(1, 2, 3, 0, 0, 0, 5) },
    ),
  },
  {
    leaf: `${ASSOCIATION}/vpn-id/vpn-index`,
    effect: 'name of the association in CCMs',
    ...with_(
      { ma: { 'vpn-id/vpn-oui': '1', 'vpn-id/vpn-index': '4294967295' } },
      { maName: Uint8Array.of(0, 0, 1, 255, 255, 255, 255) },
    ),
  },
  {
    leaf: `${ASSOCIATION}/icc-and-umc`,
    effect: 'name of the association in CCMs',
    ...with_({ ma: { 'icc-and-umc': 'ICCUMC' } }, { maNameFormat: 32, maName: octets('ICCUMC\0\0\0\0\0\0\0') }),
  },
  {
    leaf: `${ASSOCIATION}/ccm-interval`,
    effect: 'how often CCMs are sent, and after how long a MEP is missed',
    ...with_({ ma: { 'unsigned-int16': '7', 'ccm-interval': '10ms' } }, { ccmInterval: 2 }),
    shownBy: onTheWire,
  },
  {
    leaf: `${ASSOCIATION}/maintenance-association-mep/mep-id`,
    effect: 'a MEP that is watched, and the only ones that are expected',
    ...base,
    set: {
      ...base.set,
      [`${MA}/maintenance-association-mep[mep-id='1']`]: {},
      [`${MA}/maintenance-association-mep[mep-id='20']`]: {},
      [`${MA}/maintenance-association-mep[mep-id='3']`]: {},
    },
    gives: { remoteMeps: [3, 20] },
  },
  { leaf: `${MEP}/mep-id`, effect: 'the MEP within its association', ...base, shownBy: onTheWire },
  { leaf: `${MEP}/port`, effect: 'where it is', ...base, shownBy: onTheWire },
  { leaf: `${MEP}/vlan-id`, effect: 'the VLAN that it watches', ...base, shownBy: onTheWire },
  {
    leaf: `${MEP}/tag-type`,
    effect: 'kind of the tag of its frames',
    ...with_({ mep: { 'tag-type': 's-vlan' } }, { tagType: 1 }),
  },
  { leaf: `${MEP}/enabled`, effect: 'whether it does anything', ...base, shownBy: onTheWire },
  {
    leaf: `${MEP}/ccm-ltm-priority`,
    effect: 'priority of its CCMs',
    ...with_({ mep: { 'ccm-ltm-priority': '3' } }, { priority: 3 }),
  },
  {
    leaf: `${MEP}/continuity-check/ccm-enabled`,
    effect: 'whether it sends CCMs',
    ...with_({ mep: { 'continuity-check/ccm-enabled': 'true' } }, { ccmOff: false }),
    shownBy: onTheWire,
  },
  {
    leaf: `${MEP}/continuity-check/interface-status-tlv`,
    effect: 'whether CCMs tell of the interface',
    ...with_({ mep: { 'continuity-check/interface-status-tlv': 'true' } }, { interfaceStatus: true }),
  },
  {
    leaf: `${MEP}/continuity-check/lowest-priority-defect`,
    effect: 'the lowest defect that makes a fault alarm',
    ...with_({ mep: { 'continuity-check/lowest-priority-defect': 'xcon' } }, { lowestAlarmPriority: 5 }),
  },
  {
    leaf: `${MEP}/continuity-check/fng-alarm-time`,
    effect: 'how long a defect lasts before its fault alarm',
    ...with_({ mep: { 'continuity-check/fng-alarm-time': '3000' } }, { fngAlarmMs: 3000 }),
  },
  {
    leaf: `${MEP}/continuity-check/fng-reset-time`,
    effect: 'how long defects are gone before there may be another fault alarm',
    ...with_({ mep: { 'continuity-check/fng-reset-time': '4000' } }, { fngResetMs: 4000 }),
  },
];
