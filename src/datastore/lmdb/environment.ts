/**
 * The LMDB environment in the state folder: named databases, durable writes off the event loop, and what to do with a
 * file that cannot be read.
 */
import { spawn } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fdatasyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { open, type RootDatabase, type Transaction } from 'lmdb';
import type { FaultError } from '../../yang/fault.ts';
import { type BulkRequest, BulkWriter } from './bulk-writer.ts';
import { storeFault } from './fault.ts';
import { FolderLock } from './folder-lock.ts';
import { Table } from './table.ts';

/** Version of what this file and its users write. */
export const FORMAT = '1';

export const tableNames = [
  'meta',
  'ids',
  'running',
  'startup',
  'history',
  'index',
  'checkpoint',
  'events',
  'kept',
] as const;
export type TableName = (typeof tableNames)[number];

export interface EnvironmentOptions {
  /** The state folder; the environment is its subfolder `datastore`. */
  readonly folder: string;
  /** What `checkDatastore` of the folder is finding out; begun here if it was not before. */
  readonly check?: Promise<string | undefined>;
}

/** A datastore that could not be read and was put aside. */
export interface Aside {
  readonly folder: string;
  readonly reason: string;
}

const maxReaders = 1000;
/** A reader has 64 bytes (MDB_reader, on a line of the cache), what is in front of them takes less than a page. */
const lockBytes = 4096 * Math.ceil((maxReaders * 64) / 4096 + 1);

const asideSuffix = '.damaged-';

/** Address space to begin with, in bytes; LMDB takes more when the file outgrows it. */
const mapSize = 4 * 2 ** 30;

/** The state folder cannot be used; the message says why. */
export class StorageError extends Error {}

export class Environment {
  readonly tables: Readonly<Record<TableName, Table>>;
  readonly aside: Aside | undefined;
  readonly #root: RootDatabase;
  readonly #path: string;
  readonly #lock: FolderLock;
  readonly #bulk: BulkWriter;

  private constructor(path: string, lock: FolderLock, root: RootDatabase, aside: Aside | undefined) {
    this.#path = path;
    this.#lock = lock;
    this.#bulk = new BulkWriter(path);
    this.#root = root;
    this.aside = aside;
    this.tables = Object.fromEntries(tableNames.map((name) => [name, new Table(root, name)])) as Record<
      TableName,
      Table
    >;
  }

