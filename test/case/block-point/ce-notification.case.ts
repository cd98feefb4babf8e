import assert from 'node:assert/strict';
import { run } from '../../../lab/run.ts';
import type { FdbEntry } from '../../../lab/switch.ts';
import { Flow, type FlowResult } from '../../../lab/traffic/flow.ts';
import { Capture } from '../../capture.ts';
import type { Case } from '../../case.ts';
import { blockPoint, blockPoints, editConfig } from '../../configuration.ts';
import { Router } from '../../router.ts';
import { configure, type DualHomed, dualHomed, notifyUplinks, vlans } from '../../topology.ts';

/** The least that Open vSwitch takes. */
const ageingSeconds = 15;
/** Open vSwitch undoes a move while statistics of the last second's traffic on the old port are pending. */
const silenceMs = 2000;
const packetsPerSecond = 1000;
/** Events of MVRP, as tshark prints them (IEEE 802.1Q section 10.8.2.10). */
const NEW = '0';
const LEAVE = '5';

/** Must show (c) of the walking router. */
const notification: Case = {
  id: 'ce-notification',
  shows: 'a VLAN moved between two uplinks of a CE: MVRP Leave and New, mac-move; the FDB follows for that VLAN alone',
  async run() {
    const router = await Router.start();
    try {
      const net = await dualHomed(router, {
        ageingSeconds,
        more: [blockPoints(...vlans.map((vlan) => blockPoint('right', vlan))), notifyUplinks(true)],
      });
      const told = await move(router, net, 'left', 'right', `${router.places.run}/told`);

      await configure(router, [notifyUplinks(false)]);
      const untold = await move(router, net, 'right', 'left', `${router.places.run}/untold`);

      assert.equal(untold.mvrp.length + untold.macMoves.length, 0);
      const events = (event: string): number => told.mvrp.filter(([, , , each]) => each === event).length;
      // Leave for each of three requests; New twice for each, and once more after a LeaveAll. Two requests may fall together.
      assert.ok(events(LEAVE) >= 2 && events(LEAVE) <= 3, `Leave ${events(LEAVE)} times`);
      assert.ok(events(NEW) >= 3 && events(NEW) <= 8, `New ${events(NEW)} times`);
      assert.equal(told.macMoves.length, 8);
      assert.ok(told.lostMs < 500, `lost for ${told.lostMs} ms with notification`);
      assert.ok(untold.lostMs > 5000, `lost for only ${untold.lostMs} ms without notification`);
      assert.equal(told.other.lost, 0);
      assert.equal(untold.other.lost, 0);
      return [
        { what: 'MVRP frames to the blocked uplink (Leave) and the released one (New)', value: told.mvrp.length },
        { what: 'mac-move frames to the released uplink', value: told.macMoves.length },
        { what: 'mac-move frames at other ports of the CE', value: told.strayed },
        { what: 'VLAN 10 lost from the CE, with notification', value: told.lostMs, unit: 'ms' },
        {
          what: `VLAN 10 lost from the CE, without (its ageing: ${ageingSeconds} s)`,
          value: untold.lostMs,
          unit: 'ms',
        },
        {
          what: 'VLAN 20 lost meanwhile, with and without',
          value: told.other.lost + untold.other.lost,
          unit: 'frames',
        },
      ];
    } finally {
      await router.stop();
    }
  },
};

interface Move {
  readonly lostMs: number;
  /** The flow of VLAN 20. */
  readonly other: FlowResult;
  /** Frame, destination and event, of both uplinks. */
  readonly mvrp: readonly string[][];
  readonly macMoves: readonly string[][];
  /** mac-move frames that the CE passed on to a host. */
  readonly strayed: number;
}

