import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connectSsh, type NetconfClient } from '../../client.ts';
import { edit, ethernets, IF, type TestServer, testServer, user } from '../../testing/server.ts';
import { establish, next, refusal, subscriptionRpc, textOf } from '../testing.ts';

let router: TestServer;
let client: NetconfClient;
let port = 0;

before(async () => {
  router = await testServer();
  client = await router.connect();
  port = await router.server.listenSsh({ address: '127.0.0.1', port: 0, keyFolder: join(router.folder, 'keys') });
  await client.rpc(edit(ethernets('e1', 'e2')));
});
after(async () => {
  await client.close();
  assert.deepEqual(
    router.logged.filter((line) => line.includes('bug')),
    [],
  );
  await router.close();
});

const PUSH = 'ietf-yang-push';
const NC = 'xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"';
const onChange = (parameters = '') => `<yp:on-change>${parameters}</yp:on-change>`;
const noSync = onChange('<yp:sync-on-start>false</yp:sync-on-start>');
const running = (filter: string, trigger: string) => `<yp:datastore>ds:running</yp:datastore>${filter}${trigger}`;
const subtree = (content: string) => `<yp:datastore-subtree-filter>${content}</yp:datastore-subtree-filter>`;
const xpath = (expression: string) => `<yp:datastore-xpath-filter>${expression}</yp:datastore-xpath-filter>`;
const interfaces = subtree(`<interfaces ${IF}/>`);
const set = (name: string, content: string, attribute = '') =>
  client.rpc(
    edit(`<interfaces ${IF}><interface ${NC} ${attribute}><name>${name}</name>${content}</interface></interfaces>`),
  );
const remove = (name: string) => set(name, '', 'nc:operation="delete"');
const TYPE = '<type>ianaift:ethernetCsmacd</type>';

/** `operation target` of each edit. */
function edits(notification: string): string[] {
  return [...notification.matchAll(/<operation>([^<]*)<\/operation><target>([^<]*)<\/target>/g)].map(
    ([, operation, target]) => `${operation} ${target?.replace('/ietf-interfaces:interfaces/interface', '…')}`,
  );
}

async function subscribed(parameters: string): Promise<NetconfClient> {
  const subscriber = await router.connect();
  await establish(subscriber, parameters);
  return subscriber;
}

