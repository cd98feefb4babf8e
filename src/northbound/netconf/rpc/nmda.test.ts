import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { StateProvider } from '../../../commit/operational/state.ts';
import type { KeySpace } from '../../../datastore/key/key.ts';
import type { RowKey, RowNode } from '../../../datastore/view/view.ts';
import type { LeafNode } from '../../../yang/schema/node.ts';
import { connectSsh, type NetconfClient, RpcError } from '../client.ts';
import { edit, ethernets, IF, routerSchema, type TestServer, testServer, user } from '../testing/server.ts';

/** RFC 8342 and RFC 8526: get-data, edit-data, origins, and the datastore leaf of lock, unlock and validate. */
let router: TestServer;
let client: NetconfClient;

const NMDA =
  'xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-nmda" xmlns:ds="urn:ietf:params:xml:ns:yang:ietf-datastores" xmlns:or="urn:ietf:params:xml:ns:yang:ietf-origin"';
const NACM = 'xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm"';

const LIST = '/ietf-interfaces:interfaces/interface';

/**
 * What an engine would say: `a` is up and was given a description by the network, `gone` has no device, `lo` is the
 * router's own.
 */
function interfaceState(): StateProvider {
  const schema = routerSchema();
  const leaf = (path: string): LeafNode => schema.find(`${LIST}/${path}`) as LeafNode;
  return {
    paths: ['/ietf-interfaces:interfaces'],
    read: async (_interests, running, out) => {
      const { keys } = running as unknown as { keys: KeySpace };
      const list = schema.find(LIST) as RowNode;
      const key = (name: string): RowKey =>
        keys.child(keys.child('', schema.find('/ietf-interfaces:interfaces') as RowNode), list, [name]);
      const status = (value: string) => [leaf('oper-status'), value] as const;
      const described = new Map([status('up'), [leaf('description'), 'from the peer'] as const]);
      out.put(key('a'), list, { leaves: described }, 'learned');
      out.put(key('gone'), list, { leaves: new Map([status('not-present')]) });
      out.notApplied(key('gone'));
      out.put(key('lo'), list, {
        leaves: new Map([status('up'), [leaf('type'), 'iana-if-type:softwareLoopback'] as const]),
      });
    },
  };
}

before(async () => {
  router = await testServer({ providers: [interfaceState()] });
  client = await router.connect();
  await client.rpc(edit(ethernets('a', 'b', 'gone')));
});
after(async () => {
  await client.close();
  await router.close();
});

const bare = (xml: string): string => xml.replaceAll(/ xmlns(?::\w+)?="[^"]*"/g, '').replaceAll('ianaift:', '');

async function getData(datastore: string, parameters = ''): Promise<string> {
  const reply = await client.rpc(`<get-data ${NMDA}><datastore>ds:${datastore}</datastore>${parameters}</get-data>`);
  return bare(/<data[^>]*?(?:\/>|>([\s\S]*)<\/data>)/.exec(reply)?.[1] ?? '');
}

const only = (content: string): string => `<subtree-filter><interfaces ${IF}>${content}</interfaces></subtree-filter>`;
const entry = (name: string): string => only(`<interface><name>${name}</name></interface>`);
const xpath = (select: string): string =>
  `<xpath-filter xmlns:if="urn:ietf:params:xml:ns:yang:ietf-interfaces" xmlns:t="urn:ietf:params:xml:ns:yang:iana-if-type">${select}</xpath-filter>`;
const names = (xml: string): string[] => [...xml.matchAll(/<name>([^<]*)/g)].map(([, name]) => name ?? '');
const tagOf = async (operation: string): Promise<string> => {
  const error = await client.rpc(operation).catch((thrown: unknown) => thrown);
  return error instanceof RpcError ? `${error.tag} ${error.path?.replace(/^.*:/, '') ?? ''}`.trim() : 'ok';
};

