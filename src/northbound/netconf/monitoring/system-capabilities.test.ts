import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { KeySpace } from '../../../datastore/key/key.ts';
import { BlockPointModel } from '../../../features/block-points/model.ts';
import { BlockPointState } from '../../../features/block-points/state.ts';
import { InterfaceModel } from '../../../features/interfaces/model.ts';
import { InterfaceState } from '../../../features/interfaces/state.ts';
import type { DataSchemaNode } from '../../../yang/schema/node.ts';
import type { NetconfClient } from '../client.ts';
import { OnChangeSupport } from '../notification/push/on-change-support.ts';
import { establish, next, refusal, subscriptionRpc } from '../notification/testing.ts';
import { routerSchema, type TestServer, testServer } from '../testing/server.ts';
import { systemCapabilities } from './system-capabilities.ts';

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

const get = () =>
  client.rpc(
    '<get><filter><system-capabilities xmlns="urn:ietf:params:xml:ns:yang:ietf-system-capabilities"/></filter></get>',
  );

/** node-selector and on-change-supported of each entry of a datastore. */
function entriesOf(reply: string, datastore: string): [string, string][] {
  const part =
    new RegExp(`<datastore [^>]*>\\w+:${datastore}</datastore>(.*?)</datastore-capabilities>`).exec(reply)?.[1] ?? '';
  return [
    ...part.matchAll(/<node-selector[^>]*>([^<]*)<\/node-selector>.*?<on-change-supported(?:\/>|>([^<]*)<)/g),
  ].map(([, selector = '', support = '']) => [selector, support]);
}

describe('/system-capabilities (RFC 9196)', () => {
  it('says what holds for all datastores, and of which changes are told', async () => {
    const reply = await get();
    assert.match(
      reply,
      /<subscription-capabilities [^>]*><periodic-notifications-supported>config-changes state-changes<\/periodic-notifications-supported><minimum-update-period>10<\/minimum-update-period><on-change-supported>config-changes state-changes<\/on-change-supported><minimum-dampening-period>0<\/minimum-dampening-period><supported-excluded-change-type>all<\/supported-excluded-change-type>/,
    );
    assert.deepEqual(entriesOf(reply, 'running'), [['/', 'config-changes']]);
    assert.deepEqual(entriesOf(reply, 'candidate'), [['/', '']]);
    assert.deepEqual(entriesOf(reply, 'operational').at(-1), ['/', 'config-changes state-changes']);
  });

  it('is what the router does', async () => {
    const subscriber = await router.connect();
    const xpath = (path: string, trigger: string) =>
      `<yp:datastore>ds:operational</yp:datastore><yp:datastore-xpath-filter>${path}</yp:datastore-xpath-filter>${trigger}`;
    const state = '/ietf-netconf-monitoring:netconf-state';
    await establish(subscriber, xpath(`${state}/sessions/session/username`, '<yp:on-change/>'));
    await next(subscriber);
    assert.equal(
      await refusal(
        subscriber,
        subscriptionRpc('establish-subscription', xpath(`${state}/statistics/in-rpcs`, '<yp:on-change/>')),
      ),
      'operation-not-supported ietf-yang-push:on-change-unsupported',
    );
    const selectors = entriesOf(await get(), 'operational').map(([selector]) => selector);
    assert.ok(
      selectors.some((selector) => selector.endsWith(':statistics/ncm:in-rpcs')),
      selectors.join('\n'),
    );
    await subscriber.close();
  });
});

describe('systemCapabilities', () => {
  it('names every node of operational as OnChangeSupport sees it', () => {
    const schema = routerSchema();
    const keys = new KeySpace(schema);
    const engine = { query: async () => undefined };
    const support = new OnChangeSupport(schema, [
      new InterfaceState(new InterfaceModel(keys), engine, { of: async () => [] }),
      new BlockPointState(new BlockPointModel(keys), engine),
    ]);
    const all = systemCapabilities(support)['datastore-capabilities'] as {
      datastore: string;
      'per-node-capabilities': Record<string, unknown>[];
    }[];
    const operational = all.find(({ datastore }) => datastore.endsWith(':operational'));
    const untold = new Set(
      operational?.['per-node-capabilities'].slice(0, -1).map((entry) => plain(String(entry['node-selector']))),
    );
    const at = (path: string): string => path.replace(/\/[\w-]+$/, '');
    let told = 0;
    for (const node of dataNodes(schema.dataChildren.values())) {
      let isNamed = false;
      for (let path = plain(node.path); path !== ''; path = at(path)) isNamed ||= untold.has(path);
      if (isNamed) assert.ok(!support.tells(node) || node.kind === 'container', node.path);
      else if (node.kind === 'leaf') {
        assert.ok(support.tells(node), node.path);
        told++;
      }
    }
    assert.ok(told > 100);
    for (const path of ['statistics/in-octets', 'statistics/out-errors', 'speed']) {
      assert.ok(untold.has(`/interfaces/interface/${path}`), path);
    }
    for (const path of ['oper-status', 'last-change', 'phys-address', 'statistics/discontinuity-time']) {
      assert.ok(!untold.has(`/interfaces/interface/${path}`), path);
    }
  });
});

/** A path without modules. */
function plain(path: string): string {
  return path.replaceAll(/\/[\w-]+:/g, '/');
}

/** The nodes and all below them; what belongs to actions is not among them. */
function* dataNodes(nodes: Iterable<DataSchemaNode>): Iterable<DataSchemaNode> {
  for (const node of nodes) {
    yield node;
    if ('dataChildren' in node) yield* dataNodes(node.dataChildren.values());
  }
}
