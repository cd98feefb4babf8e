import assert from 'node:assert/strict';
import { until } from '../../../lab/run.ts';
import { Flow, type FlowResult } from '../../../lab/traffic/flow.ts';
import type { Case } from '../../case.ts';
import { milliseconds } from '../../clock.ts';
import { DualPe, type Pe } from '../../dual-pe.ts';
import { configureSegment, forwarded, segmentAction, segmentState } from '../../segment.ts';

const BFD_US = 100_000;
const DETECTION_MS = (BFD_US * 3) / 1000;
const packetsPerSecond = 1000;
const vlans = [10, 11, 12, 13];

const worstGap = ({ gaps }: FlowResult): number =>
  Math.max(0, ...gaps.map(({ fromNs, toNs }) => milliseconds(fromNs, toNs)));

/** Waits until the PEs forward these VLANs, and each VLAN one PE only. */
async function carved(pes: readonly Pe[], expected: readonly (readonly number[])[]): Promise<void> {
  const said: string[] = [];
  await until(`VLANs ${JSON.stringify(expected)}`, 30_000, async () => {
    const now = await Promise.all(pes.map(forwarded));
    said.push(JSON.stringify(now));
    return JSON.stringify(now) === JSON.stringify(expected) || undefined;
  }).catch(async (error: Error) => {
    const states = await Promise.all(pes.map(segmentState));
    throw new Error(`${error.message}: ${[...new Set(said)].join(' ')}\n${states.join('\n')}`);
  });
}

const segment: Case = {
  id: 'ethernet-segment',
  shows:
    'two PEs, configured by NETCONF: one forwards each VLAN; moved by action, drained, and taken over when one dies',
  async run() {
    const net = await DualPe.build({ vlans });
    const { pes, ce, transfer: remote } = net;
    const [a, b] = pes;
    const flows = (vlan: number): Promise<readonly [Flow, Flow]> =>
      Promise.all([
        Flow.start({ from: ce.host(vlan), to: remote.host(vlan), packetsPerSecond }),
        Flow.start({ from: remote.host(vlan), to: ce.host(vlan), packetsPerSecond }),
      ]);
    const end = (running: readonly Flow[]): Promise<FlowResult[]> => Promise.all(running.map((flow) => flow.stop()));
    const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
    try {
      await configureSegment(net, { bfdMicroseconds: BFD_US });
      // Ordinal V mod N (RFC 7432 section 8.5).
      await carved(pes, [
        [10, 12],
        [11, 13],
      ]);

      const moving = await flows(10);
      await pause(1000);
      await segmentAction(a, `<move-vlans><vlan>10</vlan><to>${b.address}</to></move-vlans>`);
      await carved(pes, [[12], [10, 11, 13]]);
      await pause(500);
      const moved = await end(moving);
      for (const { sent, received, duplicates } of moved) {
        assert.ok(received > sent / 2, `${received} of ${sent} arrived`);
        assert.equal(duplicates, 0);
      }
      for (const result of moved) assert.ok(worstGap(result) < 1000, `a gap of ${worstGap(result)} ms`);
      assert.match(await segmentState(b), /<move><number>\d+<\/number><vlan>10<\/vlan><new-state>forwarding/);
      await segmentAction(a, '<move-vlans><vlan>10</vlan></move-vlans>');
      await carved(pes, [
        [10, 12],
        [11, 13],
      ]);

      const dying = await flows(10);
      await pause(1000);
      await a.cutPower();
      await carved([b], [[...vlans]]);
      await pause(1000);
      const survived = await end(dying);
      for (const { duplicates } of survived) assert.equal(duplicates, 0);

      await a.start();
      await carved(pes, [
        [10, 12],
        [11, 13],
      ]);
      const asked = performance.now();
      assert.match(await segmentAction(a, '<drain><timeout>20</timeout></drain>'), /<drained-at/);
      const drained = performance.now() - asked;
      assert.deepEqual(await forwarded(a), []);
      await carved(pes, [[], [...vlans]]);
      await segmentAction(a, '<undrain/>');
      await carved(pes, [
        [10, 12],
        [11, 13],
      ]);

      // The end of a router is a goodbye: nobody waits for its silence.
      const leaving = await flows(12);
      await pause(500);
      await a.stop();
      await carved([b], [[...vlans]]);
      await pause(500);
      const left = await end(leaving);
      const [up, down] = moved as [FlowResult, FlowResult];
      return [
        { what: 'planned move under traffic: lost from the CE', value: up.lost },
        { what: 'planned move under traffic: lost towards the CE', value: down.lost },
        { what: 'planned move: worst gap, both directions', value: Math.max(worstGap(up), worstGap(down)), unit: 'ms' },
        { what: 'detection time of BFD', value: DETECTION_MS, unit: 'ms' },
        { what: 'PE killed: worst gap, both directions', value: Math.max(...survived.map(worstGap)), unit: 'ms' },
        { what: 'drain called → answered', value: drained, unit: 'ms' },
        { what: 'router stopped: lost, both directions', value: left.reduce((sum, { lost }) => sum + lost, 0) },
      ];
    } finally {
      await net.remove();
    }
  },
};

export const cases: readonly Case[] = [segment];
