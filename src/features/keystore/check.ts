/** What YANG cannot say of keys: that they are keys, belong together, and are held (RFC 9640 section 2.1). */
import type { KeySpace } from '../../datastore/key/key.ts';
import type { Change } from '../../datastore/view/view.ts';
import type { Fault } from '../../yang/fault.ts';
import { certificatesOf, MaterialError } from './certificate.ts';
import { type HiddenKeys, sourceOf, spkiOf } from './key-pair.ts';
import { ASYMMETRIC_KEY, keystoreKeys, type StoredKey } from './model.ts';

export function checkKeystore(change: Change, keys: KeySpace, hidden: HiddenKeys): readonly Fault[] {
  const changed = new Set<string>();
  for (const { node, key, after } of change.rows) {
    if (after === undefined || node === undefined || !`${node.path}/`.startsWith(`${ASYMMETRIC_KEY}/`)) continue;
    const name = keys.decode(key).find((step) => step.node.path === ASYMMETRIC_KEY)?.keys[0];
    if (name !== undefined) changed.add(name);
  }
  if (changed.size === 0) return [];
  const stored = keystoreKeys(keys, change.after);
  return [...changed].flatMap((name) => {
    const key = stored.get(name);
    return key === undefined ? [] : keyFaults(key, hidden);
  });
}

function keyFaults({ entry, pair, certificates }: StoredKey, hidden: HiddenKeys): readonly Fault[] {
  const refuse = (path: string, message: string): Fault => ({
    type: 'application',
    tag: 'invalid-value',
    path,
    message,
  });
  let spki: string;
  try {
    const { source, publicKey } = sourceOf(pair);
    if (source.kind === 'hidden' && hidden.find(source.spki) === undefined) {
      return [refuse(entry.path('hidden-private-key'), 'The router holds no private key of this public key.')];
    }
    spki = spkiOf(publicKey);
  } catch (error) {
    if (!(error instanceof MaterialError)) throw error;
    return [refuse(entry.path(), error.message)];
  }
  const faults: Fault[] = [];
  const entries = new Map(entry.list('certificates/certificate').map((each) => [each.name, each]));
  for (const [name, data] of certificates) {
    const path = entries.get(name)?.path('cert-data') ?? entry.path();
    try {
      const found = certificatesOf(Buffer.from(data, 'base64'));
      if (!found.some((certificate) => spkiOf(certificate.publicKey) === spki)) {
        faults.push(refuse(path, 'The certificate is not of this key.'));
      }
    } catch (error) {
      if (!(error instanceof MaterialError)) throw error;
      faults.push(refuse(path, error.message));
    }
  }
  return faults;
}
