/** What each leaf of ietf-vrrp does (../coverage.ts). */
import type { LeafEffect } from '../coverage.ts';
import { INTERFACE } from '../interfaces/model.ts';
import { INSTANCE_4, INSTANCE_6 } from './model.ts';

const P = `${INTERFACE}[name='p']`;
const LO = `${INTERFACE}[name='lo']`;

function instance(version: 4 | 6): readonly LeafEffect[] {
  const path = version === 4 ? INSTANCE_4 : INSTANCE_6;
  const family = `${P}/ietf-ip:ipv${version}`;
  const router = `${family}/ietf-vrrp:vrrp/vrrp-instance[vrid='7']`;
  const address = version === 4 ? '192.0.2.254' : 'fe80::254';
  const addresses = `virtual-ipv${version}-addresses/virtual-ipv${version}-address`;
  const base = {
    [LO]: { type: 'iana-if-type:softwareLoopback' },
    [`${LO}/ietf-ip:ipv${version}`]: {},
    [family]: {},
    [router]: { version: 'ietf-vrrp:vrrp-v3' },
    [`${router}/${addresses}[ipv${version}-address='${address}']`]: {},
  };
  const object = `17:p/ipv${version}/7`;
  const set = (leaf: string, value: string, gives: Record<string, unknown>): Omit<LeafEffect, 'leaf' | 'effect'> => ({
    set: { ...base, [router]: { version: 'ietf-vrrp:vrrp-v3', [leaf]: value } },
    object,
    gives,
  });
  const tracked = `${router}/track/interfaces/interface[interface='lo']`;
  const track = {
    set: { ...base, [tracked]: { 'priority-decrement': '20' } },
    object,
    gives: { tracks: [{ interface: 'lo', priorityDecrement: 20 }] },
  };
  return [
    {
      leaf: `${path}/vrid`,
      effect: 'identifier of the virtual router',
      set: base,
      object,
      gives: { vrid: 7, interface: 'p' },
    },
    { leaf: `${path}/version`, effect: 'vrrp-v3; version 2 is refused', set: base, object, gives: { vrid: 7 } },
    {
      leaf: `${path}/preempt/enabled`,
      effect: 'whether it takes over from a master of a lower priority',
      ...set('preempt/enabled', 'false', { preemptOff: true }),
    },
    {
      leaf: `${path}/preempt/hold-time`,
      effect: 'how long it waits before',
      ...set('preempt/hold-time', '30', { preemptHoldSeconds: 30 }),
    },
    { leaf: `${path}/priority`, effect: 'who becomes master', ...set('priority', '200', { priority: 200 }) },
    {
      leaf: `${path}/accept-mode`,
      effect: 'whether it answers on the virtual address',
      ...set('accept-mode', 'true', { accept: true }),
    },
    {
      leaf: `${path}/advertise-interval-centi-sec`,
      effect: 'how often a master advertises itself',
      ...set('advertise-interval-centi-sec', '50', { advertiseInterval: 50 }),
    },
    {
      leaf: `${path}/track/interfaces/interface/interface`,
      effect: 'an interface whose loss lowers the priority',
      ...track,
    },
    { leaf: `${path}/track/interfaces/interface/priority-decrement`, effect: 'by how much', ...track },
    {
      leaf: `${path}/${addresses}/ipv${version}-address`,
      effect: 'an address of the virtual router; one of the interface itself is owned, with priority 255',
      set: base,
      object,
      gives: { priority: 100, 'addresses.length': 1 },
    },
  ];
}

export const vrrpEffects: readonly LeafEffect[] = [...instance(4), ...instance(6)];
