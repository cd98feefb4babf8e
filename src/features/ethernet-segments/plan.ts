/**
 * Ethernet segments and the BFD sessions beside them as objects of the engine. There are few: all of them are compared
 * whenever something changes that one may follow from.
 */
import type { PlannedOperation } from '../../commit/feature.ts';
import { BfdAuthenticationType, ObjectKind } from '../../engine/gen/sluice_pb.js';
import { addressBytes } from '../address.ts';
import { EnginePlan, type Wanted } from '../engine-plan.ts';
import type { InterfaceChange } from '../interfaces/change.ts';
import type { InterfaceObjects } from '../interfaces/objects.ts';
import { vrf as vrfObject } from '../ip/objects.ts';
import {
  type BfdParameters,
  bfdPeers,
  type EthernetSegment,
  type ProviderEdge,
  peerSession,
  readSegments,
  targetSession,
} from './model.ts';
import { vlanBytes } from './vlan-ranges.ts';

export function planSegments({ before, after }: InterfaceChange): readonly PlannedOperation[] {
  const plan = new EnginePlan();
  const [old, wanted] = [objectsOf(before), objectsOf(after)];
  for (const [kind, label, of] of KINDS) {
    for (const name of new Set([...of(old).keys(), ...of(wanted).keys()])) {
      plan.object(
        kind,
        label,
        name,
        () => of(old).get(name)?.(),
        () => of(wanted).get(name)?.(),
      );
    }
  }
  return plan.operations;
}

/** What a configuration asks for, by the engine's name. */
type Objects = ReadonlyMap<string, () => Wanted | undefined>;

interface SegmentObjects {
  readonly sessions: Objects;
  readonly segments: Objects;
}

const KINDS: readonly (readonly [ObjectKind, string, (objects: SegmentObjects) => Objects])[] = [
  [ObjectKind.KIND_BFD_SESSION, 'BFD session', ({ sessions }) => sessions],
  [ObjectKind.KIND_ETHERNET_SEGMENT, 'ethernet segment', ({ segments }) => segments],
];

/** So that the time to listen on the CE path is over before the detection time is. */
const LATE_MARGIN_MS = 10;

function objectsOf(objects: InterfaceObjects): SegmentObjects {
  const { edge, segments } = readSegments(objects.interfaces.keys, objects.view);
  const sessions = new Map<string, () => Wanted | undefined>();
  if (edge !== undefined) {
    const lateMs =
      LATE_MARGIN_MS + Math.max(0, ...[...segments.values()].map(({ segment }) => segment.timers.listenMs));
    for (const { address, bfd, entry } of bfdPeers(edge)) {
      if (bfd === undefined) continue;
      const name = peerSession(address);
      sessions.set(name, () => bfdSession(objects, edge, { name, address, bfd, path: entry.path(), lateMs }));
    }
    for (const { address, bfd, entry } of edge.targets) {
      const name = targetSession(address);
      sessions.set(name, () => bfdSession(objects, edge, { name, address, bfd, path: entry.path(), lateMs: 0 }));
    }
  }
  return {
    sessions,
    segments: new Map([...segments.values()].map((found) => [found.name, () => ethernetSegment(objects, found)])),
  };
}

interface Session {
  readonly name: string;
  readonly address: string;
  readonly bfd: BfdParameters;
  readonly path: string;
  /** Before the end of the detection time the neighbour is called late; 0: never. */
  readonly lateMs: number;
}

/** Nothing while its interface does not route, or its network instance is not there. */
function bfdSession(
  objects: InterfaceObjects,
  { localAddress }: ProviderEdge,
  { name, address, bfd, path, lateMs }: Session,
): Wanted | undefined {
  const { authentication } = bfd;
  const isOneHop = bfd.path.case === 'interface';
  const isThere = isOneHop ? objects.l3Interface(bfd.path.value) : vrfObject(objects, bfd.path.value);
  if (isThere === undefined) return undefined;
  return {
    path,
    operation: {
      case: 'setBfdSession',
      value: {
        name,
        path: bfd.path,
        remoteAddress: addressBytes(address),
        // One hop: the address of the interface, which need not be the one that PEs are known by.
        localAddress: isOneHop ? new Uint8Array() : addressBytes(localAddress),
        desiredMinTxInterval: bfd.txMicroseconds,
        requiredMinRxInterval: bfd.rxMicroseconds,
        detectMultiplier: bfd.multiplier,
        lateBefore: lateMs * 1000,
        minimumTtl: isOneHop ? 0 : bfd.minimumTtl,
        ...(authentication === undefined
          ? {}
          : {
              authentication: {
                type: authentication.isMeticulous
                  ? BfdAuthenticationType.BFD_METICULOUS_KEYED_SHA1
                  : BfdAuthenticationType.BFD_KEYED_SHA1,
                keyId: authentication.keyId,
                key: authentication.key,
              },
            }),
      },
    },
  };
}

/** Nothing while its port has no device; without redirection while the network instance of that is not there. */
function ethernetSegment(objects: InterfaceObjects, found: EthernetSegment): Wanted | undefined {
  const { name, port, vlans, segment, probeKey, redirect, entry } = found;
  if (objects.boundPort(port) === undefined) return undefined;
  const redirects = redirect !== undefined && vrfObject(objects, redirect.vrf) !== undefined;
  return {
    path: entry.path(),
    operation: {
      case: 'setEthernetSegment',
      value: {
        name,
        port,
        esi: segment.esi,
        vlans: vlanBytes(vlans),
        localAddress: addressBytes(segment.address),
        peers: segment.peers.map(addressBytes),
        probeKey,
        ...(redirects
          ? { vrf: redirect.vrf, vni: redirect.vni, holdMs: redirect.holdMs, holdLimit: redirect.holdLimit }
          : {}),
      },
    },
  };
}
