/** What YANG does not say of interfaces. */

import type { Change, View } from '../../datastore/view/view.ts';
import type { Fault } from '../../yang/fault.ts';
import type { LeafNode } from '../../yang/schema/node.ts';
import { MAX_NAME_BYTES } from '../object-name.ts';
import type { InterfaceModel } from './model.ts';

/** `memberOf`: the bridge domain of an interface. */
export function checkInterfaces(
  change: Change,
  model: InterfaceModel,
  memberOf: (view: View, name: string) => string | undefined,
): readonly Fault[] {
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
          'The router knows interfaces of type iana-if-type:ethernetCsmacd, ieee8023adLag, l2vlan, l3ipvlan and softwareLoopback.',
      });
    }
    if (found.kind !== 'port') continue;
    if (found.device?.case === 'bundle' && model.hasDevice(after)) {
      invalid(model.type, 'A bundle has no device of its own.');
    }
    if (found.bundle !== undefined) checkLink(found.bundle);
    if (found.device === undefined) continue;
    if (found.device.case === 'afPacket') unshared(found.device.value, model.afPacket, model.afXdp);
    if (found.device.case === 'afXdp') unshared(found.device.value, model.afXdp, model.afPacket);

    function invalid(leaf: LeafNode, message: string): void {
      faults.push({ type: 'application', tag: 'invalid-value', path: model.keys.path(key, leaf), message });
    }

    /** A link belongs to a bundle, and has nothing of its own. */
    function checkLink(bundle: string): void {
      const of = model.read(change.after, bundle);
      if (of?.kind !== 'port' || of.device?.case !== 'bundle') {
        invalid(model.bundle, `${bundle} is no interface of type iana-if-type:ieee8023adLag.`);
      }
      if (found.kind === 'port' && found.device?.case === 'bundle') {
        invalid(model.bundle, 'A bundle cannot be a link of a bundle.');
      }
      for (const row of change.after.rowsWith(model.parent, name)) {
        invalid(model.bundle, `A link of a bundle has no sub-interfaces, such as ${model.nameOf(row)}.`);
        break;
      }
      if (memberOf(change.after, name) !== undefined) {
        invalid(model.bundle, 'A link of a bundle is in no bridge domain.');
      }
    }

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
