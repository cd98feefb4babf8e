/** What each leaf of sluice-mirrors does (../coverage.ts). */
import type { LeafEffect } from '../coverage.ts';
import { INTERFACE } from '../interfaces/model.ts';
import { MIRROR } from './model.ts';

const shownBy = [['test/engine/mirror.test.ts', 'a mirror copies a port']] as const;
const rows = (leaves: Readonly<Record<string, string>>) => ({
  [`${INTERFACE}[name='q']`]: { 'sluice-interfaces:port/ring': 'r' },
  [`${MIRROR}[name='m']`]: { source: 'p', destination: 'q', ...leaves },
});
const gives = { name: 'm', source: { case: 'port', value: 'p' }, direction: 3, destinationPort: 'q' };
const shown = { set: rows({}), object: '9:m', gives, shownBy } as const;

export const mirrorEffects: readonly LeafEffect[] = [
  { leaf: `${MIRROR}/name`, effect: 'names the mirror', ...shown },
  {
    leaf: `${MIRROR}/source`,
    effect: 'the port, bundle or sub-interface whose frames are copied',
    ...shown,
    set: rows({ source: 'p.10' }),
    gives: { source: { case: 'logicalPort', value: 'p.10' } },
  },
  {
    leaf: `${MIRROR}/direction`,
    effect: 'frames received, sent, or both',
    ...shown,
    set: rows({ direction: 'egress' }),
    gives: { direction: 2 },
  },
  { leaf: `${MIRROR}/destination`, effect: 'the port that the copies leave by', ...shown },
];
