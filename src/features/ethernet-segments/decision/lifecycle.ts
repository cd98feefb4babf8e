/** INIT → DF_WAIT → DF_DONE (RFC 8584 section 2.1), and what holds a segment back before. */
import { close, type Draft, serviceable, setTimer, startOver, synced, takeId } from './draft.ts';
import { compareAddresses } from './election/candidate.ts';
import { inUsePreference } from './election/preference.ts';
import type { CoreTracking } from './event.ts';
import type { Segment } from './segment.ts';
import { newPeer } from './state.ts';
import { difference, isEmpty } from './vlan-set.ts';

export function onStart(draft: Draft): void {
  const { peeringMs, probeMs } = draft.segment.timers;
  recover(draft);
  draft.isPeering = draft.peers.length > 0;
  if (draft.isPeering) setTimer(draft, 'peering', peeringMs);
  setTimer(draft, 'probe', probeMs);
}

/** Takes another configuration without letting go of what is forwarded. A peer that goes is asked no more. */
export function onConfigured(draft: Draft, segment: Segment): void {
  const { preference, revertive, address } = segment;
  const { preference: old, revertive: wasRevertive } = draft.segment;
  startOver(draft);
  draft.segment = segment;
  if (preference !== old || revertive !== wasRevertive) {
    draft.inUse = { preference, dontPreempt: !revertive };
  }
  draft.peers = [...segment.peers]
    .sort(compareAddresses)
    .map((peer) => draft.peers.find((known) => known.address === peer) ?? newPeer(peer, address));
}

export function onSegment(draft: Draft, isUp: boolean): void {
  draft.isUp = isUp;
  if (!isUp) {
    draft.phase = 'INIT';
    startOver(draft);
  }
}

export function onTracking(draft: Draft, tracking: CoreTracking): void {
  if (draft.tracking === tracking) return;
  const wasIsolated = draft.tracking === 'isolated';
  draft.tracking = tracking;
  draft.isTrusted = false;
  if (tracking === 'full') {
    draft.trustId = takeId(draft);
    setTimer(draft, `trust:${draft.trustId}`, draft.segment.timers.trustMs);
  }
  startOver(draft);
  if (tracking === 'isolated') draft.phase = 'INIT';
  else if (wasIsolated) recover(draft);
}

export function onTrusted(draft: Draft, id: number): void {
  if (draft.trustId !== id || draft.tracking !== 'full') return;
  draft.isTrusted = true;
  startOver(draft);
}

function recover(draft: Draft): void {
  draft.isRecovering = true;
  draft.waitId = takeId(draft);
  setTimer(draft, `recovery:${draft.waitId}`, draft.segment.timers.recoveryMs);
}

export function onRecovered(draft: Draft, id: number): void {
  if (draft.waitId === id) draft.isRecovering = false;
}

/** Leaves INIT where nothing holds the segment back. */
export function enterWait(draft: Draft): void {
  if (draft.isPeering && synced(draft).length === draft.peers.length) draft.isPeering = false;
  const isHeld = draft.isRecovering || draft.isPeering || draft.isLeaving || draft.tracking === 'isolated';
  if (draft.phase !== 'INIT' || !draft.isUp || isHeld) return;
  draft.phase = 'DF_WAIT';
  draft.waitId = takeId(draft);
  setTimer(draft, `election-wait:${draft.waitId}`, draft.segment.timers.electionWaitMs);
}

export function onElectionWait(draft: Draft, id: number): void {
  if (draft.phase !== 'DF_WAIT' || draft.waitId !== id) return;
  draft.phase = 'DF_DONE';
  const { address, preference, revertive } = draft.segment;
  const others = synced(draft).flatMap((peer) =>
    peer.advert === undefined || isEmpty(peer.advert.able) ? [] : [{ ...peer.advert, address: peer.address }],
  );
  draft.inUse = inUsePreference({ address, preference, revertive, dontPreempt: !revertive }, others);
}

/** The PE that we must not preempt is gone: the configured values again (RFC 9785 section 4.3). */
export function restorePreference(draft: Draft): void {
  const { reference } = draft.inUse;
  if (reference === undefined) return;
  const advert = draft.peers.find(({ address }) => address === reference)?.advert;
  if (advert !== undefined && !isEmpty(advert.able)) return;
  draft.inUse = { preference: draft.segment.preference, dontPreempt: !draft.segment.revertive };
}

/** Blocks what the PE cannot or must not forward. */
export function closeUnserviceable(draft: Draft): void {
  const vlans = difference(draft.open, serviceable(draft));
  if (isEmpty(vlans)) return;
  if (draft.isLeaving) close(draft, vlans, 'leave');
  else if (!draft.isUp) close(draft, vlans, 'segment-down');
  else if (draft.tracking === 'isolated') close(draft, vlans, 'core-isolation');
  else {
    close(draft, draft.commandBlocked, 'command');
    close(draft, vlans, 'circuit-down');
  }
}
