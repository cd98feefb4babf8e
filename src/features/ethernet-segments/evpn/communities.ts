/**
 * Extended communities of EVPN routes, 8 octets each:
 *
 *   00 02, 02 02  route target (RFC 4360, RFC 5668): AS (2 or 4), number (4 or 2)
 *   01 02         route target: IPv4 address (4), number (2)
 *   06 01         ESI label (RFC 7432 section 7.5): flags (1: 1 single-active), reserved (2), label (3)
 *   06 02         ES-Import route target (section 7.6): the first 6 octets of the ESI's value
 *   06 06         DF Election (RFC 8584 section 2.2): reserved (3 bits) and algorithm (5 bits), capabilities (2: 8000 don't
 *                 preempt, 4000 AC-DF), reserved (1), preference (2, RFC 9785 section 3)
 */
import type { DfElectionMethod } from '../decision/election/candidate.ts';
import type { Advert } from '../decision/message.ts';

const EVPN = 0x06;
const SubType = { routeTarget: 0x02, esiLabel: 0x01, esImport: 0x02, dfElection: 0x06 } as const;
const SINGLE_ACTIVE = 1;
const DONT_PREEMPT = 0x8000;
const AC_DF = 0x4000;
/** Registry "DF Alg". */
const METHODS: readonly DfElectionMethod[] = ['default-7432', 'highest-random-weight', 'preference'];

/** What is in the DF Election extended community. */
export type DfElection = Pick<Advert, 'method' | 'acDf' | 'preference' | 'dontPreempt'>;

/** A PE that says nothing (RFC 8584 section 2.2.1). */
export const NO_DF_ELECTION: DfElection = {
  method: 'default-7432',
  acDf: false,
  preference: 32_767,
  dontPreempt: false,
};

export interface Communities {
  /** Route targets, each 16 hexadecimal digits. */
  readonly routeTargets: readonly string[];
  /** ES-Import route targets, each 16 hexadecimal digits. */
  readonly esImports: readonly string[];
  /** undefined: no ESI label. */
  readonly isSingleActive: boolean | undefined;
  readonly dfElection: DfElection;
}

/** Route target of a 2-octet AS and a number, or of a 4-octet AS and a number of 16 bits, as 16 hexadecimal digits. */
export function routeTarget(as: number, number: number): string {
  const octets = Buffer.alloc(8);
  octets[1] = SubType.routeTarget;
  if (as <= 0xffff) {
    octets.writeUInt16BE(as, 2);
    octets.writeUInt32BE(number, 4);
  } else {
    octets[0] = 0x02;
    octets.writeUInt32BE(as, 2);
    octets.writeUInt16BE(number, 6);
  }
  return octets.toString('hex');
}

/** `esi`: 20 hexadecimal digits. Derived for every type of ESI, as most PEs do; RFC 7432 demands it for types 1 to 3. */
export function esImport(esi: string): string {
  return `0602${esi.slice(2, 14)}`;
}

export function esiLabel(isSingleActive: boolean): Buffer {
  return Buffer.of(EVPN, SubType.esiLabel, isSingleActive ? SINGLE_ACTIVE : 0, 0, 0, 0, 0, 0);
}

export function dfElection({ method, acDf, preference, dontPreempt }: DfElection): Buffer {
  const octets = Buffer.of(EVPN, SubType.dfElection, METHODS.indexOf(method), 0, 0, 0, 0, 0);
  octets.writeUInt16BE((dontPreempt ? DONT_PREEMPT : 0) | (acDf ? AC_DF : 0), 3);
  if (method === 'preference') octets.writeUInt16BE(preference, 6);
  return octets;
}

/** Those that are not known are passed over. */
export function decodeCommunities(all: readonly Buffer[]): Communities {
  const routeTargets: string[] = [];
  const esImports: string[] = [];
  const elections: DfElection[] = [];
  let isSingleActive: boolean | undefined;
  for (const octets of all) {
    const [type = 0, subType = 0, third = 0] = octets;
    if (type <= 0x02 && subType === SubType.routeTarget) routeTargets.push(octets.toString('hex'));
    else if (type !== EVPN) continue;
    else if (subType === SubType.esImport) esImports.push(octets.toString('hex'));
    else if (subType === SubType.esiLabel) isSingleActive = (third & SINGLE_ACTIVE) !== 0;
    else if (subType === SubType.dfElection) elections.push(electionOf(octets));
  }
  // Several that say different things say nothing.
  const [first] = elections;
  const isOne = first !== undefined && elections.every((one) => sameElection(one, first));
  return { routeTargets, esImports, isSingleActive, dfElection: isOne ? first : NO_DF_ELECTION };
}

/** An algorithm that we do not know is not the one that all announce: the default one (RFC 8584 section 2.2.1). */
function electionOf(octets: Buffer): DfElection {
  const method = METHODS[octets.readUInt8(2) & 0x1f] ?? 'default-7432';
  const flags = octets.readUInt16BE(3);
  return {
    method,
    acDf: (flags & AC_DF) !== 0,
    dontPreempt: (flags & DONT_PREEMPT) !== 0,
    preference: method === 'preference' ? octets.readUInt16BE(6) : NO_DF_ELECTION.preference,
  };
}

export function sameElection(a: DfElection, b: DfElection): boolean {
  return a.method === b.method && a.acDf === b.acDf && a.preference === b.preference && a.dontPreempt === b.dontPreempt;
}
