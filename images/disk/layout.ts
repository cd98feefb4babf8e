/** The partitions of the appliance's disk. The boot loader counts on their numbers, the initramfs on their names. */
import { createHash } from 'node:crypto';

export interface Partition {
  /** Of the GPT entry; also the file in the folder of parts that it begins with. */
  readonly name: string;
  readonly type: string;
  readonly mebibytes: number;
}

const LINUX = '0fc63daf-8483-4772-8e79-3d69d8477de4';
const EFI_SYSTEM = 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b';
const BIOS_BOOT = '21686148-6449-6e6f-744e-656564454649';

export const SECTOR = 512;
export const MEBIBYTE = 1 << 20;

/** Room for a slot that is a third larger than today's. */
export const partitions: readonly Partition[] = [
  { name: 'sluice-bios', type: BIOS_BOOT, mebibytes: 1 },
  { name: 'sluice-efi', type: EFI_SYSTEM, mebibytes: 16 },
  { name: 'sluice-env', type: LINUX, mebibytes: 1 },
  { name: 'sluice-boot-a', type: LINUX, mebibytes: 96 },
  { name: 'sluice-boot-b', type: LINUX, mebibytes: 96 },
  { name: 'sluice-root-a', type: LINUX, mebibytes: 512 },
  { name: 'sluice-root-b', type: LINUX, mebibytes: 512 },
  { name: 'sluice-data', type: LINUX, mebibytes: 256 },
];

/** Before the first partition and behind the last one. */
const EDGE_MEBIBYTES = 1;

export interface Placed extends Partition {
  /** Sectors. */
  readonly first: number;
  readonly last: number;
}

export function placed(): Placed[] {
  let next = EDGE_MEBIBYTES;
  return partitions.map((partition) => {
    const first = (next * MEBIBYTE) / SECTOR;
    next += partition.mebibytes;
    return { ...partition, first, last: (next * MEBIBYTE) / SECTOR - 1 };
  });
}

export function diskBytes(): number {
  const sum = partitions.reduce((total, { mebibytes }) => total + mebibytes, 0);
  return (sum + 2 * EDGE_MEBIBYTES) * MEBIBYTE;
}

/** A UUID (RFC 9562 version 8) that is the same in every build. */
export function uuidOf(name: string): string {
  const bytes = createHash('sha256').update(`sluice appliance ${name}`).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
