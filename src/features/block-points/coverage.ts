/** What each leaf of sluice-block-points does (../coverage.ts). */
import type { LeafEffect } from '../coverage.ts';
import { BLOCK_POINT } from './model.ts';

const shown = {
  set: { [`${BLOCK_POINT}[port='p'][vlan-id='10']`]: {} },
  object: '5:p/10',
  gives: { port: 'p', vid: 10, cause: 1 },
  shownBy: [
    ['test/case/block-point/isolation.case.ts', ''],
    ['test/case/engine/block-points.case.ts', ''],
  ],
} as const;

export const blockPointEffects: readonly LeafEffect[] = [
  { leaf: `${BLOCK_POINT}/port`, effect: 'the port on which a VLAN is blocked, both ways', ...shown },
  { leaf: `${BLOCK_POINT}/vlan-id`, effect: 'the VLAN that is blocked; others are not touched', ...shown },
];
