import assert from 'node:assert/strict';
import { until } from '../../../lab/run.ts';
import type { Case } from '../../case.ts';
import { DualPe, type Pe } from '../../dual-pe.ts';
import { onChangeSubscription, pushedEdit } from '../../push.ts';
import { namespaceOf, segmentAction, segmentState } from '../../segment.ts';

const vlans = [10, 11, 12, 13];

/** kill -9 of a PE's control plane; resolves with the time until its segment takes part again. */
async function killed(pe: Pe): Promise<number> {
  const before = pe.router.record().sluiced?.pid;
  const at = performance.now();
  await pe.router.kill('sluiced');
  return until('the segment to take part again', 60_000, async () => {
    if (pe.router.record().sluiced?.pid === before) return undefined;
    const state = await segmentState(pe.router).catch(() => '');
    return state.includes('<phase>df-done</phase>') ? performance.now() - at : undefined;
  });
}

const commands: Case = {
  id: 'segment-commands',
  shows:
    'what was commanded of an ethernet segment holds over kill -9 of the control plane and over the end of the router',
  async run() {
    const net = await DualPe.build({ vlans, bfd: { ms: 100, multiplier: 3 } });
    const [a, b] = net.pes;
    try {
      await net.settled([10, 12], a);
      await net.settled([11, 13], b);
      const subscriber = await a.router.connect();
      await subscriber.rpc(onChangeSubscription(`<ethernet-segments xmlns="${namespaceOf}"/>`));
      assert.match(
        await segmentAction(a.router, `<move-vlans><vlan>10</vlan><to>${b.address}</to></move-vlans>`),
        /<ok/,
      );
      assert.match(await segmentAction(a.router, '<block><vlan>12</vlan></block>'), /<ok/);
      await net.settled(vlans, b);
      const at = '/sluice-ethernet-segments:ethernet-segments/ethernet-segment=ce1/state';
      await pushedEdit(subscriber, 'replace', `${at}/vlan=12/role`, />blocked</);
      await subscriber.close();
      const back = await killed(a);
      await net.settled(vlans, b);
      const state = await segmentState(a.router);
      assert.match(state, /<blocked-vlan>12<\/blocked-vlan>/);
      assert.ok(state.includes(`<pin><provider-edge>${b.address}</provider-edge><vlan>10</vlan></pin>`), state);
      assert.match(await segmentAction(a.router, '<release><vlan>12</vlan></release>'), /<ok/);
      assert.match(await segmentAction(a.router, '<move-vlans><vlan>10-12</vlan></move-vlans>'), /<ok/);
      await net.settled([10, 12], a);
      await killed(a);
      assert.doesNotMatch(await segmentState(a.router), /<commands>/);

      assert.match(await segmentAction(a.router, '<drain/>'), /<drained-at/);
      await a.stop();
      await a.start();
      await until('the segment to take part', 60_000, async () =>
        (await segmentState(a.router)).includes('<phase>df-done</phase>') ? true : undefined,
      );
      assert.match(await segmentState(a.router), /<draining>true<\/draining>/);
      await net.settled(vlans, b);
      // Nobody else is there: it does what is left.
      await b.stop();
      await net.settled(vlans, a);
      await b.start();
      await net.settled(vlans, b);
      assert.match(await segmentAction(a.router, '<undrain/>'), /<ok/);
      await net.settled([10, 12], a);
      return [{ what: 'kill -9 of the control plane → the segment takes part again', value: back, unit: 'ms' }];
    } finally {
      await net.remove();
    }
  },
};

export const cases: readonly Case[] = [commands];
