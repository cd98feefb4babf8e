/** The container e-lmi of an entry as values. */
import type { KeySpace } from '../../datastore/key/key.ts';
import type { Row, RowKey, View } from '../../datastore/view/view.ts';
import type { LeafListNode, LeafNode, ListNode } from '../../yang/schema/node.ts';
import { containerAt, leafAt, leafListAt, leafValue, listAt, numberOf } from '../nodes.ts';

/** Kilobits per second and kilobytes. */
export interface BandwidthProfile {
  readonly cir: number;
  readonly cbs: number;
  readonly eir: number;
  readonly ebs: number;
  readonly coupling: boolean;
  readonly colorAware: boolean;
}

export interface Evc {
  readonly referenceId: number;
  readonly id: string;
  readonly multipoint: boolean;
  /** Ascending. */
  readonly vlans: readonly number[];
  readonly untagged: boolean;
  readonly defaultEvc: boolean;
  readonly bandwidth: BandwidthProfile | undefined;
}

export interface ELmi {
  readonly enabled: boolean;
  readonly uniId: string;
  readonly mapType: string;
  readonly pollingVerification: boolean;
  readonly pollingVerificationSeconds: number;
  readonly pollingSeconds: number;
  readonly statusCounter: number;
  readonly bandwidth: BandwidthProfile | undefined;
  /** Ascending reference identifiers. */
  readonly evcs: readonly Evc[];
}

const profileLeaves = ['committed-rate', 'committed-burst', 'excess-rate', 'excess-burst', 'coupling', 'color-aware'];

class ProfileModel {
  readonly #container: string;
  readonly #keys: KeySpace;
  readonly #leaves: readonly LeafNode[];

  constructor(keys: KeySpace, parent: string) {
    this.#keys = keys;
    this.#container = `${parent}/bandwidth-profile`;
    this.#leaves = profileLeaves.map((leaf) => leafAt(keys.schema, `${this.#container}/${leaf}`));
  }

  read(view: View, parent: RowKey): BandwidthProfile | undefined {
    const row = view.get(this.#keys.child(parent, containerAt(this.#keys.schema, this.#container)));
    if (row === undefined) return undefined;
    const [cir, cbs, eir, ebs, coupling, colorAware] = this.#leaves.map((leaf) => leafValue(row, leaf));
    return {
      cir: Number(cir),
      cbs: Number(cbs),
      eir: Number(eir),
      ebs: Number(ebs),
      coupling: coupling === 'true',
      colorAware: colorAware === 'true',
    };
  }
}

export class ELmiModel {
  readonly evc: ListNode;
  readonly #keys: KeySpace;
  readonly #vlan: LeafListNode;
  readonly #uniProfile: ProfileModel;
  readonly #evcProfile: ProfileModel;
  readonly #leaf: (path: string) => LeafNode;

  constructor(keys: KeySpace, entry: string) {
    const base = `${entry}/e-lmi`;
    this.#keys = keys;
    this.evc = listAt(keys.schema, `${base}/evc`);
    this.#vlan = leafListAt(keys.schema, `${base}/evc/vlan-id`);
    this.#uniProfile = new ProfileModel(keys, base);
    this.#evcProfile = new ProfileModel(keys, `${base}/evc`);
    this.#leaf = (path) => leafAt(keys.schema, `${base}/${path}`);
  }

  /** `row` is that of the entry, whose key is `entry`. */
  read(view: View, entry: RowKey, row: Row): ELmi {
    const text = (path: string): string => leafValue(row, this.#leaf(path)) ?? '';
    return {
      enabled: text('enabled') === 'true',
      uniId: text('uni-id'),
      mapType: text('map-type'),
      pollingVerification: text('polling-verification') === 'true',
      pollingVerificationSeconds: numberOf(row, this.#leaf('polling-verification-timer')),
      pollingSeconds: numberOf(row, this.#leaf('polling-timer')),
      statusCounter: numberOf(row, this.#leaf('status-counter')),
      bandwidth: this.#uniProfile.read(view, entry),
      evcs: Array.from(view.entries(entry, this.evc), ({ key, row: evc }) => this.#evc(view, key, evc)).sort(
        (a, b) => a.referenceId - b.referenceId,
      ),
    };
  }

  #evc(view: View, key: RowKey, row: Row): Evc {
    const text = (path: string): string => leafValue(row, this.#leaf(`evc/${path}`)) ?? '';
    return {
      referenceId: Number(this.#keys.last(key)?.keys[0]),
      id: text('id'),
      multipoint: text('type') === 'multipoint-to-multipoint',
      vlans: Array.from(view.entries(key, this.#vlan), (entry) => Number(this.#keys.last(entry.key)?.keys[0])).sort(
        (a, b) => a - b,
      ),
      untagged: text('untagged') === 'true',
      defaultEvc: text('default-evc') === 'true',
      bandwidth: this.#evcProfile.read(view, key),
    };
  }
}
