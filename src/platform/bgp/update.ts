/**
 * UPDATE (RFC 4271 section 4.3): length (2) of withdrawn routes, these, length (2) of path attributes, these, NLRI. The first
 * and the last are IPv4 routes, which nobody was asked for: they are passed over. EVPN routes are in MP_REACH_NLRI and
 * MP_UNREACH_NLRI (RFC 4760).
 */
import {
  AttributeType,
  type Circumstances,
  decodeAttributes,
  EXTENDED_LENGTH,
  isError,
  type Nlri,
  OPTIONAL,
  TRANSITIVE,
} from './attributes.ts';
import { type BgpError, bgpError, ErrorCode, encodeMessage, HEADER, MESSAGE_MAX, MessageType } from './message.ts';
import { EVPN } from './open.ts';

/** What an UPDATE says. Buffers are parts of the message: copy what is kept. */
export interface Update {
  readonly withdrawn: readonly Nlri[];
  readonly reached: readonly Nlri[];
  /** 4 or 16 octets; empty where nothing is reached. */
  readonly nextHop: Buffer;
  readonly asPath: readonly number[];
  readonly originatorId: number | undefined;
  readonly extendedCommunities: readonly Buffer[];
  /** All routes have been sent once (RFC 4724 section 2). */
  readonly isEndOfRib: boolean;
  /** Why routes count as withdrawn, or attributes as not there. */
  readonly problems: readonly string[];
}

const NONE = Buffer.alloc(0);

/** Errors end the session; what RFC 7606 treats as a withdrawal is in `withdrawn`. */
export function decodeUpdate(body: Buffer, circumstances: Circumstances): Update | BgpError {
  const malformed = bgpError(ErrorCode.update, 1, 'an UPDATE whose lengths do not fit');
  const withdrawnLength = body.readUInt16BE(0);
  if (4 + withdrawnLength > body.length) return malformed;
  const from = 4 + withdrawnLength;
  const end = from + body.readUInt16BE(2 + withdrawnLength);
  if (end > body.length) return malformed;
  const attributes = decodeAttributes(body.subarray(from, end), circumstances);
  if (isError(attributes)) return attributes;
  const { reach, unreach, asPath, originatorId, extendedCommunities, discarded } = attributes;
  const hasIpv4 = withdrawnLength > 0 || end < body.length;
  const problems = hasIpv4 ? ['IPv4 routes that were not asked for', ...discarded] : discarded;
  let { withdraw } = attributes;
  if (withdraw !== undefined && reach === undefined) {
    // RFC 7606 sections 3j and 5.2: which routes it speaks of is not known.
    return bgpError(ErrorCode.update, 1, withdraw);
  }
  if (reach !== undefined) {
    if (!attributes.hasOrigin) withdraw ??= 'no ORIGIN';
    if (asPath === undefined) withdraw ??= 'no AS_PATH';
    if (circumstances.isInternal && attributes.localPref === undefined) withdraw ??= 'no LOCAL_PREF';
  }
  const common = { asPath: asPath ?? [], originatorId, extendedCommunities, isEndOfRib: isEndOfRib(body, unreach) };
  const withdrawn = unreach ?? [];
  const reached = reach?.nlri ?? [];
  if (withdraw !== undefined) {
    const all = [...withdrawn, ...reached];
    return { ...common, withdrawn: all, reached: [], nextHop: NONE, problems: [...problems, withdraw] };
  }
  return { ...common, withdrawn, reached, nextHop: reach?.nextHop ?? NONE, problems };
}

/** An empty MP_UNREACH_NLRI of the family and nothing else: 6 or 7 octets, by the length's form. */
function isEndOfRib(body: Buffer, unreach: readonly Nlri[] | undefined): boolean {
  return unreach?.length === 0 && body.length <= 4 + 7;
}

export interface Announcement {
  readonly nextHop: Uint8Array;
  readonly extendedCommunities: readonly Uint8Array[];
  readonly nlri: readonly Nlri[];
}

