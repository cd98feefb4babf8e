/**
 * PEs that speak EVPN and not our exchange (RFC 7432, RFC 8584). Such a PE is known by its routes, it forwards what it is elected
 * for, it grants nothing and answers no queries. So:
 * - what it is elected for is blocked here at once, and what we give up is announced once the engine blocks it;
 * - what it may have forwarded is released only after it had `foreignSettleMs` to act on our routes, unless it says itself
 *   that it does not forward it, or is dead;
 * - pins, draining and "not revertive" hold among ours alone: the election is that of the RFCs.
 * What that guarantees: ../README.md.
 */
import { cancel, changePeer, close, type Draft, ownAdvert, peerOf, setTimer, startOver } from './draft.ts';
import { compareAddresses } from './election/candidate.ts';
import type { Advert } from './message.ts';
import { sameAdvert } from './roles.ts';
import { isCandidate, mayForward, newPeer, type Peer } from './state.ts';
import { difference, intersection, isEmpty, NO_VLANS, union, type VlanSet } from './vlan-set.ts';

/** Its routes, or that it withdrew its ES route. An address of ours is none of a foreign PE. */
export function onForeign(draft: Draft, address: string, advert: Advert | undefined): void {
  const { foreign, address: own } = draft.segment;
  const before = peerOf(draft, address);
  if (foreign === undefined || address === own || before?.isForeign === false) return;
  if (advert === undefined) {
    if (before === undefined) return;
    if (foreign.includes(address)) {
      changePeer(draft, address, { advert, isStale: false, hasLeft: true, unsettled: NO_VLANS });
    } else draft.peers = draft.peers.filter((peer) => peer !== before);
    startOver(draft);
    return;
  }
  const peer = before ?? newPeer(address, own, true);
  if (before === undefined) {
    draft.peers = [...draft.peers, peer].sort((a, b) => compareAddresses(a.address, b.address));
  }
  // Until it has our routes it is the DF of all that it can serve, as far as it knows.
  const isNew = peer.advert === undefined || peer.isStale;
  const fresh = isNew ? advert.able : difference(advert.able, peer.advert?.able ?? NO_VLANS);
  const unsettled = union(intersection(peer.unsettled, advert.able), fresh);
  changePeer(draft, address, { advert, isStale: false, hasLeft: false, unsettled });
  if (isNew) startOver(draft);
}

/** Its routes were lost with a BGP session: while it lives they still hold for a time. */
export function onForeignLost(draft: Draft, { address, alive, advert }: Peer): void {
  if (advert === undefined) return;
  changePeer(draft, address, { isStale: true, ...(alive ? {} : { advert: undefined }) });
  if (alive) setTimer(draft, `session:${address}`, draft.segment.timers.sessionWaitMs);
}

export function onForeignLiveness(draft: Draft, { address, advert, isStale, unsettled }: Peer, alive: boolean): void {
  // It may have taken us for dead meanwhile.
  if (alive) changePeer(draft, address, { alive, unsettled: union(unsettled, advert?.able ?? NO_VLANS) });
  else changePeer(draft, address, { alive, ...(isStale ? { advert: undefined } : {}) });
  startOver(draft);
}

/** It was heard on the CE path, such as by frames from the transfer network: it does not yield, so we do. */
export function onForeignForwarding(draft: Draft, { address, unsettled }: Peer, vlans: VlanSet): void {
  changePeer(draft, address, { unsettled: union(unsettled, vlans) });
  cancel(draft, vlans);
  close(draft, vlans, 'conflict');
}

/** What a foreign PE is elected for it releases without asking: in whatever phase we are, we block it. */
export function yieldToForeign(draft: Draft): void {
  for (const { address, isForeign, unsettled } of draft.peers) {
    const its = isForeign ? (draft.elected.get(address) ?? NO_VLANS) : NO_VLANS;
    if (isEmpty(its)) continue;
    if (!isEmpty(difference(its, unsettled))) changePeer(draft, address, { unsettled: union(unsettled, its) });
    close(draft, its, 'election');
  }
}

/** What foreign PEs that live, and whose routes are here, may still forward. */
export function unsettled(draft: Draft): VlanSet {
  return draft.peers.reduce<VlanSet>(
    (all, peer) => (peer.isForeign && isCandidate(peer) ? union(all, peer.unsettled) : all),
    NO_VLANS,
  );
}

export function settled(draft: Draft, vlans: VlanSet): void {
  for (const peer of draft.peers) {
    if (peer.isForeign && isCandidate(peer)) {
      changePeer(draft, peer.address, { unsettled: difference(peer.unsettled, vlans) });
    }
  }
}

/** Tells foreign PEs what we are as a candidate, where that changed. */
export function announce(draft: Draft): void {
  if (draft.segment.foreign === undefined) return;
  const advert = announcement(draft);
  const { announced } = draft;
  if (advert === undefined ? announced === undefined : announced !== undefined && sameAdvert(advert, announced)) return;
  draft.announced = advert;
  draft.out.push({ type: 'announce', advert });
}

/** An advert that waits for the engine: the values of preference are those of before. */
export function isAnnouncementDue({ announced, inUse }: Draft): boolean {
  if (announced === undefined) return false;
  return announced.preference !== inUse.preference || announced.dontPreempt !== inUse.dontPreempt;
}

/** What we give up stays in it until the engine blocks it: who hears that it is gone releases at once. */
function announcement(draft: Draft): Advert | undefined {
  const { announced, closing } = draft;
  const own = ownAdvert(draft);
  // A PE that drains serves what nobody else does.
  const offered =
    draft.phase !== 'DF_DONE'
      ? NO_VLANS
      : own.draining
        ? intersection(own.able, draft.elected.get(draft.segment.address) ?? NO_VLANS)
        : own.able;
  const kept = announced === undefined ? NO_VLANS : intersection(announced.able, mayForward(draft));
  const able = union(offered, kept);
  if (isEmpty(able)) return undefined;
  const { preference, dontPreempt } = announced !== undefined && !isEmpty(closing) ? announced : own;
  return { ...own, preference, dontPreempt, able, draining: false, pins: [] };
}
