import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { connectSsh, type NetconfClient } from '../client.ts';
import { edit, ethernets, IF, type TestServer, testServer, user } from '../testing/server.ts';

const NS = 'xmlns="urn:sluice:yang:sluice-commit-history"';
const NACM = 'xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm"';
const NC = 'xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"';

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

const running = (): Promise<string> => client.rpc('<get-config><source><running/></source></get-config>');
const difference = (parameters = '', session = client): Promise<string> =>
  session.rpc(`<commit-difference ${NS}>${parameters}</commit-difference>`);
const rollback = (parameters: string): string => `<rollback ${NS}>${parameters}</rollback>`;

async function last(): Promise<number> {
  return router.datastores.history.at(-1)?.id ?? 0;
}

describe('commit-history', () => {
  it('lists commits with user, session, comment and size', async () => {
    await client.rpc(edit(ethernets('h0', 'h1'), 'candidate'));
    await client.rpc(
      '<commit><comment xmlns="urn:sluice:yang:sluice-commit-history">two &lt; three ports</comment></commit>',
    );
    const id = await last();
    const whole = await client.rpc(`<get><filter><commit-history ${NS}/></filter></get>`);
    const one = await client.rpc(
      `<get><filter><commit-history ${NS}><commit><id>${id}</id></commit></commit-history></filter></get>`,
    );
    const expected = new RegExp(
      `<commit><id>${id}</id><time>[^<]+</time><user>[^<]+</user><session-id>${client.sessionId}</session-id><source>netconf</source><comment>two &lt; three ports</comment><changed-rows>2</changed-rows></commit>`,
    );
    assert.match(whole, expected);
    assert.match(one, expected);
    assert.match(whole, /<oldest-restorable>0</);
    assert.equal(one.match(/<commit>/g)?.length, 1);
  });
});

describe('commit-difference', () => {
  it('gives the last commit as a YANG patch, or as text', async () => {
    await client.rpc(edit(ethernets('d0')));
    await client.rpc(
      edit(
        `<interfaces ${IF} ${NC}><interface><name>d0</name><description>new</description><enabled>false</enabled></interface><interface nc:operation="delete"><name>h1</name></interface></interfaces>`,
      ),
    );
    const id = await last();
    const patch = await difference();
    assert.match(patch, new RegExp(`<from xmlns="[^"]+">${id - 1}</from><to xmlns="[^"]+">${id}</to><yang-patch`));
    const edits = [...patch.matchAll(/<edit><edit-id>(\d)<\/edit-id><operation>([^<]*)<\/operation><target>([^<]*)</g)];
    assert.deepEqual(
      edits.map(([, number, operation, target]) => `${number} ${operation} ${target}`),
      [
        '1 create /ietf-interfaces:interfaces/interface=d0/description',
        '2 create /ietf-interfaces:interfaces/interface=d0/enabled',
        '3 delete /ietf-interfaces:interfaces/interface=h1',
      ],
    );
    assert.match(patch, /<value><description xmlns="[^"]+">new<\/description><\/value>/);
    assert.match(patch, /<source-value><interface xmlns="[^"]+"><name>h1<\/name>.*<\/source-value>/);
    const text = await difference('<format>text</format>');
    assert.match(text, /\+ \/ietf-interfaces:interfaces\/interface\[name='d0'\]\/description: new\n/);
    assert.match(text, /\n- \/ietf-interfaces:interfaces\/interface\[name='h1'\]\n/);
  });

  it('compares any two commits, in either direction', async () => {
    const id = await last();
    const back = await difference(`<from>${id}</from><to>${id - 2}</to>`);
    assert.match(back, /<operation>delete<\/operation><target>[^<]*interface=d0</);
    assert.match(back, /<operation>create<\/operation><target>[^<]*interface=h1</);
    assert.doesNotMatch(await difference(`<from>${id}</from><to>${id}</to>`), /yang-patch/);
    for (const [parameters, element] of [
      ['<to>99999</to>', 'to'],
      [`<from>99999</from><to>${id}</to>`, 'from'],
    ] as const) {
      const refusal = await client.send(`<commit-difference ${NS}>${parameters}</commit-difference>`);
      assert.match(refusal, new RegExp(`<error-tag>invalid-value<.*commit-difference/[a-z]+:${element}<`));
    }
  });
});

