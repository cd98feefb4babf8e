/** ietf-ip, sluice-ip and the VRF of an interface as values. */
import type { KeySpace } from '../../datastore/key/key.ts';
import type { Row, RowKey, View } from '../../datastore/view/view.ts';
import type { ContainerNode, LeafNode, ListNode } from '../../yang/schema/node.ts';
import { addressBytes, type IpVersion, macBytes } from '../address.ts';
import { INTERFACE, type InterfaceModel } from '../interfaces/model.ts';
import { containerAt, leafAt, leafValue, listAt, numberOf, requiredValue } from '../nodes.ts';

export const NETWORK_INSTANCES = '/ietf-network-instance:network-instances';
export const NETWORK_INSTANCE = `${NETWORK_INSTANCES}/network-instance`;
export const IPV4 = `${INTERFACE}/ietf-ip:ipv4`;
export const IPV6 = `${INTERFACE}/ietf-ip:ipv6`;
export const OPTIONS = `${INTERFACE}/sluice-ip:ip-options`;
export const TAP = `${OPTIONS}/tap`;

/** The VRF of the interfaces that are bound to no network instance; one of this name need not be configured. */
export const DEFAULT_VRF = 'default';

export interface Address {
  readonly address: Uint8Array;
  readonly prefixLength: number;
}

export type UnicastRpf = 'off' | 'strict' | 'loose';

/** One family of an interface where it is enabled. */
export interface Family {
  /** 0: that of the port. */
  readonly mtu: number;
  readonly unicastRpf: UnicastRpf;
  /** In document order. */
  readonly addresses: readonly Address[];
}

export interface IpOptions {
  readonly vrf: string;
  /** Empty: the port's, or one made from the name. */
  readonly mac: Uint8Array;
  /** 0: only the engine's limit. */
  readonly neighbourLimit: number;
  readonly neighbourReachableSeconds: number;
  readonly redirects: boolean;
  readonly unreachables: boolean;
  readonly tap: { readonly device: string; readonly networkNamespace: string } | undefined;
}

export interface StaticNeighbour {
  readonly interface: string;
  readonly address: Uint8Array;
  readonly mac: Uint8Array;
}

export interface NetworkInstance {
  readonly name: string;
  readonly enabled: boolean;
  /** 0: the engine's default. */
  readonly routeLimit: number;
}

/** The schema nodes of one family. */
export interface FamilyNodes {
  readonly version: IpVersion;
  readonly container: ContainerNode;
  readonly enabled: LeafNode;
  readonly mtu: LeafNode;
  readonly unicastRpf: LeafNode;
  readonly address: ListNode;
  readonly addressIp: LeafNode;
  readonly prefixLength: LeafNode;
  readonly neighbour: ListNode;
  readonly neighbourMac: LeafNode;
}

export class IpModel {
  readonly keys: KeySpace;
  readonly interfaces: InterfaceModel;
  readonly ipv4: FamilyNodes;
  readonly ipv6: FamilyNodes;
  readonly families: readonly [FamilyNodes, FamilyNodes];
  /** The network instance of an interface. */
  readonly binding: LeafNode;
  readonly networkInstance: ListNode;
  readonly tap: ContainerNode;
  readonly networkInstancesKey: RowKey;
  readonly #dad: LeafNode;
  readonly #mac: LeafNode;
  readonly #neighbourLimit: LeafNode;
  readonly #reachable: LeafNode;
  readonly #redirects: LeafNode;
  readonly #unreachables: LeafNode;
  readonly tapDevice: LeafNode;
  readonly #tapNamespace: LeafNode;
  readonly #instanceEnabled: LeafNode;
  readonly #routeLimit: LeafNode;

  constructor(interfaces: InterfaceModel) {
    const { keys } = interfaces;
    const { schema } = keys;
    const option = (name: string): LeafNode => leafAt(schema, `${OPTIONS}/${name}`);
    this.keys = keys;
    this.interfaces = interfaces;
    this.ipv4 = familyNodes(keys, 4, IPV4);
    this.ipv6 = familyNodes(keys, 6, IPV6);
    this.families = [this.ipv4, this.ipv6];
    this.binding = leafAt(schema, `${INTERFACE}/ietf-network-instance:bind-ni-name`);
    this.networkInstance = listAt(schema, NETWORK_INSTANCE);
    this.networkInstancesKey = keys.child('', containerAt(schema, NETWORK_INSTANCES));
    this.tap = containerAt(schema, TAP);
    this.#dad = leafAt(schema, `${IPV6}/dup-addr-detect-transmits`);
    this.#mac = option('mac-address');
    this.#neighbourLimit = option('neighbor-limit');
    this.#reachable = option('neighbor-reachable-time');
    this.#redirects = option('icmp-redirects');
    this.#unreachables = option('icmp-unreachables');
    this.tapDevice = option('tap/device');
    this.#tapNamespace = option('tap/network-namespace');
    this.#instanceEnabled = leafAt(schema, `${NETWORK_INSTANCE}/enabled`);
    this.#routeLimit = leafAt(schema, `${NETWORK_INSTANCE}/sluice-ip:route-limit`);
  }

