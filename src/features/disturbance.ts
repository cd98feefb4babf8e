/**
 * What a change of an engine object does to traffic that flows now, in a sentence; undefined where nothing that flows is
 * touched. The engine's own rules: a port with another device is closed and opened; addresses learned behind a logical port
 * go when it is blocked, moved, disabled or gone (native/stages/bridge). What comes into being disturbs nothing.
 */
import { isDeepStrictEqual } from 'node:util';
import type { EngineOperation } from '../engine/operation.ts';

type Value<Case extends EngineOperation['case']> = Extract<EngineOperation, { case: Case }>['value'];

/** `old`, `wanted`: the object before and after; undefined: it is not there. */
export function disturbance(old: EngineOperation | undefined, wanted: EngineOperation | undefined): string | undefined {
  if (wanted === undefined) return old && ofDeletion(old);
  switch (wanted.case) {
    case 'setBlockPoint':
      return old === undefined ? `stops ${vlanOf(wanted.value)} in both directions` : undefined;
    case 'setPort':
      return old?.case === 'setPort' ? ofPort(old.value, wanted.value) : undefined;
    case 'setLogicalPort':
      return old?.case === 'setLogicalPort' ? ofLogicalPort(old.value, wanted.value) : undefined;
    case 'setBridgeDomain':
      return old?.case === 'setBridgeDomain' ? ofBridgeDomain(old.value, wanted.value) : undefined;
    case 'setStaticMac':
      return old === undefined ? undefined : 'frames to the address go to another interface';
    case 'setL3Interface':
      return old?.case === 'setL3Interface' ? ofL3Interface(old.value, wanted.value) : undefined;
    case 'setStaticNeighbour':
      return old === undefined ? undefined : 'packets to the neighbour go to another station';
    case 'setCrossConnect':
      return old === undefined ? undefined : 'what flows between its former ends stops';
    case 'setVrrp':
      return old?.case === 'setVrrp' ? ofVirtualRouter(old.value, wanted.value) : undefined;
    case 'setControlPlanePolicer':
      return old?.case === 'setControlPlanePolicer' ? ofPolicer(old.value, wanted.value) : undefined;
    case 'setRoutes':
      return old?.case === 'setRoutes' ? ofRoute(old.value, wanted.value) : undefined;
    default:
      return undefined;
  }
}

function ofDeletion(old: EngineOperation): string | undefined {
  switch (old.case) {
    case 'setPort':
      return 'closes the port: nothing is received or sent any more';
    case 'setLogicalPort':
      return 'frames of its encapsulation are dropped, addresses learned behind it are forgotten';
    case 'setBridgeDomain':
      return 'nothing is forwarded between its members any more';
    case 'setBlockPoint':
      return `lets ${vlanOf(old.value)} flow again, and tells the CE where that is configured`;
    case 'setStaticMac':
      return 'frames to the address are flooded until it is learned';
    case 'setCrossConnect':
      return 'what flows between its ends stops';
    case 'setVrf':
      return 'nothing is routed in it any more';
    case 'setVrrp':
      return 'another router takes its addresses over, or none';
    case 'setCfmMep':
      return 'the CE misses its CCMs, and nobody watches it';
    case 'setDhcpRelay':
      return 'clients get no addresses from the servers any more';
    case 'setL3Interface':
      return 'nothing is routed on it any more';
    case 'setStaticNeighbour':
      return 'packets to the neighbour wait until it has been asked for';
    case 'setRoutes':
      return 'packets to its prefix take another route, or none';
    default:
      return undefined;
  }
}

function ofVirtualRouter(old: Value<'setVrrp'>, wanted: Value<'setVrrp'>): string | undefined {
  if (!isDeepStrictEqual(old.addresses, wanted.addresses))
    return 'packets to the addresses that go are not taken any more';
  return (wanted.priority ?? 0) < (old.priority ?? 0) ? 'another router may take its addresses over' : undefined;
}

function ofPolicer(old: Value<'setControlPlanePolicer'>, wanted: Value<'setControlPlanePolicer'>): string | undefined {
  const isLess = (wanted.packetsPerSecond ?? 0) < (old.packetsPerSecond ?? 0);
  return isLess ? `packets of the class above ${wanted.packetsPerSecond} in a second are dropped` : undefined;
}

