/**
 * Private keys that the router holds and gives to nobody (RFC 9642 section 3): one file each in a folder that its owner
 * alone can read. A key is found by its public key, so that names in the configuration are free.
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { FaultError } from '../yang/fault.ts';

/** Beyond it no more are made: whoever needs more puts them into the configuration. */
const MAX_KEYS = 256;

export class HiddenKeyFolder {
  readonly #folder: string;
  readonly #keys = new Map<string, KeyObject>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Reads the folder: PKCS #8 (`*.pem`) and OpenSSH's format (`*_key`, the host keys). What is no key is told to `log`. */
  static open(folder: string, log: (message: string) => void): HiddenKeyFolder {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const hidden = new HiddenKeyFolder(folder);
    for (const name of readdirSync(folder).sort()) {
      if (!name.endsWith('.pem') && !name.endsWith('_key')) continue;
      const path = join(folder, name);
      try {
        chmodSync(path, 0o600);
        hidden.#put(privateKeyOf(readFileSync(path, 'utf8')));
      } catch (error) {
        log(`${path} is no private key: ${(error as Error).message}`);
      }
    }
    return hidden;
  }

  find(spki: string): KeyObject | undefined {
    return this.#keys.get(spki);
  }

  *all(): Iterable<{ readonly spki: string; readonly key: KeyObject }> {
    for (const [spki, key] of this.#keys) yield { spki, key };
  }

  /** Written aside, synced and renamed, so that a crash leaves no half key and no key is told of that could be lost. */
  async add(key: KeyObject): Promise<void> {
    if (this.#keys.size >= MAX_KEYS) {
      throw new FaultError({
        type: 'application',
        tag: 'resource-denied',
        message: `The router holds ${MAX_KEYS} hidden keys already.`,
      });
    }
    const spki = spkiOf(key);
    const name = createHash('sha256').update(Buffer.from(spki, 'base64')).digest('hex').slice(0, 32);
    const path = join(this.#folder, `${name}.pem`);
    const file = await open(`${path}.new`, 'w', 0o600);
    try {
      await file.writeFile(key.export({ format: 'pem', type: 'pkcs8' }));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
    const folder = await open(this.#folder, 'r');
    await folder.sync().finally(() => folder.close());
    this.#put(key);
  }

  #put(key: KeyObject): void {
    this.#keys.set(spkiOf(key), key);
  }
}

function spkiOf(key: KeyObject): string {
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).toString('base64');
}

function privateKeyOf(text: string): KeyObject {
  if (!text.includes('OPENSSH PRIVATE KEY')) return createPrivateKey(text);
  const parsed = ssh2.utils.parseKey(text);
  if (parsed instanceof Error) throw parsed;
  return createPrivateKey(parsed.getPrivatePEM());
}
