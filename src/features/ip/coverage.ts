/** What each leaf of ietf-ip, ietf-network-instance and sluice-ip does (../coverage.ts). */
import type { LeafEffect } from '../coverage.ts';
import { INTERFACE } from '../interfaces/model.ts';
import { IPV4, IPV6, NETWORK_INSTANCE, OPTIONS } from './model.ts';

const Q = `${INTERFACE}[name='lo']`;
const VRF = `${NETWORK_INSTANCE}[name='red']`;
const V4 = `${Q}/ietf-ip:ipv4`;
const V6 = `${Q}/ietf-ip:ipv6`;
const loopback = { type: 'iana-if-type:softwareLoopback' };
const base = { [Q]: loopback, [V4]: {}, [V6]: {} };
const address4 = { [`${V4}/address[ip='192.0.2.1']`]: { 'prefix-length': '32' } };
const address6 = { [`${V6}/address[ip='2001:db8::1']`]: { 'prefix-length': '128' } };
/** Neighbours are those of a port. */
const P = `${INTERFACE}[name='p']`;
const neighbour4 = {
  set: {
    [`${P}/ietf-ip:ipv4`]: {},
    [`${P}/ietf-ip:ipv4/neighbor[ip='192.0.2.9']`]: { 'link-layer-address': '02:00:00:00:00:09' },
  },
  object: '13:p/192.0.2.9',
  gives: { interface: 'p', address: Uint8Array.of(192, 0, 2, 9), mac: Uint8Array.of(2, 0, 0, 0, 0, 9) },
} as const;
const neighbour6 = {
  set: {
    [`${P}/ietf-ip:ipv6`]: {},
    [`${P}/ietf-ip:ipv6/neighbor[ip='fe80::9']`]: { 'link-layer-address': '02:00:00:00:00:09' },
  },
  object: '13:p/fe80::9',
  gives: { interface: 'p', mac: Uint8Array.of(2, 0, 0, 0, 0, 9) },
} as const;
const option = (leaf: string, value: string, gives: Record<string, unknown>) =>
  ({
    set: { ...base, [Q]: { ...loopback, [`sluice-ip:ip-options/${leaf}`]: value } },
    object: '11:lo',
    gives,
  }) as const;
const tap = {
  set: { ...base, [`${Q}/sluice-ip:ip-options/tap`]: { device: 'lo0', 'network-namespace': 'fast' } },
  object: '11:lo',
  gives: { tap: { device: 'lo0', networkNamespace: 'fast' } },
} as const;

