import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FaultError } from '../../yang/fault.ts';
import { Locks } from './locks.ts';

function tagOf(action: () => void): { tag: string; sessionId: string | undefined } {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof FaultError);
    const fault = error.faults[0];
    assert.ok(fault);
    return { tag: fault.tag, sessionId: fault.info?.find(({ name }) => name === 'session-id')?.value };
  }
  throw new assert.AssertionError({ message: 'nothing was thrown' });
}

test('Locks.lock refuses a second lock of any session and names the holder', () => {
  const locks = new Locks();
  locks.lock('running', 4);
  assert.deepEqual(
    tagOf(() => locks.lock('running', 5)),
    { tag: 'lock-denied', sessionId: '4' },
  );
  assert.deepEqual(
    tagOf(() => locks.lock('running', 4)),
    { tag: 'lock-denied', sessionId: '4' },
  );
  locks.lock('candidate', 5);
  assert.equal(locks.holder('candidate')?.sessionId, 5);
});

test('Locks.unlock needs a lock, and its holder', () => {
  const locks = new Locks();
  assert.equal(tagOf(() => locks.unlock('startup', 1)).tag, 'operation-failed');
  locks.lock('startup', 1);
  assert.deepEqual(
    tagOf(() => locks.unlock('startup', 2)),
    { tag: 'lock-denied', sessionId: '1' },
  );
  locks.unlock('startup', 1);
  locks.lock('startup', 2);
});

test('Locks.assertWritable lets the holder write and nobody else', () => {
  const locks = new Locks();
  locks.assertWritable('running', 1);
  locks.lock('running', 1);
  locks.assertWritable('running', 1);
  assert.equal(tagOf(() => locks.assertWritable('running', 2)).tag, 'in-use');
});

test('Locks.release ends the locks of one session', () => {
  const locks = new Locks();
  locks.lock('running', 1);
  locks.lock('candidate', 1);
  locks.lock('startup', 2);
  assert.deepEqual(locks.release(1), ['running', 'candidate']);
  assert.equal(locks.holder('running'), undefined);
  assert.equal(locks.holder('startup')?.sessionId, 2);
});
