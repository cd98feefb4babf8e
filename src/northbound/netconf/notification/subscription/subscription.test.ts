import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { NetconfClient } from '../../client.ts';
import { edit, type TestServer, testServer } from '../../testing/server.ts';
import {
  BLOCK_POINTS,
  createSubscription,
  establish,
  next,
  publishBlockPoint,
  refusal,
  subscriptionRpc,
  textOf,
  until,
} from '../testing.ts';
import { MAX_PER_SESSION } from './subscriptions.ts';

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

const SN = 'ietf-subscribed-notifications';
const STREAM = '<stream>NETCONF</stream>';
const ofVlan = (vlan: number) =>
  `<stream-subtree-filter><block-point-change ${BLOCK_POINTS}><vlan-id>${vlan}</vlan-id></block-point-change></stream-subtree-filter>`;
const state = () =>
  client.rpc(
    '<get><filter><subscriptions xmlns="urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications"/></filter></get>',
  );
const filters = (content: string) =>
  edit(`<filters xmlns="urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications">${content}</filters>`);

describe('establish-subscription', () => {
  it('sends what its filters let through, several a session, besides rpcs', async () => {
    const subscriber = await router.connect();
    const first = await establish(subscriber, STREAM + ofVlan(10));
    const second = await establish(
      subscriber,
      `${STREAM}<stream-xpath-filter>/sluice-block-points:block-point-change[vlan-id = 11]</stream-xpath-filter>`,
    );
    assert.notEqual(first, second);
    for (const vlan of [9, 10, 11, 12]) publishBlockPoint(router, vlan);
    await subscriber.rpc('<get-config><source><startup/></source></get-config>');
    const texts = await next(subscriber, 2);
    assert.deepEqual(texts.map((text) => textOf(text, 'vlan-id')).sort(), ['10', '11']);
    const seen = await state();
    assert.match(
      seen,
      new RegExp(
        `<subscription><id>${first}</id><stream-subtree-filter><block-point-change [^>]*><vlan-id>10</vlan-id></block-point-change></stream-subtree-filter><stream>NETCONF</stream><encoding[^>]*>[^<]*encode-xml</encoding><receivers><receiver><name>session-${subscriber.sessionId}</name><sent-event-records>1</sent-event-records><excluded-event-records>\\d+</excluded-event-records><state>active</state></receiver></receivers></subscription>`,
      ),
    );
    await subscriber.close();
    assert.doesNotMatch(await state(), new RegExp(`<id>${first}</id>`));
  });

  it('replays, tells since when it can, and says when it is done', async () => {
    const start = new Date().toISOString();
    publishBlockPoint(router, 20);
    const subscriber = await router.connect();
    const id = await establish(subscriber, `${STREAM}<replay-start-time>${start}</replay-start-time>${ofVlan(20)}`);
    publishBlockPoint(router, 20);
    const texts = await next(subscriber, 3);
    assert.match(texts[1] ?? '', new RegExp(`<replay-completed [^>]*><id>${id}</id></replay-completed>`));
    for (const text of [texts[0], texts[2]]) assert.equal(textOf(text ?? '', 'vlan-id'), '20');
    const early = await subscriber.rpc(
      subscriptionRpc(
        'establish-subscription',
        `${STREAM}<replay-start-time>2001-01-01T00:00:00Z</replay-start-time>${ofVlan(1)}`,
      ),
    );
    assert.match(early, /<replay-start-time-revision [^>]*>20\d\d-/);
    await subscriber.close();
  });

  it('ends at its stop time, without a word', async () => {
    const subscriber = await router.connect();
    const stop = new Date(Date.now() + 600).toISOString();
    const id = await establish(subscriber, `${STREAM}<stop-time>${stop}</stop-time>${ofVlan(30)}`);
    publishBlockPoint(router, 30);
    assert.equal((await next(subscriber)).length, 1);
    for (let tries = 0; tries < 600 && (await state()).includes(`<id>${id}</id>`); tries++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    publishBlockPoint(router, 30);
    const other = await establish(subscriber, STREAM + ofVlan(31));
    publishBlockPoint(router, 31);
    assert.equal(textOf((await next(subscriber))[0] ?? '', 'vlan-id'), '31');
    assert.notEqual(id, other);
    await subscriber.close();
  });

  for (const [what, parameters, expected] of [
    ['an unknown stream', '<stream>x</stream>', 'invalid-value'],
    ['no target', '', 'data-missing missing-choice'],
    [
      'an XPath filter that is none',
      `${STREAM}<stream-xpath-filter>/[</stream-xpath-filter>`,
      `invalid-value ${SN}:filter-unsupported`,
    ],
    [
      'a filter that is not configured',
      `${STREAM}<stream-filter-name>nowhere</stream-filter-name>`,
      'data-missing instance-required',
    ],
    ['a stop time that has passed', `${STREAM}<stop-time>2001-01-01T00:00:00Z</stop-time>`, 'invalid-value'],
    ['a replay of the future', `${STREAM}<replay-start-time>2101-01-01T00:00:00Z</replay-start-time>`, 'invalid-value'],
    [
      'a stop time before the replay',
      `${STREAM}<replay-start-time>2021-01-01T00:00:00Z</replay-start-time><stop-time>2020-01-01T00:00:00Z</stop-time>`,
      'invalid-value',
    ],
    ['a period', `${STREAM}<yp:periodic><yp:period>100</yp:period></yp:periodic>`, 'bad-element'],
  ] as const) {
    it(`refuses ${what}`, async () => {
      assert.equal(await refusal(client, subscriptionRpc('establish-subscription', parameters)), expected);
    });
  }

  it('tells in error-info what is wrong with a filter', async () => {
    const reply = await client.send(
      subscriptionRpc('establish-subscription', `${STREAM}<stream-xpath-filter>a[</stream-xpath-filter>`),
    );
    assert.match(
      reply,
      /<error-type>application<.*<error-info><establish-subscription-stream-error-info xmlns="urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications"><filter-failure-hint>[^<]+<\/filter-failure-hint><\/establish-subscription-stream-error-info><\/error-info>/,
    );
  });

  it('does not go together with create-subscription (RFC 8640 section 4)', async () => {
    const one = await router.connect();
    await establish(one, STREAM + ofVlan(1));
    assert.equal(await refusal(one, createSubscription()), 'operation-not-supported');
    await one.close();
    const other = await router.connect();
    await other.rpc(createSubscription());
    assert.equal(await refusal(other, subscriptionRpc('establish-subscription', STREAM)), 'operation-not-supported');
    await other.close();
  });

  it('has a bound', async () => {
    const subscriber = await router.connect();
    for (let i = 0; i < MAX_PER_SESSION; i++) await establish(subscriber, STREAM + ofVlan(1));
    assert.equal(
      await refusal(subscriber, subscriptionRpc('establish-subscription', STREAM)),
      `resource-denied ${SN}:insufficient-resources`,
    );
    await subscriber.close();
  });
});

describe('modify-subscription', () => {
  it('changes filter and stop time, and tells of the new terms first', async () => {
    const subscriber = await router.connect();
    const id = await establish(subscriber, STREAM + ofVlan(40));
    const stop = '2101-01-01T00:00:00Z';
    await subscriber.rpc(
      subscriptionRpc('modify-subscription', `<id>${id}</id>${ofVlan(41)}<stop-time>${stop}</stop-time>`),
    );
    publishBlockPoint(router, 40);
    publishBlockPoint(router, 41);
    const [notice = '', event = ''] = await next(subscriber, 2);
    assert.match(
      notice,
      new RegExp(
        `<subscription-modified [^>]*><id>${id}</id><stream-subtree-filter>.*<vlan-id>41<.*<stream>NETCONF</stream><stop-time>2101-01-01T00:00:00.000\\+00:00</stop-time>`,
      ),
    );
    assert.equal(textOf(event, 'vlan-id'), '41');
    await subscriber.close();
  });

  it('is refused for what is not the session’s own, and changes nothing then', async () => {
    const subscriber = await router.connect();
    const id = await establish(subscriber, STREAM + ofVlan(42));
    const wrong = `invalid-value ${SN}:no-such-subscription`;
    assert.equal(await refusal(client, subscriptionRpc('modify-subscription', `<id>${id}</id>${ofVlan(1)}`)), wrong);
    assert.equal(await refusal(client, subscriptionRpc('delete-subscription', `<id>${id}</id>`)), wrong);
    assert.equal(await refusal(client, subscriptionRpc('delete-subscription', '<id>4294967295</id>')), wrong);
    assert.equal(
      await refusal(
        subscriber,
        subscriptionRpc('modify-subscription', `<id>${id}</id><stream-xpath-filter>((</stream-xpath-filter>`),
      ),
      `invalid-value ${SN}:filter-unsupported`,
    );
    publishBlockPoint(router, 42);
    assert.equal(textOf((await next(subscriber))[0] ?? '', 'vlan-id'), '42');
    await subscriber.close();
  });
});

describe('delete-subscription and kill-subscription', () => {
  it('end it: the first silently, the second with a word to its receiver', async () => {
    const subscriber = await router.connect();
    const deleted = await establish(subscriber, STREAM + ofVlan(50));
    const killed = await establish(subscriber, STREAM + ofVlan(50));
    await subscriber.rpc(subscriptionRpc('delete-subscription', `<id>${deleted}</id>`));
    publishBlockPoint(router, 50);
    await client.rpc(subscriptionRpc('kill-subscription', `<id>${killed}</id>`));
    publishBlockPoint(router, 50);
    const texts = await until(subscriber, /subscription-terminated/);
    assert.equal(texts.length, 2);
    assert.match(
      texts[1] ?? '',
      new RegExp(
        `<subscription-terminated [^>]*><id>${killed}</id><reason[^>]*>[^<]*no-such-subscription</reason></subscription-terminated>`,
      ),
    );
    assert.equal(
      await refusal(client, subscriptionRpc('kill-subscription', `<id>${killed}</id>`)),
      `invalid-value ${SN}:no-such-subscription`,
    );
    await subscriber.close();
  });
});

describe('/filters', () => {
  it('are referred to by name; their changes reach the subscription, their end ends it', async () => {
    const named = (vlan: number) => `<stream-filter><name>f</name>${ofVlan(vlan)}</stream-filter>`;
    await client.rpc(filters(named(60)));
    const subscriber = await router.connect();
    const id = await establish(subscriber, `${STREAM}<stream-filter-name>f</stream-filter-name>`);
    publishBlockPoint(router, 60);
    await client.rpc(
      filters(
        `<stream-filter xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="replace"><name>f</name>${ofVlan(61)}</stream-filter>`,
      ),
    );
    publishBlockPoint(router, 60);
    publishBlockPoint(router, 61);
    await client.rpc(
      filters(
        '<stream-filter xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="delete"><name>f</name></stream-filter>',
      ),
    );
    const texts = await until(subscriber, /subscription-terminated/);
    assert.equal(texts.length, 4);
    assert.equal(textOf(texts[0] ?? '', 'vlan-id'), '60');
    assert.match(
      texts[1] ?? '',
      new RegExp(`<subscription-modified [^>]*><id>${id}</id><stream-filter-name>f</stream-filter-name>`),
    );
    assert.equal(textOf(texts[2] ?? '', 'vlan-id'), '61');
    assert.match(texts[3] ?? '', /filter-unavailable</);
    await subscriber.close();
  });
});

describe('/streams', () => {
  it('tells of replay', async () => {
    const reply = await client.rpc(
      '<get><filter><streams xmlns="urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications"/></filter></get>',
    );
    assert.match(
      reply,
      /<stream><name>NETCONF<\/name><description>[^<]+<\/description><replay-support\/><replay-log-creation-time>[^<]+</,
    );
  });
});
