/**
 * OPEN (RFC 4271 section 4.2): version (1), AS (2), hold time (2), identifier (4), length (1) of optional parameters, each
 * type (1), length (1), value; of type 2, capabilities (RFC 5492), each code (1), length (1), value. A length of 255 whose
 * first parameter has the type 255 (RFC 9072): the length (2) follows, and parameters' lengths have 2 octets.
 *
 * Capabilities read: 1 multiprotocol (RFC 4760): AFI (2), reserved (1), SAFI (1); 2 route refresh (RFC 2918), empty; 65 AS of 4 octets
 * (RFC 6793). Others are passed over.
 */
import { type BgpError, bgpError, ErrorCode, encodeMessage, MessageType } from './message.ts';

/** L2VPN EVPN (RFC 7432 section 7). */
export const EVPN = { afi: 25, safi: 70 } as const;
/** In place of an AS that does not fit two octets (RFC 6793). */
const AS_TRANS = 23_456;
const VERSION = 4;
const CAPABILITIES = 2;
const EXTENDED = 255;
const Capability = { multiprotocol: 1, routeRefresh: 2, fourOctetAs: 65 } as const;

export interface Open {
  /** Of 4 octets where the other end says so, else of 2. */
  readonly as: number;
  readonly hasFourOctetAs: boolean;
  readonly holdSeconds: number;
  /** 4 octets as a number. */
  readonly identifier: number;
  /** Whether it exchanges EVPN routes. */
  readonly hasEvpn: boolean;
  /** Whether it tells its routes anew when asked. */
  readonly hasRouteRefresh: boolean;
}

export function encodeOpen({ as, holdSeconds, identifier }: Pick<Open, 'as' | 'holdSeconds' | 'identifier'>): Buffer {
  const capabilities = Buffer.alloc(14);
  capabilities.set([Capability.multiprotocol, 4, 0, EVPN.afi, 0, EVPN.safi, Capability.routeRefresh, 0]);
  capabilities.set([Capability.fourOctetAs, 4], 8);
  capabilities.writeUInt32BE(as, 10);
  const body = Buffer.alloc(12);
  body.writeUInt8(VERSION, 0);
  body.writeUInt16BE(as > 0xffff ? AS_TRANS : as, 1);
  body.writeUInt16BE(holdSeconds, 3);
  body.writeUInt32BE(identifier, 5);
  body.set([2 + capabilities.length, CAPABILITIES, capabilities.length], 9);
  return encodeMessage(MessageType.open, Buffer.concat([body, capabilities]));
}

/** `body`: at least 10 octets (the assembler sees to it). */
export function decodeOpen(body: Buffer): Open | BgpError {
  if (body[0] !== VERSION) return bgpError(ErrorCode.open, 1, `BGP version ${body[0]}`, Buffer.of(0, VERSION));
  const holdSeconds = body.readUInt16BE(3);
  if (holdSeconds === 1 || holdSeconds === 2) return bgpError(ErrorCode.open, 6, `a hold time of ${holdSeconds} s`);
  const identifier = body.readUInt32BE(5);
  if (identifier === 0) return bgpError(ErrorCode.open, 3, 'identifier 0.0.0.0');
  const isExtended = body[9] === EXTENDED && body[10] === EXTENDED && body.length >= 13;
  const from = isExtended ? 13 : 10;
  const length = isExtended ? body.readUInt16BE(11) : (body[9] as number);
  if (from + length !== body.length) return malformed('parameters of another length');
  let as = body.readUInt16BE(1);
  let [hasFourOctetAs, hasEvpn, hasRouteRefresh] = [false, false, false];
  const parameters = fieldsOf(body.subarray(from), isExtended ? 2 : 1);
  if (parameters === undefined) return malformed('a parameter that is cut off');
  for (const { code, value } of parameters) {
    if (code !== CAPABILITIES) return bgpError(ErrorCode.open, 4, `an optional parameter of type ${code}`);
    const capabilities = fieldsOf(value, 1);
    if (capabilities === undefined) return malformed('a capability that is cut off');
    for (const { code: capability, value: its } of capabilities) {
      if (capability === Capability.multiprotocol && its.length === 4) {
        if (its.readUInt16BE(0) === EVPN.afi && its[3] === EVPN.safi) hasEvpn = true;
      } else if (capability === Capability.fourOctetAs && its.length === 4) {
        hasFourOctetAs = true;
        as = its.readUInt32BE(0);
      } else if (capability === Capability.routeRefresh && its.length === 0) hasRouteRefresh = true;
      else if (capability === Capability.fourOctetAs || capability === Capability.multiprotocol) {
        return malformed(`capability ${capability} of ${its.length} octets`);
      }
    }
  }
  if (as === 0) return bgpError(ErrorCode.open, 2, 'AS 0');
  return { as, hasFourOctetAs, holdSeconds, identifier, hasEvpn, hasRouteRefresh };
}

interface Field {
  readonly code: number;
  readonly value: Buffer;
}

/** Type (1), length (`lengthOctets`), value …; undefined: the last one is cut off. */
function fieldsOf(octets: Buffer, lengthOctets: 1 | 2): readonly Field[] | undefined {
  const fields: Field[] = [];
  for (let at = 0; at < octets.length; ) {
    const from = at + 1 + lengthOctets;
    if (from > octets.length) return undefined;
    const end = from + octets.readUIntBE(at + 1, lengthOctets);
    if (end > octets.length) return undefined;
    fields.push({ code: octets.readUInt8(at), value: octets.subarray(from, end) });
    at = end;
  }
  return fields;
}

function malformed(text: string): BgpError {
  return bgpError(ErrorCode.open, 0, text);
}
