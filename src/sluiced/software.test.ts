/** A bundle within NETCONF, by a client that we did not write, into slots in a folder. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { KeySpace } from '../datastore/key/key.ts';
import { softwareState } from '../features/software/state.ts';
import { edit, routerSchema, type TestServer, testServer, user } from '../northbound/netconf/testing/server.ts';
import { bundle, slotsIn, within } from '../platform/slots/testing/bundle.ts';
import { softwareHandlers } from './software.ts';

const script = fileURLToPath(new URL('ncclient_upload.py', import.meta.url));
const rules = `<nacm xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm"><groups><group><name>all</name><user-name>admin</user-name></group></groups><rule-list><name>all</name><group>all</group><rule><name>all</name><module-name>*</module-name><access-operations>*</access-operations><action>permit</action></rule></rule-list></nacm>`;

test('ncclient uploads a bundle in two sessions', () =>
  within(async (folder, { publicKey, privateKey }) => {
    const slots = slotsIn(folder, publicKey);
    const schema = routerSchema();
    const nothing = (): void => undefined;
    const appliance = {
      slots,
      fetch: () => Promise.reject(new Error('nothing to be had')),
      restart: nothing,
      shutDown: nothing,
      forgetEverything: nothing,
    };
    let server: TestServer | undefined;
    const handlers = softwareHandlers({
      schema,
      appliance,
      drain: async () => ({ remaining: [], takeBack: nothing }),
      publish: (notification) => server?.server.publish(notification),
      log: nothing,
    });
    server = await testServer({
      handlers: new Map(handlers),
      providers: [softwareState(new KeySpace(schema), slots)],
    });
    try {
      const port = await server.server.listenSsh({ address: '127.0.0.1', port: 0, keyFolder: `${server.folder}/keys` });
      const client = await server.connect();
      await client.rpc(edit(user('admin', 'secret') + rules));
      await client.close();
      const inside = { boot: randomBytes(1 << 20), root: randomBytes(24 << 20) };
      writeFileSync(`${folder}/bundle`, bundle(privateKey, {}, inside));
      const { stdout } = await promisify(execFile)('/usr/bin/python3', [
        script,
        String(port),
        'admin',
        'secret',
        `${folder}/bundle`,
      ]);
      const { seconds, bytes, told, ...seen } = JSON.parse(stdout);
      process.stdout.write(`ncclient: ${(bytes / 1e6 / seconds).toFixed(1)} MB/s in chunks of 1 MiB\n`);
      assert.deepEqual(seen, {
        resumed: true,
        'wrong offset': 'invalid-value',
        'second upload': 'in-use',
        state: ['done'],
      });
      assert.equal(told.at(-1), 'done');
      assert.ok(told.length > 2);
      assert.ok(readFileSync(`${folder}/root-b`).subarray(0, inside.root.length).equals(inside.root));
      assert.deepEqual(
        server.logged.filter((line) => !line.startsWith('SSH host key')),
        [],
      );
    } finally {
      await server.close();
    }
  })());
