import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { connectSsh, type NetconfClient } from '../client.ts';
import { edit, ethernets, IF, type TestServer, testServer, user } from '../testing/server.ts';

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

const running = async (): Promise<string> => await client.rpc('<get-config><source><running/></source></get-config>');

describe('edit-config', () => {
  it('edits running', async () => {
    await client.rpc(edit(ethernets('e0')));
    assert.match(await running(), /<name>e0</);
  });

  it('edits the candidate, which commit makes running and discard-changes forgets', async () => {
    await client.rpc(edit(ethernets('c0'), 'candidate'));
    assert.doesNotMatch(await running(), /<name>c0</);
    await client.rpc('<discard-changes/>');
    await client.rpc('<commit/>');
    assert.doesNotMatch(await running(), /<name>c0</);
    await client.rpc(edit(ethernets('c1'), 'candidate'));
    await client.rpc('<commit/>');
    assert.match(await running(), /<name>c1</);
  });

  it('takes default-operation, test-option and error-option', async () => {
    const none = edit(ethernets('none')).replace('<config>', '<default-operation>none</default-operation><config>');
    assert.match(await client.send(none), /<error-tag>data-missing</);
    const test = edit(ethernets('tested')).replace('<config>', '<test-option>test-only</test-option><config>');
    await client.rpc(test);
    assert.doesNotMatch(await running(), /<name>(?:none|tested)</);
    const rollback = edit(
      `${ethernets('good')}<interfaces ${IF}><interface ${NC} nc:operation="delete"><name>absent</name></interface></interfaces>`,
    ).replace('<config>', '<error-option>rollback-on-error</error-option><config>');
    assert.match(await client.send(rollback), /rpc-error/);
    assert.doesNotMatch(await running(), /<name>good</);
  });

  for (const [what, rpc, expected] of [
    [
      'an unknown element',
      edit(`<interfaces ${IF}><nonsense/></interfaces>`),
      /<error-type>application<.*<error-tag>unknown-element<.*>\/if:interfaces<\/error-path>.*<bad-element>nonsense</,
    ],
    [
      'an unknown namespace',
      edit('<x xmlns="urn:x"/>'),
      /<error-tag>unknown-namespace<.*<bad-element>x<\/bad-element><bad-namespace>urn:x</,
    ],
    [
      'a bad value',
      edit(`<interfaces ${IF}><interface><name>a</name><enabled>maybe</enabled></interface></interfaces>`),
      /<error-tag>invalid-value<.*if:interface\[if:name='a'\]\/if:enabled</,
    ],
    [
      'a bad operation',
      edit(`<interfaces ${IF} ${NC} nc:operation="destroy"/>`),
      /<error-tag>bad-attribute<.*<bad-attribute>operation<\/bad-attribute><bad-element>interfaces</,
    ],
    [
      'an unknown attribute',
      edit(`<interfaces ${IF} colour="red"/>`),
      /<error-tag>unknown-attribute<.*<bad-attribute>colour</,
    ],
    [
      'a missing mandatory leaf',
      edit(`<interfaces ${IF}><interface><name>m</name></interface></interfaces>`),
      /<error-tag>data-missing<|<error-tag>missing-element</,
    ],
    [
      'creating what exists',
      edit(
        `<interfaces ${IF}><interface ${NC} nc:operation="create"><name>e0</name><type>ianaift:ethernetCsmacd</type></interface></interfaces>`,
      ),
      /<error-tag>data-exists<.*if:interface\[if:name='e0'\]</,
    ],
    [
      'deleting what does not',
      edit(`<interfaces ${IF}><interface ${NC} nc:operation="delete"><name>no</name></interface></interfaces>`),
      /<error-tag>data-missing</,
    ],
    [
      'a missing key',
      edit(`<interfaces ${IF}><interface><enabled>true</enabled></interface></interfaces>`),
      /<error-tag>missing-element<.*<bad-element>name</,
    ],
    [
      'an entry twice',
      edit(ethernets('twin', 'twin')),
      /<error-app-tag>data-not-unique<.*<non-unique xmlns="urn:ietf:params:xml:ns:yang:1"/,
    ],
    [
      'state',
      edit(`<interfaces ${IF}><interface><name>e0</name><oper-status>up</oper-status></interface></interfaces>`),
      /<error-tag>unknown-element<.*<bad-element>oper-status</,
    ],
    [
      'no config',
      '<edit-config><target><running/></target></edit-config>',
      /<error-tag>data-missing<.*<missing-choice|<error-tag>missing-element</,
    ],
    [
      'text instead of a configuration',
      '<edit-config><target><running/></target><config>text</config></edit-config>',
      /<error-tag>bad-element<.*<bad-element>config</,
    ],
    [
      'an operation on config itself',
      edit(ethernets('w')).replace('<config>', `<config ${NC} nc:operation="delete">`),
      /<error-tag>unknown-attribute<.*<bad-attribute>operation<.*<bad-element>config</,
    ],
    ['text in an operation', '<commit>text</commit>', /<error-tag>bad-element<.*<bad-element>commit</],
    ['startup as target', edit(ethernets('s'), 'startup'), /<error-tag>unknown-element<.*<bad-element>startup</],
    [
      'a url of a file that the router does not keep',
      '<edit-config><target><running/></target><url>file:///etc/passwd</url></edit-config>',
      /<error-tag>data-missing<.*\/nc:edit-config\/nc:url</,
    ],
  ] as const) {
    it(`refuses ${what} and changes nothing`, async () => {
      const before = (await running()).replace(/message-id="\d+"/, '');
      assert.match((await client.send(rpc)).replaceAll('\n', ' '), expected);
      assert.equal((await running()).replace(/message-id="\d+"/, ''), before);
    });
  }

  it('declares the prefixes of error paths', async () => {
    const reply = await client.send(
      edit(`<interfaces ${IF}><interface><name>it's</name><enabled>x</enabled></interface></interfaces>`),
    );
    assert.match(
      reply,
      /<error-path xmlns:if="urn:ietf:params:xml:ns:yang:ietf-interfaces">\/if:interfaces\/if:interface\[if:name="it's"\]\/if:enabled<\/error-path>/,
    );
  });
});

