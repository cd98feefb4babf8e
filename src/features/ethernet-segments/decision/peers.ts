/** Sessions, liveness and messages of peers. */
import { onClaim, onGrant, withoutVlans } from './claims.ts';
import { changePeer, close, type Draft, ownAdvert, peerOf, send, sendAll, setTimer, startOver } from './draft.ts';
import { onForeignLiveness, onForeignLost } from './foreign.ts';
import type { Message } from './message.ts';
import { sameAdvert } from './roles.ts';
import { hasForeign, mayForward, type Peer } from './state.ts';
import { difference, intersection, isEmpty, NO_VLANS, union } from './vlan-set.ts';

const withoutSession = {
  hasSession: false,
  isSynced: false,
  forwarding: NO_VLANS,
  granted: NO_VLANS,
  claims: [],
} as const satisfies Partial<Peer>;

export function onSession(draft: Draft, address: string, isUp: boolean): void {
  const peer = peerOf(draft, address);
  if (peer === undefined) return;
  if (peer.isForeign) {
    if (!isUp) onForeignLost(draft, peer);
    return;
  }
  if (!isUp && !peer.hasSession) return;
  if (isUp) draft.early = undefined;
  changePeer(draft, address, { ...withoutSession, hasSession: isUp });
  startOver(draft);
  if (isUp) {
    draft.advertised = ownAdvert(draft);
    send(draft, address, {
      type: 'sync',
      advert: draft.advertised,
      forwarding: mayForward(draft),
      stamp: draft.stamp,
    });
  } else if (!peer.alive || hasForeign(draft)) changePeer(draft, address, { advert: undefined });
  else setTimer(draft, `session:${address}`, draft.segment.timers.sessionWaitMs);
}

/** A peer that lives came back with no session: it is no candidate any more. */
export function onSessionWait(draft: Draft, address: string): void {
  const peer = peerOf(draft, address);
  if (peer?.hasSession === false && (!peer.isForeign || peer.isStale))
    changePeer(draft, address, { advert: undefined });
}

export function onLiveness(draft: Draft, address: string, alive: boolean): void {
  const peer = peerOf(draft, address);
  if (peer === undefined || peer.alive === alive) return;
  if (peer.isForeign) {
    onForeignLiveness(draft, peer, alive);
    return;
  }
  if (alive) {
    changePeer(draft, address, { alive, hasLeft: false });
    startOver(draft);
    return;
  }
  changePeer(draft, address, { alive });
  if (peer.hasSession) draft.out.push({ type: 'reset-session', peer: address });
  changePeer(draft, address, { ...withoutSession, advert: undefined });
  startOver(draft);
}

/** Takes a message; one that comes without a session or before its `sync` is dropped. */
export function onMessage(draft: Draft, address: string, message: Message): void {
  const peer = peerOf(draft, address);
  if (peer === undefined || !peer.hasSession || (!peer.isSynced && message.type !== 'sync')) return;
  switch (message.type) {
    case 'sync': {
      const { advert, forwarding, stamp } = message;
      changePeer(draft, address, {
        isSynced: true,
        hasLeft: false,
        advert,
        forwarding,
        freshFrom: Math.max(peer.freshFrom, stamp),
      });
      startOver(draft);
      if (peer.isLower) close(draft, forwarding, 'conflict');
      // It said so to a session that was lost.
      handedOver(draft, intersection(draft.handedOver, forwarding));
      return;
    }
    case 'advert':
      changePeer(draft, address, { advert: message.advert });
      return;
    case 'state': {
      const { opened, closed, stamp } = message;
      changePeer(draft, address, {
        forwarding: difference(union(peer.forwarding, opened), closed),
        granted: difference(peer.granted, closed),
        freshFrom: isEmpty(closed) ? peer.freshFrom : Math.max(peer.freshFrom, stamp),
      });
      draft.deferred = difference(draft.deferred, closed);
      handedOver(draft, intersection(draft.handedOver, opened));
      return;
    }
    case 'claim':
      onClaim(draft, peer, message);
      return;
    case 'grant':
      // Who grants has given up what it was granted.
      changePeer(draft, address, {
        granted: difference(peer.granted, message.vlans),
        freshFrom: Math.max(peer.freshFrom, message.stamp),
      });
      onGrant(draft, address, message.id, message.vlans);
      return;
    case 'relinquish':
      changePeer(draft, address, {
        granted: difference(peer.granted, message.vlans),
        claims: withoutVlans(peer.claims, message.vlans),
      });
      // What we gave up for its sake can be tried at once.
      draft.deferred = difference(draft.deferred, message.vlans);
      return;
    case 'leave':
      changePeer(draft, address, {
        hasLeft: true,
        advert: undefined,
        forwarding: NO_VLANS,
        granted: NO_VLANS,
        claims: [],
      });
      startOver(draft);
  }
}

/** The new forwarder says that it forwards: now the CE hears from us too that we do not. */
function handedOver(draft: Draft, vlans: ReturnType<typeof intersection>): void {
  if (isEmpty(vlans)) return;
  draft.handedOver = difference(draft.handedOver, vlans);
  draft.out.push({ type: 'notify', vlans, state: 'disabled', cause: 'election' });
}

/** Tells the peers what we are as a candidate, where that changed. */
export function advertise(draft: Draft): void {
  const advert = ownAdvert(draft);
  if (sameAdvert(advert, draft.advertised)) return;
  draft.advertised = advert;
  sendAll(draft, { type: 'advert', advert });
}
