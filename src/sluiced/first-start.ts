/** The configuration of a new state folder: a document that was given, or the factory's with a password made for it. */
import { randomInt } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Datastores } from '../commit/datastores.ts';
import { factoryConfiguration } from '../features/factory.ts';
import { FaultError } from '../yang/fault.ts';
import type { Schema } from '../yang/schema/node.ts';
import { readConfigDocument } from './document.ts';

/** The document does not fit: the message says where and why. */
export class ConfigurationError extends Error {}

/** No letters and digits that look alike. 20 of 55 characters: 115 bits. */
const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz234567';
const passwordLength = 20;

/**
 * Loads the first configuration, unless there is one already. A document that does not fit ends the start with all its
 * faults; nothing has been stored then. Resolves with whether it was loaded.
 * @param transports host keys and listener of the factory
 */
export async function loadFirstConfiguration(
  datastores: Datastores,
  schema: Schema,
  config: string | undefined,
  stateFolder: string,
  transports: string,
): Promise<boolean> {
  const text = config === undefined ? factory(stateFolder, transports) : readFileSync(config);
  try {
    return await datastores.loadFirst(readConfigDocument(schema, text));
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    const faults = error.faults.map(({ path, message, info }) => {
      const place = path === undefined ? '' : `${path}: `;
      const details = info?.map(({ name, value }) => `${name} ${value}`).join(', ');
      return `  ${place}${message}${details === undefined ? '' : ` (${details})`}`;
    });
    throw new ConfigurationError(`${config ?? 'the factory configuration'} cannot be loaded:\n${faults.join('\n')}`);
  }
}

/** The password is in its file before the user is in the datastore: a start that is cut short in between uses it again. */
function factory(stateFolder: string, transports: string): Buffer {
  const file = `${stateFolder}/admin-password`;
  if (!existsSync(file)) {
    const letters = Array.from({ length: passwordLength }, () => alphabet[randomInt(alphabet.length)]);
    // Renamed, so that a full disk leaves no empty password.
    writeFileSync(`${file}.new`, `${letters.join('')}\n`, { mode: 0o600, flush: true });
    renameSync(`${file}.new`, file);
  }
  return Buffer.from(factoryConfiguration('admin', readFileSync(file, 'utf8').trim(), transports));
}
