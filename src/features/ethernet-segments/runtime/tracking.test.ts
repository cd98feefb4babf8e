import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BfdState } from '../../../engine/gen/sluice_pb.js';
import { peerSession, targetSession } from '../model.ts';
import { Tracking } from './tracking.ts';

const PEER = '192.0.2.2';
const TARGETS = ['192.0.2.8', '192.0.2.9'];

/** A PE with a peer and two targets, all of which are up; `silent`: what an engine answers that is asked. */
function tracked({ silent }: { silent?: (sessions: readonly string[]) => readonly string[] | undefined } = {}) {
  const events: string[] = [];
  const asked: string[][] = [];
  const tracking = new Tracking(
    {
      onLiveness: (peer, alive) => events.push(`${peer} ${alive ? 'alive' : 'lost'}`),
      onLate: (peer, late) => events.push(`${peer} late ${late}`),
      onTracking: (state) => events.push(state),
    },
    {
      bfdAsk: async (sessions) => {
        asked.push([...sessions]);
        return silent === undefined ? [] : silent(sessions);
      },
    },
  );
  const names = [peerSession(PEER), ...TARGETS.map(targetSession)];
  const up = { state: BfdState.BFD_UP, diagnostic: 0, sinceNs: 5n, hasBeenUp: true };
  const bfd = {} as never;
  const edge = {
    peers: [{ address: PEER, bfd }],
    foreign: [],
    targets: TARGETS.map((address) => ({ address, bfd })),
    uplinks: ['up1'],
    initialSeconds: 0,
  };
  const sync = (): void => tracking.sync(edge as never, new Map(names.map((name) => [name, up])), []);
  sync();
  events.length = 0;
  const on = (name: string, isUp: boolean, late = false): void =>
    tracking.onBfd(name, { state: isUp ? BfdState.BFD_UP : BfdState.BFD_DOWN, diagnostic: 0, sinceNs: 9n }, late);
  return { tracking, events, asked, sync, on };
}

test('a peer is late, heard again, late and lost: lateness is no change of its state', () => {
  const { tracking, events, on } = tracked();
  const name = peerSession(PEER);
  on(name, true, true);
  assert.equal(tracking.session(name)?.sinceNs, 5n);
  on(name, true);
  on(name, true, true);
  on(name, false);
  assert.deepEqual(events, [`${PEER} late true`, `${PEER} late false`, `${PEER} late true`, `${PEER} lost`]);
  assert.equal(tracking.session(name)?.sinceNs, 9n);
});

test('events that were lost: what a peer was late for counts no more', () => {
  const { events, on, sync } = tracked();
  on(peerSession(PEER), true, true);
  sync();
  assert.deepEqual(events, [`${PEER} late true`, `${PEER} late false`]);
});

test('the core is asked once for all who want to know at once, and again later', async () => {
  const { tracking, asked } = tracked();
  assert.deepEqual(await Promise.all([tracking.check(), tracking.check()]), [true, true]);
  assert.deepEqual(asked, [TARGETS.map(targetSession)]);
  await new Promise(setImmediate);
  assert.equal(await tracking.check(), true);
  assert.equal(asked.length, 2);
});

test('the core does not answer: a target is silent, the engine is away, tracking knows already', async () => {
  assert.equal(await tracked({ silent: ([first = '']) => [first] }).tracking.check(), false);
  assert.equal(await tracked({ silent: () => undefined }).tracking.check(), false);
  const { tracking, asked, on } = tracked();
  on(targetSession(TARGETS[0] as string), false);
  assert.equal(await tracking.check(), false);
  assert.deepEqual(asked, []);
});
