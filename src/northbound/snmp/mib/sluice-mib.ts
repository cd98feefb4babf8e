/** SLUICE-MIB (../SLUICE-MIB): block points, what the CEs were told, drops by reason. */
import { octetsIndex, oid } from '../agentx/oid.ts';
import type { VarBind } from '../agentx/pdu.ts';
import type { BlockPointRow, CeMethodRow } from '../state/block-points.ts';
import type { InterfaceRow } from '../state/interfaces.ts';
import { interfaceNumbers } from './interface-numbers.ts';
import { memo } from './memo.ts';
import { inOrder, type MibSubtree, Table } from './objects.ts';
import { counter64, integer, octets, text } from './value.ts';

/** Below net-snmp's play pen, until there is a number of our own. */
export const SLUICE = oid('1.3.6.1.4.1.8072.9999.9999.5157');
export const PRODUCT = oid('1.3.6.1.4.1.8072.9999.9999.5157.3.1');
const BLOCK_POINT_ENTRY = [...SLUICE, 1, 1, 1, 1];
const CE_METHOD_ENTRY = [...SLUICE, 1, 2, 1, 1];
const DROP_ENTRY = [...SLUICE, 1, 3, 1, 1];
const BLOCKED = [...SLUICE, 0, 1];
const RELEASED = [...SLUICE, 0, 2];

const CAUSES: Readonly<Record<string, number>> = { configuration: 1, command: 2, election: 3 };

export interface SluiceMibSource {
  readonly interfaces: () => readonly InterfaceRow[];
  readonly blockPoints: () => readonly BlockPointRow[];
  readonly ceMethods: () => readonly CeMethodRow[];
}

export function sluiceMib({ interfaces, blockPoints, ceMethods }: SluiceMibSource): readonly MibSubtree[] {
  const numberOf = interfaceNumbers(interfaces);
  const points = memo(blockPoints, (all) =>
    inOrder(
      all.flatMap((row) => {
        const index = numberOf(row.interface);
        return index === undefined ? [] : [{ index: [index, row.vid], row }];
      }),
    ),
  );
  const methods = memo(ceMethods, (all) =>
    inOrder(
      all.flatMap((row) => {
        const index = numberOf(row.interface);
        return index === undefined ? [] : [{ index: [index, ...octetsIndex(Buffer.from(row.method, 'utf8'))], row }];
      }),
    ),
  );
  const drops = memo(interfaces, (all) =>
    inOrder(
      all.flatMap(({ index, drops: list }) =>
        list.map((row) => ({ index: [index, ...octetsIndex(Buffer.from(row.reason, 'utf8'))], row })),
      ),
    ),
  );
  return [
    new Table(
      BLOCK_POINT_ENTRY,
      [
        { number: 2, value: ({ cause }) => integer(CAUSES[cause] ?? 0) },
        { number: 3, value: ({ sinceMs }) => (sinceMs === undefined ? undefined : octets(dateAndTime(sinceMs))) },
        { number: 4, value: ({ inDropped }) => counter64(inDropped) },
        { number: 5, value: ({ outDropped }) => counter64(outDropped) },
      ],
      points,
    ),
    new Table(
      CE_METHOD_ENTRY,
      [
        { number: 2, value: ({ framesSent }) => counter64(framesSent) },
        { number: 3, value: ({ framesDropped }) => counter64(framesDropped) },
        {
          number: 4,
          value: ({ lastSentMs }) => (lastSentMs === undefined ? undefined : octets(dateAndTime(lastSentMs))),
        },
      ],
      methods,
    ),
    new Table(DROP_ENTRY, [{ number: 2, value: ({ packets }) => counter64(packets) }], drops),
  ];
}

/** A block point was set or released. */
export function blockPointNotification(event: {
  readonly ifIndex: number;
  readonly interface: string;
  readonly vid: number;
  readonly isBlocked: boolean;
  readonly cause: string;
}): { readonly trap: readonly number[]; readonly objects: readonly VarBind[] } {
  return {
    trap: event.isBlocked ? BLOCKED : RELEASED,
    objects: [
      { name: [...oid('1.3.6.1.2.1.31.1.1.1.1'), event.ifIndex], value: text(event.interface) },
      { name: [...SLUICE, 1, 1, 2, 0], value: integer(event.vid) },
      { name: [...BLOCK_POINT_ENTRY, 2, event.ifIndex, event.vid], value: integer(CAUSES[event.cause] ?? 0) },
    ],
  };
}

/** SNMPv2-TC DateAndTime, in UTC. */
export function dateAndTime(ms: number): Uint8Array {
  const date = new Date(ms);
  const octetsOf = Buffer.alloc(11);
  octetsOf.writeUInt16BE(date.getUTCFullYear(), 0);
  octetsOf.set(
    [
      date.getUTCMonth() + 1,
      date.getUTCDate(),
      date.getUTCHours(),
      date.getUTCMinutes(),
      date.getUTCSeconds(),
      Math.floor(date.getUTCMilliseconds() / 100),
      '+'.charCodeAt(0),
      0,
      0,
    ],
    2,
  );
  return octetsOf;
}
