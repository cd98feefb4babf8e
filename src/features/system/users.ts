/** Logins by password and public key, from the users that are running. */
import { hashPassword, verifyPassword } from '../../commit/crypt/sha-crypt.ts';
import type { View } from '../../datastore/view/view.ts';
import type { SystemModel } from './model.ts';
import { ProvenPasswords } from './proven-passwords.ts';
import { isOfAlgorithm } from './public-key.ts';

/** The authenticator that northbound protocols ask (src/northbound/netconf/transport/authenticator.ts). */
export class Users {
  readonly #model: SystemModel;
  readonly #running: () => View;
  readonly #proven = new ProvenPasswords();
  /** Hash of a password that nobody has: a user that does not exist costs what one that does costs. */
  #nobody: Promise<string> | undefined;

  constructor(model: SystemModel, running: () => View) {
    this.#model = model;
    this.#running = running;
  }

  /** An empty password opens nothing, also where one is configured (as OpenSSH's PermitEmptyPasswords no). */
  async password(user: string, password: string): Promise<boolean> {
    const hash = this.#model.passwordOf(this.#running(), user);
    if (hash !== undefined) return (await this.#proven.verify(password, hash)) && password !== '';
    this.#nobody ??= hashPassword('');
    await verifyPassword(password, await this.#nobody);
    return false;
  }

  async publicKey(user: string, algorithm: string, blob: Buffer): Promise<boolean> {
    if (!isOfAlgorithm(blob, algorithm)) return false;
    for (const key of this.#model.authorizedKeys(this.#running(), user)) if (key.blob.equals(blob)) return true;
    return false;
  }
}
