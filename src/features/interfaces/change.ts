/** What a changed interface drags along, worked out once for all features that plan a change. */
import type { Change } from '../../datastore/view/view.ts';
import type { AccessListModel } from '../access-lists/model.ts';
import type { BridgeDomainModel, Member } from '../bridge-domains/model.ts';
import type { CrossConnectModel } from '../cross-connects/model.ts';
import type { IpModel } from '../ip/model.ts';
import type { PolicerModel } from '../policers/model.ts';
import type { InterfaceModel } from './model.ts';
import { InterfaceObjects } from './objects.ts';

/** The models that say what an interface is. */
export interface InterfaceModels {
  readonly interfaces: InterfaceModel;
  readonly bridgeDomains: BridgeDomainModel;
  readonly ip: IpModel;
  readonly crossConnects: CrossConnectModel;
  readonly accessLists: AccessListModel;
  readonly policers: PolicerModel;
}

/** Both sides of a change, and the interfaces that it is about. */
export class InterfaceChange {
  readonly change: Change;
  readonly before: InterfaceObjects;
  readonly after: InterfaceObjects;
  /** Names of the interfaces whose row changed. */
  readonly changed: readonly string[];
  /** Of these, the ports that the engine gets or loses: all that refers to them comes or goes with them. */
  readonly portsComingOrGoing: readonly string[];
  /**
   * Names of the interfaces whose objects may change: their row, one below, their membership, their cross-connect, their
   * port, the network instance that they are bound to, or an access list that is set on them.
   */
  readonly touched: ReadonlySet<string>;
  #routersComingOrGoing: readonly string[] | undefined;

  constructor(change: Change, models: InterfaceModels) {
    const { interfaces, bridgeDomains, ip, crossConnects, accessLists } = models;
    const changed: string[] = [];
    const touched = new Set<string>();
    this.change = change;
    this.before = new InterfaceObjects(change.before, models);
    this.after = new InterfaceObjects(change.after, models);
    const joining = new Map<string, Member>();
    const instances: string[] = [];
    for (const { node, key, before, after } of change.rows) {
      if (node === bridgeDomains.member) {
        touched.add(interfaces.keys.last(key)?.keys[0] as string);
        if (after === undefined) continue;
        const member = bridgeDomains.parseMember(key, after);
        joining.set(member.interface, member);
      }
      if (node === crossConnects.crossConnect) {
        for (const row of [before, after]) for (const end of row ? crossConnects.ends(row) : []) touched.add(end);
      }
      if (node === ip.networkInstance) instances.push(interfaces.keys.valueOf(key, ip.networkInstance));
      if (accessLists.isAttachment(node)) touched.add(accessLists.interfaceOf(key));
      // Its family says what it is at the interfaces that it is set on.
      if (node === accessLists.acl) for (const name of this.#attached(accessLists.nameOf(key))) touched.add(name);
      if (!interfaces.holds(key)) continue;
      const name = interfaces.nameOf(key);
      touched.add(name);
      if (node !== interfaces.interface) continue;
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
    for (const port of this.portsComingOrGoing) for (const name of this.subInterfaces(port)) touched.add(name);
    for (const instance of instances) for (const name of this.#bound(instance)) touched.add(name);
    this.touched = touched;
  }

  /** The interfaces with which routing begins or ends: routes and neighbours by them come or go with them. */
  get routersComingOrGoing(): readonly string[] {
    this.#routersComingOrGoing ??= [...this.touched].filter(
      (name) => (this.before.l3Interface(name) === undefined) !== (this.after.l3Interface(name) === undefined),
    );
    return this.#routersComingOrGoing;
  }

  /** Names of all sub-interfaces that a port has or had. */
  subInterfaces(port: string): Set<string> {
    return new Set([...this.before.subInterfaces(port), ...this.after.subInterfaces(port)]);
  }

  /** The interfaces that an access list is or was set on. */
  #attached(list: string): Set<string> {
    return new Set([...this.before.interfacesWith(list), ...this.after.interfacesWith(list)]);
  }

  /** The interfaces of a network instance that is switched on or off. */
  #bound(instance: string): Iterable<string> {
    const { before, after } = this;
    if (before.isEnabled(instance) === after.isEnabled(instance)) return [];
    return new Set([...before.interfacesOf(instance), ...after.interfacesOf(instance)]);
  }
}

/** The interface side of changes: several features plan one change one after the other. */
export class InterfaceChanges implements InterfaceModels {
  readonly interfaces: InterfaceModel;
  readonly bridgeDomains: BridgeDomainModel;
  readonly ip: IpModel;
  readonly crossConnects: CrossConnectModel;
  readonly accessLists: AccessListModel;
  readonly policers: PolicerModel;
  readonly #known = new WeakMap<Change, InterfaceChange>();

  constructor({ interfaces, bridgeDomains, ip, crossConnects, accessLists, policers }: InterfaceModels) {
    this.interfaces = interfaces;
    this.bridgeDomains = bridgeDomains;
    this.ip = ip;
    this.crossConnects = crossConnects;
    this.accessLists = accessLists;
    this.policers = policers;
  }

  of(change: Change): InterfaceChange {
    let known = this.#known.get(change);
    if (known === undefined) {
      known = new InterfaceChange(change, this);
      this.#known.set(change, known);
    }
    return known;
  }
}
