import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { NetconfClient } from '../client.ts';
import { PRIVATE_CANDIDATE } from '../session/hello.ts';
import { edit, ethernets, IF, type TestServer, testServer } from '../testing/server.ts';

const NC = 'xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"';

let router: TestServer;
let one: NetconfClient;
let two: NetconfClient;
let shared: NetconfClient;

before(async () => {
  router = await testServer({}, { privateCandidates: { candidates: 3, rows: 40 } });
  shared = await router.connect();
});
after(async () => {
  await shared.close();
  await router.close();
});
beforeEach(async () => {
  one = await router.connect(PRIVATE_CANDIDATE);
  two = await router.connect(`${PRIVATE_CANDIDATE}?supported-resolution-modes=revert-on-conflict`);
  const start = describing('one', 'Link to London') + describing('two', 'Link to Tokyo');
  await shared.rpc(edit(`<interfaces ${IF} ${NC} nc:operation="replace">${start}</interfaces>`));
});

function describing(name: string, text: string): string {
  return `<interface><name>${name}</name><type>ianaift:ethernetCsmacd</type><description>${text}</description></interface>`;
}

function interfaces(content: string, target = 'candidate'): string {
  return edit(`<interfaces ${IF} ${NC}>${content}</interfaces>`, target);
}

function update(mode?: string): string {
  const parameter = mode === undefined ? '' : `<resolution-mode>${mode}</resolution-mode>`;
  return `<update xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-private-candidate">${parameter}</update>`;
}

/** Names and descriptions of the interfaces. */
async function links(client: NetconfClient, source = 'candidate'): Promise<string[]> {
  const filter = `<filter><interfaces ${IF}/></filter>`;
  const reply = await client.rpc(`<get-config><source><${source}/></source>${filter}</get-config>`);
  const found = reply.matchAll(/<name>([^<]*)<\/name>(?:<description>([^<]*)<)?/g);
  return [...found].map(([, name, text]) => `${name} ${text ?? ''}`.trim());
}

async function close(): Promise<void> {
  await Promise.all([one.close(), two.close()]);
}

