import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Seldom } from './seldom.ts';

test('Seldom writes a line once a minute, and no more than so many different ones', () => {
  mock.timers.enable({ apis: ['Date'] });
  const lines: string[] = [];
  const seldom = new Seldom((line) => lines.push(line));
  for (let count = 0; count < 5; count++) seldom.log('refused');
  assert.deepEqual(lines, ['refused']);
  mock.timers.tick(60_000);
  seldom.log('refused');
  assert.equal(lines.length, 2);
  for (let count = 0; count < 1000; count++) seldom.log(`line ${count}`);
  assert.equal(lines.length, 2 + 63);
  mock.timers.tick(60_000);
  seldom.log('later');
  assert.equal(lines.at(-1), 'later');
  mock.timers.reset();
});
