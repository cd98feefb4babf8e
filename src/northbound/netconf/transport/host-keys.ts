/** The server's host keys: made at the first start, kept in the state folder, readable by their owner alone. */
import { createHash } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import ssh2 from 'ssh2';

export interface HostKey {
  /** `ed25519`, `ecdsa` or `rsa`. */
  readonly name: string;
  /** OpenSSH private key format. */
  readonly pem: string;
  /** RFC 4253 section 6.6, in base64. */
  readonly publicKey: string;
  /** As `ssh-keygen -l` prints it: `SHA256:…`. */
  readonly fingerprint: string;
}

type Made = (error: Error | null, keys: { private: string }) => void;

/** RSA is for clients without elliptic curves; its signatures are rsa-sha2 only. */
const KINDS = [
  { name: 'ed25519', make: (made: Made) => ssh2.utils.generateKeyPair('ed25519', made) },
  { name: 'ecdsa', make: (made: Made) => ssh2.utils.generateKeyPair('ecdsa', { bits: 256, format: 'new' }, made) },
  { name: 'rsa', make: (made: Made) => ssh2.utils.generateKeyPair('rsa', { bits: 3072, format: 'new' }, made) },
] as const;

/** Loads the host keys of the folder and makes those that are missing. */
export async function hostKeys(folder: string): Promise<readonly HostKey[]> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return await Promise.all(KINDS.map(async ({ name, make }) => await load(folder, name, make)));
}

async function load(folder: string, name: string, make: (made: Made) => void): Promise<HostKey> {
  const path = join(folder, `ssh_host_${name}_key`);
  let pem = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (pem === undefined) {
    pem = await makeReadable(make);
    // Written aside and renamed, so that a crash leaves no half key; synced, because clients will remember it.
    const file = await open(`${path}.new`, 'w', 0o600);
    try {
      await file.writeFile(pem);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
  }
  await chmod(path, 0o600);
  const key = ssh2.utils.parseKey(pem);
  if (key instanceof Error) throw new Error(`${path}: ${key.message}`);
  const blob = key.getPublicSSH();
  const digest = createHash('sha256').update(blob).digest('base64');
  return { name, pem, publicKey: blob.toString('base64'), fingerprint: `SHA256:${digest.replace(/=+$/, '')}` };
}

/** ssh2 writes one ed25519 key in 200 in a form that neither it nor OpenSSH reads: such a one is made anew. */
async function makeReadable(make: (made: Made) => void): Promise<string> {
  for (;;) {
    const pem = await new Promise<string>((resolve, reject) => {
      make((error, keys) => (error ? reject(error) : resolve(keys.private)));
    });
    if (!(ssh2.utils.parseKey(pem) instanceof Error)) return pem;
  }
}
