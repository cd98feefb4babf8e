import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { NetconfClient } from '../client.ts';
import { BASE, chunk, hello, Raw } from '../testing/raw.ts';
import { edit, ethernets, type TestServer, testServer } from '../testing/server.ts';
import { next, publishBlockPoint as publish, createSubscription as subscribe } from './testing.ts';

let router: TestServer;
let client: NetconfClient;

before(async () => {
  router = await testServer({ limits: { stallMs: 60_000 } });
  client = await router.connect();
});
after(async () => {
  await client.close();
  await router.close();
});

const publishBlockPoint = (vlan: number) => publish(router, vlan);

describe('create-subscription (RFC 5277)', () => {
  for (const [what, parameters, expected] of [
    ['an unknown stream', '<stream>SNMP</stream>', /<error-tag>invalid-value<.*<bad-element>stream</],
    [
      'a stopTime without startTime',
      '<stopTime>2030-01-01T00:00:00Z</stopTime>',
      /<error-tag>missing-element<.*<bad-element>startTime</,
    ],
    [
      'a stopTime before startTime',
      '<startTime>2020-01-02T00:00:00Z</startTime><stopTime>2020-01-01T00:00:00Z</stopTime>',
      /<error-tag>bad-element<.*<bad-element>stopTime</,
    ],
    [
      'a startTime in the future',
      '<startTime>2099-01-02T00:00:00Z</startTime>',
      /<error-tag>bad-element<.*<bad-element>startTime</,
    ],
    ['a filter that cannot be read', '<filter type="xpath" select="/["/>', /<error-tag>invalid-value</],
  ] as const) {
    it(`refuses ${what}`, async () => {
      assert.match(await client.send(subscribe(parameters)), expected);
    });
  }

  it('sends what is published, and other rpcs are answered meanwhile', async () => {
    const subscriber = await router.connect();
    await subscriber.rpc(subscribe());
    assert.match(await subscriber.send(subscribe()), /rpc-error/);
    publishBlockPoint(10);
    await subscriber.rpc('<get-config><source><startup/></source></get-config>');
    const [text = ''] = await next(subscriber);
    assert.match(
      text,
      /^<notification xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0"><eventTime>\d{4}-\d\d-\d\dT[\d:.]+Z<\/eventTime><block-point-change xmlns="urn:sluice:yang:sluice-block-points"><port>p<\/port><vlan-id>10</,
    );
    await subscriber.close();
  });

  it('sends what the filter lets through', async () => {
    const slbp = 'xmlns="urn:sluice:yang:sluice-block-points"';
    for (const filter of [
      `<filter><block-point-change ${slbp}><vlan-id>20</vlan-id></block-point-change></filter>`,
      '<filter type="xpath" select="/block-point-change[vlan-id=20]"/>',
    ]) {
      const subscriber = await router.connect();
      await subscriber.rpc(subscribe(filter));
      publishBlockPoint(10);
      publishBlockPoint(20);
      await client.rpc(edit(ethernets(`f${subscriber.sessionId}`)));
      publishBlockPoint(20);
      const texts = await next(subscriber, 2);
      for (const text of texts) assert.match(text, /<vlan-id>20</);
      await subscriber.close();
    }
  });
});

describe('netconf-config-change (RFC 6470)', () => {
  it('names who changed what, right after the reply', async () => {
    const subscriber = await router.connect();
    await subscriber.rpc(
      subscribe(
        '<filter><netconf-config-change xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-notifications"/></filter>',
      ),
    );
    await client.rpc(edit(ethernets('x1', 'x2')));
    const [text = ''] = await next(subscriber);
    assert.match(
      text,
      new RegExp(
        `<changed-by><username>root</username><session-id>${client.sessionId}</session-id></changed-by><datastore>running</datastore>`,
      ),
    );
    assert.match(
      text,
      /<edit><target xmlns:if="[^"]*">\/if:interfaces\/if:interface\[if:name='x1'\]<\/target><operation>create<\/operation><\/edit><edit>/,
    );
    const delays: number[] = [];
    const events = subscriber.notifications();
    for (let round = 0; round < 20; round++) {
      await client.rpc(edit(ethernets(`y${round}`)));
      const replied = performance.now();
      const event = await events.next();
      delays.push((event.value?.receivedAt ?? Number.NaN) - replied);
    }
    delays.sort((a, b) => a - b);
    console.log(
      `notification after the reply: median ${delays[10]?.toFixed(2)} ms, largest ${delays[19]?.toFixed(2)} ms`,
    );
    assert.ok((delays[10] ?? 99) < 10);
    await subscriber.close();
  });

  it('sums up large changes', async () => {
    const subscriber = await router.connect();
    await subscriber.rpc(subscribe());
    await client.rpc(edit(ethernets(...Array.from({ length: 500 }, (_, index) => `many${index}`))));
    const [text = ''] = await next(subscriber);
    assert.equal([...text.matchAll(/<edit>/g)].length, 1);
    assert.match(text, />\/if:interfaces<\/target><operation>merge</);
    await subscriber.close();
  });
});

describe('netconf-session-start and -end', () => {
  it('name the session and why it ended', async () => {
    const subscriber = await router.connect();
    await subscriber.rpc(subscribe());
    const closing = await router.connect();
    await closing.close();
    const killed = await router.connect();
    await client.rpc(`<kill-session><session-id>${killed.sessionId}</session-id></kill-session>`);
    const dropped = new Raw(router.socket).send(hello('1.1'));
    await dropped.until(/<\/hello>/);
    dropped.close();
    const texts = await next(subscriber, 6);
    assert.match(
      texts[0] ?? '',
      new RegExp(`<netconf-session-start [^>]*><username>root</username><session-id>${closing.sessionId}<`),
    );
    assert.match(texts[1] ?? '', /<termination-reason>closed</);
    assert.match(texts[3] ?? '', new RegExp(`<killed-by>${client.sessionId}</killed-by><termination-reason>killed<`));
    assert.match(texts[5] ?? '', /<termination-reason>dropped</);
    await subscriber.close();
  });
});

describe('a client that does not read', () => {
  it('delays nobody, and gets from the log what its queue cannot hold, in order', async () => {
    const slow = new Raw(router.socket).send(hello('1.1'));
    await slow.until(/<\/hello>/);
    slow.send(chunk(`<rpc xmlns="${BASE}" message-id="1">${subscribe()}</rpc>`));
    await slow.until(/<ok\/>/);
    slow.socket.pause();
    const quick = await router.connect();
    await quick.rpc(
      subscribe(
        '<filter><block-point-change xmlns="urn:sluice:yang:sluice-block-points"><vlan-id>4000</vlan-id></block-point-change></filter>',
      ),
    );
    for (let event = 0; event < 5000; event++) publishBlockPoint(1 + (event % 1000));
    const started = performance.now();
    publishBlockPoint(4000);
    await next(quick);
    assert.ok(performance.now() - started < 1000);
    slow.socket.resume();
    await slow.until(/<vlan-id>4000<\/vlan-id>/);
    const vlans = [...slow.received.matchAll(/<vlan-id>(\d+)</g)].map(([, vlan]) => Number(vlan));
    assert.deepEqual(vlans, [...Array.from({ length: 5000 }, (_, event) => 1 + (event % 1000)), 4000]);
    publishBlockPoint(31);
    await slow.until(/<vlan-id>31<\/vlan-id>(?!.*<vlan-id>4000<)/s);
    slow.close();
    await quick.close();
  });
});
