/**
 * EVPN routes as octets (RFC 7432 section 7), without their type and length:
 *
 *   1 Ethernet A-D      RD (8), ESI (10), Ethernet tag (4), label (3)
 *   2 MAC/IP            RD (8), ESI (10), Ethernet tag (4), length 48 (1), MAC (6), length 0, 32 or 128 (1), IP, label (3),
 *                       and another label (3) or none
 *   4 Ethernet segment  RD (8), ESI (10), length 32 or 128 (1), IP address of the originator
 *
 * Types 3 (inclusive multicast), 5 (IP prefix) and others are not read.
 */
import { addressBytes, addressText } from '../../address.ts';
import { type Decoded, decodeBody } from '../exchange/frame.ts';
import { Malformed, type Reader, Writer } from '../exchange/octets.ts';

export const RouteType = { ethernetAd: 1, macIp: 2, ethernetSegment: 4 } as const;
/** Of the A-D route of a whole segment (MAX-ET, RFC 7432 section 8.2.1). */
export const MAX_ET = 0xffff_ffff;

/** ESIs and RDs are lower-case hexadecimal digits: 20 and 16 of them. */
export type Route =
  | {
      readonly type: 'ethernet-ad';
      readonly rd: string;
      readonly esi: string;
      readonly tag: number;
      /** 24 bits: an MPLS label is the upper 20 of them, a VNI (RFC 8365) all. */
      readonly label: number;
    }
  | {
      readonly type: 'mac-ip';
      readonly rd: string;
      readonly esi: string;
      readonly tag: number;
      /** 48 bits. */
      readonly mac: number;
      readonly ip: string | undefined;
      readonly label: number;
      readonly secondLabel?: number;
    }
  | { readonly type: 'ethernet-segment'; readonly rd: string; readonly esi: string; readonly originator: string };

export interface EvpnNlri {
  readonly type: number;
  readonly value: Buffer;
}

export function encodeRoute(route: Route): EvpnNlri {
  const writer = new Writer();
  writer.octets(Buffer.from(route.rd, 'hex'));
  writer.octets(Buffer.from(route.esi, 'hex'));
  switch (route.type) {
    case 'ethernet-ad':
      writer.u32(route.tag);
      writeLabel(writer, route.label);
      return { type: RouteType.ethernetAd, value: Buffer.from(writer.done()) };
    case 'mac-ip':
      writer.u32(route.tag);
      writer.u8(48);
      writer.u48(route.mac);
      writeAddress(writer, route.ip);
      writeLabel(writer, route.label);
      if (route.secondLabel !== undefined) writeLabel(writer, route.secondLabel);
      return { type: RouteType.macIp, value: Buffer.from(writer.done()) };
    case 'ethernet-segment':
      writeAddress(writer, route.originator);
      return { type: RouteType.ethernetSegment, value: Buffer.from(writer.done()) };
  }
}

/** undefined: a type that is not read. */
export function decodeRoute({ type, value }: EvpnNlri): Decoded<Route> | undefined {
  switch (type) {
    case RouteType.ethernetAd:
      return decodeBody(value, (reader) => {
        const common = { rd: hex(reader, 8), esi: hex(reader, 10), tag: reader.u32() };
        return { type: 'ethernet-ad', ...common, label: readLabel(reader) };
      });
    case RouteType.macIp:
      return decodeBody(value, readMacIp);
    case RouteType.ethernetSegment:
      return decodeBody(value, (reader) => {
        const common = { rd: hex(reader, 8), esi: hex(reader, 10) };
        const originator = readAddress(reader);
        if (originator === undefined) throw new Malformed('no originator');
        return { type: 'ethernet-segment', ...common, originator };
      });
    default:
      return undefined;
  }
}

function readMacIp(reader: Reader): Route {
  const common = { rd: hex(reader, 8), esi: hex(reader, 10), tag: reader.u32() };
  const length = reader.u8();
  if (length !== 48) throw new Malformed(`a MAC address of ${length} bits`);
  const mac = reader.u48();
  const ip = readAddress(reader);
  const label = readLabel(reader);
  const secondLabel = reader.left === 0 ? {} : { secondLabel: readLabel(reader) };
  return { type: 'mac-ip', ...common, mac, ip, label, ...secondLabel };
}

/**
 * What tells a route from all others of its sender (RFC 7432 sections 7.1, 7.2, 7.4): labels are not in it, of a MAC/IP route the
 * ESI neither.
 */
export function routeKey(route: Route): string {
  switch (route.type) {
    case 'ethernet-ad':
      return `1 ${route.rd} ${route.esi} ${route.tag}`;
    case 'mac-ip':
      return `2 ${route.rd} ${route.tag} ${route.mac} ${route.ip ?? ''}`;
    case 'ethernet-segment':
      return `4 ${route.rd} ${route.esi} ${route.originator}`;
  }
}

/** A route distinguisher of type 1 (RFC 4364 section 4.2): an IPv4 address and a number of 16 bits. */
export function routeDistinguisher(identifier: string, number: number): string {
  const octets = Buffer.from([0, 1, ...addressBytes(identifier), 0, 0]);
  octets.writeUInt16BE(number, 6);
  return octets.toString('hex');
}

/** An MPLS label as the 24 bits of a route, with the bottom of the stack. */
export function mplsLabel(label: number): number {
  return label * 16 + 1;
}

function writeLabel(writer: Writer, label: number): void {
  writer.u8(label >>> 16);
  writer.u16(label & 0xffff);
}

function readLabel(reader: Reader): number {
  return reader.u8() * 0x1_0000 + reader.u16();
}

function writeAddress(writer: Writer, address: string | undefined): void {
  const octets = address === undefined ? new Uint8Array(0) : addressBytes(address);
  writer.u8(octets.length * 8);
  writer.octets(octets);
}

function readAddress(reader: Reader): string | undefined {
  const bits = reader.u8();
  if (bits !== 0 && bits !== 32 && bits !== 128) throw new Malformed(`an address of ${bits} bits`);
  return bits === 0 ? undefined : addressText(reader.octets(bits / 8));
}

function hex(reader: Reader, count: number): string {
  return reader.octets(count).toString('hex');
}
