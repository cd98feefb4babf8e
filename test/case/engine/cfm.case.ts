import assert from 'node:assert/strict';
import { plainDevice } from '../../../lab/host.ts';
import { ipBatch, until } from '../../../lab/run.ts';
import type { NetconfClient } from '../../../src/northbound/netconf/client.ts';
import type { Case } from '../../case.ts';
import { blockPoint, blockPoints, ceNotifications, editConfig, interfaces, port } from '../../configuration.ts';
import { Router } from '../../router.ts';
import { configure } from '../../topology.ts';

const namespace = 'urn:sluice:yang:sluice-cfm';
const base = 'urn:ietf:params:xml:ns:netconf:base:1.0';
const subscription = '<create-subscription xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0"/>';

const mep = (id: number, onPort: string): string =>
  `<mep><mep-id>${id}</mep-id><port>${onPort}</port><vlan-id>10</vlan-id><enabled>true</enabled><continuity-check><ccm-enabled>true</ccm-enabled></continuity-check></mep>`;
/** A domain with one association and what is in it. */
const cfm = (...content: readonly string[]): string =>
  `<cfm xmlns="${namespace}" xmlns:nc="${base}"><maintenance-domain><md-id>d</md-id><char-string>CE</char-string><md-level>3</md-level><maintenance-association><ma-id>a</ma-id><char-string>v10</char-string><ccm-interval>100ms</ccm-interval>${content.join('')}</maintenance-association></maintenance-domain></cfm>`;
const members = [1, 2].map((id) => `<maintenance-association-mep><mep-id>${id}</mep-id></maintenance-association-mep>`);
/** What addresses MEP 1, or asks for its state. */
const mep1 = (content: string): string =>
  `<cfm xmlns="${namespace}"><maintenance-domain><md-id>d</md-id><maintenance-association><ma-id>a</ma-id><mep><mep-id>1</mep-id>${content}</mep></maintenance-association></maintenance-domain></cfm>`;

const leafOf = (xml: string, name: string): string | undefined => new RegExp(`<${name}[^>]*>([^<]*)<`).exec(xml)?.[1];

async function act(client: NetconfClient, name: string, input: string): Promise<string> {
  const action = mep1(`<${name}>${input}</${name}>`);
  return await client.rpc(`<action xmlns="urn:ietf:params:xml:ns:yang:1">${action}</action>`);
}

async function stateOf(client: NetconfClient, what: string, is: (xml: string) => boolean): Promise<string> {
  return await until(what, 15_000, async () => {
    const xml = await client.rpc(`<get><filter>${mep1('')}</filter></get>`);
    return is(xml) ? xml : undefined;
  });
}

const faults: Case = {
  id: 'cfm',
  shows: 'MEPs are configured, tested on demand and looked at by NETCONF, and a lasting defect is notified',
  async run() {
    const router = await Router.start();
    try {
      // Both ends of one cable are ports of the router.
      const [a, b] = [router.device('a'), router.device('b')];
      await ipBatch([`link add ${a} type veth peer name ${b}`, `link set ${a} up`, `link set ${b} up`]);
      await plainDevice(undefined, a);
      await plainDevice(undefined, b);
      const client = await router.connect();
      const subscriber = await router.connect();
      await subscriber.rpc(subscription);
      await configure(router, [
        interfaces(port('a', a), port('b', b)),
        ceNotifications('<ce-notification><port>a</port><cfm><enabled>true</enabled></cfm></ce-notification>'),
        cfm(...members, mep(1, 'a'), mep(2, 'b')),
      ]);
      const isHeard = (xml: string): boolean => leafOf(xml, 'rmep-state') === 'rmep-ok';
      await stateOf(client, 'MEP 2 is heard', (xml) => isHeard(xml) && leafOf(xml, 'defects') === '');
      await client.rpc(editConfig('running', blockPoints(blockPoint('a', 10))));
      const blocked = await stateOf(client, 'the block', (xml) => leafOf(xml, 'port-status') === 'ps-blocked');
      assert.ok(isHeard(blocked));

      const loop = await act(
        client,
        'loopback',
        '<dest-mep-id>2</dest-mep-id><messages>10</messages><interval>20</interval><data-size>500</data-size>',
      );
      assert.equal(leafOf(loop, 'received'), '10');
      const trace = await act(client, 'linktrace', '<dest-mep-id>2</dest-mep-id><timeout>500</timeout>');
      assert.equal(leafOf(trace, 'relay'), 'rly-hit');
      const delay = await act(client, 'delay-measurement', '<dest-mep-id>2</dest-mep-id><messages>10</messages>');
      assert.equal(leafOf(delay, 'received'), '10');
      const loss = await act(client, 'loss-measurement', '<dest-mep-id>2</dest-mep-id><messages>10</messages>');
      assert.deepEqual(
        ['received', 'far-end-lost', 'near-end-lost'].map((leaf) => leafOf(loss, leaf)),
        ['10', '0', '0'],
      );
      await assert.rejects(act(client, 'loopback', '<dest-mep-id>9</dest-mep-id>'), /nothing has been heard of MEP 9/);

      await client.rpc(editConfig('running', blockPoints(blockPoint('a', 10, 'delete'))));
      await client.rpc(editConfig('running', cfm('<mep nc:operation="delete"><mep-id>2</mep-id></mep>')));
      await stateOf(client, 'MEP 2 is missed', (xml) => leafOf(xml, 'defects') === 'def-remote-ccm');
      let alarm = '';
      for await (const { xml } of subscriber.notifications()) {
        if (!xml.includes('<fault-alarm')) continue;
        alarm = xml;
        // The block before it made one of its own: MEP 2 saw the port blocked.
        if (leafOf(alarm, 'mep-priority-defect') === 'def-remote-ccm') break;
      }
      assert.equal(leafOf(alarm, 'mep-id'), '1');
      assert.equal(leafOf(alarm, 'vlan-id'), '10');
      await subscriber.close();
      await client.close();
      return [
        { what: 'loopback through a blocked VLAN, replies', value: Number(leafOf(loop, 'received')) },
        { what: 'two-way delay, average', value: Number(leafOf(delay, 'average-delay')) / 1000, unit: 'µs' },
      ];
    } finally {
      await router.stop();
    }
  },
};

export const cases: readonly Case[] = [faults];
