/**
 * A firmware that knows the image's certificate and no other: it starts the image, whose kernel is then locked down, and
 * neither a GRUB that was altered nor one that nobody signed.
 */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { run } from '../../../lab/run.ts';
import { freePort } from '../../../test/snmp.ts';
import { SECTOR } from '../../disk/layout.ts';
import { rawCopy } from '../image.ts';
import { Machine } from '../machine.ts';
import { partition, readPartition, writePartition } from '../partitions.ts';

const FIRMWARE_MS = 600_000;

/** @param image the qcow2; the raw disk and the certificate are beside it */
export async function secureBoot(image: string): Promise<string> {
  const folder = mkdtempSync('/tmp/sluice-secure-');
  try {
    await run('bash', ['images/firmware-variables', image.replace(/qcow2$/, 'db.cer'), `${folder}/known.fd`]);
    const refusals = await refused(image, folder);
    const text = await run('bash', ['images/check', '--secure', `${folder}/known.fd`, '--image', image]);
    return `${refusals}; what is whole:\n${text.trimEnd()}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function refused(image: string, folder: string): Promise<string> {
  const disk = `${folder}/disk.raw`;
  await rawCopy(image, disk);
  const efi = partition('sluice-efi');
  const whole = readPartition(disk, efi);

  // Somebody's own configuration in it.
  const altered = Buffer.from(whole);
  const at = altered.indexOf('Sluice: slot $each does not start');
  if (at < 0) throw new Error('the configuration is not to be found in GRUB');
  altered.write('X', at, 'latin1');
  writePartition(disk, efi, altered);
  await refuses(disk, folder, 'an altered GRUB');

  const unsigned = Buffer.from(whole);
  unsigned.fill(0, signatureEntry(unsigned), signatureEntry(unsigned) + 8);
  writePartition(disk, efi, unsigned);
  await refuses(disk, folder, 'a GRUB without a signature');
  return 'a GRUB that was altered and one without a signature are refused';
}

/**
 * Where the first program of the partition says where its signatures are: the fifth data directory of a PE32+ file, address
 * and size, 4 bytes each.
 */
function signatureEntry(efi: Buffer): number {
  for (let at = 0; at < efi.length; at += SECTOR) {
    if (efi.toString('latin1', at, at + 2) !== 'MZ') continue;
    const header = at + efi.readUInt32LE(at + 0x3c);
    if (efi.toString('latin1', header, header + 4) !== 'PE\0\0') continue;
    const entry = header + 24 + 112 + 4 * 8;
    if (efi.readUInt32LE(entry + 4) === 0) throw new Error('GRUB is not signed');
    return entry;
  }
  throw new Error('the partition holds no program');
}

/** Nothing of ours may speak before the firmware says that it refuses. */
async function refuses(disk: string, folder: string, what: string): Promise<void> {
  copyFileSync(`${folder}/known.fd`, `${folder}/variables.fd`);
  rmSync(`${folder}/serial.sock`, { force: true });
  const ports = { netconfPort: await freePort(), snmpPort: await freePort() };
  const machine = await Machine.start({ disk, format: 'raw', folder, firmware: 'secure', ports: [], ...ports });
  try {
    await machine.says(
      /BdsDxe: failed to (?:load|start) Boot\d+ [^\r\n]*: (Access Denied|Security Violation)/,
      FIRMWARE_MS,
    );
    if (/Sluice: slot/.test(machine.serial())) throw new Error('GRUB speaks');
  } catch (error) {
    throw new Error(`${what}: ${(error as Error).message}\n${machine.serial()}`);
  } finally {
    await machine.kill();
  }
}
