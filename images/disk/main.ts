/**
 * Makes the raw disk from a folder of parts: a file for each partition that holds something (sluice-efi, sluice-env,
 * sluice-boot-a, sluice-root-a), GRUB's boot.img and core.img. No loop device, no mount.
 *
 *   node images/disk/main.ts PARTS DISK
 */
import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { partitionTable } from './gpt.ts';
import { diskBytes, MEBIBYTE, type Placed, placed, SECTOR } from './layout.ts';

/** What tells the first boot that the data partition is to be formatted (images/initramfs/prepare-data). */
const FORMAT_MARK = 'SLUICE-FORMAT-ME';

const [parts, target] = process.argv.slice(2);
if (parts === undefined || target === undefined) throw new Error('usage: node images/disk/main.ts PARTS DISK');

const disk = openSync(target, 'w');
ftruncateSync(disk, diskBytes());
const at = new Map(placed().map((partition) => [partition.name, partition]));
const bios = partition('sluice-bios');
for (const { offset, bytes } of partitionTable(bootSector(bios))) writeSync(disk, bytes, 0, bytes.length, offset);
const core = coreImage(bios);
writeSync(disk, core, 0, core.length, bios.first * SECTOR);
for (const each of at.values()) if (existsSync(`${parts}/${each.name}`)) copy(each);
const data = partition('sluice-data');
writeSync(disk, Buffer.from(FORMAT_MARK), 0, FORMAT_MARK.length, data.first * SECTOR);
closeSync(disk);

function partition(name: string): Placed {
  const found = at.get(name);
  if (found === undefined) throw new Error(`the layout has no ${name}`);
  return found;
}

/** GRUB's boot.img, which loads one sector: that of the core image. Offset 0x5c holds its number. */
function bootSector({ first }: Placed): Buffer {
  const code = readFileSync(`${parts}/boot.img`);
  code.writeBigUInt64LE(BigInt(first), 0x5c);
  return code.subarray(0, 440);
}

/** GRUB's core.img: the last 12 bytes of its first sector say where the rest is (start, sectors, segment). */
function coreImage({ first, last }: Placed): Buffer {
  const image = readFileSync(`${parts}/core.img`);
  const sectors = Math.ceil(image.length / SECTOR);
  if (sectors > last - first + 1) throw new Error(`core.img of ${sectors} sectors does not fit its partition`);
  image.writeBigUInt64LE(BigInt(first + 1), 0x1f4);
  image.writeUInt16LE(sectors - 1, 0x1fc);
  return image;
}

/** Copies a part; what is zero is left out, so that the file stays sparse. */
function copy({ name, first, last }: Placed): void {
  const source = openSync(`${parts}/${name}`, 'r');
  const limit = (last - first + 1) * SECTOR;
  const block = Buffer.alloc(MEBIBYTE);
  for (let offset = 0; ; ) {
    const got = readSync(source, block, 0, block.length, offset);
    if (got === 0) break;
    if (offset + got > limit) throw new Error(`${name} is larger than its partition of ${limit} bytes`);
    const piece = block.subarray(0, got);
    if (piece.some((byte) => byte !== 0)) writeSync(disk, piece, 0, got, first * SECTOR + offset);
    offset += got;
  }
  closeSync(source);
}
