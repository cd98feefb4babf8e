import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { StateProvider } from '../../../commit/operational/state.ts';
import type { KeySpace } from '../../../datastore/key/key.ts';
import type { RowNode } from '../../../datastore/view/view.ts';
import type { LeafNode } from '../../../yang/schema/node.ts';
import { connectSsh, type NetconfClient, RpcError } from '../client.ts';
import { edit, ethernets, IF, routerSchema, type TestServer, testServer, user } from '../testing/server.ts';

/** RFC 9144. */
let router: TestServer;
let client: NetconfClient;

const COMPARE =
  'xmlns="urn:ietf:params:xml:ns:yang:ietf-nmda-compare" xmlns:ds="urn:ietf:params:xml:ns:yang:ietf-datastores"';
const NACM = 'xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm"';
const NC = 'xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"';
const LIST = '/ietf-interfaces:interfaces/interface';

/** `a` has another description in use than was set; `lo` is the router's own; `gone` is not there. */
function state(): StateProvider {
  const schema = routerSchema();
  const leaf = (path: string): LeafNode => schema.find(`${LIST}/${path}`) as LeafNode;
  return {
    paths: ['/ietf-interfaces:interfaces'],
    read: async (_interests, running, out) => {
      const { keys } = running as unknown as { keys: KeySpace };
      const list = schema.find(LIST) as RowNode;
      const container = keys.child('', schema.find('/ietf-interfaces:interfaces') as RowNode);
      const up = [leaf('oper-status'), 'up'] as const;
      const named = new Map([up, [leaf('description'), 'learned'] as const]);
      out.put(keys.child(container, list, ['a']), list, { leaves: named }, 'learned');
      out.put(keys.child(container, list, ['lo']), list, {
        leaves: new Map([up, [leaf('type'), 'iana-if-type:softwareLoopback'] as const]),
      });
      out.notApplied(keys.child(container, list, ['gone']));
    },
  };
}

before(async () => {
  router = await testServer({ providers: [state()] });
  client = await router.connect();
  await client.rpc(edit(ethernets('a', 'b', 'gone')));
  await client.rpc('<copy-config><target><startup/></target><source><running/></source></copy-config>');
});
after(async () => {
  await client.close();
  await router.close();
});

const bare = (xml: string): string => xml.replaceAll(/ xmlns(?::\w+)?="[^"]*"/g, '').replaceAll('ianaift:', '');

async function compare(source: string, target: string, more = '', by: NetconfClient = client): Promise<string> {
  const parameters = `<source>ds:${source}</source><target>ds:${target}</target>${more}`;
  const reply = await by.rpc(`<compare ${COMPARE}>${parameters}</compare>`);
  return bare(reply).replace(/^<rpc-reply[^>]*>([\s\S]*)<\/rpc-reply>\s*$/, '$1');
}

/** Each edit on a line. */
const edits = (reply: string): string[] =>
  [...reply.matchAll(/<edit><edit-id>(\d+)<\/edit-id>([\s\S]*?)<\/edit>/g)].map(
    ([, id, edit = '']) =>
      `${id} ${edit
        .replaceAll(/<(operation|target|point|where)>([^<]*)<\/\1>/g, '$2 ')
        .replaceAll('/ietf-interfaces:interfaces/interface=', '')
        .trim()}`,
  );
const only = (content: string): string => `<subtree-filter><interfaces ${IF}>${content}</interfaces></subtree-filter>`;
const nothing = (source: string, target: string): string =>
  `<differences><yang-patch><patch-id>${source}-${target}</patch-id><comment>What makes ${source} (source) what ${target} (target) is.</comment></yang-patch></differences>`;

