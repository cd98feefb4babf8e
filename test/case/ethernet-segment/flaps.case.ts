import assert from 'node:assert/strict';
import type { Host } from '../../../lab/host.ts';
import { Flow, type FlowResult } from '../../../lab/traffic/flow.ts';
import { type Case, medianAndWorst } from '../../case.ts';
import { ceNotification, ceNotifications } from '../../configuration.ts';
import { DualPe } from '../../dual-pe.ts';
import { segmentAction } from '../../segment.ts';

/** FLAPS=1000 npm run show -- segment-flaps */
const flaps = Number(process.env['FLAPS'] ?? 20);
const vlan = 10;

/** All hosts of the VLAN. */
const everybody = (host: Host): Host => ({ ...host, address: host.address.replace(/\d+$/, '255') });

const segmentFlaps: Case = {
  id: 'segment-flaps',
  shows: 'a VLAN moved to and fro between two PEs under broadcast and unicast traffic: never two of them forward it',
  async run() {
    const net = await DualPe.build({
      vlans: [vlan],
      bfd: { ms: 300, multiplier: 3 },
      more: [ceNotifications(ceNotification('ce', { macMove: true, mvrp: true }))],
    });
    try {
      await net.settled([vlan], net.pes[0]);
      const ce = net.ce.host(vlan);
      const remote = net.transfer.host(vlan);
      const silent = { ce: net.ce.host(vlan, 2), remote: net.transfer.host(vlan, 2) };
      const maxSeconds = 60 + flaps * 2;
      const flow = (from: Host, to: Host, port: number, packetsPerSecond: number): Promise<Flow> =>
        Flow.start({ from, to, port, packetsPerSecond, maxSeconds });
      const broadcast = [
        await flow(ce, everybody(silent.remote), 6001, 500),
        await flow(remote, everybody(silent.ce), 6002, 500),
      ];
      const unicast = [await flow(ce, remote, 6003, 1000), await flow(remote, ce, 6004, 1000)];
      const times: number[] = [];
      for (let flap = 1; flap <= flaps; flap += 1) {
        const to = net.pes[flap % 2 === 1 ? 1 : 0];
        const asked = performance.now();
        await segmentAction(net.pes[0].router, `<move-vlans><vlan>${vlan}</vlan><to>${to.address}</to></move-vlans>`);
        await net.settled([vlan], to);
        times.push(performance.now() - asked);
      }
      const end = (flows: readonly Flow[]): Promise<FlowResult[]> => Promise.all(flows.map((one) => one.stop()));
      const [groups, stations] = [await end(broadcast), await end(unicast)];
      const sum = (results: readonly FlowResult[], what: 'sent' | 'lost' | 'duplicates'): number =>
        results.reduce((total, result) => total + result[what], 0);
      assert.equal(sum(groups, 'duplicates'), 0, 'two forwarders: a broadcast frame arrived twice');
      assert.equal(sum(stations, 'duplicates'), 0);
      assert.ok(sum(stations, 'lost') < sum(stations, 'sent') / 10, `${sum(stations, 'lost')} unicast frames lost`);
      return [
        { what: 'moves', value: flaps },
        ...medianAndWorst('asked → one PE forwards by the state of both', times, 'ms'),
        { what: 'broadcast frames, both directions: sent', value: sum(groups, 'sent') },
        { what: 'broadcast frames that arrived twice', value: sum(groups, 'duplicates') },
        { what: 'broadcast frames lost (not redirected: both PEs get them)', value: sum(groups, 'lost') },
        { what: 'unicast frames, both directions: sent', value: sum(stations, 'sent') },
        { what: 'unicast frames lost', value: sum(stations, 'lost') },
        { what: 'unicast frames that arrived twice', value: sum(stations, 'duplicates') },
      ];
    } finally {
      await net.remove();
    }
  },
};

export const cases: readonly Case[] = [segmentFlaps];
