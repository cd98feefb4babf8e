/** Block points and what the CEs were told, from the operational datastore. */

import type { KeySpace } from '../../../datastore/key/key.ts';
import { Entry } from '../../../features/entry.ts';
import { interestIn } from './interest.ts';
import type { ReadOperational } from './interfaces.ts';
import { timeOf } from './time.ts';

const BLOCK_POINTS = '/sluice-block-points:block-points';
const CE_NOTIFICATIONS = '/sluice-ce-notification:ce-notifications';

export interface BlockPointRow {
  readonly interface: string;
  /** 0: untagged. */
  readonly vid: number;
  readonly cause: string;
  readonly sinceMs: number | undefined;
  readonly inDropped: bigint;
  readonly outDropped: bigint;
}

export interface CeMethodRow {
  readonly interface: string;
  readonly method: string;
  readonly framesSent: bigint;
  readonly framesDropped: bigint;
  readonly lastSentMs: number | undefined;
}

export async function readBlockPoints(keys: KeySpace, read: ReadOperational): Promise<readonly BlockPointRow[]> {
  using reading = await read([interestIn(keys, BLOCK_POINTS)]);
  return Entry.top(keys, reading.view, BLOCK_POINTS)
    .list('block-point')
    .map((entry) => ({
      interface: entry.value('port') ?? '',
      vid: Number(entry.value('vlan-id')) || 0,
      cause: entry.value('cause') ?? '',
      sinceMs: timeOf(entry.value('since')),
      inDropped: BigInt(entry.value('in-dropped') ?? 0),
      outDropped: BigInt(entry.value('out-dropped') ?? 0),
    }));
}

export async function readCeMethods(keys: KeySpace, read: ReadOperational): Promise<readonly CeMethodRow[]> {
  using reading = await read([interestIn(keys, CE_NOTIFICATIONS)]);
  return Entry.top(keys, reading.view, CE_NOTIFICATIONS)
    .list('ce-notification')
    .flatMap((ce) =>
      ce.list('method').map((method) => ({
        interface: ce.name,
        method: method.name,
        framesSent: BigInt(method.value('frames-sent') ?? 0),
        framesDropped: BigInt(method.value('frames-dropped') ?? 0),
        lastSentMs: timeOf(method.value('last-sent')),
      })),
    );
}
