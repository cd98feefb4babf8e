/** Values of managed objects, made from what the state providers say. */
import type { Oid } from '../agentx/oid.ts';
import type { Value } from '../agentx/pdu.ts';

export const integer = (value: number): Value => ({ type: 'integer', value });
export const gauge32 = (value: number): Value => ({ type: 'gauge32', value: Math.min(value, 0xffff_ffff) });
/** Wraps, as RFC 2578 section 7.1.6 says. */
export const counter32 = (value: bigint): Value => ({ type: 'counter32', value: Number(BigInt.asUintN(32, value)) });
export const counter64 = (value: bigint): Value => ({ type: 'counter64', value: BigInt.asUintN(64, value) });
/** Hundredths of a second. */
export const timeTicks = (hundredths: number): Value => ({
  type: 'timeTicks',
  value: Math.max(0, Math.floor(hundredths)) % 0x1_0000_0000,
});
export const octets = (value: Uint8Array): Value => ({ type: 'octets', value });
export const text = (value: string, longest = 255): Value => ({
  type: 'octets',
  value: Buffer.from(value, 'utf8').subarray(0, longest),
});
export const objectId = (value: Oid): Value => ({ type: 'oid', value });
/** SNMPv2-TC TruthValue. */
export const truth = (value: boolean): Value => integer(value ? 1 : 2);

/** ietf-yang-types:phys-address or mac-address as octets; empty where there is none. */
export function physAddress(text: string | undefined): Value {
  return octets(text === undefined || text === '' ? new Uint8Array() : Buffer.from(text.replaceAll(':', ''), 'hex'));
}
