/** What each leaf of sluice-cross-connects does (../coverage.ts). */
import type { LeafEffect } from '../coverage.ts';
import { INTERFACE } from '../interfaces/model.ts';
import { CROSS_CONNECT } from './model.ts';

const X = `${CROSS_CONNECT}[name='c']`;
const SUB = `${INTERFACE}[name='p.20']`;
const shown = {
  set: {
    [SUB]: {
      type: 'iana-if-type:l2vlan',
      'sluice-interfaces:parent-interface': 'p',
      'sluice-interfaces:encapsulation/outer-vlan-id': '20',
    },
    [X]: { 'interface-a': 'p', 'interface-b': 'p.20' },
  },
  object: '8:c',
  gives: { name: 'c', logicalPortA: 'p', logicalPortB: 'p.20' },
  shownBy: [['test/case/engine/cross-connects.case.ts', 'cross-connects']],
} as const;

export const crossConnectEffects: readonly LeafEffect[] = [
  { leaf: `${CROSS_CONNECT}/name`, effect: 'names the cross-connect', ...shown },
  { leaf: `${CROSS_CONNECT}/description`, effect: 'a text for people', ...shown },
  { leaf: `${CROSS_CONNECT}/interface-a`, effect: 'sends what the other end receives', ...shown },
  { leaf: `${CROSS_CONNECT}/interface-b`, effect: 'sends what the other end receives', ...shown },
];
