import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Interest, RowWriter, StateProvider } from '../../../../commit/operational/state.ts';
import { StateSignal } from '../../../../commit/operational/state-signal.ts';
import type { KeySpace } from '../../../../datastore/key/key.ts';
import type { View } from '../../../../datastore/view/view.ts';
import type { LeafNode, ListNode } from '../../../../yang/schema/node.ts';
import type { NetconfClient } from '../../client.ts';
import { edit, ethernets, IF, routerSchema, type TestServer, testServer } from '../../testing/server.ts';
import { establish, next, refusal, subscriptionRpc, until } from '../testing.ts';

const INTERFACES = '/ietf-interfaces:interfaces';
const INTERFACE = `${INTERFACES}/interface`;

/** Links that a test switches, as a feature would tell of them. */
class Links implements StateProvider {
  readonly paths = [INTERFACES];
  readonly up = new Set<string>();
  readonly changes = new StateSignal();
  octets = 0;
  reads = 0;

  onChange(listener: Parameters<StateSignal['on']>[0]): () => void {
    return this.changes.on(listener);
  }

  async read(_interests: readonly Interest[], running: View, out: RowWriter): Promise<void> {
    this.reads++;
    const { keys } = this;
    const list = this.node<ListNode>(INTERFACE);
    const top = keys.child('', this.node(INTERFACES));
    for (const { key } of running.entries(top, list)) {
      const name = keys.last(key)?.keys[0] ?? '';
      out.put(key, list, {
        leaves: new Map([
          [this.node<LeafNode>(`${INTERFACE}/oper-status`), this.up.has(name) ? 'up' : 'down'],
          [this.node<LeafNode>(`${INTERFACE}/statistics/in-octets`), String(this.octets++)],
        ]),
      });
    }
  }

  set(name: string, isUp: boolean): void {
    if (isUp) this.up.add(name);
    else this.up.delete(name);
    this.changes.tell([{ node: this.node<ListNode>(INTERFACE), keys: new Map([[INTERFACE, [name]]]) }]);
  }

  get keys(): KeySpace {
    return keysOf(router);
  }

  node<T = ListNode>(path: string): T {
    return routerSchema().find(path) as T;
  }
}

function keysOf({ datastores }: TestServer): KeySpace {
  using reading = datastores.read('running');
  return reading.view.keys;
}

let router: TestServer;
let client: NetconfClient;
const links = new Links();

