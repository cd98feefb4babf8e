/** ietf-interfaces and sluice-interfaces as values: what an interface is, read from its row. */
import type { KeySpace } from '../../datastore/key/key.ts';
import type { Row, RowKey, View } from '../../datastore/view/view.ts';
import { LacpMode, MemifRole } from '../../engine/gen/sluice_pb.js';
import type { ContainerNode, LeafNode, ListNode } from '../../yang/schema/node.ts';
import { containerAt, leafAt, leafValue, listAt, numberOf, requiredValue } from '../nodes.ts';

export const INTERFACES = '/ietf-interfaces:interfaces';
export const INTERFACE = `${INTERFACES}/interface`;

export type Device =
  | { readonly case: 'afPacket' | 'afXdp' | 'ring'; readonly value: string }
  | { readonly case: 'pcap'; readonly value: { readonly rxFile: string; readonly txFile: string } }
  | { readonly case: 'memif'; readonly value: Memif }
  | { readonly case: 'vhostUser' | 'virtioUser'; readonly value: { readonly socket: string } }
  | { readonly case: 'pci'; readonly value: { readonly address: string } }
  | { readonly case: 'bundle'; readonly value: Bundle };

/** Ports used as one (IEEE 802.1AX-2014), as the engine's contract has it. */
export interface Bundle {
  readonly lacp: LacpMode;
  readonly fast: boolean;
  readonly systemPriority: number;
  /** 6 octets, or none: the bundle's own address. */
  readonly system: Uint8Array;
  /** 0: one of the engine's choice. */
  readonly key: number;
  readonly minLinks: number;
  readonly maxLinks: number;
}

/** Most frames of a class that are flooded; 0: not limited. */
export interface StormLimit {
  readonly packetsPerSecond: bigint;
  readonly bitsPerSecond: bigint;
}

export interface StormControl {
  readonly stormBroadcast: StormLimit;
  readonly stormMulticast: StormLimit;
  readonly stormUnknownUnicast: StormLimit;
}

export interface Memif {
  readonly socket: string;
  readonly role: MemifRole;
  readonly id: number;
  /** Empty: none. */
  readonly secret: string;
}

/** A tag as the engine's contract has it: type 0 is a C-tag, 1 an S-tag. */
export interface Tag {
  readonly type: 0 | 1;
  readonly vid: number;
}

export interface Port {
  readonly kind: 'port';
  readonly name: string;
  readonly enabled: boolean;
  readonly mtu: number;
  /** Undefined: the interface is configured and there is no hardware for it. */
  readonly device: Device | undefined;
  /** Name of the bundle that it is a link of. */
  readonly bundle: string | undefined;
  readonly lacpPortPriority: number;
  readonly storm: StormControl;
}

export type RewriteAction = 'none' | 'pop' | 'translate' | 'push';

export interface SubInterface {
  readonly kind: 'sub-interface';
  readonly name: string;
  readonly enabled: boolean;
  readonly parent: string;
  /** Outer tag first. */
  readonly match: readonly Tag[];
  readonly rewrite: RewriteAction;
  /** What `translate` and `push` write; empty otherwise. */
  readonly rewriteTags: readonly Tag[];
  readonly storm: StormControl;
}

/** The router's own port in a bridge domain (integrated routing and bridging). */
export interface IrbInterface {
  readonly kind: 'irb';
  readonly name: string;
  readonly enabled: boolean;
  readonly bridgeDomain: string;
}

export interface LoopbackInterface {
  readonly kind: 'loopback';
  readonly name: string;
  readonly enabled: boolean;
}

/** An interface of a type that the router does not know (refused by check, so never seen in running). */
export interface OtherInterface {
  readonly kind: 'other';
  readonly name: string;
  readonly enabled: boolean;
}

export type Interface = Port | SubInterface | IrbInterface | LoopbackInterface | OtherInterface;

interface TagLeaves {
  readonly outerType: LeafNode;
  readonly outerId: LeafNode;
  readonly innerId: LeafNode;
}

