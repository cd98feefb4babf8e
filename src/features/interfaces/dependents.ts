/** What a changed interface drags along. */
import type { Change } from '../../datastore/view.ts';
import type { BridgeDomainModel } from '../bridge-domains/model.ts';
import type { InterfaceModel } from './model.ts';
import { InterfaceObjects } from './objects.ts';

/** Both sides of a change, and the interfaces that it is about. */
export class InterfaceChange {
  readonly change: Change;
  readonly before: InterfaceObjects;
  readonly after: InterfaceObjects;
  /** Names of the interfaces whose row changed. */
  readonly changed: readonly string[];
  #appearing: readonly string[] | undefined;

  constructor(change: Change, interfaces: InterfaceModel, bridgeDomains: BridgeDomainModel) {
    this.change = change;
    this.before = new InterfaceObjects(change.before, interfaces, bridgeDomains);
    this.after = new InterfaceObjects(change.after, interfaces, bridgeDomains);
    const changed: string[] = [];
    for (const { node, key } of change.rows) if (node === interfaces.interface) changed.push(interfaces.nameOf(key));
    this.changed = changed;
  }

  /** Of the changed ones, the ports that the engine gets or loses: all that refers to them comes or goes with them. */
  get portsComingOrGoing(): readonly string[] {
    this.#appearing ??= this.changed.filter(
      (name) => (this.before.boundPort(name) === undefined) !== (this.after.boundPort(name) === undefined),
    );
    return this.#appearing;
  }

  /** Names of all sub-interfaces that a port has or had. */
  subInterfaces(port: string): Set<string> {
    return new Set([...this.before.subInterfaces(port), ...this.after.subInterfaces(port)]);
  }
}
