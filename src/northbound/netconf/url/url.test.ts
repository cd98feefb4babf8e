import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connectSsh, type NetconfClient } from '../client.ts';
import { edit, ethernets, IF, type TestServer, testServer, user } from '../testing/server.ts';

const BASE = 'urn:ietf:params:xml:ns:netconf:base:1.0';

let router: TestServer;
let client: NetconfClient;

before(async () => {
  router = await testServer();
  client = await router.connect();
  await client.rpc(edit(ethernets('a')));
});
after(async () => {
  await client.close();
  await router.close();
});

const running = () => client.rpc('<get-config><source><running/></source></get-config>');
const fileOf = (name: string) => join(router.folder, 'url', name);
const copy = (target: string, source: string) =>
  `<copy-config><target>${target}</target><source>${source}</source></copy-config>`;
const url = (value: string) => `<url>${value}</url>`;
const document = (content: string) => `<config xmlns="${BASE}">${content}</config>`;

describe(':url with files (RFC 6241 section 8.8)', () => {
  it('is advertised with its schemes', () => {
    assert.ok(client.capabilities.includes('urn:ietf:params:netconf:capability:url:1.0?scheme=file,https'));
  });

  it('copies a datastore to a file, and a file to a datastore', async () => {
    await client.rpc(copy(url('file:///backup.xml'), '<running/>'));
    const saved = readFileSync(fileOf('backup.xml'), 'utf8');
    assert.match(
      saved,
      /^<config xmlns="urn:ietf:params:xml:ns:netconf:base:1\.0"><interfaces .*<name>a<.*<\/config>$/,
    );
    await client.rpc(edit(ethernets('b')));
    await client.rpc(copy('<candidate/>', url('file:///backup.xml')));
    await client.rpc('<commit/>');
    assert.doesNotMatch(await running(), /<name>b</);
    await client.rpc(edit(ethernets('b')));
    await client.rpc(copy('<running/>', url('file:///backup.xml')));
    assert.doesNotMatch(await running(), /<name>b</);
    await client.rpc(copy('<startup/>', url('file://localhost/backup.xml')));
    await client.rpc(copy(url('file:///sites/copy.xml'), url('file:///backup.xml')));
    assert.equal(readFileSync(fileOf('sites/copy.xml'), 'utf8'), saved);
  });

  it('writes what is given inline, with its passwords hashed', async () => {
    await client.rpc(copy(url('file:///inline.xml'), `<config>${user('u', 'secret')}</config>`));
    assert.match(readFileSync(fileOf('inline.xml'), 'utf8'), /<name>u<.*<password>\$6\$/);
  });

  it('takes edits from a file, with their operations', async () => {
    const gone = '<interface nc:operation="delete"><name>a</name></interface>';
    const added = '<interface><name>c</name><type>ianaift:ethernetCsmacd</type></interface>';
    writeFileSync(
      fileOf('edit.xml'),
      `<?xml version="1.0" encoding="UTF-8"?>\n${document(`<interfaces ${IF} xmlns:nc="${BASE}">${gone}${added}</interfaces>`)}\n`,
    );
    const editing = (operation: string, where: string) =>
      `<${operation}>${where}${url('file:///edit.xml')}</${operation}>`;
    await client.rpc(editing('edit-config', '<target><candidate/></target>'));
    await client.rpc('<discard-changes/>');
    await client.rpc(
      editing(
        'edit-data xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-nmda" xmlns:ds="urn:ietf:params:xml:ns:yang:ietf-datastores"',
        '<datastore>ds:running</datastore>',
      ).replace(/<\/edit-data [^>]*>/, '</edit-data>'),
    );
    const names = [...(await running()).matchAll(/<interface><name>([^<]*)</g)].map(([, name]) => name);
    assert.deepEqual(names, ['c']);
    // What is gone is gone: the error is one of the data, with its own path.
    const again = await client.send(editing('edit-config', '<target><running/></target>'));
    assert.match(again, /<error-tag>data-missing<.*interface\[if:name='a'\]/);
  });

  it('validates a file', async () => {
    const validate = (name: string) => client.send(`<validate><source>${url(`file:///${name}`)}</source></validate>`);
    assert.match(await validate('backup.xml'), /<ok\/>/);
    writeFileSync(
      fileOf('wrong.xml'),
      document(`<interfaces ${IF}><interface><name>x</name></interface></interfaces>`),
    );
    assert.match(await validate('wrong.xml'), /<error-tag>data-missing<.*if:interface\[if:name='x'\]\/if:type</);
    writeFileSync(fileOf('wrong.xml'), document('<nonsense xmlns="urn:nope"/>'));
    assert.match(await validate('wrong.xml'), /<error-tag>unknown-namespace</);
  });

  it('says what is wrong with a URL or a document, and where', async () => {
    const at = '/nc:copy-config/nc:source/nc:url';
    const cases: [url: string, content: string | undefined, tag: string][] = [
      ['file:///../state.json', undefined, 'invalid-value'],
      ['file:///none.xml', undefined, 'data-missing'],
      ['ftp://host/x', undefined, 'invalid-value'],
      ['file:///bad.xml', '<config', 'invalid-value'],
      ['file:///bad.xml', '', 'invalid-value'],
      ['file:///bad.xml', '<data/>', 'unknown-element'],
      ['file:///bad.xml', document('text'), 'bad-element'],
      ['file:///bad.xml', `<!DOCTYPE x>${document('')}`, 'invalid-value'],
    ];
    for (const [where, content, tag] of cases) {
      if (content !== undefined) writeFileSync(fileOf('bad.xml'), content);
      const reply = await client.send(copy('<candidate/>', url(where)));
      assert.match(reply, new RegExp(`<error-tag>${tag}<.*<error-path[^>]*>${at}<`), `${where} ${content}: ${reply}`);
    }
    const same = await client.send(copy(url('file:///backup.xml'), url('file:/backup.xml')));
    assert.match(same, /<error-tag>invalid-value<.*<error-path[^>]*>\/nc:copy-config\/nc:source\/nc:url</);
  });

  it('deletes a file', async () => {
    const remove = `<delete-config><target>${url('file:///inline.xml')}</target></delete-config>`;
    await client.rpc(remove);
    assert.equal(existsSync(fileOf('inline.xml')), false);
    assert.match(await client.send(remove), /<error-tag>data-missing<.*nc:delete-config\/nc:target\/nc:url</);
  });

  it('shows the files', async () => {
    const state = await client.rpc('<get><filter><url-files xmlns="urn:sluice:yang:sluice-url"/></filter></get>');
    assert.match(state, /<file><name>\/backup.xml<\/name><size>[1-9]\d*<\/size><modified>20/);
    assert.match(state, /<name>\/sites\/copy.xml</);
  });

  it('writes only what the caller may read, and edits only what the caller may edit', async () => {
    const port = await router.server.listenSsh({ address: '127.0.0.1', port: 0, keyFolder: `${router.folder}/keys` });
    const path = `<path xmlns:if="urn:ietf:params:xml:ns:yang:ietf-interfaces">/if:interfaces/if:interface[if:name='hidden']</path>`;
    await client.rpc(
      edit(`${user('guest', 'secret')}${ethernets('seen', 'hidden')}<nacm xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm"><groups><group><name>g</name><user-name>guest</user-name></group></groups>
      <rule-list><name>g</name><group>g</group>
        <rule><name>hidden</name>${path}<access-operations>*</access-operations><action>deny</action></rule>
        <rule><name>copy</name><module-name>ietf-netconf</module-name><access-operations>exec</access-operations><action>permit</action></rule>
      </rule-list></nacm>`),
    );
    const guest = await connectSsh({ host: '127.0.0.1', port, username: 'guest', password: 'secret' });
    await guest.rpc(copy(url('file:///guest.xml'), '<running/>'));
    const written = readFileSync(fileOf('guest.xml'), 'utf8');
    assert.match(written, /<name>seen</);
    assert.doesNotMatch(written, /hidden|<nacm/);
    assert.match(await guest.send(copy('<running/>', url('file:///backup.xml'))), /<error-tag>access-denied</);
    // Nor does he learn by a URL what others have written to it.
    writeFileSync(
      fileOf('theirs.xml'),
      document(`<interfaces ${IF}><interface><name>hidden</name><enabled>x</enabled></interface></interfaces>`),
    );
    for (const operation of [
      `<validate><source>${url('file:///theirs.xml')}</source></validate>`,
      `<edit-config><target><running/></target>${url('file:///theirs.xml')}</edit-config>`,
    ]) {
      const reply = await guest.send(operation);
      assert.match(reply, /<error-tag>invalid-value<.*nc:url</);
      assert.doesNotMatch(reply, /hidden/);
    }
    await client.rpc(copy(url('file:///all.xml'), '<running/>'));
    await guest.rpc(copy(url('file:///some.xml'), url('file:///all.xml')));
    assert.match(readFileSync(fileOf('some.xml'), 'utf8'), /<name>seen</);
    assert.doesNotMatch(readFileSync(fileOf('some.xml'), 'utf8'), /hidden|<nacm/);
    await guest.close();
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
