/** Names of engine objects that are made of several of the model's names. */
import { createHash } from 'node:crypto';

/** The engine's names, in bytes (native/api/sluice.proto). */
export const MAX_NAME_BYTES = 63;

/** The parts with slashes between; where that is too long for the engine, a hash of it that is as unique. */
export function objectName(...parts: readonly (string | number)[]): string {
  const name = parts.join('/');
  if (Buffer.byteLength(name) <= MAX_NAME_BYTES) return name;
  return `sha256/${createHash('sha256').update(name).digest('base64url')}`;
}
