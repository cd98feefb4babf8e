/**
 * The upgrade bundle: a signed manifest, then the contents of a slot's partitions. It is read once, front to back, and nothing
 * of it is trusted before it is checked: the signature first, then each chunk by its hash.
 *
 *     "SLUICE-BUNDLE-1\n"      16 bytes
 *     length of the manifest   4 bytes, big-endian, at most 1 MiB
 *     signature of it          64 bytes, Ed25519 (RFC 8032)
 *     manifest                 JSON
 *     contents                 of each image in turn
 */
import { createHash, type KeyObject, sign, verify } from 'node:crypto';

const MAGIC = Buffer.from('SLUICE-BUNDLE-1\n', 'latin1');
const SIGNATURE_BYTES = 64;
const MANIFEST_LIMIT = 1 << 20;
export const CHUNK_BYTES = 1 << 20;
export const COMPATIBLE = 'sluice-x86-64';

export interface BundleImage {
  readonly partition: 'boot' | 'root';
  readonly bytes: number;
  /** SHA-256 of each chunk of 1 MiB, in hexadecimal. */
  readonly chunks: readonly string[];
}

export interface Manifest {
  readonly compatible: string;
  readonly version: string;
  /** Seconds since 1970. */
  readonly buildTime: number;
  readonly images: readonly BundleImage[];
}

/** The bundle is refused: `message` says why. */
export class BundleError extends Error {}

/** Takes what of an image has been checked; `offset` within it. */
export type WriteChunk = (image: BundleImage, offset: number, chunk: Buffer) => void | Promise<void>;

/** What goes before the contents. */
export function bundleHead(manifest: Manifest, key: KeyObject): Buffer {
  const text = Buffer.from(JSON.stringify(manifest));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return Buffer.concat([MAGIC, length, sign(null, text, key), text]);
}

export function chunkHash(chunk: Buffer): string {
  return createHash('sha256').update(chunk).digest('hex');
}

/**
 * Reads a bundle to its end. Rejects with BundleError at the first thing that is wrong; `write` is given nothing that was not
 * checked, and nothing at all of a bundle whose signature is wrong.
 * @param begin is told the manifest once its signature is known to be right, and may refuse it by throwing
 */
export async function readBundle(
  source: AsyncIterable<Buffer>,
  key: KeyObject,
  begin: (manifest: Manifest) => void | Promise<void>,
  write: WriteChunk,
): Promise<Manifest> {
  const reader = new ChunkReader(source);
  const head = await reader.take(MAGIC.length + 4);
  if (!head.subarray(0, MAGIC.length).equals(MAGIC)) throw new BundleError('this is no upgrade bundle');
  const length = head.readUInt32BE(MAGIC.length);
  if (length > MANIFEST_LIMIT) throw new BundleError('the manifest is too long');
  const signature = await reader.take(SIGNATURE_BYTES);
  const text = await reader.take(length);
  if (!verify(null, text, key, signature)) throw new BundleError('the signature is not by a key of this router');
  const manifest = checkedManifest(text);
  await begin(manifest);
  for (const image of manifest.images) {
    for (const [index, hash] of image.chunks.entries()) {
      const offset = index * CHUNK_BYTES;
      const chunk = await reader.take(Math.min(CHUNK_BYTES, image.bytes - offset));
      if (chunkHash(chunk) !== hash)
        throw new BundleError(`${image.partition} differs from what was signed, at byte ${offset}`);
      await write(image, offset, chunk);
    }
  }
  await reader.end();
  return manifest;
}

/** Signed, so by us; checked all the same, since an older or newer build may have other ideas. */
function checkedManifest(text: Buffer): Manifest {
  const manifest = JSON.parse(text.toString('utf8')) as Manifest;
  if (manifest.compatible !== COMPATIBLE)
    throw new BundleError(`the bundle is for ${manifest.compatible}, this is ${COMPATIBLE}`);
  const kinds = manifest.images.map(({ partition }) => partition).sort();
  if (kinds.join() !== 'boot,root') throw new BundleError(`the bundle holds ${kinds.join(' and ')}, not boot and root`);
  for (const { partition, bytes, chunks } of manifest.images) {
    if (chunks.length !== Math.ceil(bytes / CHUNK_BYTES))
      throw new BundleError(`${partition} has ${chunks.length} hashes`);
  }
  return manifest;
}

/** Takes so many bytes at a time from a stream; holds one chunk and what came with it. */
class ChunkReader {
  readonly #source: AsyncIterator<Buffer>;
  #pieces: Buffer[] = [];
  #held = 0;

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async take(bytes: number): Promise<Buffer> {
    while (this.#held < bytes) {
      const next = await this.#source.next();
      if (next.done) throw new BundleError('the bundle is cut short');
      this.#pieces.push(next.value);
      this.#held += next.value.length;
    }
    const all = Buffer.concat(this.#pieces);
    this.#pieces = [all.subarray(bytes)];
    this.#held = all.length - bytes;
    return all.subarray(0, bytes);
  }

  async end(): Promise<void> {
    if (this.#held > 0 || !(await this.#source.next()).done) throw new BundleError('something follows the bundle');
  }
}
