/**
 * Path attributes of an UPDATE (RFC 4271 section 4.3): flags (1), type (1), length (1, or 2 with the flag "extended
 * length"), value. What is wrong with one of them costs as little as RFC 7606 allows.
 */
import { type BgpError, bgpError, ErrorCode } from './message.ts';
import { EVPN } from './open.ts';

export const AttributeType = {
  origin: 1,
  asPath: 2,
  nextHop: 3,
  multiExitDisc: 4,
  localPref: 5,
  atomicAggregate: 6,
  aggregator: 7,
  communities: 8,
  originatorId: 9,
  clusterList: 10,
  mpReach: 14,
  mpUnreach: 15,
  extendedCommunities: 16,
  as4Path: 17,
  as4Aggregator: 18,
  largeCommunities: 32,
} as const;

export const OPTIONAL = 0x80;
export const TRANSITIVE = 0x40;
export const EXTENDED_LENGTH = 0x10;

/** Typed NLRI (RFC 7432 section 7): route type (1), length (1), value. */
export interface Nlri {
  readonly type: number;
  readonly value: Buffer;
}

export interface Attributes {
  reach: { readonly nextHop: Buffer; readonly nlri: readonly Nlri[] } | undefined;
  unreach: readonly Nlri[] | undefined;
  hasOrigin: boolean;
  /** All ASs on the path. */
  asPath: readonly number[] | undefined;
  localPref: number | undefined;
  /** 4 octets as a number: who brought the route into the AS (RFC 4456). */
  originatorId: number | undefined;
  /** Each 8 octets. */
  extendedCommunities: readonly Buffer[];
  /** The NLRI count as withdrawn (RFC 7606 section 2), and why. */
  withdraw: string | undefined;
  /** Attributes that were left out, and why. */
  readonly discarded: string[];
}

export interface Circumstances {
  /** The other end is of our AS. */
  readonly isInternal: boolean;
  /** Both ends have ASs of 4 octets. */
  readonly hasFourOctetAs: boolean;
}

/** Flags of those that are known (RFC 7606 section 3c: others are an error). */
const FLAGS: ReadonlyMap<number, number> = new Map([
  [AttributeType.origin, TRANSITIVE],
  [AttributeType.asPath, TRANSITIVE],
  [AttributeType.nextHop, TRANSITIVE],
  [AttributeType.multiExitDisc, OPTIONAL],
  [AttributeType.localPref, TRANSITIVE],
  [AttributeType.atomicAggregate, TRANSITIVE],
  [AttributeType.aggregator, OPTIONAL | TRANSITIVE],
  [AttributeType.communities, OPTIONAL | TRANSITIVE],
  [AttributeType.originatorId, OPTIONAL],
  [AttributeType.clusterList, OPTIONAL],
  [AttributeType.mpReach, OPTIONAL],
  [AttributeType.mpUnreach, OPTIONAL],
  [AttributeType.extendedCommunities, OPTIONAL | TRANSITIVE],
  [AttributeType.as4Path, OPTIONAL | TRANSITIVE],
  [AttributeType.as4Aggregator, OPTIONAL | TRANSITIVE],
  [AttributeType.largeCommunities, OPTIONAL | TRANSITIVE],
]);

export function isError(value: object): value is BgpError {
  return 'subcode' in value;
}

/** All attributes; an error ends the session. */
export function decodeAttributes(octets: Buffer, circumstances: Circumstances): Attributes | BgpError {
  const attributes: Attributes = {
    reach: undefined,
    unreach: undefined,
    hasOrigin: false,
    asPath: undefined,
    localPref: undefined,
    originatorId: undefined,
    extendedCommunities: [],
    withdraw: undefined,
    discarded: [],
  };
  const seen = new Set<number>();
  for (let at = 0; at < octets.length; ) {
    const flags = octets[at] as number;
    const lengthOctets = (flags & EXTENDED_LENGTH) === 0 ? 1 : 2;
    const from = at + 2 + lengthOctets;
    const end = from > octets.length ? from : from + octets.readUIntBE(at + 2, lengthOctets);
    if (end > octets.length) {
      // RFC 7606 section 4: what was read until here is all there is.
      attributes.withdraw ??= 'an attribute that is cut off';
      break;
    }
    const type = octets[at + 1] as number;
    at = end;
    const isMultiprotocol = type === AttributeType.mpReach || type === AttributeType.mpUnreach;
    if (seen.has(type)) {
      if (isMultiprotocol) return malformedList(`attribute ${type} twice`);
      attributes.discarded.push(`attribute ${type} again`);
      continue;
    }
    seen.add(type);
    const expected = FLAGS.get(type);
    if (expected === undefined) {
      if ((flags & OPTIONAL) === 0) return bgpError(ErrorCode.update, 2, `well-known attribute ${type}`);
      continue;
    }
    if ((flags & (OPTIONAL | TRANSITIVE)) !== expected) attributes.withdraw ??= `flags ${flags} of attribute ${type}`;
    const error = take(attributes, type, octets.subarray(from, end), circumstances);
    if (error !== undefined) return error;
  }
  return attributes;
}