describe('on-change subscriptions of the configuration (RFC 8641)', () => {
  it('send all first, then patches with what changed, numbered from 0', async () => {
    const subscriber = await subscribed(running(interfaces, onChange()));
    assert.match(
      (await next(subscriber))[0] ?? '',
      /<push-update [^>]*><id>\d+<\/id><datastore-contents><interfaces .*<name>e1<.*<name>e2</,
    );
    await set('e1', '<description>one &amp; more</description>');
    const [text = ''] = await next(subscriber);
    assert.match(
      text,
      /^<notification xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0"><eventTime>[^<]+<\/eventTime><push-change-update xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-push"><id>\d+<\/id><datastore-changes><yang-patch><patch-id>0<\/patch-id><edit><edit-id>edit1<\/edit-id><operation>create<\/operation><target>\/ietf-interfaces:interfaces\/interface=e1\/description<\/target><value><description xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces">one &amp; more<\/description><\/value><\/edit><\/yang-patch><\/datastore-changes><\/push-change-update><\/notification>$/,
    );
    await set('e1', '<description>two</description>');
    await set('n1', TYPE);
    await remove('n1');
    await set('e1', `<description nc:operation="delete"/>`);
    const texts = await next(subscriber, 4);
    assert.deepEqual(texts.flatMap(edits), [
      'replace …=e1/description',
      'create …=n1',
      'delete …=n1',
      'delete …=e1/description',
    ]);
    assert.deepEqual(
      texts.map((each) => textOf(each, 'patch-id')),
      ['1', '2', '3', '4'],
    );
    assert.match(
      texts[1] ?? '',
      /<value><interface xmlns="[^"]+"><name>n1<\/name><type [^>]*>[^<]*ethernetCsmacd<\/type><\/interface><\/value>/,
    );
    await subscriber.close();
  });

  it('send nothing first where they are not to', async () => {
    const subscriber = await subscribed(running(interfaces, noSync));
    await set('e2', '<description>x</description>');
    assert.deepEqual(edits((await next(subscriber))[0] ?? ''), ['create …=e2/description']);
    await set('e2', '<description nc:operation="delete"/>');
    await subscriber.close();
  });

  for (const [what, filter] of [
    [
      'a subtree filter',
      subtree(`<interfaces ${IF}><interface><name>e1</name><description/></interface></interfaces>`),
    ],
    ['a path with keys', xpath('/ietf-interfaces:interfaces/interface[name="e1"]/description')],
    ['an expression', xpath('//ietf-interfaces:interface[starts-with(name, "e1")]/description')],
  ] as const) {
    it(`send what ${what} selects`, async () => {
      const subscriber = await subscribed(running(filter, onChange()));
      await next(subscriber);
      await set('e2', '<description>unseen</description>');
      await set('e1', '<mtu xmlns="urn:sluice:yang:sluice-interfaces">1600</mtu>').catch(() => undefined);
      await set('e1', '<description>seen</description>');
      await set('e1', '<description nc:operation="delete"/>');
      const [created = '', deleted = ''] = await next(subscriber, 2);
      // An expression is evaluated: an entry of which it selects nothing is not there.
      const of = what === 'an expression' ? '…=e1' : '…=e1/description';
      assert.deepEqual(edits(created), [`create ${of}`]);
      assert.match(created, /<value>.*<description[^>]*>seen<\/description>.*<\/value>/);
      assert.deepEqual(edits(deleted), [`delete ${of}`]);
      await subscriber.close();
    });
  }

  it('tell of what enters and leaves the selection by its content', async () => {
    const enabled = subtree(`<interfaces ${IF}><interface><enabled>false</enabled></interface></interfaces>`);
    for (const filter of [enabled, xpath('/ietf-interfaces:interfaces/interface[enabled="false"]')]) {
      const subscriber = await subscribed(running(filter, noSync));
      await set('e1', '<enabled>false</enabled>');
      await set('e1', '<enabled>true</enabled>');
      const [entered = '', left = ''] = await next(subscriber, 2);
      assert.deepEqual(edits(entered), ['create …=e1']);
      assert.deepEqual(edits(left), ['delete …=e1']);
      await subscriber.close();
    }
  });

  it('keep to the dampening period, and send then what is true then', async () => {
    const subscriber = await subscribed(
      running(interfaces, onChange('<yp:dampening-period>200</yp:dampening-period>')),
    );
    await next(subscriber);
    const started = performance.now();
    await set('d1', TYPE);
    await set('d1', '<description>first</description>');
    await set('d1', '<description>last</description>');
    await set('d2', TYPE);
    await remove('d2');
    await set('e1', '<description>x</description>');
    await set('e1', '<description nc:operation="delete"/>');
    const [text = ''] = await next(subscriber);
    assert.ok(performance.now() - started > 1000, 'it came after the dampening period');
    // What came and went is told of as gone (section 3.3).
    assert.deepEqual(edits(text).sort(), ['create …=d1', 'delete …=d2', 'delete …=e1/description']);
    assert.match(text, /<description>last<\/description>/);
    await remove('d1');
    await subscriber.close();
  });

  it('leave out the types of changes that are excluded', async () => {
    const excluded =
      '<yp:sync-on-start>false</yp:sync-on-start><yp:excluded-change>replace</yp:excluded-change><yp:excluded-change>create</yp:excluded-change>';
    const subscriber = await subscribed(running(interfaces, onChange(excluded)));
    await set('x1', TYPE);
    await set('x1', '<description>a</description>');
    await set('x1', '<description>b</description>');
    await remove('x1');
    assert.deepEqual(edits((await next(subscriber))[0] ?? ''), ['delete …=x1']);
    await subscriber.close();
  });

  it('tell the place of entries that users order', async () => {
    const rules = (content: string) =>
      edit(
        `<nacm xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm" ${NC} xmlns:yang="urn:ietf:params:xml:ns:yang:1">${content}</nacm>`,
      );
    const list = (name: string, attributes = '') => `<rule-list ${attributes}><name>${name}</name></rule-list>`;
    await client.rpc(rules(list('b')));
    const subscriber = await subscribed(
      running(subtree('<nacm xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm"><rule-list/></nacm>'), noSync),
    );
    await client.rpc(rules(list('a', 'yang:insert="first"') + list('c')));
    await client.rpc(rules(list('b', `yang:insert="after" yang:key="[name='c']"`)));
    const [inserted = '', moved = ''] = await next(subscriber, 2);
    const targets = (text: string) =>
      [
        ...text.matchAll(
          /<operation>([^<]*)<\/operation><target>([^<]*)<\/target>(?:<point>([^<]*)<\/point>)?<where>([^<]*)</g,
        ),
      ].map(([, operation, target, point, where]) =>
        [operation, target, where, point]
          .filter((part) => part !== undefined)
          .join(' ')
          .replaceAll('/ietf-netconf-acm:nacm/rule-list', '…'),
      );
    assert.deepEqual(targets(inserted), ['insert …=a first', 'insert …=c after …=b']);
    assert.deepEqual(targets(moved), ['move …=b after …=c']);
    await client.rpc(
      rules(
        '<rule-list nc:operation="delete"><name>a</name></rule-list><rule-list nc:operation="delete"><name>b</name></rule-list><rule-list nc:operation="delete"><name>c</name></rule-list>',
      ),
    );
    await subscriber.close();
  });

  it('give one update for a large commit, and tell a hundred subscriptions', async () => {
    const sessions = await Promise.all(Array.from({ length: 50 }, () => subscribed(running(interfaces, noSync))));
    for (const session of sessions) await establish(session, running(interfaces, noSync));
    const names = Array.from({ length: 100 }, (_, i) => `big${String(i).padStart(3, '0')}`);
    await client.rpc(edit(ethernets(...names)));
    const created = names.map((name) => `create …=${name}`);
    for (const session of sessions) {
      for (const text of await next(session, 2)) assert.deepEqual(edits(text), created);
    }
    const delays: number[] = [];
    const sources = sessions.map((session) => session.notifications());
    for (let round = 0; round < 5; round++) {
      await set('e1', `<description>round ${round}</description>`);
      const replied = performance.now();
      for (const source of [...sources, ...sources]) {
        delays.push(((await source.next()).value?.receivedAt ?? Number.NaN) - replied);
      }
    }
    delays.sort((x, y) => x - y);
    const median = delays[delays.length / 2] ?? Number.NaN;
    console.log(
      `100 subscriptions, after the reply: median ${median.toFixed(2)} ms, last ${delays.at(-1)?.toFixed(2)} ms`,
    );
    assert.ok(median < 10);
    await set('e1', '<description nc:operation="delete"/>');
    await Promise.all(sessions.map((session) => session.close()));
  });
});

