/** The DF of each VLAN, by the algorithm that all candidates announce. Pure. */
import {
  difference,
  hasVlan,
  intersection,
  isEmpty,
  NO_VLANS,
  union,
  type VlanSet,
  vlanSet,
  vlansOf,
} from '../vlan-set.ts';
import { type Candidate, compareAddresses, type DfElectionMethod } from './candidate.ts';
import { comparePreference } from './preference.ts';
import { addressWord, digest, weight } from './weight.ts';

/** VLANs by the address of their DF. A VLAN that no candidate serves is in none. */
export type Elected = ReadonlyMap<string, VlanSet>;

/**
 * The DFs of `vlans`. Where the candidates do not all announce the same algorithm, it is the default one (RFC 8584 section
 * 2.2.1); attachment circuits count where all candidates say so (section 4).
 */
export function elect(candidates: readonly Candidate[], vlans: VlanSet, esi: Uint8Array): Elected {
  const ordered = [...candidates].sort((a, b) => compareAddresses(a.address, b.address));
  const acDf = ordered.every((candidate) => candidate.acDf);
  const able = ordered.map((candidate) => (acDf ? intersection(candidate.able, vlans) : vlans));
  switch (agreedMethod(ordered)) {
    case 'preference':
      return byPreference(ordered, able);
    case 'default-7432':
      return byVlan(ordered, able, (vlan, among) => among[vlan % among.length] as number);
    case 'highest-random-weight': {
      const words = ordered.map(({ address }) => addressWord(address));
      return byVlan(ordered, able, (vlan, among) => heaviest(words, digest(vlan, esi), among));
    }
  }
}

export function agreedMethod(candidates: readonly Candidate[]): DfElectionMethod {
  const [first] = candidates;
  return first !== undefined && candidates.every(({ method }) => method === first.method)
    ? first.method
    : 'default-7432';
}

/** One order for all VLANs: each candidate gets what the better ones cannot serve. */
function byPreference(ordered: readonly Candidate[], able: readonly VlanSet[]): Elected {
  const elected = new Map<string, VlanSet>();
  let taken = NO_VLANS;
  const places = ordered.map((candidate, at) => ({ candidate, at }));
  for (const { candidate, at } of places.sort((a, b) => comparePreference(a.candidate, b.candidate))) {
    elected.set(candidate.address, difference(able[at] as VlanSet, taken));
    taken = union(taken, able[at] as VlanSet);
  }
  return elected;
}

/** VLAN by VLAN. Those that all candidates serve share one list of candidates. */
function byVlan(
  ordered: readonly Candidate[],
  able: readonly VlanSet[],
  choose: (vlan: number, among: readonly number[]) => number,
): Elected {
  const won: number[][] = ordered.map(() => []);
  const all = ordered.map((_, at) => at);
  const shared = able.length === 0 ? NO_VLANS : able.reduce(intersection);
  for (const vlan of vlansOf(shared)) won[choose(vlan, all)]?.push(vlan);
  for (const vlan of vlansOf(difference(able.reduce(union, NO_VLANS), shared))) {
    const among = all.filter((at) => hasVlan(able[at] as VlanSet, vlan));
    won[choose(vlan, among)]?.push(vlan);
  }
  return new Map(ordered.map(({ address }, at) => [address, vlanSet(won[at] ?? [])]));
}

/** Addresses are in ascending order: the first of equal weights has the lowest. */
function heaviest(words: readonly number[], vlanDigest: number, among: readonly number[]): number {
  let best = -1;
  let highest = -1;
  for (const at of among) {
    const its = weight(words[at] as number, vlanDigest);
    if (its > highest) [best, highest] = [at, its];
  }
  return best;
}

/** The DF of one VLAN, for people and state. */
export function dfOf(elected: Elected, vlan: number): string | undefined {
  for (const [address, vlans] of elected) if (!isEmpty(vlans) && hasVlan(vlans, vlan)) return address;
  return undefined;
}
