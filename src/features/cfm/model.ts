/** sluice-cfm as values: MEPs with what their association and domain say of them. */
import type { KeySpace } from '../../datastore/key/key.ts';
import type { Row, RowKey, RowNode, View } from '../../datastore/view/view.ts';
import type { ContainerNode, LeafNode, ListNode } from '../../yang/schema/node.ts';
import { macBytes } from '../address.ts';
import { containerAt, leafAt, leafValue, listAt, numberOf } from '../nodes.ts';
import { objectName } from '../object-name.ts';

export const CFM = '/sluice-cfm:cfm';
export const DOMAIN = `${CFM}/maintenance-domain`;
export const ASSOCIATION = `${DOMAIN}/maintenance-association`;
export const MEP = `${ASSOCIATION}/mep`;

/** A name on the wire: format (IEEE Std 802.1Q-2018, tables 21-19 and 21-20) and octets. */
export interface WireName {
  readonly format: number;
  readonly octets: Uint8Array;
}

export interface MepId {
  readonly md: string;
  readonly ma: string;
  readonly mep: number;
}

export interface Mep extends MepId {
  readonly port: string;
  /** 0: untagged frames. */
  readonly vid: number;
  readonly isServiceTag: boolean;
  readonly enabled: boolean;
  readonly level: number;
  readonly mdName: WireName;
  readonly maName: WireName;
  /** As in the flags of a CCM. */
  readonly ccmInterval: number;
  readonly ccmEnabled: boolean;
  readonly priority: number;
  readonly interfaceStatus: boolean;
  readonly lowestDefect: number;
  readonly alarmMs: number;
  readonly resetMs: number;
  /** Ids of the others in the association, ascending. */
  readonly remotes: readonly number[];
}

const intervals = ['3.3ms', '10ms', '100ms', '1sec', '10sec', '1min', '10min'];
const lowest = ['all', 'mac-remote-error-xcon', 'remote-error-xcon', 'error-xcon', 'xcon', 'no-xcon'];

/** Format 1: no name. */
const NO_NAME: WireName = { format: 1, octets: new Uint8Array() };
const ICC_OCTETS = 13;

export class CfmModel {
  readonly keys: KeySpace;
  readonly cfm: ContainerNode;
  readonly domain: ListNode;
  readonly association: ListNode;
  readonly member: ListNode;
  readonly mep: ListNode;
  readonly port: LeafNode;
  readonly vlan: LeafNode;
  readonly base: RowKey;
  readonly #domainLeaf: (name: string) => LeafNode;
  readonly #associationLeaf: (name: string) => LeafNode;
  readonly #mepLeaf: (name: string) => LeafNode;

  constructor(keys: KeySpace) {
    const { schema } = keys;
    this.keys = keys;
    this.cfm = containerAt(schema, CFM);
    this.domain = listAt(schema, DOMAIN);
    this.association = listAt(schema, ASSOCIATION);
    this.member = listAt(schema, `${ASSOCIATION}/maintenance-association-mep`);
    this.mep = listAt(schema, MEP);
    this.port = leafAt(schema, `${MEP}/port`);
    this.vlan = leafAt(schema, `${MEP}/vlan-id`);
    this.base = keys.child('', this.cfm);
    this.#domainLeaf = (name) => leafAt(schema, `${DOMAIN}/${name}`);
    this.#associationLeaf = (name) => leafAt(schema, `${ASSOCIATION}/${name}`);
    this.#mepLeaf = (name) => leafAt(schema, `${MEP}/${name}`);
  }

  key({ md, ma, mep }: MepId): RowKey {
    const domain = this.keys.child(this.base, this.domain, [md]);
    return this.keys.child(this.keys.child(domain, this.association, [ma]), this.mep, [String(mep)]);
  }

  /** The MEP in the key of its row. */
  idOf(key: RowKey): MepId {
    const [, domain, association, mep] = this.keys.decode(key);
    return {
      md: domain?.keys[0] as string,
      ma: association?.keys[0] as string,
      mep: Number(mep?.keys[0]),
    };
  }

  /** The stable key in the engine. */
  nameOf({ md, ma, mep }: MepId): string {
    return objectName(md, ma, mep);
  }

