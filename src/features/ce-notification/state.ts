/** Operational state of CE notification: what each method sent. */
import type { Interest, RowWriter, StateListener, StateProvider } from '../../commit/operational/state.ts';
import type { View } from '../../datastore/view/view.ts';
import type { CeMethodState } from '../../engine/gen/sluice_pb.js';
import type { LeafNode, ListNode } from '../../yang/schema/node.ts';
import { vlanOf } from '../block-points/model.ts';
import { type EngineQueries, engineState, onEngineChange } from '../engine-state.ts';
import { wantedEntries } from '../interest.ts';
import { leafAt, listAt } from '../nodes.ts';
import { dateAndTimeOfNs } from '../time.ts';
import { CE_NOTIFICATION, CE_NOTIFICATIONS, type CeNotificationModel } from './model.ts';

export class CeNotificationStates implements StateProvider {
  readonly paths = [CE_NOTIFICATIONS];
  readonly #model: CeNotificationModel;
  readonly #engine: EngineQueries;
  readonly #method: ListNode;
  readonly #sent: LeafNode;
  readonly #dropped: LeafNode;
  readonly #lastSent: LeafNode;
  readonly #lastVlan: LeafNode;

  constructor(model: CeNotificationModel, engine: EngineQueries) {
    const at = (path: string): LeafNode => leafAt(model.keys.schema, `${CE_NOTIFICATION}/method/${path}`);
    this.#model = model;
    this.#engine = engine;
    this.#method = listAt(model.keys.schema, `${CE_NOTIFICATION}/method`);
    this.#sent = at('frames-sent');
    this.#dropped = at('frames-dropped');
    this.#lastSent = at('last-sent');
    this.#lastVlan = at('last-vlan-id');
  }

  async read(interests: readonly Interest[], running: View, out: RowWriter): Promise<void> {
    const wanted = wantedEntries(interests, CE_NOTIFICATION)?.map(([port]) => port as string);
    const ports = (wanted ?? this.#all(running)).filter((port) => running.get(this.#model.key(port)));
    const states = await engineState(this.#engine, 'ceNotifications', ports);
    for (const port of ports) {
      for (const method of states?.get(port)?.methods ?? []) this.#write(out, port, method);
    }
  }

  /** The customer edge is notified when a block point comes or goes. */
  onChange(listener: StateListener): () => void {
    return onEngineChange(this.#engine, (event) => {
      if (event === undefined) listener([]);
      if (event?.what.case !== 'blockPoint') return;
      const keys = new Map([[CE_NOTIFICATION, [event.what.value.port]]]);
      listener([{ node: this.#model.ceNotification, keys }]);
    });
  }

  #all(running: View): string[] {
    return Array.from(running.entries(this.#model.base, this.#model.ceNotification), ({ key }) =>
      this.#model.portOf(key),
    );
  }

  #write(out: RowWriter, port: string, state: CeMethodState): void {
    const key = this.#model.keys.child(this.#model.key(port), this.#method, [state.method]);
    const leaves = new Map([
      [this.#sent, String(state.framesSent)],
      [this.#dropped, String(state.framesDropped)],
    ]);
    if (state.lastSentNs > 0n) {
      leaves.set(this.#lastSent, dateAndTimeOfNs(state.lastSentNs));
      leaves.set(this.#lastVlan, vlanOf(state.lastVid));
    }
    out.put(key, this.#method, { leaves });
  }
}
