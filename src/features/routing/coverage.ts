/** What each leaf of ietf-routing, its families and sluice-routing does (../coverage.ts). */
import type { LeafEffect } from '../coverage.ts';
import { PROTOCOL } from './model.ts';

const STATIC = `${PROTOCOL}[type='ietf-routing:static'][name='s']`;
const RED = "/ietf-network-instance:network-instances/network-instance[name='red']";
const told = 'src/features/routing/routing.test.ts';

/** Leaves of the static routes of one family. */
function routes(version: 4 | 6): readonly LeafEffect[] {
  const module = `ietf-ipv${version}-unicast-routing:ipv${version}`;
  const prefix = version === 4 ? '198.51.100.0/24' : '2001:db8:7::/48';
  const gateway = version === 4 ? '192.0.2.1' : '2001:db8::1';
  const id = version === 4 ? '0:route default c6336400/24' : '0:route default 20010db8000700000000000000000000/48';
  const route = `${STATIC}/static-routes/${module}/route[destination-prefix='${prefix}']`;
  const leaf = (path: string): string => `${PROTOCOL}/static-routes/${module}/route/${path}`;
  const set = { [STATIC]: {}, [route]: { 'next-hop/next-hop-address': gateway } };
  const shared = [[told, 'routes with equal next hops']] as const;
  const lists = [[told, 'lists are one group']] as const;
  return [
    {
      leaf: leaf('destination-prefix'),
      effect: 'a route to this prefix',
      set,
      object: id,
      gives: { vrf: 'default', 'set.0.preference': 1 },
      shownBy: shared,
    },
    { leaf: leaf('description'), effect: 'a text for people', set, object: id, gives: { vrf: 'default' } },
    {
      leaf: leaf('sluice-routing:preference'),
      effect: 'of the routes to one prefix that several know, that with the lowest preference is active',
      set: { ...set, [route]: { 'next-hop/next-hop-address': gateway, 'sluice-routing:preference': '9' } },
      object: id,
      gives: { 'set.0.preference': 9 },
    },
    {
      leaf: leaf('next-hop/outgoing-interface'),
      effect: 'the interface that packets leave by; without an address the destination itself is the neighbour',
      shownBy: [[told, 'routes by an interface']],
    },
    {
      leaf: leaf('next-hop/next-hop-address'),
      effect: 'the next router; without an interface it is found by the routes',
      shownBy: shared,
    },
    {
      leaf: leaf('next-hop/special-next-hop'),
      effect: 'packets are dropped, refused with ICMP, or for the router itself',
      shownBy: [[told, 'routes are in the VRF']],
    },
    {
      leaf: leaf('next-hop/next-hop-list/next-hop/index'),
      effect: 'one of several next hops that share the flows',
      shownBy: lists,
    },
    { leaf: leaf('next-hop/next-hop-list/next-hop/outgoing-interface'), effect: 'its interface', shownBy: lists },
    { leaf: leaf('next-hop/next-hop-list/next-hop/next-hop-address'), effect: 'its address', shownBy: lists },
    {
      leaf: leaf('next-hop/next-hop-list/next-hop/sluice-routing:weight'),
      effect: 'its share of the flows',
      shownBy: lists,
    },
  ];
}

export const routingEffects: readonly LeafEffect[] = [
  {
    leaf: `${PROTOCOL}/type`,
    effect: 'ietf-routing:static: routes by configuration; others are refused',
    shownBy: [[told, 'and other protocols']],
  },
  {
    leaf: `${PROTOCOL}/name`,
    effect: 'names the protocol',
    shownBy: [[told, 'check refuses a second static protocol']],
  },
  { leaf: `${PROTOCOL}/description`, effect: 'a text for people', shownBy: [[told, 'routes are in the VRF']] },
  {
    leaf: `${PROTOCOL}/sluice-routing:network-instance`,
    effect: 'the VRF of its routes',
    set: {
      [RED]: {},
      [STATIC]: { 'sluice-routing:network-instance': 'red' },
      [`${STATIC}/static-routes/ietf-ipv4-unicast-routing:ipv4/route[destination-prefix='198.51.100.0/24']`]: {
        'next-hop/special-next-hop': 'blackhole',
      },
    },
    object: '0:route red c6336400/24',
    gives: { vrf: 'red' },
  },
  ...routes(4),
  ...routes(6),
];
