/** A restart and a shutdown that are asked for: everything is unmounted, the data partition has no journal to replay. */
import { rmSync, writeFileSync } from 'node:fs';
import { run, until } from '../../../lab/run.ts';
import { Appliance, BOOT_MS } from '../appliance.ts';
import { partition, readPartition } from '../partitions.ts';

export async function restart(image: string): Promise<string> {
  const it = await Appliance.make(image, 'raw');
  try {
    for (const operation of ['system-restart', 'system-shutdown'] as const) {
      await it.powerOn(it.disk, { endsAtRestart: true });
      await it.isUp('a');
      const found = await it.contact();
      if (operation === 'system-shutdown' && found !== 'system-restart') throw new Error(`"${found}" is there`);
      // So that there is something to write back.
      await it.setContact(operation);
      await it.netconf.rpc(`<${operation} xmlns="urn:ietf:params:xml:ns:yang:ietf-system"/>`);
      await until(`the end by ${operation}`, BOOT_MS, () => !it.machine.isRunning);
      const failed = /Failed (?:to )?u(?:n)?mount[^\r\n]*/.exec(it.machine.serial())?.[0];
      if (failed !== undefined) throw new Error(`${operation}: ${failed}`);
      await isClean(it, operation);
    }
    return 'everything was unmounted, the data partition is clean';
  } catch (error) {
    it.keepLog('build/image/restart.log');
    throw error;
  } finally {
    await it.remove();
  }
}

/** An ext4 that somebody may have written to says so until it is unmounted. */
async function isClean(it: Appliance, after: string): Promise<void> {
  const file = `${it.folder}/data`;
  writeFileSync(file, readPartition(it.disk, partition('sluice-data')));
  const text = await run('dumpe2fs', ['-h', file]);
  rmSync(file);
  if (/needs_recovery|orphan_present/.test(text) || !/^Filesystem state: +clean$/m.test(text))
    throw new Error(`after ${after}: ${text}`);
}
