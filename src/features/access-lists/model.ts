/** ietf-access-control-list, with what sluice-access-lists and sluice-policers add, as values. */
import type { KeySpace } from '../../datastore/key/key.ts';
import type { Row, RowKey, View } from '../../datastore/view/view.ts';
import { AccessAction } from '../../engine/gen/sluice_pb.js';
import type { ContainerNode, LeafNode, ListNode } from '../../yang/schema/node.ts';
import { type IpVersion, type Prefix, prefixBytes } from '../address.ts';
import { containerAt, leafAt, leafValue, listAt, requiredValue } from '../nodes.ts';

export const ACLS = '/ietf-access-control-list:acls';
export const ACL = `${ACLS}/acl`;
export const ACE = `${ACL}/aces/ace`;
export const ATTACHMENT = `${ACLS}/attachment-points/interface`;

export type AttachmentDirection = 'ingress' | 'egress';

export interface Range {
  readonly lower: number;
  readonly upper: number;
}

/** As the engine's contract has it. */
export interface AccessRule {
  readonly name: string;
  readonly action: AccessAction;
  readonly source?: Prefix;
  readonly destination?: Prefix;
  readonly protocol: number;
  readonly sourcePort?: Range;
  readonly destinationPort?: Range;
  readonly tcpFlags?: { readonly mask: number; readonly value: number };
  readonly dscp: number;
  readonly icmpType: number;
  readonly icmpCode: number;
  readonly fragment: boolean;
  readonly length?: Range;
  readonly ttl?: Range;
  readonly log: boolean;
  readonly policer: string;
}

/** Names of the lists of an interface, by the fields of the engine's L3Interface; empty: none. */
export interface Attached {
  readonly aclInIpv4: string;
  readonly aclInIpv6: string;
  readonly aclOutIpv4: string;
  readonly aclOutIpv6: string;
}

/** The engine's word for a field that is not looked at. */
const ANY = -1;
const TCP = 6;
const UDP = 17;
const ICMP = { 4: 1, 6: 58 } as const;
const MOST_PORT = 65535;

const actions: Readonly<Record<string, AccessAction>> = {
  'ietf-access-control-list:accept': AccessAction.ACCEPT,
  'ietf-access-control-list:drop': AccessAction.DROP,
  'ietf-access-control-list:reject': AccessAction.REJECT,
};

/** The control bits of TCP as RFC 9293 numbers them. */
const flagBits: Readonly<Record<string, number>> = {
  cwr: 0x80,
  ece: 0x40,
  urg: 0x20,
  ack: 0x10,
  psh: 0x08,
  rst: 0x04,
  syn: 0x02,
  fin: 0x01,
};
const ALL_FLAGS = 0xff;

interface IpLeaves {
  readonly dscp: LeafNode;
  readonly length: LeafNode;
  readonly ttl: LeafNode;
  readonly protocol: LeafNode;
  readonly source: LeafNode;
  readonly destination: LeafNode;
}

interface PortLeaves {
  readonly lower: LeafNode;
  readonly upper: LeafNode;
  readonly operator: LeafNode;
  readonly port: LeafNode;
}

interface PortsLeaves {
  readonly source: PortLeaves;
  readonly destination: PortLeaves;
}

export class AccessListModel {
  readonly keys: KeySpace;
  readonly acl: ListNode;
  readonly ace: ListNode;
  readonly type: LeafNode;
  readonly attachment: ListNode;
  readonly sets: Readonly<Record<AttachmentDirection, ListNode>>;
  /** The names in these lists. */
  readonly setNames: Readonly<Record<AttachmentDirection, LeafNode>>;
  readonly base: RowKey;
  readonly protocols: Readonly<Record<IpVersion, LeafNode>>;
  readonly fragments: LeafNode;
  readonly #ip: Readonly<Record<IpVersion, IpLeaves>>;
  readonly #flags: LeafNode;
  readonly #tcp: PortsLeaves;
  readonly #udp: PortsLeaves;
  readonly #icmpType: LeafNode;
  readonly #icmpCode: LeafNode;
  readonly #forwarding: LeafNode;
  readonly #logging: LeafNode;
  readonly #policer: LeafNode;

