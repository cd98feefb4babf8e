/**
 * Subnets of one VRF that overlap. Where addresses, bindings or families changed, the addresses of the VRFs concerned are
 * walked once: a subnet that holds another is found by the lengths that occur, not by pairs.
 */
import type { Fault } from '../../yang/fault.ts';
import { isLinkLocal, networkOf } from '../address.ts';
import type { InterfaceChange } from '../interfaces/change.ts';
import type { FamilyNodes } from './model.ts';

interface Subnet {
  readonly interface: string;
  readonly address: Uint8Array;
  readonly length: number;
  readonly path: string;
}

export function checkOverlaps(change: InterfaceChange): readonly Fault[] {
  const { after } = change;
  const { ip, view, interfaces } = after;
  const concerned = new Map<string, Set<string>>();
  for (const name of movedInterfaces(change)) {
    const row = view.get(interfaces.key(name));
    if (row === undefined) continue;
    const vrf = ip.vrfOf(row);
    concerned.set(vrf, (concerned.get(vrf) ?? new Set()).add(name));
  }
  const faults: Fault[] = [];
  for (const [vrf, changed] of concerned) {
    for (const nodes of ip.families) {
      for (const [one, other] of overlapsOf(subnetsOf(vrf, nodes), changed)) {
        const message = `The subnet overlaps with that of ${other.interface} in the same network instance, ${vrf}.`;
        faults.push({ type: 'application', tag: 'invalid-value', path: one.path, message, mentions: [other.path] });
      }
    }
  }
  return faults;

  function subnetsOf(vrf: string, nodes: FamilyNodes): Subnet[] {
    const subnets: Subnet[] = [];
    for (const name of new Set(after.interfacesOf(vrf))) {
      for (const { key, row } of view.entries(ip.familyKey(name, nodes), nodes.address)) {
        const { address, prefixLength: length } = ip.address(row, nodes);
        if (!isLinkLocal(address)) subnets.push({ interface: name, address, length, path: ip.keys.path(key) });
      }
    }
    return subnets;
  }
}

/** The interfaces that have new addresses, or are in a VRF where they were not. */
function movedInterfaces({ change, after: { ip, interfaces } }: InterfaceChange): Set<string> {
  const moved = new Set<string>();
  for (const { node, key, before, after } of change.rows) {
    if (after === undefined) continue;
    if (ip.families.some(({ address }) => address === node)) moved.add(interfaces.nameOf(key));
    if (node === interfaces.interface && before !== undefined && ip.vrfOf(before) !== ip.vrfOf(after)) {
      moved.add(interfaces.nameOf(key));
    }
  }
  return moved;
}

/** Pairs of an address of a changed interface and one of another interface, one a changed address. */
function overlapsOf(subnets: readonly Subnet[], changed: ReadonlySet<string>): readonly (readonly [Subnet, Subnet])[] {
  const byNetwork = new Map<string, Subnet[]>();
  const lengths = new Set<number>();
  for (const subnet of subnets) {
    const at = networkKey(subnet.address, subnet.length);
    byNetwork.set(at, [...(byNetwork.get(at) ?? []), subnet]);
    lengths.add(subnet.length);
  }
  const found: (readonly [Subnet, Subnet])[] = [];
  const seen = new Set<Subnet>();
  for (const inner of subnets) {
    for (const length of lengths) {
      if (length > inner.length) continue;
      for (const outer of byNetwork.get(networkKey(inner.address, length)) ?? []) {
        if (outer.interface === inner.interface) continue;
        note(inner, outer);
        note(outer, inner);
      }
    }
  }
  return found;

  function note(one: Subnet, other: Subnet): void {
    if (!changed.has(one.interface) || seen.has(one)) return;
    seen.add(one);
    found.push([one, other]);
  }
}

function networkKey(address: Uint8Array, length: number): string {
  return `${length}/${Buffer.from(networkOf(address, length)).toString('latin1')}`;
}