describe('copy-config, delete-config, validate', () => {
  it('keep startup', async () => {
    await client.rpc('<copy-config><target><startup/></target><source><running/></source></copy-config>');
    const startup = '<get-config><source><startup/></source></get-config>';
    assert.match(await client.rpc(startup), /<name>e0</);
    await client.rpc('<delete-config><target><startup/></target></delete-config>');
    assert.doesNotMatch(await client.rpc(startup), /<name>e0</);
  });

  it('take an inline configuration', async () => {
    await client.rpc(
      `<copy-config><target><candidate/></target><source><config>${ethernets('inline')}</config></source></copy-config>`,
    );
    const candidate = await client.rpc('<get-config><source><candidate/></source></get-config>');
    assert.match(candidate, /<name>inline</);
    assert.doesNotMatch(candidate, /<name>e0</);
    await client.rpc('<discard-changes/>');
    await client.rpc(`<validate><source><config>${ethernets('inline')}</config></source></validate>`);
    const bad = `<validate><source><config><interfaces ${IF}><interface><name>z</name></interface></interfaces></config></source></validate>`;
    assert.match(await client.send(bad), /rpc-error/);
    await client.rpc('<validate><source><candidate/></source></validate>');
    for (const inside of [`<interface ${NC} nc:operation="delete">`, '<interface><oper-status>up</oper-status>']) {
      const content = `<interfaces ${IF}>${inside}<name>e0</name></interface></interfaces>`;
      assert.match(
        await client.send(
          `<copy-config><target><candidate/></target><source><config>${content}</config></source></copy-config>`,
        ),
        /<error-tag>unknown-(?:attribute|element)</,
      );
    }
  });

  it('refuse one datastore as source and target', async () => {
    assert.match(
      await client.send('<copy-config><target><running/></target><source><running/></source></copy-config>'),
      /<error-tag>invalid-value</,
    );
  });
});

