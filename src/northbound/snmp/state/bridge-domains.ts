/** Bridge domains with members and forwarding databases, from the operational datastore. */
import type { KeySpace } from '../../../datastore/key/key.ts';
import { Entry } from '../../../features/entry.ts';
import type { InterfaceNumbers } from '../../../features/interfaces/state.ts';
import { interestIn } from './interest.ts';
import type { ReadOperational } from './interfaces.ts';

const BRIDGE_DOMAINS = '/sluice-bridge-domains:bridge-domains';

export interface FdbRow {
  readonly mac: Uint8Array;
  readonly interface: string;
  readonly isStatic: boolean;
}

export interface BridgeDomainRow {
  /** Stable, from 1. */
  readonly number: number;
  readonly name: string;
  readonly ageingSeconds: number;
  readonly learned: number;
  readonly limitExceeded: bigint;
  /** Names of the interfaces in it. */
  readonly members: readonly string[];
  readonly fdb: readonly FdbRow[];
}

export async function readBridgeDomains(
  keys: KeySpace,
  read: ReadOperational,
  numbers: InterfaceNumbers,
): Promise<readonly BridgeDomainRow[]> {
  using reading = await read([interestIn(keys, BRIDGE_DOMAINS)]);
  const entries = Entry.top(keys, reading.view, BRIDGE_DOMAINS).list('bridge-domain');
  const numbered = await numbers.of(entries.map(({ name }) => name));
  const rows: BridgeDomainRow[] = [];
  for (const [at, entry] of entries.entries()) {
    const number = numbered[at];
    if (number === undefined) continue;
    rows.push({
      number,
      name: entry.name,
      ageingSeconds: entry.number('ageing-time'),
      learned: Number(entry.value('statistics/learned-macs') ?? 0),
      limitExceeded: BigInt(entry.value('statistics/limit-exceeded') ?? 0),
      members: entry.list('member').map(({ name }) => name),
      fdb: entry.list('fdb/entry').map((one) => ({
        mac: Buffer.from(one.name.replaceAll(':', ''), 'hex'),
        interface: one.value('interface') ?? '',
        isStatic: one.value('type') === 'static',
      })),
    });
    // A large forwarding database must not hold the event loop.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return rows.sort((a, b) => a.number - b.number);
}
