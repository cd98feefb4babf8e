/** What YANG does not say of interfaces. */

import type { Change } from '../../datastore/view/view.ts';
import type { Fault } from '../../yang/fault.ts';
import type { LeafNode } from '../../yang/schema/node.ts';
import { MAX_NAME_BYTES } from '../object-name.ts';
import type { InterfaceModel } from './model.ts';

export function checkInterfaces(change: Change, model: InterfaceModel): readonly Fault[] {
  const faults: Fault[] = [];
  for (const { node, key, after } of change.rows) {
    if (node !== model.interface || after === undefined) continue;
    const name = model.nameOf(key);
    const found = model.parse(name, after);
    if (Buffer.byteLength(name) > MAX_NAME_BYTES) {
      const message = `The name has ${Buffer.byteLength(name)} octets in UTF-8; at most ${MAX_NAME_BYTES} are possible.`;
      faults.push({ type: 'application', tag: 'invalid-value', path: model.keys.path(key), message });
    }
    if (found.kind === 'other') {
      faults.push({
        type: 'application',
        tag: 'invalid-value',
        path: model.keys.path(key, model.type),
        message:
          'The router knows interfaces of type iana-if-type:ethernetCsmacd, l2vlan, l3ipvlan and softwareLoopback.',
      });
    }
    if (found.kind !== 'port' || found.device === undefined) continue;
    if (found.device.case === 'afPacket') unshared(found.device.value, model.afPacket, model.afXdp);
    if (found.device.case === 'afXdp') unshared(found.device.value, model.afXdp, model.afPacket);

    /** One device cannot be opened both ways (that two ports open it the same way, `unique` refuses). */
    function unshared(device: string, own: LeafNode, other: LeafNode): void {
      for (const row of change.after.rowsWith(other, device)) {
        faults.push({
          type: 'application',
          tag: 'in-use',
          path: model.keys.path(key, own),
          message: `Interface ${model.nameOf(row)} has the device ${device} already, as ${other.name}.`,
          mentions: [model.keys.path(row)],
        });
      }
    }
  }
  return faults;
}
