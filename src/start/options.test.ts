import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseEndpoint, parseOptions, UsageError } from './options.ts';

test('parseOptions gives the defaults', () => {
  assert.deepEqual(parseOptions([]), {
    state: 'state',
    netconf: undefined,
    config: undefined,
    yangPaths: [],
    lab: true,
  });
});

test('parseOptions collects every --yang-path', () => {
  assert.deepEqual(parseOptions(['--yang-path', 'a', '--yang-path', 'b'])?.yangPaths, ['a', 'b']);
});

test('parseOptions refuses what it does not know', () => {
  assert.throws(() => parseOptions(['--speed', '9']), UsageError);
  assert.throws(() => parseOptions(['extra']), UsageError);
});

test('parseEndpoint takes IPv4, IPv6 and names', () => {
  assert.deepEqual(parseEndpoint('0.0.0.0:1830'), { address: '0.0.0.0', port: 1830 });
  assert.deepEqual(parseEndpoint('[::1]:830'), { address: '::1', port: 830 });
  assert.deepEqual(parseEndpoint('localhost:0'), { address: 'localhost', port: 0 });
});

test('parseEndpoint refuses what is no address and port', () => {
  for (const text of ['830', '::1:830', '127.0.0.1:', '127.0.0.1:70000', ':830', '']) {
    assert.throws(() => parseEndpoint(text), UsageError, text);
  }
});
