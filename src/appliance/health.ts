/**
 * Whether the slot that runs is good: the engine answers, NETCONF answers, the configuration was loaded. Then it is
 * confirmed (exit code 0). Where it is not within the time limit a trial ends by a restart, into the slot before it; another
 * boot goes on, reachable as far as it is.
 *
 *   node health.ts SECONDS
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const RUN = '/run/sluice';
const END = ']]>]]>';
const BASE = 'urn:ietf:params:xml:ns:netconf:base:1.0';
const TRY_MS = 60_000;

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

/** One rpc over the socket of the recovery session, in NETCONF 1.0's framing. */
function ask(operation: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(`${RUN}/netconf.sock`);
    let text = '';
    const fail = (message: string): void => {
      socket.destroy();
      reject(new Error(message));
    };
    socket.setTimeout(TRY_MS, () => fail('NETCONF does not answer'));
    socket.on('error', (error) => fail(`NETCONF: ${error.message}`));
    socket.on('close', () => fail('NETCONF closed the session'));
    socket.on('data', (bytes) => {
      text += bytes;
      const messages = text.split(END);
      if (messages.length < 3) return;
      const reply = messages[1] ?? '';
      if (reply.includes('<rpc-error')) return fail(/<error-message[^>]*>([^<]*)/.exec(reply)?.[1] ?? reply);
      resolve(reply);
      socket.destroy();
    });
    socket.write(
      `<hello xmlns="${BASE}"><capabilities><capability>urn:ietf:params:netconf:base:1.0</capability></capabilities></hello>${END}`,
    );
    socket.write(`<rpc message-id="1" xmlns="${BASE}">${operation}</rpc>${END}`);
  });
}
