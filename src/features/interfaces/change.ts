/** What a changed interface drags along, worked out once for all features that plan a change. */
import type { Change } from '../../datastore/view/view.ts';
import type { BridgeDomainModel, Member } from '../bridge-domains/model.ts';
import type { InterfaceModel } from './model.ts';
import { InterfaceObjects } from './objects.ts';

/** Both sides of a change, and the interfaces that it is about. */
export class InterfaceChange {
  readonly change: Change;
  readonly before: InterfaceObjects;
  readonly after: InterfaceObjects;
  /** Names of the interfaces whose row changed. */
  readonly changed: readonly string[];
  /** Of these, the ports that the engine gets or loses: all that refers to them comes or goes with them. */
  readonly portsComingOrGoing: readonly string[];

  constructor(change: Change, interfaces: InterfaceModel, bridgeDomains: BridgeDomainModel) {
    const changed: string[] = [];
    this.change = change;
    this.before = new InterfaceObjects(change.before, interfaces, bridgeDomains);
    this.after = new InterfaceObjects(change.after, interfaces, bridgeDomains);
    const joining = new Map<string, Member>();
    for (const { node, key, before, after } of change.rows) {
      if (node === bridgeDomains.member && after !== undefined) {
        const member = bridgeDomains.parseMember(key, after);
        joining.set(member.interface, member);
      }
      if (node !== interfaces.interface) continue;
      const name = interfaces.nameOf(key);
      changed.push(name);
      this.before.know(name, before && interfaces.parse(name, before));
      this.after.know(name, after && interfaces.parse(name, after));
    }
    this.changed = changed;
    // What refers to a new interface is new itself: no need to look it up.
    for (const name of changed) {
      if (this.before.interface(name) === undefined) this.after.knowMember(name, joining.get(name));
    }
    this.portsComingOrGoing = changed.filter(
      (name) => (this.before.boundPort(name) === undefined) !== (this.after.boundPort(name) === undefined),
    );
  }

  /** Names of all sub-interfaces that a port has or had. */
  subInterfaces(port: string): Set<string> {
    return new Set([...this.before.subInterfaces(port), ...this.after.subInterfaces(port)]);
  }
}

/** The interface side of changes: several features plan one change one after the other. */
export class InterfaceChanges {
  readonly interfaces: InterfaceModel;
  readonly bridgeDomains: BridgeDomainModel;
  readonly #known = new WeakMap<Change, InterfaceChange>();

  constructor(interfaces: InterfaceModel, bridgeDomains: BridgeDomainModel) {
    this.interfaces = interfaces;
    this.bridgeDomains = bridgeDomains;
  }

  of(change: Change): InterfaceChange {
    let known = this.#known.get(change);
    if (known === undefined) {
      known = new InterfaceChange(change, this.interfaces, this.bridgeDomains);
      this.#known.set(change, known);
    }
    return known;
  }
}
