import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import ssh2 from 'ssh2';
import { connectSsh } from './client.ts';
import { publishBlockPoint } from './notification/testing.ts';
import { BASE, chunk, hello } from './testing/raw.ts';
import { edit, IF, type TestServer, testServer, user } from './testing/server.ts';

/** Debian's clients, and our own over SSH, against one server. */
let router: TestServer;
let port = 0;
const keys = ssh2.utils.generateKeyPairSync('rsa', { bits: 2048, format: 'new' });

before(async () => {
  router = await testServer();
  port = await router.server.listenSsh({ address: '127.0.0.1', port: 0, keyFolder: join(router.folder, 'keys') });
  const [, blob = ''] = keys.public.split(' ');
  const key = `<authorized-key><name>k</name><algorithm>ssh-rsa</algorithm><key-data>${blob}</key-data></authorized-key></user>`;
  const rules = `<nacm xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm"><groups><group><name>all</name><user-name>admin</user-name></group></groups><rule-list><name>all</name><group>all</group><rule><name>all</name><module-name>*</module-name><access-operations>*</access-operations><action>permit</action></rule></rule-list></nacm>`;
  const client = await router.connect();
  await client.rpc(edit(user('admin', 'secret').replace('</user>', key) + rules));
  await client.close();
});
after(() => router.close());

function run(
  command: string,
  args: readonly string[],
  input = '',
  env: Readonly<Record<string, string>> = {},
): Promise<{ out: string; status: number | null }> {
  const child = spawn(command, args, { stdio: 'pipe', env: { ...process.env, ...env } });
  let out = '';
  let errors = '';
  child.stdout.on('data', (data: Buffer) => {
    out += data.toString();
  });
  child.stderr.on('data', (data: Buffer) => {
    errors += data.toString();
  });
  child.stdin.on('error', () => undefined);
  child.stdin.write(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve({ out: out === '' ? errors : out, status }));
  });
}

/** Name of an event, and its VLAN. */
function kind(notification: string): string {
  const name = /<\/eventTime>\s*<([\w-]+)/.exec(notification)?.[1] ?? '';
  return [name, ...(/<vlan-id>(\d+)</.exec(notification)?.slice(1) ?? [])].join(' ');
}

describe('ncclient', () => {
  it('reads, with-defaults as well, edits, commits, confirms, subscribes', async () => {
    const script = fileURLToPath(new URL('testing/ncclient_session.py', import.meta.url));
    const { out, status } = await run('/usr/bin/python3', [script, String(port), 'admin', 'secret']);
    assert.equal(status, 0, out);
    const seen = JSON.parse(out) as Record<string, string>;
    assert.ok(seen['capabilities']?.includes('urn:ietf:params:netconf:base:1.1'));
    assert.match(seen['notification'] ?? '', /<netconf-config-change .*if:interface\[if:name='nc0'\]/);
    assert.match(seen['subtree'] ?? '', /<name>nc0<\/name>/);
    assert.match(seen['xpath'] ?? '', /<interface><name>nc0<\/name><\/interface>/);
    assert.match(seen['defaults'] ?? '', /<name>nc0<\/name><enabled [^>]*wd:default="true"[^>]*>true<\/enabled>/);
    assert.match(seen['schema'] ?? '', /^module ietf-interfaces/);
    assert.deepEqual(seen['confirming'], [true, false, 'invalid-value', false, true]);
    assert.deepEqual(seen['error'], ['application', 'unknown-namespace']);
    assert.equal(seen['refused'], 'AuthenticationError');
  });
});

describe('ncclient as a subscriber', () => {
  it('gets a replay with filter and stop time, one that goes on, and changes of a datastore', async () => {
    const start = new Date().toISOString();
    for (const vlan of [7, 8, 7]) publishBlockPoint(router, vlan);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const script = fileURLToPath(new URL('testing/ncclient_notifications.py', import.meta.url));
    const stop = new Date().toISOString();
    const { out, status } = await run('/usr/bin/python3', [script, String(port), 'admin', 'secret', start, stop]);
    assert.equal(status, 0, out);
    const { replay = [], live = [], push = [] } = JSON.parse(out) as Record<string, string[]>;
    assert.deepEqual(replay.map(kind), [
      'block-point-change 7',
      'block-point-change 7',
      'replayComplete',
      'notificationComplete',
    ]);
    assert.deepEqual(live.map(kind), ['block-point-change 8', 'replayComplete']);
    assert.deepEqual(push.map(kind), ['push-update', 'push-change-update']);
    assert.match(push[1] ?? '', /<target>\/ietf-netconf-acm:nacm\/enable-nacm<\/target>/);
  });
});

