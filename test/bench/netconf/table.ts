/** The comparison as text. */
import type { Measured } from './measure.ts';
import { isRate, type Row } from './rows.ts';

export interface Results {
  readonly ours: ReadonlyMap<string, Measured>;
  readonly netconfd: ReadonlyMap<string, Measured> | undefined;
}

const columns = [14, 11, 14, 11, 10, 12, 10] as const;

export function table(rows: readonly Row[], results: Results): string {
  const heads = ['ours', 'CPU', 'netconfd', 'CPU', 'ratio', 'netopeer2', 'clixon'];
  const lines = [line('', heads), line('', ['', 'ms each', '', 'ms each', 'to ours', 'expected', 'expected'])];
  for (const row of rows) {
    const ours = results.ours.get(row.id);
    if (ours === undefined) continue;
    const theirs = results.netconfd?.get(row.id);
    lines.push(
      line(row.what, [
        figure(ours.value, row.unit),
        figure(ours.cpuMs, ''),
        figure(theirs?.value, row.unit),
        figure(theirs?.cpuMs, ''),
        theirs === undefined ? '' : `${better(row, ours.value, theirs.value).toFixed(2)}x`,
        expected(row, row.netopeer2, theirs),
        expected(row, row.clixon, theirs),
      ]),
    );
  }
  lines.push(
    '',
    'ratio: how many times better ours is. expected: what another server would reach here, by its ratio to netconfd on another',
    'machine (rows.ts); in brackets its figure there, where netconfd has none in the row. None of them flushes to the disk; ours',
    'does with every change (two flushes).',
  );
  return lines.join('\n');
}

/** How many times better `ours` is. */
export function better(row: Row, ours: number, theirs: number): number {
  return isRate(row) ? ours / theirs : theirs / ours;
}

function expected(row: Row, there: number | undefined, netconfd: Measured | undefined): string {
  if (there === undefined) return '';
  if (row.netconfd === undefined || netconfd === undefined) return `(${there}${row.unit && ` ${row.unit}`})`;
  return figure((there / row.netconfd) * netconfd.value, row.unit);
}

function figure(value: number | undefined, unit: string): string {
  if (value === undefined) return '';
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;
  return `${value.toFixed(digits)}${unit && ` ${unit}`}`;
}

function line(what: string, cells: readonly string[]): string {
  return what.padEnd(54) + cells.map((cell, index) => cell.padStart(columns[index] ?? 12)).join('');
}
