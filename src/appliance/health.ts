/**
 * Whether the slot that runs is good: the engine answers, NETCONF answers, the configuration was loaded. Then it is
 * confirmed (exit code 0). Until then it is looked at again and again: a trial has its time limit from systemd
 * (sluice-trial.timer), which also holds where this program hangs; another boot goes on, reachable as far as it is.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { ask } from './recovery-session.ts';

const RUN = '/run/sluice';
const LONGEST_PAUSE_MS = 30_000;

let reason = '';
for (let pauseMs = 1000; ; pauseMs = Math.min(pauseMs * 1.1, LONGEST_PAUSE_MS)) {
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
  await delay(pauseMs);
}

async function look(): Promise<void> {
  if (existsSync(`${RUN}/failure`)) throw new Error(readFileSync(`${RUN}/failure`, 'utf8').trim());
  const reply = await ask(
    `<get><filter type="subtree"><interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"/><stored-configuration xmlns="urn:sluice:yang:sluice-datastore"/></filter></get>`,
  );
  if (/<set-aside[ >]/.test(reply)) throw new Error('the stored configuration could not be read');
  const engine = spawnSync('systemctl', ['is-active', 'sluice-engine.service'], { encoding: 'utf8' }).stdout.trim();
  if (engine !== 'active') throw new Error(`the packet engine is ${engine}`);
}
