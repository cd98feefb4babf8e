import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { connectSsh, type NetconfClient } from '../client.ts';
import { edit, ethernets, IF, type TestServer, testServer, user } from '../testing/server.ts';

const PL = 'xmlns="urn:ietf:params:xml:ns:netconf:partial-lock:1.0"';
const NACM = 'xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm"';

let router: TestServer;
let one: NetconfClient;
let other: NetconfClient;

before(async () => {
  router = await testServer();
  one = await router.connect();
  other = await router.connect();
  await one.rpc(edit(ethernets('a', 'b', 'c')));
});
after(async () => {
  await one.close();
  await other.close();
  await router.close();
});

function lock(...select: string[]): string {
  const each = select.map((path) => `<select xmlns:x="urn:ietf:params:xml:ns:yang:ietf-interfaces">${path}</select>`);
  return `<partial-lock ${PL}>${each.join('')}</partial-lock>`;
}

function unlock(id: string): string {
  return `<partial-unlock ${PL}><lock-id>${id}</lock-id></partial-unlock>`;
}

function describing(name: string, text: string, target = 'running'): string {
  const each = `<interface><name>${name}</name><description>${text}</description></interface>`;
  return edit(`<interfaces ${IF}>${each}</interfaces>`, target);
}

async function granted(client: NetconfClient, ...select: string[]): Promise<string> {
  const reply = await client.rpc(lock(...select));
  const [, id = ''] = /<lock-id[^>]*>(\d+)</.exec(reply) ?? [];
  assert.notEqual(id, '');
  return id;
}

async function refusal(client: NetconfClient, operation: string): Promise<string> {
  const reply = await client.send(operation);
  const tag = /<error-tag>([^<]*)</.exec(reply)?.[1] ?? 'none';
  const appTag = /<error-app-tag>([^<]*)</.exec(reply)?.[1] ?? '';
  const holder = /<session-id>([^<]*)</.exec(reply)?.[1] ?? '';
  const path = /<error-path[^>]*>([^<]*)</.exec(reply)?.[1] ?? '';
  return [tag, appTag, holder, path].join(' ').trim();
}

const pathOf = (name: string) => `/if:interfaces/if:interface[if:name='${name}']`;

