/**
 * BRIDGE-MIB (RFC 4188) and Q-BRIDGE-MIB (RFC 4363). The router is one bridge with a VLAN for each bridge domain; their
 * indexes are of local significance, from 4096 on (RFC 4363, VlanIndex). A bridge port has the number of its interface.
 */
import { oid } from '../agentx/oid.ts';
import type { BridgeDomainRow, FdbRow } from '../state/bridge-domains.ts';
import type { InterfaceRow } from '../state/interfaces.ts';
import { interfaceNumbers } from './interface-numbers.ts';
import { memo } from './memo.ts';
import { type IndexedRow, inOrder, inOrderOnce, type MibSubtree, scalars, Table } from './objects.ts';
import { counter32, gauge32, integer, objectId, octets, physAddress, text, timeTicks } from './value.ts';

const BASE = oid('1.3.6.1.2.1.17.1');
const TP = oid('1.3.6.1.2.1.17.4');
const Q_BASE = oid('1.3.6.1.2.1.17.7.1.1');
const FDB_ENTRY = oid('1.3.6.1.2.1.17.7.1.2.1.1');
const TP_FDB_ENTRY = oid('1.3.6.1.2.1.17.7.1.2.2.1');
const VLAN_CURRENT_ENTRY = oid('1.3.6.1.2.1.17.7.1.4.2.1');
const VLAN_STATIC_ENTRY = oid('1.3.6.1.2.1.17.7.1.4.3.1');

const FIRST_LOCAL_VLAN = 4096;
const TRANSPARENT_ONLY = 2;
/** dot1dTpFdbStatus. */
const LEARNED = 3;
const MANAGEMENT = 5;
/** dot1qVlanStatus: permanent. */
const PERMANENT = 2;
const ROW_ACTIVE = 1;

export interface BridgeMibSource {
  readonly interfaces: () => readonly InterfaceRow[];
  readonly bridgeDomains: () => readonly BridgeDomainRow[];
}

export function bridgeMib({ interfaces, bridgeDomains }: BridgeMibSource): readonly MibSubtree[] {
  const numberOf = interfaceNumbers(interfaces);
  const ports = memo(bridgeDomains, (all) =>
    all
      .flatMap(({ members }) => members.flatMap((name) => numberOf(name) ?? []))
      .sort((a, b) => a - b)
      .map((index) => ({ index: [index], row: index })),
  );
  const vlans = memo(bridgeDomains, (all) => all.map((row) => ({ index: [vlanOf(row)], row })));
  const current = memo(bridgeDomains, (all) => all.map((row) => ({ index: [0, vlanOf(row)], row })));
  const fdb = memo(bridgeDomains, (all) => inOrder(fdbRows(all, ({ number }) => [number])));
  // An address of two bridge domains is one row of dot1dTpFdbTable, which knows of one bridge alone.
  const flat = memo(bridgeDomains, (all) => inOrderOnce(fdbRows(all, () => [])));
  const fdbIds = memo(bridgeDomains, (all) => all.map((row) => ({ index: [row.number], row })));
  const status = ({ isStatic }: FdbRow) => integer(isStatic ? MANAGEMENT : LEARNED);
  const portOf = (row: FdbRow) => integer(numberOf(row.interface) ?? 0);
  const members = ({ members: names }: BridgeDomainRow) =>
    octets(portList(names.flatMap((name) => numberOf(name) ?? [])));
  return [
    ...scalars(BASE, {
      1: () =>
        physAddress(
          interfaces().find(({ physAddress: address }) => address !== undefined)?.physAddress ?? '00:00:00:00:00:00',
        ),
      2: () => integer(ports().length),
      3: () => integer(TRANSPARENT_ONLY),
    }),
    new Table(
      [...BASE, 4, 1],
      [
        { number: 1, value: (index) => integer(index) },
        { number: 2, value: (index) => integer(index) },
        { number: 3, value: () => objectId([0, 0]) },
        { number: 4, value: () => counter32(0n) },
        { number: 5, value: () => counter32(0n) },
      ],
      ports,
    ),
    ...scalars(TP, {
      1: () => counter32(bridgeDomains().reduce((sum, { limitExceeded }) => sum + limitExceeded, 0n)),
      2: () => integer(bridgeDomains()[0]?.ageingSeconds ?? 300),
    }),
    new Table(
      [...TP, 3, 1],
      [
        { number: 1, value: ({ mac }) => octets(mac) },
        { number: 2, value: portOf },
        { number: 3, value: status },
      ],
      flat,
    ),
    ...scalars(Q_BASE, {
      1: () => integer(1),
      2: () => integer(4094),
      3: () => gauge32(4094),
      4: () => gauge32(bridgeDomains().length),
      5: () => integer(2),
    }),
    new Table(FDB_ENTRY, [{ number: 2, value: ({ learned }) => counter32(BigInt(learned)) }], fdbIds),
    new Table(
      TP_FDB_ENTRY,
      [
        { number: 2, value: portOf },
        { number: 3, value: status },
      ],
      fdb,
    ),
    new Table(
      VLAN_CURRENT_ENTRY,
      [
        { number: 3, value: ({ number }) => gauge32(number) },
        { number: 4, value: members },
        { number: 5, value: members },
        { number: 6, value: () => integer(PERMANENT) },
        { number: 7, value: () => timeTicks(0) },
      ],
      current,
    ),
    new Table(
      VLAN_STATIC_ENTRY,
      [
        { number: 1, value: ({ name }) => text(name, 32) },
        { number: 2, value: members },
        { number: 3, value: () => octets(new Uint8Array()) },
        { number: 4, value: members },
        { number: 5, value: () => integer(ROW_ACTIVE) },
      ],
      vlans,
    ),
  ];
}

const vlanOf = ({ number }: BridgeDomainRow): number => FIRST_LOCAL_VLAN + number;

function fdbRows(
  all: readonly BridgeDomainRow[],
  prefix: (row: BridgeDomainRow) => number[],
): readonly IndexedRow<FdbRow>[] {
  return all.flatMap((domain) => domain.fdb.map((row) => ({ index: [...prefix(domain), ...row.mac], row })));
}

/** Q-BRIDGE-MIB PortList: a bit a port, from the left. */
export function portList(ports: readonly number[]): Uint8Array {
  const list = new Uint8Array(Math.ceil(Math.max(0, ...ports) / 8));
  for (const port of ports) list[(port - 1) >> 3] = (list[(port - 1) >> 3] ?? 0) | (0x80 >> ((port - 1) & 7));
  return list;
}
