/** What each leaf of sluice-ce-notification does (../coverage.ts). */
import type { LeafEffect } from '../coverage.ts';
import { eLmiEffects } from './e-lmi-coverage.ts';
import { CE_NOTIFICATION } from './model.ts';

const P = `${CE_NOTIFICATION}[port='p']`;
const base = { [P]: {} };
const object = '6:p';
const onTheWire = [['test/case/block-point/ce-notification.case.ts', '']] as const;

const timing = [['test/case/engine/notification.case.ts', 'notification-timing']] as const;

/** Methods with a peer, by the engine alone. */
const onOneEngine = [['test/engine/ce-methods.test.ts', '']] as const;

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
      mvrp: { enabled: false, offsetsMs: [0, 200, 1000], providerAddress: false, registration: 0, periodicOff: false },
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
    leaf: `${CE_NOTIFICATION}/mvrp/registration`,
    effect: 'what the CE’s declarations do to the registrars',
    ...with_({ 'mvrp/registration': 'normal' }, { 'mvrp.registration': 2 }),
    shownBy: onOneEngine,
  },
  {
    leaf: `${CE_NOTIFICATION}/mvrp/periodic`,
    effect: 'whether declarations are sent again every second',
    ...with_({ 'mvrp/periodic': 'false' }, { 'mvrp.periodicOff': true }),
    shownBy: onOneEngine,
  },
  {
    leaf: `${CE_NOTIFICATION}/stp-tc/enabled`,
    effect: 'a topology change BPDU on release',
    ...with_(
      { 'stp-tc/enabled': 'true' },
      { 'stpTc.enabled': true, 'stpTc.kind': 0, 'stpTc.offsetsMs': [0, 200, 1000] },
    ),
    shownBy: onOneEngine,
  },
  {
    leaf: `${CE_NOTIFICATION}/stp-tc/bpdu`,
    effect: 'TCN or RST BPDU',
    ...with_({ 'stp-tc/enabled': 'true', 'stp-tc/bpdu': 'rst' }, { 'stpTc.kind': 1 }),
    shownBy: onOneEngine,
  },
  {
    leaf: `${CE_NOTIFICATION}/stp-tc/offset`,
    effect: 'when it is sent',
    set: { [P]: { 'stp-tc/enabled': 'true' }, [`${P}/stp-tc/offset[.='5']`]: {} },
    object,
    gives: { 'stpTc.offsetsMs': [5] },
    shownBy: onOneEngine,
  },
  ...eLmiEffects,
  ...(['lacp', 'carrier'] as const).flatMap((method) => [
    {
      leaf: `${CE_NOTIFICATION}/${method}/enabled`,
      effect:
        method === 'lacp'
          ? 'links out of synchronization while all VLANs of the port are blocked'
          : 'no carrier while all VLANs of the port are blocked',
      ...with_({ [`${method}/enabled`]: 'true' }, { [`${method}.enabled`]: true, [`${method}.holdMs`]: 1000 }),
      shownBy: onOneEngine,
    },
    {
      leaf: `${CE_NOTIFICATION}/${method}/hold-time`,
      effect: 'for how long they have been before that',
      ...with_({ [`${method}/enabled`]: 'true', [`${method}/hold-time`]: '5' }, { [`${method}.holdMs`]: 5 }),
      shownBy: onOneEngine,
    },
  ]),
  {
    leaf: `${CE_NOTIFICATION}/cfm/enabled`,
    effect: 'the port status of the VLAN’s MEP, on release and block',
    ...with_({ 'cfm/enabled': 'true' }, { cfm: true }),
    shownBy: [['test/engine/cfm.test.ts', '']],
  },
];