describe('rollback', () => {
  it('goes back to a commit, and is a commit itself', async () => {
    const then = await last();
    const content = await running();
    await client.rpc(edit(ethernets('r0')));
    await client.rpc(
      edit(`<interfaces ${IF} ${NC}><interface nc:operation="delete"><name>d0</name></interface></interfaces>`),
    );
    const reply = await client.rpc(rollback(`<to>${then}</to><comment>was better</comment>`));
    assert.match(reply, new RegExp(`<commit xmlns="[^"]+">${then + 3}</commit>`));
    assert.equal((await running()).replace(/message-id="\d+"/, ''), content.replace(/message-id="\d+"/, ''));
    const { comment, restored, rows } = router.datastores.history.at(-1) ?? assert.fail();
    assert.deepEqual({ comment, restored, rows }, { comment: 'was better', restored: then, rows: 2 });
    assert.match(await client.rpc(rollback(`<to>${then}</to>`)), /<ok\/>/);
  });

  it('goes back in the candidate', async () => {
    const then = await last();
    await client.rpc(edit(ethernets('r1')));
    await client.rpc(rollback(`<to>${then}</to><target>candidate</target>`));
    assert.match(await running(), /<name>r1</);
    await client.rpc('<commit/>');
    assert.doesNotMatch(await running(), /<name>r1</);
  });

  it('can be confirmed, or reverted', async () => {
    const then = await last();
    await client.rpc(edit(ethernets('r2')));
    await client.rpc(rollback(`<to>${then}</to><confirmed/><persist>t</persist>`));
    assert.doesNotMatch(await running(), /<name>r2</);
    assert.match(
      await client.send(rollback(`<to>${then}</to>`)),
      /<error-tag>invalid-value<.*rollback\/[a-z]+:persist-id</,
    );
    await client.rpc('<cancel-commit><persist-id>t</persist-id></cancel-commit>');
    assert.match(await running(), /<name>r2</);
    assert.equal(router.datastores.history.at(-1)?.restored, then + 1);
  });

  it('refuses a commit that is not known', async () => {
    assert.match(
      await client.send(rollback('<to>12345</to>')),
      /<error-tag>invalid-value<.*there is no commit 12345 yet/,
    );
  });

  it('shows and changes only what the user may read and write', async () => {
    const rule = (name: string, rest: string) => `<rule><name>${name}</name>${rest}</rule>`;
    await client.rpc(
      edit(
        `${user('guest', 'secret')}<nacm ${NACM}><groups><group><name>guests</name><user-name>guest</user-name></group></groups><rule-list><name>guests</name><group>guests</group>${rule('secret', `<path xmlns:if="urn:ietf:params:xml:ns:yang:ietf-interfaces">/if:interfaces/if:interface[if:name='hidden']</path><access-operations>*</access-operations><action>deny</action>`)}${rule('seen', `<path xmlns:if="urn:ietf:params:xml:ns:yang:ietf-interfaces">/if:interfaces</path><access-operations>*</access-operations><action>permit</action>`)}${rule('rpcs', '<module-name>*</module-name><rpc-name>*</rpc-name><access-operations>exec</access-operations><action>permit</action>')}</rule-list></nacm>`,
      ),
    );
    const then = await last();
    await client.rpc(edit(ethernets('open')));
    await client.rpc(edit(ethernets('hidden')));
    const guest = await connectSsh({ host: '127.0.0.1', port, username: 'guest', password: 'secret' });
    const seen = await difference(`<from>${then}</from>`, guest);
    assert.match(seen, /interface=open</);
    assert.doesNotMatch(seen, /hidden/);
    assert.match(await guest.send(rollback(`<to>${then}</to>`)), /<error-tag>access-denied</);
    assert.match(await running(), /<name>open</);
    await guest.close();
  });
});