export class InterfaceModel {
  readonly keys: KeySpace;
  readonly interfaces: ContainerNode;
  readonly interface: ListNode;
  readonly parent: LeafNode;
  readonly type: LeafNode;
  readonly afPacket: LeafNode;
  readonly afXdp: LeafNode;
  readonly encapsulation: ContainerNode;
  /** Of an IRB interface. */
  readonly bridgeDomain: LeafNode;
  readonly mtu: LeafNode;
  readonly #name: LeafNode;
  readonly #enabled: LeafNode;
  readonly #ring: LeafNode;
  readonly #rxFile: LeafNode;
  readonly #txFile: LeafNode;
  readonly #memif: {
    readonly socket: LeafNode;
    readonly role: LeafNode;
    readonly id: LeafNode;
    readonly secret: LeafNode;
  };
  readonly #vhostUser: LeafNode;
  readonly #virtioUser: LeafNode;
  readonly #pci: LeafNode;
  /** The bundle of a port. */
  readonly bundle: LeafNode;
  readonly #portPriority: LeafNode;
  readonly #lag: Readonly<Record<'mode' | 'interval' | 'priority' | 'system' | 'key' | 'min' | 'max', LeafNode>>;
  readonly #storm: Readonly<Record<keyof StormControl, { readonly packets: LeafNode; readonly bits: LeafNode }>>;
  readonly #match: TagLeaves;
  readonly action: LeafNode;
  readonly #rewriteTags: TagLeaves;
  readonly #base: RowKey;
  /** What the keys of all interfaces begin with. */
  readonly #entries: RowKey;

  constructor(keys: KeySpace) {
    const { schema } = keys;
    const at = (path: string): LeafNode => leafAt(schema, `${INTERFACE}/${path}`);
    const tagsAt = (path: string): TagLeaves => ({
      outerType: at(`${path}/outer-tag-type`),
      outerId: at(`${path}/outer-vlan-id`),
      innerId: at(`${path}/inner-vlan-id`),
    });
    this.keys = keys;
    this.interfaces = containerAt(schema, INTERFACES);
    this.interface = listAt(schema, INTERFACE);
    this.#name = at('name');
    this.type = at('type');
    this.#enabled = at('enabled');
    this.parent = at('sluice-interfaces:parent-interface');
    this.bridgeDomain = at('sluice-ip:bridge-domain');
    this.mtu = at('sluice-interfaces:port/mtu');
    this.afPacket = at('sluice-interfaces:port/af-packet');
    this.afXdp = at('sluice-interfaces:port/af-xdp');
    this.#ring = at('sluice-interfaces:port/ring');
    this.#rxFile = at('sluice-interfaces:port/pcap/rx-file');
    this.#txFile = at('sluice-interfaces:port/pcap/tx-file');
    this.#memif = {
      socket: at('sluice-interfaces:port/memif/socket'),
      role: at('sluice-interfaces:port/memif/role'),
      id: at('sluice-interfaces:port/memif/id'),
      secret: at('sluice-interfaces:port/memif/secret'),
    };
    this.#vhostUser = at('sluice-interfaces:port/vhost-user/socket');
    this.#virtioUser = at('sluice-interfaces:port/virtio-user/socket');
    this.#pci = at('sluice-interfaces:port/pci');
    this.bundle = at('sluice-interfaces:port/aggregate-id');
    this.#portPriority = at('sluice-interfaces:port/lacp-port-priority');
    this.#lag = {
      mode: at('sluice-interfaces:bundle/lacp-mode'),
      interval: at('sluice-interfaces:bundle/interval'),
      priority: at('sluice-interfaces:bundle/system-priority'),
      system: at('sluice-interfaces:bundle/system-id-mac'),
      key: at('sluice-interfaces:bundle/admin-key'),
      min: at('sluice-interfaces:bundle/min-links'),
      max: at('sluice-interfaces:bundle/max-links'),
    };
    const stormAt = (kind: string) => ({
      packets: at(`sluice-interfaces:storm-control/${kind}/packets-per-second`),
      bits: at(`sluice-interfaces:storm-control/${kind}/bits-per-second`),
    });
    this.#storm = {
      stormBroadcast: stormAt('broadcast'),
      stormMulticast: stormAt('multicast'),
      stormUnknownUnicast: stormAt('unknown-unicast'),
    };
    this.encapsulation = containerAt(schema, `${INTERFACE}/sluice-interfaces:encapsulation`);
    this.#match = tagsAt('sluice-interfaces:encapsulation');
    this.action = at('sluice-interfaces:vlan-rewrite/action');
    this.#rewriteTags = tagsAt('sluice-interfaces:vlan-rewrite/tags');
    this.#base = keys.child('', this.interfaces);
    this.#entries = keys.range(this.#base, this.interface).from;
  }

  /** Key of the row that holds all interfaces. */
  get base(): RowKey {
    return this.#base;
  }

  key(name: string): RowKey {
    return this.keys.child(this.#base, this.interface, [name]);
  }

  /** Whether the row is an interface's, or one below it. */
  holds(key: RowKey): boolean {
    return key.startsWith(this.#entries);
  }

  /** The name in the key of an interface's row, or of a row below one. */
  nameOf(key: RowKey): string {
    // Most keys that are asked for are interfaces' own.
    if (key.startsWith(this.#entries)) {
      const end = key.indexOf('\0', this.#entries.length);
      if (end === key.length - 1) return this.keys.valueOf(key, this.interface);
    }
    return this.keys.decode(key)[1]?.keys[0] as string;
  }

  /** The name in a row of an interface. */
  nameIn(row: Row): string {
    return requiredValue(row, this.#name);
  }

  /** Where a refusal is reported: the leaf that names the device, the encapsulation, or the interface. */
  path(iface: Interface): string {
    const key = this.key(iface.name);
    if (iface.kind === 'sub-interface') return this.keys.path(key, this.encapsulation);
    if (iface.kind === 'irb') return this.keys.path(key, this.bridgeDomain);
    const leaf = iface.kind === 'port' && iface.device !== undefined ? this.#naming(iface.device) : undefined;
    return leaf === undefined ? this.keys.path(key) : this.keys.path(key, leaf);
  }

  /** The leaf that names a device. */
  #naming(device: Device): LeafNode {
    switch (device.case) {
      case 'afPacket':
        return this.afPacket;
      case 'afXdp':
        return this.afXdp;
      case 'ring':
        return this.#ring;
      case 'pcap':
        return this.#rxFile;
      case 'memif':
        return this.#memif.socket;
      case 'vhostUser':
        return this.#vhostUser;
      case 'virtioUser':
        return this.#virtioUser;
      case 'pci':
        return this.#pci;
      case 'bundle':
        return this.type;
    }
  }

  read(view: View, name: string): Interface | undefined {
    const row = view.get(this.key(name));
    return row && this.parse(name, row);
  }

  parse(name: string, row: Row): Interface {
    const enabled = leafValue(row, this.#enabled) === 'true';
    switch (leafValue(row, this.type)) {
      case 'iana-if-type:ethernetCsmacd':
        return this.#port(name, enabled, row, this.#device(row));
      case 'iana-if-type:ieee8023adLag':
        return this.#port(name, enabled, row, { case: 'bundle', value: this.#readBundle(row) });
      case 'iana-if-type:l2vlan': {
        const rewrite = requiredValue(row, this.action) as RewriteAction;
        return {
          kind: 'sub-interface',
          name,
          enabled,
          parent: requiredValue(row, this.parent),
          match: tags(row, this.#match),
          rewrite,
          rewriteTags: rewrite === 'translate' || rewrite === 'push' ? tags(row, this.#rewriteTags) : [],
          storm: this.#readStorm(row),
        };
      }
      case 'iana-if-type:l3ipvlan':
        return { kind: 'irb', name, enabled, bridgeDomain: requiredValue(row, this.bridgeDomain) };
      case 'iana-if-type:softwareLoopback':
        return { kind: 'loopback', name, enabled };
      default:
        return { kind: 'other', name, enabled };
    }
  }

  /** Whether the row names a device, which a bundle must not. */
  hasDevice(row: Row): boolean {
    return this.#device(row) !== undefined;
  }

  #port(name: string, enabled: boolean, row: Row, device: Device | undefined): Port {
    return {
      kind: 'port',
      name,
      enabled,
      mtu: numberOf(row, this.mtu),
      device,
      bundle: leafValue(row, this.bundle),
      lacpPortPriority: numberOf(row, this.#portPriority),
      storm: this.#readStorm(row),
    };
  }

  #readBundle(row: Row): Bundle {
    const { mode, interval, priority, system, key, min, max } = this.#lag;
    return {
      lacp: lacpModes[requiredValue(row, mode) as keyof typeof lacpModes],
      fast: leafValue(row, interval) === 'fast',
      systemPriority: numberOf(row, priority),
      system: Buffer.from((leafValue(row, system) ?? '').replaceAll(':', ''), 'hex'),
      key: numberOf(row, key),
      minLinks: numberOf(row, min),
      maxLinks: numberOf(row, max),
    };
  }

  #readStorm(row: Row): StormControl {
    const limit = ({ packets, bits }: { readonly packets: LeafNode; readonly bits: LeafNode }): StormLimit => ({
      packetsPerSecond: BigInt(leafValue(row, packets) ?? 0),
      bitsPerSecond: BigInt(leafValue(row, bits) ?? 0),
    });
    return {
      stormBroadcast: limit(this.#storm.stormBroadcast),
      stormMulticast: limit(this.#storm.stormMulticast),
      stormUnknownUnicast: limit(this.#storm.stormUnknownUnicast),
    };
  }

  #device(row: Row): Device | undefined {
    const { leaves } = row;
    const value = (leaf: LeafNode): string | undefined => leaves.get(leaf);
    const afPacket = value(this.afPacket);
    if (afPacket !== undefined) return { case: 'afPacket', value: afPacket };
    const afXdp = value(this.afXdp);
    if (afXdp !== undefined) return { case: 'afXdp', value: afXdp };
    const ring = value(this.#ring);
    if (ring !== undefined) return { case: 'ring', value: ring };
    const rxFile = value(this.#rxFile);
    const txFile = value(this.#txFile);
    if (rxFile !== undefined && txFile !== undefined) return { case: 'pcap', value: { rxFile, txFile } };
    const memif = value(this.#memif.socket);
    if (memif !== undefined) return { case: 'memif', value: this.#readMemif(row, memif) };
    const vhostUser = value(this.#vhostUser);
    if (vhostUser !== undefined) return { case: 'vhostUser', value: { socket: vhostUser } };
    const virtioUser = value(this.#virtioUser);
    if (virtioUser !== undefined) return { case: 'virtioUser', value: { socket: virtioUser } };
    const pci = value(this.#pci);
    if (pci !== undefined) return { case: 'pci', value: { address: pci } };
    return undefined;
  }

  #readMemif(row: Row, socket: string): Memif {
    const client = leafValue(row, this.#memif.role) === 'client';
    return {
      socket,
      role: client ? MemifRole.MEMIF_CLIENT : MemifRole.MEMIF_SERVER,
      id: numberOf(row, this.#memif.id),
      secret: leafValue(row, this.#memif.secret) ?? '',
    };
  }
}

const lacpModes = {
  static: LacpMode.LACP_STATIC,
  active: LacpMode.LACP_ACTIVE,
  passive: LacpMode.LACP_PASSIVE,
} as const;

function tags(row: Row, leaves: TagLeaves): Tag[] {
  const outer: Tag = {
    type: requiredValue(row, leaves.outerType) === 's-vlan' ? 1 : 0,
    vid: Number(requiredValue(row, leaves.outerId)),
  };
  const inner = requiredValue(row, leaves.innerId);
  return inner === 'none' ? [outer] : [outer, { type: 0, vid: Number(inner) }];
}
