/** Slots in a folder, and bundles that fit them. */
import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type BundleImage, bundleHead, CHUNK_BYTES, COMPATIBLE, chunkHash, type Manifest } from '../bundle.ts';
import { Slots } from '../slots.ts';

export const running = { version: '1', buildTime: 1 };

export function slotsIn(folder: string, key: KeyObject): Slots {
  for (const name of ['boot-a', 'boot-b', 'root-a', 'root-b'])
    writeFileSync(`${folder}/${name}`, Buffer.alloc(3 * CHUNK_BYTES, 1));
  const environment = Buffer.alloc(1 << 20);
  // The same text where no file is: it is not taken.
  environment.write('# GRUB Environment Block\nslot=b\n', 700, 'latin1');
  environment.write('# GRUB Environment Block\nslot=a\n'.padEnd(1024, '#'), 8192, 'latin1');
  writeFileSync(`${folder}/env`, environment);
  return new Slots({
    booted: 'a',
    device: (name) => `${folder}/${name}`,
    bundleKey: key.export({ type: 'spki', format: 'pem' }) as string,
    folder,
    running,
  });
}

export const contents = { boot: randomBytes(CHUNK_BYTES + 5), root: randomBytes(2 * CHUNK_BYTES) };

export function bundle(key: KeyObject, change: Partial<Manifest> = {}, inside = contents): Buffer {
  const images = (['boot', 'root'] as const).map((partition): BundleImage => {
    const bytes = inside[partition];
    const starts = [...Array(Math.ceil(bytes.length / CHUNK_BYTES)).keys()].map((index) => index * CHUNK_BYTES);
    const chunks = starts.map((start) => chunkHash(bytes.subarray(start, start + CHUNK_BYTES)));
    return { partition, bytes: bytes.length, chunks };
  });
  const manifest = { compatible: COMPATIBLE, version: '2', buildTime: 2, images, ...change };
  return Buffer.concat([bundleHead(manifest, key), inside.boot, inside.root]);
}

export function within(work: (folder: string, keys: { publicKey: KeyObject; privateKey: KeyObject }) => Promise<void>) {
  return async () => {
    const folder = mkdtempSync('/tmp/sluice-slots-');
    try {
      await work(folder, generateKeyPairSync('ed25519'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
}
