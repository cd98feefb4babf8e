/**
 * The engine objects that interfaces are. A physical interface with a device is a port; a sub-interface of such a port
 * is a logical port; a port that is in a bridge domain or a cross-connect, or that routes, has a logical port of its own name for its
 * untagged frames. Without a device there is nothing of all that. What routes is an L3 interface besides (../ip/objects.ts).
 */
import type { View } from '../../datastore/view/view.ts';
import { TagRewrite } from '../../engine/gen/sluice_pb.js';
import type { AccessListModel } from '../access-lists/model.ts';
import type { BridgeDomainModel, Member } from '../bridge-domains/model.ts';
import type { CrossConnectModel } from '../cross-connects/model.ts';
import type { Wanted } from '../engine-plan.ts';
import { DEFAULT_VRF, type IpModel } from '../ip/model.ts';
import { l3Interface } from '../ip/objects.ts';
import type { PolicerModel } from '../policers/model.ts';
import type { InterfaceModels } from './change.ts';
import type { Interface, InterfaceModel, Port, RewriteAction } from './model.ts';

const rewrites: Record<RewriteAction, TagRewrite> = {
  none: TagRewrite.REWRITE_NONE,
  pop: TagRewrite.REWRITE_POP,
  translate: TagRewrite.REWRITE_TRANSLATE,
  push: TagRewrite.REWRITE_PUSH,
};

/** A port that the engine has. */
export type BoundPort = Port & { readonly device: NonNullable<Port['device']> };

/** One configuration, seen as what the engine is to hold of its interfaces. Interfaces are read once. */
export class InterfaceObjects {
  readonly view: View;
  readonly interfaces: InterfaceModel;
  readonly bridgeDomains: BridgeDomainModel;
  readonly ip: IpModel;
  readonly crossConnects: CrossConnectModel;
  readonly accessLists: AccessListModel;
  readonly policers: PolicerModel;
  readonly #read = new Map<string, Interface | undefined>();
  readonly #members = new Map<string, Member | undefined>();
  readonly #l3Interfaces = new Map<string, Wanted | undefined>();

  constructor(view: View, { interfaces, bridgeDomains, ip, crossConnects, accessLists, policers }: InterfaceModels) {
    this.view = view;
    this.interfaces = interfaces;
    this.bridgeDomains = bridgeDomains;
    this.ip = ip;
    this.crossConnects = crossConnects;
    this.accessLists = accessLists;
    this.policers = policers;
  }

  /** Names of the interfaces that an access list is set on. */
  interfacesWith(list: string): Iterable<string> {
    return this.accessLists.interfacesWith(this.view, list);
  }

  /** Spares the reading of an interface whose row is at hand. */
  know(name: string, found: Interface | undefined): void {
    this.#read.set(name, found);
  }

  /** The same for a membership. */
  knowMember(name: string, found: Member | undefined): void {
    this.#members.set(name, found);
  }

  member(name: string): Member | undefined {
    if (!this.#members.has(name)) this.#members.set(name, this.bridgeDomains.memberOf(this.view, name));
    return this.#members.get(name);
  }

  interface(name: string): Interface | undefined {
    if (this.#read.has(name)) return this.#read.get(name);
    const found = this.interfaces.read(this.view, name);
    this.#read.set(name, found);
    return found;
  }

  /** The port of this name that the engine has; undefined where there is no device or no such port. */
  boundPort(name: string): BoundPort | undefined {
    const found = this.interface(name);
    return found?.kind === 'port' && found.device !== undefined ? (found as BoundPort) : undefined;
  }

  port(name: string): Wanted | undefined {
    const port = this.boundPort(name);
    if (port === undefined) return undefined;
    const { device, enabled, mtu, bundle, lacpPortPriority } = port;
    const link = bundle === undefined ? {} : { bundleName: bundle, lacpPortPriority };
    return {
      path: this.interfaces.path(port),
      operation: { case: 'setPort', value: { name, device, enabled, mtu, ...link } },
    };
  }

  logicalPort(name: string): Wanted | undefined {
    const found = this.interface(name);
    if (found?.kind !== 'port' && found?.kind !== 'sub-interface') return undefined;
    const port = found.kind === 'port' ? name : found.parent;
    if (this.boundPort(port) === undefined) return undefined;
    const member = this.member(name);
    if (found.kind === 'port' && member === undefined && !this.#takesPart(name)) return undefined;
    return {
      path: found.kind === 'port' ? this.interfaces.keys.path(this.interfaces.key(name)) : this.interfaces.path(found),
      operation: {
        case: 'setLogicalPort',
        value: {
          name,
          port,
          match: found.kind === 'port' ? [] : [...found.match],
          rewrite: found.kind === 'port' ? TagRewrite.REWRITE_NONE : rewrites[found.rewrite],
          rewriteTags: found.kind === 'port' ? [] : [...found.rewriteTags],
          bridgeDomain: member?.bridgeDomain ?? '',
          enabled: found.enabled,
          splitHorizonGroup: member?.splitHorizonGroup ?? 0,
          macLimit: member?.macLimit ?? 0,
          ...found.storm,
        },
      },
    };
  }

  /** Whether an interface routes or is an end of a cross-connect. */
  #takesPart(name: string): boolean {
    if (this.ip.routes(this.view, name)) return true;
    for (const _ of this.crossConnects.of(this.view, name)) return true;
    return false;
  }

  /** The interface as one that routes. */
  l3Interface(name: string): Wanted | undefined {
    if (!this.#l3Interfaces.has(name)) this.#l3Interfaces.set(name, l3Interface(this, name));
    return this.#l3Interfaces.get(name);
  }

  /** Whether a network instance is in use; one that is not configured is. */
  isEnabled(networkInstance: string): boolean {
    return this.ip.networkInstanceOf(this.view, networkInstance)?.enabled ?? true;
  }

  /** Names of the interfaces that are bound to a network instance; of the default one, of those that are bound to none, too. */
  *interfacesOf(networkInstance: string): Generator<string> {
    for (const key of this.view.rowsWith(this.ip.binding, networkInstance)) yield this.interfaces.nameOf(key);
    if (networkInstance !== DEFAULT_VRF) return;
    for (const { row } of this.view.entries(this.interfaces.base, this.interfaces.interface)) {
      if (!row.leaves.has(this.ip.binding)) yield this.interfaces.nameIn(row);
    }
  }

  /** Names of the sub-interfaces of a port, by the index. */
  *subInterfaces(port: string): Generator<string> {
    for (const key of this.view.rowsWith(this.interfaces.parent, port)) yield this.interfaces.nameOf(key);
  }
}
