/** What the decision hears of a foreign PE whose routes changed. */
import type { Advert } from '../decision/message.ts';
import { sameAdvert } from '../decision/roles.ts';
import type { ForeignPes } from './foreign-pes.ts';
import type { EvpnSegment } from './segment.ts';

export interface Told {
  readonly pes: ForeignPes;
  /** What the decision was told of each PE; undefined: that it is lost. */
  readonly told: Map<string, Advert | undefined>;
}

export interface Telling {
  /** Its routes went with a session. */
  readonly isLost: boolean;
  /** By its ES route, or as BFD says. */
  readonly liveness: 'bgp' | { readonly isAlive: boolean };
}

/** PEs that are lost and never come back do not stay for ever. */
const LOST_MAX = 64;

export function tell(
  { pes, told }: Told,
  take: EvpnSegment['take'],
  address: string,
  { isLost, liveness }: Telling,
): void {
  const advert = pes.advertOf(address);
  const before = told.get(address);
  const isByBgp = liveness === 'bgp';
  if (advert !== undefined) {
    if (before !== undefined && sameAdvert(before, advert)) return;
    const isNew = before === undefined;
    told.set(address, advert);
    take({ type: 'foreign', peer: address, advert });
    if (isNew && (isByBgp || liveness.isAlive)) take({ type: 'liveness', peer: address, alive: true });
    return;
  }
  if (!told.has(address)) return;
  if (!isLost) {
    told.delete(address);
    take({ type: 'foreign', peer: address, advert: undefined });
    if (isByBgp) take({ type: 'liveness', peer: address, alive: false });
    return;
  }
  if (before === undefined) return;
  told.set(address, undefined);
  if (isByBgp) take({ type: 'liveness', peer: address, alive: false });
  take({ type: 'session', peer: address, up: false });
  forgetLost(told, take);
}

function forgetLost(told: Told['told'], take: EvpnSegment['take']): void {
  const lost = [...told].filter(([, advert]) => advert === undefined).map(([address]) => address);
  for (const peer of lost.slice(0, Math.max(0, lost.length - LOST_MAX))) {
    told.delete(peer);
    take({ type: 'foreign', peer, advert: undefined });
  }
}
