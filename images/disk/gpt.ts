/** A GUID partition table (UEFI specification 2.10, section 5.3), with the protective MBR before it. */
import { crc32 } from 'node:zlib';
import { diskBytes, placed, SECTOR, uuidOf } from './layout.ts';

const ENTRIES = 128;
const ENTRY_BYTES = 128;
const HEADER_BYTES = 92;
const TABLE_SECTORS = (ENTRIES * ENTRY_BYTES) / SECTOR;

export interface Piece {
  readonly offset: number;
  readonly bytes: Buffer;
}

/**
 * Both tables and the MBR.
 * @param bootCode of the MBR, at most 440 bytes
 */
export function partitionTable(bootCode: Buffer): Piece[] {
  const sectors = diskBytes() / SECTOR;
  const entries = Buffer.alloc(ENTRIES * ENTRY_BYTES);
  for (const [index, { name, type, first, last }] of placed().entries()) {
    const at = index * ENTRY_BYTES;
    guid(type).copy(entries, at);
    guid(uuidOf(name)).copy(entries, at + 16);
    entries.writeBigUInt64LE(BigInt(first), at + 32);
    entries.writeBigUInt64LE(BigInt(last), at + 40);
    entries.write(name, at + 56, 'utf16le');
  }
  const last = sectors - 1;
  return [
    { offset: 0, bytes: masterBootRecord(bootCode, sectors) },
    { offset: SECTOR, bytes: header(entries, 1, last, 2, sectors) },
    { offset: 2 * SECTOR, bytes: entries },
    { offset: (last - TABLE_SECTORS) * SECTOR, bytes: entries },
    { offset: last * SECTOR, bytes: header(entries, last, 1, last - TABLE_SECTORS, sectors) },
  ];
}

function header(entries: Buffer, self: number, other: number, table: number, sectors: number): Buffer {
  const bytes = Buffer.alloc(SECTOR);
  bytes.write('EFI PART', 0, 'latin1');
  bytes.writeUInt32LE(0x00010000, 8);
  bytes.writeUInt32LE(HEADER_BYTES, 12);
  bytes.writeBigUInt64LE(BigInt(self), 24);
  bytes.writeBigUInt64LE(BigInt(other), 32);
  bytes.writeBigUInt64LE(BigInt(2 + TABLE_SECTORS), 40);
  bytes.writeBigUInt64LE(BigInt(sectors - 2 - TABLE_SECTORS), 48);
  guid(uuidOf('disk')).copy(bytes, 56);
  bytes.writeBigUInt64LE(BigInt(table), 72);
  bytes.writeUInt32LE(ENTRIES, 80);
  bytes.writeUInt32LE(ENTRY_BYTES, 84);
  bytes.writeUInt32LE(crc32(entries), 88);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, HEADER_BYTES)), 16);
  return bytes;
}

function masterBootRecord(bootCode: Buffer, sectors: number): Buffer {
  const bytes = Buffer.alloc(SECTOR);
  bootCode.copy(bytes, 0, 0, 440);
  bytes.writeUInt8(0x80, 446); // active: some firmware boots no disk without
  bytes.set([0x00, 0x02, 0x00, 0xee, 0xff, 0xff, 0xff], 447);
  bytes.writeUInt32LE(1, 454);
  bytes.writeUInt32LE(Math.min(sectors - 1, 0xffffffff), 458);
  bytes.writeUInt16LE(0xaa55, 510);
  return bytes;
}

/** The first three fields of a GUID are little-endian. */
function guid(text: string): Buffer {
  const bytes = Buffer.from(text.replaceAll('-', ''), 'hex');
  return Buffer.concat([
    bytes.subarray(0, 4).reverse(),
    bytes.subarray(4, 6).reverse(),
    bytes.subarray(6, 8).reverse(),
    bytes.subarray(8),
  ]);
}