  /** Opens or creates; one process at a time. A file that is damaged or not ours is first moved beside, never written to. */
  static async open(options: EnvironmentOptions): Promise<Environment> {
    const path = join(options.folder, 'datastore');
    mkdirSync(options.folder, { recursive: true });
    const lock = await FolderLock.take(options.folder);
    try {
      const reason = await (options.check ?? checkDatastore(options.folder));
      const aside = reason === undefined ? undefined : putAside(path, reason);
      mkdirSync(path, { recursive: true });
      chmodSync(path, 0o700); // password hashes and keys
      holdLockFile(path);
      return new Environment(path, lock, openDatastore(path), aside);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Folders of datastores that were put aside, at this start or an earlier one. */
  setAside(): readonly string[] {
    const parent = dirname(this.#path);
    return readdirSync(parent)
      .filter((name) => name.startsWith(`datastore${asideSuffix}`))
      .map((name) => join(parent, name));
  }

  /** A stable snapshot; the caller calls `done` on it. */
  read(): Transaction {
    return this.#root.useReadTransaction();
  }

  /**
   * Runs puts and removes of tables as one durable transaction: all or nothing, on the disk when it resolves. The writing
   * and the flush happen in a thread of LMDB's. `work` must not throw: what it did before would be written.
   */
  async write(work: () => void): Promise<void> {
    let failed: { readonly error: unknown } | undefined;
    try {
      await this.#root.batch(() => {
        try {
          work();
        } catch (error) {
          failed = { error };
        }
      });
    } catch (error) {
      throw await this.#fault(await causeOf(error));
    }
    // Part of a transaction is on the disk: no state to go on from.
    if (failed !== undefined) throw new Error('a write to the datastore broke off', { cause: failed.error });
  }

  /** Makes the first large write as fast as the next. */
  prepareBulk(): void {
    this.#bulk.prepare();
  }

  /** The same for many puts and removes, packed, in a thread of their own. */
  async writeBulk(request: BulkRequest): Promise<void> {
    try {
      await this.#bulk.write(request);
    } catch (error) {
      throw await this.#fault(error);
    } finally {
      // This thread's shared read transaction does not know what another one wrote.
      this.#root.resetReadTxn();
    }
  }

  async #fault(cause: unknown): Promise<FaultError> {
    const { bavail, bsize } = await statfs(this.#path);
    return storeFault(cause, Math.min(bavail * bsize, fileSizeLimit() - statSync(join(this.#path, 'data.mdb')).size));
  }

  async close(): Promise<void> {
    await this.#bulk.close();
    await this.#root.close();
    await this.#lock.release();
  }
}

/** LMDB rejects with a wrapper; the reason is a promise in it, which nobody else handles. */
async function causeOf(error: unknown): Promise<unknown> {
  const { commitError } = error as { commitError?: Promise<never> };
  if (commitError === undefined) return error;
  return await commitError.catch((cause: unknown) => cause);
}

function openDatastore(path: string): RootDatabase {
  try {
    return openRoot(path, { mapSize });
  } catch (error) {
    throw new StorageError(`cannot open the datastore in ${path}: ${error instanceof Error ? error.message : error}`);
  }
}

/** Also for the check, which reads only. */
export function openRoot(path: string, options: { mapSize?: number; readOnly?: boolean }): RootDatabase {
  return open({
    ...options,
    path,
    maxDbs: tableNames.length + 2,
    maxReaders,
    noSubdir: false,
    // The meta page follows the data's flush and is flushed itself before a write resolves.
    overlappingSync: false,
    // Only what `write` hands over is one transaction.
    eventTurnBatching: false,
  });
}

/**
 * Why the datastore in a state folder cannot be used; undefined where it can, or where there is none. A damaged file can
 * kill its reader, so a process reads it, while the caller does what else a start has to do. Nobody may write meanwhile.
 */
export function checkDatastore(folder: string): Promise<string | undefined> {
  const path = join(folder, 'datastore');
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? true;
  if (isFolder && !existsSync(join(path, 'data.mdb'))) return Promise.resolve(undefined);
  const result = damage(path);
  result.catch(() => undefined); // who opens is told
  return result;
}

async function damage(path: string): Promise<string | undefined> {
  const child = spawn(process.execPath, ['--no-warnings', fileURLToPath(new URL('check.ts', import.meta.url)), path], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const { code, signal } = await new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  if (code === 0) return undefined;
  if (signal !== null || code === 134) return `reading it ends the process (${signal ?? 'SIGABRT'})`;
  const reason = said.trim() || `the check ended with ${code}`;
  if (code === 3) return reason;
  throw new StorageError(`cannot open the datastore in ${path}: ${reason}`);
}

/**
 * LMDB maps its lock file, and makes it with holes: on a full disk the next reader's place in it ends the process (SIGBUS).
 * So all of it is on the disk before. Nobody else has it open: this process has the folder, and the check is over.
 */
function holdLockFile(path: string): void {
  const file = openSync(join(path, 'lock.mdb'), constants.O_RDWR | constants.O_CREAT, 0o600);
  try {
    const held = Buffer.alloc(lockBytes);
    readSync(file, held, 0, held.length, 0);
    writeSync(file, held, 0, held.length, 0);
    fdatasyncSync(file);
  } catch (error) {
    throw new StorageError(`cannot write the datastore in ${path}: ${error instanceof Error ? error.message : error}`);
  } finally {
    closeSync(file);
  }
}

/** RLIMIT_FSIZE of this process, in bytes (proc_pid_limits(5)). */
function fileSizeLimit(): number {
  const limit = /^Max file size\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
  return limit === undefined || limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit);
}

function putAside(path: string, reason: string): Aside {
  const folder = `${path}${asideSuffix}${new Date().toISOString().replace(/[:.]/g, '-')}`;
  renameSync(path, folder);
  return { folder, reason };
}
