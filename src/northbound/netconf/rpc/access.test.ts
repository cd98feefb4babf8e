/**
 * What a restricted user hears tells nothing of what he may not read (RFC 8341 section 3.2.3). The oracle: two servers
 * that differ in hidden nodes alone, in their values and in whether they are there, give him the same replies.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it, test } from 'node:test';
import { random } from '../../../yang/data/example/random.ts';
import type { NetconfClient } from '../client.ts';
import { edit, ethernets, IF, type TestServer, testServer, user } from '../testing/server.ts';

const NACM = 'xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm"';
const NC = 'xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"';
const SLIF = 'xmlns="urn:sluice:yang:sluice-interfaces"';
const DS = 'xmlns:ds="urn:ietf:params:xml:ns:yang:ietf-datastores"';
const NMDA = `xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-nmda" ${DS}`;
const DESCRIPTION = '/if:interfaces/if:interface/if:description';

const rule = (name: string, inside: string, action: string) =>
  `<rule><name>${name}</name>${inside}<action>${action}</action></rule>`;
const path = (text: string) => `<path xmlns:if="urn:ietf:params:xml:ns:yang:ietf-interfaces">${text}</path>`;
const named = (name: string) => path(`/if:interfaces/if:interface[if:name='${name}']`);

/** Whatever is not hidden may be written: h1, h2 and every description are. */
const rules = `<nacm ${NACM}><write-default>permit</write-default><groups><group><name>g</name><user-name>guest</user-name></group></groups><rule-list><name>l</name><group>g</group>${
  rule('h1', `${named('h1')}<access-operations>*</access-operations>`, 'deny') +
  rule('h2', `${named('h2')}<access-operations>*</access-operations>`, 'deny') +
  rule('d', `${path(DESCRIPTION)}<access-operations>*</access-operations>`, 'deny')
}</rule-list></nacm>`;

/** Interfaces as replies and errors show them, without what differs from one message to the next. */
async function answer(client: NetconfClient, rpc: string): Promise<string> {
  return (await client.send(rpc)).replace(/ message-id="\d+"/, '');
}

interface Hidden {
  readonly names: readonly string[];
  /** Of v1, v2 and those hidden. */
  readonly description: string;
}

function hiddenConfig({ names, description }: Hidden): string {
  const entries = [...names, 'v1', 'v2'].map(
    (name) =>
      `<interface><name>${name}</name><type>ianaift:ethernetCsmacd</type><description>${description}</description></interface>`,
  );
  return `<interfaces ${IF}>${entries.join('')}</interfaces>`;
}

const ROUNDS = Number(process.env['FUZZ_CASES'] ?? 240);

