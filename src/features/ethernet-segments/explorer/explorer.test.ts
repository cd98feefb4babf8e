/**
 * SLUICE_EXPLORE=schedules (default 2,000) and SLUICE_EXPLORE_SEED=first seed (default 0). A schedule that fails is printed with
 * its seed, made as short as it stays wrong; SLUICE_EXPLORE=1 SLUICE_EXPLORE_SEED=seed plays it again.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { vlanRange, vlanSet, vlansOf } from '../decision/vlan-set.ts';
import { explain, explore, kindOf, TRACKED_BOUND_MS } from './explore.ts';
import { ADDRESSES, World, type WorldOptions } from './world.ts';

const schedules = Number(process.env['SLUICE_EXPLORE'] ?? 2000);
const firstSeed = Number(process.env['SLUICE_EXPLORE_SEED'] ?? 0);

test(`random schedules ${firstSeed} to ${firstSeed + schedules - 1} keep what the failure model promises`, () => {
  const worst = { single: 0, tracked: 0, any: 0 };
  let steps = 0;
  for (let seed = firstSeed; seed < firstSeed + schedules; seed += 1) {
    const result = explore(seed);
    if (result.problem !== undefined) assert.fail(explain(seed));
    const kind = kindOf(seed);
    worst[kind] = Math.max(worst[kind], result.worstOverlapMs);
    steps += result.steps;
  }
  console.log(
    `${schedules} schedules from seed ${firstSeed}, ${steps} steps: two forwarders for at most ${worst.single.toFixed(1)} ms ` +
      `(promised: 0), core tracking sees the partition: ${worst.tracked.toFixed(1)} ms (${TRACKED_BOUND_MS}), ` +
      `it does not, or the CE loses probes: ${worst.any.toFixed(1)} ms (until a path is back)`,
  );
});

test('the explorer finds two forwarders where a PE does not listen before it releases', () => {
  const found = Array.from({ length: 200 }, (_, at) => at * 4).filter(
    (seed) => explore(seed, { timers: { listenMs: 1 } }).problem?.startsWith('two forwarders') === true,
  );
  assert.ok(found.length > 0);
});

test('1,000 planned moves: never two forwarders, and the VLAN is back within the handshake', () => {
  const vlan = 7;
  const world = new World({ seed: 1, pes: 2, vlans: vlanSet([vlan]), segment: { revertive: true } });
  world.boot(world.pe(0));
  world.boot(world.pe(1));
  world.run(1000);
  const moves = 1000;
  const gapsBefore = world.watch.gaps.length;
  for (let move = 0; move < moves; move += 1) {
    const to = move % 2;
    world.setPins(world.pe(0), [{ address: ADDRESSES[to] as string, vlans: vlanSet([vlan]) }]);
    world.run(world.now + 60);
    assert.deepEqual(
      world.watch.forwarders(vlan).map(({ address }) => address),
      [ADDRESSES[to]],
    );
  }
  world.watch.close(world.now);
  const gaps = world.watch.gaps.slice(gapsBefore).map(({ from, to }) => to - from);
  assert.equal(world.watch.overlaps.length, 0);
  assert.ok(gaps.length >= moves - 1);
  console.log(
    `${moves} planned moves: 0 overlaps; neither forwards for ${Math.max(...gaps).toFixed(1)} ms at most ` +
      `(message up to 8 ms, engine up to 5 ms each way): redirected meanwhile`,
  );
  // Block confirmed to release programmed: one message and one order.
  assert.ok(Math.max(...gaps) < 20);
});

test('the active PE dies: the other forwards within detection + 50 ms', () => {
  const vlans = vlanRange(1, 4094);
  let worst = 0;
  for (let seed = 0; seed < 20; seed += 1) {
    const world = new World({ seed, pes: 2, vlans });
    world.boot(world.pe(0));
    world.boot(world.pe(1));
    world.run(1500);
    world.kill(world.pe(seed % 2));
    const at = world.now;
    world.run(at + 200);
    for (const vlan of vlansOf(vlans)) assert.equal(world.watch.forwarders(vlan).length, 1, `VLAN ${vlan}`);
    const after = world.watch.gaps.filter(({ from }) => from >= at).map(({ to }) => to - at);
    worst = Math.max(worst, ...after);
  }
  console.log(`4,094 VLANs of a dead PE forwarded after ${worst.toFixed(1)} ms at most; detection takes 20 to 40 ms`);
  assert.ok(worst <= 40 + 50);
});

test('core and CE path are cut, and core tracking is slow to notice: who forwarded goes on, since the core is asked', () => {
  const worst = (options: Pick<WorldOptions, 'coreAnswers'>): number => {
    let most = 0;
    for (let seed = 0; seed < 50; seed += 1) {
      const world = new World({ seed, pes: 2, vlans: vlanRange(1, 4), trackingMs: [100, 300], ...options });
      world.boot(world.pe(0));
      world.boot(world.pe(1));
      world.run(1500);
      world.setCorePath(0, false, true);
      world.setCePath(0, false);
      world.run(3000);
      world.watch.close(world.now);
      most = world.watch.overlaps.reduce((longest, { from, to }) => Math.max(longest, to - from), most);
    }
    return most;
  };
  assert.equal(worst({}), 0);
  assert.ok(worst({ coreAnswers: true }) > 1000);
});
