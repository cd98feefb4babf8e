/** Operational state of bridge domains: counters, learned addresses, the forwarding database. */
import type { Interest, RowWriter, StateProvider } from '../../commit/operational/state.ts';
import type { View } from '../../datastore/view/view.ts';
import { FdbEntryType } from '../../engine/gen/sluice_pb.js';
import type { LeafNode, ListNode } from '../../yang/schema/node.ts';
import { type EngineQueries, engineState } from '../engine-state.ts';
import { wantedEntries } from '../interest.ts';
import { macAddress } from '../interfaces/state.ts';
import { leafAt, listAt } from '../nodes.ts';
import { BRIDGE_DOMAIN, BRIDGE_DOMAINS, type BridgeDomainModel } from './model.ts';

const FDB = `${BRIDGE_DOMAIN}/fdb`;
const MEMBER = `${BRIDGE_DOMAIN}/member`;

export class BridgeDomainState implements StateProvider {
  readonly paths = [BRIDGE_DOMAINS];
  readonly #model: BridgeDomainModel;
  readonly #engine: EngineQueries;
  readonly #learned: LeafNode;
  readonly #static: LeafNode;
  readonly #flooded: LeafNode;
  readonly #moves: LeafNode;
  readonly #exceeded: LeafNode;
  readonly #detections: LeafNode;
  readonly #held: LeafNode;
  readonly #unnoticed: LeafNode;
  readonly #memberLearned: LeafNode;
  readonly #entry: ListNode;
  readonly #entryInterface: LeafNode;
  readonly #entryType: LeafNode;
  readonly #entryAge: LeafNode;

  constructor(model: BridgeDomainModel, engine: EngineQueries) {
    const { schema } = model.keys;
    const at = (path: string): LeafNode => leafAt(schema, `${BRIDGE_DOMAIN}/${path}`);
    this.#model = model;
    this.#engine = engine;
    this.#learned = at('statistics/learned-macs');
    this.#static = at('statistics/static-macs');
    this.#flooded = at('statistics/flooded-packets');
    this.#moves = at('statistics/moves');
    this.#exceeded = at('statistics/limit-exceeded');
    this.#detections = at('statistics/move-detections');
    this.#held = at('statistics/held-macs');
    this.#unnoticed = at('statistics/moves-unnoticed');
    this.#memberLearned = at('member/learned-macs');
    this.#entry = listAt(schema, `${FDB}/entry`);
    this.#entryInterface = at('fdb/entry/interface');
    this.#entryType = at('fdb/entry/type');
    this.#entryAge = at('fdb/entry/age');
  }

  async read(interests: readonly Interest[], running: View, out: RowWriter): Promise<void> {
    const of = (path: string): string[] => this.#names(running, wantedEntries(interests, BRIDGE_DOMAIN, path));
    const withMembers = of(MEMBER);
    await Promise.all([
      this.#statistics(of(`${BRIDGE_DOMAIN}/statistics`), out),
      this.#members(withMembers, running, out),
      ...of(FDB).map((name) => this.#fdb(name, out)),
    ]);
  }

  /** The configured ones of the wanted bridge domains. */
  #names(running: View, wanted: readonly (readonly string[])[] | undefined): string[] {
    if (wanted !== undefined) {
      return wanted.flatMap(([name]) => (name !== undefined && running.get(this.#model.key(name)) ? [name] : []));
    }
    const names: string[] = [];
    for (const { key } of running.entries(this.#model.base, this.#model.bridgeDomain)) {
      names.push(this.#model.keys.last(key)?.keys[0] as string);
    }
    return names;
  }

  async #statistics(names: readonly string[], out: RowWriter): Promise<void> {
    const states = await engineState(this.#engine, 'bridgeDomains', names);
    for (const name of names) {
      const state = states?.get(name);
      if (state === undefined) continue;
      const leaves = new Map([
        [this.#learned, String(state.learnedMacs)],
        [this.#static, String(state.staticMacs)],
        [this.#flooded, String(state.floodedPackets)],
        [this.#moves, String(state.moves)],
        [this.#exceeded, String(state.limitExceeded)],
        [this.#detections, String(state.moveDetections)],
        [this.#held, String(state.heldMacs)],
        [this.#unnoticed, String(state.movesUnnoticed)],
      ]);
      out.put(this.#model.key(name), this.#model.bridgeDomain, { leaves });
    }
  }

  async #members(bridgeDomains: readonly string[], running: View, out: RowWriter): Promise<void> {
    const members = new Map<string, string>();
    for (const name of bridgeDomains) {
      for (const { key } of running.entries(this.#model.key(name), this.#model.member)) {
        members.set(this.#model.keys.last(key)?.keys[0] as string, key);
      }
    }
    const states = await engineState(this.#engine, 'logicalPorts', [...members.keys()]);
    for (const [name, key] of members) {
      const state = states?.get(name);
      if (state === undefined) continue;
      out.put(key, this.#model.member, { leaves: new Map([[this.#memberLearned, String(state.macs)]]) });
    }
  }

  async #fdb(bridgeDomain: string, out: RowWriter): Promise<void> {
    const parts = await this.#engine.query({ case: 'fdb', value: { bridgeDomain } });
    const key = this.#model.key(bridgeDomain);
    for (const part of parts ?? []) {
      for (const { mac, logicalPort, type, ageSeconds } of part.fdb) {
        const learned = type === FdbEntryType.FDB_LEARNED;
        const leaves = new Map([
          [this.#entryInterface, logicalPort],
          [this.#entryType, learned ? 'learned' : 'static'],
        ]);
        if (learned) leaves.set(this.#entryAge, String(ageSeconds));
        out.put(this.#model.keys.child(key, this.#entry, [macAddress(mac)]), this.#entry, { leaves });
      }
    }
  }
}
