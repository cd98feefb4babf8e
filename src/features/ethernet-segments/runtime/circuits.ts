/** Attachment circuits: a VLAN's is a sub-interface with its outer tag, or the port itself for untagged frames. */
import type { InterfaceObjects } from '../../interfaces/objects.ts';
import { difference, type VlanSet, vlanSet } from '../decision/vlan-set.ts';
import type { EthernetSegment } from '../model.ts';

/** VLANs of the segment whose attachment circuit is down, or not configured. */
export function circuitsDown(objects: InterfaceObjects, { port, vlans }: EthernetSegment): VlanSet {
  const up: number[] = [];
  const found = objects.interface(port);
  if (found?.enabled === true && objects.logicalPort(port) !== undefined) up.push(0);
  for (const name of objects.subInterfaces(port)) {
    const circuit = objects.interface(name);
    const outer = circuit?.kind === 'sub-interface' && circuit.enabled ? circuit.match[0] : undefined;
    if (outer !== undefined) up.push(outer.vid);
  }
  return difference(vlans, vlanSet(up));
}
