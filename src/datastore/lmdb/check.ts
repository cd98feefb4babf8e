/**
 * Reads all of an environment, as a process of its own: `node check.ts FOLDER`. Ends with 0 where everything can be read,
 * with 3 where the file is damaged or not ours, with 1 for any other failure, and prints the reason.
 */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { END } from '../key/key.ts';
import { RowSum } from '../row/row-sum.ts';
import { FORMAT, openRoot, type TableName, tableNames } from './environment.ts';
import { Table } from './table.ts';

/** Codes of LMDB that speak of the file, not of the moment: NOTFOUND page, CORRUPTED, PANIC, VERSION, INVALID, … */
const damaged =
  /MDB_(PAGE_NOTFOUND|CORRUPTED|PANIC|VERSION_MISMATCH|INVALID|INCOMPATIBLE|BAD_TXN|BAD_DBI|CURSOR_FULL)|not an LMDB file|Invalid argument|Invalid key size|EINVAL/;

/** The magic number of a meta page, behind the page header of 24 bytes (16 in the data format of liblmdb 0.9). */
const magic = Buffer.from('dec0efbe', 'hex');

const pageBytes = 4096;

function check(path: string): string | undefined {
  const { isFolder, isFile } = kindOf(path);
  if (!isFolder) return 'it is no folder';
  if (!isFile) return 'its data.mdb is no file';
  const file = readHead(join(path, 'data.mdb'));
  if (file.size === 0) return 'it is empty';
  if (!file.head.subarray(24, 28).equals(magic)) {
    return file.head.subarray(16, 20).equals(magic) ? 'its LMDB data format is an older one' : 'it is no LMDB file';
  }
  const root = openRoot(path, { readOnly: true });
  const names = new Set<string>();
  for (const key of root.getKeys({})) names.add(String(key));
  if (names.size !== file.tables) return `it has ${names.size} tables of ${file.tables}`;
  if (names.size === 0) return undefined; // made, never written to
  if (!names.has('meta')) return 'it is no datastore of this router';
  const tables = tableNames.filter((name) => names.has(name)).map((name) => [name, new Table(root, name)] as const);
  const transaction = root.useReadTransaction();
  const meta = new Map<string, string>();
  const sum = new RowSum();
  for (const [name, table] of tables) {
    // Reads every page.
    for (const [key, value] of table.range('\0', END, { transaction })) {
      const broken = brokenAt(name, key, value);
      if (broken !== undefined) return `${broken} in its table ${name}`;
      if (name === 'running') sum.add(key, value);
      if (name === 'meta') meta.set(key, value);
    }
  }
  transaction.done();
  const format = meta.get('format');
  if (format !== undefined && Number(format) > Number(FORMAT)) {
    throw new Error(`it was written by a newer version (format ${format}, this one knows ${FORMAT})`);
  }
  const said = meta.get('sum');
  if (said !== undefined && said !== sum.text)
    return 'its rows are not those that were committed (their sum is another)';
  if (said === undefined && sum.text !== new RowSum().text && meta.has('schema'))
    return 'the sum of its rows is missing';
  return undefined;
}

/** What the router would stumble over. */
function brokenAt(table: TableName, key: string, value: string): string | undefined {
  switch (table) {
    case 'ids':
      return Number.isSafeInteger(Number(value)) ? undefined : 'a number of a node is none';
    case 'running':
      return isPackedRow(value) ? undefined : 'a row is not whole';
    case 'startup':
    case 'checkpoint':
      return value.length === 1 || isPackedRow(value.slice(1)) ? undefined : 'a row is not whole';
    case 'history':
      return key.startsWith('\x01') && !isJson(value) ? 'a record is not whole' : undefined;
    default:
      return undefined;
  }
}

/** See row-codec.ts for the layout. */
function isPackedRow(packed: string): boolean {
  let at = 4;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 35 && at < packed.length; shift += 7) {
      const byte = packed.charCodeAt(at++);
      value += (byte & 0x7f) * 2 ** shift;
      if (!(byte & 0x80)) return value;
    }
    return Number.POSITIVE_INFINITY;
  };
  const skip = (): void => {
    const length = varint();
    at += length;
  };
  if (packed.length < at) return false;
  if (packed.charCodeAt(3) & 1) skip(); // its position
  while (at < packed.length) {
    if (varint() === Number.POSITIVE_INFINITY) return false;
    skip();
  }
  return at === packed.length;
}

function isJson(bytes: string): boolean {
  try {
    JSON.parse(Buffer.from(bytes, 'latin1').toString());
    return true;
  } catch {
    return false;
  }
}

function kindOf(path: string): { readonly isFolder: boolean; readonly isFile: boolean } {
  const isFolder = statSync(path).isDirectory();
  return { isFolder, isFile: isFolder && statSync(join(path, 'data.mdb')).isFile() };
}

/**
 * What the meta pages say (lmdb.h of data format 2, little-endian, both on pages of their own):
 *
 *     page header[24] magic[4] version[4] address[8] map size[8] free pages[48] main database[48] last page[8] transaction[8]
 *
 * The number of entries is at byte 32 of a database; those of the main one are the tables.
 */
function readHead(path: string): { readonly size: number; readonly head: Buffer; readonly tables: number } {
  const file = openSync(path, 'r');
  const head = Buffer.alloc(2 * pageBytes);
  readSync(file, head, 0, head.length, 0);
  const { size } = fstatSync(file);
  closeSync(file);
  const [newest = head] = [head.subarray(0, pageBytes), head.subarray(pageBytes)].sort((a, b) =>
    Number(b.readBigUInt64LE(152) - a.readBigUInt64LE(152)),
  );
  return { size, head, tables: Number(newest.readBigUInt64LE(128)) };
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
