/** The CE path: what probes say, when listening ends, and the guard of a forwarder that nobody may hear. */
import { added, beginClaim, changeAttempt, listen, patience } from './claims.ts';
import {
  changePeer,
  close,
  type Draft,
  defer,
  peerOf,
  probe,
  setTimer,
  startOver,
  takeId,
  unreachable,
} from './draft.ts';
import { onForeignForwarding } from './foreign.ts';
import type { Probe } from './message.ts';
import {
  type Attempt,
  attempted,
  contended,
  FORGIVE_MS,
  isCandidate,
  MISJUDGED_MOST,
  mayForward,
  type Peer,
} from './state.ts';
import { difference, intersection, isEmpty, NO_VLANS, union, type VlanSet } from './vlan-set.ts';

/** Takes a probe of another PE. Probes of addresses that are no peer are not for us. */
export function onProbe(draft: Draft, from: string, heard: Probe): void {
  const before = peerOf(draft, from);
  if (before === undefined) return;
  if (before.hasLeft) {
    // It is back, and we have not reached it yet.
    changePeer(draft, from, { hasLeft: false });
    startOver(draft);
  }
  const peer = { ...before, hasLeft: false };
  const { guard } = draft;
  if (guard?.isListening) draft.guard = { ...guard, heard: added(guard.heard, from, heard.vlans) };
  switch (heard.kind) {
    case 'forwarding':
      if (heard.stamp >= peer.freshFrom) onForwarding(draft, peer, heard.vlans);
      return;
    case 'standby':
      onStandby(draft, peer, heard.vlans);
      return;
    case 'blocked':
      onStandby(draft, peer, heard.vlans);
      if (!peer.hasSession) draft.deferred = difference(draft.deferred, heard.vlans);
      return;
    case 'claiming':
      if (peer.isLower) yieldTo(draft, heard.vlans);
      return;
    case 'query':
      onQuery(draft, peer, intersection(heard.vlans, draft.vlans));
  }
}

function onForwarding(draft: Draft, peer: Peer, vlans: VlanSet): void {
  if (peer.isForeign) {
    onForeignForwarding(draft, peer, vlans);
    return;
  }
  const both = intersection(vlans, draft.open);
  if (peer.isLower) close(draft, both, 'conflict');
  else probe(draft, 'forwarding', both);
  leaveEarly(draft, vlans);
  if (!isEmpty(both) && !peer.hasSession) onMisjudged(draft, peer);
  // With a session the handshake decides: it may be about to block for us.
  if (!peer.hasSession) defer(draft, intersection(vlans, attempted(draft)));
}

/** We forward what a PE without a session forwards too: one of us took the other for dead. */
function onMisjudged(draft: Draft, { address, misjudged }: Peer): void {
  changePeer(draft, address, { misjudged: Math.min(misjudged + 1, MISJUDGED_MOST) });
  setTimer(draft, `forgive:${address}`, FORGIVE_MS);
}

/** No misjudgement for so long. */
export function onForgiven(draft: Draft, address: string): void {
  changePeer(draft, address, { misjudged: 0 });
}

function onStandby(draft: Draft, peer: Peer, vlans: VlanSet): void {
  for (const { id, stage, standby } of draft.attempts) {
    if (stage !== 'claim') changeAttempt(draft, id, { standby: added(standby, peer.address, vlans) });
  }
}

function onQuery(draft: Draft, peer: Peer, vlans: VlanSet): void {
  if (peer.isLower) yieldTo(draft, vlans);
  else probe(draft, 'claiming', intersection(vlans, contended(draft)));
  probe(draft, 'forwarding', intersection(vlans, mayForward(draft)));
  probe(draft, 'standby', difference(difference(vlans, mayForward(draft)), contended(draft)));
}

/** The other asks for them too, and goes on. */
function yieldTo(draft: Draft, vlans: VlanSet): void {
  leaveEarly(draft, vlans);
  defer(draft, intersection(vlans, attempted(draft)));
}

/** What is not free has to be asked for anew. */
function leaveEarly(draft: Draft, vlans: VlanSet): void {
  if (draft.early !== undefined) draft.early = { ...draft.early, vlans: difference(draft.early.vlans, vlans) };
}

/** A query of an attempt that is due again. */
export function onQueryTimer(draft: Draft, id: number): void {
  const found = draft.attempts.find((one) => one.id === id);
  if (found !== undefined && isListening(found)) probe(draft, 'query', found.vlans);
  if (draft.early?.id === id) probe(draft, 'query', draft.early.vlans);
  if (draft.guard?.id === id && draft.guard.isListening) probe(draft, 'query', draft.open);
}

export function onListened(draft: Draft, id: number): void {
  if (draft.early?.id === id) draft.early = { ...draft.early, isListened: true };
  changeAttempt(draft, id, { isListened: true });
  conclude(draft, id);
}

