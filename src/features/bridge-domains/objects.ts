/** The engine objects that bridge domains and their static entries are. Members are attributes of logical ports. */
import type { RowKey } from '../../datastore/view/view.ts';
import type { Wanted } from '../engine-plan.ts';
import type { InterfaceObjects } from '../interfaces/objects.ts';
import { objectName } from '../object-name.ts';

export function bridgeDomain({ view, bridgeDomains: model }: InterfaceObjects, name: string): Wanted | undefined {
  const found = model.read(view, name);
  return found && { path: model.keys.path(model.key(name)), operation: { case: 'setBridgeDomain', value: found } };
}

/** A static entry; nothing while its interface is none that the engine has. */
export function staticMac(objects: InterfaceObjects, key: RowKey): Wanted | undefined {
  const { view, bridgeDomains: model } = objects;
  const found = model.readStaticMac(view, key);
  if (found === undefined || objects.logicalPort(found.interface) === undefined) return undefined;
  const mac = Uint8Array.from(found.mac.split(':'), (octet) => Number.parseInt(octet, 16));
  const { bridgeDomain, interface: logicalPort } = found;
  return {
    path: model.keys.path(key),
    operation: { case: 'setStaticMac', value: { name: staticMacName(found), bridgeDomain, logicalPort, mac } },
  };
}

/** The stable key of a static entry in the engine. */
export function staticMacName({ bridgeDomain, mac }: { readonly bridgeDomain: string; readonly mac: string }): string {
  return objectName(bridgeDomain, mac);
}
