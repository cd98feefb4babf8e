/** A step's working copy of the state, and what it asks for. Lives for one step: nothing outside holds one. */
import type { Advert, Message, Probe } from './message.ts';
import type { Cause, Output } from './output.ts';
import type { Attempt, Peer, State } from './state.ts';
import { difference, intersection, isEmpty, NO_VLANS, union, type VlanSet } from './vlan-set.ts';

export type Draft = { -readonly [Name in keyof State]: State[Name] } & { readonly out: Output[] };

export function peerOf(draft: Draft, address: string): Peer | undefined {
  return draft.peers.find((peer) => peer.address === address);
}

export function changePeer(draft: Draft, address: string, change: Partial<Peer>): void {
  draft.peers = draft.peers.map((peer) => (peer.address === address ? { ...peer, ...change } : peer));
}

/** Peers that could forward without our hearing of it by a session. */
export function unreachable(draft: Draft): readonly Peer[] {
  return draft.peers.filter(({ hasSession, hasLeft }) => !hasSession && !hasLeft);
}

export function synced(draft: Draft): readonly Peer[] {
  return draft.peers.filter(({ isSynced }) => isSynced);
}

export function takeId(draft: Draft): number {
  draft.nextId += 1;
  return draft.nextId - 1;
}

export function send(draft: Draft, peer: string, message: Message): void {
  draft.out.push({ type: 'send', peer, message });
}

/** To every peer that has our `sync`. */
export function sendAll(draft: Draft, message: Message): void {
  for (const { address, hasSession } of draft.peers) if (hasSession) send(draft, address, message);
}

export function probe(draft: Draft, kind: Probe['kind'], vlans: VlanSet): void {
  if (!isEmpty(vlans)) draft.out.push({ type: 'probe', probe: { kind, vlans, stamp: draft.stamp } });
}

export function setTimer(draft: Draft, timer: string, afterMs: number): void {
  draft.out.push({ type: 'timer', timer, afterMs });
}

/** Orders the block of those of `vlans` that are open. */
export function close(draft: Draft, vlans: VlanSet, cause: Cause, redirectTo?: string): void {
  const closing = intersection(vlans, draft.open);
  if (isEmpty(closing)) return;
  draft.open = difference(draft.open, closing);
  draft.opening = difference(draft.opening, closing);
  draft.closing = union(draft.closing, closing);
  const order = takeId(draft);
  const how = redirectTo === undefined ? { cause } : { cause, redirectTo };
  draft.orders = new Map(draft.orders).set(order, { kind: 'block', vlans: closing, ...how });
  draft.out.push({ type: 'block', order, vlans: closing, ...how });
}

/** Orders the release, and says so on the CE path at once: a PE that listens must not release too. */
export function open(draft: Draft, vlans: VlanSet): void {
  if (isEmpty(vlans)) return;
  draft.open = union(draft.open, vlans);
  draft.opening = union(draft.opening, vlans);
  draft.handedOver = difference(draft.handedOver, vlans);
  const order = takeId(draft);
  draft.orders = new Map(draft.orders).set(order, { kind: 'release', vlans, cause: 'election' });
  draft.out.push({ type: 'release', order, vlans });
  probe(draft, 'forwarding', vlans);
}

/** Withdraws attempts on `vlans`, from the peers that were asked too. */
export function cancel(draft: Draft, vlans: VlanSet): void {
  const attempts: Attempt[] = [];
  for (const attempt of draft.attempts) {
    const gone = intersection(attempt.vlans, vlans);
    if (isEmpty(gone)) {
      attempts.push(attempt);
      continue;
    }
    const vlansLeft = difference(attempt.vlans, gone);
    if (!isEmpty(vlansLeft)) attempts.push({ ...attempt, vlans: vlansLeft });
    for (const [address, claimed] of attempt.claimed) {
      const given = intersection(claimed, gone);
      if (!isEmpty(given)) send(draft, address, { type: 'relinquish', vlans: given });
    }
  }
  draft.attempts = attempts;
}

/** Withdraws attempts on `vlans` until the retry timer. */
export function defer(draft: Draft, vlans: VlanSet): void {
  if (isEmpty(vlans)) return;
  cancel(draft, vlans);
  draft.deferred = union(draft.deferred, vlans);
  if (draft.isRetryArmed) return;
  draft.isRetryArmed = true;
  // Two PEs that hinder each other do not try again at the same time.
  const rank = draft.peers.filter(({ isLower }) => isLower).length;
  setTimer(draft, 'retry', draft.segment.timers.retryMs + rank * 2 * draft.segment.timers.queryMs);
}

/** Who can be reached changed: what was found out on another path, or granted, counts no more. */
export function startOver(draft: Draft): void {
  for (const { vlans } of draft.attempts) cancel(draft, vlans);
  draft.deferred = NO_VLANS;
}

/** VLANs that the PE could forward now, whoever is elected. */
export function serviceable(draft: Draft): VlanSet {
  if (!draft.isUp || draft.isLeaving || draft.tracking === 'isolated') return NO_VLANS;
  return difference(difference(draft.vlans, draft.circuitsDown), draft.commandBlocked);
}

/** What we say of ourselves as a candidate. Before DF_DONE: for what is forwarded since before the start. */
export function ownAdvert(draft: Draft): Advert {
  const { method, acDf } = draft.segment;
  const { preference, dontPreempt } = draft.inUse;
  const able = serviceable(draft);
  return {
    method,
    preference,
    dontPreempt,
    acDf,
    able: draft.phase === 'DF_DONE' ? able : intersection(able, draft.open),
    draining: draft.isDraining,
    pins: draft.pins,
  };
}
