/**
 * The keys of an image: for the boot loader (RSA, as OpenPGP key), for the firmware (`db.key`, `db.crt`: scripts of this
 * folder use openssl) and for bundles (Ed25519). Made where the folder lacks them: test keys, each builder's own. Real
 * ones are a parameter (IMAGE_KEYS) and never in the repository.
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

export interface ImageKeys {
  readonly boot: KeyObject;
  readonly bundle: KeyObject;
}

export function imageKeys(folder: string): ImageKeys {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return {
    boot: keyOf(`${folder}/boot.pem`, () => generateKeyPairSync('rsa', { modulusLength: 3072 }).privateKey),
    bundle: keyOf(`${folder}/bundle.pem`, () => generateKeyPairSync('ed25519').privateKey),
  };
}

function keyOf(file: string, make: () => KeyObject): KeyObject {
  if (!existsSync(file)) {
    writeFileSync(`${file}.new`, make().export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
  return createPrivateKey(readFileSync(file));
}
