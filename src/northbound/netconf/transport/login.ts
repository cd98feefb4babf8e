/**
 * The login of one SSH connection (RFC 4252): password and public key, with limits on tries. Refusals take a fixed least
 * time, so that they neither tell names nor can be repeated quickly.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import ssh2, { type AuthContext, type PasswordAuthContext, type PublicKeyAuthContext } from 'ssh2';
import type { Authenticator } from './authenticator.ts';

export interface LoginLimits {
  /** Refused passwords on one connection until it is closed. */
  readonly passwordTries: number;
  /** Refused tries of any kind; larger, because agents offer several keys before the right one. */
  readonly tries: number;
  /** The least time that a refusal of a password takes, in milliseconds. */
  readonly refusalMs: number;
}

type Method = 'publickey' | 'password';
const METHODS: Method[] = ['publickey', 'password'];
const EC_HASHES: ReadonlyMap<string, string> = new Map([
  ['ecdsa-sha2-nistp256', 'sha256'],
  ['ecdsa-sha2-nistp384', 'sha384'],
  ['ecdsa-sha2-nistp521', 'sha512'],
]);

export class Login {
  readonly #authenticator: Authenticator;
  readonly #limits: LoginLimits;
  readonly #giveUp: () => void;
  #passwords = 0;
  #tries = 0;
  #user = '';

  /** `giveUp` closes the connection. */
  constructor(authenticator: Authenticator, limits: LoginLimits, giveUp: () => void) {
    this.#authenticator = authenticator;
    this.#limits = limits;
    this.#giveUp = giveUp;
  }

  /** The user of the accepted try. */
  get user(): string {
    return this.#user;
  }

  /** Answers one request of the client. */
  async attempt(context: AuthContext): Promise<void> {
    switch (context.method) {
      case 'password':
        return await this.#password(context);
      case 'publickey':
        return await this.#publicKey(context);
      case 'none':
        // Asks which methods there are (RFC 4252 section 5.2): not a try. The login time limits it.
        return this.#refuse(context);
      default:
        return this.#refuse(context);
    }
  }

  async #password(context: PasswordAuthContext): Promise<void> {
    const least = sleep(this.#limits.refusalMs, undefined, { ref: false });
    const accepted = await this.#authenticator.password(context.username, context.password).catch(() => false);
    if (accepted) return this.#accept(context);
    await least;
    this.#passwords++;
    this.#refuse(context);
  }

  async #publicKey(context: PublicKeyAuthContext): Promise<void> {
    const { algo, data } = context.key;
    // RSA with SHA-1 ("ssh-rsa" as the signature algorithm) has no hash name here.
    const known =
      algo === 'ssh-ed25519' || EC_HASHES.has(algo) || (algo === 'ssh-rsa' && context.hashAlgo !== undefined);
    const accepted = known && (await this.#authenticator.publicKey(context.username, algo, data).catch(() => false));
    if (!accepted) return this.#refuse(context);
    // Without a signature the client asks whether the key would do.
    if (context.signature === undefined || context.blob === undefined) return context.accept();
    const key = ssh2.utils.parseKey(data);
    const valid =
      !(key instanceof Error) &&
      key.verify(context.blob, context.signature, context.hashAlgo ?? EC_HASHES.get(algo)) === true;
    if (valid) this.#accept(context);
    else this.#refuse(context);
  }

  #accept(context: AuthContext): void {
    this.#user = context.username;
    context.accept();
  }

  #refuse(context: AuthContext): void {
    if (context.method !== 'none') this.#tries++;
    if (this.#passwords >= this.#limits.passwordTries || this.#tries >= this.#limits.tries) this.#giveUp();
    else context.reject([...METHODS]);
  }
}
