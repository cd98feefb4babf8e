/** Operational state of MEPs: remote MEPs, defects, counters. */
import type { Interest, RowWriter, StateListener, StateProvider } from '../../commit/operational/state.ts';
import type { RowKey, View } from '../../datastore/view/view.ts';
import type { CfmMepState, CfmRemoteMepState } from '../../engine/gen/sluice_pb.js';
import type { LeafNode, ListNode } from '../../yang/schema/node.ts';
import { type EngineQueries, engineState, onEngineChange } from '../engine-state.ts';
import { wantedEntries } from '../interest.ts';
import { leafAt, listAt } from '../nodes.ts';
import { dateAndTimeOfNs } from '../time.ts';
import { CFM, type CfmModel, DOMAIN, MEP } from './model.ts';
import { defects, defectsText, fngStates, interfaceStatuses, macText, portStatuses, remoteStates } from './words.ts';

type Count = {
  [Key in keyof CfmMepState]-?: CfmMepState[Key] extends bigint ? Key : never;
}[keyof CfmMepState];

/** The leaves of a MEP's statistics and the engine's counters. */
const counters: readonly (readonly [leaf: string, counter: Count])[] = [
  ['mep-ccms-sent', 'ccmsSent'],
  ['mep-ccm-send-failures', 'ccmSendFailures'],
  ['mep-ccms-received', 'ccmsReceived'],
  ['mep-ccm-sequence-errors', 'ccmSequenceErrors'],
  ['mep-error-ccms', 'errorCcms'],
  ['mep-xcon-ccms', 'xconCcms'],
  ['mep-remote-meps-refused', 'remoteMepsRefused'],
  ['mep-lbr-in', 'lbrIn'],
  ['mep-lbr-in-out-of-order', 'lbrInOutOfOrder'],
  ['mep-lbr-bad-msdu', 'lbrDamaged'],
  ['mep-lbr-out', 'lbrOut'],
  ['mep-unexpected-ltr-in', 'unexpectedLtr'],
  ['mep-ltr-out', 'ltrOut'],
  ['mep-dmr-out', 'dmrOut'],
  ['mep-slr-out', 'slrOut'],
  ['mep-low-level-in', 'lowLevel'],
];

export class CfmStates implements StateProvider {
  readonly paths = [CFM];
  readonly #model: CfmModel;
  readonly #engine: EngineQueries;
  readonly #remote: ListNode;
  readonly #at: (name: string) => LeafNode;
  readonly #counters: readonly (readonly [LeafNode, Count])[];

  constructor(model: CfmModel, engine: EngineQueries) {
    const { schema } = model.keys;
    this.#model = model;
    this.#engine = engine;
    this.#remote = listAt(schema, `${MEP}/mep-db`);
    this.#at = (name) => leafAt(schema, `${MEP}/${name}`);
    this.#counters = counters.map(([leaf, counter]) => [leafAt(schema, `${MEP}/stats/${leaf}`), counter] as const);
  }

  async read(interests: readonly Interest[], running: View, out: RowWriter): Promise<void> {
    const keys = this.#wanted(interests, running);
    const names = keys.map((key) => this.#model.nameOf(this.#model.idOf(key)));
    const states = await engineState(this.#engine, 'cfmMeps', names);
    for (const [index, key] of keys.entries()) {
      const state = states?.get(names[index] as string);
      if (state !== undefined) this.#write(out, key, state);
    }
  }

  onChange(listener: StateListener): () => void {
    return onEngineChange(this.#engine, (event) => {
      if (event === undefined || event.what.case === 'cfm') listener([]);
    });
  }

  #wanted(interests: readonly Interest[], running: View): RowKey[] {
    const domains = wantedEntries(interests, DOMAIN);
    if (domains === undefined) return [...this.#model.all(running)];
    const { keys, base, domain } = this.#model;
    return domains.flatMap(([md]) => [
      ...this.#model.mepsOf(running, domain, keys.child(base, domain, [md as string])),
    ]);
  }

  #write(out: RowWriter, key: RowKey, state: CfmMepState): void {
    const leaves = new Map<LeafNode, string>([
      [this.#at('mac-address'), macText(state.mac)],
      [this.#at('port-status'), state.portUp ? 'ps-up' : 'ps-blocked'],
      [this.#at('continuity-check/fng-state'), fngStates[state.fngState] ?? 'fng-reset'],
      [this.#at('continuity-check/highest-priority-defect'), defects[state.highestDefect] ?? 'none'],
      [this.#at('continuity-check/defects'), defectsText(state.defects)],
      [this.#at('continuity-check/rdi'), String(state.rdi)],
    ]);
    for (const [leaf, octets] of [
      ['error-ccm-last-failure', state.errorCcmLastFailure],
      ['xcon-ccm-last-failure', state.xconCcmLastFailure],
    ] as const) {
      const text = Buffer.from(octets).toString('base64');
      if (text !== '') leaves.set(this.#at(`continuity-check/${leaf}`), text);
    }
    for (const [leaf, counter] of this.#counters) leaves.set(leaf, String(state[counter]));
    out.put(key, this.#model.mep, { leaves });
    for (const remote of state.remoteMeps) this.#writeRemote(out, key, remote);
  }

  #writeRemote(out: RowWriter, mep: RowKey, remote: CfmRemoteMepState): void {
    const at = (name: string): LeafNode => this.#at(`mep-db/${name}`);
    const leaves = new Map<LeafNode, string>([
      [at('rmep-state'), remoteStates[remote.state] ?? 'rmep-idle'],
      [at('rdi'), String(remote.rdi)],
      [at('port-status-tlv'), portStatuses[remote.portStatus] ?? 'ps-no-port-state-tlv'],
      [at('interface-status-tlv'), interfaceStatuses[remote.interfaceStatus] ?? 'is-no-interface-status-tlv'],
      [at('ccms-received'), String(remote.ccmsReceived)],
    ]);
    if (remote.sinceNs > 0n) leaves.set(at('rmep-failed-ok-time'), dateAndTimeOfNs(remote.sinceNs));
    if (remote.mac.length > 0) leaves.set(at('mac-address'), macText(remote.mac));
    const key = this.#model.keys.child(mep, this.#remote, [String(remote.mepId)]);
    out.put(key, this.#remote, { leaves });
  }
}
