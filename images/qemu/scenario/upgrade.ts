/** An upgrade to a second build and back; bundles that are refused. */
import { rmSync } from 'node:fs';
import { until } from '../../../lab/run.ts';
import { Appliance, BOOT_MS } from '../appliance.ts';
import { newestImage } from '../image.ts';
import { otherBundle } from './build.ts';
import { serve } from './serve.ts';

export async function upgrade(image: string): Promise<string> {
  const second = await otherBundle('2.0.0+test');
  const it = await Appliance.running(image);
  try {
    await it.setContact('before');
    await refused(it, newestImage('bundle'));
    await install(it, second.bundle);
    const before = await it.slots();
    if (!before.includes('b inactive 2.0.0+test')) throw new Error(`after the installation: ${before}`);
    let mark = it.mark();
    await it.software('try-slot');
    await it.isUp('b', mark);
    if ((await it.contact()) !== 'before') throw new Error('the configuration did not go along');
    await it.isGood(mark);
    await it.setContact('after');
    mark = it.mark();
    await it.software('rollback-slot');
    await it.isUp('a', mark);
    await it.isGood(mark);
    if ((await it.contact()) !== 'before')
      throw new Error(`the old slot's configuration is not as it was: ${await it.contact()}`);
    return `there and back: ${await it.slots()}`;
  } catch (error) {
    it.keepLog('build/image/upgrade.log');
    throw error;
  } finally {
    await it.remove();
    if (second.folder !== undefined) rmSync(second.folder, { recursive: true });
  }
}

/** One flipped bit in the manifest, which the signature sees, and one in the contents, which a hash sees. */
async function refused(it: Appliance, bundle: string): Promise<void> {
  const first = await serve(bundle, 200);
  const answer = await it.software('install-bundle', `<url>${first.url}</url>`).then(
    () => 'ok',
    (error: Error) => error.message,
  );
  first.close();
  if (!answer.includes('signature')) throw new Error(`a bundle with a wrong signature: ${answer}`);
  const second = await serve(bundle, 20_000_000);
  await it.software('install-bundle', `<url>${second.url}</url>`);
  await until('the flipped bit is seen', BOOT_MS, async () => (await it.installState()) === 'failed');
  second.close();
  const slots = await it.slots();
  if (!slots.includes('b empty')) throw new Error(`after a flipped bit: ${slots}`);
}

export async function install(it: Appliance, bundle: string): Promise<void> {
  const serving = await serve(bundle);
  try {
    await it.software('install-bundle', `<url>${serving.url}</url>`);
    const state = await until('the bundle is installed', BOOT_MS, async () => {
      const now = await it.installState();
      return now === 'running' ? undefined : now;
    });
    if (state !== 'done') throw new Error(`the installation ${state}`);
  } finally {
    serving.close();
  }
}
