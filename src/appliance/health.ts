/**
 * Whether the slot that runs is good: the engine answers, NETCONF answers, the configuration was loaded. Then it is
 * confirmed (exit code 0). Where it is not within the time limit a trial ends by a restart, into the slot before it; another
 * boot goes on, reachable as far as it is.
 *
 *   node health.ts SECONDS
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { ask } from './recovery-session.ts';

const RUN = '/run/sluice';

const deadline = performance.now() + Number(process.argv[2] ?? 600) * 1000;
let reason = '';
do {
  try {
    await look();
    // The same words as a person's: confirm-slot, by the recovery session.
    await ask('<confirm-slot xmlns="urn:sluice:yang:sluice-software"/>');
    console.log('this slot is good');
    process.exit(0);
  } catch (error) {
    if ((error as Error).message !== reason) console.log(`not yet: ${(error as Error).message}`);
    reason = (error as Error).message;
  }
  await delay(1000);
} while (performance.now() < deadline);

const isTrial = / sluice\.trial=1( |$)/.test(readFileSync('/proc/cmdline', 'latin1').trim());
console.log(`this slot is not good: ${reason}${isTrial ? '; back to the one before' : ''}`);
if (isTrial) spawnSync('systemctl', ['reboot']);
process.exit(1);

async function look(): Promise<void> {
  if (existsSync(`${RUN}/failure`)) throw new Error(readFileSync(`${RUN}/failure`, 'utf8').trim());
  const reply = await ask(
    `<get><filter type="subtree"><interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"/><stored-configuration xmlns="urn:sluice:yang:sluice-datastore"/></filter></get>`,
  );
  if (/<set-aside[ >]/.test(reply)) throw new Error('the stored configuration could not be read');
  const engine = spawnSync('systemctl', ['is-active', 'sluice-engine.service'], { encoding: 'utf8' }).stdout.trim();
  if (engine !== 'active') throw new Error(`the packet engine is ${engine}`);
}
