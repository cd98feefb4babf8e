/**
 * Stable interface numbers (RFC 2863 ifIndex): a name keeps its number over restarts and over its deletion, and no number
 * is given twice. Kept in one small file, written before a new number is told to anybody.
 */
import { readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

const outOfRoom = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

export class IfIndexes {
  readonly #path: string;
  readonly #numbers: Map<string, number>;
  #highest: number;
  #dirty = false;
  /** Names whose numbers are not in the file yet. */
  readonly #unwritten = new Set<string>();
  #writing: Promise<boolean> | undefined;

  private constructor(path: string, numbers: Map<string, number>) {
    this.#path = path;
    this.#numbers = numbers;
    this.#highest = 0;
    for (const number of numbers.values()) this.#highest = Math.max(this.#highest, number);
  }

  /** Reads the file; one that is not there is an empty one. Throws where it is unreadable. */
  static load(path: string): IfIndexes {
    const numbers = new Map<string, number>();
    for (const line of readLines(path)) {
      const separator = line.indexOf(' ');
      const number = Number(line.slice(0, separator));
      const name: unknown = JSON.parse(line.slice(separator + 1));
      if (!Number.isInteger(number) || number < 1 || typeof name !== 'string') {
        throw new Error(`${path} holds a line that is no interface number: ${line}`);
      }
      numbers.set(name, number);
    }
    return new IfIndexes(path, numbers);
  }

  /**
   * The numbers of the names, in their order; those that are new are stored when this resolves. Undefined for a new one that
   * could not be stored, for want of room: it is tried again when somebody asks.
   */
  async of(names: readonly string[]): Promise<readonly (number | undefined)[]> {
    for (const name of names) {
      if (this.#numbers.has(name)) continue;
      this.#highest += 1;
      this.#numbers.set(name, this.#highest);
      this.#unwritten.add(name);
      this.#dirty = true;
    }
    while (this.#dirty || this.#writing !== undefined) {
      this.#writing ??= this.#write().finally(() => {
        this.#writing = undefined;
      });
      if (!(await this.#writing)) break;
    }
    return names.map((name) => (this.#unwritten.has(name) ? undefined : this.#numbers.get(name)));
  }

  /** Whether that succeeded. */
  async #write(): Promise<boolean> {
    this.#dirty = false;
    const written = [...this.#unwritten];
    const lines = [...this.#numbers].map(([name, number]) => `${number} ${JSON.stringify(name)}\n`);
    const temporary = `${this.#path}.new`;
    try {
      const file = await open(temporary, 'w', 0o600);
      try {
        await file.writeFile(lines.join(''));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, this.#path);
      const folder = await open(dirname(this.#path));
      await folder.sync().finally(() => folder.close());
      for (const name of written) this.#unwritten.delete(name);
      return true;
    } catch (error) {
      this.#dirty = true;
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined || !outOfRoom.has(code)) throw error;
      return false;
    }
  }
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