describe('get-data', () => {
  it('takes with-defaults for operational, and says so', () => {
    const uri = 'urn:ietf:params:netconf:capability:with-operational-defaults:1.0?basic-mode=report-all&';
    assert.ok(client.capabilities.some((capability) => capability.startsWith(uri)));
  });

  it('reads configuration datastores as they are set', async () => {
    const a = '<interfaces><interface><name>a</name><type>ethernetCsmacd</type></interface></interfaces>';
    for (const datastore of ['running', 'candidate', 'intended']) assert.equal(await getData(datastore, entry('a')), a);
    assert.equal(await getData('startup', entry('a')), '');
    await client.rpc('<copy-config><target><startup/></target><source><running/></source></copy-config>');
    assert.equal(await getData('startup', entry('a')), a);
    assert.match(
      await getData('running', `${entry('a')}<with-defaults>report-all-tagged</with-defaults>`),
      /<enabled wd:default="true">true<\/enabled>/,
    );
  });

  it('reads in operational what is in use: defaults and state, without what is not applied', async () => {
    assert.deepEqual(names(await getData('operational', only('<interface><name/></interface>'))), ['a', 'b', 'lo']);
    const a = await getData('operational', entry('a'));
    assert.match(a, /<description>from the peer<\/description><type>ethernetCsmacd<\/type><enabled>true<\/enabled>/);
    assert.match(a, /<oper-status>up<\/oper-status>/);
    assert.equal(await getData('operational', entry('gone')), '');
    const explicit = await getData('operational', `${entry('b')}<with-defaults>explicit</with-defaults>`);
    assert.equal(explicit, '<interfaces><interface><name>b</name><type>ethernetCsmacd</type></interface></interfaces>');
    // The older operation shows configuration and state side by side.
    const get = await client.rpc(
      `<get><filter><interfaces ${IF}><interface><name>gone</name></interface></interfaces></filter></get>`,
    );
    assert.match(get, /<oper-status>not-present</);
  });

  it('annotates origins where they differ from the parent', async () => {
    const reply = await getData(
      'operational',
      `${only('<interface><name/><description/><type/><enabled/></interface>')}<with-origin/>`,
    );
    assert.equal(
      reply,
      '<interfaces or:origin="or:intended">' +
        '<interface><name>a</name><description or:origin="or:learned">from the peer</description><type>ethernetCsmacd</type><enabled or:origin="or:default">true</enabled></interface>' +
        '<interface><name>b</name><type>ethernetCsmacd</type><enabled or:origin="or:default">true</enabled></interface>' +
        '<interface or:origin="or:system"><name>lo</name><type>softwareLoopback</type><enabled or:origin="or:default">true</enabled></interface>' +
        '</interfaces>',
    );
    const state = await getData(
      'operational',
      `${only('<interface><name>a</name><oper-status/></interface>')}<with-origin/>`,
    );
    assert.match(state, /<oper-status>up/, 'state has no origin');
    assert.match(
      await getData(
        'operational',
        `<subtree-filter><nacm ${NACM}><enable-nacm/></nacm></subtree-filter><with-origin/>`,
      ),
      /^<nacm or:origin="or:system"><enable-nacm or:origin="or:default">true/,
    );
  });

  it('filters by origin, and leaves state alone', async () => {
    const leaves = '<interface><name/><description/><type/><oper-status/></interface>';
    const learned = await getData('operational', `${only(leaves)}<origin-filter>or:learned</origin-filter>`);
    assert.equal(
      learned,
      '<interfaces><interface><name>a</name><description>from the peer</description><oper-status>up</oper-status></interface>' +
        '<interface><name>lo</name><oper-status>up</oper-status></interface></interfaces>',
    );
    const config = '<config-filter>true</config-filter>';
    const system = await getData('operational', `${only('')}${config}<origin-filter>or:system</origin-filter>`);
    assert.equal(
      system,
      '<interfaces><interface><name>lo</name><type>softwareLoopback</type></interface></interfaces>',
    );
    const both = await getData(
      'operational',
      `${only('')}${config}<origin-filter>or:system</origin-filter><origin-filter>or:learned</origin-filter>`,
    );
    assert.deepEqual(names(both), ['a', 'lo']);
    const others = await getData(
      'operational',
      `${only('')}${config}<negated-origin-filter>or:intended</negated-origin-filter><negated-origin-filter>or:default</negated-origin-filter>`,
    );
    assert.equal(others, both);
    assert.equal(await getData('operational', `${only('')}<origin-filter>or:dynamic</origin-filter>${config}`), '');
  });

  it('filters by the config property', async () => {
    assert.doesNotMatch(
      await getData('operational', `${entry('a')}<config-filter>true</config-filter>`),
      /oper-status/,
    );
    assert.equal(
      await getData('operational', `${entry('a')}<config-filter>false</config-filter>`),
      '<interfaces><interface><name>a</name><oper-status>up</oper-status></interface></interfaces>',
    );
    assert.equal(await getData('running', `${entry('a')}<config-filter>false</config-filter>`), '');
    const all = await getData('operational', '<config-filter>false</config-filter>');
    assert.match(all, /<netconf-state>/);
    assert.doesNotMatch(all, /<nacm>|<type>/);
  });

  it('counts levels from what is selected', async () => {
    const depth = (levels: number | string): string => `<max-depth>${levels}</max-depth>`;
    assert.equal(await getData('running', `${only('')}${depth(1)}`), '<interfaces></interfaces>');
    assert.equal(
      await getData('running', `${only('')}${depth(2)}`),
      '<interfaces>' +
        ['a', 'b', 'gone'].map((name) => `<interface><name>${name}</name></interface>`).join('') +
        '</interfaces>',
    );
    assert.equal(await getData('running', `${only('')}${depth(3)}`), await getData('running', only('')));
    assert.equal(await getData('running', `${only('')}${depth('unbounded')}`), await getData('running', only('')));
    assert.equal(
      await getData('running', `${xpath("/if:interfaces/if:interface[if:name='a']")}${depth(1)}`),
      '<interfaces><interface><name>a</name></interface></interfaces>',
    );
    assert.match(
      await getData('running', `${xpath('/if:interfaces | /if:interfaces/if:interface/if:type')}${depth(1)}`),
      /^<interfaces><interface><name>a<\/name><type>/,
    );
    assert.match(await getData('running', depth(1)), /^<interfaces><\/interfaces>$/);
    // What is below the last level decides whether a container is there: here a default, and nothing whose condition is false.
    assert.equal(
      await getData('operational', `${entry('b')}${depth(2)}<config-filter>true</config-filter>`),
      '<interfaces><interface><name>b</name><type>ethernetCsmacd</type><enabled>true</enabled><port></port><ip-options></ip-options></interface></interfaces>',
    );
    assert.match(
      await tagOf(`<get-data ${NMDA}><datastore>ds:running</datastore>${depth(0)}</get-data>`),
      /^invalid-value/,
    );
  });

  it('shows nothing of what the reader may not see, not by a container that is empty below the last level', async () => {
    const SYS = 'xmlns="urn:ietf:params:xml:ns:yang:ietf-system"';
    const rules = (denied: string): string =>
      edit(
        `<nacm ${NACM} xmlns:sys="urn:ietf:params:xml:ns:yang:ietf-system"><groups><group><name>g</name><user-name>ann</user-name></group></groups><rule-list><name>l</name><group>g</group><rule><name>r</name><path>${denied}</path><access-operations>read</access-operations><action>deny</action></rule></rule-list></nacm>`,
      );
    await client.rpc(edit(user('ann', 'x')));
    const port = await router.server.listenSsh({ address: '127.0.0.1', port: 0, keyFolder: `${router.folder}/keys` });
    const ann = await connectSsh({ host: '127.0.0.1', port, username: 'ann', password: 'x' });
    const system = async (parameters: string): Promise<string> =>
      bare(
        await ann.rpc(
          `<get-data ${NMDA}><datastore>ds:operational</datastore><subtree-filter><system ${SYS}/></subtree-filter><config-filter>true</config-filter>${parameters}</get-data>`,
        ),
      ).replace(/^.*<data>|<\/data>.*$/gs, '');
    assert.match(await system('<max-depth>1</max-depth>'), /^<system><\/system>$/);
    assert.match(await system('<max-depth>2</max-depth>'), /^<system>.*<authentication><\/authentication>/);
    await client.rpc(rules('/sys:system/sys:authentication/sys:user'));
    assert.doesNotMatch(await system('<max-depth>2</max-depth>'), /<authentication>/);
    assert.doesNotMatch(await system('<with-origin/>'), /<user>|ann/);
    assert.equal(await system('<origin-filter>or:intended</origin-filter>'), '');
    await ann.close();
  });

  it('takes the prefixes of an XPath filter from its element', async () => {
    assert.deepEqual(
      names(await getData('running', xpath("/if:interfaces/if:interface[if:type = 't:ethernetCsmacd']"))),
      ['a', 'b', 'gone'],
    );
    assert.match(
      await tagOf(
        `<get-data ${NMDA}><datastore>ds:running</datastore><xpath-filter>count(/)</xpath-filter></get-data>`,
      ),
      /^[a-z-]+/,
    );
    assert.notEqual(
      await tagOf(
        `<get-data ${NMDA}><datastore>ds:running</datastore><xpath-filter>count(/)</xpath-filter></get-data>`,
      ),
      'ok',
    );
  });

  it('refuses what it does not hold', async () => {
    const get = (content: string): Promise<string> => tagOf(`<get-data ${NMDA}>${content}</get-data>`);
    assert.equal(await get('<datastore>ds:dynamic</datastore>'), 'invalid-value datastore');
    assert.equal(await get('<datastore>ds:conventional</datastore>'), 'invalid-value datastore');
    assert.equal(await get('<datastore>ds:none</datastore>'), 'invalid-value datastore');
    assert.match(
      await get('<datastore>ds:operational</datastore><origin-filter>or:none</origin-filter>'),
      /^invalid-value/,
    );
    assert.equal(await get('<datastore>ds:running</datastore><with-origin/>'), 'invalid-value with-origin');
    assert.match(await get(''), /^missing-element/);
    assert.equal(await get('<datastore>ds:running</datastore><subtree-filter type="subtree"/>'), 'unknown-attribute');
    assert.match(await get(`<datastore>ds:running</datastore>${only('')}${xpath('/')}`), /^bad-element/);
    assert.match(
      await get('<datastore>ds:running</datastore><origin-filter>or:intended</origin-filter>'),
      /^unknown-element/,
    );
  });
});

