/** Operational state of access lists: what each entry, and none of them, has matched. */
import type { Interest, RowWriter, StateProvider } from '../../commit/operational/state.ts';
import type { View } from '../../datastore/view/view.ts';
import type { LeafNode } from '../../yang/schema/node.ts';
import { type EngineQueries, engineState } from '../engine-state.ts';
import { wantedEntries, wants } from '../interest.ts';
import { leafAt } from '../nodes.ts';
import { ACE, ACL, ACLS, type AccessListModel } from './model.ts';

const STATISTICS = `${ACE}/statistics`;
const STATE = `${ACL}/sluice-access-lists:state`;

export class AccessListState implements StateProvider {
  readonly paths = [ACLS];
  readonly #model: AccessListModel;
  readonly #engine: EngineQueries;
  readonly #packets: LeafNode;
  readonly #octets: LeafNode;
  readonly #unmatched: LeafNode;
  readonly #memory: LeafNode;

  constructor(model: AccessListModel, engine: EngineQueries) {
    const { schema } = model.keys;
    this.#model = model;
    this.#engine = engine;
    this.#packets = leafAt(schema, `${STATISTICS}/matched-packets`);
    this.#octets = leafAt(schema, `${STATISTICS}/matched-octets`);
    this.#unmatched = leafAt(schema, `${STATE}/unmatched-packets`);
    this.#memory = leafAt(schema, `${STATE}/memory`);
  }

  async read(interests: readonly Interest[], running: View, out: RowWriter): Promise<void> {
    const model = this.#model;
    const names = this.#names(running, wantedEntries(interests, ACL));
    const states = await engineState(this.#engine, 'accessLists', names);
    for (const name of names) {
      const state = states?.get(name);
      if (state === undefined) continue;
      const leaves = new Map([
        [this.#unmatched, String(state.unmatchedPackets)],
        [this.#memory, String(state.memory)],
      ]);
      out.put(model.key(name), model.acl, { leaves });
      if (!wants(interests, STATISTICS)) continue;
      for (const rule of state.rules) {
        const key = model.aceKey(name, rule.name);
        // An entry that this configuration does not have (any more).
        if (running.get(key) === undefined) continue;
        const counters = new Map([
          [this.#packets, String(rule.packets)],
          [this.#octets, String(rule.octets)],
        ]);
        out.put(key, model.ace, { leaves: counters });
      }
    }
  }

  /** The configured ones of the wanted lists. */
  #names(running: View, wanted: readonly (readonly string[])[] | undefined): string[] {
    if (wanted !== undefined) {
      return wanted.flatMap(([name]) => (name !== undefined && running.get(this.#model.key(name)) ? [name] : []));
    }
    return Array.from(running.entries(this.#model.base, this.#model.acl), ({ key }) => this.#model.nameOf(key));
  }
}