export const ipEffects: readonly LeafEffect[] = [
  {
    leaf: `${IPV4}/enabled`,
    effect: 'whether IPv4 is routed on the interface',
    set: { ...base, [V4]: { enabled: 'false' }, ...address4 },
    object: '11:lo',
    gives: { ipv4: false, ipv6: true, addresses: [] },
  },
  {
    leaf: `${IPV4}/forwarding`,
    effect: 'true: the router routes wherever IPv4 is enabled; false is refused',
    shownBy: [['src/features/ip/ip.test.ts', 'forwarding']],
  },
  {
    leaf: `${IPV4}/mtu`,
    effect: 'the longest IP packet, of both families',
    set: { ...base, [V4]: { mtu: '1400' }, [V6]: { mtu: '1400' } },
    object: '11:lo',
    gives: { mtu: 1400 },
  },
  {
    leaf: `${IPV4}/address/ip`,
    effect: 'an address of the router',
    set: { ...base, ...address4 },
    object: '11:lo',
    gives: { addresses: [{ address: Uint8Array.of(192, 0, 2, 1), prefixLength: 32 }] },
  },
  {
    leaf: `${IPV4}/address/prefix-length`,
    effect: 'the subnet of the address, which is reached by the interface',
    set: { ...base, [`${V4}/address[ip='192.0.2.1']`]: { 'prefix-length': '24' } },
    object: '11:lo',
    gives: { addresses: [{ address: Uint8Array.of(192, 0, 2, 1), prefixLength: 24 }] },
  },
  { leaf: `${IPV4}/neighbor/ip`, effect: 'a neighbour that need not be asked for', ...neighbour4 },
  { leaf: `${IPV4}/neighbor/link-layer-address`, effect: 'its MAC address', ...neighbour4 },
  {
    leaf: `${IPV4}/sluice-ip:unicast-rpf`,
    effect: 'IPv4 packets whose source is not reachable are dropped',
    set: { ...base, [V4]: { 'sluice-ip:unicast-rpf': 'strict' } },
    object: '11:lo',
    gives: { urpfIpv4: 1, urpfIpv6: 0 },
  },
  {
    leaf: `${IPV6}/enabled`,
    effect: 'whether IPv6 is routed on the interface',
    set: { ...base, [V6]: { enabled: 'false' }, ...address6 },
    object: '11:lo',
    gives: { ipv4: true, ipv6: false, addresses: [] },
  },
  {
    leaf: `${IPV6}/forwarding`,
    effect: 'true: the router routes wherever IPv6 is enabled; false is refused',
    shownBy: [['src/features/ip/ip.test.ts', 'forwarding']],
  },
  {
    leaf: `${IPV6}/mtu`,
    effect: 'the longest IP packet, of both families',
    set: { [Q]: loopback, [V6]: { mtu: '1300' } },
    object: '11:lo',
    gives: { mtu: 1300 },
  },
  {
    leaf: `${IPV6}/address/ip`,
    effect: 'an address of the router',
    set: { ...base, ...address6 },
    object: '11:lo',
    gives: { 'addresses.0.prefixLength': 128 },
  },
  {
    leaf: `${IPV6}/address/prefix-length`,
    effect: 'the subnet of the address, which is reached by the interface',
    set: { ...base, [`${V6}/address[ip='2001:db8::1']`]: { 'prefix-length': '64' } },
    object: '11:lo',
    gives: { 'addresses.0.prefixLength': 64 },
  },
  { leaf: `${IPV6}/neighbor/ip`, effect: 'a neighbour that need not be asked for', ...neighbour6 },
  { leaf: `${IPV6}/neighbor/link-layer-address`, effect: 'its MAC address', ...neighbour6 },
  {
    leaf: `${IPV6}/dup-addr-detect-transmits`,
    effect: 'how often it is asked whether another station has an address, before it is used; 0: not at all',
    set: { ...base, [V6]: { 'dup-addr-detect-transmits': '3' } },
    object: '11:lo',
    gives: { dadTransmits: 3 },
  },
  {
    leaf: `${IPV6}/sluice-ip:unicast-rpf`,
    effect: 'IPv6 packets whose source is not reachable are dropped',
    set: { ...base, [V6]: { 'sluice-ip:unicast-rpf': 'loose' } },
    object: '11:lo',
    gives: { urpfIpv4: 0, urpfIpv6: 2 },
  },
  {
    leaf: `${INTERFACE}/ietf-network-instance:bind-ni-name`,
    effect: 'the VRF that the interface is in',
    set: { ...base, [VRF]: {}, [Q]: { ...loopback, 'ietf-network-instance:bind-ni-name': 'red' } },
    object: '11:lo',
    gives: { vrf: 'red' },
  },
  {
    leaf: `${INTERFACE}/sluice-ip:bridge-domain`,
    effect: 'the bridge domain that the router has a port in',
    set: {
      ...base,
      [Q]: { type: 'iana-if-type:l3ipvlan', 'sluice-ip:bridge-domain': 'x' },
    },
    object: '11:lo',
    gives: { attachment: { case: 'bridgeDomain', value: 'x' } },
  },
  {
    leaf: `${OPTIONS}/mac-address`,
    effect: 'the MAC address of the router on the interface',
    ...option('mac-address', '02:00:00:00:00:77', { mac: Uint8Array.of(2, 0, 0, 0, 0, 0x77) }),
  },
  {
    leaf: `${OPTIONS}/neighbor-limit`,
    effect: 'most neighbours on the interface',
    ...option('neighbor-limit', '7', { neighbourLimit: 7 }),
  },
  {
    leaf: `${OPTIONS}/neighbor-reachable-time`,
    effect: 'when a neighbour is asked again',
    ...option('neighbor-reachable-time', '9', { neighbourReachableSeconds: 9 }),
  },
  {
    leaf: `${OPTIONS}/icmp-redirects`,
    effect: 'whether senders are told of a better next hop on their link',
    ...option('icmp-redirects', 'false', { icmpRedirectsOff: true }),
  },
  {
    leaf: `${OPTIONS}/icmp-unreachables`,
    effect: 'whether senders are told that a packet could not be delivered',
    ...option('icmp-unreachables', 'false', { icmpUnreachablesOff: true }),
  },
  {
    leaf: `${OPTIONS}/tap/device`,
    effect: 'a device by which the kernel takes part in the interface',
    shownBy: [['test/case/engine/kernel.case.ts', 'kernel-tap']],
    ...tap,
  },
  {
    leaf: `${OPTIONS}/tap/network-namespace`,
    effect: 'the network namespace of that device',
    shownBy: [['test/case/engine/kernel.case.ts', 'kernel-tap']],
    ...tap,
  },
  {
    leaf: `${NETWORK_INSTANCE}/name`,
    effect: 'names a VRF; that of the name default holds the interfaces that are bound to none',
    set: { [VRF]: {} },
    object: '10:red',
    gives: { name: 'red' },
  },
  {
    leaf: `${NETWORK_INSTANCE}/enabled`,
    effect: 'the interfaces of a network instance that is not enabled neither receive nor send',
    set: {
      ...base,
      [VRF]: { enabled: 'false' },
      [Q]: { ...loopback, 'ietf-network-instance:bind-ni-name': 'red' },
    },
    object: '11:lo',
    gives: { enabled: false },
  },
  {
    leaf: `${NETWORK_INSTANCE}/description`,
    effect: 'a text for people',
    set: { [VRF]: { description: 'text' } },
    object: '10:red',
    gives: { name: 'red' },
  },
  {
    leaf: `${NETWORK_INSTANCE}/sluice-ip:route-limit`,
    effect: 'most routes of the VRF',
    set: { [VRF]: { 'sluice-ip:route-limit': '1000' } },
    object: '10:red',
    gives: { routeLimit: 1000 },
  },
];
