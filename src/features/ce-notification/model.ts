/** sluice-ce-notification as values. */
import type { KeySpace } from '../../datastore/key/key.ts';
import type { Row, RowKey, View } from '../../datastore/view/view.ts';
import type { ContainerNode, LeafListNode, LeafNode, ListNode } from '../../yang/schema/node.ts';
import { containerAt, leafAt, leafListAt, leafValue, listAt, numberOf } from '../nodes.ts';
import { type ELmi, ELmiModel } from './e-lmi-model.ts';

export const CE_NOTIFICATIONS = '/sluice-ce-notification:ce-notifications';
export const CE_NOTIFICATION = `${CE_NOTIFICATIONS}/ce-notification`;

/** Out of use while all VLANs of the port are blocked, once they have been for so long. */
export interface Hold {
  readonly enabled: boolean;
  readonly holdMs: number;
}

export interface CeNotification {
  readonly port: string;
  readonly macMove: {
    readonly enabled: boolean;
    /** Milliseconds, ascending. */
    readonly offsetsMs: readonly number[];
    readonly macLimit: number;
    /** 0: a tenth of the port's speed. */
    readonly framesPerSecond: number;
  };
  readonly mvrp: {
    readonly enabled: boolean;
    readonly offsetsMs: readonly number[];
    readonly providerAddress: boolean;
    readonly registration: string;
    readonly periodic: boolean;
  };
  readonly stpTc: { readonly enabled: boolean; readonly bpdu: string; readonly offsetsMs: readonly number[] };
  readonly eLmi: ELmi;
  readonly lacp: Hold;
  readonly carrier: Hold;
  /** Whether MEPs tell the CE (../cfm). */
  readonly cfm: boolean;
}

export class CeNotificationModel {
  readonly keys: KeySpace;
  readonly ceNotifications: ContainerNode;
  readonly ceNotification: ListNode;
  readonly eLmi: ELmiModel;
  readonly base: RowKey;
  readonly #offsets: Readonly<Record<'mac-move' | 'mvrp' | 'stp-tc', LeafListNode>>;
  readonly #leaves = new Map<string, LeafNode>();

  constructor(keys: KeySpace) {
    const { schema } = keys;
    this.keys = keys;
    this.ceNotifications = containerAt(schema, CE_NOTIFICATIONS);
    this.ceNotification = listAt(schema, CE_NOTIFICATION);
    const offsets = (method: string): LeafListNode => leafListAt(schema, `${CE_NOTIFICATION}/${method}/offset`);
    this.#offsets = { 'mac-move': offsets('mac-move'), mvrp: offsets('mvrp'), 'stp-tc': offsets('stp-tc') };
    this.eLmi = new ELmiModel(keys, CE_NOTIFICATION);
    this.base = keys.child('', this.ceNotifications);
    for (const path of [
      'mac-move/enabled',
      'mac-move/mac-limit',
      'mac-move/frames-per-second',
      'mvrp/enabled',
      'mvrp/provider-address',
      'mvrp/registration',
      'mvrp/periodic',
      'stp-tc/enabled',
      'stp-tc/bpdu',
      'cfm/enabled',
      'lacp/enabled',
      'lacp/hold-time',
      'carrier/enabled',
      'carrier/hold-time',
    ])
      this.#leaves.set(path, leafAt(schema, `${CE_NOTIFICATION}/${path}`));
  }

  key(port: string): RowKey {
    return this.keys.child(this.base, this.ceNotification, [port]);
  }

  /** The port in the key of an entry's row or of a row below it. */
  portOf(key: RowKey): string {
    return this.keys.decode(key)[1]?.keys[0] as string;
  }

  /** Whether a row is of an entry, whatever it is. */
  owns(key: RowKey): boolean {
    const [container, entry] = this.keys.decode(key);
    return container?.node === this.ceNotifications && entry?.node === this.ceNotification;
  }

  read(view: View, port: string): CeNotification | undefined {
    const key = this.key(port);
    const row = view.get(key);
    if (row === undefined) return undefined;
    const text = (path: string): string => leafValue(row, this.#leaf(path)) ?? '';
    const is = (path: string): boolean => text(path) === 'true';
    const number = (path: string): number => numberOf(row, this.#leaf(path));
    const hold = (of: string): Hold => ({ enabled: is(`${of}/enabled`), holdMs: number(`${of}/hold-time`) });
    return {
      port,
      macMove: {
        enabled: is('mac-move/enabled'),
        offsetsMs: this.#offsetsOf(view, key, 'mac-move'),
        macLimit: number('mac-move/mac-limit'),
        framesPerSecond: number('mac-move/frames-per-second'),
      },
      mvrp: {
        enabled: is('mvrp/enabled'),
        offsetsMs: this.#offsetsOf(view, key, 'mvrp'),
        providerAddress: is('mvrp/provider-address'),
        registration: text('mvrp/registration'),
        periodic: is('mvrp/periodic'),
      },
      stpTc: {
        enabled: is('stp-tc/enabled'),
        bpdu: text('stp-tc/bpdu'),
        offsetsMs: this.#offsetsOf(view, key, 'stp-tc'),
      },
      eLmi: this.eLmi.read(view, key, row as Row),
      cfm: is('cfm/enabled'),
      lacp: hold('lacp'),
      carrier: hold('carrier'),
    };
  }

  #leaf(path: string): LeafNode {
    const leaf = this.#leaves.get(path);
    if (leaf === undefined) throw new Error(`no leaf ${path}`);
    return leaf;
  }

  /** The configured offsets, or the defaults where there is none (RFC 7950 section 7.7.2). */
  #offsetsOf(view: View, entry: RowKey, method: 'mac-move' | 'mvrp' | 'stp-tc'): number[] {
    const node = this.#offsets[method];
    const values: string[] = [];
    for (const { key } of view.entries(entry, node)) values.push(this.keys.last(key)?.keys[0] as string);
    return (values.length > 0 ? values : node.defaults).map(Number).sort((a, b) => a - b);
  }
}
