import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineClient } from '../../../src/engine/client.ts';
import { arrange, type EngineOperation, objectOf } from '../../../src/engine/operation.ts';
import { EngineTarget } from '../../../src/engine/target.ts';
import { encoded } from '../../../src/engine/testing/objects.ts';
import { forwardingFeatures } from '../../../src/features/forwarding.ts';
import { planReplay } from '../../../src/features/replay.ts';
import { changeOf } from '../../../src/features/testing/difference.ts';
import { randomConfiguration, randomOf } from '../../../src/features/testing/random.ts';
import { keys, viewOf } from '../../../src/features/testing/schema.ts';
import { type Case, medianAndWorst } from '../../case.ts';

const rounds = 200;
const binary = new URL('../../../build/native/sluice-engine', import.meta.url).pathname;
const features = forwardingFeatures(keys, { query: async () => undefined }, { of: async () => [] });
const indexes = features.flatMap((feature) => feature.indexes ?? []);

/** Each object as `id bytes`, sorted. */
const listed = (operations: readonly EngineOperation[]): string[] =>
  operations.map((operation) => `${objectOf(operation)} ${encoded(operation)}`).sort();

/** The property of plans, on the engine itself. */
const plans: Case = {
  id: 'engine-plans',
  shows: 'the engine holds after every commit exactly what a replay of the configuration would give it',
  async run() {
    const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e9));
    const random = randomOf(seed);
    const folder = mkdtempSync(join(tmpdir(), 'sluice-plans-'));
    const socketPath = join(folder, 'engine.sock');
    const engine = spawn(binary, ['--socket', socketPath, '--no-huge', '--memory', '64'], { stdio: 'ignore' });
    const ended = once(engine, 'exit');
    const next = () => viewOf(randomConfiguration(random, ['ring']), indexes);
    let running = viewOf({}, indexes);
    const intent = () => planReplay(keys, features, running);
    const client = new EngineClient({ socketPath, owner: 'plans', intent, log: () => {} });
    const target = new EngineTarget(client);
    const times: number[] = [];
    try {
      client.start();
      for (let tries = 0; client.engine === undefined; tries += 1) {
        assert.ok(tries < 1000 && engine.exitCode === null, 'the engine did not start');
        await sleep(20);
      }
      for (let round = 0; round < rounds; round += 1) {
        const after = next();
        const change = changeOf(running, after);
        const planned = features.flatMap((feature) => feature.plan(change));
        const started = performance.now();
        const prepared = await target.prepare(planned);
        assert.ok('commit' in prepared, `seed ${seed}, round ${round}: ${JSON.stringify(prepared)}`);
        await prepared.commit();
        times.push(performance.now() - started);
        running = after;
        const parts = await client.query({ case: 'objects', value: {} });
        const held = parts?.flatMap((part) => part.objects.map(({ op }) => op as EngineOperation));
        const wanted = arrange(intent()).map(({ operation }) => operation);
        assert.deepEqual(held && listed(held), listed(wanted), `seed ${seed}, round ${round}`);
      }
    } finally {
      await client.stop();
      engine.kill();
      await ended;
      rmSync(folder, { recursive: true });
    }
    return [
      { what: 'random commits on the engine', value: rounds },
      ...medianAndWorst('prepare and commit of one', times, 'ms'),
    ];
  },
};

export const cases: readonly Case[] = [plans];