test(`replies to a restricted user do not depend on what is hidden from him, in ${ROUNDS} random requests`, async (context) => {
  const { seed, below, pick } = random();
  context.diagnostic(`FUZZ_SEED=${seed}`);
  const servers = [await testServer(), await testServer()] as const;
  const admins = await Promise.all(servers.map((server) => server.connect()));
  const guests = await Promise.all(servers.map((server) => server.connectAs('guest')));
  context.after(async () => {
    for (const client of [...guests, ...admins]) await client.close();
    for (const server of servers) await server.close();
  });
  const operation = () =>
    pick(['', '', ...['merge', 'replace', 'create', 'delete', 'remove'].map((name) => `nc:operation="${name}"`)]);
  const name = () => pick(['h1', 'h2', 'h1', 'v1', 'v2', 'n1']);
  const description = () => `<description ${NC} ${operation()}>${pick(['x', 'y', 'z'])}</description>`;
  // What is visible is not deleted, nor a configuration without the hidden nodes copied in: RFC 8341 has a deletion refused
  // for what goes along with it, which tells that there is something.
  const entry = () => {
    const of = name();
    const what = of === 'v1' || of === 'v2' ? pick(['', 'nc:operation="merge"', 'nc:operation="create"']) : operation();
    const isGone = /delete|remove/.test(what);
    const type = !isGone && below(2) === 0 ? '<type>ianaift:ethernetCsmacd</type>' : '';
    const enabled = !isGone && below(3) === 0 ? `<enabled>${pick(['true', 'false'])}</enabled>` : '';
    return `<interface ${NC} ${what}><name>${of}</name>${!isGone && below(3) === 0 ? description() : ''}${type}${enabled}</interface>`;
  };
  const change = (target: string) =>
    edit(`<interfaces ${IF}>${Array.from({ length: 1 + below(2) }, entry).join('')}</interfaces>`, target).replace(
      '<config>',
      `${pick(['', '', '<default-operation>none</default-operation>'])}${pick(['', '', '<error-option>continue-on-error</error-option>'])}<config>`,
    );
  const filter = () =>
    pick([
      `<filter><interfaces ${IF}><interface><name>${name()}</name></interface></interfaces></filter>`,
      `<filter><interfaces ${IF}><interface><description>${pick(['x', 'y'])}</description></interface></interfaces></filter>`,
      `<filter><interfaces ${IF}><interface><name/><description/></interface></interfaces></filter>`,
      `<filter type="xpath" select="/interfaces/interface[description='${pick(['x', 'y'])}']"/>`,
      `<filter type="xpath" select="/interfaces[count(interface) &gt; ${below(6)}]"/>`,
      `<filter type="xpath" select="/interfaces/interface[name='v1'][../interface[name='h1'] or ../interface[description='x']]"/>`,
      `<filter type="xpath" select="//interface[last()] | //*[.='x'] | //interface[string-length(.) &gt; ${10 + below(40)}]"/>`,
      `<filter type="xpath" select="/interfaces/interface[preceding-sibling::interface or following-sibling::*[2]]/name"/>`,
    ]);
  const dataFilter = () =>
    filter()
      .replace(/^<filter><interfaces/, '<subtree-filter><interfaces')
      .replace('</filter>', '</subtree-filter>')
      .replace(
        /^<filter type="xpath" select="(.*)"\/>$/,
        (_, select: string) => `<xpath-filter>${select}</xpath-filter>`,
      );
  const request = () => {
    switch (below(12)) {
      case 8:
        return `<get-data ${NMDA}><datastore>ds:${pick(['running', 'candidate', 'operational'])}</datastore>${dataFilter()}${pick(['', '<with-defaults xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-nmda">report-all</with-defaults>'])}</get-data>`;
      case 9:
        return `<get-config><source><running/></source>${filter()}<with-defaults xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-with-defaults">${pick(['report-all', 'trim', 'report-all-tagged', 'explicit'])}</with-defaults></get-config>`;
      case 10:
        return pick([
          '<plan xmlns="urn:sluice:yang:sluice-plan"/>',
          `<compare xmlns="urn:ietf:params:xml:ns:yang:ietf-nmda-compare" ${DS}><source>ds:running</source><target>ds:candidate</target></compare>`,
        ]);
      case 11:
        return `<edit-data ${NMDA}><datastore>ds:${pick(['running', 'candidate'])}</datastore>${pick(['', '<default-operation>none</default-operation>'])}<config><interfaces ${IF}>${entry()}</interfaces></config></edit-data>`;
      case 0:
      case 1:
        return `<get-config><source><${pick(['running', 'candidate'])}/></source>${filter()}</get-config>`;
      case 2:
        return '<commit/>';
      case 3:
        return pick(['<discard-changes/>', '<validate><source><candidate/></source></validate>']);
      case 4:
        return `<copy-config><target><${pick(['candidate', 'running'])}/></target><source>${pick(['<running/>', '<candidate/>'])}</source></copy-config>`;
      default:
        return change(pick(['running', 'running', 'candidate']));
    }
  };
  const show = (admin: NetconfClient) => admin.rpc('<get-config><source><running/></source></get-config>');
  let told = 0;
  for (let round = 0; round < ROUNDS; round++) {
    if (round % 12 === 0) {
      const hidden: Hidden[] = [
        { names: ['h1'], description: 'x' },
        { names: pick([[], ['h1', 'h2'], ['h2']]), description: pick(['x', 'y']) },
      ];
      await Promise.all(
        admins.map(async (admin, index) => {
          await admin.rpc('<discard-changes/>');
          await admin.rpc(
            `<copy-config><target><running/></target><source><config>${rules}${hiddenConfig(hidden[index] as Hidden)}</config></source></copy-config>`,
          );
        }),
      );
    }
    const rpc = request();
    const [one, other] = await Promise.all(guests.map((guest) => answer(guest, rpc)));
    assert.equal(one, other, `FUZZ_SEED=${seed}, round ${round}: ${rpc}`);
    if (!one?.includes('rpc-error')) told++;
    assert.doesNotMatch(one ?? '', /<description>|h[12]<\/name>/, rpc);
  }
  assert.ok(told > ROUNDS / 5, `only ${told} requests succeed`);
  const shown = await Promise.all(admins.map(show));
  assert.ok(shown.every((xml) => xml.includes('<description>')));
  for (const server of servers) assert.deepEqual(server.logged, []);
});

