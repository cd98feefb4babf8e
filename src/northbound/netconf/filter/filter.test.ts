import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { NetconfClient } from '../client.ts';
import { edit, IF, type TestServer, testServer } from '../testing/server.ts';

let router: TestServer;
let client: NetconfClient;

const SLIF = 'xmlns="urn:sluice:yang:sluice-interfaces"';
const configuration = `<interfaces ${IF}>
  <interface><name>a</name><description>first</description><type>ianaift:ethernetCsmacd</type></interface>
  <interface><name>a.10</name><type>ianaift:l2vlan</type><parent-interface ${SLIF}>a</parent-interface>
    <encapsulation ${SLIF}><outer-vlan-id>10</outer-vlan-id></encapsulation></interface>
  <interface><name>a.20</name><type>ianaift:l2vlan</type><enabled>false</enabled><parent-interface ${SLIF}>a</parent-interface>
    <encapsulation ${SLIF}><outer-vlan-id>20</outer-vlan-id></encapsulation></interface>
  <interface><name>b</name><type>ianaift:ethernetCsmacd</type><enabled>false</enabled></interface>
</interfaces>
<nacm xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm"><groups>
  <group><name>one</name><user-name>ann</user-name><user-name>bob</user-name></group>
  <group><name>two</name><user-name>bob</user-name></group>
</groups></nacm>`;

before(async () => {
  router = await testServer();
  client = await router.connect();
  await client.rpc(edit(configuration.replace(/>\s+</g, '><')));
});
after(async () => {
  await client.close();
  await router.close();
});

/** The data of a reply, without declarations of namespaces and with entries that are easy to compare. */
function data(reply: string): string {
  const content = /<data>([\s\S]*)<\/data>/.exec(reply)?.[1] ?? reply;
  return content.replaceAll(/ xmlns(?::\w+)?="[^"]*"/g, '');
}

const filtered = async (filter: string): Promise<string> =>
  data(await client.rpc(`<get-config><source><running/></source>${filter}</get-config>`));
const subtree = (content: string): Promise<string> => filtered(`<filter type="subtree">${content}</filter>`);
const names = (xml: string): string[] => [...xml.matchAll(/<interface><name>([^<]*)/g)].map(([, name]) => name ?? '');

const xpath = (select: string): Promise<string> =>
  filtered(
    `<filter xmlns:if="urn:ietf:params:xml:ns:yang:ietf-interfaces" xmlns:slif="urn:sluice:yang:sluice-interfaces" xmlns:nacm="urn:ietf:params:xml:ns:yang:ietf-netconf-acm" xmlns:ianaift="urn:ietf:params:xml:ns:yang:iana-if-type" type="xpath" select="${select}"/>`,
  );