/**
 * The core was asked: where it does not answer, we may be cut off ourselves, which core tracking will find. Where it answers later
 * than a peer would have had to, everything stood still meanwhile, and the peer's silence says nothing: once more.
 */
export function onCoreChecked(draft: Draft, id: number, isFull: boolean): void {
  const { early } = draft;
  if (early?.id === id) draft.early = isFull && !early.isListened ? { ...early, isCoreChecked: true } : undefined;
  const found = draft.attempts.find((one) => one.id === id);
  if (found === undefined || !isListening(found)) return;
  if (!isFull && draft.isTrusted) {
    defer(draft, found.vlans);
    return;
  }
  changeAttempt(draft, id, { isCoreChecked: isFull });
  if (isFull && found.isListened && !found.isRepeated) {
    changeAttempt(draft, id, { isListened: false, isRepeated: true, standby: new Map() });
    listen(draft, id, found.vlans, patience(draft));
  } else conclude(draft, id);
}

function isListening({ stage }: Attempt): boolean {
  return stage === 'listen' || stage === 'listen-again';
}

/** Where listening is over: what every peer without a session leaves us goes on to the claims. */
export function conclude(draft: Draft, id: number): void {
  const found = draft.attempts.find((one) => one.id === id);
  if (found === undefined || !isListening(found) || !found.isListened) return;
  let refused = NO_VLANS as VlanSet;
  let held = NO_VLANS as VlanSet;
  for (const peer of unreachable(draft)) {
    const silent = difference(found.vlans, found.standby.get(peer.address) ?? NO_VLANS);
    if (isCandidate(peer) && peer.isForeign) {
      // It answers no queries: what counts is that it had the time to block.
      refused = union(refused, intersection(silent, peer.unsettled));
      continue;
    }
    const allowed = bySilence(draft, peer);
    // Silence proves nothing before the core has answered.
    if (allowed === 'release' && !found.isCoreChecked && !isEmpty(silent)) return;
    switch (allowed) {
      case 'refuse':
        refused = union(refused, silent);
        break;
      case 'hold':
        held = union(held, silent);
        break;
      case 'release':
    }
  }
  defer(draft, refused);
  const rest = difference(found.vlans, refused);
  if (isEmpty(rest)) return;
  if (found.stage === 'listen' && !isEmpty(difference(held, refused))) {
    changeAttempt(draft, id, { stage: 'hold' });
    setTimer(draft, `hold:${id}`, draft.segment.timers.splitBrainHoldMs);
    return;
  }
  beginClaim(draft, id);
}

/** What the silence of a peer on both paths allows (../README.md, "split-brain policy"). */
function bySilence(draft: Draft, peer: Peer): 'release' | 'hold' | 'refuse' {
  if (peer.alive) return 'refuse';
  if (draft.isTrusted) return 'release';
  return draft.segment.splitBrain === 'lowest-address-keeps' && !peer.isLower && !peer.isForeign ? 'hold' : 'refuse';
}

/** The hold time is over; what was heard before it is old. */
export function onHeld(draft: Draft, id: number): void {
  const found = draft.attempts.find((one) => one.id === id && one.stage === 'hold');
  if (found === undefined) return;
  changeAttempt(draft, id, { stage: 'listen-again', isListened: false, standby: new Map() });
  listen(draft, id, found.vlans, patience(draft));
}

/**
 * With `lowest-address-keeps` a forwarder whose core tracking is not trusted and that does not reach a PE with a lower address makes sure at every probe
 * interval that this one hears it, and blocks where it does not: the other releases after the hold time.
 */
export function guard(draft: Draft): void {
  const isNeeded =
    !draft.isTrusted &&
    draft.segment.splitBrain === 'lowest-address-keeps' &&
    !isEmpty(draft.open) &&
    feared(draft).length > 0;
  if (!isNeeded) draft.guard = undefined;
  else if (draft.guard === undefined) beginGuard(draft);
}

function beginGuard(draft: Draft): void {
  const id = takeId(draft);
  draft.guard = { id, isListening: true, heard: new Map() };
  listen(draft, id, draft.open);
}

/** Ends the guard's listening and sets its next. */
export function onGuardListened(draft: Draft, id: number): void {
  if (draft.guard?.id !== id) return;
  const { heard } = draft.guard;
  for (const { address } of feared(draft)) {
    close(draft, difference(draft.open, heard.get(address) ?? NO_VLANS), 'split-brain');
  }
  draft.guard = { id, isListening: false, heard: new Map() };
  setTimer(draft, `guard:${id}`, draft.segment.timers.probeMs);
}

export function onGuardTimer(draft: Draft, id: number): void {
  if (draft.guard?.id === id && !isEmpty(draft.open)) beginGuard(draft);
}

/** Peers that could take us for gone and release by the policy; foreign ones know none. */
function feared(draft: Draft): readonly Peer[] {
  return unreachable(draft).filter(({ alive, isLower, isForeign }) => !alive && isLower && !isForeign);
}
