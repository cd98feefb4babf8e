/** The power is cut during commits and during an installation: every acknowledged commit is there after the next boot. */
import { setTimeout as delay } from 'node:timers/promises';
import { Appliance } from '../appliance.ts';
import { newestImage } from '../image.ts';
import { serve } from './serve.ts';

const CUTS = Number(process.env['POWER_CUTS'] ?? 20);

export async function power(image: string): Promise<string> {
  const it = await Appliance.make(image);
  const serving = await serve(newestImage('bundle'));
  let acknowledged = 0;
  try {
    for (let cut = 0; cut < CUTS; cut++) {
      await it.powerOn();
      await it.isUp('a');
      const found = Number((await it.contact()) || 0);
      // The one that was under way may be there or not.
      if (found !== acknowledged && found !== acknowledged + 1) {
        throw new Error(`after cut ${cut}: ${found} is there, ${acknowledged} was acknowledged`);
      }
      acknowledged = found;
      if (cut % 4 === 3) await it.software('install-bundle', `<url>${serving.url}</url>`);
      const until = performance.now() + 2000 + Math.random() * 8000;
      const commits = (async () => {
        for (;;) {
          await it.setContact(String(acknowledged + 1));
          acknowledged++;
        }
      })();
      commits.catch(() => undefined);
      await delay(until - performance.now());
      await it.powerOff();
      await commits.catch(() => undefined);
    }
    await it.powerOn();
    await it.isUp('a');
    const found = Number((await it.contact()) || 0);
    if (found < acknowledged) throw new Error(`in the end ${found} is there, ${acknowledged} was acknowledged`);
    return `${CUTS} cuts, ${acknowledged} commits acknowledged, none lost`;
  } catch (error) {
    it.keepLog('build/image/power.log');
    throw error;
  } finally {
    serving.close();
    await it.remove();
  }
}
