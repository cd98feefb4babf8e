import assert from 'node:assert/strict';
import type { Case } from '../../case.ts';
import { blockPoint, blockPoints, bridgeDomain, bridgeDomains, interfaces, port } from '../../configuration.ts';
import { Router } from '../../router.ts';
import { InterfaceReading, service } from '../../service.ts';
import { configure } from '../../topology.ts';
import { type Driver, station, Wire } from '../../wire.ts';

const count = 100_000;

const odd = (driver: Driver): Case => ({
  id: `odd-frames-${driver}`,
  shows: `the engine outlives odd frames and forwards after them, on ${driver} ports`,
  async run() {
    const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e9));
    const router = await Router.start();
    try {
      const wire = await Wire.connect(router, ['a', 'b'], driver);
      const kinds = [
        ['c1', 'pop'],
        ['c10', 'translate s100 c7'],
        ['c20', 'push s4094'],
        ['s10', 'none'],
        ['s10 c10', 'pop'],
      ] as const;
      // All in one bridge domain, so that every rewrite meets every other.
      await configure(router, [
        interfaces(
          ...['a', 'b'].flatMap((name) => [
            port(name, router.device(name), driver),
            ...kinds.map(([tags, rewrite]) => service({ name: `${name} ${tags}`, parent: name, tags, rewrite })),
          ]),
        ),
        bridgeDomains(
          bridgeDomain(
            'x',
            ['a', 'b'].flatMap((name) => [name, ...kinds.map(([tags]) => `${name} ${tags}`)]),
          ),
        ),
        blockPoints(blockPoint('b', 20)),
      ]);
      const engine = router.record().engine?.pid;
      const started = performance.now();
      const sent = await wire.odd('a', count, seed);
      const seconds = (performance.now() - started) / 1000;
      assert.equal(router.record().engine?.pid, engine, `seed ${seed}: the engine was started again`);
      const [after] = await wire.send([{ at: 'a', tags: 'c1/5', from: station(77) }], { quietMs: 400 });
      assert.ok(after?.['b']?.includes('c1/5'), `seed ${seed}: ${JSON.stringify(after)}`);
      await wire.close();
      const client = await router.connect();
      const reading = await InterfaceReading.of(client, 'a');
      await client.close();
      const counters = ['in-unicast-pkts', 'in-multicast-pkts', 'in-broadcast-pkts', 'in-errors'];
      const received = counters.reduce((sum, counter) => sum + reading.counter(counter), 0);
      // What is longer than the MTU, and what is cut within its tags, the kernel may keep to itself.
      assert.ok(received > count / 3, `seed ${seed}: the engine got ${received} of them`);
      return [
        { what: `odd frames (seed ${seed})`, value: sent },
        { what: 'of them that reached the engine', value: received },
        { what: 'of them a second', value: Math.round(sent / seconds) },
      ];
    } finally {
      await router.stop();
    }
  },
});

export const cases: readonly Case[] = [odd('af-packet'), odd('af-xdp')];
