import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { connectSsh, type NetconfClient, RpcError } from '../client.ts';
import { edit, IF, type TestServer, testServer, user } from '../testing/server.ts';

/** RFC 6243: what is reported of defaults, and what `wd:default` asks for. */
let router: TestServer;
let client: NetconfClient;

const SLIF = 'xmlns="urn:sluice:yang:sluice-interfaces"';
const SLCE = 'xmlns="urn:sluice:yang:sluice-ce-notification"';
const WD = 'xmlns:wd="urn:ietf:params:xml:ns:netconf:default:1.0"';
const PARAMETER = 'xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-with-defaults"';
const NACM = 'xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm"';

const interfaces = (content: string): string => `<interfaces ${IF}>${content}</interfaces>`;
const configuration = interfaces(
  '<interface><name>a</name><type>ianaift:ethernetCsmacd</type></interface>' +
    '<interface><name>b</name><type>ianaift:ethernetCsmacd</type><enabled>true</enabled></interface>' +
    `<interface><name>a.10</name><type>ianaift:l2vlan</type><enabled>false</enabled><parent-interface ${SLIF}>a</parent-interface>` +
    `<encapsulation ${SLIF}><outer-vlan-id>10</outer-vlan-id></encapsulation></interface>`,
);

before(async () => {
  router = await testServer();
  client = await router.connect();
  await client.rpc(edit(configuration));
});
after(async () => {
  await client.close();
  await router.close();
});

function data(reply: string): string {
  return (/<data>([\s\S]*)<\/data>/.exec(reply)?.[1] ?? reply).replaceAll(/ xmlns(?::\w+)?="[^"]*"/g, '');
}

async function read(mode: string | undefined, filter: string, source = 'running'): Promise<string> {
  const parameter = mode === undefined ? '' : `<with-defaults ${PARAMETER}>${mode}</with-defaults>`;
  return data(
    await client.rpc(`<get-config><source><${source}/></source><filter>${filter}</filter>${parameter}</get-config>`),
  );
}

const entry = (name: string): string => interfaces(`<interface><name>${name}</name></interface>`);
const enabled = (xml: string): string | undefined => /<enabled[^>]*>[^<]*<\/enabled>/.exec(xml)?.[0];

describe('with-defaults (RFC 6243)', () => {
  it('is advertised with the basic mode and all others', () => {
    assert.ok(
      client.capabilities.includes(
        'urn:ietf:params:netconf:capability:with-defaults:1.0?basic-mode=explicit&also-supported=report-all,report-all-tagged,trim',
      ),
    );
  });

  it('reports in each mode what its section 3 says', async () => {
    const seen: Record<string, readonly (string | undefined)[]> = {};
    for (const mode of [undefined, 'explicit', 'trim', 'report-all', 'report-all-tagged']) {
      seen[String(mode)] = await Promise.all(
        ['a', 'b', 'a.10'].map(async (name) => enabled(await read(mode, entry(name)))),
      );
    }
    const set = '<enabled>true</enabled>';
    const off = '<enabled>false</enabled>';
    assert.deepEqual(seen, {
      undefined: [undefined, set, off],
      explicit: [undefined, set, off],
      trim: [undefined, undefined, off],
      'report-all': [set, set, off],
      // Basic mode explicit: what a client set is no default data (appendix A.3.2).
      'report-all-tagged': ['<enabled wd:default="true">true</enabled>', set, off],
    });
  });

  it('reports defaults in containers without presence, and none of a choice whose case is not taken', async () => {
    const all = await read('report-all', entry('a.10'));
    assert.match(
      all,
      /<encapsulation><outer-tag-type>c-vlan<\/outer-tag-type><outer-vlan-id>10<\/outer-vlan-id><inner-vlan-id>none/,
    );
    assert.match(all, /<vlan-rewrite><action>[a-z-]+<\/action>/);
    assert.doesNotMatch(all, /<port>/, 'an l2vlan has no port, whose condition is its type');
    assert.match(await read('report-all', entry('a')), /<port><mtu>1500<\/mtu>[\s\S]*<\/port>/);
    assert.match(await read('report-all', `<nacm ${NACM}/>`), /^<nacm><enable-nacm>true<\/enable-nacm>/);
    assert.equal(await read('explicit', `<nacm ${NACM}/>`), '');
  });

  it('filters what the mode reports', async () => {
    const on = interfaces('<interface><name/><enabled>true</enabled></interface>');
    const names = (xml: string): string[] => [...xml.matchAll(/<name>([^<]*)/g)].map(([, name]) => name ?? '');
    assert.deepEqual(names(await read(undefined, on)), ['b']);
    assert.deepEqual(names(await read('report-all', on)), ['a', 'b']);
    assert.deepEqual(names(await read('trim', on)), []);
    const selected = await client.rpc(
      `<get><filter type="xpath" select="/if:interfaces/if:interface[if:name='a']/if:enabled" xmlns:if="urn:ietf:params:xml:ns:yang:ietf-interfaces"/><with-defaults ${PARAMETER}>report-all-tagged</with-defaults></get>`,
    );
    assert.equal(
      data(selected),
      '<interfaces><interface><name>a</name><enabled wd:default="true">true</enabled></interface></interfaces>',
    );
  });

  it('reports and trims the defaults of leaf-lists', async () => {
    const notification = (content: string): string =>
      `<ce-notifications ${SLCE}><ce-notification><port>a</port>${content}</ce-notification></ce-notifications>`;
    const selected = notification('<mac-move/>');
    await client.rpc('<discard-changes/>');
    await client.rpc(edit(notification('<mac-move/>'), 'candidate'));
    const tagged = await read('report-all-tagged', selected, 'candidate');
    assert.match(tagged, /(<offset wd:default="true">\d+<\/offset>){2,}/);
    const values = [...tagged.matchAll(/<offset[^>]*>(\d+)/g)].map(([, value]) => `<offset>${value}</offset>`).join('');
    await client.rpc(edit(notification(`<mac-move>${values}</mac-move>`), 'candidate'));
    assert.match(await read(undefined, selected, 'candidate'), /<offset>/);
    assert.doesNotMatch(await read('trim', selected, 'candidate'), /<offset>/);
    assert.doesNotMatch(await read('report-all-tagged', selected, 'candidate'), /<offset wd/);
    await client.rpc('<discard-changes/>');
  });

  it('shows no default of a node that the reader may not see', async () => {
    await client.rpc(
      edit(
        `${user('ann', 'x')}<nacm ${NACM}><groups><group><name>g</name><user-name>ann</user-name></group></groups><rule-list><name>l</name><group>g</group><rule><name>r</name><path xmlns:if="urn:ietf:params:xml:ns:yang:ietf-interfaces">/if:interfaces/if:interface/if:enabled</path><access-operations>read</access-operations><action>deny</action></rule></rule-list></nacm>`,
      ),
    );
    const port = await router.server.listenSsh({ address: '127.0.0.1', port: 0, keyFolder: `${router.folder}/keys` });
    const ann = await connectSsh({ host: '127.0.0.1', port, username: 'ann', password: 'x' });
    const reply = await ann.rpc(
      `<get-config><source><running/></source><filter><interfaces ${IF}/></filter><with-defaults ${PARAMETER}>report-all</with-defaults></get-config>`,
    );
    assert.match(reply, /<mtu>1500<\/mtu>/);
    assert.doesNotMatch(reply, /enabled/);
    const matched = await ann.rpc(
      `<get-config><source><running/></source><filter>${interfaces('<interface><name/><enabled>true</enabled></interface>')}</filter><with-defaults ${PARAMETER}>report-all</with-defaults></get-config>`,
    );
    assert.doesNotMatch(matched, /<name>/);
    await ann.close();
  });
});

