import assert from 'node:assert/strict';
import { ipBatch } from '../../../lab/run.ts';
import type { Case } from '../../case.ts';
import { blockPoint, blockPoints, editConfig, interfaces, namespace, port } from '../../configuration.ts';
import { onChangeSubscription, pushedEdit } from '../../push.ts';
import { Router } from '../../router.ts';
import { configure } from '../../topology.ts';
import { Wire } from '../../wire.ts';

const subscription = onChangeSubscription(
  `<interfaces xmlns="${namespace.interfaces}"><interface><oper-status/></interface></interfaces><block-points xmlns="${namespace.blockPoints}"/>`,
);

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
        assert.match(await pushedEdit(client, 'replace', status), />down</);
        await ipBatch(['link set dev a up'], wire.namespace);
        assert.match(await pushedEdit(client, 'replace', status), />up</);
        const other = await router.connect();
        await other.rpc(editConfig('running', blockPoints(blockPoint('b', 10))));
        const target = '/sluice-block-points:block-points/block-point=b,10';
        assert.match(await pushedEdit(client, 'create', target), /<block-point /);
        assert.match(await pushedEdit(client, 'create', `${target}/cause`), />configuration</);
        await other.rpc(editConfig('running', blockPoints(blockPoint('b', 10, 'delete'))));
        await pushedEdit(client, 'delete', target);
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
