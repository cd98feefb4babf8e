/** Attachment circuits: a VLAN's is a sub-interface with its outer tag, or the port itself for untagged frames. */
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
  const add = (name: string, vlan: number): void => {
    if (hasVlan(vlans, vlan)) {
      circuits.push({ interface: name, vlan, bridgeDomain: objects.member(name)?.bridgeDomain });
    }
  };
  if (objects.interface(port)?.enabled === true && objects.logicalPort(port) !== undefined) add(port, 0);
  for (const name of objects.subInterfaces(port)) {
    const circuit = objects.interface(name);
    const outer = circuit?.kind === 'sub-interface' && circuit.enabled ? circuit.match[0] : undefined;
    if (outer !== undefined) add(name, outer.vid);
  }
  return circuits;
}

/** VLANs of the segment whose attachment circuit is down, or not configured. */
export function circuitsDown({ vlans }: EthernetSegment, up: readonly Circuit[]): VlanSet {
  return difference(vlans, vlanSet(up.map(({ vlan }) => vlan)));
}
