/** What the engine says of bundles and of their links. */
import type { KeySpace } from '../../datastore/key/key.ts';
import { type LacpEnd, LacpSelected, type PortState } from '../../engine/gen/sluice_pb.js';
import type { LeafNode } from '../../yang/schema/node.ts';
import { leafAt } from '../nodes.ts';
import { INTERFACE } from './model.ts';

/** IEEE Std 802.1AX-2014, clause 6.4.2.3, from the least significant bit. */
const stateBits = [
  'activity',
  'short-timeout',
  'aggregation',
  'synchronization',
  'collecting',
  'distributing',
  'defaulted',
  'expired',
];

const selected: Readonly<Record<LacpSelected, string>> = {
  [LacpSelected.LACP_UNSELECTED]: 'unselected',
  [LacpSelected.LACP_SELECTED]: 'selected',
  [LacpSelected.LACP_STANDBY]: 'standby',
};

type End = Readonly<Record<'priority' | 'system' | 'key' | 'portPriority' | 'port' | 'state', LeafNode>>;

export class BundleState {
  readonly #links: LeafNode;
  readonly #selected: LeafNode;
  readonly #counters: readonly (readonly [LeafNode, 'pdusIn' | 'pdusOut' | 'markersIn' | 'markersOut' | 'errors'])[];
  readonly #actor: End;
  readonly #partner: End;

  constructor(keys: KeySpace) {
    const { schema } = keys;
    const at = (path: string): LeafNode => leafAt(schema, `${INTERFACE}/sluice-interfaces:${path}`);
    const endAt = (end: string): End => ({
      priority: at(`port/lacp/${end}/system-priority`),
      system: at(`port/lacp/${end}/system-id`),
      key: at(`port/lacp/${end}/key`),
      portPriority: at(`port/lacp/${end}/port-priority`),
      port: at(`port/lacp/${end}/port-number`),
      state: at(`port/lacp/${end}/state`),
    });
    this.#links = at('bundle/distributing-links');
    this.#selected = at('port/lacp/selected');
    this.#counters = [
      [at('port/lacp/lacpdus-in'), 'pdusIn'],
      [at('port/lacp/lacpdus-out'), 'pdusOut'],
      [at('port/lacp/markers-in'), 'markersIn'],
      [at('port/lacp/marker-responses-out'), 'markersOut'],
      [at('port/lacp/errors-in'), 'errors'],
    ];
    this.#actor = endAt('actor');
    this.#partner = endAt('partner');
  }

  /** Leaves of the interface's row: containers are part of it. */
  leaves({ bundle, lacp }: PortState): Map<LeafNode, string> {
    const leaves = new Map<LeafNode, string>();
    if (bundle !== undefined) leaves.set(this.#links, String(bundle.distributingLinks));
    if (lacp === undefined) return leaves;
    leaves.set(this.#selected, selected[lacp.selected]);
    for (const [leaf, counter] of this.#counters) leaves.set(leaf, String(lacp[counter]));
    if (lacp.actor !== undefined) end(leaves, this.#actor, lacp.actor);
    // Of a partner that was never heard nothing is known.
    if (lacp.partner !== undefined && lacp.partner.port !== 0) end(leaves, this.#partner, lacp.partner);
    return leaves;
  }
}

function end(leaves: Map<LeafNode, string>, at: End, one: LacpEnd): void {
  leaves.set(at.priority, String(one.systemPriority));
  leaves.set(
    at.system,
    Buffer.from(one.system)
      .toString('hex')
      .replace(/..(?=.)/g, '$&:'),
  );
  leaves.set(at.key, String(one.key));
  leaves.set(at.portPriority, String(one.portPriority));
  leaves.set(at.port, String(one.port));
  leaves.set(at.state, stateBits.filter((_, bit) => (one.state >> bit) & 1).join(' '));
}
