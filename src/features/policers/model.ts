/** sluice-policers as values. */
import type { KeySpace } from '../../datastore/key/key.ts';
import type { Row, RowKey, View } from '../../datastore/view/view.ts';
import type { ContainerNode, LeafNode, ListNode } from '../../yang/schema/node.ts';
import { INTERFACE } from '../interfaces/model.ts';
import { containerAt, leafAt, leafValue, listAt, requiredValue } from '../nodes.ts';

export const POLICERS = '/sluice-policers:policers';
export const POLICER = `${POLICERS}/policer`;
export const POLICING = `${INTERFACE}/sluice-policers:policing`;

/** The engine's word for "as it was". */
const KEEP_DSCP = -1;

export interface PolicerAction {
  readonly drop: boolean;
  readonly dscp: number;
}

/** As the engine's contract has it. */
export interface Policer {
  readonly name: string;
  /** Bits per second. */
  readonly committedRate: bigint;
  /** Octets. */
  readonly committedBurst: bigint;
  /** 0: one rate, and `peakBurst` is the excess burst. */
  readonly peakRate: bigint;
  readonly peakBurst: bigint;
  readonly colorAware: boolean;
  readonly yellow: PolicerAction;
  readonly red: PolicerAction;
}

interface ActionLeaves {
  readonly action: LeafNode;
  readonly dscp: LeafNode;
}

export class PolicerModel {
  readonly keys: KeySpace;
  readonly policer: ListNode;
  readonly policers: ContainerNode;
  readonly committedRate: LeafNode;
  readonly committedBurst: LeafNode;
  readonly excessBurst: LeafNode;
  readonly peakRate: LeafNode;
  readonly peakBurst: LeafNode;
  readonly ingress: LeafNode;
  readonly egress: LeafNode;
  readonly base: RowKey;
  readonly #colorAware: LeafNode;
  readonly #yellow: ActionLeaves;
  readonly #red: ActionLeaves;

  constructor(keys: KeySpace) {
    const { schema } = keys;
    const at = (path: string): LeafNode => leafAt(schema, `${POLICER}/${path}`);
    this.keys = keys;
    this.policers = containerAt(schema, POLICERS);
    this.policer = listAt(schema, POLICER);
    this.committedRate = at('committed-rate');
    this.committedBurst = at('committed-burst');
    this.excessBurst = at('excess-burst');
    this.peakRate = at('peak-rate');
    this.peakBurst = at('peak-burst');
    this.#colorAware = at('color-aware');
    this.#yellow = { action: at('yellow/action'), dscp: at('yellow/dscp') };
    this.#red = { action: at('red/action'), dscp: at('red/dscp') };
    this.ingress = leafAt(schema, `${POLICING}/ingress`);
    this.egress = leafAt(schema, `${POLICING}/egress`);
    this.base = keys.child('', this.policers);
  }

  key(name: string): RowKey {
    return this.keys.child(this.base, this.policer, [name]);
  }

  nameOf(key: RowKey): string {
    return this.keys.valueOf(key, this.policer);
  }

  read(view: View, name: string): Policer | undefined {
    const row = view.get(this.key(name));
    return row && this.parse(name, row);
  }

  parse(name: string, row: Row): Policer {
    const big = (leaf: LeafNode): bigint => BigInt(leafValue(row, leaf) ?? 0);
    const peakRate = big(this.peakRate);
    return {
      name,
      committedRate: big(this.committedRate),
      committedBurst: big(this.committedBurst),
      peakRate,
      peakBurst: peakRate === 0n ? big(this.excessBurst) : big(this.peakBurst),
      colorAware: leafValue(row, this.#colorAware) === 'true',
      yellow: action(row, this.#yellow),
      red: action(row, this.#red),
    };
  }

  /** Names of the policers of an interface; empty: none. */
  ofInterface(row: Row): { readonly policerIn: string; readonly policerOut: string } {
    return { policerIn: leafValue(row, this.ingress) ?? '', policerOut: leafValue(row, this.egress) ?? '' };
  }
}

function action(row: Row, leaves: ActionLeaves): PolicerAction {
  const what = requiredValue(row, leaves.action);
  return {
    drop: what === 'drop',
    dscp: what === 'mark' ? Number(requiredValue(row, leaves.dscp)) : KEEP_DSCP,
  };
}
