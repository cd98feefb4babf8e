import assert from 'node:assert/strict';
import { ipBatch } from '../../../lab/run.ts';
import type { NetconfClient } from '../../../src/northbound/netconf/client.ts';
import type { Case } from '../../case.ts';
import { blockPoint, blockPoints, editConfig, interfaces, namespace, port } from '../../configuration.ts';
import { Router } from '../../router.ts';
import { configure } from '../../topology.ts';
import { Wire } from '../../wire.ts';

const subscription = `<establish-subscription xmlns="urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications"><datastore xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-push" xmlns:ds="urn:ietf:params:xml:ns:yang:ietf-datastores">ds:operational</datastore><datastore-subtree-filter xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-push"><interfaces xmlns="${namespace.interfaces}"><interface><oper-status/></interface></interfaces><block-points xmlns="${namespace.blockPoints}"/></datastore-subtree-filter><on-change xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-push"/></establish-subscription>`;

/** Reads notifications until the edits so far have this one, and gives it with its value. */
async function edit(client: NetconfClient, operation: string, target: string): Promise<string> {
  for await (const { xml } of client.notifications()) {
    for (const [, one = ''] of xml.matchAll(/<edit>(.*?)<\/edit>/g)) {
      if (one.includes(`<operation>${operation}</operation><target>${target}</target>`)) return one;
    }
  }
  throw new Error(`the session ended before ${operation} ${target}`);
}

export const cases: readonly Case[] = [
  {
    id: 'netconf-push',
    shows: 'a subscriber hears of links and block points from the engine by itself, and of no counter',
    run: async () => {
      const router = await Router.start();
      try {
        const wire = await Wire.connect(router, ['a', 'b']);
        await configure(router, [interfaces(port('a', router.device('a')), port('b', router.device('b')))]);
        const client = await router.connect();
        await client.rpc(subscription);
        const status = '/ietf-interfaces:interfaces/interface=a/oper-status';
        await ipBatch(['link set dev a down'], wire.namespace);
        assert.match(await edit(client, 'replace', status), />down</);
        await ipBatch(['link set dev a up'], wire.namespace);
        assert.match(await edit(client, 'replace', status), />up</);
        const other = await router.connect();
        await other.rpc(editConfig('running', blockPoints(blockPoint('b', 10))));
        const target = '/sluice-block-points:block-points/block-point=b,10';
        assert.match(await edit(client, 'create', target), /<block-point /);
        assert.match(await edit(client, 'create', `${target}/cause`), />configuration</);
        await other.rpc(editConfig('running', blockPoints(blockPoint('b', 10, 'delete'))));
        await edit(client, 'delete', target);
        await other.close();
        await client.close();
        await wire.close();
      } finally {
        await router.stop();
      }
      return [{ what: 'changes told: link down and up, block point, its cause, its end', value: 5 }];
    },
  },
];
