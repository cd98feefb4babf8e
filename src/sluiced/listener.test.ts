import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { listenerConfiguration } from '../features/factory.ts';
import { type HiddenKeys, spkiOf } from '../features/keystore/key-pair.ts';
import { sshBlob } from '../features/keystore/ssh-wire.ts';
import { routerSchema, type TestServer, testServer } from '../northbound/netconf/testing/server.ts';
import { hostKeys } from '../northbound/netconf/transport/host-keys.ts';
import { HiddenKeyFolder } from '../platform/hidden-keys.ts';
import { bindsOf, ensureListener } from './listener.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-listener-'));
const key = generateKeyPairSync('ed25519').privateKey;
const entries = [
  { name: 'ssh-host-ed25519', publicKey: sshBlob(generateKeyPairSync('ed25519').publicKey).toString('base64') },
];
let router: TestServer;

/** What the keystore's check and the listener's acceptor are to find. */
const held: HiddenKeys = { find: () => key, add: async () => undefined, all: () => [{ spki: spkiOf(key), key }] };

before(async () => {
  router = await testServer({}, {}, held);
});
after(async () => {
  await router.close();
  rmSync(folder, { recursive: true });
});

const binds = (): string[] =>
  [...router.transports.listeners()].flatMap(({ name, ports }) =>
    [...ports.keys()].map((address) => `${name} ${address}`),
  );
const ensure = (option?: { address: string; port: number }, hidden = held) =>
  ensureListener(
    { datastores: router.datastores, schema: routerSchema(), hidden, hostKeys: entries, log: () => undefined },
    option,
  );

test('ensureListener makes a listener with host keys of the keystore, moves it where the option says, and no more', async () => {
  assert.equal(await ensure({ address: '127.0.0.1', port: 0 }), true);
  assert.deepEqual(binds(), ['default 127.0.0.1']);
  // There already; and without an option the configuration decides.
  assert.equal(await ensure({ address: '127.0.0.1', port: 0 }), false);
  assert.equal(await ensure(), false);
  assert.equal(await ensure({ address: '127.0.0.2', port: 0 }), true);
  assert.deepEqual(binds(), ['default 127.0.0.2']);
  const client = await router.connect();
  const config = await client.rpc('<get-config><source><running/></source></get-config>');
  assert.match(config, /<central-keystore-reference>ssh-host-ed25519</);
  assert.match(config, /<keepalives/, 'what the option does not name stays');
  await client.close();
});

test('ensureListener tells the keystore of host keys that were made anew', async () => {
  const nothing: HiddenKeys = { find: () => undefined, add: async () => undefined, all: () => [] };
  entries[0] = {
    name: 'ssh-host-ed25519',
    publicKey: sshBlob(generateKeyPairSync('ed25519').publicKey).toString('base64'),
  };
  assert.equal(await ensure(undefined, nothing), true);
  const client = await router.connect();
  const config = await client.rpc('<get-config><source><running/></source></get-config>');
  assert.ok(config.includes(entries[0].publicKey));
  await client.close();
});

test('bindsOf takes both families for [::], and the addresses of names', async () => {
  assert.deepEqual(await bindsOf({ address: '::', port: 1 }), [
    { address: '0.0.0.0', port: 1 },
    { address: '::', port: 1 },
  ]);
  assert.equal((await bindsOf({ address: 'localhost', port: 2 }))[0]?.port, 2);
});

test('HiddenKeyFolder reads host keys in the format of OpenSSH, and what it was given', async () => {
  const made = await hostKeys(folder);
  const keys = HiddenKeyFolder.open(folder, assert.fail);
  assert.equal([...keys.all()].length, 3);
  await keys.add(key);
  const again = HiddenKeyFolder.open(folder, assert.fail);
  assert.ok(again.find(spkiOf(key))?.equals(key));
  const blobs = [...again.all()].map(({ key: each }) => sshBlob(each).toString('base64'));
  for (const { publicKey } of made) assert.ok(blobs.includes(publicKey));
});

test('listenerConfiguration escapes what it is given', () => {
  assert.ok(listenerConfiguration([{ name: 'a<b', publicKey: '' }], []).includes('<name>a&lt;b</name>'));
});
