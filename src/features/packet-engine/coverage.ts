/** What each leaf of sluice-forwarding does (../coverage.ts). */
import type { LeafEffect } from '../coverage.ts';
import { FORWARDING } from './feature.ts';

const set = (leaf: string, value: string, gives: Record<string, unknown>) =>
  ({ set: { [FORWARDING]: { [leaf]: value } }, object: '7:', gives }) as const;

export const packetEngineEffects: readonly LeafEffect[] = [
  {
    leaf: `${FORWARDING}/mac-limit`,
    effect: 'most addresses learned in all bridge domains',
    ...set('mac-limit', '1000', { macLimit: 1000 }),
  },
  {
    leaf: `${FORWARDING}/neighbor-limit`,
    effect: 'most neighbours on all interfaces',
    ...set('neighbor-limit', '1000', { neighbourLimit: 1000 }),
  },
  {
    leaf: `${FORWARDING}/flow-cache/enabled`,
    effect: 'whether packets of known flows skip the stages',
    ...set('flow-cache/enabled', 'false', { flowCacheOff: true }),
  },
  {
    leaf: `${FORWARDING}/flow-cache/flow-limit`,
    effect: 'most flows that each worker keeps',
    ...set('flow-cache/flow-limit', '2048', { flowLimit: 2048 }),
  },
];
