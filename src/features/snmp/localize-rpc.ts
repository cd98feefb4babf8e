/** The rpc localize-key of sluice-snmp: a pass phrase becomes keys, and is forgotten. */

import type { AuthProtocol } from '../../platform/snmpd/settings.ts';
import { build } from '../../yang/data/build.ts';
import { findValue } from '../../yang/data/find.ts';
import type { DataNode } from '../../yang/data/node.ts';
import type { Schema } from '../../yang/schema/node.ts';
import { hexString, localizedKey } from './localize.ts';
import { octetsOf } from './model.ts';

export const LOCALIZE_KEY = 'sluice-snmp:localize-key';
/** AES-128 (RFC 3826 section 1.2). */
const PRIVACY_KEY_OCTETS = 16;

/** `ownId`: the engine's name in hexadecimal. */
export function localizeKey(schema: Schema, input: readonly DataNode[], ownId: string): readonly DataNode[] {
  const rpc = schema.rpcs.get(LOCALIZE_KEY);
  if (rpc === undefined) throw new Error(`the schema has no ${LOCALIZE_KEY}`);
  const named = findValue(input, 'engine-id');
  const engineId = Buffer.from(named === undefined ? ownId : octetsOf(named), 'hex');
  const hash = (findValue(input, 'hash') ?? 'sha-256') as AuthProtocol;
  const key = localizedKey(findValue(input, 'passphrase') ?? '', hash, engineId);
  return build(rpc.output, { key: hexString(key), 'privacy-key': hexString(key.subarray(0, PRIVACY_KEY_OCTETS)) });
}
