/** What each leaf of sluice-ce-notification does (../coverage.ts). */
import type { LeafEffect } from '../coverage.ts';
import { CE_NOTIFICATION } from './model.ts';

const P = `${CE_NOTIFICATION}[port='p']`;
const base = { [P]: {} };
const object = '6:p';
const onTheWire = [['test/case/block-point/ce-notification.case.ts', '']] as const;

const timing = [['test/case/engine/notification.case.ts', 'notification-timing']] as const;

/** The entry with one column set, and what `macMove` or `mvrp` then hold. */
const with_ = (columns: Readonly<Record<string, string>>, gives: LeafEffect['gives']) => ({
  set: { [P]: columns },
  object,
  gives: gives ?? {},
});

export const ceNotificationEffects: readonly LeafEffect[] = [
  {
    leaf: `${CE_NOTIFICATION}/port`,
    effect: 'the port behind which the CE is',
    set: base,
    object,
    gives: {
      port: 'p',
      macMove: { enabled: true, offsetsMs: [0, 300, 1000, 2000], macLimit: 100_000, framesPerSecond: 0 },
      mvrp: { enabled: false, offsetsMs: [0, 200, 1000], providerAddress: false },
    },
  },
  {
    leaf: `${CE_NOTIFICATION}/mac-move/enabled`,
    effect: 'frames that move the CE’s addresses, on release',
    ...with_({ 'mac-move/enabled': 'false' }, { 'macMove.enabled': false }),
    shownBy: onTheWire,
  },
  {
    leaf: `${CE_NOTIFICATION}/mac-move/offset`,
    effect: 'when they are sent',
    set: { ...base, [`${P}/mac-move/offset[.='50']`]: {}, [`${P}/mac-move/offset[.='7']`]: {} },
    object,
    gives: { 'macMove.offsetsMs': [7, 50] },
    shownBy: timing,
  },
  {
    leaf: `${CE_NOTIFICATION}/mac-move/mac-limit`,
    effect: 'most addresses announced for a VLAN',
    ...with_({ 'mac-move/mac-limit': '9' }, { 'macMove.macLimit': 9 }),
    shownBy: timing,
  },
  {
    leaf: `${CE_NOTIFICATION}/mac-move/frames-per-second`,
    effect: 'the pace of the frames',
    ...with_({ 'mac-move/frames-per-second': '8' }, { 'macMove.framesPerSecond': 8 }),
    shownBy: timing,
  },
  {
    leaf: `${CE_NOTIFICATION}/mvrp/enabled`,
    effect: 'MVRP New on release, Leave on block',
    ...with_({ 'mvrp/enabled': 'true' }, { 'mvrp.enabled': true }),
    shownBy: onTheWire,
  },
  {
    leaf: `${CE_NOTIFICATION}/mvrp/offset`,
    effect: 'when they are sent',
    set: { ...base, [`${P}/mvrp/offset[.='5']`]: {} },
    object,
    gives: { 'mvrp.offsetsMs': [5] },
    shownBy: timing,
  },
  {
    leaf: `${CE_NOTIFICATION}/mvrp/provider-address`,
    effect: 'to the address of provider bridges',
    ...with_({ 'mvrp/provider-address': 'true' }, { 'mvrp.providerAddress': true }),
    shownBy: timing,
  },
  {
    leaf: `${CE_NOTIFICATION}/cfm/enabled`,
    effect: 'the port status of the VLAN’s MEP, on release and block',
    ...with_({ 'cfm/enabled': 'true' }, { cfm: true }),
    shownBy: [['test/engine/cfm.test.ts', '']],
  },
];
