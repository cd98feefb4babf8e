/** sluice-ce-notification as values. */
import type { KeySpace } from '../../datastore/key/key.ts';
import type { RowKey, View } from '../../datastore/view/view.ts';
import type { ContainerNode, LeafListNode, LeafNode, ListNode } from '../../yang/schema/node.ts';
import { containerAt, leafAt, leafListAt, leafValue, listAt, numberOf } from '../nodes.ts';

export const CE_NOTIFICATIONS = '/sluice-ce-notification:ce-notifications';
export const CE_NOTIFICATION = `${CE_NOTIFICATIONS}/ce-notification`;

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
  };
  /** Whether MEPs tell the CE (../cfm). */
  readonly cfm: boolean;
}

export class CeNotificationModel {
  readonly keys: KeySpace;
  readonly ceNotifications: ContainerNode;
  readonly ceNotification: ListNode;
  readonly macMoveOffset: LeafListNode;
  readonly mvrpOffset: LeafListNode;
  readonly base: RowKey;
  readonly #macMoveEnabled: LeafNode;
  readonly #macLimit: LeafNode;
  readonly #framesPerSecond: LeafNode;
  readonly #mvrpEnabled: LeafNode;
  readonly #providerAddress: LeafNode;
  readonly #cfmEnabled: LeafNode;

  constructor(keys: KeySpace) {
    const { schema } = keys;
    const at = (path: string): LeafNode => leafAt(schema, `${CE_NOTIFICATION}/${path}`);
    this.keys = keys;
    this.ceNotifications = containerAt(schema, CE_NOTIFICATIONS);
    this.ceNotification = listAt(schema, CE_NOTIFICATION);
    this.macMoveOffset = leafListAt(schema, `${CE_NOTIFICATION}/mac-move/offset`);
    this.mvrpOffset = leafListAt(schema, `${CE_NOTIFICATION}/mvrp/offset`);
    this.#macMoveEnabled = at('mac-move/enabled');
    this.#macLimit = at('mac-move/mac-limit');
    this.#framesPerSecond = at('mac-move/frames-per-second');
    this.#mvrpEnabled = at('mvrp/enabled');
    this.#providerAddress = at('mvrp/provider-address');
    this.#cfmEnabled = at('cfm/enabled');
    this.base = keys.child('', this.ceNotifications);
  }

  key(port: string): RowKey {
    return this.keys.child(this.base, this.ceNotification, [port]);
  }

  /** The port in the key of an entry's row or of a row below it. */
  portOf(key: RowKey): string {
    return this.keys.decode(key)[1]?.keys[0] as string;
  }

  read(view: View, port: string): CeNotification | undefined {
    const key = this.key(port);
    const row = view.get(key);
    return (
      row && {
        port,
        macMove: {
          enabled: leafValue(row, this.#macMoveEnabled) === 'true',
          offsetsMs: this.#offsets(view, key, this.macMoveOffset),
          macLimit: numberOf(row, this.#macLimit),
          framesPerSecond: numberOf(row, this.#framesPerSecond),
        },
        mvrp: {
          enabled: leafValue(row, this.#mvrpEnabled) === 'true',
          offsetsMs: this.#offsets(view, key, this.mvrpOffset),
          providerAddress: leafValue(row, this.#providerAddress) === 'true',
        },
        cfm: leafValue(row, this.#cfmEnabled) === 'true',
      }
    );
  }

  /** The configured offsets, or the defaults where there is none (RFC 7950 section 7.7.2). */
  #offsets(view: View, entry: RowKey, node: LeafListNode): number[] {
    const values: string[] = [];
    for (const { key } of view.entries(entry, node)) values.push(this.keys.last(key)?.keys[0] as string);
    return (values.length > 0 ? values : node.defaults).map(Number).sort((a, b) => a - b);
  }
}
