/** ENTITY-MIB (RFC 6933): the router as a chassis, and its physical ports. */
import { oid } from '../agentx/oid.ts';
import type { InterfaceRow } from '../state/interfaces.ts';
import type { UpTime } from './if-mib.ts';
import { memo } from './memo.ts';
import { type MibSubtree, scalars, Table } from './objects.ts';
import { PRODUCT } from './sluice-mib.ts';
import { integer, objectId, text, timeTicks, truth } from './value.ts';

const PHYSICAL_ENTRY = oid('1.3.6.1.2.1.47.1.1.1.1');
const ALIAS_ENTRY = oid('1.3.6.1.2.1.47.1.3.2.1');
const GENERAL = oid('1.3.6.1.2.1.47.1.4');
export const ENT_CONFIG_CHANGE = oid('1.3.6.1.2.1.47.2.0.1');
const IF_INDEX = oid('1.3.6.1.2.1.2.2.1.1');

const CHASSIS = 1;
/** A port's index: that of its interface above those of what is no port. */
const FIRST_PORT = 1000;
const CLASS_CHASSIS = 3;
const CLASS_PORT = 10;

interface Physical {
  readonly description: string;
  readonly name: string;
  readonly containedIn: number;
  readonly physicalClass: number;
  readonly position: number;
  readonly ifIndex?: number;
}

export interface EntityMibSource {
  readonly interfaces: () => readonly InterfaceRow[];
  readonly changedMs: () => number | undefined;
  readonly upTime: UpTime;
  readonly description: string;
  readonly softwareRevision: string;
  /** Made by, model, serial number of the machine, as its firmware says. */
  readonly machine: { readonly vendor: string; readonly model: string; readonly serial: string };
}

export function entityMib(source: EntityMibSource): readonly MibSubtree[] {
  const { interfaces, changedMs, upTime, description, softwareRevision, machine } = source;
  const rows = memo(interfaces, (all) => {
    const chassis: Physical = {
      description,
      name: 'chassis',
      containedIn: 0,
      physicalClass: CLASS_CHASSIS,
      position: -1,
    };
    const ports = all.filter(({ type }) => type === 'ethernetCsmacd');
    return [
      { index: [CHASSIS], row: chassis },
      ...ports.map(({ index, name, description: about }, at) => ({
        index: [FIRST_PORT + index],
        row: {
          description: about === '' ? `port ${name}` : about,
          name,
          containedIn: CHASSIS,
          physicalClass: CLASS_PORT,
          position: at + 1,
          ifIndex: index,
        } satisfies Physical,
      })),
    ];
  });
  const aliases = memo(rows, (all) =>
    all.flatMap(({ index, row }) => (row.ifIndex === undefined ? [] : [{ index: [...index, 0], row: row.ifIndex }])),
  );
  const ofChassis = (value: string) => (row: Physical) => text(row.physicalClass === CLASS_CHASSIS ? value : '');
  return [
    new Table<Physical>(
      PHYSICAL_ENTRY,
      [
        { number: 2, value: (row) => text(row.description) },
        { number: 3, value: (row) => objectId(row.physicalClass === CLASS_CHASSIS ? PRODUCT : [0, 0]) },
        { number: 4, value: (row) => integer(row.containedIn) },
        { number: 5, value: (row) => integer(row.physicalClass) },
        { number: 6, value: (row) => integer(row.position) },
        { number: 7, value: (row) => text(row.name) },
        { number: 8, value: ofChassis('') },
        { number: 9, value: ofChassis('') },
        { number: 10, value: ofChassis(softwareRevision) },
        { number: 11, value: ofChassis(machine.serial) },
        { number: 12, value: ofChassis(machine.vendor) },
        { number: 13, value: ofChassis(machine.model) },
        { number: 14, value: () => text('') },
        { number: 15, value: () => text('') },
        { number: 16, value: () => truth(false) },
      ],
      rows,
    ),
    new Table(ALIAS_ENTRY, [{ number: 2, value: (ifIndex) => objectId([...IF_INDEX, ifIndex]) }], aliases),
    ...scalars(GENERAL, { 1: () => timeTicks(upTime.at(changedMs())) }),
  ];
}
