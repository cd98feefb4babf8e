import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { NetconfClient } from '../client.ts';
import { edit, ethernets, type TestServer, testServer } from '../testing/server.ts';

let router: TestServer;
let client: NetconfClient;
let other: NetconfClient;
let subscriber: NetconfClient;

before(async () => {
  router = await testServer();
  client = await router.connect();
  other = await router.connect();
  subscriber = await router.connect();
  await subscriber.rpc(
    `<create-subscription xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0"><filter><netconf-confirmed-commit xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-notifications"/></filter></create-subscription>`,
  );
});
after(async () => {
  for (const session of [client, other, subscriber]) await session.close();
  await router.close();
});

/** The next netconf-confirmed-commit: its content without tags of its own. */
async function event(): Promise<string> {
  for await (const { xml } of subscriber.notifications()) {
    const [, content = ''] = /<netconf-confirmed-commit[^>]*>(.*)<\/netconf-confirmed-commit>/s.exec(xml) ?? [];
    return content.replace(/<source-host>[^<]*<\/source-host>/, '');
  }
  return 'none';
}

const hasInterface = async (name: string): Promise<boolean> =>
  (await other.rpc('<get-config><source><running/></source></get-config>')).includes(`<name>${name}<`);

async function commit(name: string, parameters = '', session = client): Promise<void> {
  await session.rpc(edit(ethernets(name), 'candidate'));
  await session.rpc(`<commit>${parameters}</commit>`);
}

const by = (session: NetconfClient) => `<username>[^<]+</username><session-id>${session.sessionId}</session-id>`;

describe('confirmed commit (RFC 6241 section 8.4)', () => {
  it('is advertised, told of (RFC 6470), and confirmed', async () => {
    assert.ok(client.capabilities.includes('urn:ietf:params:netconf:capability:confirmed-commit:1.1'));
    await commit('a0', '<confirmed/>');
    assert.match(
      await event(),
      new RegExp(`^${by(client)}<confirm-event>start</confirm-event><timeout>600</timeout>$`),
    );
    await commit('a1', '<confirmed/><confirm-timeout>120</confirm-timeout>');
    assert.match(await event(), /<confirm-event>extend<\/confirm-event><timeout>120<\/timeout>$/);
    await client.rpc('<commit/>');
    assert.match(await event(), new RegExp(`^${by(client)}<confirm-event>complete</confirm-event>$`));
    assert.ok((await hasInterface('a0')) && (await hasInterface('a1')));
  });

  it('is reverted after its timeout', async () => {
    await commit('b0', '<confirmed/><confirm-timeout>1</confirm-timeout>');
    assert.match(await event(), /start/);
    assert.ok(await hasInterface('b0'));
    assert.equal(await event(), '<confirm-event>timeout</confirm-event>');
    assert.ok(!(await hasInterface('b0')));
  });

  it('is cancelled, by its session alone', async () => {
    await commit('c0', '<confirmed/>');
    assert.match(await event(), /start/);
    assert.match(await other.send('<cancel-commit/>'), /<error-tag>in-use</);
    assert.match(await other.send('<commit/>'), /<error-tag>in-use</);
    const lock = await other.send('<lock><target><running/></target></lock>');
    assert.match(lock, new RegExp(`<error-tag>lock-denied<.*<session-id>${client.sessionId}</session-id>`));
    const partial =
      '<partial-lock xmlns="urn:ietf:params:xml:ns:netconf:partial-lock:1.0"><select>/*</select></partial-lock>';
    assert.match(await other.send(partial), /<error-tag>lock-denied<.*<error-app-tag>outstanding-confirmed-commit</);
    assert.match(await client.rpc('<cancel-commit/>'), /<ok\/>/);
    assert.match(await event(), new RegExp(`^${by(client)}<confirm-event>cancel</confirm-event>$`));
    assert.ok(!(await hasInterface('c0')));
    assert.match(await client.send('<cancel-commit/>'), /<error-tag>operation-failed</);
  });

  it('is reverted with its session, unless it is persistent', async () => {
    const first = await router.connect();
    await commit('d0', '<confirmed/>', first);
    assert.match(await event(), /start/);
    await first.close();
    assert.match(await event(), new RegExp(`^${by(first)}<confirm-event>cancel</confirm-event>$`));
    assert.ok(!(await hasInterface('d0')));

    const second = await router.connect();
    await commit('d1', '<confirmed/><persist>IQ,d4668</persist>', second);
    assert.match(await event(), /start/);
    await second.close();
    const wrong = /<error-tag>invalid-value<.*<error-path[^>]*>\/nc:commit\/nc:persist-id<.*<bad-element>persist-id</;
    assert.match(await client.send('<commit><persist-id>wrong</persist-id></commit>'), wrong);
    assert.match(await client.send('<commit/>'), wrong);
    await client.rpc('<commit><persist-id>IQ,d4668</persist-id></commit>');
    assert.match(await event(), new RegExp(`^${by(client)}<confirm-event>complete</confirm-event>$`));
    assert.ok(await hasInterface('d1'));
  });

  it('refuses a timeout of 0, and a token without confirmed', async () => {
    for (const [parameters, expected] of [
      ['<confirmed/><confirm-timeout>0</confirm-timeout>', /<error-tag>invalid-value<.*confirm-timeout/],
      ['<persist>x</persist>', /<error-tag>missing-element<.*<bad-element>confirmed</],
    ] as const) {
      assert.match(await client.send(`<commit>${parameters}</commit>`), expected);
    }
  });
});
