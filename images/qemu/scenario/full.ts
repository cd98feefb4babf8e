/** A data partition without room: commits are refused or kept, never half; the machine boots; room brings it back. */
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { run } from '../../../lab/run.ts';
import { Appliance, BOOT_MS } from '../appliance.ts';
import { partition, readPartition, writePartition } from '../partitions.ts';

const ROOM_BYTES = 3 << 20;
/** What ext4 keeps from everybody for its own growth (reserved_clusters in its folder of sysfs): at most so many blocks. */
const KEPT_BLOCKS = 4096;
/** Of the text that each commit brings; what it replaces is kept in the history. */
const TEXT_BYTES = 100_000;
const COMMITS = 200;

export async function full(image: string): Promise<string> {
  // A raw disk is as small as it comes: the data partition is not grown.
  const it = await Appliance.make(image, 'raw');
  try {
    await it.powerOn();
    // Behind the formatting.
    await it.machine.says(/machine: management/, BOOT_MS);
    await it.powerOff();
    await withData(it, async (data) => {
      const { free, block } = await room(data);
      const left = ROOM_BYTES + KEPT_BLOCKS * block;
      writeFileSync(`${data}.ballast`, Buffer.alloc(free - left, 'ballast'));
      await run('debugfs', ['-w', '-R', `write ${data}.ballast ballast`, data]);
      rmSync(`${data}.ballast`);
      // debugfs says nothing where a file does not fit; the file's own map takes some blocks.
      const after = (await room(data)).free;
      if (after > left || after < left - ROOM_BYTES / 8) throw new Error(`${after} bytes are free, not ${left}`);
    });

    await it.powerOn();
    await it.isUp('a');
    await it.setContact('first');
    const { committed, refusal } = await commitUntilRefused(it);
    const outcome = await it.setContact('second').then(
      () => 'second',
      () => 'first',
    );
    await it.powerOff();

    await it.powerOn();
    await it.isUp('a');
    const found = await it.contact();
    if (found !== outcome) throw new Error(`"${outcome}" was answered, "${found}" is there`);
    await it.powerOff();

    await withData(it, (data) => run('debugfs', ['-w', '-R', 'rm ballast', data]));
    await it.powerOn();
    await it.isUp('a');
    await it.setContact('third');
    return `${committed} commits, then: ${refusal}; "${outcome}" is there after the power was cut; with room it commits again`;
  } catch (error) {
    it.keepLog('build/image/full.log');
    throw error;
  } finally {
    await it.remove();
  }
}

async function commitUntilRefused(it: Appliance): Promise<{ committed: number; refusal: string }> {
  for (let committed = 0; committed < COMMITS; committed++) {
    const text = randomBytes(TEXT_BYTES / 2).toString('hex');
    try {
      await it.netconf.edit(
        `<system xmlns="urn:ietf:params:xml:ns:yang:ietf-system"><location>${text}</location></system>`,
      );
    } catch (error) {
      return { committed, refusal: firstLine((error as Error).message) };
    }
  }
  throw new Error(`${COMMITS} commits of ${TEXT_BYTES} bytes fit ${ROOM_BYTES}`);
}

/** The router's words, without those of the program that asked. */
function firstLine(message: string): string {
  return (/<error-message[^>]*>([^<]*)/.exec(message)?.[1] ?? message).slice(0, 200);
}

/** Takes the data partition out of the disk, lets somebody change it, and puts it back. */
async function withData(it: Appliance, work: (file: string) => Promise<unknown>): Promise<void> {
  const file = `${it.folder}/data`;
  const data = partition('sluice-data');
  writeFileSync(file, readPartition(it.disk, data));
  await check(file);
  await work(file);
  await check(file);
  writePartition(it.disk, data, readFileSync(file));
  rmSync(file);
}

/** Its journal is applied; exit code 1: something was mended, which a cut may leave to do. */
async function check(file: string): Promise<void> {
  await run('bash', ['-c', 'e2fsck -fy "$1" || [ $? = 1 ]', 'check', file]);
}

/** Bytes that are free, and of a block. */
async function room(file: string): Promise<{ readonly free: number; readonly block: number }> {
  const text = await run('dumpe2fs', ['-h', file]);
  const number = (name: string): number => Number(new RegExp(`^${name}: +(\\d+)$`, 'm').exec(text)?.[1]);
  const block = number('Block size');
  return { free: number('Free blocks') * block, block };
}
