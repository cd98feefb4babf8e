import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { connectSsh, type NetconfClient } from '../client.ts';
import { establish, next, until } from '../notification/testing.ts';
import { edit, ethernets, type TestServer, testServer, user } from '../testing/server.ts';

const NS = 'xmlns="urn:sluice:yang:sluice-confirmed-commit"';
const NACM = 'xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm"';
const IFP = 'xmlns:i="urn:ietf:params:xml:ns:yang:ietf-interfaces"';

let router: TestServer;
let port = 0;
let client: NetconfClient;
let subscriber: NetconfClient;

before(async () => {
  router = await testServer();
  port = await router.server.listenSsh({ address: '127.0.0.1', port: 0, keyFolder: `${router.folder}/keys` });
  client = await router.connect();
  subscriber = await router.connect();
  await subscriber.rpc(
    `<create-subscription xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0"><filter><assertions-decided ${NS}/></filter></create-subscription>`,
  );
});
after(async () => {
  await client.close();
  await subscriber.close();
  await router.close();
});

async function decided(): Promise<string> {
  for await (const { xml } of subscriber.notifications()) return xml;
  return 'none';
}

const hasInterface = async (name: string): Promise<boolean> =>
  (await client.rpc('<get-config><source><running/></source></get-config>')).includes(`<name>${name}<`);
const state = (): Promise<string> => client.rpc(`<get><filter><confirmed-commit ${NS}/></filter></get>`);
const assertion = (name: string, condition: string): string =>
  `<assertion><name>${name}</name><condition ${IFP}>${condition}</condition><description>why</description></assertion>`;

/** Commits an interface as a confirmed commit with assertions. */
async function commit(name: string, assertions: string, parameters = '', session = client): Promise<string> {
  await client.rpc(edit(ethernets(name), 'candidate'));
  return session.send(`<commit><confirmed/>${parameters}<assertions ${NS}>${assertions}</assertions></commit>`);
}

describe('confirmed commit by assertion', () => {
  it('is confirmed by the router as soon as all assertions hold', async () => {
    const sessions = assertion('connected', 'count(//session) &gt; 1');
    const later = assertion('later', "/i:interfaces/i:interface[i:name='later']");
    assert.match(await commit('a0', sessions + later), /<ok\/>/);
    while (!/<holds>true<.*<holds>false</s.test(await state())) await new Promise(setImmediate);
    assert.match(
      await state(),
      /<pending><since>[^<]+<\/since><user>[^<]+<\/user><session-id>\d+<\/session-id><persistent>false<\/persistent><timeout>600<\/timeout><remaining>[56]\d\d<\/remaining><restores>\d+<\/restores><assertion><name>connected</,
    );
    await client.rpc(edit(ethernets('later')));
    assert.match(
      await decided(),
      /<outcome>asserted<.*<assertion><name>connected<.*<condition xmlns:if="[^"]+">\/if:interfaces\/if:interface\[if:name='later'\]<\/condition><description>why<\/description><holds>true<\/holds><\/assertion><\/assertions-decided>/s,
    );
    assert.ok(await hasInterface('a0'));
    const after = await state();
    assert.doesNotMatch(after, /<pending>/);
    assert.match(after, /<last><outcome>asserted</);
  });

  it('is reverted when its time is over, with the assertion that did not hold', async () => {
    const assertions = assertion('yes', 'true()') + assertion('no', '/i:interfaces/i:nothing');
    await commit('b0', assertions, '<confirm-timeout>1</confirm-timeout>');
    assert.match(await decided(), /<outcome>timed-out<.*<name>no<.*<holds>false</s);
    assert.ok(!(await hasInterface('b0')));
  });

  it('shows its state to subscribers as it changes', async () => {
    const watcher = await router.connect();
    const filter = `<yp:datastore-subtree-filter><confirmed-commit ${NS}/><commit-history xmlns="urn:sluice:yang:sluice-commit-history"/></yp:datastore-subtree-filter>`;
    await establish(watcher, `<yp:datastore>ds:operational</yp:datastore>${filter}<yp:on-change/>`);
    assert.match((await next(watcher))[0] ?? '', /<commit><id>1<.*<last>/s);
    await commit('s0', assertion('later', "/i:interfaces/i:interface[i:name='s1']"));
    await until(watcher, /<operation>create<.*confirmed-commit\/pending</s);
    await client.rpc(edit(ethernets('s1')));
    const id = router.datastores.history.at(-1)?.id;
    const told = await until(watcher, /<operation>delete<\/operation><target>[^<]*confirmed-commit\/pending</s);
    assert.match(told.join(''), new RegExp(`<operation>create</operation><target>[^<]*commit-history/commit=${id}<`));
    assert.match(await decided(), /<outcome>asserted</);
    await watcher.close();
  });

  it('can still be confirmed and cancelled by its session', async () => {
    await commit('c0', assertion('no', 'false()'));
    await client.rpc('<commit/>');
    assert.match(await decided(), /<outcome>confirmed</);
    await commit('c1', assertion('no', 'false()'));
    await client.rpc('<cancel-commit/>');
    assert.match(await decided(), /<outcome>cancelled</);
    assert.ok((await hasInterface('c0')) && !(await hasInterface('c1')));
  });

  it('reads the state as its user may', async () => {
    await client.rpc(
      edit(
        `${user('guest', 'secret')}${ethernets('hidden', 'open')}<nacm ${NACM}><groups><group><name>g</name><user-name>guest</user-name></group></groups><rule-list><name>l</name><group>g</group><rule><name>r</name><path ${IFP}>/i:interfaces/i:interface[i:name='hidden']</path><access-operations>read</access-operations><action>deny</action></rule><rule><name>rest</name><module-name>*</module-name><access-operations>*</access-operations><action>permit</action></rule></rule-list></nacm>`,
      ),
    );
    const guest = await connectSsh({ host: '127.0.0.1', port, username: 'guest', password: 'secret' });
    const seen = assertion('open', "/i:interfaces/i:interface[i:name='open']");
    const unseen = assertion('hidden', "/i:interfaces/i:interface[i:name='hidden']");
    await commit('d0', seen, '', guest);
    assert.match(await decided(), /<outcome>asserted</);
    await commit('d1', seen + unseen, '<confirm-timeout>1</confirm-timeout>', guest);
    assert.match(await decided(), /<outcome>timed-out<.*<name>open<.*<holds>true<.*<name>hidden<.*<holds>false</s);
    await guest.close();
  });

  it('refuses what is no expression, and assertions without confirmed', async () => {
    assert.match(
      await commit('e0', assertion('bad', '/i:interfaces[')),
      /<error-tag>invalid-value<.*<error-path[^>]*>\/nc:commit\/[a-z]+:assertions\/[a-z]+:assertion\[[a-z]+:name='bad'\]\/[a-z]+:condition</,
    );
    assert.match(
      await client.send(`<commit><assertions ${NS}>${assertion('x', 'true()')}</assertions></commit>`),
      /<error-tag>missing-element<.*<bad-element>confirmed</,
    );
    await client.rpc('<discard-changes/>');
  });
});
