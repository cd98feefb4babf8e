/** Operational state of CE notification: what each method sent. */
import type { Interest, RowWriter, StateListener, StateProvider } from '../../commit/operational/state.ts';
import type { View } from '../../datastore/view/view.ts';
import {
  type CeMethodState,
  ELmiEvcStatus,
  type ELmiState,
  MrpApplicant,
  MrpRegistrar,
  type MvrpVlanState,
} from '../../engine/gen/sluice_pb.js';
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
  readonly #received: LeafNode;
  readonly #refused: LeafNode;
  readonly #holdsDown: LeafNode;
  readonly #vlan: ListNode;
  readonly #applicant: LeafNode;
  readonly #registrar: LeafNode;
  readonly #evcStatus: LeafNode;
  readonly #lastTold: LeafNode;
  readonly #eLmiLeaf: (name: string) => LeafNode;

  constructor(model: CeNotificationModel, engine: EngineQueries) {
    const at = (path: string): LeafNode => leafAt(model.keys.schema, `${CE_NOTIFICATION}/method/${path}`);
    this.#model = model;
    this.#engine = engine;
    this.#method = listAt(model.keys.schema, `${CE_NOTIFICATION}/method`);
    this.#sent = at('frames-sent');
    this.#dropped = at('frames-dropped');
    this.#lastSent = at('last-sent');
    this.#lastVlan = at('last-vlan-id');
    this.#received = at('frames-received');
    this.#refused = at('frames-refused');
    this.#holdsDown = at('holds-down');
    const { schema } = model.keys;
    this.#vlan = listAt(schema, `${CE_NOTIFICATION}/mvrp/vlan`);
    this.#applicant = leafAt(schema, `${CE_NOTIFICATION}/mvrp/vlan/applicant`);
    this.#registrar = leafAt(schema, `${CE_NOTIFICATION}/mvrp/vlan/registrar`);
    this.#evcStatus = leafAt(schema, `${CE_NOTIFICATION}/e-lmi/evc/status`);
    this.#lastTold = leafAt(schema, `${CE_NOTIFICATION}/e-lmi/evc/last-told`);
    this.#eLmiLeaf = (name) => leafAt(schema, `${CE_NOTIFICATION}/e-lmi/statistics/${name}`);
  }

  async read(interests: readonly Interest[], running: View, out: RowWriter): Promise<void> {
    const wanted = wantedEntries(interests, CE_NOTIFICATION)?.map(([port]) => port as string);
    const ports = (wanted ?? this.#all(running)).filter((port) => running.get(this.#model.key(port)));
    const states = await engineState(this.#engine, 'ceNotifications', ports);
    for (const port of ports) {
      const state = states?.get(port);
      for (const method of state?.methods ?? []) this.#write(out, port, method);
      for (const vlan of state?.mvrpVlans ?? []) this.#writeVlan(out, port, vlan);
      if (state?.eLmi !== undefined) this.#writeELmi(out, port, state.eLmi);
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
      [this.#received, String(state.framesReceived)],
      [this.#refused, String(state.framesRefused)],
    ]);
    if (state.method === 'lacp' || state.method === 'carrier') leaves.set(this.#holdsDown, String(state.holdsDown));
    if (state.lastSentNs > 0n) {
      leaves.set(this.#lastSent, dateAndTimeOfNs(state.lastSentNs));
      leaves.set(this.#lastVlan, vlanOf(state.lastVid));
    }
    out.put(key, this.#method, { leaves });
  }
  #writeVlan(out: RowWriter, port: string, { vid, applicant, registrar }: MvrpVlanState): void {
    out.put(this.#model.keys.child(this.#model.key(port), this.#vlan, [String(vid)]), this.#vlan, {
      leaves: new Map([
        [this.#applicant, MrpApplicant[applicant].slice('MRP_'.length)],
        [this.#registrar, MrpRegistrar[registrar]],
      ]),
    });
  }

  #writeELmi(out: RowWriter, port: string, state: ELmiState): void {
    const entry = this.#model.key(port);
    const leaves = new Map([
      [this.#eLmiLeaf('operational'), String(state.operational)],
      [this.#eLmiLeaf('data-instance'), String(state.dataInstance)],
      [this.#eLmiLeaf('full-enquiries'), String(state.fullEnquiries)],
      [this.#eLmiLeaf('check-enquiries'), String(state.checkEnquiries)],
      [this.#eLmiLeaf('timeouts'), String(state.timeouts)],
      [this.#eLmiLeaf('sequence-errors'), String(state.sequenceErrors)],
      [this.#eLmiLeaf('protocol-errors'), String(state.protocolErrors)],
      [this.#eLmiLeaf('asynchronous-sent'), String(state.asynchronousSent)],
    ]);
    if (state.lastEnquiryNs > 0n) leaves.set(this.#eLmiLeaf('last-enquiry'), dateAndTimeOfNs(state.lastEnquiryNs));
    out.put(entry, this.#model.ceNotification, { leaves });
    for (const { referenceId, status, toldNs } of state.evcs) {
      const evc = new Map([[this.#evcStatus, nameOf(ELmiEvcStatus[status])]]);
      if (toldNs > 0n) evc.set(this.#lastTold, dateAndTimeOfNs(toldNs));
      out.put(this.#model.keys.child(entry, this.#model.eLmi.evc, [String(referenceId)]), this.#model.eLmi.evc, {
        leaves: evc,
      });
    }
  }
}

/** E_LMI_NEW_AND_ACTIVE → new-and-active. */
const nameOf = (status: string): string => status.slice('E_LMI_'.length).toLowerCase().replaceAll('_', '-');
