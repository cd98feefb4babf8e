/** ietf-vrrp as values: the virtual routers of an interface, of one family. */
import type { KeySpace } from '../../datastore/key/key.ts';
import type { RowKey, View } from '../../datastore/view/view.ts';
import type { LeafNode, ListNode } from '../../yang/schema/node.ts';
import { addressBytes, type IpVersion, isLinkLocal } from '../address.ts';
import { IPV4, IPV6, type IpModel } from '../ip/model.ts';
import { leafAt, leafValue, listAt, numberOf } from '../nodes.ts';
import { objectName } from '../object-name.ts';

export const INSTANCE_4 = `${IPV4}/ietf-vrrp:vrrp/vrrp-instance`;
export const INSTANCE_6 = `${IPV6}/ietf-vrrp:vrrp/vrrp-instance`;

/** Priority of the owner of an address (RFC 5798 section 5.2.4). */
const OWNER = 255;

export interface VirtualRouter {
  readonly interface: string;
  readonly vrid: number;
  /** 255: an address is the interface's own. */
  readonly priority: number;
  /** Link-local ones first (RFC 5798 section 5.2.9). */
  readonly addresses: readonly Uint8Array[];
  /** Centiseconds. */
  readonly interval: number;
  readonly preempt: boolean;
  readonly preemptHoldSeconds: number;
  readonly accept: boolean;
  readonly tracks: readonly { readonly interface: string; readonly priorityDecrement: number }[];
}

/** The schema nodes of one family. */
export interface VrrpNodes {
  readonly version: IpVersion;
  readonly instance: ListNode;
  readonly priority: LeafNode;
  readonly interval: LeafNode;
  readonly preempt: LeafNode;
  readonly holdTime: LeafNode;
  readonly accept: LeafNode;
  readonly address: ListNode;
  readonly addressLeaf: LeafNode;
  readonly track: ListNode;
  readonly trackInterface: LeafNode;
  readonly decrement: LeafNode;
}

export class VrrpModel {
  readonly keys: KeySpace;
  readonly ip: IpModel;
  readonly families: readonly [VrrpNodes, VrrpNodes];

  constructor(ip: IpModel) {
    this.keys = ip.keys;
    this.ip = ip;
    this.families = [vrrpNodes(ip.keys, 4, INSTANCE_4), vrrpNodes(ip.keys, 6, INSTANCE_6)];
  }

  familyOf({ version }: VrrpNodes): IpModel['ipv4'] {
    return version === 4 ? this.ip.ipv4 : this.ip.ipv6;
  }

  /** The interface and the identifier in the key of an instance's row. */
  idOf(key: RowKey): { readonly interface: string; readonly vrid: string } {
    return { interface: this.ip.interfaces.nameOf(key), vrid: this.keys.last(key)?.keys[0] as string };
  }

  /** The stable key in the engine. */
  nameOf(key: RowKey, { version }: VrrpNodes): string {
    const { interface: name, vrid } = this.idOf(key);
    return objectName(name, `ipv${version}`, vrid);
  }

  /** Keys of the instances of an interface. */
  *below(view: View, name: string, nodes: VrrpNodes): Generator<RowKey> {
    const parent = this.ip.familyKey(name, this.familyOf(nodes));
    for (const { key } of view.entries(parent, nodes.instance)) yield key;
  }

  read(view: View, key: RowKey, nodes: VrrpNodes): VirtualRouter | undefined {
    const row = view.get(key);
    if (row === undefined) return undefined;
    const { interface: name, vrid } = this.idOf(key);
    const addresses = Array.from(view.entries(key, nodes.address), (entry) =>
      addressBytes(this.keys.valueOf(entry.key, nodes.address)),
    );
    addresses.sort((a, b) => Number(isLinkLocal(b)) - Number(isLinkLocal(a)));
    const own = this.ip.family(view, name, this.familyOf(nodes))?.addresses ?? [];
    const isOwner = addresses.some((one) => own.some(({ address }) => Buffer.compare(address, one) === 0));
    return {
      interface: name,
      vrid: Number(vrid),
      priority: isOwner ? OWNER : numberOf(row, nodes.priority),
      addresses,
      interval: numberOf(row, nodes.interval),
      preempt: leafValue(row, nodes.preempt) === 'true',
      preemptHoldSeconds: numberOf(row, nodes.holdTime),
      accept: leafValue(row, nodes.accept) === 'true',
      tracks: Array.from(view.entries(key, nodes.track), (entry) => ({
        interface: this.keys.valueOf(entry.key, nodes.track),
        priorityDecrement: numberOf(entry.row, nodes.decrement),
      })),
    };
  }
}

function vrrpNodes({ schema }: KeySpace, version: IpVersion, path: string): VrrpNodes {
  const at = (name: string): LeafNode => leafAt(schema, `${path}/${name}`);
  const addresses = `virtual-ipv${version}-addresses/virtual-ipv${version}-address`;
  return {
    version,
    instance: listAt(schema, path),
    priority: at('priority'),
    interval: at('advertise-interval-centi-sec'),
    preempt: at('preempt/enabled'),
    holdTime: at('preempt/hold-time'),
    accept: at('accept-mode'),
    address: listAt(schema, `${path}/${addresses}`),
    addressLeaf: at(`${addresses}/ipv${version}-address`),
    track: listAt(schema, `${path}/track/interfaces/interface`),
    trackInterface: at('track/interfaces/interface/interface'),
    decrement: at('track/interfaces/interface/priority-decrement'),
  };
}
