import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { connectSsh, type NetconfClient } from '../client.ts';
import { edit, ethernets, IF, type TestServer, testServer, user } from '../testing/server.ts';

const NS = 'xmlns="urn:sluice:yang:sluice-plan"';
const NACM = 'xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm"';

let router: TestServer;
let port = 0;
let client: NetconfClient;

before(async () => {
  router = await testServer();
  port = await router.server.listenSsh({ address: '127.0.0.1', port: 0, keyFolder: `${router.folder}/keys` });
  client = await router.connect();
});
after(async () => {
  await client.close();
  await router.close();
});

const plan = (source = '', session = client): Promise<string> => session.rpc(`<plan ${NS}>${source}</plan>`);
const targets = (reply: string): string[] =>
  [...reply.matchAll(/<operation>([a-z]+)<\/operation><target>([^<]*)</g)].map(([, what, where]) => `${what} ${where}`);

describe('plan', () => {
  it('says what the candidate would change, and changes nothing', async () => {
    await client.rpc(edit(ethernets('e0')));
    await client.rpc(
      edit(
        `${ethernets('e1')}<nacm ${NACM}><groups><group><name>g</name><user-name>guest</user-name></group></groups></nacm>`,
        'candidate',
      ),
    );
    const commits = router.datastores.history.length;
    const reply = await plan();
    assert.match(reply, /<acceptable xmlns="[^"]+">true</);
    assert.deepEqual(targets(reply), [
      'create /ietf-interfaces:interfaces/interface=e1',
      'create /ietf-netconf-acm:nacm/groups/group=g',
    ]);
    assert.match(
      reply,
      /<operation [^>]*><number>1<\/number><target>platform<\/target><action>perform<\/action><summary>put the access control rules in force<\/summary><path xmlns:nacm="[^"]+">\/nacm:nacm<\/path><\/operation>/,
    );
    assert.equal(router.datastores.history.length, commits);
    assert.ok(router.datastores.isCandidateModified);
    await client.rpc('<discard-changes/>');
    assert.doesNotMatch(await plan(), /yang-patch|<operation/);
  });

  it('says what a commit would be refused for', async () => {
    const other = await router.connect();
    await other.rpc('<lock><target><running/></target></lock>');
    const broken = `<interfaces ${IF}><interface><name>e0</name></interface></interfaces>`;
    const reply = await plan(`<config>${broken}</config>`);
    assert.match(reply, /<acceptable xmlns="[^"]+">false</);
    assert.match(reply, /<refusal [^>]*><number>1<\/number><error-type>protocol<\/error-type><error-tag>in-use</);
    assert.match(
      reply,
      /<number>2<\/number><error-type>application<\/error-type><error-tag>data-missing<.*<error-path [^>]*>\/if:interfaces\/if:interface\[if:name='e0'\]\/if:type<\/error-path>/,
    );
    await other.close();
  });

  it('refuses by a parameter of its own', async () => {
    assert.match(await plan('<persist-id>none</persist-id>'), /<refusal [^>]*>.*<error-tag>invalid-value</);
  });

  it('plans a rollback, startup, and a configuration of the request', async () => {
    const [first] = router.datastores.history;
    const past = await plan(`<commit>${(first?.id ?? 0) - 1}</commit>`);
    assert.ok(targets(past).includes('delete /ietf-interfaces:interfaces/interface=e0'));
    assert.ok(targets(await plan('<startup/>')).includes('delete /ietf-interfaces:interfaces/interface=e0'));
    assert.deepEqual(targets(await plan(`<config>${ethernets('e0', 'e9')}</config>`)), [
      'create /ietf-interfaces:interfaces/interface=e9',
    ]);
    assert.match(await client.send(`<plan ${NS}><commit>777</commit></plan>`), /<error-tag>invalid-value<.*plan/);
  });

  it('shows what the user may read, and refuses what the user may not write', async () => {
    await client.rpc(
      edit(
        `${user('guest', 'secret')}<nacm ${NACM}><groups><group><name>g</name><user-name>guest</user-name></group></groups><rule-list><name>l</name><group>g</group><rule><name>r</name><path xmlns:if="urn:ietf:params:xml:ns:yang:ietf-interfaces">/if:interfaces/if:interface[if:name='secret']</path><access-operations>*</access-operations><action>deny</action></rule></rule-list></nacm>`,
      ),
    );
    const guest = await connectSsh({ host: '127.0.0.1', port, username: 'guest', password: 'secret' });
    await client.rpc(edit(ethernets('secret', 'seen'), 'candidate'));
    const reply = await plan('', guest);
    assert.deepEqual(targets(reply), ['create /ietf-interfaces:interfaces/interface=seen']);
    assert.match(reply, /<acceptable xmlns="[^"]+">false<.*<error-tag>access-denied</);
    assert.doesNotMatch(reply, /nacm/);
    await guest.close();
    await client.rpc('<discard-changes/>');
  });
});
