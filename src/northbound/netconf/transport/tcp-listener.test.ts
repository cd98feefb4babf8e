import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { keepAlive } from './tcp-listener.ts';

test('keepAlive gives TCP the idle time, the interval and the number of probes', () => {
  const socket = new Socket();
  const given: unknown[][] = [];
  socket.setKeepAlive = (...args: unknown[]) => {
    given.push(args);
    return socket;
  };
  keepAlive(socket, undefined);
  keepAlive(socket, { idleSeconds: 5, probes: 2, intervalSeconds: 3 });
  assert.deepEqual(given, [[true, 5000, 3000, 2]]);
});