before(async () => {
  router = await testServer({ providers: [links] });
  client = await router.connect();
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

const operational = (filter: string, trigger = '<yp:on-change/>') =>
  `<yp:datastore>ds:operational</yp:datastore>${filter}${trigger}`;
const subtree = (content: string) => `<yp:datastore-subtree-filter>${content}</yp:datastore-subtree-filter>`;
const interfaces = subtree(`<interfaces ${IF}/>`);

function edits(notification: string): string[] {
  return [...notification.matchAll(/<operation>([^<]*)<\/operation><target>([^<]*)<\/target>/g)].map(
    ([, operation, target]) => `${operation} ${target?.replace(`${INTERFACE}`, '…')}`,
  );
}

describe('on-change subscriptions of operational (RFC 8641)', () => {
  it('send state and configuration, without counters, then what events change', async () => {
    const subscriber = await router.connect();
    await establish(subscriber, operational(interfaces));
    const [all = ''] = await next(subscriber);
    assert.match(all, /<push-update .*<name>e1<\/name>.*<oper-status>down<\/oper-status>/);
    assert.doesNotMatch(all, /octets/);
    links.set('e1', true);
    const [up = ''] = await next(subscriber);
    assert.deepEqual(edits(up), ['replace …=e1/oper-status']);
    assert.match(up, /<oper-status [^>]*>up<\/oper-status>/);
    links.set('e2', false); // it was
    links.set('e1', false);
    assert.match((await next(subscriber))[0] ?? '', />down</);
    await subscriber.close();
  });

  it('tell of commits at once, and of the state that comes of them', async () => {
    const subscriber = await router.connect();
    await establish(subscriber, operational(interfaces));
    await next(subscriber);
    await client.rpc(edit(ethernets('o1')));
    const created = await until(subscriber, /oper-status/);
    assert.deepEqual(created.flatMap(edits), ['create …=o1', 'create …=o1/oper-status']);
    await client.rpc(
      edit(
        `<interfaces ${IF}><interface xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="delete"><name>o1</name></interface></interfaces>`,
      ),
    );
    assert.deepEqual((await next(subscriber)).flatMap(edits), ['delete …=o1']);
    await subscriber.close();
  });

  it('select by state, too', async () => {
    const subscriber = await router.connect();
    await establish(
      subscriber,
      operational(
        subtree(`<interfaces ${IF}><interface><oper-status>up</oper-status><name/></interface></interfaces>`),
        '<yp:on-change><yp:sync-on-start>false</yp:sync-on-start></yp:on-change>',
      ),
    );
    // Its first look at the state is over when this is answered.
    const other = await router.connect();
    await establish(other, operational(interfaces));
    await next(other);
    links.set('e2', true);
    links.set('e2', false);
    const texts = await next(subscriber, 2);
    assert.deepEqual(texts.flatMap(edits), ['create …=e2', 'delete …=e2']);
    await other.close();
    await subscriber.close();
  });

  it('tell of sessions, locks and subscriptions', async () => {
    const subscriber = await router.connect();
    await establish(
      subscriber,
      operational(
        subtree(
          '<netconf-state xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"><sessions/><datastores/></netconf-state><subscriptions xmlns="urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications"/>',
        ),
      ),
    );
    await next(subscriber);
    const other = await router.connect();
    const STATE = '/ietf-netconf-monitoring:netconf-state';
    const came = await until(subscriber, /sessions\/session=/);
    assert.deepEqual(
      came.flatMap(edits).filter((each) => each.includes('sessions')),
      [`create ${STATE}/sessions/session=${other.sessionId}`],
    );
    assert.doesNotMatch(came.join(''), /in-rpcs/);
    await other.rpc('<lock><target><startup/></target></lock>');
    const locked = await until(subscriber, /datastores/);
    assert.match(
      locked.at(-1) ?? '',
      new RegExp(`datastore=startup/locks.*<locked-by-session[^>]*>${other.sessionId}<`),
    );
    await other.close();
    const gone = await until(subscriber, /<operation>delete<\/operation><target>[^<]*sessions\/session/);
    assert.ok(gone.flatMap(edits).includes(`delete ${STATE}/sessions/session=${other.sessionId}`));
    await subscriber.close();
  });

  it('read no state while nobody follows it', async () => {
    const { reads } = links;
    await client.rpc(edit(ethernets('e1')));
    links.set('e1', true);
    await client.rpc('<get-config><source><startup/></source></get-config>');
    assert.equal(links.reads, reads);
  });

  it('end where their filter takes too long, whatever they ask for, and nothing else does', async () => {
    const slow = '//*[//*[//*[//*[//*[//*[. = 1]]]]]]';
    const subscriber = await router.connect();
    const filter = `<yp:datastore-xpath-filter>${slow}</yp:datastore-xpath-filter>`;
    await establish(
      subscriber,
      operational(filter, '<yp:on-change><yp:sync-on-start>false</yp:sync-on-start></yp:on-change>'),
    );
    assert.match((await next(subscriber))[0] ?? '', /<subscription-terminated .*filter-unavailable</);
    await establish(subscriber, operational(filter));
    assert.match((await next(subscriber))[0] ?? '', /<subscription-terminated .*filter-unavailable</);
    await establish(subscriber, operational(filter, '<yp:periodic><yp:period>1000</yp:period></yp:periodic>'));
    assert.match((await next(subscriber))[0] ?? '', /<subscription-terminated .*filter-unavailable</);
    await subscriber.close();
  });

  it('are refused where nothing changes but counters', async () => {
    const counters = subtree(
      `<interfaces ${IF}><interface><statistics><in-octets/></statistics></interface></interfaces>`,
    );
    assert.equal(
      await refusal(client, subscriptionRpc('establish-subscription', operational(counters))),
      'operation-not-supported ietf-yang-push:on-change-unsupported',
    );
  });
});