describe('edit-data', () => {
  const editData = (datastore: string, content: string): string =>
    `<edit-data ${NMDA}><datastore>ds:${datastore}</datastore>${content}</edit-data>`;
  const described = (text: string, attributes = ''): string =>
    `<config><interfaces ${IF}><interface><name>b</name><description ${attributes}>${text}</description></interface></interfaces></config>`;

  it('edits running and candidate', async () => {
    assert.equal(await tagOf(editData('running', described('one'))), 'ok');
    assert.match(await getData('running', entry('b')), /<description>one</);
    assert.equal(await tagOf(editData('candidate', described('two'))), 'ok');
    assert.match(await getData('candidate', entry('b')), /<description>two</);
    assert.match(await getData('running', entry('b')), /<description>one</);
    await client.rpc('<commit/>');
    assert.match(await getData('intended', entry('b')), /<description>two</);
    const nc = 'xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"';
    assert.equal(await tagOf(editData('running', described('', `${nc} nc:operation="delete"`))), 'ok');
    assert.doesNotMatch(await getData('running', entry('b')), /<description>/);
  });

  it('honours default-operation, and is all or nothing', async () => {
    const none = `<default-operation>none</default-operation>${described('x')}`;
    assert.match(await tagOf(editData('running', none)), /^data-missing/);
    const half = `<config><interfaces ${IF}><interface><name>b</name><description>half</description></interface><interface><name>none</name></interface></interfaces></config>`;
    assert.notEqual(await tagOf(editData('running', half)), 'ok');
    assert.doesNotMatch(await getData('running', entry('b')), /half/);
  });

  it('refuses datastores that cannot be written', async () => {
    for (const datastore of ['startup', 'intended', 'operational', 'dynamic']) {
      assert.equal(await tagOf(editData(datastore, described('x'))), 'invalid-value datastore', datastore);
    }
    assert.match(await tagOf(editData('running', '')), /^data-missing/);
  });
});

