/** What each leaf of the container e-lmi does (../coverage.ts). */
import type { LeafEffect } from '../coverage.ts';
import { CE_NOTIFICATION } from './model.ts';

const P = `${CE_NOTIFICATION}[port='p']`;
const evc = `${P}/e-lmi/evc[reference-id='1']`;
const object = '6:p';
const shownBy = [['test/engine/e-lmi.test.ts', '']] as const;

/** An entry with E-LMI and one EVC, with these columns of both, and what `eLmi` then holds. */
const effect = (
  leaf: string,
  says: string,
  columns: Readonly<Record<string, string>>,
  evcColumns: Readonly<Record<string, string>>,
  gives: Readonly<Record<string, unknown>>,
  rows: Readonly<Record<string, Readonly<Record<string, string>>>> = {},
): LeafEffect => ({
  leaf: `${CE_NOTIFICATION}/e-lmi/${leaf}`,
  effect: says,
  set: {
    [P]: {
      'e-lmi/enabled': 'true',
      ...Object.fromEntries(Object.entries(columns).map(([name, value]) => [`e-lmi/${name}`, value])),
    },
    [evc]: { id: 'blue', ...evcColumns },
    ...rows,
  },
  object,
  gives: Object.fromEntries(Object.entries(gives).map(([name, value]) => [`eLmi.${name}`, value])),
  shownBy,
});

const profile = [
  ['committed-rate', 'committed rate that the CE is told of', '5000', 'cir', 5000n],
  ['committed-burst', 'committed burst that the CE is told of', '12', 'cbs', 12n],
  ['excess-rate', 'excess rate that the CE is told of', '7000', 'eir', 7000n],
  ['excess-burst', 'excess burst that the CE is told of', '13', 'ebs', 13n],
  ['coupling', 'coupling flag of the profile', 'true', 'coupling', true],
  ['color-aware', 'color mode of the profile', 'true', 'colorAware', true],
] as const;

export const eLmiEffects: readonly LeafEffect[] = [
  effect('enabled', 'E-LMI with the CE', {}, {}, { enabled: true, mapType: 3, pollingVerificationOff: false }),
  effect('uni-id', 'identifier of the UNI', { 'uni-id': 'here' }, {}, { uniId: 'here' }),
  effect('map-type', 'how VLANs map to EVCs', { 'map-type': 'service-multiplexing' }, {}, { mapType: 2 }),
  effect(
    'polling-verification',
    'whether a CE that does not ask is an error',
    { 'polling-verification': 'false' },
    {},
    { pollingVerificationOff: true },
  ),
  effect(
    'polling-verification-timer',
    'T392',
    { 'polling-verification-timer': '25' },
    {},
    { pollingVerificationSeconds: 25 },
  ),
  effect(
    'polling-timer',
    'T391 of the CE: the distance of asynchronous frames',
    { 'polling-timer': '5' },
    {},
    {
      pollingSeconds: 5,
    },
  ),
  effect('status-counter', 'N393', { 'status-counter': '2' }, {}, { statusCounter: 2 }),
  ...profile.map(([leaf, says, value, name, gives]) =>
    effect(
      `bandwidth-profile/${leaf}`,
      says,
      {},
      {},
      { [`bandwidth.${name}`]: gives },
      {
        [`${P}/e-lmi/bandwidth-profile`]: { [leaf]: value },
      },
    ),
  ),
  effect('evc/reference-id', 'an EVC', {}, {}, { 'evcs.0.referenceId': 1 }),
  effect('evc/id', 'its identifier', {}, { id: 'green' }, { 'evcs.0.id': 'green' }),
  effect('evc/type', 'its type', {}, { type: 'multipoint-to-multipoint' }, { 'evcs.0.multipoint': true }),
  effect(
    'evc/vlan-id',
    'VLANs that belong to it',
    {},
    {},
    { 'evcs.0.vlans': [7, 10] },
    {
      [`${evc}/vlan-id[.='10']`]: {},
      [`${evc}/vlan-id[.='7']`]: {},
    },
  ),
  effect('evc/untagged', 'untagged frames belong to it', {}, { untagged: 'true' }, { 'evcs.0.untagged': true }),
  effect(
    'evc/default-evc',
    'so do VLANs that no EVC names',
    {},
    { 'default-evc': 'true' },
    {
      'evcs.0.defaultEvc': true,
    },
  ),
  ...profile.map(([leaf, says, value, name, gives]) =>
    effect(
      `evc/bandwidth-profile/${leaf}`,
      says,
      {},
      {},
      { [`evcs.0.bandwidth.${name}`]: gives },
      {
        [`${evc}/bandwidth-profile`]: { [leaf]: value },
      },
    ),
  ),
];