describe('subtree filter (RFC 6241 section 6)', () => {
  it('selects nothing when it is empty', async () => {
    assert.equal(await subtree(''), '');
    assert.equal(await filtered('<filter/>'), '');
  });

  it('selects everything when there is none', async () => {
    assert.match(await filtered(''), /^<interfaces>[\s\S]*<\/interfaces>[\s\S]*<nacm>/);
  });

  it('selects a subtree by a selection node', async () => {
    const xml = await subtree(`<interfaces ${IF}/>`);
    assert.deepEqual(names(xml), ['a', 'a.10', 'a.20', 'b']);
    assert.doesNotMatch(xml, /nacm/);
  });

  it('selects an entry by its key, whole', async () => {
    assert.equal(
      await subtree(`<interfaces ${IF}><interface><name>a</name></interface></interfaces>`),
      '<interfaces><interface><name>a</name><description>first</description><type>ianaift:ethernetCsmacd</type></interface></interfaces>',
    );
  });

  it('adds keys to selected leaves, and leaves out entries without them', async () => {
    assert.equal(
      await subtree(`<interfaces ${IF}><interface><description/></interface></interfaces>`),
      '<interfaces><interface><name>a</name><description>first</description></interface></interfaces>',
    );
  });

  it('combines content match and selection', async () => {
    assert.equal(
      await subtree(`<interfaces ${IF}><interface><enabled> false </enabled><type/></interface></interfaces>`),
      '<interfaces><interface><name>a.20</name><type>ianaift:l2vlan</type><enabled>false</enabled></interface><interface><name>b</name><type>ianaift:ethernetCsmacd</type><enabled>false</enabled></interface></interfaces>',
    );
  });

  it('needs all content matches of one sibling set to hold', async () => {
    assert.deepEqual(
      names(
        await subtree(
          `<interfaces ${IF}><interface><type>ianaift:l2vlan</type><enabled>false</enabled></interface></interfaces>`,
        ),
      ),
      ['a.20'],
    );
    assert.equal(
      await subtree(`<interfaces ${IF}><interface><name>a</name><name>b</name></interface></interfaces>`),
      '',
    );
    assert.equal(
      await subtree(`<interfaces ${IF}><interface><name>a</name><enabled>false</enabled></interface></interfaces>`),
      '',
    );
  });

  it('reads names in values by the namespaces in scope', async () => {
    const by = (prefix: string) =>
      subtree(
        `<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces" xmlns:${prefix}="urn:ietf:params:xml:ns:yang:iana-if-type"><interface><type>${prefix}:l2vlan</type><name/></interface></interfaces>`,
      );
    assert.deepEqual(names(await by('x')), ['a.10', 'a.20']);
    assert.deepEqual(names(await by('another')), ['a.10', 'a.20']);
  });

  it('unites several elements for one node', async () => {
    assert.equal(
      await subtree(
        `<interfaces ${IF}><interface><name>b</name><type/></interface><interface><name>a</name><description/></interface><interface><name>b</name><enabled/></interface><interface><name>nobody</name></interface></interfaces>`,
      ),
      '<interfaces><interface><name>a</name><description>first</description></interface><interface><name>b</name><type>ianaift:ethernetCsmacd</type><enabled>false</enabled></interface></interfaces>',
    );
  });

  it('matches content below the entry', async () => {
    assert.equal(
      await subtree(
        `<interfaces ${IF}><interface><encapsulation ${SLIF}><outer-vlan-id>20</outer-vlan-id></encapsulation></interface></interfaces>`,
      ),
      '<interfaces><interface><name>a.20</name><encapsulation><outer-vlan-id>20</outer-vlan-id></encapsulation></interface></interfaces>',
    );
  });

  it('takes elements without a namespace for any', async () => {
    assert.deepEqual(names(await subtree('<interfaces xmlns=""><interface><name/></interface></interfaces>')), [
      'a',
      'a.10',
      'a.20',
      'b',
    ]);
    assert.deepEqual(
      names(
        await subtree(
          '<interfaces xmlns=""><interface><parent-interface>a</parent-interface></interface></interfaces>',
        ),
      ),
      ['a.10', 'a.20'],
    );
  });

  it('selects nothing by a foreign namespace, unknown names, attributes or values of another type', async () => {
    assert.equal(await subtree('<interfaces/>'), '');
    assert.equal(await subtree('<interfaces xmlns="urn:x"/>'), '');
    assert.equal(await subtree(`<interfaces ${IF}><nonsense/></interfaces>`), '');
    assert.equal(await subtree(`<interfaces ${IF}><interface><nonsense>x</nonsense></interface></interfaces>`), '');
    assert.equal(await subtree(`<interfaces ${IF}><interface xmlns:x="urn:x" x:attribute="1"/></interfaces>`), '');
    assert.equal(await subtree(`<interfaces ${IF}><interface><enabled>maybe</enabled></interface></interfaces>`), '');
    assert.equal(await subtree(`<interfaces ${IF}><interface><name><deeper/></name></interface></interfaces>`), '');
    assert.equal(await subtree(`<interfaces ${IF}>text</interfaces>`), '');
  });

  it('matches and selects entries of leaf-lists', async () => {
    const group = (inside: string) =>
      subtree(
        `<nacm xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm"><groups><group>${inside}</group></groups></nacm>`,
      );
    assert.equal(
      await group('<user-name>ann</user-name>'),
      '<nacm><groups><group><name>one</name><user-name>ann</user-name><user-name>bob</user-name></group></groups></nacm>',
    );
    assert.equal(
      await group('<user-name>ann</user-name><name/>'),
      '<nacm><groups><group><name>one</name><user-name>ann</user-name></group></groups></nacm>',
    );
    assert.equal(
      await group('<name>two</name><user-name/>'),
      '<nacm><groups><group><name>two</name><user-name>bob</user-name></group></groups></nacm>',
    );
  });
});

