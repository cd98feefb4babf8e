/** A VLAN moves from one PE to the other, and the CE forgets where its remote stations are: it floods to both. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../../lab/run.ts';
import { Flow } from '../../lab/traffic/flow.ts';
import { graceMs, hosts, move, set, state, withLab } from './segment-lab.ts';

test('of what a CE floods to both PEs while a VLAN moves each frame goes on once', { timeout: 120_000 }, async (t) => {
  await withLab([], async ({ engines, edge }) => {
    // The CE is told nothing: it is made to forget as by the methods that do so.
    for (const engine of Object.values(engines))
      await engine.apply([{ case: 'setCeNotification', value: { port: 'ce' } }]);
    await engines.a.order({ segment: 'es', release: set(10) });
    const hello = await Flow.start({ from: hosts.remote, to: hosts.customer, packetsPerSecond: 20, port: 5003 });
    await sleep(500);
    await hello.stop();
    // From now on the remote station is silent.
    const flow = await Flow.start({ from: hosts.customer, to: hosts.remote, packetsPerSecond: 1000, port: 5001 });
    await sleep(500);
    await move(engines, 'a', graceMs);
    await run('ovs-appctl', ['-t', edge.control, 'fdb/flush', 'ce']);
    await sleep(graceMs + 1000);
    const { sent, lost, duplicates } = await flow.stop();
    const { copiesDropped, redirectsRefused } = await state(engines.b);
    t.diagnostic(`${sent} sent, ${lost} lost, ${duplicates} duplicates, ${copiesDropped} copies dropped`);
    assert.ok(copiesDropped > 1000n, 'the CE floods');
    assert.equal(redirectsRefused, 0n);
    assert.equal(lost, 0);
    assert.equal(duplicates, 0);
  });
});
