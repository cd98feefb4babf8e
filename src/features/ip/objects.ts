/** The engine objects that VRFs, interfaces that route and static neighbours are. */
import type { RowKey } from '../../datastore/view/view.ts';
import { UnicastRpf as Rpf } from '../../engine/gen/sluice_pb.js';
import type { Wanted } from '../engine-plan.ts';
import type { InterfaceObjects } from '../interfaces/objects.ts';
import { objectName } from '../object-name.ts';
import { DEFAULT_VRF, type FamilyNodes, type UnicastRpf } from './model.ts';

const rpf: Record<UnicastRpf, Rpf> = { off: Rpf.URPF_OFF, strict: Rpf.URPF_STRICT, loose: Rpf.URPF_LOOSE };

/** A configured network instance, and the default one as soon as there is an interface. */
export function vrf({ view, ip, interfaces }: InterfaceObjects, name: string): Wanted | undefined {
  const found = ip.networkInstanceOf(view, name);
  const isThere = found !== undefined || (name === DEFAULT_VRF && view.has(interfaces.base, interfaces.interface));
  if (!isThere) return undefined;
  return {
    path: ip.keys.path(ip.networkInstanceKey(name)),
    operation: { case: 'setVrf', value: { name, routeLimit: found?.routeLimit ?? 0 } },
  };
}

/** Undefined: it does not route, or what it is on is not in the engine. */
export function l3Interface(objects: InterfaceObjects, name: string): Wanted | undefined {
  const { view, ip, interfaces, accessLists, policers } = objects;
  const key = interfaces.key(name);
  const found = objects.interface(name);
  const attachment = found && attachmentOf(objects, name);
  if (found === undefined || attachment === undefined) return undefined;
  const ipv4 = ip.family(view, name, ip.ipv4);
  const ipv6 = ip.family(view, name, ip.ipv6);
  const row = view.get(key);
  if ((ipv4 === undefined && ipv6 === undefined) || row === undefined) return undefined;
  const options = ip.options(view, name, row);
  return {
    path: interfaces.keys.path(key),
    operation: {
      case: 'setL3Interface',
      value: {
        name,
        vrf: options.vrf,
        attachment,
        enabled: found.enabled && objects.isEnabled(options.vrf),
        ipv4: ipv4 !== undefined,
        ipv6: ipv6 !== undefined,
        mtu: ipv4?.mtu || ipv6?.mtu || 0,
        mac: options.mac,
        addresses: [...(ipv4?.addresses ?? []), ...(ipv6?.addresses ?? [])],
        urpfIpv4: rpf[ipv4?.unicastRpf ?? 'off'],
        urpfIpv6: rpf[ipv6?.unicastRpf ?? 'off'],
        neighbourReachableSeconds: options.neighbourReachableSeconds,
        neighbourLimit: options.neighbourLimit,
        dadTransmits: ip.dadTransmits(view, name),
        icmpRedirectsOff: !options.redirects,
        icmpUnreachablesOff: !options.unreachables,
        ...accessLists.attached(view, name),
        ...policers.ofInterface(row),
        ...(options.tap === undefined ? {} : { tap: options.tap }),
      },
    },
  };
}

type Attachment = NonNullable<Extract<Wanted['operation'], { case: 'setL3Interface' }>['value']['attachment']>;

function attachmentOf(objects: InterfaceObjects, name: string): Attachment | undefined {
  const found = objects.interface(name);
  switch (found?.kind) {
    case 'loopback':
      return { case: 'loopback', value: true };
    case 'irb':
      return { case: 'bridgeDomain', value: found.bridgeDomain };
    case 'port':
    case 'sub-interface':
      if (objects.member(name) !== undefined || objects.logicalPort(name) === undefined) return undefined;
      return { case: 'logicalPort', value: name };
    default:
      return undefined;
  }
}

/** A static neighbour; nothing while its interface does not route, or not its family. */
export function staticNeighbour(objects: InterfaceObjects, key: RowKey, nodes: FamilyNodes): Wanted | undefined {
  const { view, ip } = objects;
  const found = ip.neighbour(view, key, nodes);
  if (found === undefined || objects.l3Interface(found.interface) === undefined) return undefined;
  if (ip.family(view, found.interface, nodes) === undefined) return undefined;
  return {
    path: ip.keys.path(key),
    operation: {
      case: 'setStaticNeighbour',
      value: { name: staticNeighbourName(ip.keys.last(key)?.keys[0], found), ...found },
    },
  };
}

/** The stable key of a static neighbour in the engine. */
export function staticNeighbourName(address = '', { interface: name }: { readonly interface: string }): string {
  return objectName(name, address);
}
