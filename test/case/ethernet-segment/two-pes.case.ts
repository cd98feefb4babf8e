import assert from 'node:assert/strict';
import { Flow, type FlowResult } from '../../../lab/traffic/flow.ts';
import type { Case, Figure } from '../../case.ts';
import { milliseconds } from '../../clock.ts';
import { ceNotification, ceNotifications } from '../../configuration.ts';
import { DualPe } from '../../dual-pe.ts';
import { segmentAction, segmentState } from '../../segment.ts';

const bfd = { ms: 100, multiplier: 3 };
/** By service carving (RFC 7432 section 8.5) ordinal V mod N: of the one and of the other PE. */
const even = [10, 12];
const odd = [11, 13];
const vlans = [10, 11, 12, 13];
const packetsPerSecond = 1000;

const worstGap = ({ gaps }: FlowResult): number =>
  Math.max(0, ...gaps.map(({ fromNs, toNs }) => milliseconds(fromNs, toNs)));

/** The longest time in which nothing arrived, or that it did not go on. */
function outage(result: FlowResult): Pick<Figure, 'value' | 'unit'> {
  const hasGoneOn = result.sent - result.last < packetsPerSecond / 4;
  return hasGoneOn ? { value: worstGap(result), unit: 'ms' } : { value: `none arrived after ${result.last}` };
}

const segment: Case = {
  id: 'ethernet-segment',
  shows:
    'two PEs, configured by NETCONF: one forwards each VLAN; moved by action, drained, and taken over when one dies',
  async run() {
    const net = await DualPe.build({
      vlans,
      bfd,
      more: [ceNotifications(ceNotification('ce', { macMove: true, mvrp: false }))],
    });
    const [a, b] = net.pes;
    const flows = (vlan: number): Promise<readonly [Flow, Flow]> =>
      Promise.all([
        Flow.start({ from: net.ce.host(vlan), to: net.transfer.host(vlan), packetsPerSecond }),
        Flow.start({ from: net.transfer.host(vlan), to: net.ce.host(vlan), packetsPerSecond }),
      ]);
    const end = (running: readonly Flow[]): Promise<FlowResult[]> => Promise.all(running.map((flow) => flow.stop()));
    const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
    const carved = async (): Promise<void> => {
      await net.settled(even, a);
      await net.settled(odd, b);
    };
    try {
      await carved();

      const moving = await flows(10);
      await pause(1000);
      await segmentAction(a.router, `<move-vlans><vlan>10</vlan><to>${b.address}</to></move-vlans>`);
      await net.settled([10], b);
      await pause(500);
      const moved = await end(moving);
      for (const result of moved) {
        assert.ok(result.received > result.sent / 2, `${result.received} of ${result.sent} arrived`);
        assert.equal(result.duplicates, 0);
        assert.ok(worstGap(result) < 500, `a gap of ${worstGap(result)} ms`);
      }
      assert.match(await segmentState(b.router), /<move><number>\d+<\/number><vlan>10<\/vlan><new-state>forwarding/);
      await segmentAction(a.router, '<move-vlans><vlan>10</vlan></move-vlans>');
      await carved();

      const dying = await flows(10);
      await pause(1000);
      await a.crash();
      await net.settled(vlans, b);
      await pause(1000);
      const survived = await end(dying);
      for (const { last, sent, duplicates } of survived) {
        assert.equal(duplicates, 0);
        assert.ok(sent - last < packetsPerSecond, `the last that arrived is ${last} of ${sent}`);
      }

      await a.start();
      await carved();
      const asked = performance.now();
      assert.match(await segmentAction(a.router, '<drain><timeout>20</timeout></drain>'), /<drained-at/);
      const drained = performance.now() - asked;
      await net.settled(vlans, b);
      await segmentAction(a.router, '<undrain/>');
      await carved();

      // The end of a router is a goodbye: nobody waits for its silence.
      const leaving = await flows(12);
      await pause(500);
      await a.stop();
      await net.settled(vlans, b);
      await pause(2500);
      const left = await end(leaving);
      for (const result of left) {
        assert.ok(result.sent - result.last < packetsPerSecond, `the last that arrived is ${result.last}`);
        assert.ok(worstGap(result) < 500, `a gap of ${worstGap(result)} ms`);
      }
      const [up, down] = moved as [FlowResult, FlowResult];
      const lost = left.reduce((sum, result) => sum + result.lost, 0);
      return [
        { what: 'planned move under traffic: lost from the CE', value: up.lost },
        { what: 'planned move under traffic: lost towards the CE', value: down.lost },
        { what: 'planned move: worst gap, both directions', value: Math.max(worstGap(up), worstGap(down)), unit: 'ms' },
        { what: 'detection time of BFD', value: bfd.ms * bfd.multiplier, unit: 'ms' },
        { what: 'PE killed: outage from the CE', ...outage(survived[0] as FlowResult) },
        { what: 'PE killed: outage towards the CE', ...outage(survived[1] as FlowResult) },
        { what: 'drain called → answered', value: drained, unit: 'ms' },
        { what: 'router stopped: lost, both directions', value: lost },
        { what: 'router stopped: outage from the CE', ...outage(left[0] as FlowResult) },
        { what: 'router stopped: outage towards the CE', ...outage(left[1] as FlowResult) },
      ];
    } finally {
      await net.remove();
    }
  },
};

export const cases: readonly Case[] = [segment];
