/**
 * Files of one folder, by paths that cannot leave it: names are checked before (location.ts), no link is followed, and what
 * was opened is looked at again. A file is written beside its place and renamed into it, so it is there whole or not at all.
 */
import { constants, readdirSync, statSync } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readlink, realpath, rename, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type ErrorTag, FaultError } from '../../../yang/fault.ts';

export interface FileStoreLimits {
  readonly files: number;
  /** Bytes of one file, and of all. */
  readonly fileBytes: number;
  readonly bytes: number;
}

export interface StoredFile {
  /** `/backup.xml` */
  readonly name: string;
  readonly size: number;
  readonly modified: Date;
}

const DEFAULT_LIMITS: FileStoreLimits = { files: 1_000, fileBytes: 64 * 2 ** 20, bytes: 2 ** 30 };
const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
const CHUNK_BYTES = 64 * 1024;
/** Names that no URL can have: files that are being written. */
const PARTIAL = '.partial-';

export class FileStore {
  readonly #folder: string;
  readonly #limits: FileStoreLimits;
  #partials = 0;
  /** Writes and deletions, one after another. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(folder: string, limits: Partial<FileStoreLimits> = {}) {
    this.#folder = folder;
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
  }

  /** All files, in the order of their names. */
  list(): readonly StoredFile[] {
    const found: StoredFile[] = [];
    const visit = (folder: string, name: string): void => {
      let entries: ReturnType<typeof entriesOf>;
      try {
        entries = entriesOf(folder);
      } catch {
        return; // not there yet, or gone by now
      }
      for (const entry of entries) {
        if (entry.name.startsWith('.')) continue;
        const path = join(folder, entry.name);
        if (entry.isDirectory()) visit(path, `${name}/${entry.name}`);
        else if (entry.isFile()) {
          const { size, mtime } = statSync(path, { throwIfNoEntry: false }) ?? { size: 0, mtime: new Date(0) };
          found.push({ name: `${name}/${entry.name}`, size, modified: mtime });
        }
        if (found.length >= this.#limits.files) return;
      }
    };
    visit(this.#folder, '');
    return found;
  }

  /** Throws `data-missing` where there is no such file. */
  async *read(segments: readonly string[]): AsyncGenerator<Buffer, void, void> {
    const file = await named(segments, async () => {
      await this.#checkFolders(segments, false);
      return await this.#open(join(this.#folder, ...segments), O_RDONLY | O_NONBLOCK);
    });
    try {
      const { size } = await file.stat();
      if (size > this.#limits.fileBytes)
        throw fault('too-big', segments, `is longer than ${this.#limits.fileBytes} bytes`);
      for (;;) {
        const { bytesRead, buffer } = await named(segments, () => file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES));
        if (bytesRead === 0) return;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  }

  /** Throws `resource-denied` where the disk or a limit does not let it; then what was there before is there. */
  write(segments: readonly string[], pieces: Iterable<string>): Promise<void> {
    return this.#inTurn(() =>
      named(segments, async () => {
        await this.#checkFolders(segments, true);
        const path = join(this.#folder, ...segments);
        const room = await this.#room(segments, path);
        const folder = join(this.#folder, ...segments.slice(0, -1));
        const partial = join(folder, `${PARTIAL}${process.pid}-${++this.#partials}`);
        try {
          const file = await this.#open(partial, O_WRONLY | O_CREAT | O_EXCL);
          try {
            await this.#fill(file, segments, pieces, room);
            await file.sync();
          } finally {
            await file.close();
          }
          await rename(partial, path);
        } catch (error) {
          await unlink(partial).catch(() => undefined);
          throw error;
        }
        await syncFolder(folder);
      }),
    );
  }

  /** Throws `data-missing` where there is no such file. Folders that are empty then go, too. */
  remove(segments: readonly string[]): Promise<void> {
    return this.#inTurn(() =>
      named(segments, async () => {
        await this.#checkFolders(segments, false);
        const path = join(this.#folder, ...segments);
        if (!(await lstat(path)).isFile()) throw fault('invalid-value', segments, 'is no file');
        await unlink(path);
        await syncFolder(join(this.#folder, ...segments.slice(0, -1)));
        for (let depth = segments.length - 1; depth > 0; depth--) {
          try {
            await rmdir(join(this.#folder, ...segments.slice(0, depth)));
          } catch {
            return; // holds something else
          }
        }
      }),
    );
  }

  async #fill(file: FileHandle, segments: readonly string[], pieces: Iterable<string>, room: number): Promise<void> {
    let length = 0;
    for (const piece of pieces) {
      const bytes = Buffer.from(piece);
      length += bytes.length;
      if (length > room)
        throw fault('resource-denied', segments, 'does not fit: there is a limit to files and to all of them');
      await file.writeFile(bytes);
    }
  }

  /** Bytes that the file may have. */
  async #room(segments: readonly string[], path: string): Promise<number> {
    const { files, fileBytes, bytes } = this.#limits;
    const there = this.list();
    const old = await lstat(path).catch(() => undefined);
    if (old !== undefined && !old.isFile()) throw fault('invalid-value', segments, 'is no file');
    if (old === undefined && there.length >= files) {
      throw fault('resource-denied', segments, `is one too many: there are ${files} files`);
    }
    const used = there.reduce((sum, { size }) => sum + size, 0);
    return Math.min(fileBytes, bytes - used + (old?.size ?? 0));
  }

  /** Opens what is really at the path: the last name is no link, and the file lies in the folder. */
  async #open(path: string, flags: number): Promise<FileHandle> {
    const file = await open(path, flags | O_NOFOLLOW, 0o600);
    try {
      const real = await readlink(`/proc/self/fd/${file.fd}`);
      if (!real.startsWith(`${await realpath(this.#folder)}/`)) throw new FaultError(outside);
      if (!(await file.stat()).isFile()) throw new FaultError(outside);
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** The folders of the path are folders, not links; they are made where they are missing and `make` says so. */
  async #checkFolders(segments: readonly string[], make: boolean): Promise<void> {
    if (make) await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    for (let depth = 1; depth < segments.length; depth++) {
      const path = join(this.#folder, ...segments.slice(0, depth));
      const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
        if (make && error.code === 'ENOENT') return undefined;
        throw error;
      });
      if (found === undefined) await mkdir(path, { mode: 0o700 });
      else if (!found.isDirectory()) throw new FaultError(outside);
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

const outside = {
  type: 'application',
  tag: 'invalid-value',
  message: 'the URL names no file of the folder of the router',
} as const;

function entriesOf(folder: string) {
  return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What the system says of a file as faults. */
async function named<T>(segments: readonly string[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    switch ((error as NodeJS.ErrnoException).code) {
      case 'ENOENT':
      case 'ENOTDIR':
        throw fault('data-missing', segments, 'is not there');
      case 'ELOOP':
      case 'ENXIO':
      case 'EISDIR':
        throw new FaultError(outside);
      case 'ENOSPC':
      case 'EDQUOT':
      case 'EFBIG':
      case 'EMFILE':
      case 'ENFILE':
        throw fault('resource-denied', segments, 'cannot be stored: there is no room');
      default:
        throw error;
    }
  }
}

function fault(tag: ErrorTag, segments: readonly string[], what: string): FaultError {
  return new FaultError({ type: 'application', tag, message: `file:///${segments.join('/')} ${what}` });
}
