/**
 * Operational state of the keystore: hidden keys that no entry of running is about, each under a name of its own, so that
 * their public keys can be read and put into the configuration (RFC 9642 section 3).
 */
import { createHash, createPublicKey } from 'node:crypto';
import type { Interest, RowWriter, StateProvider } from '../../commit/operational/state.ts';
import type { KeySpace } from '../../datastore/key/key.ts';
import type { View } from '../../datastore/view/view.ts';
import { containerAt, leafAt, listAt } from '../nodes.ts';
import { MaterialError } from './certificate.ts';
import { type HiddenKeys, publicKeyOf, SPKI_FORMAT, SSH_PUBLIC_KEY_FORMAT, spkiOf } from './key-pair.ts';
import { ASYMMETRIC_KEY, KEYSTORE, keystoreKeys } from './model.ts';
import { sshBlob, sshKeyType } from './ssh-wire.ts';

/** The name of a hidden key in the operational state. */
export function hiddenKeyName(spki: string): string {
  return `hidden-${createHash('sha256').update(Buffer.from(spki, 'base64')).digest('hex').slice(0, 16)}`;
}

export class KeystoreState implements StateProvider {
  readonly paths = [KEYSTORE];
  readonly #keys: KeySpace;
  readonly #hidden: HiddenKeys;

  constructor(keys: KeySpace, hidden: HiddenKeys) {
    this.#keys = keys;
    this.#hidden = hidden;
  }

  async read(_interests: readonly Interest[], running: View, out: RowWriter): Promise<void> {
    const { schema } = this.#keys;
    const list = listAt(schema, ASYMMETRIC_KEY);
    const leaf = (name: string) => leafAt(schema, `${ASYMMETRIC_KEY}/${name}`);
    const configured = new Set<string>();
    for (const { pair } of keystoreKeys(this.#keys, running).values()) {
      const spki = configuredSpki(pair);
      if (spki !== undefined) configured.add(spki);
    }
    const top = this.#keys.child('', containerAt(schema, KEYSTORE));
    for (const { spki, key } of this.#hidden.all()) {
      if (configured.has(spki)) continue;
      const isForSsh = sshKeyType(key) !== undefined;
      const leaves = new Map([
        [leaf('public-key-format'), isForSsh ? SSH_PUBLIC_KEY_FORMAT : SPKI_FORMAT],
        [leaf('public-key'), isForSsh ? sshBlob(createPublicKey(key)).toString('base64') : spki],
        [leaf('hidden-private-key'), ''],
      ]);
      out.put(this.#keys.child(top, list, [hiddenKeyName(spki)]), list, { leaves });
    }
  }
}

function configuredSpki(pair: Parameters<typeof publicKeyOf>[0]): string | undefined {
  try {
    const key = publicKeyOf(pair);
    return key && spkiOf(key);
  } catch (error) {
    if (error instanceof MaterialError) return undefined;
    throw error;
  }
}
