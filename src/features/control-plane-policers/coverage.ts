/** What each leaf of sluice-control-plane-policers does (../coverage.ts). */
import type { LeafEffect } from '../coverage.ts';
import { POLICER } from './feature.ts';

const shown = {
  set: { [`${POLICER}[class='arp']`]: { 'packets-per-second': '500', burst: '50' } },
  object: '20:arp',
  gives: { class: 'arp', packetsPerSecond: 500, burst: 50 },
} as const;

export const controlPlanePolicerEffects: readonly LeafEffect[] = [
  { leaf: `${POLICER}/class`, effect: 'a class of packets for the router itself', ...shown },
  { leaf: `${POLICER}/packets-per-second`, effect: 'how many of them it takes', ...shown },
  { leaf: `${POLICER}/burst`, effect: 'how many may come at once', ...shown },
];
