import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { NetconfClient } from '../../client.ts';
import { BASE, chunk, hello, Raw } from '../../testing/raw.ts';
import { edit, ethernets, IF, type TestServer, testServer } from '../../testing/server.ts';
import { establish, next, refusal, subscriptionRpc, textOf } from '../testing.ts';

let router: TestServer;
let client: NetconfClient;

before(async () => {
  router = await testServer({ limits: { stallMs: 60_000 } });
  client = await router.connect();
  await client.rpc(edit(ethernets('e1', 'e2')));
});
after(async () => {
  await client.close();
  await router.close();
});

const PUSH = 'ietf-yang-push';
const of = (datastore: string, filter: string, trigger: string) =>
  `<yp:datastore>ds:${datastore}</yp:datastore>${filter}${trigger}`;
const every = (centiseconds: number, more = '') =>
  `<yp:periodic><yp:period>${centiseconds}</yp:period>${more}</yp:periodic>`;
const e1 = `<yp:datastore-subtree-filter><interfaces ${IF}><interface><name>e1</name></interface></interfaces></yp:datastore-subtree-filter>`;

describe('periodic subscriptions (RFC 8641)', () => {
  it('send what get-data gives, at once and each period', async () => {
    const subscriber = await router.connect();
    const id = await establish(subscriber, of('running', e1, every(20)));
    const started = performance.now();
    const [first = '', second = '', third = ''] = await next(subscriber, 3);
    assert.ok(performance.now() - started >= 300, 'three updates span two periods');
    assert.match(
      first,
      new RegExp(
        `^<notification xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0"><eventTime>[^<]+</eventTime><push-update xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-push"><id>${id}</id><datastore-contents><interfaces xmlns="[^"]+"><interface><name>e1</name><type [^>]*>[^<]+</type></interface></interfaces></datastore-contents></push-update></notification>$`,
      ),
    );
    for (const later of [second, third])
      assert.equal(later.replace(/<eventTime>.*<\/eventTime>/, ''), first.replace(/<eventTime>.*<\/eventTime>/, ''));
    await subscriber.close();
  });

  it('read every datastore, by filters of any kind', async () => {
    const subscriber = await router.connect();
    const xpath =
      '<yp:datastore-xpath-filter>/ietf-interfaces:interfaces/interface[name="e2"]/name</yp:datastore-xpath-filter>';
    const state =
      '<yp:datastore-xpath-filter>/ietf-netconf-monitoring:netconf-state/sessions/session/username</yp:datastore-xpath-filter>';
    const ids = {
      running: await establish(subscriber, of('running', xpath, every(6000))),
      intended: await establish(subscriber, of('intended', xpath, every(6000))),
      candidate: await establish(subscriber, of('candidate', xpath, every(6000))),
      startup: await establish(subscriber, of('startup', xpath, every(6000))),
      operational: await establish(subscriber, of('operational', state, every(6000))),
    };
    const texts = new Map((await next(subscriber, 5)).map((text) => [Number(textOf(text, 'id')), text]));
    const entry = /<datastore-contents><interfaces [^>]*><interface><name>e2<\/name><\/interface><\/interfaces></;
    for (const name of ['running', 'intended', 'candidate'] as const) assert.match(texts.get(ids[name]) ?? '', entry);
    assert.match(texts.get(ids.startup) ?? '', /<datastore-contents><\/datastore-contents>/);
    assert.match(texts.get(ids.operational) ?? '', /<username>root<\/username>/);
    await subscriber.close();
  });

  it('keep to the anchor', async () => {
    const subscriber = await router.connect();
    const anchor = '2020-01-01T00:00:00Z';
    await establish(subscriber, of('running', e1, every(100, `<yp:anchor-time>${anchor}</yp:anchor-time>`)));
    for (const text of await next(subscriber, 2)) {
      const at = Date.parse(textOf(text, 'eventTime') ?? '');
      const away = (at - Date.parse(anchor)) % 1000;
      assert.ok(away < 900, `${away} ms behind a multiple of a second`);
    }
    await subscriber.close();
  });

  it('change by modify-subscription', async () => {
    const subscriber = await router.connect();
    const id = await establish(subscriber, of('running', e1, every(6000)));
    await next(subscriber);
    await subscriber.rpc(
      subscriptionRpc('modify-subscription', `<id>${id}</id>${of('running', e1.replace('e1', 'e2'), every(3000))}`),
    );
    const [notice = '', update = ''] = await next(subscriber, 2);
    assert.match(
      notice,
      new RegExp(
        `<subscription-modified [^>]*><id>${id}</id><datastore [^>]*>ds:running</datastore><datastore-subtree-filter [^>]*>.*<name>e2</name>.*<periodic [^>]*><period>3000</period></periodic>`,
      ),
    );
    assert.match(update, /<name>e2</);
    assert.match(
      await client.rpc(
        '<get><filter><subscriptions xmlns="urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications"/></filter></get>',
      ),
      new RegExp(`<id>${id}</id>.*<sent-event-records>2<.*<period>3000</period>`),
    );
    await subscriber.close();
  });

  for (const [what, parameters, expected] of [
    ['a short period', of('running', e1, every(1)), `invalid-value ${PUSH}:period-unsupported`],
    [
      'a filter that is not configured',
      of('running', '<yp:selection-filter-ref>nothing</yp:selection-filter-ref>', every(100)),
      'data-missing instance-required',
    ],
    ['neither kind', of('running', e1, ''), 'data-missing missing-choice'],
    [
      'a filter that cannot be read',
      of('running', '<yp:datastore-xpath-filter>/[</yp:datastore-xpath-filter>', every(100)),
      'invalid-value ietf-subscribed-notifications:filter-unsupported',
    ],
    ['a datastore that is none', of('dynamic', e1, every(100)), `invalid-value ${PUSH}:datastore-not-subscribable`],
  ] as const) {
    it(`are refused for ${what}`, async () => {
      assert.equal(await refusal(client, subscriptionRpc('establish-subscription', parameters)), expected);
    });
  }

  it('hint at a period that can be had', async () => {
    assert.match(
      await client.send(subscriptionRpc('establish-subscription', of('running', e1, every(1)))),
      /<error-info><establish-subscription-datastore-error-info xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-push"><period-hint>10<\/period-hint><\/establish-subscription-datastore-error-info><\/error-info>/,
    );
  });

  it('are suspended while their receiver does not read, resumed when it does, and delay nobody', async () => {
    await client.rpc(edit(ethernets(...Array.from({ length: 4000 }, (_, i) => `many${i}`))));
    const slow = new Raw(router.socket).send(hello('1.1'));
    await slow.until(/<\/hello>/);
    const request = subscriptionRpc('establish-subscription', of('running', '', every(10)));
    slow.send(chunk(`<rpc xmlns="${BASE}" message-id="1">${request}</rpc>`));
    await slow.until(/<id /);
    slow.socket.pause();
    const state = () =>
      client.rpc(
        '<get><filter><subscriptions xmlns="urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications"/></filter></get>',
      );
    for (let tries = 0; !(await state()).includes('<state>suspended<'); tries++) {
      assert.ok(tries < 1000);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const quick = await router.connect();
    await establish(quick, of('running', e1, every(20)));
    await next(quick, 3);
    await quick.close();
    slow.socket.resume();
    await slow.until(/<subscription-resumed/);
    assert.match(
      slow.received,
      /<\/push-update>.*<subscription-suspended [^>]*><id>\d+<\/id><reason[^>]*>[^<]*unsupportable-volume<.*<subscription-resumed/s,
    );
    slow.close();
  });
});
