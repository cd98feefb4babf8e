/**
 * What an SNMP engine must not forget (RFC 3411 section 3.1.1.1, RFC 3414 section 2.2): its name, and how often it has
 * started. In one small file of the state folder, written before the engine starts, so that no message of before is
 * taken for a new one, whatever ends the engine.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** RFC 3411: the first bit set, an enterprise (net-snmp's), format 128: octets of the enterprise's own choice. */
const OWN_PREFIX = '80001f8880';
/** From there on an engine may not authenticate any more: it gets another name (RFC 3414 section 2.2.2). */
const MOST_BOOTS = 0x7fff_ffff;

interface Stored {
  readonly ownId: string;
  /** Boots by engine id: another id begins anew, one that comes back goes on. */
  readonly boots: Readonly<Record<string, number>>;
}

export class EngineIdentity {
  readonly #path: string;
  #stored: Stored;

  private constructor(path: string, stored: Stored) {
    this.#path = path;
    this.#stored = stored;
  }

  /** Reads the file, or makes a name. Throws where it is unreadable. */
  static open(path: string): EngineIdentity {
    try {
      return new EngineIdentity(path, JSON.parse(readFileSync(path, 'utf8')) as Stored);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      const identity = new EngineIdentity(path, { ownId: OWN_PREFIX + randomBytes(8).toString('hex'), boots: {} });
      identity.#write();
      return identity;
    }
  }

  /** In hexadecimal, without colons. */
  get ownId(): string {
    return this.#stored.ownId;
  }

  bootsOf(engineId: string): number {
    return this.#stored.boots[engineId] ?? 0;
  }

  /** One more start: the number of it, durable when this returns. */
  boot(engineId: string): number {
    const boots = Math.min(this.bootsOf(engineId) + 1, MOST_BOOTS);
    this.#stored = { ...this.#stored, boots: { ...this.#stored.boots, [engineId]: boots } };
    this.#write();
    return boots;
  }

  #write(): void {
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    writeFileSync(`${this.#path}.new`, `${JSON.stringify(this.#stored)}\n`, { mode: 0o600, flush: true });
    renameSync(`${this.#path}.new`, this.#path);
    const folder = openSync(dirname(this.#path), 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  }
}