describe('private candidates (draft-ietf-netconf-privcand)', () => {
  it('are of those sessions whose hello asks for one, and nobody else sees them', async () => {
    assert.ok(one.capabilities.includes(PRIVATE_CANDIDATE));
    await one.rpc(interfaces(describing('three', 'mine')));
    await shared.rpc(interfaces(describing('four', 'ours')));
    assert.deepEqual(await links(one), ['one Link to London', 'three mine', 'two Link to Tokyo']);
    assert.deepEqual(await links(two), ['one Link to London', 'two Link to Tokyo']);
    assert.deepEqual(await links(shared), ['four ours', 'one Link to London', 'two Link to Tokyo']);
    await two.rpc('<commit/>');
    assert.deepEqual(await links(one, 'running'), ['one Link to London', 'two Link to Tokyo']);
    await one.rpc('<commit/>');
    assert.deepEqual(await links(two, 'running'), ['one Link to London', 'three mine', 'two Link to Tokyo']);
    await shared.rpc('<discard-changes/>');
    assert.match(await shared.send(update()), /<error-tag>operation-not-supported</);
    await close();
  });

  it('do not see commits of others until they are updated, and merge what does not meet', async () => {
    await one.rpc(interfaces(describing('one', 'Link to San Francisco')));
    await shared.rpc(interfaces(describing('two', 'Link to Paris'), 'running'));
    assert.deepEqual(await links(one), ['one Link to San Francisco', 'two Link to Tokyo']);
    await one.rpc(update());
    assert.deepEqual(await links(one), ['one Link to San Francisco', 'two Link to Paris']);
    await shared.rpc(interfaces(describing('three', 'new'), 'running'));
    await one.rpc('<commit/>');
    assert.deepEqual(await links(two, 'running'), ['one Link to San Francisco', 'three new', 'two Link to Paris']);
    await close();
  });

  /** The draft's example: one changes what two deletes. */
  async function inConflict(): Promise<void> {
    await one.rpc(interfaces(describing('one', 'Link to San Francisco')));
    const gone = '<interface nc:operation="delete"><name>one</name></interface>';
    await two.rpc(interfaces(gone + describing('two', 'Link to Paris')));
    await two.rpc('<commit/>');
  }

  it('refuse an update and a commit for conflicts, with their places, and stay as they are', async () => {
    await inConflict();
    for (const operation of [update(), update('revert-on-conflict'), '<commit/>']) {
      const reply = await one.send(operation);
      assert.match(reply, /<error-tag>operation-failed<.*<error-app-tag>conflict</);
      assert.match(reply, /<error-path [^>]*>\/if:interfaces\/if:interface\[if:name='one'\]</);
      assert.match(reply, /<conflict xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-private-candidate"><xpath /);
    }
    assert.deepEqual(await links(one), ['one Link to San Francisco', 'two Link to Tokyo']);
    await one.rpc('<discard-changes/>');
    assert.deepEqual(await links(one), ['one Link to London', 'two Link to Tokyo']);
    await one.rpc(update());
    assert.deepEqual(await links(one), ['two Link to Paris']);
    await close();
  });

  it('tell both values of a leaf that both have changed', async () => {
    await one.rpc(interfaces(describing('one', 'mine')));
    await two.rpc(interfaces(describing('one', 'yours')));
    await two.rpc('<commit/>');
    assert.match(
      await one.send('<commit/>'),
      /\/if:description<\/xpath><value-running>yours<\/value-running><value-candidate>mine<\/value-candidate><\/conflict>/,
    );
    await close();
  });

  it('are updated in favour of the candidate or of running', async () => {
    await inConflict();
    await one.rpc(update('prefer-candidate'));
    assert.deepEqual(await links(one), ['one Link to San Francisco', 'two Link to Paris']);
    await one.rpc('<commit/>');
    assert.deepEqual(await links(two, 'running'), ['one Link to San Francisco', 'two Link to Paris']);
    await inConflict();
    await one.rpc(update('prefer-running'));
    assert.deepEqual(await links(one), ['two Link to Paris']);
    assert.match(await one.send(update('overwrite')), /<error-tag>invalid-value</);
    await close();
  });

  it('take and give whole configurations, and are validated', async () => {
    await one.rpc(interfaces(describing('three', 'x')));
    await one.rpc('<validate><source><candidate/></source></validate>');
    await one.rpc('<copy-config><target><startup/></target><source><candidate/></source></copy-config>');
    await one.rpc('<copy-config><target><candidate/></target><source><running/></source></copy-config>');
    assert.deepEqual(await links(one), ['one Link to London', 'two Link to Tokyo']);
    await one.rpc('<copy-config><target><candidate/></target><source><startup/></source></copy-config>');
    assert.deepEqual(await links(one), ['one Link to London', 'three x', 'two Link to Tokyo']);
    assert.deepEqual(await links(two), ['one Link to London', 'two Link to Tokyo']);
    const invalid = '<interface><name>broken</name></interface>';
    await two.rpc(interfaces(invalid));
    assert.match(await two.send('<validate><source><candidate/></source></validate>'), /<error-tag>data-missing</);
    assert.match(await two.send('<commit/>'), /<error-tag>data-missing</);
    assert.deepEqual((await links(two)).length, 3);
    await one.rpc('<commit/>');
    await close();
  });

  it('are locked by themselves; a lock on running keeps them from being committed', async () => {
    const lock = (target: string) => `<lock><target><${target}/></target></lock>`;
    const unlock = (target: string) => `<unlock><target><${target}/></target></unlock>`;
    await one.rpc(interfaces(describing('three', 'x')));
    await one.rpc(lock('candidate'));
    await two.rpc(lock('candidate'));
    await shared.rpc(lock('candidate'));
    assert.match(await one.send(lock('candidate')), new RegExp(`lock-denied<.*<session-id>${one.sessionId}<`));
    for (const client of [one, two]) await client.rpc(unlock('candidate'));
    assert.match(await two.send(unlock('candidate')), /<error-tag>operation-failed</);
    assert.deepEqual((await links(one)).length, 3);
    await two.rpc(lock('running'));
    assert.match(await one.send('<commit/>'), /<error-tag>in-use</);
    await one.rpc(update());
    await two.rpc(unlock('running'));
    await one.rpc('<commit/>');
    await shared.rpc(unlock('candidate'));
    await close();
  });

  it('are what candidate means to the operations of RFC 8526 and RFC 9144, too', async () => {
    const DS = 'xmlns:ds="urn:ietf:params:xml:ns:yang:ietf-datastores"';
    const NMDA = `xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-nmda" ${DS}`;
    const config = `<config><interfaces ${IF}>${describing('three', 'mine')}</interfaces></config>`;
    await one.rpc(`<edit-data ${NMDA}><datastore>ds:candidate</datastore>${config}</edit-data>`);
    const get = `<get-data ${NMDA}><datastore>ds:candidate</datastore></get-data>`;
    assert.match(await one.rpc(get), /<name>three</);
    assert.doesNotMatch(await two.rpc(get), /<name>three</);
    await two.rpc(interfaces(describing('two', 'Link to Paris'), 'running'));
    const compare = `<compare xmlns="urn:ietf:params:xml:ns:yang:ietf-nmda-compare" ${DS}><source>ds:running</source><target>ds:candidate</target></compare>`;
    const difference = await one.rpc(compare);
    // The candidate is a branch: it still says what running said before.
    assert.match(difference, /three/);
    assert.match(difference, /Link to Tokyo/);
    await one.rpc(update());
    assert.doesNotMatch(await one.rpc(compare), /Link to/);
    await close();
  });

  it('end with their sessions', async () => {
    await one.rpc(interfaces(describing('three', 'lost')));
    const { sessionId } = one;
    await one.close();
    assert.equal(router.datastores.privateCandidates.peek(sessionId), undefined);
    await two.rpc('<commit/>');
    assert.equal((await links(two, 'running')).length, 2);
    one = await router.connect(PRIVATE_CANDIDATE);
    assert.equal((await links(one)).length, 2);
    await close();
  });

  it('get back what a confirmed commit has proposed and that was not confirmed', async () => {
    const confirmed = '<commit><confirmed/><confirm-timeout>600</confirm-timeout></commit>';
    await one.rpc(interfaces(describing('three', 'proposed')));
    await one.rpc(confirmed);
    await one.rpc('<cancel-commit/>');
    assert.deepEqual(await links(one), ['one Link to London', 'three proposed', 'two Link to Tokyo']);
    assert.deepEqual(await links(two), ['one Link to London', 'two Link to Tokyo']);
    await one.rpc(confirmed);
    await one.rpc(interfaces(describing('four', 'more')));
    await one.rpc('<cancel-commit/>');
    const both = ['four more', 'one Link to London', 'three proposed', 'two Link to Tokyo'];
    assert.deepEqual(await links(one), both);
    await one.rpc(confirmed);
    await one.rpc('<commit/>');
    assert.deepEqual(await links(two, 'running'), both);
    await close();
  });

  it('are refused beyond their number and their rows', async () => {
    const more = await Promise.all([router.connect(PRIVATE_CANDIDATE), router.connect(PRIVATE_CANDIDATE)]);
    for (const client of [one, two, ...more.slice(0, 1)]) await links(client);
    const get = '<get-config><source><candidate/></source></get-config>';
    assert.match((await more[1]?.send(get)) ?? '', /<error-tag>resource-denied</);
    const many = Array.from({ length: 41 }, (_, i) => `e${i}`);
    assert.match(await one.send(edit(ethernets(...many), 'candidate')), /<error-tag>resource-denied</);
    assert.deepEqual((await links(one)).length, 2);
    await more[0]?.close();
    assert.match((await more[1]?.send(get)) ?? '', /<data/);
    await more[1]?.close();
    await close();
  });
});

describe('bugs', () => {
  it('are none in the log', () => assert.deepEqual(router.logged, []));
});