describe('yangcli', () => {
  it('learns the modules; locks, edits, validates, commits, copies, reads, compares, gets schemas, locks parts', async () => {
    const config = join(router.folder, 'edit.xml');
    const entry = '<interface><name>yc0</name><type>ianaift:ethernetCsmacd</type></interface>';
    writeFileSync(config, `<interfaces ${IF}>${entry}</interfaces>`);
    const script = join(router.folder, 'yangcli.txt');
    const commands = [
      'get-locks',
      `edit-config target=candidate default-operation=merge config=@${config}`,
      'validate source=candidate',
      'commit',
      'release-locks',
      "xget-config source=running /interfaces/interface[name='yc0']",
      'sget /netconf-state/sessions',
      "xget-config source=running with-defaults=report-all /interfaces/interface[name='yc0']/enabled",
      'get-data datastore=operational with-origin max-depth=3',
      'compare source=running target=startup',
      'copy-config source=running target=startup',
      'sget-config source=startup /interfaces',
      'get-schema identifier=ietf-interfaces version=2018-02-20 format=yang',
      'partial-lock select="/interfaces/interface"',
      'partial-unlock lock-id=1',
      'commit --confirmed --confirm-timeout=100',
      `edit-config target=candidate test-option=test-only config=@${config}`,
      'cancel-commit',
      `edit-config target=candidate default-operation=replace config=@${config}`,
      'discard-changes',
      'close-session',
    ];
    writeFileSync(script, `${commands.join('\n')}\n`);
    const login = ['--server=127.0.0.1', `--ncport=${port}`, '--user=admin', '--password=secret'];
    const how = ['--batch-mode', `--run-script=${script}`, '--log-level=info', '--display-mode=xml'];
    const { out } = await run('yangcli', [...login, ...how], '', { HOME: router.folder });
    // A script is canceled by the first command that fails.
    assert.doesNotMatch(out, /RPC Error Reply|' canceled/, out);
    assert.match(out, /Default target set to: <candidate>/);
    assert.match(out, /<data>\s*<interfaces [^>]*>\s*<interface>\s*<name>yc0<\/name>/);
    assert.match(out, /module ietf-interfaces \{/);
    assert.match(out, /<name>yc0<\/name>\s*<enabled>true<\/enabled>/, 'a default');
    assert.match(out, /or:origin="or:default">true<\/enabled>/);
    assert.match(out, /<differences [^>]*>\s*<yang-patch>[\s\S]*interface=yc0<\/target>/);
    assert.match(out, /<lock-id/);
    // commit, edits, validate, copy, partial-unlock, confirmed commit and its cancel, discard.
    assert.ok((out.match(/RPC OK Reply/g) ?? []).length >= 9, out);
  });
});

describe('OpenSSH', () => {
  it('carries a session of either framing, by public key', async () => {
    const identity = join(router.folder, 'identity');
    writeFileSync(identity, keys.private, { mode: 0o600 });
    const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'BatchMode=yes', 'LogLevel=ERROR'];
    const args = ['-F', 'none', '-p', String(port), '-i', identity, ...options.flatMap((option) => ['-o', option])];
    const close = `<rpc xmlns="${BASE}" message-id="1"><close-session/></rpc>`;
    for (const input of [`${hello('1.0')}${close}]]>]]>`, hello('1.1') + chunk(close)]) {
      const { out, status } = await run('ssh', [...args, 'admin@127.0.0.1', '-s', 'netconf'], input);
      assert.match(out, /message-id="1"><ok\/><\/rpc-reply>/);
      assert.equal(status, 0);
    }
  });
});

describe('connectSsh', () => {
  it('holds 100 sessions at once, all of which answer', async () => {
    const login = () => connectSsh({ host: '127.0.0.1', port, username: 'admin', privateKey: keys.private });
    const clients = await Promise.all(Array.from({ length: 100 }, login));
    const replies = await Promise.all(
      clients.map((client) => client.rpc('<get-config><source><running/></source></get-config>')),
    );
    assert.equal(replies.filter((reply) => reply.includes('<name>admin</name>')).length, 100);
    assert.equal(new Set(clients.map(({ sessionId }) => sessionId)).size, 100);
    await Promise.all(clients.map((client) => client.close()));
  });
});
