import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { keys, type Rows, viewOf } from '../testing/schema.ts';
import { CALL_HOME_CLIENT, LISTEN_ENDPOINT, NETCONF_SERVER } from './model.ts';
import { planNetconfServer, transportIntent } from './plan.ts';

const pkcs8 = (): string =>
  generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64');
const [key, otherKey] = [pkcs8(), pkcs8()];

function hostKey(parent: string, clear: string): Rows {
  return {
    [`${parent}/ssh/ssh-server-parameters/server-identity/host-key[name='k']`]: {
      'public-key/inline-definition/private-key-format': 'ietf-crypto-types:one-asymmetric-key-format',
      'public-key/inline-definition/cleartext-private-key': clear,
    },
  };
}

function listener(name: string, port: string, clear = key): Rows {
  const at = `${LISTEN_ENDPOINT}[name='${name}']`;
  return {
    [`${NETCONF_SERVER}/listen`]: {},
    [at]: {},
    [`${at}/ssh/tcp-server-parameters/local-bind[local-address='127.0.0.1']`]: { 'local-port': port },
    ...hostKey(at, clear),
  };
}

function call(name: string, port: string): Rows {
  const at = `${CALL_HOME_CLIENT}[name='${name}']/endpoints/endpoint[name='e']`;
  return {
    [`${NETCONF_SERVER}/call-home`]: {},
    [`${CALL_HOME_CLIENT}[name='${name}']`]: {},
    [`${CALL_HOME_CLIENT}[name='${name}']/connection-type/persistent`]: {},
    [at]: { 'ssh/tcp-client-parameters/remote-address': '192.0.2.1', 'ssh/tcp-client-parameters/remote-port': port },
    ...hostKey(at, key),
  };
}

function planned(before: Rows, after: Rows): string[] {
  const change = { before: viewOf(before, []), after: viewOf(after, []), rows: [] };
  return planNetconfServer(change, keys).map(({ summary, disturbs }) =>
    [summary, disturbs?.()].filter(Boolean).join(': '),
  );
}

test('planNetconfServer asks for what differs and says what that disturbs', () => {
  const both = { ...listener('a', '830'), ...call('n', '4334') };
  assert.deepEqual(planned(both, both), []);
  assert.deepEqual(planned({}, both), ['create listener a', 'create call home client n']);
  assert.deepEqual(planned(both, {}), [
    'delete listener a: Nobody can connect there any more; sessions stay.',
    'delete call home client n: It is called no more; a session that is there stays.',
  ]);
  assert.deepEqual(planned(listener('a', '830'), listener('a', '831')), [
    'change listener a: New connections have to go to another address or port; sessions stay.',
  ]);
  assert.deepEqual(planned(listener('a', '830'), listener('a', '830', otherKey)), [
    'change listener a: New connections meet other keys, certificates or algorithms.',
  ]);
  assert.deepEqual(planned(call('n', '4334'), call('n', '4335')), ['change call home client n']);
  assert.deepEqual(planned({ ...listener('a', '1'), ...listener('b', '2') }, listener('b', '2')).length, 1);
});

test('transportIntent leaves out what cannot be read any more, and says so', () => {
  const told: string[] = [];
  const rows = { ...listener('a', '830'), ...listener('b', '831', 'AAAA') };
  const intent = transportIntent(keys, viewOf(rows, []), (message) => told.push(message));
  assert.deepEqual(
    intent.map(({ summary }) => summary),
    ['create listener a'],
  );
  assert.match(told.join(), /endpoint\[name='b'\].*out of force: This is no private key/);
});