describe('wd:default in an edit (RFC 6243 section 4.5.2)', () => {
  const leaf = (attributes: string, value: string): string =>
    interfaces(`<interface><name>b</name><enabled ${WD} ${attributes}>${value}</enabled></interface>`);
  const tag = async (operation: string): Promise<string> => {
    const error = await client.rpc(operation).catch((thrown: unknown) => thrown);
    return error instanceof RpcError ? error.tag : 'ok';
  };

  it('returns a leaf to its default', async () => {
    assert.equal(await tag(edit(leaf('wd:default="true"', 'true'))), 'ok');
    assert.equal(enabled(await read(undefined, entry('b'))), undefined);
    assert.equal(
      await tag(
        edit(leaf('wd:default="1" nc:operation="create" xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"', 'true')),
      ),
      'ok',
    );
    assert.equal(await tag(edit(leaf('wd:default="false"', 'true'))), 'ok');
    assert.equal(enabled(await read(undefined, entry('b'))), '<enabled>true</enabled>');
  });

  it('is refused with another value, in a deletion, in none, where the leaf exists already, and elsewhere', async () => {
    const nc = (operation: string): string =>
      `wd:default="true" nc:operation="${operation}" xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"`;
    assert.equal(await tag(edit(leaf('wd:default="true"', 'false'))), 'invalid-value');
    assert.equal(await tag(edit(leaf(nc('delete'), 'true'))), 'invalid-value');
    assert.equal(await tag(edit(leaf(nc('remove'), 'true'))), 'invalid-value');
    assert.equal(await tag(edit(leaf(nc('create'), 'true'))), 'data-exists');
    const none = '<edit-config><target><running/></target><default-operation>none</default-operation><config>';
    assert.equal(await tag(`${none}${leaf('wd:default="true"', 'true')}</config></edit-config>`), 'invalid-value');
    assert.equal(await tag(edit(leaf('wd:default="maybe"', 'true'))), 'bad-attribute');
    assert.equal(await tag(edit(`<interfaces ${IF} ${WD} wd:default="true"/>`)), 'bad-attribute');
    assert.equal(enabled(await read(undefined, entry('b'))), '<enabled>true</enabled>');
  });

  it('is no attribute of parameters', async () => {
    const parameter = `<with-defaults ${PARAMETER} ${WD} wd:default="true">trim</with-defaults>`;
    assert.equal(await tag(`<get-config><source><running/></source>${parameter}</get-config>`), 'unknown-attribute');
  });

  it('is understood in copy-config, so that what was read tagged can be written back', async () => {
    const before = await client.rpc('<get-config><source><running/></source></get-config>');
    const tagged = await client.rpc(
      `<get-config><source><running/></source><with-defaults ${PARAMETER}>report-all-tagged</with-defaults></get-config>`,
    );
    const content = /<data[^>]*>([\s\S]*)<\/data>/.exec(tagged)?.[1] ?? '';
    await client.rpc(
      `<copy-config><target><running/></target><source><config>${content}</config></source></copy-config>`,
    );
    assert.equal(data(await client.rpc('<get-config><source><running/></source></get-config>')), data(before));
  });
});