  /** Keys of the MEPs in or below a row of this model. */
  *mepsOf(view: View, node: RowNode | undefined, key: RowKey): Generator<RowKey> {
    if (node === this.mep) yield key;
    if (node === this.member) yield* this.mepsOf(view, this.association, this.keys.parentOf(key, this.member));
    if (node === this.association) for (const entry of view.entries(key, this.mep)) yield entry.key;
    if (node === this.domain) {
      for (const entry of view.entries(key, this.association)) yield* this.mepsOf(view, this.association, entry.key);
    }
  }

  /** Keys of all MEPs. */
  *all(view: View): Generator<RowKey> {
    for (const { key } of view.entries(this.base, this.domain)) yield* this.mepsOf(view, this.domain, key);
  }

  read(view: View, key: RowKey): Mep | undefined {
    const row = view.get(key);
    const above = this.keys.parentOf(key, this.mep);
    const association = view.get(above);
    const domain = view.get(this.keys.parentOf(above, this.association));
    if (row === undefined || association === undefined || domain === undefined) return undefined;
    const at = (name: string): LeafNode => this.#mepLeaf(name);
    const check = (name: string): LeafNode => this.#mepLeaf(`continuity-check/${name}`);
    const id = this.idOf(key);
    const vlan = leafValue(row, this.vlan);
    return {
      ...id,
      port: leafValue(row, this.port) ?? '',
      vid: vlan === 'untagged' ? 0 : Number(vlan),
      isServiceTag: leafValue(row, at('tag-type')) === 's-vlan',
      enabled: leafValue(row, at('enabled')) === 'true',
      level: numberOf(domain, this.#domainLeaf('md-level')),
      mdName: this.#domainName(domain),
      maName: this.#associationName(association),
      ccmInterval: intervals.indexOf(leafValue(association, this.#associationLeaf('ccm-interval')) ?? '1sec') + 1,
      ccmEnabled: leafValue(row, check('ccm-enabled')) === 'true',
      priority: numberOf(row, at('ccm-ltm-priority')),
      interfaceStatus: leafValue(row, check('interface-status-tlv')) === 'true',
      lowestDefect: lowest.indexOf(leafValue(row, check('lowest-priority-defect')) ?? 'mac-remote-error-xcon') + 1,
      alarmMs: numberOf(row, check('fng-alarm-time')),
      resetMs: numberOf(row, check('fng-reset-time')),
      remotes: this.#remotes(view, above, id),
    };
  }

  #remotes(view: View, association: RowKey, { mep }: MepId): readonly number[] {
    const ids = Array.from(view.entries(association, this.member), (entry) =>
      Number(this.keys.valueOf(entry.key, this.member)),
    );
    return ids.filter((id) => id !== mep).sort((a, b) => a - b);
  }

  #domainName(row: Row): WireName {
    const at = (name: string): string | undefined => leafValue(row, this.#domainLeaf(name));
    const dns = at('dns-like-name');
    const address = at('mac-address-and-uint/address');
    const text = at('char-string');
    if (dns !== undefined) return { format: 2, octets: textOctets(dns) };
    if (address !== undefined) {
      const number = Number(at('mac-address-and-uint/int'));
      return { format: 3, octets: Uint8Array.of(...macBytes(address), ...numberOctets(number, 2)) };
    }
    return text === undefined ? NO_NAME : { format: 4, octets: textOctets(text) };
  }

  #associationName(row: Row): WireName {
    const at = (name: string): string | undefined => leafValue(row, this.#associationLeaf(name));
    const vid = at('primary-vid');
    const text = at('char-string');
    const number = at('unsigned-int16');
    const oui = at('vpn-id/vpn-oui');
    const icc = at('icc-and-umc') ?? '';
    if (vid !== undefined) return { format: 1, octets: numberOctets(Number(vid), 2) };
    if (text !== undefined) return { format: 2, octets: textOctets(text) };
    if (number !== undefined) return { format: 3, octets: numberOctets(Number(number), 2) };
    if (oui !== undefined) {
      const index = numberOctets(Number(at('vpn-id/vpn-index')), 4);
      return { format: 4, octets: Uint8Array.of(...numberOctets(Number(oui), 3), ...index) };
    }
    const octets = new Uint8Array(ICC_OCTETS);
    octets.set(textOctets(icc));
    return { format: 32, octets };
  }
}

function textOctets(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'latin1'));
}

/** Most significant first. */
function numberOctets(value: number, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, at) => Math.floor(value / 256 ** (count - 1 - at)) % 256);
}
