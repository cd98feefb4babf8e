/**
 * Prints the first configuration of an appliance: the user admin and an interface for each port that the machine has,
 * connected to nothing. Password and keys come from the config drive; without one a password is made that the console
 * lets a person replace (README.md).
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { factoryConfiguration } from '../features/factory.ts';
import { authorizedKeys, type MachinePort, portConfiguration, withKeys } from './first-configuration.ts';

const RUN = '/run/sluice';
const DRIVE = `${RUN}/config-drive`;
/** While it is there nobody has chosen a password. */
const UNCHOSEN = '/var/lib/sluice/password-unchosen';

const ports = JSON.parse(readFileSync(`${RUN}/ports.json`, 'utf8')) as readonly MachinePort[];
const keys = existsSync(`${DRIVE}/authorized`) ? authorizedKeys(readFileSync(`${DRIVE}/authorized`, 'utf8')) : [];
const document = factoryConfiguration('admin', password(), portConfiguration(ports));
process.stdout.write(withKeys(document, keys));

function password(): string {
  if (existsSync(`${DRIVE}/password`)) return readFileSync(`${DRIVE}/password`, 'utf8').split('\n', 1)[0] ?? '';
  if (keys.length === 0) writeFileSync(UNCHOSEN, '', { mode: 0o600 });
  return randomBytes(24).toString('base64url');
}