  /** Key of an interface's row of one family. */
  familyKey(name: string, nodes: FamilyNodes): RowKey {
    return this.keys.child(this.interfaces.key(name), nodes.container);
  }

  /** Undefined: the interface does not have the family, or it is not enabled. */
  family(view: View, name: string, nodes: FamilyNodes): Family | undefined {
    const key = this.familyKey(name, nodes);
    const row = view.get(key);
    if (row === undefined || leafValue(row, nodes.enabled) !== 'true') return undefined;
    return {
      mtu: numberOf(row, nodes.mtu),
      unicastRpf: requiredValue(row, nodes.unicastRpf) as UnicastRpf,
      addresses: Array.from(view.entries(key, nodes.address), (entry) => this.address(entry.row, nodes)),
    };
  }

  address(row: Row, nodes: FamilyNodes): Address {
    return {
      address: addressBytes(requiredValue(row, nodes.addressIp)),
      prefixLength: Number(requiredValue(row, nodes.prefixLength)),
    };
  }

  /** Whether an interface has an enabled family. */
  routes(view: View, name: string): boolean {
    return this.families.some((nodes) => {
      const row = view.get(this.familyKey(name, nodes));
      return row !== undefined && leafValue(row, nodes.enabled) === 'true';
    });
  }

  /** Solicitations before an address is used, of both families. */
  dadTransmits(view: View, name: string): number {
    const row = view.get(this.familyKey(name, this.ipv6));
    return row === undefined ? Number(this.#dad.default) : numberOf(row, this.#dad);
  }

  /** `row`: the interface's. */
  options(view: View, name: string, row: Row): IpOptions {
    const mac = leafValue(row, this.#mac);
    const tap = view.get(this.keys.child(this.interfaces.key(name), this.tap));
    return {
      vrf: this.vrfOf(row),
      mac: mac === undefined ? new Uint8Array() : macBytes(mac),
      neighbourLimit: numberOf(row, this.#neighbourLimit),
      neighbourReachableSeconds: numberOf(row, this.#reachable),
      redirects: leafValue(row, this.#redirects) === 'true',
      unreachables: leafValue(row, this.#unreachables) === 'true',
      tap: tap && {
        device: requiredValue(tap, this.tapDevice),
        networkNamespace: leafValue(tap, this.#tapNamespace) ?? '',
      },
    };
  }

  /** The VRF that an interface's row binds it to. */
  vrfOf(row: Row): string {
    return row.leaves.get(this.binding) ?? DEFAULT_VRF;
  }

  networkInstanceKey(name: string): RowKey {
    return this.keys.child(this.networkInstancesKey, this.networkInstance, [name]);
  }

  networkInstanceOf(view: View, name: string): NetworkInstance | undefined {
    const row = view.get(this.networkInstanceKey(name));
    return (
      row && {
        name,
        enabled: leafValue(row, this.#instanceEnabled) === 'true',
        routeLimit: numberOf(row, this.#routeLimit),
      }
    );
  }

  /** A static neighbour, by the key of its row. */
  neighbour(view: View, key: RowKey, nodes: FamilyNodes): StaticNeighbour | undefined {
    const row = view.get(key);
    if (row === undefined) return undefined;
    return { ...this.neighbourOf(key), mac: macBytes(requiredValue(row, nodes.neighbourMac)) };
  }

  /** The interface and the address in the key of a neighbour's or an address's row. */
  neighbourOf(key: RowKey): { readonly interface: string; readonly address: Uint8Array } {
    return {
      interface: this.interfaces.nameOf(key),
      address: addressBytes(this.keys.last(key)?.keys[0] as string),
    };
  }
}

function familyNodes({ schema }: KeySpace, version: IpVersion, path: string): FamilyNodes {
  return {
    version,
    container: containerAt(schema, path),
    enabled: leafAt(schema, `${path}/enabled`),
    mtu: leafAt(schema, `${path}/mtu`),
    unicastRpf: leafAt(schema, `${path}/sluice-ip:unicast-rpf`),
    address: listAt(schema, `${path}/address`),
    addressIp: leafAt(schema, `${path}/address/ip`),
    prefixLength: leafAt(schema, `${path}/address/prefix-length`),
    neighbour: listAt(schema, `${path}/neighbor`),
    neighbourMac: leafAt(schema, `${path}/neighbor/link-layer-address`),
  };
}
