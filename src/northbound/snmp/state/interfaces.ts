/** The interfaces of the operational datastore, as IF-MIB and others show them. */
import type { Reading } from '../../../commit/datastores.ts';
import type { Interest } from '../../../commit/operational/state.ts';
import type { KeySpace } from '../../../datastore/key/key.ts';
import type { Row, RowKey, View } from '../../../datastore/view/view.ts';
import type { InterfaceNumbers } from '../../../features/interfaces/state.ts';
import { containerAt, leafAt, leafListAt, leafValue, listAt } from '../../../features/nodes.ts';
import type { ContainerNode, LeafListNode, LeafNode, ListNode } from '../../../yang/schema/node.ts';
import { timeOf } from './time.ts';

const INTERFACES = '/ietf-interfaces:interfaces';
const INTERFACE = `${INTERFACES}/interface`;
/** Interfaces that are read in one go: the event loop turns in between. */
const AT_ONCE = 20;

export const COUNTERS = [
  'in-octets',
  'in-unicast-pkts',
  'in-broadcast-pkts',
  'in-multicast-pkts',
  'in-discards',
  'in-errors',
  'out-octets',
  'out-unicast-pkts',
  'out-broadcast-pkts',
  'out-multicast-pkts',
  'out-discards',
  'out-errors',
] as const;
export type CounterName = (typeof COUNTERS)[number];

export interface InterfaceRow {
  readonly index: number;
  readonly name: string;
  readonly description: string;
  /** Identity without its prefix: ethernetCsmacd. */
  readonly type: string;
  readonly mtu: number;
  /** Bits per second; 0: not known. */
  readonly speed: number;
  readonly physAddress: string | undefined;
  readonly isEnabled: boolean;
  readonly operStatus: string;
  /** Milliseconds since 1970; undefined: not since the start. */
  readonly lastChangeMs: number | undefined;
  readonly discontinuityMs: number | undefined;
  readonly counters: Readonly<Record<CounterName, bigint>>;
  /** Names of the interfaces below. */
  readonly lower: readonly string[];
  /** What the configuration says of traps; undefined: the default. */
  readonly trapEnable: boolean | undefined;
  readonly drops: readonly { readonly reason: string; readonly packets: bigint }[];
}

export type ReadOperational = (interests: readonly Interest[]) => Promise<Reading>;

export class InterfaceReader {
  readonly #keys: KeySpace;
  readonly #read: ReadOperational;
  readonly #running: () => View;
  readonly #numbers: InterfaceNumbers;
  readonly #interfaces: ContainerNode;
  readonly #interface: ListNode;
  readonly #lower: LeafListNode;
  readonly #drop: ListNode;
  readonly #dropPackets: LeafNode;
  readonly #leaf: (path: string) => LeafNode;
  readonly #counters: readonly (readonly [CounterName, LeafNode])[];
  readonly #base: RowKey;

  constructor(keys: KeySpace, read: ReadOperational, running: () => View, numbers: InterfaceNumbers) {
    const { schema } = keys;
    const leaves = new Map<string, LeafNode>();
    this.#keys = keys;
    this.#read = read;
    this.#running = running;
    this.#numbers = numbers;
    this.#interfaces = containerAt(schema, INTERFACES);
    this.#interface = listAt(schema, INTERFACE);
    this.#lower = leafListAt(schema, `${INTERFACE}/lower-layer-if`);
    this.#drop = listAt(schema, `${INTERFACE}/statistics/sluice-interfaces:drop`);
    this.#dropPackets = leafAt(schema, `${INTERFACE}/statistics/sluice-interfaces:drop/packets`);
    this.#leaf = (path) => {
      const known = leaves.get(path) ?? leafAt(schema, `${INTERFACE}/${path}`);
      leaves.set(path, known);
      return known;
    };
    this.#counters = COUNTERS.map((name) => [name, this.#leaf(`statistics/${name}`)]);
    this.#base = keys.child('', this.#interfaces);
  }

  /** All of them, by ascending number. */
  async all(): Promise<readonly InterfaceRow[]> {
    const rows: InterfaceRow[] = [];
    const names = Array.from(this.#running().entries(this.#base, this.#interface), ({ key }) =>
      this.#keys.valueOf(key, this.#interface),
    );
    // New numbers are stored together, not once for each slice.
    await this.#numbers.of(names);
    for (let at = 0; at < names.length; at += AT_ONCE) {
      rows.push(...(await this.some(names.slice(at, at + AT_ONCE))));
      await new Promise((resolve) => setImmediate(resolve));
    }
    return rows.sort((a, b) => a.index - b.index);
  }

  /** The named ones that there are and that have a number. */
  async some(names: readonly string[]): Promise<readonly InterfaceRow[]> {
    const interests = names.map((name) => ({ node: this.#interface, keys: new Map([[INTERFACE, [name]]]) }));
    using reading = await this.#read(interests);
    return names.flatMap((name) => {
      const key = this.#keys.child(this.#base, this.#interface, [name]);
      const row = reading.view.get(key);
      return row === undefined ? [] : this.#parse(reading.view, key, row, name);
    });
  }

  #parse(view: View, key: RowKey, row: Row, name: string): InterfaceRow[] {
    const value = (path: string): string | undefined => leafValue(row, this.#leaf(path));
    const index = Number(value('if-index') ?? 0);
    if (index === 0) return [];
    const counters = Object.fromEntries(
      this.#counters.map(([counter, leaf]) => [counter, BigInt(row.leaves.get(leaf) ?? 0)]),
    ) as Record<CounterName, bigint>;
    const trap = value('link-up-down-trap-enable');
    return [
      {
        index,
        name,
        description: value('description') ?? '',
        type: (value('type') ?? '').replace(/^.*:/, ''),
        mtu: Number(value('sluice-interfaces:port/mtu') ?? 1500),
        speed: Number(value('speed') ?? 0),
        physAddress: value('phys-address'),
        isEnabled: value('enabled') !== 'false',
        operStatus: value('oper-status') ?? 'unknown',
        lastChangeMs: timeOf(value('last-change')),
        discontinuityMs: timeOf(value('statistics/discontinuity-time')),
        counters,
        lower: Array.from(view.entries(key, this.#lower), (entry) => this.#keys.valueOf(entry.key, this.#lower)),
        trapEnable: trap === undefined ? undefined : trap === 'enabled',
        drops: Array.from(view.entries(key, this.#drop), (entry) => ({
          reason: this.#keys.valueOf(entry.key, this.#drop),
          packets: BigInt(entry.row.leaves.get(this.#dropPackets) ?? 0),
        })),
      },
    ];
  }
}