  constructor(keys: KeySpace) {
    const { schema } = keys;
    const at = (path: string): LeafNode => leafAt(schema, `${ACE}/${path}`);
    const ip = (version: IpVersion): IpLeaves => {
      const header = `matches/ipv${version}`;
      return {
        dscp: at(`${header}/dscp`),
        length: at(`${header}/length`),
        ttl: at(`${header}/ttl`),
        protocol: at(`${header}/protocol`),
        source: at(`${header}/source-ipv${version}-network`),
        destination: at(`${header}/destination-ipv${version}-network`),
      };
    };
    const port = (path: string): PortLeaves => ({
      lower: at(`${path}/lower-port`),
      upper: at(`${path}/upper-port`),
      operator: at(`${path}/operator`),
      port: at(`${path}/port`),
    });
    const ports = (protocol: string): PortsLeaves => ({
      source: port(`matches/${protocol}/source-port`),
      destination: port(`matches/${protocol}/destination-port`),
    });
    this.keys = keys;
    const acls: ContainerNode = containerAt(schema, ACLS);
    this.acl = listAt(schema, ACL);
    this.ace = listAt(schema, ACE);
    this.type = leafAt(schema, `${ACL}/type`);
    this.attachment = listAt(schema, ATTACHMENT);
    this.sets = {
      ingress: listAt(schema, `${ATTACHMENT}/ingress/acl-sets/acl-set`),
      egress: listAt(schema, `${ATTACHMENT}/egress/acl-sets/acl-set`),
    };
    this.setNames = {
      ingress: leafAt(schema, `${ATTACHMENT}/ingress/acl-sets/acl-set/name`),
      egress: leafAt(schema, `${ATTACHMENT}/egress/acl-sets/acl-set/name`),
    };
    this.base = keys.child('', acls);
    this.#ip = { 4: ip(4), 6: ip(6) };
    this.protocols = { 4: this.#ip[4].protocol, 6: this.#ip[6].protocol };
    this.#flags = at('matches/tcp/flags');
    this.#tcp = ports('tcp');
    this.#udp = ports('udp');
    this.#icmpType = at('matches/icmp/type');
    this.#icmpCode = at('matches/icmp/code');
    this.fragments = at('matches/sluice-access-lists:fragments');
    this.#forwarding = at('actions/forwarding');
    this.#logging = at('actions/logging');
    this.#policer = at('actions/sluice-policers:policer');
  }

  key(name: string): RowKey {
    return this.keys.child(this.base, this.acl, [name]);
  }

  aceKey(list: string, name: string): RowKey {
    return this.keys.child(this.key(list), this.ace, [name]);
  }

  /** The list that a row is of, or of an entry of. */
  nameOf(key: RowKey): string {
    return this.keys.decode(key)[1]?.keys[0] as string;
  }

  attachmentKey(name: string): RowKey {
    return this.keys.child(this.base, this.attachment, [name]);
  }

  /** The interface in a row of an attachment point or below. */
  interfaceOf(key: RowKey): string {
    return this.keys.decode(key)[1]?.keys[0] as string;
  }

  isAttachment(node: unknown): boolean {
    return node === this.attachment || node === this.sets.ingress || node === this.sets.egress;
  }

  /** The version of IP that a list is for; undefined: there is no such list. */
  version(view: View, name: string): IpVersion | undefined {
    const row = view.get(this.key(name));
    return row && this.versionIn(row);
  }

  versionIn(row: Row): IpVersion {
    return leafValue(row, this.type) === 'ietf-access-control-list:ipv6-acl-type' ? 6 : 4;
  }

  /** Names of the lists of one direction of an interface, in their order. */
  setsOf(view: View, name: string, direction: AttachmentDirection): readonly string[] {
    const node = this.sets[direction];
    return Array.from(view.entries(this.attachmentKey(name), node), ({ key }) => this.keys.valueOf(key, node));
  }

  attached(view: View, name: string): Attached {
    const of = (direction: AttachmentDirection, version: IpVersion): string =>
      this.setsOf(view, name, direction).find((list) => this.version(view, list) === version) ?? '';
    return {
      aclInIpv4: of('ingress', 4),
      aclInIpv6: of('ingress', 6),
      aclOutIpv4: of('egress', 4),
      aclOutIpv6: of('egress', 6),
    };
  }

  /** Interfaces that a list is set on, by the indexes. */
  *interfacesWith(view: View, list: string): Generator<string> {
    for (const leaf of [this.setNames.ingress, this.setNames.egress]) {
      for (const key of view.rowsWith(leaf, list)) yield this.interfaceOf(key);
    }
  }

  /** The rules of a list, in their order; undefined: there is no such list. */
  rules(view: View, name: string): readonly AccessRule[] | undefined {
    const version = this.version(view, name);
    if (version === undefined) return undefined;
    return Array.from(view.entries(this.key(name), this.ace), ({ key, row }) =>
      this.rule(this.keys.valueOf(key, this.ace), row, version),
    );
  }

  rule(name: string, row: Row, version: IpVersion): AccessRule {
    const ip = this.#ip[version];
    const upper = this.upperProtocol(row, version) ?? ANY;
    const number = (leaf: LeafNode): number => Number(leafValue(row, leaf) ?? ANY);
    const one = (leaf: LeafNode): Range | undefined => {
      const value = leafValue(row, leaf);
      return value === undefined ? undefined : { lower: Number(value), upper: Number(value) };
    };
    const prefix = (leaf: LeafNode): Prefix | undefined => {
      const value = leafValue(row, leaf);
      return value === undefined ? undefined : prefixBytes(value);
    };
    const ports = upper === TCP ? this.#tcp : this.#udp;
    const flags = leafValue(row, this.#flags);
    const protocol = number(ip.protocol);
    return {
      name,
      action: actions[requiredValue(row, this.#forwarding)] ?? AccessAction.DROP,
      protocol: protocol === ANY ? upper : protocol,
      dscp: number(ip.dscp),
      icmpType: number(this.#icmpType),
      icmpCode: number(this.#icmpCode),
      fragment: row.leaves.has(this.fragments),
      log: requiredValue(row, this.#logging) === 'ietf-access-control-list:log-syslog',
      policer: leafValue(row, this.#policer) ?? '',
      ...defined('source', prefix(ip.source)),
      ...defined('destination', prefix(ip.destination)),
      ...defined('sourcePort', portRange(row, ports.source)),
      ...defined('destinationPort', portRange(row, ports.destination)),
      ...defined('tcpFlags', flags === undefined ? undefined : { mask: ALL_FLAGS, value: flagsOf(flags) }),
      ...defined('length', one(ip.length)),
      ...defined('ttl', one(ip.ttl)),
    };
  }

  /** What the header of the upper layer that an entry looks at says of its protocol; undefined: it looks at none. */
  upperProtocol(row: Row, version: IpVersion): number | undefined {
    if (this.#uses(row, this.#tcp) || row.leaves.has(this.#flags)) return TCP;
    if (this.#uses(row, this.#udp)) return UDP;
    if (row.leaves.has(this.#icmpType) || row.leaves.has(this.#icmpCode)) return ICMP[version];
    return undefined;
  }

  /** Whether the entry asks for fragments without a header of the upper layer. */
  wantsFragments(row: Row): boolean {
    return row.leaves.has(this.fragments);
  }

  /** Whether the entry looks at the IP header of a version. */
  looksAt(row: Row, version: IpVersion): boolean {
    return Object.values(this.#ip[version]).some((leaf: LeafNode) => row.leaves.has(leaf));
  }

  #uses(row: Row, { source, destination }: PortsLeaves): boolean {
    return [source.port, source.lower, destination.port, destination.lower].some((leaf) => row.leaves.has(leaf));
  }
}

function defined<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}

function flagsOf(text: string): number {
  return text.split(' ').reduce((bits, name) => bits | (flagBits[name] ?? 0), 0);
}

function portRange(row: Row, { lower, upper, operator, port }: PortLeaves): Range | undefined {
  const from = leafValue(row, lower);
  const to = leafValue(row, upper);
  if (from !== undefined && to !== undefined) return { lower: Number(from), upper: Number(to) };
  const text = leafValue(row, port);
  if (text === undefined) return undefined;
  const number = Number(text);
  switch (leafValue(row, operator)) {
    case 'lte':
      return { lower: 0, upper: number };
    case 'gte':
      return { lower: number, upper: MOST_PORT };
    default:
      return { lower: number, upper: number };
  }
}