describe('compare', () => {
  it('finds no difference where there is none', async () => {
    assert.equal(await compare('startup', 'running'), nothing('startup', 'running'));
    assert.equal(await compare('candidate', 'running', only('')), nothing('candidate', 'running'));
    assert.equal(await compare('running', 'intended'), nothing('running', 'intended'));
  });

  it('gives the edits that make the target out of the source, as a YANG patch', async () => {
    const changed =
      `<interfaces ${IF} ${NC}><interface><name>a</name><description>set</description></interface>` +
      '<interface nc:operation="delete"><name>b</name></interface>' +
      '<interface><name>c/1</name><type>ianaift:ethernetCsmacd</type></interface></interfaces>';
    await client.rpc(edit(changed, 'candidate'));
    const forward = await compare('running', 'candidate');
    assert.deepEqual(edits(forward), [
      '1 create a/description <value><description>set</description></value>',
      '2 delete b <source-value><interface><name>b</name><type>ethernetCsmacd</type></interface></source-value>',
      '3 create c%2F1 <value><interface><name>c/1</name><type>ethernetCsmacd</type></interface></value>',
    ]);
    assert.deepEqual(edits(await compare('candidate', 'startup')), [
      '1 delete a/description <source-value><description>set</description></source-value>',
      '2 create b <value><interface><name>b</name><type>ethernetCsmacd</type></interface></value>',
      '3 delete c%2F1 <source-value><interface><name>c/1</name><type>ethernetCsmacd</type></interface></source-value>',
    ]);
    await client.rpc('<commit/>');
    assert.deepEqual(edits(await compare('startup', 'running')), edits(forward));
    await client.rpc(
      edit(`<interfaces ${IF}><interface><name>a</name><description>other</description></interface></interfaces>`),
    );
    assert.deepEqual(edits(await compare('startup', 'running', only('<interface><name>a</name></interface>'))), [
      '1 create a/description <value><description>other</description></value>',
    ]);
  });

  it('compares what a filter selects, and says where that is nothing', async () => {
    assert.deepEqual(edits(await compare('startup', 'running', only('<interface><type/></interface>'))), [
      '1 delete b <source-value><interface><name>b</name><type>ethernetCsmacd</type></interface></source-value>',
      '2 create c%2F1 <value><interface><name>c/1</name><type>ethernetCsmacd</type></interface></value>',
    ]);
    assert.deepEqual(edits(await compare('startup', 'running', only('<interface><description/></interface>'))), [
      '1 create a/description <value><description>other</description></value>',
    ]);
    const xpath = (select: string): string =>
      `<xpath-filter xmlns:if="urn:ietf:params:xml:ns:yang:ietf-interfaces">${select}</xpath-filter>`;
    assert.deepEqual(edits(await compare('startup', 'running', xpath("/if:interfaces/if:interface[if:name='b']"))), [
      '1 delete b <source-value><interface><name>b</name><type>ethernetCsmacd</type></interface></source-value>',
    ]);
    assert.equal(
      await compare('startup', 'running', xpath("/if:interfaces/if:interface[if:name='gone']")),
      nothing('startup', 'running'),
    );
    assert.equal(
      await compare('startup', 'running', xpath("/if:interfaces/if:interface[if:name='none']")),
      '<no-matches/>',
    );
    assert.equal(
      await compare('startup', 'running', `<subtree-filter><nacm ${NACM}/></subtree-filter>`),
      '<no-matches/>',
    );
    assert.equal(await compare('startup', 'running', '<subtree-filter/>'), '<no-matches/>');
  });

  it('compares operational: applied configuration, and state only if all is asked for', async () => {
    const filter = only('');
    assert.deepEqual(edits(await compare('operational', 'intended', filter)), [
      '1 replace a/description <value><description>other</description></value><source-value><description>learned</description></source-value>',
      '2 create gone <value><interface><name>gone</name><type>ethernetCsmacd</type></interface></value>',
      '3 delete lo <source-value><interface><name>lo</name><type>softwareLoopback</type></interface></source-value>',
    ]);
    const all = edits(await compare('intended', 'operational', `<all/>${filter}`));
    assert.deepEqual(all, [
      '1 create a/oper-status <value><oper-status>up</oper-status></value>',
      '2 replace a/description <value><description>learned</description></value><source-value><description>other</description></source-value>',
      '3 delete gone <source-value><interface><name>gone</name><type>ethernetCsmacd</type></interface></source-value>',
      '4 create lo <value><interface><name>lo</name><type>softwareLoopback</type><oper-status>up</oper-status></interface></value>',
    ]);
    assert.equal(await compare('operational', 'operational', filter), nothing('operational', 'operational'));
  });

  it('reports origins of operational', async () => {
    assert.deepEqual(edits(await compare('operational', 'intended', `<report-origin/>${only('')}`)), [
      '1 replace a/description <value><description>other</description></value><source-value><description or:origin="or:learned">learned</description></source-value>',
      '2 create gone <value><interface><name>gone</name><type>ethernetCsmacd</type></interface></value>',
      '3 delete lo <source-value><interface or:origin="or:system"><name>lo</name><type>softwareLoopback</type></interface></source-value>',
    ]);
  });

  it('tells of moves and insertions in lists that users order', async () => {
    const lists = (content: string): string =>
      `<nacm ${NACM} xmlns:yang="urn:ietf:params:xml:ns:yang:1" ${NC}>${content}</nacm>`;
    const list = (name: string, attributes = ''): string => `<rule-list ${attributes}><name>${name}</name></rule-list>`;
    await client.rpc(edit(lists(['one', 'two', 'three'].map((name) => list(name)).join(''))));
    const before = `nacm:name='one'`;
    await client.rpc(
      edit(
        lists(
          list(
            'three',
            `yang:insert="before" yang:key="[${before}]" xmlns:nacm="urn:ietf:params:xml:ns:yang:ietf-netconf-acm"`,
          ) + list('new', 'yang:insert="first"'),
        ),
        'candidate',
      ),
    );
    const rules = '/ietf-netconf-acm:nacm/rule-list';
    assert.deepEqual(edits(await compare('running', 'candidate')), [
      `1 insert ${rules}=new first <value><rule-list><name>new</name></rule-list></value>`,
      `2 move ${rules}=three ${rules}=new after`,
    ]);
    await client.rpc('<discard-changes/>');
  });

  it('shows nothing that the reader may not see', async () => {
    await client.rpc(
      edit(
        `${user('ann', 'x')}<nacm ${NACM}><groups><group><name>g</name><user-name>ann</user-name></group></groups><rule-list><name>l</name><group>g</group>
        <rule><name>call</name><rpc-name>compare</rpc-name><access-operations>exec</access-operations><action>permit</action></rule>
        <rule><name>b</name><path xmlns:if="urn:ietf:params:xml:ns:yang:ietf-interfaces">/if:interfaces/if:interface[if:name='b']</path><access-operations>read</access-operations><action>deny</action></rule>
        <rule><name>d</name><path xmlns:if="urn:ietf:params:xml:ns:yang:ietf-interfaces">/if:interfaces/if:interface/if:description</path><access-operations>read</access-operations><action>deny</action></rule></rule-list></nacm>`.replaceAll(
          />\s+</g,
          '><',
        ),
      ),
    );
    const port = await router.server.listenSsh({ address: '127.0.0.1', port: 0, keyFolder: `${router.folder}/keys` });
    const ann = await connectSsh({ host: '127.0.0.1', port, username: 'ann', password: 'x' });
    assert.deepEqual(edits(await compare('startup', 'running', only(''), ann)), [
      '1 create c%2F1 <value><interface><name>c/1</name><type>ethernetCsmacd</type></interface></value>',
    ]);
    assert.equal(
      await compare('startup', 'running', only('<interface><name>b</name></interface>'), ann),
      '<no-matches/>',
    );
    await ann.close();
  });

  it('refuses what is no datastore of the router', async () => {
    const tag = async (source: string, target: string): Promise<string> => {
      const error = await compare(source, target).catch((thrown: unknown) => thrown);
      return error instanceof RpcError ? `${error.tag} ${error.path?.replace(/^.*:/, '')}` : 'ok';
    };
    assert.equal(await tag('dynamic', 'running'), 'invalid-value source');
    assert.equal(await tag('running', 'conventional'), 'invalid-value target');
  });
});
