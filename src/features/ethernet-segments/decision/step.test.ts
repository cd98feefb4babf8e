/** Any events in any order, as a peer that is broken or means ill could cause them: what holds in every state. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomOf } from '../../testing/random.ts';
import type { Event } from './event.ts';
import type { Advert, Message, Pin, Probe } from './message.ts';
import { defaultTimers } from './segment.ts';
import { attempted, mayForward, type State } from './state.ts';
import { initialState, step } from './step.ts';
import { difference, isEmpty, overlaps, union, type VlanSet, vlanRange, vlanSet } from './vlan-set.ts';

const PEERS = ['192.0.2.1', '192.0.2.3'];
/** One that is expected, one that is found, and one that is none. */
const FOREIGN = ['192.0.2.8', '192.0.2.9', '192.0.2.1'];
const seed = Number(process.env['SLUICE_FUZZ_SEED'] ?? 11);

test('random events: every state holds together, and nothing is released without a reason', () => {
  const random = randomOf(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  const vlans = (): VlanSet => vlanSet(Array.from({ length: below(5) }, () => below(6)));
  const pins = (): readonly Pin[] =>
    random() < 0.8 ? [] : [{ address: pick([...PEERS, '192.0.2.2']), vlans: vlans() }];
  const advert = (): Advert => ({
    method: pick(['default-7432', 'preference'] as const),
    preference: below(3),
    dontPreempt: random() < 0.5,
    acDf: random() < 0.8,
    able: vlans(),
    draining: random() < 0.1,
    pins: pins(),
  });
  const message = (ids: readonly number[]): Message => {
    const stamp = below(4);
    switch (below(7)) {
      case 0:
        return { type: 'sync', advert: advert(), forwarding: vlans(), stamp };
      case 1:
        return { type: 'advert', advert: advert() };
      case 2:
        return { type: 'state', opened: vlans(), closed: vlans(), stamp };
      case 3:
        return { type: 'claim', id: below(9), vlans: vlans(), asks: random() < 0.5 ? [] : PEERS };
      case 4:
        return { type: 'relinquish', vlans: vlans() };
      case 5:
        return { type: 'leave' };
      default:
        return { type: 'grant', id: pick(ids), vlans: vlanRange(0, 5), stamp };
    }
  };
  const kinds: readonly Probe['kind'][] = ['forwarding', 'query', 'standby', 'claiming', 'blocked'];
  const event = (state: State, timers: readonly string[]): Event => {
    const peer = pick(PEERS);
    switch (below(26)) {
      case 0:
        return { type: 'segment', up: random() < 0.95 };
      case 1:
        return { type: 'core', tracking: random() < 0.1 ? 'isolated' : pick(['full', 'degraded'] as const) };
      case 2:
        return pick<Event>([
          { type: 'circuits', down: vlans() },
          { type: 'command', blocked: vlans() },
          { type: 'vlans', vlans: vlanRange(0, 3 + below(3)) },
          { type: 'pins', pins: pins() },
          { type: 'drain', on: random() < 0.3 },
        ]);
      case 3:
        return random() < 0.8 ? { type: 'timer', timer: 'retry' } : { type: 'session', peer, up: random() < 0.7 };
      case 18: {
        const foreigner = pick(FOREIGN);
        if (random() < 0.3) return { type: 'liveness', peer: foreigner, alive: random() < 0.8 };
        if (random() < 0.1) return { type: 'session', peer: foreigner, up: false };
        return { type: 'foreign', peer: foreigner, advert: random() < 0.2 ? undefined : advert() };
      }
      case 19:
        return { type: 'late', peer, on: random() < 0.8 };
      case 20: {
        const ids = [state.early?.id ?? 0, ...state.attempts.map(({ id }) => id)];
        return { type: 'core-checked', id: pick(ids), full: random() < 0.9 };
      }
      case 4:
        return random() < 0.8 ? { type: 'timer', timer: 'retry' } : { type: 'liveness', peer, alive: random() < 0.7 };
      case 5:
      case 6:
        return { type: 'probe', from: peer, probe: { kind: pick(kinds), vlans: vlans(), stamp: below(4) } };
      case 7:
        return { type: 'confirmed', order: pick([...state.orders.keys(), 0]) };
      case 8:
      case 9:
      case 10:
        return { type: 'message', peer, message: message([7, ...state.attempts.map(({ id }) => id)]) };
      case 11:
      case 12:
      case 13:
      case 14: {
        const { advertised } = state;
        const able = { ...advertised, able: vlanRange(0, 3) };
        return { type: 'message', peer, message: { type: 'sync', advert: able, forwarding: vlans(), stamp: 1 } };
      }
      case 15:
      case 16:
      case 17:
        return { type: 'confirmed', order: Math.min(...state.orders.keys(), 1_000_000) };
      default:
        return { type: 'timer', timer: pick(timers.slice(-6)) };
    }
  };

  const rounds = Number(process.env['SLUICE_FUZZ'] ?? 1000);
  let releases = 0;
  for (let round = 0; round < rounds; round += 1) {
    let state = initialState(
      {
        esi: new Uint8Array(10),
        address: '192.0.2.2',
        peers: PEERS,
        ...(round % 4 < 2 ? {} : { foreign: ['192.0.2.8'] }),
        method: 'default-7432',
        preference: 1,
        revertive: round % 2 === 0,
        acDf: true,
        splitBrain: round % 3 === 0 ? 'lowest-address-keeps' : 'block',
        timers: defaultTimers,
      },
      { vlans: vlanRange(0, 5) },
    );
    const timers = ['none'];
    const advertised = { ...state.advertised, able: vlanRange(0, 3) };
    const sync = { type: 'sync', advert: advertised, forwarding: vlanSet([]), stamp: 1 } as const;
    const begin: Event[] = [
      { type: 'segment', up: true },
      { type: 'timer', timer: 'recovery:1' },
      ...PEERS.flatMap((peer): Event[] =>
        random() < 0.5
          ? []
          : [
              { type: 'session', peer, up: true },
              { type: 'message', peer, message: sync },
            ],
      ),
      { type: 'timer', timer: 'peering' },
      { type: 'timer', timer: 'election-wait:2' },
    ];
    let next: Event = { type: 'start' };
    for (let count = 0; count < 100; count += 1) {
      const { state: after, outputs } = step(state, next);
      for (const output of outputs) {
        if (output.type === 'timer' && output.timer !== 'probe') timers.push(output.timer);
        if (output.type === 'check-core' && random() < 0.7)
          begin.push({ type: 'core-checked', id: output.id, full: random() < 0.9 });
        if (output.type !== 'release') continue;
        releases += 1;
        assert.ok(!overlaps(output.vlans, mayForward(state)), 'not again what may forward');
        assert.ok(isEmpty(difference(output.vlans, union(attempted(state), after.vlans))));
        for (const { hasSession, isSynced } of after.peers) assert.ok(!hasSession || isSynced, 'not before a sync');
      }
      if (timers.length > 20) timers.splice(0, 10);
      holds(after);
      state = after;
      next = begin.shift() ?? event(state, timers);
    }
  }
  console.log(`${rounds * 100} random events, ${releases} releases (seed ${seed})`);
  assert.ok(releases > rounds / 10);
});

function holds(state: State): void {
  const { open, opening, closing, phase } = state;
  assert.ok(!overlaps(open, closing), 'open and closing');
  assert.ok(isEmpty(difference(opening, open)), 'opening without open');
  assert.ok(!overlaps(attempted(state), mayForward(state)), 'attempts on what may forward');
  assert.ok(!overlaps(attempted(state), state.deferred), 'attempts on what is deferred');
  assert.ok(phase === 'DF_DONE' || isEmpty(attempted(state)), 'attempts before the election');
  assert.ok(isEmpty(difference(open, state.vlans)), 'open outside of the segment');
  assert.ok(!state.isRetryArmed === isEmpty(state.deferred) || state.isRetryArmed, 'deferred without a timer');
  for (const { granted } of state.peers) assert.ok(!overlaps(granted, open), 'granted and forwarded');
  for (const { address, isForeign } of state.peers) {
    if (isForeign) assert.ok(!overlaps(state.elected.get(address) ?? [], open), 'forwarded against a foreign DF');
  }
  const given = difference(state.announced?.able ?? [], state.vlans);
  assert.ok(isEmpty(difference(given, mayForward(state))), 'announced outside of the segment');
}
