/** What each leaf of sluice-evpn does (../../coverage.ts), but those of BFD (../coverage.ts). */
import type { LeafEffect } from '../../coverage.ts';
import { PROVIDER_EDGE, SEGMENT } from '../model.ts';

const BGP = `${PROVIDER_EDGE}/sluice-evpn:bgp`;
const EVPN = `${SEGMENT}/sluice-evpn:evpn`;

const shown = (path: string, effect: string): LeafEffect => ({
  leaf: path,
  effect,
  shownBy: [['src/features/ethernet-segments/evpn/model.test.ts', 'every leaf of sluice-evpn']],
});

export const evpnEffects: readonly LeafEffect[] = [
  shown(`${BGP}/as`, 'AS of this PE'),
  shown(`${BGP}/identifier`, 'BGP identifier, and that of route distinguishers'),
  shown(`${BGP}/local-port`, 'the port where neighbors connect to'),
  shown(`${BGP}/neighbor/remote-address`, 'whom there is a BGP session with'),
  shown(`${BGP}/neighbor/enabled`, 'whether there is to be a session'),
  shown(`${BGP}/neighbor/peer-as`, 'AS of the neighbor'),
  shown(`${BGP}/neighbor/timers/hold-time`, 'the hold time that is proposed'),
  shown(`${BGP}/neighbor/timers/connect-retry-interval`, 'before a connection is tried again'),
  shown(`${BGP}/neighbor/transport/passive-mode`, 'whether the neighbor connects'),
  shown(`${BGP}/neighbor/transport/remote-port`, 'the port where this PE connects to'),
  shown(`${BGP}/foreign-peer/address`, 'a foreign PE that BFD says the liveness of'),
  shown(`${EVPN}/rd-suffix`, "route distinguisher of the whole segment's routes"),
  shown(`${EVPN}/expected-peer`, 'foreign PEs that the start waits for'),
  shown(`${EVPN}/foreign-settle-time`, 'how long a foreign PE may forward what it is no longer elected for'),
  shown(`${EVPN}/evpn-instance/evi`, 'an EVPN instance'),
  shown(`${EVPN}/evpn-instance/service-interface-type`, 'the Ethernet tag of its VLANs: 0, or the VLAN'),
  shown(`${EVPN}/evpn-instance/vlan`, 'its VLANs'),
  shown(`${EVPN}/evpn-instance/rd-suffix`, 'its route distinguisher'),
  shown(`${EVPN}/evpn-instance/route-target`, 'what its routes are exported with and imported by'),
  shown(`${EVPN}/evpn-instance/label`, 'the label in its routes'),
];