describe('lock', () => {
  it('keeps others out, ends with its session, and shows in the state', async () => {
    const other = await router.connect();
    await other.rpc('<lock><target><running/></target></lock>');
    assert.match(
      await client.send('<lock><target><running/></target></lock>'),
      new RegExp(`<error-tag>lock-denied<.*<session-id>${other.sessionId}<`),
    );
    assert.match(await client.send('<unlock><target><running/></target></unlock>'), /rpc-error/);
    assert.match(await client.send(edit(ethernets('locked'))), /<error-tag>in-use</);
    const state = await client.rpc(
      '<get><filter><netconf-state xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"><datastores/></netconf-state></filter></get>',
    );
    assert.match(state, new RegExp(`<name>running</name><locks><global-lock><locked-by-session>${other.sessionId}<`));
    await other.close();
    await client.rpc('<lock><target><running/></target></lock>');
    await client.rpc('<unlock><target><running/></target></unlock>');
    assert.match(await client.send('<unlock><target><running/></target></unlock>'), /<error-tag>operation-failed</);
  });

  it('discards the locked candidate when its session ends', async () => {
    const other = await router.connect();
    await other.rpc('<lock><target><candidate/></target></lock>');
    await other.rpc(edit(ethernets('lost'), 'candidate'));
    await other.close();
    await client.rpc('<commit/>');
    assert.doesNotMatch(await running(), /<name>lost</);
  });
});

describe('kill-session', () => {
  it('ends the other session', async () => {
    const other = await router.connect();
    await client.rpc(`<kill-session><session-id>${other.sessionId}</session-id></kill-session>`);
    await other.closed;
  });

  it('refuses its own and unknown sessions', async () => {
    for (const id of [client.sessionId, 4_000_000]) {
      assert.match(
        await client.send(`<kill-session><session-id>${id}</session-id></kill-session>`),
        /<error-tag>invalid-value</,
      );
    }
    assert.match(
      await client.send('<kill-session><session-id>0</session-id></kill-session>'),
      /<error-tag>invalid-value</,
    );
  });
});

describe('get-schema', () => {
  const get = (parameters: string) =>
    client.send(`<get-schema xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring">${parameters}</get-schema>`);

  it('gives every schema that the state lists', async () => {
    const state = await client.rpc(
      '<get><filter><netconf-state xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"><schemas/></netconf-state></filter></get>',
    );
    const listed = [...state.matchAll(/<identifier>([^<]*)<\/identifier>(?:<version>([^<]*)<\/version>|<version\/>)/g)];
    assert.ok(listed.length >= 19);
    for (const [, name, version = ''] of listed) {
      assert.match(
        await get(`<identifier>${name}</identifier><version>${version}</version><format>yang</format>`),
        new RegExp(`<data [^>]*>[\\s\\S]*(?:sub)?module\\s+"?${name}`),
      );
    }
  });

  it('refuses unknown names, versions and formats', async () => {
    for (const parameters of [
      '<identifier>nope</identifier>',
      '<identifier>ietf-interfaces</identifier><version>1999-01-01</version>',
      '<identifier>ietf-interfaces</identifier><format>yin</format>',
    ]) {
      assert.match(await get(parameters), /<error-tag>invalid-value</);
    }
  });
});