export interface Origin {
  readonly as: number;
  readonly isInternal: boolean;
  readonly hasFourOctetAs: boolean;
}

/**
 * UPDATE messages that announce routes, as few as hold all NLRI. Throws RangeError where the attributes alone fill a message.
 * MP_REACH_NLRI comes first, as RFC 7606 section 5.1 wants it.
 */
export function encodeAnnouncement({ nextHop, extendedCommunities, nlri }: Announcement, origin: Origin): Buffer[] {
  const attributes = Buffer.concat([
    attribute(TRANSITIVE, AttributeType.origin, Buffer.of(2)),
    attribute(TRANSITIVE, AttributeType.asPath, ownPath(origin)),
    ...(origin.isInternal ? [attribute(TRANSITIVE, AttributeType.localPref, Buffer.of(0, 0, 0, 100))] : []),
    ...(extendedCommunities.length === 0
      ? []
      : [attribute(OPTIONAL | TRANSITIVE, AttributeType.extendedCommunities, Buffer.concat(extendedCommunities))]),
  ]);
  const head = Buffer.concat([Buffer.of(0, EVPN.afi, EVPN.safi, nextHop.length), nextHop, Buffer.of(0)]);
  return inMessages(nlri, attributes, (octets) =>
    attribute(OPTIONAL, AttributeType.mpReach, Buffer.concat([head, ...octets])),
  );
}

export function encodeWithdrawal(nlri: readonly Nlri[]): Buffer[] {
  return inMessages(nlri, NONE, (octets) =>
    attribute(OPTIONAL, AttributeType.mpUnreach, Buffer.concat([Buffer.of(0, EVPN.afi, EVPN.safi), ...octets])),
  );
}

export function encodeEndOfRib(): Buffer {
  return message(attribute(OPTIONAL, AttributeType.mpUnreach, Buffer.of(0, EVPN.afi, EVPN.safi)), NONE);
}

/** How many octets of extended communities fit in a message with one NLRI. */
export const COMMUNITIES_MAX = 3200;

function inMessages(nlri: readonly Nlri[], rest: Buffer, wrap: (octets: readonly Buffer[]) => Buffer): Buffer[] {
  const room = MESSAGE_MAX - HEADER - 4 - rest.length - wrap([]).length - 1;
  const messages: Buffer[] = [];
  let octets: Buffer[] = [];
  let length = 0;
  for (const { type, value } of nlri) {
    const one = Buffer.concat([Buffer.of(type, value.length), value]);
    if (length + one.length > room && octets.length > 0) {
      messages.push(message(wrap(octets), rest));
      [octets, length] = [[], 0];
    }
    octets.push(one);
    length += one.length;
  }
  if (octets.length > 0) messages.push(message(wrap(octets), rest));
  return messages;
}

function message(first: Buffer, rest: Buffer): Buffer {
  const lengths = Buffer.alloc(4);
  lengths.writeUInt16BE(first.length + rest.length, 2);
  return encodeMessage(MessageType.update, Buffer.concat([lengths, first, rest]));
}

function attribute(flags: number, type: number, value: Buffer): Buffer {
  if (value.length < 256) return Buffer.concat([Buffer.of(flags, type, value.length), value]);
  return Buffer.concat([Buffer.of(flags | EXTENDED_LENGTH, type, value.length >> 8, value.length & 0xff), value]);
}

/** Empty within the AS; else one sequence with our AS (AS_TRANS where the other end reads 2 octets). */
function ownPath({ as, isInternal, hasFourOctetAs }: Origin): Buffer {
  if (isInternal) return NONE;
  const path = Buffer.alloc(hasFourOctetAs ? 6 : 4);
  path.set([2, 1]);
  if (hasFourOctetAs) path.writeUInt32BE(as, 2);
  else path.writeUInt16BE(as > 0xffff ? 23_456 : as, 2);
  return path;
}
