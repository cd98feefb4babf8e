/**
 * Signs for the boot loader: FILE.sig beside each file; `--key FILE` writes the public key.
 *
 *   node images/signing/main.ts KEYS [--key FILE] [FILE ...]
 */
import { createPublicKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { imageKeys } from './keys.ts';
import { detachedSignature, publicKeyPacket } from './openpgp.ts';

const [folder, ...rest] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: node images/signing/main.ts KEYS [--key FILE] [FILE ...]');
const keys = imageKeys(folder);
// A fixed time: the key is one key, whenever an image is built.
const created = 1_700_000_000;
for (let next = rest.shift(); next !== undefined; next = rest.shift()) {
  if (next === '--key') {
    writeFileSync(String(rest.shift()), publicKeyPacket(keys.boot, created));
  } else if (next === '--bundle-key') {
    writeFileSync(String(rest.shift()), createPublicKey(keys.bundle).export({ type: 'spki', format: 'pem' }));
  } else {
    writeFileSync(`${next}.sig`, detachedSignature(keys.boot, created, readFileSync(next)));
  }
}
