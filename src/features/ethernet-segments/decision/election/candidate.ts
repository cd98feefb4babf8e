/** Who takes part in an election of the designated forwarder (DF), and in which order addresses come. */
import { addressBytes } from '../../../address.ts';
import type { VlanSet } from '../vlan-set.ts';

/** DF algorithms (registry "DF Alg" of RFC 8584 section 2.2.1 and RFC 9785 section 3). */
export type DfElectionMethod = 'default-7432' | 'highest-random-weight' | 'preference';

export interface Candidate {
  /** Address of the PE as canonical text, IPv4 or IPv6. */
  readonly address: string;
  readonly method: DfElectionMethod;
  /** 0 to 65535, the higher the better (RFC 9785 section 4.1). */
  readonly preference: number;
  /** Don't Preempt: wins among equal preferences (RFC 9785 section 4.1). */
  readonly dontPreempt: boolean;
  /** Whether it takes part in AC-influenced election (RFC 8584 section 4). */
  readonly acDf: boolean;
  /** VLANs whose attachment circuit is up. */
  readonly able: VlanSet;
}

/** Numeric order; IPv4 before IPv6, which RFC 7432 section 8.5 leaves open. Negative: a is the lower. */
export function compareAddresses(a: string, b: string): number {
  const [x, y] = [addressBytes(a), addressBytes(b)];
  return x.length - y.length || Buffer.compare(x, y);
}
