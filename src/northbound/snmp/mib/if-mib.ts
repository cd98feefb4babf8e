/** IF-MIB (RFC 2863). */
import { oid } from '../agentx/oid.ts';
import type { VarBind } from '../agentx/pdu.ts';
import type { CounterName, InterfaceRow } from '../state/interfaces.ts';
import { memo } from './memo.ts';
import { type Column, type IndexedRow, type MibSubtree, scalars, Table } from './objects.ts';
import {
  counter32,
  counter64,
  gauge32,
  integer,
  objectId,
  octets,
  physAddress,
  text,
  timeTicks,
  truth,
} from './value.ts';

const INTERFACES = oid('1.3.6.1.2.1.2');
const IF_ENTRY = oid('1.3.6.1.2.1.2.2.1');
const IF_MIB = oid('1.3.6.1.2.1.31.1');
const IF_X_ENTRY = oid('1.3.6.1.2.1.31.1.1.1');
const IF_STACK_ENTRY = oid('1.3.6.1.2.1.31.1.2.1');
export const LINK_DOWN = oid('1.3.6.1.6.3.1.1.5.3');
export const LINK_UP = oid('1.3.6.1.6.3.1.1.5.4');

/** IANAifType-MIB. */
const TYPES: Readonly<Record<string, number>> = {
  ethernetCsmacd: 6,
  softwareLoopback: 24,
  l2vlan: 135,
  l3ipvlan: 136,
  ieee8023adLag: 161,
  propVirtual: 53,
  tunnel: 131,
};
const OTHER_TYPE = 1;

const OPER_STATUS: Readonly<Record<string, number>> = {
  up: 1,
  down: 2,
  testing: 3,
  unknown: 4,
  dormant: 5,
  'not-present': 6,
  'lower-layer-down': 7,
};
const UNKNOWN_STATUS = 4;

const MAX_GAUGE = 0xffff_ffff;
const MEGABIT = 1_000_000;

/** When things happened, on the clock of sysUpTime. */
export interface UpTime {
  /** Hundredths of a second at a moment (milliseconds since 1970); 0: before the engine started. */
  at(ms: number | undefined): number;
}

export interface IfMibSource {
  readonly interfaces: () => readonly InterfaceRow[];
  /** When the list of interfaces, and who is on top of whom, changed last. */
  readonly changedMs: () => number | undefined;
  readonly upTime: UpTime;
}

export function ifMib({ interfaces, changedMs, upTime }: IfMibSource): readonly MibSubtree[] {
  const rows = memo(interfaces, (all) => all.map((row) => ({ index: [row.index], row })));
  const stack = memo(interfaces, stackRows);
  return [
    ...scalars(INTERFACES, { 1: () => integer(interfaces().length) }),
    new Table(IF_ENTRY, ifColumns(upTime), rows),
    new Table(IF_X_ENTRY, ifXColumns(upTime), rows),
    new Table(IF_STACK_ENTRY, [{ number: 3, value: () => integer(1) }], stack),
    ...scalars(IF_MIB, {
      5: () => timeTicks(upTime.at(changedMs())),
      6: () => timeTicks(upTime.at(changedMs())),
    }),
  ];
}

function ifColumns(upTime: UpTime): readonly Column<InterfaceRow>[] {
  const counter = (number: number, ...names: readonly CounterName[]): Column<InterfaceRow> => ({
    number,
    value: ({ counters }) => counter32(names.reduce((sum, name) => sum + counters[name], 0n)),
  });
  return [
    { number: 1, value: ({ index }) => integer(index) },
    { number: 2, value: ({ name }) => text(name) },
    { number: 3, value: ({ type }) => integer(TYPES[type] ?? OTHER_TYPE) },
    { number: 4, value: ({ mtu }) => integer(mtu) },
    { number: 5, value: ({ speed }) => gauge32(Math.min(speed, MAX_GAUGE)) },
    { number: 6, value: ({ physAddress: address }) => physAddress(address) },
    { number: 7, value: ({ isEnabled }) => adminStatus(isEnabled) },
    { number: 8, value: ({ operStatus: status }) => operStatus(status) },
    { number: 9, value: ({ lastChangeMs }) => timeTicks(upTime.at(lastChangeMs)) },
    counter(10, 'in-octets'),
    counter(11, 'in-unicast-pkts'),
    // Deprecated, and read by stations all the same: what is not unicast.
    counter(12, 'in-multicast-pkts', 'in-broadcast-pkts'),
    counter(13, 'in-discards'),
    counter(14, 'in-errors'),
    // Every protocol is forwarded.
    { number: 15, value: () => counter32(0n) },
    counter(16, 'out-octets'),
    counter(17, 'out-unicast-pkts'),
    counter(18, 'out-multicast-pkts', 'out-broadcast-pkts'),
    counter(19, 'out-discards'),
    counter(20, 'out-errors'),
    { number: 21, value: () => gauge32(0) },
    { number: 22, value: () => objectId([0, 0]) },
  ];
}

