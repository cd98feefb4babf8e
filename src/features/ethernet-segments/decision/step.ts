/**
 * The decision of block points, per (ethernet segment, VLAN): `step(state, event)` gives the next state and what is to be
 * done. Pure: no clock, no transport, no engine. The cost of an event follows the VLANs that it touches, 32 at a time.
 * What the rules guarantee: ../README.md.
 */
import { advance, answer, attempt, onClaimTimeout, onSettled } from './claims.ts';
import { cancel, type Draft, probe, sendAll, setTimer, unreachable } from './draft.ts';
import { onEarlyOld, onLate, takeOver } from './early.ts';
import type { Event } from './event.ts';
import { announce, onForeign, yieldToForeign } from './foreign.ts';
import {
  closeUnserviceable,
  enterWait,
  onConfigured,
  onElectionWait,
  onRecovered,
  onSegment,
  onStart,
  onTracking,
  onTrusted,
  restorePreference,
} from './lifecycle.ts';
import {
  guard,
  onCoreChecked,
  onForgiven,
  onGuardListened,
  onGuardTimer,
  onHeld,
  onListened,
  onProbe,
  onQueryTimer,
} from './listening.ts';
import type { Advert } from './message.ts';
import type { Output } from './output.ts';
import { advertise, onLiveness, onMessage, onSession, onSessionWait } from './peers.ts';
import { calculate } from './roles.ts';
import type { Segment } from './segment.ts';
import { mayForward, newPeers, type State } from './state.ts';
import { difference, intersection, isEmpty, NO_VLANS, overlaps, union, type VlanSet } from './vlan-set.ts';

export interface Step {
  readonly state: State;
  readonly outputs: readonly Output[];
}

export interface Beginning {
  readonly vlans: VlanSet;
  /** What the engine forwards already: the control plane restarted. */
  readonly open?: VlanSet;
  /** Above every stamp that this PE has used, such as the time in milliseconds. */
  readonly stamp?: number;
}

/** The state before the event `start`. */
export function initialState(segment: Segment, { vlans, open = NO_VLANS, stamp = 1 }: Beginning): State {
  const { preference, revertive, method, acDf } = segment;
  const inUse = { preference, dontPreempt: !revertive };
  const advertised: Advert = { method, acDf, ...inUse, able: NO_VLANS, draining: false, pins: [] };
  const peers = newPeers(segment, []);
  return {
    segment,
    phase: 'INIT',
    isUp: !isEmpty(open),
    tracking: 'full',
    isTrusted: true,
    isRecovering: false,
    isPeering: false,
    isDraining: false,
    isLeaving: false,
    isDone: false,
    vlans,
    circuitsDown: NO_VLANS,
    commandBlocked: NO_VLANS,
    pins: [],
    open,
    opening: NO_VLANS,
    closing: NO_VLANS,
    orders: new Map(),
    handedOver: NO_VLANS,
    stamp,
    nextId: 1,
    peers,
    attempts: [],
    early: undefined,
    deferred: NO_VLANS,
    isRetryArmed: false,
    guard: undefined,
    inUse,
    advertised,
    announced: undefined,
    elected: new Map(),
    electedFrom: { vlans: NO_VLANS, pins: [], candidates: [] },
    waitId: 0,
    trustId: 0,
  };
}

export function step(state: State, event: Event): Step {
  const draft: Draft = { ...state, out: [] };
  take(draft, event);
  enterWait(draft);
  restorePreference(draft);
  closeUnserviceable(draft);
  calculate(draft);
  yieldToForeign(draft);
  // Before claims and grants: the peers see the same election that these follow from.
  advertise(draft);
  announce(draft);
  answer(draft);
  takeOver(draft);
  attempt(draft);
  advance(draft);
  guard(draft);
  finish(draft);
  const { out, ...next } = draft;
  return { state: next, outputs: out };
}

