/**
 * Passwords that were right once. Hashes are slow by design, 13 ms of a core each, and a controller logs in a thousand times
 * with one password: what was verified is remembered as an HMAC under a key of this process, for as long as the hash
 * in the configuration is the same. A wrong password costs what it always did.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { verifyPassword } from '../../commit/crypt/sha-crypt.ts';

/** The oldest is forgotten for the next. */
const MAX_PROVEN = 1024;

export class ProvenPasswords {
  readonly #key = randomBytes(32);
  readonly #proven = new Set<string>();
  readonly #pending = new Map<string, Promise<boolean>>();

  /** As verifyPassword; logins with one password that come at once are verified once. */
  async verify(password: string, hash: string): Promise<boolean> {
    const mac = createHmac('sha256', this.#key).update(`${hash}\0${password}`).digest('base64');
    if (this.#proven.has(mac)) return true;
    let pending = this.#pending.get(mac);
    if (pending === undefined) {
      pending = verifyPassword(password, hash).finally(() => this.#pending.delete(mac));
      this.#pending.set(mac, pending);
    }
    const isRight = await pending;
    if (isRight) this.#remember(mac);
    return isRight;
  }

  #remember(mac: string): void {
    if (this.#proven.has(mac)) return;
    this.#proven.add(mac);
    for (const oldest of this.#proven) {
      if (this.#proven.size <= MAX_PROVEN) break;
      this.#proven.delete(oldest);
    }
  }
}
