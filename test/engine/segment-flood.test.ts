/** A VLAN moves from one PE to the other, and the CE forgets where its remote stations are: it floods to both. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CeAgent } from '../../lab/ce-agent.ts';
import { run } from '../../lab/run.ts';
import { Flow } from '../../lab/traffic/flow.ts';
import { ce, graceMs, hosts, type Lab, move, set, state, withLab } from './segment-lab.ts';

const { customer, remote } = hosts;

/** VLAN 10 is at `a`, and everybody knows the host, who is silent from now on. */
async function begin({ engines }: Lab, silent: 'customer' | 'remote', told?: object): Promise<void> {
  for (const engine of Object.values(engines))
    await engine.apply([{ case: 'setCeNotification', value: { port: 'ce', ...told } }]);
  await engines.a.order({ segment: 'es', release: set(10) });
  // What the CE is told at a release comes several times.
  if (told !== undefined) await sleep(4000);
  const [from, to] = silent === 'remote' ? [remote, customer] : [customer, remote];
  const hello = await Flow.start({ from, to, packetsPerSecond: 20, port: 5003 });
  await sleep(500);
  await hello.stop();
}

test('of what a CE floods to both PEs while a VLAN moves each frame goes on once', { timeout: 120_000 }, async (t) => {
  await withLab([], async (lab) => {
    const { engines, edge } = lab;
    await begin(lab, 'remote');
    const flow = await Flow.start({ from: customer, to: remote, packetsPerSecond: 1000, port: 5001 });
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

test('a CE whose agent makes it forget goes on knowing its own silent host', { timeout: 120_000 }, async (t) => {
  await withLab([], async (lab) => {
    const { engines, edge } = lab;
    const agent = await CeAgent.start(ce, ['--ovs', 'ce', '--ovs-target', edge.control, 'a', 'b']);
    try {
      await begin(lab, 'customer', { mvrp: { enabled: true } });
      const flow = await Flow.start({ from: remote, to: customer, packetsPerSecond: 1000, port: 5002 });
      await sleep(500);
      await move(engines, 'a', graceMs);
      // As long as the old PE redirects: nobody has told the transfer network.
      await sleep(graceMs - 1000);
      const { sent, lost, duplicates } = await flow.stop();
      for (const line of agent.lines) t.diagnostic(line);
      t.diagnostic(`${sent} sent, ${lost} lost, ${duplicates} duplicates`);
      assert.ok(agent.lines.some((line) => line.startsWith('flushed')));
      assert.equal(lost, 0);
      assert.equal(duplicates, 0);
    } finally {
      await agent.stop();
    }
  });
});
