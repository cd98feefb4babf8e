/**
 * Listening before the loss: a peer that is late is asked on the CE path while its detection time runs out, so that what it
 * forwarded can be released as soon as it counts as dead.
 */
import { checkCore, listen, newAttempt } from './claims.ts';
import { type Draft, peerOf, serviceable, setTimer, takeId, unreachable } from './draft.ts';
import { conclude } from './listening.ts';
import { wanted } from './roles.ts';
import { attempted, mayForward, type Peer } from './state.ts';
import { difference, intersection, isEmpty, union } from './vlan-set.ts';

/** Of the time to listen: then what was heard is old. */
const KEPT_TIMES = 4;

export function onLate(draft: Draft, address: string, isLate: boolean): void {
  if (draft.early?.peer === address) draft.early = undefined;
  const peer = peerOf(draft, address);
  if (!isLate || peer === undefined || !isWorthIt(draft, peer)) return;
  const vlans = difference(difference(serviceable(draft), mayForward(draft)), attempted(draft));
  if (isEmpty(vlans)) return;
  const id = takeId(draft);
  draft.early = { id, peer: address, vlans, isListened: false, isCoreChecked: false };
  listen(draft, id, vlans);
  checkCore(draft, id);
  setTimer(draft, `early:${id}`, KEPT_TIMES * draft.segment.timers.listenMs);
}

/** Not where more than this peer would have to be asked, or it needs more time to answer than others. */
function isWorthIt(draft: Draft, { address, alive, isForeign, misjudged }: Peer): boolean {
  if (draft.phase !== 'DF_DONE' || !draft.isTrusted || !alive || isForeign || misjudged > 0) return false;
  return unreachable(draft).every((peer) => peer.address === address);
}

export function onEarlyOld(draft: Draft, id: number): void {
  if (draft.early?.id === id) draft.early = undefined;
}

/** The peer is lost: what was heard before is where its attempt begins. Before those that begin from nothing. */
export function takeOver(draft: Draft): void {
  const { early } = draft;
  if (early === undefined) return;
  const peer = peerOf(draft, early.peer);
  if (peer?.alive === true) return;
  draft.early = undefined;
  if (peer === undefined || peer.misjudged > 0 || unreachable(draft).some((one) => one !== peer)) return;
  const begun = union(union(mayForward(draft), attempted(draft)), draft.deferred);
  const vlans = difference(intersection(early.vlans, wanted(draft)), begun);
  if (isEmpty(vlans)) return;
  const { id, isListened, isCoreChecked } = early;
  draft.attempts = [...draft.attempts, { ...newAttempt(id, vlans, 'listen'), isListened, isCoreChecked }];
  conclude(draft, id);
}
