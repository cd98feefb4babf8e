import assert from 'node:assert/strict';
import { Flow } from '../../../lab/traffic/flow.ts';
import type { ReceivedNotification } from '../../../src/northbound/netconf/client.ts';
import { type Case, type Figure, medianAndWorst } from '../../case.ts';
import { milliseconds, realtimeAt, realtimeNs } from '../../clock.ts';
import { blockPoint, blockPoints, editConfig, namespace } from '../../configuration.ts';
import { Router } from '../../router.ts';
import { twoSites } from '../../topology.ts';

const packetsPerSecond = 1000;
const rounds = 5;

/** Must show (b) of the walking router. */
const isolation: Case = {
  id: 'block-point',
  shows: 'a block point stops one VLAN both ways and nothing else; the drop counts; a subscriber hears of it',
  async run() {
    const router = await Router.start();
    try {
      const { site1, site2 } = await twoSites(router);
      const ends = (vlan: number) => [
        { from: site1.host(vlan), to: site2.host(vlan), packetsPerSecond },
        { from: site2.host(vlan), to: site1.host(vlan), packetsPerSecond },
      ];
      const other = await Promise.all(ends(20).map((flow) => Flow.start(flow)));
      const client = await router.connect();
      const listener = await router.connect();
      await listener.rpc('<create-subscription xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0"/>');
      const notifications = listener.notifications()[Symbol.asyncIterator]();

      const toLastFrame: number[] = [];
      const toReply: number[] = [];
      const toNotification: number[] = [];
      let dropped = 0;
      for (let round = 0; round < rounds; round++) {
        const flows = await Promise.all(ends(10).map((flow) => Flow.start(flow)));
        await new Promise((resolve) => setTimeout(resolve, 500));

        const heard = nextChange(notifications);
        const editedAt = realtimeNs();
        await client.rpc(editConfig('running', blockPoints(blockPoint('site1', 10))));
        toReply.push(milliseconds(editedAt, realtimeNs()));
        const change = await heard;
        toNotification.push(milliseconds(editedAt, change.atNs));
        assert.match(change.text, /<port>site1<\/port>/);
        assert.match(change.text, /<vlan-id>10<\/vlan-id>/);
        assert.match(change.text, /<old-state>forwarding<\/old-state>[\s\S]*<new-state>blocked<\/new-state>/);

        await new Promise((resolve) => setTimeout(resolve, 500));
        const state = await client.rpc(`<get><filter><block-points xmlns="${namespace.blockPoints}"/></filter></get>`);
        assert.match(state, /<cause>configuration<\/cause>/);
        const count = (name: string): number => Number(new RegExp(`<${name}>(\\d+)</${name}>`).exec(state)?.[1]);
        assert.ok(count('in-dropped') > 100, `in-dropped ${count('in-dropped')}`);
        assert.ok(count('out-dropped') > 100, `out-dropped ${count('out-dropped')}`);
        dropped += count('in-dropped') + count('out-dropped');

        const results = await Promise.all(flows.map((flow) => flow.stop()));
        for (const { received, lost, lastNs } of results) {
          assert.ok(received > 100 && lost > 100, `VLAN 10: ${received} received, ${lost} lost`);
          toLastFrame.push(Math.max(0, milliseconds(editedAt, lastNs)));
        }
        const released = nextChange(notifications);
        await client.rpc(editConfig('running', blockPoints(blockPoint('site1', 10, 'delete'))));
        assert.match((await released).text, /<new-state>forwarding<\/new-state>/);
      }

      const interfaceState = await client.rpc(
        `<get><filter><interfaces xmlns="${namespace.interfaces}"><interface><name>site1</name><statistics/></interface></interfaces></filter></get>`,
      );
      assert.match(interfaceState, /<reason>block-point<\/reason>/);
      const untouched = await Promise.all(other.map((flow) => flow.stop()));
      for (const { lost, duplicates } of untouched) assert.deepEqual({ lost, duplicates }, { lost: 0, duplicates: 0 });
      await listener.close();
      await client.close();
      assert.ok(Math.max(...toLastFrame) < 500 && Math.max(...toNotification) < 500);
      return [
        ...medianAndWorst('edit sent → last frame of VLAN 10 that arrived', toLastFrame, 'ms'),
        ...medianAndWorst('edit sent → reply', toReply, 'ms'),
        ...medianAndWorst('edit sent → block-point-change at a subscriber', toNotification, 'ms'),
        { what: 'frames of VLAN 10 dropped at the block point', value: dropped },
        {
          what: 'frames of VLAN 20 on the same port: sent',
          value: untouched.reduce((sum, flow) => sum + flow.sent, 0),
        },
        {
          what: 'frames of VLAN 20 on the same port: lost',
          value: untouched.reduce((sum, flow) => sum + flow.lost, 0),
        },
      ] satisfies Figure[];
    } finally {
      await router.stop();
    }
  },
};

/** The next block-point-change and when it arrived. */
async function nextChange(notifications: AsyncIterator<ReceivedNotification>): Promise<{ text: string; atNs: bigint }> {
  for (;;) {
    const { value, done } = await notifications.next();
    if (done) throw new Error('the session ended before a block-point-change');
    if (value.xml.includes('<block-point-change')) return { text: value.xml, atNs: realtimeAt(value.receivedAt) };
  }
}

export const cases: readonly Case[] = [isolation];
