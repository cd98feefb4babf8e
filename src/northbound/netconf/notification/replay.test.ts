import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { connectUnix, type NetconfClient } from '../client.ts';
import { edit, type TestServer, testServer } from '../testing/server.ts';
import { BLOCK_POINTS, createSubscription, next, publishBlockPoint, textOf, until } from './testing.ts';

let router: TestServer;
let client: NetconfClient;

before(async () => {
  router = await testServer();
  client = await router.connect();
});
after(async () => {
  await client.close();
  await router.close();
});

const filter = `<filter><block-point-change ${BLOCK_POINTS}/></filter>`;
const time = (date: Date | number) => new Date(date).toISOString();
const vlans = (texts: readonly string[]) =>
  texts.flatMap((text) => (text.includes('block-point-change') ? Number(textOf(text, 'vlan-id')) : []));

async function subscribed(parameters: string): Promise<NetconfClient> {
  const subscriber = await router.connect();
  await subscriber.rpc(createSubscription(parameters));
  return subscriber;
}

describe('replay (RFC 5277 section 2.2)', () => {
  it('sends the past, then replayComplete, then what happens: nothing twice, nothing left out', async () => {
    const start = Date.now();
    let vlan = 1;
    for (; vlan <= 300; vlan++) publishBlockPoint(router, vlan);
    const subscriber = await router.connect();
    const rpc = subscriber.rpc(createSubscription(`${filter}<startTime>${time(start)}</startTime>`));
    for (; vlan < 1200; vlan++) {
      publishBlockPoint(router, vlan);
      if (vlan % 10 === 0) await new Promise(setImmediate);
    }
    await rpc;
    publishBlockPoint(router, vlan);
    const texts = await until(subscriber, new RegExp(`<vlan-id>${vlan}<`));
    const mark = texts.findIndex((text) =>
      text.includes('<replayComplete xmlns="urn:ietf:params:xml:ns:netmod:notification"/>'),
    );
    assert.ok(mark >= 300, `replayComplete came after ${mark} events`);
    assert.deepEqual(
      vlans(texts),
      Array.from({ length: 1200 }, (_, i) => i + 1),
    );
    await subscriber.close();
  });

  it('ends at a stopTime of the past: what was recorded, both marks, then a session like any other', async () => {
    publishBlockPoint(router, 1);
    await delay(5);
    const start = Date.now();
    publishBlockPoint(router, 2);
    publishBlockPoint(router, 3);
    await delay(5);
    const stop = Date.now();
    await delay(5);
    publishBlockPoint(router, 4);
    const subscriber = await subscribed(
      `${filter}<startTime>${time(start)}</startTime><stopTime>${time(stop)}</stopTime>`,
    );
    const texts = await until(subscriber, /<notificationComplete /);
    assert.deepEqual(vlans(texts), [2, 3]);
    assert.match(texts[2] ?? '', /<replayComplete /);
    assert.equal(texts.length, 4);
    publishBlockPoint(router, 5);
    await subscriber.rpc(createSubscription(filter));
    publishBlockPoint(router, 6);
    assert.deepEqual(vlans(await next(subscriber)), [6]);
    await subscriber.close();
  });

  it('goes on live until a stopTime of the future', async () => {
    const start = Date.now();
    publishBlockPoint(router, 10);
    const subscriber = await subscribed(
      `${filter}<startTime>${time(start)}</startTime><stopTime>${time(Date.now() + 700)}</stopTime>`,
    );
    publishBlockPoint(router, 11);
    const texts = await until(subscriber, /<notificationComplete /);
    assert.ok(Date.now() - start >= 700);
    publishBlockPoint(router, 12);
    assert.deepEqual(vlans(texts), [10, 11]);
    assert.match(texts[1] ?? '', /<replayComplete /);
    await subscriber.close();
  });

  it('takes times of any offset and filters of either kind', async () => {
    const start = new Date();
    publishBlockPoint(router, 20);
    publishBlockPoint(router, 21);
    const offset = new Date(start.getTime() + 5.5 * 3_600_000).toISOString().replace('Z', '+05:30');
    const subscriber = await subscribed(
      `<filter type="xpath" select="/slbp:block-point-change[slbp:vlan-id = 21]" xmlns:slbp="urn:sluice:yang:sluice-block-points"/><startTime>${offset}</startTime>`,
    );
    assert.deepEqual(vlans(await until(subscriber, /<replayComplete /)), [21]);
    await subscriber.close();
  });

  it('gives the events of the stream asked for', async () => {
    const start = Date.now();
    await client.rpc(edit('<nacm xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm"/>'));
    publishBlockPoint(router, 30);
    for (const [stream, pattern] of [
      ['MANAGEMENT', /block-point/],
      ['ROUTER', /netconf-session/],
    ] as const) {
      const subscriber = await subscribed(`<stream>${stream}</stream><startTime>${time(start)}</startTime>`);
      const texts = await until(subscriber, /<replayComplete /);
      assert.ok(texts.length >= 2);
      for (const text of texts) assert.doesNotMatch(text, pattern);
      await subscriber.close();
    }
  });

  it('is told of in /netconf/streams', async () => {
    const reply = await client.rpc(
      '<get><filter><netconf xmlns="urn:ietf:params:xml:ns:netmod:notification"/></filter></get>',
    );
    assert.match(
      reply,
      /<stream><name>NETCONF<\/name><description>[^<]+<\/description><replaySupport>true<\/replaySupport><replayLogCreationTime>[^<]+<\/replayLogCreationTime><\/stream>/,
    );
  });

  it('outlives a restart, and goes on counting', async () => {
    const again = await testServer();
    const start = Date.now();
    publishBlockPoint(again, 40);
    publishBlockPoint(again, 41);
    await again.restart();
    publishBlockPoint(again, 42);
    const subscriber = await connectUnix(again.socket);
    await subscriber.rpc(createSubscription(`${filter}<startTime>${time(start)}</startTime>`));
    assert.deepEqual(vlans(await until(subscriber, /<replayComplete /)), [40, 41, 42]);
    await subscriber.close();
    await again.close();
  });
});

describe('a filter that takes too long', () => {
  it('ends the subscription, and keeps nobody waiting', async () => {
    const steps = '[//*[//*[//*[//*[//*[//*[. = 1]]]]]]]';
    const subscriber = await subscribed(`<filter type="xpath" select="//*${steps}"/>`);
    const method = Array.from({ length: 40 }, (_, i) => ({ name: `m${i}`, frames: i }));
    publishBlockPoint(router, 50, { method });
    const started = performance.now();
    await client.rpc('<get-config><source><startup/></source></get-config>');
    assert.ok(performance.now() - started < 2000);
    assert.match((await next(subscriber))[0] ?? '', /<notificationComplete /);
    await subscriber.close();
  });
});
