/**
 * Reads all of an environment, as a process of its own: `node check.ts FOLDER`. Ends with 0 where everything can be read,
 * with 3 where the file is damaged or not ours, with 1 for any other failure, and prints the reason.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { FORMAT, openRoot, tableNames } from './environment.ts';
import { END } from './key.ts';
import { Table } from './table.ts';

/** Codes of LMDB that speak of the file, not of the moment: NOTFOUND page, CORRUPTED, PANIC, VERSION, INVALID, … */
const damaged =
  /MDB_(PAGE_NOTFOUND|CORRUPTED|PANIC|VERSION_MISMATCH|INVALID|INCOMPATIBLE|BAD_TXN|BAD_DBI|CURSOR_FULL)|not an LMDB file|Invalid argument|Invalid key size|EINVAL/;

/** The magic number of a meta page, behind the page header of 24 bytes (16 in the data format of liblmdb 0.9). */
const magic = Buffer.from('dec0efbe', 'hex');

function check(path: string): string | undefined {
  const file = readHead(join(path, 'data.mdb'));
  if (file.size === 0) return undefined; // created, never written
  if (!file.head.subarray(24, 28).equals(magic)) {
    return file.head.subarray(16, 20).equals(magic) ? 'its LMDB data format is an older one' : 'it is no LMDB file';
  }
  const root = openRoot(path, { readOnly: true });
  const names = new Set<string>();
  for (const key of root.getKeys({})) names.add(String(key));
  if (names.size === 0) return undefined;
  if (!names.has('meta')) return 'it is no datastore of this router';
  const tables = tableNames.filter((name) => names.has(name)).map((name) => [name, new Table(root, name)] as const);
  const transaction = root.useReadTransaction();
  let format: string | undefined;
  for (const [name, table] of tables) {
    if (name === 'meta') format = table.get('format', { transaction });
    for (const _ of table.range('\0', END, { transaction })); // reads every page
  }
  transaction.done();
  if (format !== undefined && Number(format) > Number(FORMAT)) {
    throw new Error(`it was written by a newer version (format ${format}, this one knows ${FORMAT})`);
  }
  return undefined;
}

function readHead(path: string): { readonly size: number; readonly head: Buffer } {
  const file = openSync(path, 'r');
  const head = Buffer.alloc(32);
  readSync(file, head, 0, head.length, 0);
  const { size } = fstatSync(file);
  closeSync(file);
  return { size, head };
}

const path = process.argv[2];
if (path === undefined) throw new Error('usage: node check.ts FOLDER');
try {
  const reason = check(path);
  if (reason !== undefined) console.log(reason);
  process.exit(reason === undefined ? 0 : 3);
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  console.log(message);
  process.exit(damaged.test(message) ? 3 : 1);
}
