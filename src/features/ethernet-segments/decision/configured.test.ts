/** A segment whose configuration becomes another, and one whose control plane restarts: what is forwarded stays. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from './event.ts';
import { defaultTimers, type Segment } from './segment.ts';
import type { State } from './state.ts';
import { initialState, type Step, step } from './step.ts';
import { outputText } from './text.ts';
import { vlanRange, vlansText } from './vlan-set.ts';

const segment: Segment = {
  esi: new Uint8Array(10),
  address: '192.0.2.1',
  peers: ['192.0.2.2'],
  method: 'preference',
  preference: 100,
  revertive: true,
  acDf: true,
  splitBrain: 'block',
  timers: defaultTimers,
};
const vlans = vlanRange(1, 4);

function run(state: State, ...events: readonly Event[]): Step {
  return events.reduce<Step>(
    (before, event) => {
      const after = step(before.state, event);
      return { state: after.state, outputs: [...before.outputs, ...after.outputs] };
    },
    { state, outputs: [] },
  );
}

test('a restarted PE is a candidate for what it forwards, before DF_DONE, and blocks nothing', () => {
  const { state, outputs } = run(
    initialState(segment, { vlans, open: vlanRange(1, 2) }),
    { type: 'start' },
    { type: 'segment', up: true },
    { type: 'circuits', down: vlanRange(4, 4) },
    { type: 'session', peer: '192.0.2.2', up: true },
  );
  assert.equal(state.phase, 'INIT');
  assert.equal(vlansText(state.open), '1-2');
  assert.equal(vlansText(state.advertised.able), '1-2');
  assert.deepEqual(
    outputs.map(outputText).filter((line) => /^(block|release)/.test(line)),
    [],
  );
});

test('another preference is told, and what is forwarded stays until the peer claims it', () => {
  const before = run(
    initialState(segment, { vlans, open: vlans }),
    { type: 'start' },
    { type: 'session', peer: '192.0.2.2', up: true },
  ).state;
  const { state, outputs } = run(before, { type: 'configured', segment: { ...segment, preference: 7 } });
  assert.equal(state.advertised.preference, 7);
  assert.equal(vlansText(state.open), '1-4');
  assert.deepEqual(outputs.map(outputText), ['to 192.0.2.2 advert able 1-4 preference 7']);
});

test('peers that stay keep what is known of them; one that comes is unknown, one that goes is forgotten', () => {
  const before = run(
    initialState(segment, { vlans }),
    { type: 'start' },
    { type: 'liveness', peer: '192.0.2.2', alive: true },
    { type: 'session', peer: '192.0.2.2', up: true },
  ).state;
  const more = { ...segment, peers: ['192.0.2.3', '192.0.2.2'] };
  const { state } = run(before, { type: 'configured', segment: more });
  assert.deepEqual(
    state.peers.map(({ address, alive, hasSession }) => [address, alive, hasSession]),
    [
      ['192.0.2.2', true, true],
      ['192.0.2.3', false, false],
    ],
  );
  const alone = run(state, { type: 'configured', segment: { ...segment, peers: [] } }).state;
  assert.deepEqual(alone.peers, []);
});
