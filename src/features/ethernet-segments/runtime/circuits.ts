/** Attachment circuits: a VLAN's is a sub-interface with its outer tag. */
import type { InterfaceObjects } from '../../interfaces/objects.ts';
import { difference, hasVlan, type VlanSet, vlanSet } from '../decision/vlan-set.ts';
import type { EthernetSegment } from '../model.ts';

export interface Circuit {
  readonly interface: string;
  readonly vlan: number;
  /** Undefined: it is in none. */
  readonly bridgeDomain: string | undefined;
}

/** The attachment circuits of a segment that are up. */
export function circuitsUp(objects: InterfaceObjects, { port, vlans }: EthernetSegment): readonly Circuit[] {
  const circuits: Circuit[] = [];
  for (const name of objects.subInterfaces(port)) {
    const circuit = objects.interface(name);
    const outer = circuit?.kind === 'sub-interface' && circuit.enabled ? circuit.match[0] : undefined;
    if (outer === undefined || !hasVlan(vlans, outer.vid)) continue;
    circuits.push({ interface: name, vlan: outer.vid, bridgeDomain: objects.member(name)?.bridgeDomain });
  }
  return circuits;
}

/** VLANs of the segment whose attachment circuit is down, or not configured. */
export function circuitsDown({ vlans }: EthernetSegment, up: readonly Circuit[]): VlanSet {
  return difference(vlans, vlanSet(up.map(({ vlan }) => vlan)));
}
