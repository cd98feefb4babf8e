/** A build whose control plane hangs as it starts: the trial ends by itself and the old slot runs again. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Appliance, BOOT_MS } from '../appliance.ts';
import { otherBundle } from './build.ts';
import { install } from './upgrade.ts';

/** Instead of ten minutes: the test need not wait for them. From the start of the kernel. */
const LIMIT_SECONDS = 90;
/** By which the end may be later, under emulation. */
const LATE_SECONDS = 60;

export async function broken(image: string): Promise<string> {
  const extra = mkdtempSync('/tmp/sluice-broken-');
  mkdirSync(`${extra}/usr/lib/sluice/src`, { recursive: true });
  writeFileSync(`${extra}/usr/lib/sluice/src/main.js`, 'setInterval(() => undefined, 60_000);\n');
  const units = `${extra}/usr/lib/systemd/system`;
  mkdirSync(`${units}/sluice-trial.timer.d`, { recursive: true });
  writeFileSync(`${units}/sluice-trial.timer.d/soon.conf`, `[Timer]\nOnBootSec=\nOnBootSec=${LIMIT_SECONDS}\n`);
  const bad = await otherBundle('3.0.0+broken', ['--root-extra', extra]);
  const it = await Appliance.running(image);
  try {
    await it.setContact('kept');
    await install(it, bad.bundle);
    const mark = it.mark();
    await it.software('try-slot');
    await it.machine.says(/sluice-init: slot b,/, BOOT_MS, mark);
    const end = await it.machine.says(
      /\[ *(\d+)\.\d+\] end-trial\S* this slot was not confirmed \(trial=b\)/,
      BOOT_MS,
      mark,
    );
    const seconds = Number(end[1]);
    if (seconds < LIMIT_SECONDS || seconds > LIMIT_SECONDS + LATE_SECONDS)
      throw new Error(`the trial ended ${seconds} s after its kernel began, ${LIMIT_SECONDS} s are its limit`);
    await it.isUp('a', mark);
    await it.isGood(mark);
    const slots = await it.slots();
    if (!slots.includes('b bad 3.0.0+broken')) throw new Error(`after the trial: ${slots}`);
    if ((await it.contact()) !== 'kept') throw new Error('the configuration is not what it was');
    return `the trial ended itself ${seconds} s after its kernel began; fell back: ${slots}`;
  } catch (error) {
    it.keepLog('build/image/broken.log');
    throw error;
  } finally {
    await it.remove();
    if (bad.folder !== undefined) rmSync(bad.folder, { recursive: true });
    rmSync(extra, { recursive: true });
  }
}
