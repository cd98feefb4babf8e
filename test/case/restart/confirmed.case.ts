import assert from 'node:assert/strict';
import { until } from '../../../lab/run.ts';
import type { NetconfClient } from '../../../src/northbound/netconf/client.ts';
import type { Case } from '../../case.ts';
import { editConfig, interfaces, namespace, port } from '../../configuration.ts';
import { Router } from '../../router.ts';
import { configure } from '../../topology.ts';

/** RFC 6241 section 8.4.1, with a control plane that is lost while a confirmed commit is pending. */
const confirmedAcrossKills: Case = {
  id: 'confirmed-across-kills',
  shows:
    'kill -9 of sluiced reverts a confirmed commit before NETCONF answers, but a persistent one goes on with its time',
  async run() {
    const router = await Router.start();
    try {
      await configure(router, [interfaces(port('a'))]);
      let client = await router.connect();
      await client.rpc(editConfig('running', described('first')));

      await commit(client, 'lost', '<confirmed/>');
      client = await restarted(router);
      assert.equal(await description(client), 'first');

      await commit(client, 'kept', '<confirmed/><confirm-timeout>120</confirm-timeout><persist>token</persist>');
      const told = performance.now();
      client = await restarted(router);
      assert.equal(await description(client), 'kept');
      const remaining = Number(/<remaining>(\d+)</.exec(await client.rpc(state))?.[1]);
      const passed = (performance.now() - told) / 1000;
      assert.ok(Math.abs(120 - passed - remaining) < 2, `${remaining} s are left ${passed} s after the commit`);
      await client.rpc('<commit><persist-id>token</persist-id></commit>');
      assert.equal(await description(client), 'kept');

      await commit(client, 'expired', '<confirmed/><confirm-timeout>1</confirm-timeout><persist>token</persist>');
      client = await restarted(router);
      await until('the commit is reverted', 10_000, async () => (await description(client)) === 'kept' || undefined);
      assert.match(await client.rpc(state), /<last><outcome>timed-out</);
      await client.close();
      return [
        { what: 'seconds that were left of 120 after the kill', value: remaining },
        { what: 'seconds from the commit to that answer', value: passed },
      ];
    } finally {
      await router.stop();
    }
  },
};

const state = `<get><filter><confirmed-commit xmlns="urn:sluice:yang:sluice-confirmed-commit"/></filter></get>`;

const described = (text: string): string =>
  interfaces(`<interface><name>a</name><description>${text}</description></interface>`);

async function commit(client: NetconfClient, text: string, parameters: string): Promise<void> {
  await client.rpc(editConfig('candidate', described(text)));
  await client.rpc(`<commit>${parameters}</commit>`);
  assert.equal(await description(client), text);
}

async function description(client: NetconfClient): Promise<string | undefined> {
  const reply = await client.rpc(
    `<get-config><source><running/></source><filter><interfaces xmlns="${namespace.interfaces}"><interface><description/></interface></interfaces></filter></get-config>`,
  );
  return /<description>([^<]*)</.exec(reply)?.[1];
}

/** A session with the sluiced that was started after the one before was killed. */
async function restarted(router: Router): Promise<NetconfClient> {
  await router.kill('sluiced');
  return until('sluiced answers', 20_000, () => router.connect().catch(() => undefined));
}

export const cases: readonly Case[] = [confirmedAcrossKills];
