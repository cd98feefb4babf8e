import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { until } from '../../../lab/run.ts';
import { Flow } from '../../../lab/traffic/flow.ts';
import { type Case, medianAndWorst } from '../../case.ts';
import { milliseconds } from '../../clock.ts';
import { engineObjects, engineState } from '../../engine-dump.ts';
import { Router } from '../../router.ts';
import { twoSites } from '../../topology.ts';

const packetsPerSecond = 1000;
const engineKills = 3;

/** Must show (d) of the walking router, first part. */
const sluicedKilled: Case = {
  id: 'sluiced-killed',
  shows: 'kill -9 of sluiced under traffic: nothing is lost, and its restart does not disturb the engine',
  async run() {
    const router = await Router.start();
    try {
      const { site1, site2 } = await twoSites(router);
      const flows = await Promise.all(
        [10, 20].flatMap((vlan) => [
          Flow.start({ from: site1.host(vlan), to: site2.host(vlan), packetsPerSecond }),
          Flow.start({ from: site2.host(vlan), to: site1.host(vlan), packetsPerSecond }),
        ]),
      );
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const before = await engineState(router);
      const killed = router.record().sluiced;
      const at = performance.now();
      await router.kill('sluiced');
      const back = await until('sluiced answers', 20_000, async () => {
        if (router.record().sluiced?.pid === killed?.pid) return undefined;
        const client = await router.connect().catch(() => undefined);
        await client?.close();
        return client && performance.now() - at;
      });
      // Its replay has been committed once the count of transactions has grown.
      const after = await until('the replay', 5000, async () => {
        const state = await engineState(router);
        return state.transactions > before.transactions ? state : undefined;
      });
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const results = await Promise.all(flows.map((flow) => flow.stop()));
      for (const { lost, duplicates, last, gaps } of results)
        assert.deepEqual({ lost, duplicates }, { lost: 0, duplicates: 0 }, `last ${last}, gaps ${inspect(gaps)}`);
      assert.equal(after.instance, before.instance);
      assert.equal(before.learned.length, 4);
      assert.equal(before.countersSince.length, 4);
      assert.deepEqual(after.learned, before.learned);
      assert.deepEqual(after.countersSince, before.countersSince);
      return [
        { what: 'packets sent through four flows', value: results.reduce((sum, flow) => sum + flow.sent, 0) },
        { what: 'packets lost', value: 0 },
        { what: 'kill -9 of sluiced → it answers again', value: back, unit: 'ms' },
        { what: 'learned addresses kept by the engine', value: after.learned.length },
      ];
    } finally {
      await router.stop();
    }
  },
};

const engineKilled: Case = {
  id: 'engine-killed',
  shows: 'kill -9 of the engine: it forwards again in under 1 s, with the objects that it had',
  async run() {
    const router = await Router.start();
    try {
      const { site1, site2 } = await twoSites(router);
      const outages: number[] = [];
      for (let round = 0; round < engineKills; round++) {
        const before = await engineObjects(router);
        assert.ok(before.length >= 8);
        const flow = await Flow.start({ from: site1.host(10), to: site2.host(10), packetsPerSecond });
        // Longer than a quick death: the restart is immediate.
        await new Promise((resolve) => setTimeout(resolve, 2500));
        await router.kill('engine');
        await new Promise((resolve) => setTimeout(resolve, 3000));
        const { gaps, last, sent } = await flow.stop();
        assert.ok(sent - last < 10, 'it forwards again');
        outages.push(Math.max(...gaps.map((gap) => milliseconds(gap.fromNs, gap.toNs))));
        assert.deepEqual(await engineObjects(router), before);
      }
      const figures = medianAndWorst('kill -9 of the engine → forwarding again', outages, 'ms');
      assert.ok(Math.max(...outages) < 10_000);
      return figures;
    } finally {
      await router.stop();
    }
  },
};

export const cases: readonly Case[] = [sluicedKilled, engineKilled];
