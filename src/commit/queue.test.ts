import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { FaultError } from '../yang/fault.ts';
import { SerialQueue } from './queue.ts';

test('SerialQueue.run works one at a time, in order, past failures', async () => {
  const queue = new SerialQueue(10);
  const seen: string[] = [];
  const work = (name: string, fails = false) =>
    queue.run(async () => {
      seen.push(`${name} begins`);
      await turn();
      seen.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    });
  const results = await Promise.allSettled([work('a'), work('b', true), work('c')]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  assert.deepEqual(seen, ['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  assert.equal(queue.length, 0);
});

test('SerialQueue.run refuses above its capacity', async () => {
  const queue = new SerialQueue(2);
  const held = [queue.run(turn), queue.run(turn)];
  await assert.rejects(
    queue.run(turn),
    (error) => error instanceof FaultError && error.faults[0]?.tag === 'resource-denied',
  );
  await Promise.all(held);
  await queue.run(turn);
});

test('SerialQueue.close waits for what runs and refuses what comes', async () => {
  const queue = new SerialQueue(5);
  let done = false;
  const work = queue.run(async () => {
    await turn();
    done = true;
  });
  await queue.close();
  assert.equal(done, true);
  await work;
  await assert.rejects(queue.run(turn), FaultError);
});