describe('lock, unlock and validate with a datastore', () => {
  const operation = (name: string, parameter: string, datastore: string): string =>
    `<${name}><${parameter}><datastore ${NMDA}>ds:${datastore}</datastore></${parameter}></${name}>`;

  it('work as with the elements of RFC 6241', async () => {
    for (const datastore of ['running', 'candidate', 'startup']) {
      assert.equal(await tagOf(operation('lock', 'target', datastore)), 'ok');
      assert.match(await tagOf(`<lock><target><${datastore}/></target></lock>`), /^lock-denied/);
      assert.equal(await tagOf(operation('unlock', 'target', datastore)), 'ok');
      assert.equal(await tagOf(operation('validate', 'source', datastore)), 'ok');
    }
    assert.equal(await tagOf(operation('validate', 'source', 'intended')), 'ok');
  });

  it('refuse what cannot be locked or validated', async () => {
    assert.equal(await tagOf(operation('lock', 'target', 'operational')), 'invalid-value datastore');
    assert.equal(await tagOf(operation('lock', 'target', 'intended')), 'invalid-value datastore');
    assert.equal(await tagOf(operation('unlock', 'target', 'intended')), 'invalid-value datastore');
    assert.equal(await tagOf(operation('validate', 'source', 'operational')), 'invalid-value datastore');
  });
});
