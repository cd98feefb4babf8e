import assert from 'node:assert/strict';
import { run } from '../../../lab/run.ts';
import { type Case, median, medianAndWorst } from '../../case.ts';
import { cpuMilliseconds } from '../../processes.ts';
import { Router } from '../../router.ts';
import { twoSites } from '../../topology.ts';

const idleSeconds = 10;
const pings = 20;

/** Must show (f) of the walking router. */
const idle = (driver: 'af-packet' | 'af-xdp'): Case => ({
  id: `idle-${driver}`,
  shows: `an idle engine sleeps and a lone ping wakes it at once, on ${driver} ports`,
  async run() {
    const router = await Router.start();
    try {
      const { site1, site2 } = await twoSites(router, driver);
      const from = site1.host(10);
      const to = site2.host(10);
      const ping = async (count: number): Promise<number[]> => {
        // A ping every 300 ms: the engine sleeps in between.
        const text = await run('ip', [
          ...['netns', 'exec', from.namespace, 'ping', '-n', '-c', String(count), '-i', '0.3', to.address],
        ]);
        return [...text.matchAll(/time=([\d.]+) ms/g)].map((match) => Number(match[1]));
      };
      await ping(3); // Learns the way.
      const engine = router.record().engine;
      assert.ok(engine !== undefined);
      const before = cpuMilliseconds(engine.pid);
      await new Promise((resolve) => setTimeout(resolve, idleSeconds * 1000));
      const used = ((cpuMilliseconds(engine.pid) - before) / (idleSeconds * 1000)) * 100;
      const times = await ping(pings);
      assert.equal(times.length, pings);
      assert.ok(used < 2, `${used} % of a core`);
      // Ten times the limit of 1 ms: machines are shared. What it took is printed.
      assert.ok(median(times) < 10, `median of ${times}`);
      return [
        { what: 'CPU of the idle engine', value: used, unit: '% of a core' },
        ...medianAndWorst('a lone ping through the engine', times, 'ms'),
      ];
    } finally {
      await router.stop();
    }
  },
});

export const cases: readonly Case[] = [idle('af-packet'), idle('af-xdp')];
