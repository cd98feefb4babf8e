/** What an image's sluiced has in its hands besides: slots, the machine's restart, the way back to the factory. */
import { spawn } from 'node:child_process';
import { createReadStream, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import type { Appliance } from '../features/software/operations.ts';
import { locate } from '../northbound/netconf/url/location.ts';
import type { SlotName } from '../platform/slots/environment.ts';
import { partitionDevice, Slots } from '../platform/slots/slots.ts';

/** The image's own files, below the folder of src. */
const PROGRAM = new URL('../../', import.meta.url);
const DATA = '/data';
/** The reply leaves before the machine does. */
const RESTART_MS = 500;

/**
 * Undefined where the kernel was not started by an image's boot loader.
 * @param urlFolder what `file:` names are below
 */
export function openAppliance(urlFolder: string, log: (message: string) => void): Appliance | undefined {
  const booted = /(?:^| )sluice\.slot=([ab])(?: |$)/.exec(readFileSync('/proc/cmdline', 'latin1').trim())?.[1];
  if (booted === undefined) return undefined;
  const own = (name: string): string => readFileSync(new URL(name, PROGRAM), 'utf8').trim();
  const slots = new Slots({
    booted: booted as SlotName,
    device: partitionDevice,
    bundleKey: own('bundle-key.pem'),
    folder: DATA,
    running: { version: own('version'), buildTime: Number(own('build-time')) },
  });
  const systemctl = (what: string): void => {
    log(`the machine is to ${what}`);
    setTimeout(() => {
      spawn('systemctl', ['--no-block', what], { stdio: 'ignore' })
        .on('error', (error) => log(`the machine does not ${what}: ${error.message}`))
        .on('exit', (code) => code === 0 || log(`the machine does not ${what}: systemctl ends with ${code}`));
    }, RESTART_MS);
  };
  return {
    slots,
    fetch: (url) => open(url, urlFolder),
    restart: () => systemctl('reboot'),
    shutDown: () => systemctl('poweroff'),
    forgetEverything,
  };
}

async function open(url: string, folder: string): Promise<AsyncIterable<Buffer>> {
  if (/^https?:\/\/[^/]/i.test(url)) {
    const response = await fetch(url, { redirect: 'error' });
    if (!response.ok || response.body === null) throw new Error(`${new URL(url).host} answers ${response.status}`);
    return Readable.fromWeb(response.body).map((bytes: Uint8Array) => Buffer.from(bytes));
  }
  const location = locate(url, '/sluice-software:install-bundle/url');
  if (location.scheme !== 'file') throw new Error('bundles come by http, https or file');
  // Opened here, so that a file that is missing is told at once.
  const path = `${folder}/${location.segments.join('/')}`;
  return createReadStream(path, { fd: openSync(path, 'r') });
}

/** Seen by the initramfs before anything of the partition is used (images/initramfs/prepare-data). */
function forgetEverything(): void {
  try {
    writeFileSync(`${DATA}/factory-reset`, '', { flush: true });
  } catch {
    // No room: the logs go first.
    rmSync(`${DATA}/journal`, { recursive: true, force: true });
    writeFileSync(`${DATA}/factory-reset`, '', { flush: true });
  }
}
