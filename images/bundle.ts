/**
 * Makes the signed upgrade bundle (src/platform/slots/bundle.ts) from the partitions of a slot.
 *
 *   node images/bundle.ts PARTS KEYS VERSION BUILD_TIME BUNDLE
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { type BundleImage, bundleHead, CHUNK_BYTES, COMPATIBLE, chunkHash } from '../src/platform/slots/bundle.ts';
import { imageKeys } from './signing/keys.ts';

const [parts, keys, version, buildTime, target] = process.argv.slice(2);
if (parts === undefined || keys === undefined || version === undefined || target === undefined) {
  throw new Error('usage: node images/bundle.ts PARTS KEYS VERSION BUILD_TIME BUNDLE');
}
const contents = (['boot', 'root'] as const).map((partition) => ({
  partition,
  bytes: readFileSync(`${parts}/sluice-${partition}-a`),
}));
const images = contents.map(({ partition, bytes }): BundleImage => {
  const starts = Array.from({ length: Math.ceil(bytes.length / CHUNK_BYTES) }, (_, index) => index * CHUNK_BYTES);
  return {
    partition,
    bytes: bytes.length,
    chunks: starts.map((start) => chunkHash(bytes.subarray(start, start + CHUNK_BYTES))),
  };
});
const manifest = { compatible: COMPATIBLE, version, buildTime: Number(buildTime), images };
const file = openSync(target, 'w');
writeSync(file, bundleHead(manifest, imageKeys(keys).bundle));
for (const { bytes } of contents) {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}
closeSync(file);