function take(draft: Draft, event: Event): void {
  switch (event.type) {
    case 'start':
      onStart(draft);
      return;
    case 'configured':
      onConfigured(draft, event.segment);
      return;
    case 'segment':
      onSegment(draft, event.up);
      return;
    case 'core':
      onTracking(draft, event.tracking);
      return;
    case 'vlans':
      draft.vlans = event.vlans;
      return;
    case 'circuits':
      draft.circuitsDown = event.down;
      return;
    case 'command':
      draft.commandBlocked = event.blocked;
      return;
    case 'pins':
      draft.pins = event.pins;
      return;
    case 'drain':
      draft.isDraining = event.on;
      draft.isDone = false;
      return;
    case 'leave':
      draft.isLeaving = true;
      draft.isDone = false;
      draft.phase = 'INIT';
      return;
    case 'session':
      onSession(draft, event.peer, event.up);
      return;
    case 'liveness':
      onLiveness(draft, event.peer, event.alive);
      return;
    case 'late':
      onLate(draft, event.peer, event.on);
      return;
    case 'core-checked':
      onCoreChecked(draft, event.id, event.full);
      return;
    case 'foreign':
      onForeign(draft, event.peer, event.advert);
      return;
    case 'message':
      onMessage(draft, event.peer, event.message);
      return;
    case 'probe':
      onProbe(draft, event.from, event.probe);
      return;
    case 'confirmed':
      onConfirmed(draft, event.order);
      return;
    case 'timer':
      onTimer(draft, event.timer);
  }
}

/** Timers are named `what` or `what:number`; of a session: `session:address`. */
function onTimer(draft: Draft, timer: string): void {
  const colon = timer.indexOf(':');
  const name = colon < 0 ? timer : timer.slice(0, colon);
  const rest = timer.slice(colon + 1);
  const id = Number.parseInt(rest, 10);
  switch (name) {
    case 'recovery':
      onRecovered(draft, id);
      return;
    case 'trust':
      onTrusted(draft, id);
      return;
    case 'peering':
      draft.isPeering = false;
      return;
    case 'election-wait':
      onElectionWait(draft, id);
      return;
    case 'probe':
      probe(draft, 'forwarding', draft.open);
      setTimer(draft, 'probe', draft.segment.timers.probeMs);
      return;
    case 'retry':
      draft.isRetryArmed = false;
      draft.deferred = NO_VLANS;
      return;
    case 'settle':
      onSettled(draft, id);
      return;
    case 'query':
      onQueryTimer(draft, id);
      return;
    case 'listen':
      onListened(draft, id);
      onGuardListened(draft, id);
      return;
    case 'hold':
      onHeld(draft, id);
      return;
    case 'claim':
      onClaimTimeout(draft, id);
      return;
    case 'guard':
      onGuardTimer(draft, id);
      return;
    case 'early':
      onEarlyOld(draft, id);
      return;
    case 'forgive':
      onForgiven(draft, rest);
      return;
    case 'session':
      onSessionWait(draft, rest);
  }
}

/** The engine did what it was told. */
function onConfirmed(draft: Draft, id: number): void {
  const order = draft.orders.get(id);
  if (order === undefined) return;
  const orders = new Map(draft.orders);
  orders.delete(id);
  draft.orders = orders;
  const { cause } = order;
  if (order.kind === 'release') {
    const vlans = intersection(order.vlans, draft.opening);
    if (isEmpty(vlans)) return;
    draft.opening = difference(draft.opening, vlans);
    sendAll(draft, { type: 'state', opened: vlans, closed: NO_VLANS, stamp: draft.stamp });
    draft.out.push({ type: 'notify', vlans, state: 'enabled', cause });
    return;
  }
  const { vlans } = order;
  draft.closing = difference(draft.closing, vlans);
  draft.stamp += 1;
  sendAll(draft, { type: 'state', opened: NO_VLANS, closed: vlans, stamp: draft.stamp });
  if (unreachable(draft).length > 0) probe(draft, 'blocked', vlans);
  if (order.redirectTo === undefined) draft.out.push({ type: 'notify', vlans, state: 'disabled', cause });
  else draft.handedOver = union(draft.handedOver, vlans);
}

/** Says that a drain is complete, and goodbye once all is blocked. */
function finish(draft: Draft): void {
  if (draft.isDone || !isEmpty(mayForward(draft))) return;
  if (draft.isLeaving) {
    draft.isDone = true;
    cancel(draft, draft.vlans);
    sendAll(draft, { type: 'leave' });
  } else if (draft.isDraining && !overlaps(draft.handedOver, draft.vlans)) {
    draft.isDone = true;
    draft.out.push({ type: 'drained' });
  }
}
