/** The handshake: claims of peers are answered, own attempts go through listening and claims to a release. */
import {
  cancel,
  changePeer,
  close,
  type Draft,
  defer,
  open,
  probe,
  send,
  setTimer,
  synced,
  takeId,
  unreachable,
} from './draft.ts';
import { isAnnouncementDue, settled, unsettled } from './foreign.ts';
import { wanted } from './roles.ts';
import { type Attempt, attempted, type Claim, mayForward, type Peer } from './state.ts';
import { difference, intersection, isEmpty, NO_VLANS, union, type VlanSet } from './vlan-set.ts';

/** Drops attempts on what is wanted no more, begins those on what is wanted and not under way. */
export function attempt(draft: Draft): void {
  const vlans = wanted(draft);
  cancel(draft, difference(attempted(draft), vlans));
  const settling = unsettled(draft);
  for (const { stage, vlans: its } of draft.attempts) if (stage === 'settle') cancel(draft, difference(its, settling));
  const begun = union(union(mayForward(draft), attempted(draft)), draft.deferred);
  const fresh = difference(vlans, begun);
  begin(draft, difference(fresh, settling));
  // From when they have our routes.
  if (!isAnnouncementDue(draft)) settle(draft, intersection(fresh, settling));
}

function settle(draft: Draft, vlans: VlanSet): void {
  if (isEmpty(vlans)) return;
  const id = takeId(draft);
  draft.attempts = [...draft.attempts, newAttempt(id, vlans, 'settle')];
  setTimer(draft, `settle:${id}`, draft.segment.timers.foreignSettleMs);
}

/** Foreign PEs have had their time: what is still wanted begins anew, with listening. */
export function onSettled(draft: Draft, id: number): void {
  const found = draft.attempts.find((one) => one.id === id && one.stage === 'settle');
  if (found === undefined) return;
  settled(draft, found.vlans);
  cancel(draft, found.vlans);
}

function begin(draft: Draft, fresh: VlanSet): void {
  if (isEmpty(fresh)) return;
  const id = takeId(draft);
  const isHeard = unreachable(draft).length === 0;
  draft.attempts = [...draft.attempts, newAttempt(id, fresh, isHeard ? 'claim' : 'listen')];
  if (isHeard) beginClaim(draft, id);
  else {
    listen(draft, id, fresh, patience(draft));
    checkCore(draft, id);
  }
}

export function newAttempt(id: number, vlans: VlanSet, stage: Attempt['stage']): Attempt {
  const none = new Map<string, VlanSet>();
  const heard = { isListened: false, isCoreChecked: false, isRepeated: false, standby: none };
  return { id, vlans, stage, ...heard, claimed: none, granted: none };
}

/** The claims themselves follow in `advance`; where there is nobody to ask, the release. */
export function beginClaim(draft: Draft, id: number): void {
  changeAttempt(draft, id, { stage: 'claim' });
  if (draft.peers.some(({ hasSession }) => hasSession)) setTimer(draft, `claim:${id}`, draft.segment.timers.claimMs);
}

/** Three queries, and the end of listening; `times`: so much longer than usual. */
export function listen(draft: Draft, id: number, vlans: VlanSet, times = 1): void {
  const { queryMs, listenMs } = draft.segment.timers;
  probe(draft, 'query', vlans);
  setTimer(draft, `query:${id}:1`, times * queryMs);
  setTimer(draft, `query:${id}:2`, times * 2 * queryMs);
  setTimer(draft, `listen:${id}`, times * listenMs);
}

/** Whether it is we who are cut off: asked while we listen. */
export function checkCore(draft: Draft, id: number): void {
  draft.out.push({ type: 'check-core', id });
}

/** A peer that lived though it was silent on both paths, starved or congested, gets more time to answer, each time twice as much. */
export function patience(draft: Draft): number {
  return 2 ** Math.max(0, ...unreachable(draft).map(({ misjudged }) => misjudged));
}