function ofL3Interface(old: Value<'setL3Interface'>, wanted: Value<'setL3Interface'>): string | undefined {
  if (old.enabled && !wanted.enabled) return 'nothing is routed on it any more';
  if (!old.enabled) return undefined;
  if (old.vrf !== wanted.vrf) return `moves to VRF ${wanted.vrf}: what is routed in ${old.vrf} stops`;
  if (!isDeepStrictEqual(old.attachment, wanted.attachment)) return 'what is routed on it stops where it was attached';
  if (!isDeepStrictEqual(old.mac, wanted.mac))
    return 'stations send to its former MAC address until they learn the new one';
  const lost = (old.addresses ?? []).filter(
    (one) => !(wanted.addresses ?? []).some((other) => isDeepStrictEqual(one, other)),
  );
  if (lost.length > 0 || (old.ipv4 && !wanted.ipv4) || (old.ipv6 && !wanted.ipv6)) {
    return 'what is sent to or by the addresses that go stops';
  }
  if (wanted.mtu && (!old.mtu || wanted.mtu < old.mtu))
    return `packets of more than ${wanted.mtu} bytes are not sent as they are`;
  if (old.urpfIpv4 !== wanted.urpfIpv4 || old.urpfIpv6 !== wanted.urpfIpv6) return 'other sources are let in';
  return undefined;
}

function ofRoute(old: Value<'setRoutes'>, wanted: Value<'setRoutes'>): string | undefined {
  const [before] = old.set ?? [];
  const [after] = wanted.set ?? [];
  return before?.nextHopGroup === after?.nextHopGroup ? undefined : 'packets to its prefix take another way';
}

function ofPort(old: Value<'setPort'>, wanted: Value<'setPort'>): string | undefined {
  if (!isDeepStrictEqual(old.device, wanted.device)) {
    return 'closes the port and opens another device: everything on it stops meanwhile';
  }
  if (old.enabled && !wanted.enabled) return 'nothing is received or sent any more';
  if (mtuOf(wanted) < mtuOf(old)) return `frames of more than ${mtuOf(wanted)} bytes are dropped`;
  return undefined;
}

function mtuOf({ mtu }: Value<'setPort'>): number {
  return mtu || 1500;
}

function ofLogicalPort(old: Value<'setLogicalPort'>, wanted: Value<'setLogicalPort'>): string | undefined {
  const forgotten = 'addresses learned behind it are forgotten';
  if (old.enabled && !wanted.enabled) return `frames of its encapsulation are dropped, ${forgotten}`;
  if (!old.enabled) return undefined;
  if (old.port !== wanted.port) return `moves to port ${wanted.port}: what flows on ${old.port} stops, ${forgotten}`;
  if (old.bridgeDomain && old.bridgeDomain !== wanted.bridgeDomain) {
    return `leaves bridge domain ${old.bridgeDomain}: what flows there stops, ${forgotten}`;
  }
  if (!isDeepStrictEqual(old.match, wanted.match)) return 'frames of its former encapsulation are no longer its';
  if (old.rewrite !== wanted.rewrite || !isDeepStrictEqual(old.rewriteTags, wanted.rewriteTags)) {
    return 'frames leave with other tags';
  }
  if (wanted.splitHorizonGroup && old.splitHorizonGroup !== wanted.splitHorizonGroup) {
    return `exchanges nothing with the members of split horizon group ${wanted.splitHorizonGroup} any more`;
  }
  return isLower(old.macLimit, wanted.macLimit) ? 'new addresses are learned only below the lower limit' : undefined;
}

function ofBridgeDomain(old: Value<'setBridgeDomain'>, wanted: Value<'setBridgeDomain'>): string | undefined {
  if (old.learning && !wanted.learning) return 'new addresses are not learned: frames to them are flooded';
  if (old.floodUnknownUnicast && !wanted.floodUnknownUnicast) return 'frames to addresses not learned are dropped';
  return isLower(old.macLimit, wanted.macLimit) ? 'new addresses are learned only below the lower limit' : undefined;
}

/** 0: no limit of its own. */
function isLower(old = 0, wanted = 0): boolean {
  return wanted !== 0 && (old === 0 || wanted < old);
}

function vlanOf({ port, vid }: Value<'setBlockPoint'>): string {
  return `${vid ? `VLAN ${vid}` : 'the untagged frames'} of port ${port}`;
}