describe('access control (RFC 8341)', () => {
  let guest: NetconfClient;
  before(async () => {
    await client.rpc(
      edit(
        `${user('guest', 'secret')}${ethernets('visible', 'hidden')}<nacm ${NACM}><groups><group><name>guests</name><user-name>guest</user-name></group></groups>
      <rule-list><name>guests</name><group>guests</group>
        <rule><name>hidden</name><path xmlns:if="urn:ietf:params:xml:ns:yang:ietf-interfaces">/if:interfaces/if:interface[if:name='hidden']</path><access-operations>*</access-operations><action>deny</action></rule>
        <rule><name>no-nacm</name><module-name>ietf-netconf-acm</module-name><access-operations>*</access-operations><action>deny</action></rule>
        <rule><name>no-kill</name><module-name>ietf-netconf</module-name><rpc-name>discard-changes</rpc-name><access-operations>exec</access-operations><action>deny</action></rule>
        <rule><name>edit</name><path xmlns:if="urn:ietf:params:xml:ns:yang:ietf-interfaces">/if:interfaces/if:interface[if:name='visible']/if:description</path><access-operations>create update delete</access-operations><action>permit</action></rule>
      </rule-list></nacm>`.replaceAll(/>\s+</g, '><'),
      ),
    );
    guest = await connectSsh({ host: '127.0.0.1', port, username: 'guest', password: 'secret' });
  });
  after(() => guest.close());

  const read = async (filter = ''): Promise<string> =>
    await guest.rpc(`<get-config><source><running/></source>${filter}</get-config>`);

  it('leaves out what may not be read, whatever the filter', async () => {
    for (const filter of [
      '',
      `<filter><interfaces ${IF}/></filter>`,
      `<filter><interfaces ${IF}><interface><name>hidden</name></interface></interfaces></filter>`,
      `<filter><interfaces ${IF}><interface><name/></interface></interfaces></filter>`,
      '<filter type="xpath" select="//interface"/>',
      `<filter type="xpath" select="/interfaces/interface[name='hidden']"/>`,
      '<filter type="xpath" select="/"/>',
    ]) {
      const reply = await read(filter);
      assert.doesNotMatch(reply, /hidden|<nacm/, filter);
    }
    assert.match(await read(), /<name>visible</);
  });

  it('answers no filter that asks for denied values', async () => {
    const asks = `<filter type="xpath" select="/interfaces/interface[name='visible' and /interfaces/interface[name='hidden']]"/>`;
    assert.doesNotMatch(await read(asks), /visible/);
    const matches = `<filter><nacm ${NACM}><rule-list><name>guests</name></rule-list></nacm></filter>`;
    assert.match(await read(matches), /<data\/?>(?:<\/data>)?/);
  });

  it('denies writes with the path, and permits what rules permit', async () => {
    const description = (name: string) =>
      edit(`<interfaces ${IF}><interface><name>${name}</name><description>x</description></interface></interfaces>`);
    await guest.rpc(description('visible'));
    assert.match(
      await guest.send(description('hidden')),
      /<error-type>application<.*<error-tag>access-denied<.*<error-path/,
    );
    assert.match(await guest.send(edit(ethernets('new'))), /<error-tag>access-denied<.*if:interface\[if:name='new'\]/);
  });

  it('does not tell by an error whether there is what may not be read', async () => {
    const change = (name: string, operation: string) =>
      edit(
        `<interfaces ${IF}><interface ${NC} nc:operation="${operation}"><name>${name}</name></interface></interfaces>`,
      );
    for (const operation of ['create', 'delete']) {
      assert.match(await guest.send(change('hidden', operation)), /<error-tag>access-denied</, operation);
    }
    await client.rpc(change('hidden', 'delete'));
    assert.match(await guest.send(change('hidden', 'delete')), /<error-tag>access-denied</);
    assert.match(await guest.send(change('hidden', 'create')), /<error-tag>access-denied</);
    await client.rpc(edit(ethernets('hidden')));
    const nothing = '<copy-config><target><running/></target><source><config/></source></copy-config>';
    const reply = await guest.send(nothing);
    assert.match(reply, /<error-tag>access-denied<.*'visible'/);
    assert.doesNotMatch(reply, /hidden|nacm/);
  });

  it('denies operations, counts them, and never denies close-session', async () => {
    assert.match(await guest.send('<discard-changes/>'), /<error-tag>access-denied<.*discard-changes/);
    assert.match(
      await guest.send('<kill-session><session-id>1</session-id></kill-session>'),
      /<error-tag>access-denied</,
    );
    const state = await client.rpc(`<get><filter><nacm ${NACM}><denied-operations/></nacm></filter></get>`);
    assert.match(state, /<denied-operations>[1-9]/);
  });
});

describe('bugs', () => {
  it('are none in the log', () => {
    assert.deepEqual(
      router.logged.filter((line) => !line.startsWith('SSH host key')),
      [],
    );
  });
});