/** One commit blocks VLAN 10 on one uplink and releases it on the other, while the CE's hosts send to silent ones. */
async function move(router: Router, net: DualHomed, from: string, to: string, files: string): Promise<Move> {
  const uplinkOf = (name: string): string => (name === 'left' ? 'uplink1' : 'uplink2');
  const site = net.ce.switch.namespace;
  // The remote hosts speak once, so that the CE and the router know them; then they are silent.
  for (const vlan of vlans) {
    const hello = await Flow.start({
      from: net.remote.host(vlan),
      to: net.ce.host(vlan),
      packetsPerSecond: 20,
      port: 5999,
    });
    await net.ce.switch.learned(net.remote.host(vlan).mac, vlan, uplinkOf(vlan === 10 ? from : 'left'));
    await hello.stop(0);
  }
  const before = await net.ce.switch.fdb();
  const flows = await Promise.all(
    vlans.map((vlan) => Flow.start({ from: net.ce.host(vlan), to: net.remote.host(vlan), packetsPerSecond })),
  );
  await new Promise((resolve) => setTimeout(resolve, silenceMs));

  const captures = {
    blocked: await Capture.start(site, uplinkOf(from), `${files}-blocked.pcap`),
    released: await Capture.start(site, uplinkOf(to), `${files}-released.pcap`),
    hosts: await Promise.all(
      vlans.map((vlan) => Capture.start(net.ce.host(vlan).namespace, 'eth0', `${files}-${vlan}.pcap`)),
    ),
  };
  const client = await router.connect();
  await client.rpc('<lock><target><candidate/></target></lock>');
  await client.rpc(editConfig('candidate', blockPoints(blockPoint(from, 10), blockPoint(to, 10, 'delete'))));
  await client.rpc('<commit/>');
  await client.rpc('<unlock><target><candidate/></target></unlock>');
  await client.close();

  // Until traffic flows again, at most until the CE has forgotten the old place, and through all repetitions.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const remote = net.remote.host(10);
  if (!(await net.ce.switch.fdb()).some((entry) => entry.mac === remote.mac && entry.port === uplinkOf(to))) {
    await new Promise((resolve) => setTimeout(resolve, ageingSeconds * 1000 + 3000));
  }
  const after = await net.ce.switch.fdb();
  const [moved, other] = await Promise.all(flows.map((flow) => flow.stop()));
  for (const capture of [captures.blocked, captures.released, ...captures.hosts]) await capture.stop();
  if (moved === undefined || other === undefined) throw new Error('two flows');

  const mvrpFields = ['frame.number', 'eth.dst', 'mrp-mvrp.vid', 'mrp-mvrp.three_packed_event'];
  const macMoveFilter = 'eth.type == 0x8035 or vlan.etype == 0x8035';
  // The CE passes MVRP on to its other ports: what counts is what the router sent there.
  const [blockedMac = '', releasedMac = ''] = await Promise.all(
    [from, to].map((name) => macOf(router.device(name.slice(0, 1)))),
  );
  const about10 = async (capture: Capture, mac: string, event: string): Promise<string[][]> =>
    (await capture.fields(`mrp-mvrp.vid == 10 and eth.src == ${mac}`, mvrpFields)).filter(
      // Other VLANs may share the frame.
      ([, , vids, events]) => events?.split(',')[vids?.split(',').indexOf('10') ?? -1] === event,
    );
  const leaves = await about10(captures.blocked, blockedMac, LEAVE);
  const news = await about10(captures.released, releasedMac, NEW);
  const macMoves = await captures.released.fields(macMoveFilter, ['vlan.id', 'eth.src', 'eth.dst']);
  for (const capture of [captures.blocked, captures.released]) {
    assert.equal(await capture.malformed(`mrp-mvrp or ${macMoveFilter}`), 0);
  }
  let strayed = 0;
  for (const capture of captures.hosts) strayed += (await capture.fields(macMoveFilter, ['frame.number'])).length;

  if (macMoves.length > 0) {
    assert.match(
      await captures.blocked.text(`mrp-mvrp and eth.src == ${blockedMac}`),
      /VLAN ID: 10\s+Attribute Event: Lv/,
    );
    assert.match(
      await captures.released.text(`mrp-mvrp and eth.src == ${releasedMac}`),
      /VLAN ID: 10\s+Attribute Event: New/,
    );
    for (const [vid] of macMoves) assert.equal(vid, '10');
    assert.ok(
      macMoves.some(([, source]) => source === remote.mac),
      'the remote MAC was announced',
    );
    assert.equal(strayed, 0);
    const place = (table: readonly FdbEntry[], vlan: number): string | undefined =>
      table.find((entry) => entry.mac === net.remote.host(vlan).mac && entry.vlan === vlan)?.port;
    assert.equal(place(after, 10), uplinkOf(to));
    assert.equal(place(after, 20), place(before, 20));
  }
  return { lostMs: (moved.lost * 1000) / packetsPerSecond, other, mvrp: [...leaves, ...news], macMoves, strayed };
}

async function macOf(device: string): Promise<string> {
  const links = JSON.parse(await run('ip', ['-json', 'link', 'show', 'dev', device])) as { address: string }[];
  return links[0]?.address ?? '';
}

export const cases: readonly Case[] = [notification];
