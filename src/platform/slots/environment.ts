/**
 * GRUB's environment block, by which the running system and the boot loader agree on the slot. It is the one file of a small
 * partition, and it is written in place: everything is within the first sector, which a disk writes whole or not at all.
 *
 *     "# GRUB Environment Block\n", NAME=VALUE\n …, "#" up to 1,024 bytes
 */
import { closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';

const HEAD = '# GRUB Environment Block\n';
const BLOCK_BYTES = 1024;
const SECTOR = 512;
/** The partition's: the file is somewhere in it. */
const PARTITION_BYTES = 1 << 20;

export type SlotName = 'a' | 'b';

export interface BootState {
  /** The slot that was last found good. */
  readonly slot: SlotName;
  /** A slot that the next boot, or this one, tries. */
  readonly trial: SlotName | undefined;
  /** Boots since a slot was found good, 0 to 3; of a trial 0 until it was begun. */
  readonly attempts: number;
  /** A slot whose trial failed. */
  readonly bad: SlotName | undefined;
}

export class BootEnvironment {
  readonly #device: string;

  /** @param device the partition, or a file with its contents */
  constructor(device: string) {
    this.#device = device;
  }

  read(): BootState {
    const { text } = this.#find();
    const values = new Map(
      text
        .slice(HEAD.length)
        .split('\n')
        .filter((line) => !line.startsWith('#'))
        .map((line): [string, string] => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    return {
      slot: slotName(values.get('slot')) ?? 'a',
      trial: slotName(values.get('trial')),
      attempts: Number(values.get('attempts') ?? 0) || 0,
      bad: slotName(values.get('bad')),
    };
  }

  /** On the disk when it returns. */
  write({ slot, trial, attempts, bad }: BootState): void {
    const { offset } = this.#find();
    const text = `${HEAD}slot=${slot}\ntrial=${trial ?? ''}\nattempts=${attempts}\nbad=${bad ?? ''}\n`;
    if (text.length > SECTOR) throw new Error('the boot environment does not fit a sector');
    const device = openSync(this.#device, 'r+');
    try {
      writeSync(device, Buffer.from(text.padEnd(BLOCK_BYTES, '#'), 'latin1'), 0, BLOCK_BYTES, offset);
      fsyncSync(device);
    } finally {
      closeSync(device);
    }
  }

  #find(): { readonly offset: number; readonly text: string } {
    const bytes = Buffer.alloc(PARTITION_BYTES);
    const device = openSync(this.#device, 'r');
    try {
      readSync(device, bytes, 0, bytes.length, 0);
    } finally {
      closeSync(device);
    }
    // A file begins at a sector: what has the same text elsewhere is none.
    for (let offset = bytes.indexOf(HEAD); offset >= 0; offset = bytes.indexOf(HEAD, offset + 1)) {
      if (offset % SECTOR === 0) return { offset, text: bytes.toString('latin1', offset, offset + BLOCK_BYTES) };
    }
    throw new Error(`${this.#device} holds no boot environment`);
  }
}

function slotName(text: string | undefined): SlotName | undefined {
  return text === 'a' || text === 'b' ? text : undefined;
}
