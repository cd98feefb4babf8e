/** Partitions of a raw disk whose machine is off. */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { type Placed, placed, SECTOR } from '../disk/layout.ts';

export function partition(name: string): Placed {
  const found = placed().find((each) => each.name === name);
  if (found === undefined) throw new Error(`the layout has no ${name}`);
  return found;
}

/** @param length of its beginning (default: all of it) */
export function readPartition(
  disk: string,
  { first, last }: Pick<Placed, 'first' | 'last'>,
  length = (last + 1 - first) * SECTOR,
): Buffer {
  const bytes = Buffer.alloc(length);
  const file = openSync(disk, 'r');
  readSync(file, bytes, 0, length, first * SECTOR);
  closeSync(file);
  return bytes;
}

export function writePartition(disk: string, { first }: Pick<Placed, 'first'>, bytes: Buffer): void {
  const file = openSync(disk, 'r+');
  writeSync(file, bytes, 0, bytes.length, first * SECTOR);
  closeSync(file);
}