function ifXColumns(upTime: UpTime): readonly Column<InterfaceRow>[] {
  const low = (number: number, name: CounterName): Column<InterfaceRow> => ({
    number,
    value: ({ counters }) => counter32(counters[name]),
  });
  const high = (number: number, name: CounterName): Column<InterfaceRow> => ({
    number,
    value: ({ counters }) => counter64(counters[name]),
  });
  return [
    { number: 1, value: ({ name }) => text(name) },
    low(2, 'in-multicast-pkts'),
    low(3, 'in-broadcast-pkts'),
    low(4, 'out-multicast-pkts'),
    low(5, 'out-broadcast-pkts'),
    high(6, 'in-octets'),
    high(7, 'in-unicast-pkts'),
    high(8, 'in-multicast-pkts'),
    high(9, 'in-broadcast-pkts'),
    high(10, 'out-octets'),
    high(11, 'out-unicast-pkts'),
    high(12, 'out-multicast-pkts'),
    high(13, 'out-broadcast-pkts'),
    { number: 14, value: (row) => integer(tellsLinkChanges(row) ? 1 : 2) },
    { number: 15, value: ({ speed }) => gauge32(Math.round(speed / MEGABIT)) },
    { number: 16, value: () => truth(true) },
    { number: 17, value: ({ type }) => truth(type === 'ethernetCsmacd') },
    { number: 18, value: ({ description }) => text(description, 64) },
    { number: 19, value: ({ discontinuityMs }) => timeTicks(upTime.at(discontinuityMs)) },
  ];
}

/** RFC 2863, ifLinkUpDownTrapEnable: by default those that are on top of no other. */
export function tellsLinkChanges({ trapEnable, lower }: Pick<InterfaceRow, 'trapEnable' | 'lower'>): boolean {
  return trapEnable ?? lower.length === 0;
}

function adminStatus(isEnabled: boolean) {
  return integer(isEnabled ? 1 : 2);
}

function operStatus(status: string) {
  return integer(OPER_STATUS[status] ?? UNKNOWN_STATUS);
}

/** Pairs of who is above and who is below; 0: nobody. In order, as the interfaces are. */
function stackRows(interfaces: readonly InterfaceRow[]): readonly IndexedRow<undefined>[] {
  const numbers = new Map(interfaces.map(({ name, index }) => [name, index]));
  const isBelow = new Set<number>();
  const pairs: [number, number][] = [];
  for (const { index, lower } of interfaces) {
    const below = lower.flatMap((name) => numbers.get(name) ?? []).sort((a, b) => a - b);
    for (const each of below) {
      pairs.push([index, each]);
      isBelow.add(each);
    }
    if (below.length === 0) pairs.push([index, 0]);
  }
  const underNobody = interfaces.flatMap(({ index }): [number, number][] => (isBelow.has(index) ? [] : [[0, index]]));
  return [...underNobody, ...pairs].map((index) => ({ index, row: undefined }));
}

/** The objects of linkUp and linkDown. */
export function linkObjects({ index, isEnabled, operStatus: status, name }: InterfaceRow): readonly VarBind[] {
  return [
    { name: [...IF_ENTRY, 1, index], value: integer(index) },
    { name: [...IF_ENTRY, 7, index], value: adminStatus(isEnabled) },
    { name: [...IF_ENTRY, 8, index], value: operStatus(status) },
    { name: [...IF_X_ENTRY, 1, index], value: octets(Buffer.from(name, 'utf8')) },
  ];
}
