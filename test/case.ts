/**
 * A case shows one thing that the router must do, with figures. `npm test` runs every case and asserts; `npm run show`
 * runs those that are named and prints their figures.
 */
export interface Figure {
  readonly what: string;
  readonly value: number | string;
  readonly unit?: string;
}

export interface Case {
  /** By which `npm run show -- ID` finds it. */
  readonly id: string;
  /** One sentence: what is true when the case passes. */
  readonly shows: string;
  /** Throws where it is not true. */
  run(): Promise<readonly Figure[]>;
}

export function figureLine({ what, value, unit }: Figure): string {
  const text =
    typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(value < 10 ? 2 : 1) : String(value);
  return `${what.padEnd(64)} ${text.padStart(12)} ${unit ?? ''}`.trimEnd();
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

/** Median and worst of some measurements, as two figures. */
export function medianAndWorst(what: string, values: readonly number[], unit: string): Figure[] {
  return [
    { what: `${what}, median of ${values.length}`, value: median(values), unit },
    { what: `${what}, worst of ${values.length}`, value: Math.max(...values), unit },
  ];
}
