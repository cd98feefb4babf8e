/**
 * What the boot loader does with a slot that does not start, a trial that was not confirmed and a kernel that is not what was
 * signed. Only its own lines are looked at; the power is cut before anything else runs.
 */
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { BootEnvironment, type BootState } from '../../../src/platform/slots/environment.ts';
import { freePort } from '../../../test/snmp.ts';
import { SECTOR } from '../../disk/layout.ts';
import { rawCopy } from '../image.ts';
import { Machine } from '../machine.ts';
import { partition, readPartition, writePartition } from '../partitions.ts';

const GRUB_MS = 600_000;
const good: BootState = { slot: 'a', trial: undefined, attempts: 0, bad: undefined };

/** @param image the qcow2; the raw disk is beside it */
export async function bootLoader(image: string): Promise<string> {
  const folder = mkdtempSync('/tmp/sluice-grub-');
  try {
    const disk = `${folder}/disk.raw`;
    await rawCopy(image, disk);
    const at = (state: BootState): void => writeState(folder, disk, state);

    at({ ...good, trial: 'b' });
    await boots(disk, folder, ['slot b', 'slot b does not start', 'slot a'], 'a trial of an empty slot');
    await boots(disk, folder, ['slot a'], 'the boot after a trial that was not confirmed');
    const after = readState(folder, disk);
    if (after.trial !== undefined || after.bad !== 'b')
      throw new Error(`the trial is not over: ${JSON.stringify(after)}`);

    copyPartition(disk, 'sluice-boot-a', 'sluice-boot-b');
    at({ ...good, attempts: 3 });
    await boots(disk, folder, ['slot b'], 'the fourth boot of a slot that was not found good again');

    // The initramfs comes first in the file system, the kernel last.
    for (const [what, offset] of [
      ['initramfs', 4_000_000],
      ['kernel', 12_000_000],
    ] as const) {
      flip(disk, partition('sluice-boot-a').first * SECTOR + offset);
      at(good);
      await boots(disk, folder, ['slot a', 'slot a does not start', 'slot b'], `a flipped bit in the ${what}`);
      flip(disk, partition('sluice-boot-a').first * SECTOR + offset);
    }
    return 'an empty trial, an unconfirmed one, three attempts, a flipped bit: the other slot';
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Boots until the loader has said that many lines, and compares them. */
async function boots(disk: string, folder: string, expected: readonly string[], what: string): Promise<void> {
  const options = {
    disk,
    format: 'raw',
    folder,
    firmware: 'bios',
    ports: [],
    netconfPort: await freePort(),
    snmpPort: await freePort(),
  } as const;
  const machine = await Machine.start(options);
  try {
    const last = expected.at(-1);
    // The loader goes on to the kernel without another word: the initramfs is the next that speaks.
    await machine.says(new RegExp(`Sluice: ${last}[\\s\\S]*sluice-init: ${last},`), GRUB_MS);
    const said = [...machine.serial().matchAll(/Sluice: (slot [ab](?: does not start)?)/g)].map(([, line]) => line);
    if (said.join() !== expected.join()) throw new Error(`${what}: ${said.join(', ')}`);
  } catch (error) {
    throw new Error(`${what}: ${(error as Error).message}\n${machine.serial()}`);
  } finally {
    await machine.kill();
  }
}

function copyPartition(disk: string, from: string, to: string): void {
  writePartition(disk, partition(to), readPartition(disk, partition(from)));
}

function flip(disk: string, offset: number): void {
  const byte = Buffer.alloc(1);
  const file = openSync(disk, 'r+');
  readSync(file, byte, 0, 1, offset);
  writeSync(file, Buffer.from([byte.readUInt8(0) ^ 1]), 0, 1, offset);
  closeSync(file);
}

function readState(folder: string, disk: string): BootState {
  const copy = `${folder}/environment`;
  writeFileSync(copy, readPartition(disk, partition('sluice-env')));
  return new BootEnvironment(copy).read();
}

function writeState(folder: string, disk: string, state: BootState): void {
  readState(folder, disk);
  const copy = `${folder}/environment`;
  new BootEnvironment(copy).write(state);
  writePartition(disk, partition('sluice-env'), readFileSync(copy));
}