/** Sends the claims that are due and releases what all have granted. */
export function advance(draft: Draft): void {
  const sessions = draft.peers.filter(({ hasSession }) => hasSession);
  const asks = sessions.map(({ address }) => address);
  for (const { id } of draft.attempts.filter(({ stage }) => stage === 'claim')) {
    for (const peer of sessions) {
      const found = draft.attempts.find((one) => one.id === id);
      if (found === undefined || !peer.isSynced) continue;
      const claim = difference(due(found, peer, sessions), found.claimed.get(peer.address) ?? NO_VLANS);
      if (isEmpty(claim)) continue;
      changeAttempt(draft, id, { claimed: added(found.claimed, peer.address, claim) });
      send(draft, peer.address, { type: 'claim', id, vlans: claim, asks });
    }
    const found = draft.attempts.find((one) => one.id === id);
    if (found === undefined) continue;
    const granted = sessions.reduce(
      (all, { address }) => intersection(all, found.granted.get(address) ?? NO_VLANS),
      found.vlans,
    );
    if (isEmpty(granted)) continue;
    const left = difference(found.vlans, granted);
    if (isEmpty(left)) draft.attempts = draft.attempts.filter((one) => one !== found);
    else changeAttempt(draft, id, { vlans: left });
    open(draft, granted);
  }
}

/** A forwarder is asked last, once all others have granted: it blocks at once, and then nobody may keep us waiting. */
function due({ vlans, granted }: Attempt, peer: Peer, sessions: readonly Peer[]): VlanSet {
  let last = intersection(vlans, peer.forwarding);
  for (const { address } of sessions) {
    if (address !== peer.address) last = intersection(last, granted.get(address) ?? NO_VLANS);
  }
  return union(difference(vlans, peer.forwarding), last);
}

/** Grants what can be granted, of all claims. */
export function answer(draft: Draft): void {
  for (const { address, claims } of synced(draft)) {
    for (const claim of claims) {
      const granted = grantable(draft, address, claim);
      if (isEmpty(granted)) continue;
      const peer = draft.peers.find((one) => one.address === address) as Peer;
      changePeer(draft, address, {
        granted: union(peer.granted, granted),
        claims: withoutVlans(peer.claims, granted),
      });
      send(draft, address, { type: 'grant', id: claim.id, vlans: granted, stamp: draft.stamp });
    }
  }
}

function grantable(draft: Draft, address: string, claim: Claim): VlanSet {
  const claimer = draft.peers.find((one) => one.address === address) as Peer;
  let vlans = claim.vlans;
  for (const other of synced(draft)) {
    if (other.address === address || claim.asks.includes(other.address)) continue;
    vlans = difference(vlans, union(other.forwarding, other.granted));
  }
  // Both want it: the lower address goes on.
  const contended = intersection(vlans, attempted(draft));
  if (!isEmpty(contended)) {
    if (claimer.isLower) defer(draft, contended);
    else vlans = difference(vlans, contended);
  }
  // A forwarder yields to the DF alone.
  close(draft, intersection(vlans, draft.elected.get(address) ?? NO_VLANS), 'election', address);
  return difference(vlans, mayForward(draft));
}

/** A grant of a peer. */
export function onGrant(draft: Draft, address: string, id: number, vlans: VlanSet): void {
  const found = draft.attempts.find((one) => one.id === id);
  if (found !== undefined) changeAttempt(draft, id, { granted: added(found.granted, address, vlans) });
  // The peer holds back for us what we do not want any more.
  const given = difference(vlans, union(attempted(draft), mayForward(draft)));
  if (!isEmpty(given)) send(draft, address, { type: 'relinquish', vlans: given });
}

export function onClaim(draft: Draft, peer: Peer, claim: Claim): void {
  changePeer(draft, peer.address, { claims: [...withoutVlans(peer.claims, claim.vlans), claim] });
}

/** The claim time is over: grants that came are stale (../README.md). */
export function onClaimTimeout(draft: Draft, id: number): void {
  const found = draft.attempts.find((one) => one.id === id);
  if (found !== undefined) defer(draft, found.vlans);
}

export function changeAttempt(draft: Draft, id: number, change: Partial<Attempt>): void {
  draft.attempts = draft.attempts.map((one) => (one.id === id ? { ...one, ...change } : one));
}

export function withoutVlans(claims: readonly Claim[], vlans: VlanSet): readonly Claim[] {
  return claims
    .map((claim) => ({ ...claim, vlans: difference(claim.vlans, vlans) }))
    .filter((claim) => !isEmpty(claim.vlans));
}

/** The map with `vlans` added under `address`. */
export function added(
  map: ReadonlyMap<string, VlanSet>,
  address: string,
  vlans: VlanSet,
): ReadonlyMap<string, VlanSet> {
  return new Map(map).set(address, union(map.get(address) ?? NO_VLANS, vlans));
}