describe('errors', () => {
  let router: TestServer;
  let admin: NetconfClient;
  let guest: NetconfClient;
  before(async () => {
    router = await testServer();
    admin = await router.connect();
    guest = await router.connectAs('guest');
    await admin.rpc(edit(`${user('guest', 'secret')}${ethernets('h1', 'h2', 'v1')}${rules}`));
  });
  after(async () => {
    for (const client of [guest, admin]) await client.close();
    await router.close();
  });
  const vlan = (name: string, parent: string) =>
    `<interfaces ${IF}><interface><name>${name}</name><type>ianaift:l2vlan</type><parent-interface ${SLIF}>${parent}</parent-interface><encapsulation ${SLIF}><outer-vlan-id>7</outer-vlan-id><inner-vlan-id>8</inner-vlan-id></encapsulation></interface></interfaces>`;

  it('name no hidden node that a deletion would leave without what it refers to', async () => {
    const member = `<bridge-domains xmlns="urn:sluice:yang:sluice-bridge-domains"><bridge-domain><name>b</name><member><interface>v1</interface></member></bridge-domain></bridge-domains>`;
    await admin.rpc(edit(member));
    const hide = rule(
      'b',
      '<module-name>sluice-bridge-domains</module-name><access-operations>*</access-operations>',
      'deny',
    );
    await admin.rpc(edit(`<nacm ${NACM}><rule-list><name>l</name>${hide}</rule-list></nacm>`));
    const reply = await guest.send(
      edit(`<interfaces ${IF}><interface ${NC} nc:operation="delete"><name>v1</name></interface></interfaces>`),
    );
    assert.doesNotMatch(reply, /bridge|member|<error-info|<error-path/);
    if (reply.includes('rpc-error'))
      assert.match(reply, /<error-tag>data-missing<.*<error-app-tag>instance-required</s);
    await admin.rpc(edit(member.replace('<bridge-domain>', `<bridge-domain ${NC} nc:operation="delete">`)));
  });

  it('name no hidden edit of others at a commit', async () => {
    await admin.rpc(
      edit(ethernets('h3').replace('h3', 'h1').replace('</type>', '</type><description>d</description>'), 'candidate'),
    );
    const reply = await guest.send('<commit/>');
    assert.match(reply, /<error-tag>access-denied</);
    assert.doesNotMatch(reply, /h1|description|create|update/);
    await admin.rpc('<discard-changes/>');
  });

  it('are not all: netconf-config-change names no hidden node', async () => {
    await guest.rpc('<create-subscription xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0"/>');
    const described = (name: string) =>
      edit(
        `<interfaces ${IF}><interface><name>${name}</name><description>d</description><enabled>false</enabled></interface></interfaces>`,
      );
    await admin.rpc(described('h1'));
    await admin.rpc(described('v1'));
    for await (const { xml } of guest.notifications()) {
      assert.doesNotMatch(xml, /h1|description/);
      if (!xml.includes('netconf-config-change')) continue;
      assert.match(xml, /<edit><target[^>]*>[^<]*v1[^<]*enabled<\/target><operation>create<\/operation><\/edit><\//);
      break;
    }
  });

  it('do not tell the twin of an entry that is not unique where it is hidden', async () => {
    const first = vlan('h2', 'v1');
    const made = await admin.send(edit(first));
    if (made.includes('rpc-error')) assert.fail(made);
    const reply = await guest.send(edit(vlan('v9', 'v1')));
    assert.match(reply, /<error-app-tag>data-not-unique</);
    assert.doesNotMatch(reply, /h2/);
    assert.match(await admin.send(edit(vlan('v9', 'v1'))), /<error-message[^>]*>[^<]*h2/);
  });
});

describe('implicit changes', () => {
  let router: TestServer;
  let admin: NetconfClient;
  let guest: NetconfClient;
  before(async () => {
    router = await testServer();
    admin = await router.connect();
    guest = await router.connectAs('guest');
  });
  after(async () => {
    for (const client of [guest, admin]) await client.close();
    await router.close();
  });

  it('need no right of their own: other cases of a choice', async () => {
    const port = (inside: string) =>
      `<interfaces ${IF}><interface><name>p</name><type>ianaift:ethernetCsmacd</type><port ${SLIF}>${inside}</port></interface></interfaces>`;
    const deny = rule(
      'x',
      `<path xmlns:if="urn:ietf:params:xml:ns:yang:ietf-interfaces" xmlns:s="urn:sluice:yang:sluice-interfaces">/if:interfaces/if:interface/s:port/s:af-packet</path><access-operations>delete</access-operations>`,
      'deny',
    );
    await admin.rpc(edit(`${port('<af-packet>eth9</af-packet>')}${rules.replace('<rule>', `${deny}<rule>`)}`));
    const remove = port(`<af-packet ${NC} nc:operation="delete"/>`);
    assert.match(await guest.send(edit(remove)), /<error-tag>access-denied<.*delete is not permitted/s);
    await guest.rpc(edit(port('<af-xdp>eth9</af-xdp>')));
    assert.doesNotMatch(await admin.rpc('<get-config><source><running/></source></get-config>'), /<af-packet>/);
  });
});
