/** What each leaf of sluice-policers does (../coverage.ts). */
import type { LeafEffect } from '../coverage.ts';
import { INTERFACE } from '../interfaces/model.ts';
import { POLICER, POLICING } from './model.ts';

const M = `${POLICER}[name='m']`;
const rates = { 'committed-rate': '1000000', 'committed-burst': '10000' };
const given = (more: Record<string, string>, gives: Record<string, unknown>) =>
  ({ set: { [M]: { ...rates, ...more } }, object: '16:m', gives }) as const;
const LO = `${INTERFACE}[name='lo']`;
const onInterface = (leaf: string, gives: Record<string, unknown>) =>
  ({
    set: {
      [M]: rates,
      [LO]: { type: 'iana-if-type:softwareLoopback', [`sluice-policers:policing/${leaf}`]: 'm' },
      [`${LO}/ietf-ip:ipv4`]: {},
    },
    object: '11:lo',
    gives,
  }) as const;

export const policerEffects: readonly LeafEffect[] = [
  { leaf: `${POLICER}/name`, effect: 'names the policer', ...given({}, { name: 'm' }) },
  {
    leaf: `${POLICER}/committed-rate`,
    effect: 'the rate up to which packets are green',
    ...given({}, { committedRate: 1000000n, peakRate: 0n }),
  },
  {
    leaf: `${POLICER}/committed-burst`,
    effect: 'what may come at once and be green',
    ...given({}, { committedBurst: 10000n, peakBurst: 0n }),
  },
  {
    leaf: `${POLICER}/excess-burst`,
    effect: 'what may come at once beyond that and be yellow (RFC 2697)',
    ...given({ 'excess-burst': '5000' }, { peakRate: 0n, peakBurst: 5000n }),
  },
  {
    leaf: `${POLICER}/peak-rate`,
    effect: 'the rate up to which packets are yellow (RFC 2698)',
    ...given({ 'peak-rate': '2000000', 'peak-burst': '20000' }, { peakRate: 2000000n }),
  },
  {
    leaf: `${POLICER}/peak-burst`,
    effect: 'what may come at once and not be red',
    ...given({ 'peak-rate': '2000000', 'peak-burst': '20000' }, { peakBurst: 20000n }),
  },
  {
    leaf: `${POLICER}/color-aware`,
    effect: 'packets keep a worse colour that they came with, by the drop precedence of their DSCP',
    ...given({ 'color-aware': 'true' }, { colorAware: true }),
  },
  {
    leaf: `${POLICER}/yellow/action`,
    effect: 'what becomes of yellow packets',
    ...given({ 'yellow/action': 'drop' }, { yellow: { drop: true, dscp: -1 }, red: { drop: true, dscp: -1 } }),
  },
  {
    leaf: `${POLICER}/yellow/dscp`,
    effect: 'the DSCP that yellow packets get',
    ...given({ 'yellow/action': 'mark', 'yellow/dscp': '12' }, { yellow: { drop: false, dscp: 12 } }),
  },
  {
    leaf: `${POLICER}/red/action`,
    effect: 'what becomes of red packets',
    ...given({ 'red/action': 'transmit' }, { red: { drop: false, dscp: -1 } }),
  },
  {
    leaf: `${POLICER}/red/dscp`,
    effect: 'the DSCP that red packets get',
    ...given({ 'red/action': 'mark', 'red/dscp': '0' }, { red: { drop: false, dscp: 0 } }),
  },
  {
    leaf: `${POLICING}/ingress`,
    effect: 'holds what comes in by an interface that routes to a rate',
    ...onInterface('ingress', { policerIn: 'm', policerOut: '' }),
  },
  {
    leaf: `${POLICING}/egress`,
    effect: 'holds what leaves by it to a rate',
    ...onInterface('egress', { policerIn: '', policerOut: 'm' }),
  },
];
