/** What each leaf of sluice-observation does (../coverage.ts). */
import type { LeafEffect } from '../coverage.ts';
import { INTERFACE } from '../interfaces/model.ts';
import { OBSERVATION_POINT } from './feature.ts';

const O = `${OBSERVATION_POINT}[name='o']`;
const of = (columns: Record<string, string>, gives: Record<string, unknown>) =>
  ({
    set: { [`${INTERFACE}[name='p']/ietf-ip:ipv4`]: {}, [O]: { port: 'p', device: 'o0', ...columns } },
    object: '19:o',
    gives,
  }) as const;
const at = (element: string, value: string, gives: Record<string, unknown>) =>
  ({
    set: { [`${INTERFACE}[name='p']/ietf-ip:ipv4`]: {}, [O]: { [element]: value, device: 'o0' } },
    object: '19:o',
    gives: { element: gives },
  }) as const;

const kernel = { shownBy: [['test/case/engine/kernel.case.ts', 'observation']] } as const;

export const observationEffects: readonly LeafEffect[] = [
  { leaf: `${OBSERVATION_POINT}/name`, effect: 'names the observation point', ...of({}, { name: 'o' }) },
  {
    leaf: `${OBSERVATION_POINT}/port`,
    effect: 'packets of a physical port are copied',
    ...at('port', 'p', { case: 'port', value: 'p' }),
  },
  {
    leaf: `${OBSERVATION_POINT}/logical-port`,
    effect: 'packets of a VLAN are copied',
    ...kernel,
    ...at('logical-port', 'p.10', { case: 'logicalPort', value: 'p.10' }),
  },
  {
    leaf: `${OBSERVATION_POINT}/router-interface`,
    effect: 'packets that are routed on an interface are copied',
    ...kernel,
    ...at('router-interface', 'p', { case: 'interface', value: 'p' }),
  },
  {
    leaf: `${OBSERVATION_POINT}/stage`,
    effect: 'packets that come to a stage are copied',
    ...at('stage', 'ip4-lookup', { case: 'stage', value: 'ip4-lookup' }),
  },
  {
    leaf: `${OBSERVATION_POINT}/point`,
    effect: 'whether those that come in, go out or are dropped',
    ...kernel,
    ...of({ point: 'drop' }, { point: 4 }),
  },
  {
    leaf: `${OBSERVATION_POINT}/device`,
    effect: 'the device of the kernel that the copies go to',
    ...kernel,
    ...of({}, { tap: { device: 'o0', networkNamespace: '' } }),
  },
  {
    leaf: `${OBSERVATION_POINT}/network-namespace`,
    effect: 'its network namespace',
    ...kernel,
    ...of({ 'network-namespace': 'n' }, { tap: { device: 'o0', networkNamespace: 'n' } }),
  },
  {
    leaf: `${OBSERVATION_POINT}/filter`,
    effect: 'which packets are copied',
    ...of({ filter: 'arp' }, { filter: 'arp' }),
  },
  {
    leaf: `${OBSERVATION_POINT}/snap-length`,
    effect: 'how much of each',
    ...of({ 'snap-length': '64' }, { snapLength: 64 }),
  },
  { leaf: `${OBSERVATION_POINT}/rate`, effect: 'most packets per second', ...of({ rate: '10' }, { rate: 10 }) },
  { leaf: `${OBSERVATION_POINT}/sampling`, effect: 'one of so many', ...of({ sampling: '8' }, { sampling: 8 }) },
];