describe('partial-lock (RFC 5717)', () => {
  it('answers with the nodes locked, and keeps other sessions from them until it is released', async () => {
    const reply = await one.rpc(lock("/x:interfaces/x:interface[x:name='a']", "//x:interface[x:name='b']"));
    const nodes = [...reply.matchAll(/<locked-node[^>]*>([^<]*)</g)].map(([, node]) => node);
    assert.deepEqual(nodes, ['a', 'b'].map(pathOf));
    const [, id = ''] = /<lock-id[^>]*>(\d+)</.exec(reply) ?? [];
    assert.equal(await refusal(other, describing('a', 'x')), `in-use locked  ${pathOf('a')}`);
    await one.rpc(describing('a', 'mine'));
    await other.rpc(describing('c', 'free'));
    await one.rpc(unlock(id));
    await other.rpc(describing('a', 'yours'));
    assert.equal(await refusal(one, unlock(id)), 'invalid-value   /pl:partial-unlock/pl:lock-id');
  });

  it('locks what comes below later, and lets go what its session deletes', async () => {
    const id = await granted(one, '/x:interfaces');
    assert.equal(await refusal(other, edit(ethernets('new'))), 'in-use locked  /if:interfaces');
    await one.rpc(unlock(id));
    const entry = await granted(one, "/x:interfaces/x:interface[x:name='c']");
    await one.rpc(
      edit(
        `<interfaces ${IF} xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"><interface nc:operation="delete"><name>c</name></interface></interfaces>`,
      ),
    );
    await other.rpc(edit(ethernets('c')));
    await one.rpc(unlock(entry));
  });

  it('leaves the candidate free, but not its commit', async () => {
    const id = await granted(one, "/x:interfaces/x:interface[x:name='a']/x:description");
    await other.rpc(describing('a', 'later', 'candidate'));
    assert.equal(await refusal(other, '<commit/>'), `in-use locked  ${pathOf('a')}/if:description`);
    assert.equal(
      await refusal(other, '<copy-config><target><running/></target><source><candidate/></source></copy-config>'),
      `in-use locked  ${pathOf('a')}/if:description`,
    );
    await one.rpc(unlock(id));
    await other.rpc('<commit/>');
  });

  it('conflicts with the locks of other sessions, and with the lock of all of running', async () => {
    const id = await granted(one, "/x:interfaces/x:interface[x:name='a']");
    const holder = String(one.sessionId);
    assert.equal(await refusal(other, lock('/x:interfaces')), `lock-denied  ${holder} /if:interfaces`);
    assert.equal(await refusal(other, '<lock><target><running/></target></lock>'), `lock-denied  ${holder}`);
    assert.equal(await refusal(one, '<lock><target><running/></target></lock>'), `lock-denied  ${holder}`);
    await granted(other, "/x:interfaces/x:interface[x:name='b']");
    const again = await granted(one, '/x:interfaces/x:interface[x:name="a"]/x:type');
    assert.notEqual(again, id);
    await one.rpc(unlock(id));
    await one.rpc(unlock(again));
    await other.close();
    other = await router.connect();
    await other.rpc('<lock><target><running/></target></lock>');
    assert.equal(await refusal(one, lock('/x:interfaces')), `lock-denied  ${other.sessionId}`);
    assert.equal(await refusal(other, lock('/x:interfaces')), `lock-denied  ${other.sessionId}`);
    await other.rpc('<unlock><target><running/></target></unlock>');
  });

  it('takes the root for all that is at the top', async () => {
    const reply = await one.rpc(lock('/'));
    assert.match(reply, /<locked-node[^>]*>\/if:interfaces<\/locked-node>/);
    assert.match(reply, /<locked-node[^>]*>\/nacm:nacm<\/locked-node>/);
    assert.match(await refusal(other, describing('a', 'x')), /^in-use locked/);
    await one.rpc(unlock(/<lock-id[^>]*>(\d+)</.exec(reply)?.[1] ?? ''));
  });

  it('refuses expressions that are none, give no nodes, or find none', async () => {
    const at = '/pl:partial-lock/pl:select';
    assert.equal(await refusal(one, lock('/x:interfaces[')), `invalid-value   ${at}`);
    assert.match(await refusal(one, lock('/nope:interfaces')), /^invalid-value {3}\/pl:partial-lock\/pl:select/);
    assert.equal(await refusal(one, lock('count(/x:interfaces)')), `invalid-value not-a-node-set  ${at}`);
    assert.equal(
      await refusal(one, lock("/x:interfaces/x:interface[x:name='none']")),
      `operation-failed no-matches  ${at}`,
    );
    assert.match(await one.send(`<partial-lock ${PL}/>`), /<error-tag>(missing-element|operation-failed)</);
  });

  it('is shown in the state, and ends with its session', async () => {
    const third = await router.connect();
    const id = await granted(third, "/x:interfaces/x:interface[x:name='a']");
    const state = await one.rpc(
      '<get><filter><netconf-state xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"><datastores/></netconf-state></filter></get>',
    );
    const shown = /<partial-lock>.*<\/partial-lock>/.exec(state)?.[0] ?? '';
    assert.match(shown, new RegExp(`<lock-id>${id}</lock-id><locked-by-session>${third.sessionId}<`));
    assert.match(shown, /<select [^>]*>\/if:interfaces\/if:interface\[if:name='a'\]<\/select>/);
    assert.match(shown, /<locked-node [^>]*>\/if:interfaces\/if:interface\[if:name='a'\]<\/locked-node>/);
    await third.close();
    await other.rpc(describing('a', 'free again'));
  });

  it('needs update access to what it locks, and finds nothing that may not be read', async () => {
    const port = await router.server.listenSsh({ address: '127.0.0.1', port: 0, keyFolder: `${router.folder}/keys` });
    const path = (name: string) =>
      `<path xmlns:if="urn:ietf:params:xml:ns:yang:ietf-interfaces">/if:interfaces/if:interface[if:name='${name}']</path>`;
    await one.rpc(
      edit(`${user('guest', 'secret')}<nacm ${NACM}><groups><group><name>g</name><user-name>guest</user-name></group></groups>
      <rule-list><name>g</name><group>g</group>
        <rule><name>lock</name><module-name>ietf-netconf-partial-lock</module-name><access-operations>exec</access-operations><action>permit</action></rule>
        <rule><name>a</name>${path('a')}<access-operations>update</access-operations><action>permit</action></rule>
        <rule><name>b</name>${path('b')}<access-operations>read</access-operations><action>deny</action></rule>
      </rule-list></nacm>`),
    );
    const guest = await connectSsh({ host: '127.0.0.1', port, username: 'guest', password: 'secret' });
    await granted(guest, "/x:interfaces/x:interface[x:name='a']");
    const refusedAt = (name: string) => refusal(guest, lock(`/x:interfaces/x:interface[x:name='${name}']`));
    assert.equal(await refusedAt('c'), `access-denied   ${pathOf('c')}`);
    assert.equal(await refusedAt('b'), 'operation-failed no-matches  /pl:partial-lock/pl:select');
    await guest.close();
  });
});
