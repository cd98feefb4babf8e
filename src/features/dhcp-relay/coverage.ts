/** What each leaf of sluice-dhcp-relay does (../coverage.ts). */
import type { LeafEffect } from '../coverage.ts';
import { INTERFACE } from '../interfaces/model.ts';
import { RELAY } from './feature.ts';

const P = `${INTERFACE}[name='p']`;
const ROW = `${P}/sluice-dhcp-relay:dhcp-relay`;
const RED = "/ietf-network-instance:network-instances/network-instance[name='red']";
const of = (columns: Record<string, string>, gives: Record<string, unknown>) =>
  ({
    set: { [P]: {}, [`${P}/ietf-ip:ipv4`]: {}, [RED]: {}, [ROW]: columns, [`${ROW}/server[.='192.0.2.53']`]: {} },
    object: '18:p',
    gives,
  }) as const;

export const dhcpRelayEffects: readonly LeafEffect[] = [
  {
    leaf: `${RELAY}/server`,
    effect: 'a server that requests of the clients are sent to',
    ...of({}, { interface: 'p', servers: [Uint8Array.of(192, 0, 2, 53)], maxHops: 10 }),
  },
  {
    leaf: `${RELAY}/server-network-instance`,
    effect: 'the VRF of the servers',
    ...of({ 'server-network-instance': 'red' }, { serverVrf: 'red' }),
  },
  {
    leaf: `${RELAY}/circuit-id`,
    effect: 'what option 82 says of the place',
    ...of({ 'circuit-id': 'c' }, { circuitId: 'c' }),
  },
  {
    leaf: `${RELAY}/remote-id`,
    effect: "what option 82 says of the client's side",
    ...of({ 'remote-id': 'r' }, { remoteId: 'r' }),
  },
  {
    leaf: `${RELAY}/max-hops`,
    effect: 'relays that a request may have passed',
    ...of({ 'max-hops': '4' }, { maxHops: 4 }),
  },
];
