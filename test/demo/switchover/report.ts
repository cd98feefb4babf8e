/** What the demonstration prints. */
import type { FlowResult } from '../../../lab/traffic/flow.ts';
import type { Loss } from './measure.ts';
import type { Line } from './timeline.ts';

export interface Result {
  readonly event: string;
  readonly method: string;
  readonly vlan: number;
  readonly lossFromCeMs: number;
  readonly lossToCeMs: number;
  /** Of both directions, broadcast included. */
  readonly duplicates: number;
  /** Frames, of all VLANs that the event does not move. */
  readonly otherVlansLost: number;
}

/** To a tenth. */
export const lostMs = ({ lost }: FlowResult, packetsPerSecond: number): number =>
  Math.round((lost * 10_000) / packetsPerSecond) / 10;

const ms = (value: number): string => `${value} ms`.padStart(14);
const lossColumns = `${'lost from CE'.padStart(14)}${'lost to CE'.padStart(14)}${'duplicates'.padStart(12)}`;

export const timelineText = (lines: readonly Line[]): readonly string[] =>
  lines.map(({ atMs, pe, text }) => `${atMs.toFixed(1).padStart(9)} ms  PE ${pe}  ${text}`);

/** Of one event: a row for each VLAN. */
export function lossText(
  losses: readonly Loss[],
  moved: readonly number[],
  packetsPerSecond: number,
): readonly string[] {
  return [
    `${'VLAN'.padEnd(6)}${lossColumns}`,
    ...losses.map(({ vlan, fromCe, toCe, duplicates }) => {
      const lost = [fromCe, toCe].map((result) => ms(lostMs(result, packetsPerSecond))).join('');
      const rest = moved.includes(vlan) ? '' : '   not moved';
      return `${String(vlan).padEnd(6)}${lost}${String(duplicates).padStart(12)}${rest}`;
    }),
  ];
}

/** Of all methods and events. */
export function table(results: readonly Result[]): readonly string[] {
  const wide = (one: Result): string => `${one.method.padEnd(13)}${one.event.padEnd(20)}${String(one.vlan).padEnd(6)}`;
  return [
    `${'method'.padEnd(13)}${'event'.padEnd(20)}${'VLAN'.padEnd(6)}${lossColumns}${'others lost'.padStart(13)}`,
    ...results.map(
      (one) =>
        `${wide(one)}${ms(one.lossFromCeMs)}${ms(one.lossToCeMs)}${String(one.duplicates).padStart(12)}${`${one.otherVlansLost} frames`.padStart(13)}`,
    ),
  ];
}