describe('XPath filter (RFC 6241 section 8.9)', () => {
  for (const [select, expected] of [
    [
      "/if:interfaces/if:interface[if:name='a']/if:description",
      '<interfaces><interface><name>a</name><description>first</description></interface></interfaces>',
    ],
    [
      "/if:interfaces/if:interface[if:name='b']",
      '<interfaces><interface><name>b</name><type>ianaift:ethernetCsmacd</type><enabled>false</enabled></interface></interfaces>',
    ],
    [
      "/if:interfaces/if:interface[if:enabled='false']/if:name",
      '<interfaces><interface><name>a.20</name></interface><interface><name>b</name></interface></interfaces>',
    ],
    [
      '//slif:outer-vlan-id[. &gt; 15]',
      '<interfaces><interface><name>a.20</name><encapsulation><outer-vlan-id>20</outer-vlan-id></encapsulation></interface></interfaces>',
    ],
    [
      "/nacm:nacm//nacm:user-name[.='ann']",
      '<nacm><groups><group><name>one</name><user-name>ann</user-name></group></groups></nacm>',
    ],
    [
      "//if:interface[derived-from-or-self(if:type, 'ianaift:l2vlan')]/slif:parent-interface | /nacm:nacm/nacm:groups/nacm:group[nacm:name='two']/nacm:name",
      '<interfaces><interface><name>a.10</name><parent-interface>a</parent-interface></interface><interface><name>a.20</name><parent-interface>a</parent-interface></interface></interfaces><nacm><groups><group><name>two</name></group></groups></nacm>',
    ],
    ['/if:interfaces/if:interface[99]', ''],
    ['/nothing', ''],
    [
      "/interfaces/interface[name='b']/enabled",
      '<interfaces><interface><name>b</name><enabled>false</enabled></interface></interfaces>',
    ],
  ] as const) {
    it(`gives ${select} with ancestors and keys`, async () => {
      assert.equal(await xpath(select), expected);
    });
  }

  it('gives everything for the root', async () => {
    assert.equal(await xpath('/'), await filtered(''));
  });

  for (const [filter, expected] of [
    ['<filter type="xpath" select="count(/x)"/>', /<error-type>protocol<.*<error-tag>invalid-value</],
    ['<filter type="xpath" select="/a["/>', /<error-tag>invalid-value</],
    ['<filter type="xpath" select="/nope:a"/>', /<error-tag>invalid-value</],
    [
      '<filter type="xpath"/>',
      /<error-tag>missing-attribute<.*<bad-attribute>select<\/bad-attribute><bad-element>filter</,
    ],
    ['<filter type="xquery" select="/"/>', /<error-tag>bad-attribute<.*<bad-attribute>type</],
    ['<filter kind="subtree"/>', /<error-tag>unknown-attribute<.*<bad-attribute>kind</],
  ] as const) {
    it(`refuses ${filter}`, async () => {
      assert.match(await client.send(`<get>${filter}</get>`), expected);
    });
  }
});

describe('filters of state', () => {
  it('reach what providers give, and only for what they name', async () => {
    const ncm = 'xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"';
    const session = data(
      await client.rpc(
        `<get><filter><netconf-state ${ncm}><sessions><session><username/></session></sessions></netconf-state></filter></get>`,
      ),
    );
    assert.equal(
      session,
      `<netconf-state><sessions><session><session-id>${client.sessionId}</session-id><username>root</username></session></sessions></netconf-state>`,
    );
    const byPath = data(
      await client.rpc(
        `<get><filter type="xpath" select="/netconf-state/sessions/session[username='root']/username"/></get>`,
      ),
    );
    assert.equal(byPath, session);
    assert.match(data(await client.rpc('<get/>')), /<yang-library>/);
  });

  it('do not show state in get-config', async () => {
    assert.equal(await subtree('<netconf-state xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"/>'), '');
    assert.equal(await xpath('//nacm:denied-operations'), '');
  });
});

describe('filters over 10,000 entries', () => {
  it('find one by its key without looking at the others', async () => {
    const all = Array.from(
      { length: 10_000 },
      (_, i) => `<interface><name>n${i}</name><type>ianaift:ethernetCsmacd</type></interface>`,
    );
    await client.rpc(edit(`<interfaces ${IF}>${all.join('')}</interfaces>`));
    const median = async (filter: string): Promise<number> => {
      const times: number[] = [];
      for (let round = 0; round < 30; round++) {
        const started = performance.now();
        await client.rpc(`<get-config><source><running/></source>${filter}</get-config>`);
        times.push(performance.now() - started);
      }
      return times.sort((a, b) => a - b)[15] ?? 0;
    };
    const bySubtree = await median(
      `<filter><interfaces ${IF}><interface><name>n7777</name></interface></interfaces></filter>`,
    );
    const byXPath = await median(`<filter type="xpath" select="/interfaces/interface[name='n7777']"/>`);
    const started = performance.now();
    const reply = await client.rpc('<get-config><source><running/></source></get-config>');
    const whole = performance.now() - started;
    console.log(
      `one of 10,000: subtree ${bySubtree.toFixed(2)} ms, XPath ${byXPath.toFixed(2)} ms; all: ${whole.toFixed(0)} ms`,
    );
    assert.equal(names(reply).length, 10_004);
    assert.ok(bySubtree < 5 && byXPath < 5, `${bySubtree} ms, ${byXPath} ms`);
  });
});