describe('resync-subscription', () => {
  it('sends all once more and counts anew', async () => {
    const subscriber = await router.connect();
    const id = await establish(subscriber, running(interfaces, onChange()));
    await set('r1', TYPE);
    await remove('r1');
    await next(subscriber, 3);
    await subscriber.rpc(resync(id));
    assert.match((await next(subscriber))[0] ?? '', /<push-update /);
    await set('r1', TYPE);
    assert.equal(textOf((await next(subscriber))[0] ?? '', 'patch-id'), '0');
    await remove('r1');
    await subscriber.close();
  });

  it('is refused where there is nothing to synchronize', async () => {
    const subscriber = await router.connect();
    const periodic = await establish(
      subscriber,
      running(interfaces, '<yp:periodic><yp:period>6000</yp:period></yp:periodic>'),
    );
    const silent = await establish(subscriber, running(interfaces, noSync));
    const unsupported = `operation-not-supported ${PUSH}:on-change-sync-unsupported`;
    assert.equal(await refusal(subscriber, resync(periodic)), unsupported);
    assert.equal(await refusal(subscriber, resync(silent)), unsupported);
    assert.equal(await refusal(subscriber, resync(99_999)), `invalid-value ${PUSH}:no-such-subscription-resync`);
    assert.equal(await refusal(client, resync(silent)), `invalid-value ${PUSH}:no-such-subscription-resync`);
    await subscriber.close();
  });

  function resync(id: number): string {
    return `<resync-subscription xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-push"><id>${id}</id></resync-subscription>`;
  }
});