function take(
  attributes: Attributes,
  type: number,
  value: Buffer,
  { isInternal, hasFourOctetAs }: Circumstances,
): BgpError | undefined {
  const { length } = value;
  const withdraw = (): void => {
    attributes.withdraw ??= `attribute ${type} of ${length} octets`;
  };
  const discard = (): void => {
    attributes.discarded.push(`attribute ${type}`);
  };
  switch (type) {
    case AttributeType.origin:
      attributes.hasOrigin = true;
      if (length !== 1 || (value[0] as number) > 2) withdraw();
      return undefined;
    case AttributeType.asPath:
      attributes.asPath = asPathOf(value, hasFourOctetAs ? 4 : 2);
      if (attributes.asPath === undefined) withdraw();
      return undefined;
    case AttributeType.nextHop:
    case AttributeType.multiExitDisc:
      if (length !== 4) withdraw();
      return undefined;
    case AttributeType.localPref:
      if (!isInternal) discard();
      else if (length !== 4) withdraw();
      else attributes.localPref = value.readUInt32BE(0);
      return undefined;
    case AttributeType.atomicAggregate:
      if (length !== 0) discard();
      return undefined;
    case AttributeType.aggregator:
      if (length !== (hasFourOctetAs ? 8 : 6)) discard();
      return undefined;
    case AttributeType.communities:
      if (length === 0 || length % 4 !== 0) withdraw();
      return undefined;
    case AttributeType.largeCommunities:
      if (length === 0 || length % 12 !== 0) withdraw();
      return undefined;
    case AttributeType.originatorId:
      if (!isInternal) discard();
      else if (length !== 4) withdraw();
      else attributes.originatorId = value.readUInt32BE(0);
      return undefined;
    case AttributeType.clusterList:
      if (!isInternal) discard();
      else if (length === 0 || length % 4 !== 0) withdraw();
      return undefined;
    case AttributeType.extendedCommunities:
      if (length === 0 || length % 8 !== 0) withdraw();
      else attributes.extendedCommunities = communitiesOf(value);
      return undefined;
    case AttributeType.mpReach:
      return takeReach(attributes, value);
    case AttributeType.mpUnreach: {
      if (length < 3) return optionalError(`MP_UNREACH_NLRI of ${length} octets`);
      if (!isEvpn(value)) return undefined;
      const nlri = nlriOf(value.subarray(3));
      if (nlri === undefined) return optionalError('a withdrawn NLRI that is cut off');
      attributes.unreach = nlri;
      return undefined;
    }
    default:
      return undefined;
  }
}

/** AFI (2), SAFI (1), length of the next hop (1), next hop, reserved (1), NLRI … (RFC 4760 section 3). */
function takeReach(attributes: Attributes, value: Buffer): BgpError | undefined {
  const nextHopLength = value[3] ?? 0;
  const from = 5 + nextHopLength;
  if (from > value.length) return optionalError(`MP_REACH_NLRI of ${value.length} octets`);
  if (!isEvpn(value)) {
    attributes.discarded.push('routes of another family');
    return undefined;
  }
  if (nextHopLength !== 4 && nextHopLength !== 16) return optionalError(`a next hop of ${nextHopLength} octets`);
  const nlri = nlriOf(value.subarray(from));
  if (nlri === undefined) return optionalError('an NLRI that is cut off');
  attributes.reach = { nextHop: value.subarray(4, 4 + nextHopLength), nlri };
  return undefined;
}

function isEvpn(value: Buffer): boolean {
  return value.readUInt16BE(0) === EVPN.afi && value[2] === EVPN.safi;
}

/** undefined: the last one is cut off, and what follows cannot be found (RFC 7606 section 5.3). */
function nlriOf(octets: Buffer): readonly Nlri[] | undefined {
  const all: Nlri[] = [];
  for (let at = 0; at < octets.length; ) {
    const end = at + 2 + (octets[at + 1] ?? octets.length);
    if (end > octets.length) return undefined;
    all.push({ type: octets[at] as number, value: octets.subarray(at + 2, end) });
    at = end;
  }
  return all;
}

/** Segments: type (1: set, sequence, and those of confederations), count (1), ASs. undefined: malformed. */
function asPathOf(octets: Buffer, asOctets: 2 | 4): readonly number[] | undefined {
  const path: number[] = [];
  for (let at = 0; at < octets.length; ) {
    const [type = 0, count = 0] = [octets[at], octets[at + 1]];
    const end = at + 2 + count * asOctets;
    if (type < 1 || type > 4 || count === 0 || end > octets.length) return undefined;
    for (at += 2; at < end; at += asOctets) path.push(octets.readUIntBE(at, asOctets));
  }
  return path;
}

function communitiesOf(octets: Buffer): readonly Buffer[] {
  return Array.from({ length: octets.length / 8 }, (_, at) => octets.subarray(at * 8, at * 8 + 8));
}

function malformedList(text: string): BgpError {
  return bgpError(ErrorCode.update, 1, text);
}

function optionalError(text: string): BgpError {
  return bgpError(ErrorCode.update, 9, text);
}