describe('what cannot be had', () => {
  for (const [what, parameters, expected] of [
    [
      'changes of candidate',
      `<yp:datastore>ds:candidate</yp:datastore>${onChange()}`,
      `operation-not-supported ${PUSH}:on-change-unsupported`,
    ],
    [
      'a filter that selects nothing',
      running(subtree('<nothing xmlns="urn:x"/>'), onChange()),
      `operation-failed ${PUSH}:unchanging-selection`,
    ],
  ] as const) {
    it(`refuses ${what}`, async () => {
      assert.equal(await refusal(client, subscriptionRpc('establish-subscription', parameters)), expected);
    });
  }
});

describe('access control', () => {
  it('hides what may not be read, and a change of rules tells what comes and goes', async () => {
    const rule = (name: string, path: string, action: string) =>
      `<rule><name>${name}</name><path xmlns:if="urn:ietf:params:xml:ns:yang:ietf-interfaces">${path}</path><access-operations>read</access-operations><action>${action}</action></rule>`;
    const nacm = (rules: string, attributes = '') =>
      edit(
        `<nacm xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm" ${NC}><groups><group><name>g</name><user-name>eve</user-name></group></groups><rule-list ${attributes}><name>l</name><group>g</group>${rules}</rule-list></nacm>`,
      );
    const hideE1 = rule('e1', "/if:interfaces/if:interface[if:name='e1']", 'deny');
    const hideDescriptions = rule('d', '/if:interfaces/if:interface/if:description', 'deny');
    await client.rpc(edit(user('eve', 'secret')));
    await client.rpc(nacm(hideE1 + hideDescriptions));
    const eve = await connectSsh({ host: '127.0.0.1', port, username: 'eve', password: 'secret' });
    const only = subtree(
      `<interfaces ${IF}><interface><name>e1</name></interface><interface><name>e2</name></interface></interfaces>`,
    );
    await establish(eve, running(only, onChange()));
    const [all = ''] = await next(eve);
    assert.match(all, /<name>e2</);
    assert.doesNotMatch(all, /e1/);
    await set('e1', '<description>hidden</description>');
    await set('e2', '<description>hidden, too</description>');
    await set('e2', '<enabled>false</enabled>');
    const [seen = ''] = await next(eve);
    assert.deepEqual(edits(seen), ['create …=e2/enabled']);
    await client.rpc(nacm(hideDescriptions, 'nc:operation="replace"'));
    const [shown = ''] = await next(eve);
    assert.deepEqual(edits(shown), ['create …=e1']);
    assert.doesNotMatch(shown, /hidden/);
    await client.rpc(nacm(rule('all', '/if:interfaces', 'deny'), 'nc:operation="replace"'));
    assert.deepEqual(edits((await next(eve))[0] ?? ''), ['delete /ietf-interfaces:interfaces']);
    await eve.close();
  });
});
