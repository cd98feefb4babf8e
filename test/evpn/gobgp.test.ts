/**
 * An ethernet segment with GoBGP as the other PE: a session each way, who is elected, who takes over, and that GoBGP and
 * tshark read our routes as we mean them. GoBGP elects nothing itself: what it says is the routes that it is told.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { until } from '../../lab/run.ts';
import { addressBytes } from '../../src/features/address.ts';
import { SegmentAgent } from '../../src/features/ethernet-segments/agent/segment-agent.ts';
import { dfOf } from '../../src/features/ethernet-segments/decision/election/election.ts';
import { defaultTimers } from '../../src/features/ethernet-segments/decision/segment.ts';
import {
  difference,
  NO_VLANS,
  union,
  type VlanSet,
  vlanSet,
  vlansText,
} from '../../src/features/ethernet-segments/decision/vlan-set.ts';
import { routeTarget } from '../../src/features/ethernet-segments/evpn/communities.ts';
import { EvpnPeers } from '../../src/features/ethernet-segments/evpn/evpn-peers.ts';
import { MacTable } from '../../src/features/ethernet-segments/exchange/mac-table.ts';
import { BgpSpeaker } from '../../src/platform/bgp/speaker.ts';
import { Capture } from '../capture.ts';
import { Gobgp, OURS, THEIRS } from './gobgp.ts';

/** Type 1 (LACP): system aa:bb:cc:dd:ee:ff, port key 10. */
const ESI = '01aabbccddeeff000a00';
const GOBGP_ESI = 'esi LACP aa:bb:cc:dd:ee:ff 10';
const VLANS = [10, 11, 20, 21];
const ALL = '10-11,20-21';
const SETTLE_MS = 300;
const AS = 65_000;

class Pe {
  forwarding: VlanSet = NO_VLANS;
  readonly notes: string[] = [];
  readonly ownMacs = new MacTable();
  readonly theirMacs = new MacTable();
  readonly remoteMacs = new MacTable();
  readonly agent: SegmentAgent;
  readonly evpn: EvpnPeers;
  readonly speaker: BgpSpeaker;

  constructor(options: { readonly peerAs: number; readonly acDf: boolean; readonly listen?: number }) {
    this.agent = new SegmentAgent(
      {
        esi: Buffer.from(ESI, 'hex'),
        address: OURS,
        peers: [],
        foreign: [],
        method: 'default-7432',
        preference: 32_767,
        revertive: true,
        acDf: options.acDf,
        splitBrain: 'block',
        timers: { ...defaultTimers, recoveryMs: 0, electionWaitMs: 500, foreignSettleMs: SETTLE_MS },
      },
      { vlans: vlanSet(VLANS) },
      {
        send: () => true,
        order: async ({ type, vlans }) => {
          this.forwarding = type === 'block' ? difference(this.forwarding, vlans) : union(this.forwarding, vlans);
        },
        probe: () => {},
        notify: () => {},
        checkCore: async () => true,
        resetSession: () => {},
        announce: (advert) => this.evpn.announce(ESI, advert),
        drained: () => {},
      },
    );
    this.evpn = new EvpnPeers({
      as: AS,
      identifier: OURS,
      hasBfd: () => false,
      segments: [
        {
          esi: ESI,
          address: OURS,
          own: [],
          rdNumber: 1000,
          evis: VLANS.map((vlan) => ({
            vlan,
            routeTarget: routeTarget(AS, 77),
            tag: vlan,
            rdNumber: 77,
            label: 1000 + vlan,
          })),
          ownMacs: this.ownMacs,
          theirMacs: this.theirMacs,
          take: (event) => this.agent.take(event),
        },
      ],
      remoteMacs: this.remoteMacs,
      wake: (session) => this.speaker.wake(session),
      note: (_, text) => this.notes.push(text),
    });
    const { listen, peerAs } = options;
    this.speaker = new BgpSpeaker({
      local: { as: AS, identifier: Buffer.from(addressBytes(OURS)).readUInt32BE(0), holdSeconds: 9 },
      peers: [
        { address: THEIRS, as: peerAs, ...(listen === undefined ? { dials: { port: 179, localAddress: OURS } } : {}) },
      ],
      ...(listen === undefined ? {} : { listen: { host: OURS, port: listen } }),
      client: this.evpn,
      times: { retryMs: 200 },
    });
  }

  async close(): Promise<void> {
    this.agent.close();
    this.evpn.close();
    await this.speaker.close();
  }

  async forwards(vlans: string): Promise<void> {
    await until(`forwarding ${vlans}`, 20_000, () => vlansText(this.forwarding) === vlans).catch((error: Error) => {
      throw new Error(`${error.message}; it is ${vlansText(this.forwarding)}; ${this.notes.join(', ')}`);
    });
  }
}

let gobgp: Gobgp;
before(async () => {
  gobgp = await Gobgp.make();
});
after(() => gobgp.delete());

const SEGMENT = `esi ${THEIRS} ${GOBGP_ESI} rd ${THEIRS}:1`;
const discovery = (tag: number, label: number): string =>
  `a-d ${GOBGP_ESI} etag ${tag} label ${label} rd ${THEIRS}:77 rt ${AS}:77`;

test('a segment with GoBGP in the same AS: elected, taken over, read by both', { timeout: 120_000 }, async (t) => {
  await gobgp.start({ as: AS, ourAs: AS });
  await gobgp.route('add', `${discovery(4_294_967_295, 0)} esi-label 0`);
  for (const vlan of VLANS) await gobgp.route('add', discovery(vlan, 100 + vlan));
  await gobgp.route('add', SEGMENT);
  const capture = await Capture.start(gobgp.namespace, 'eth0', join(gobgp.folder, 'bgp.pcap'));
  const pe = new Pe({ peerAs: AS, acDf: false });
  t.after(async () => {
    await pe.close();
    await gobgp.kill();
  });
  await pe.speaker.start();
  pe.agent.take({ type: 'segment', up: true });
  await until('Established', 20_000, async () => (await gobgp.state()) === 'ESTABLISHED');

  // Service carving: ordinal 0 is ours (198.18.77.1), ordinal 1 GoBGP's.
  await pe.forwards('10,20');
  assert.equal(dfOf(pe.agent.state.elected, 11), THEIRS);
  assert.equal(dfOf(pe.agent.state.elected, 10), OURS);

  // GoBGP reads our routes.
  pe.ownMacs.add(10, 0x0200_0000_0001);
  await until('our routes at GoBGP', 10_000, async () => (await gobgp.routes()).split(OURS).length > 6);
  const routes = await gobgp.routes();
  const id = 'ESI_LACP | system mac aa:bb:cc:dd:ee:ff, port key 10';
  assert.ok(routes.includes(`[type:esi][rd:${OURS}:1000][esi:${id}][ip:${OURS}]`), routes);
  assert.ok(routes.includes(`[type:A-D][rd:${OURS}:1000][esi:${id}][etag:4294967295]`), routes);
  for (const vlan of VLANS) assert.ok(routes.includes(`[type:A-D][rd:${OURS}:77][esi:${id}][etag:${vlan}]`), routes);
  const address = routes
    .split('\n')
    .find((line) => line.includes(`[rd:${OURS}:77][etag:10][mac:02:00:00:00:00:01][ip:<nil>]`));
  assert.match(address ?? '', /type:macadv.* \[1010\] /);
  assert.ok(routes.includes('[es-import rt: aa:bb:cc:dd:ee:ff]'), routes);

  // And we read GoBGP's: one behind the segment, one elsewhere, one of no VLAN of ours.
  const mac = (octet: string, more: string, rt = 77): string =>
    `macadv 02:00:00:00:00:${octet} 0.0.0.0 ${more}etag 11 label 111 rd ${THEIRS}:77 rt ${AS}:${rt}`;
  await gobgp.route('add', mac('11', `${GOBGP_ESI} `));
  await gobgp.route('add', mac('12', ''));
  await gobgp.route('add', mac('13', '', 78));
  await until('addresses', 10_000, () => pe.theirMacs.size === 1 && pe.remoteMacs.size === 1);
  assert.deepEqual([...pe.theirMacs.of(11)], [0x0200_0000_0011]);
  assert.deepEqual([...pe.remoteMacs.of(11)], [0x0200_0000_0012]);
  await gobgp.route('del', mac('12', ''));
  await until('gone', 10_000, () => pe.remoteMacs.size === 0);

  // It withdraws its ES route: at once all is ours; it comes back: its VLANs are blocked at once.
  let from = performance.now();
  await gobgp.route('del', SEGMENT);
  await pe.forwards(ALL);
  const takenOverMs = performance.now() - from;
  from = performance.now();
  await gobgp.route('add', SEGMENT);
  await pe.forwards('10,20');
  const blockedMs = performance.now() - from;

  // Our attachment circuit of VLAN 20 goes down: GoBGP sees the A-D route go, and come back.
  pe.agent.take({ type: 'circuits', down: vlanSet([20]) });
  await until('withdrawn', 10_000, async () => !(await gobgp.routes()).includes(`[rd:${OURS}:77][esi:${id}][etag:20]`));
  pe.agent.take({ type: 'circuits', down: NO_VLANS });
  await pe.forwards('10,20');

  // It dies without a word.
  from = performance.now();
  await gobgp.kill();
  await pe.forwards(ALL);
  const diedMs = performance.now() - from;
  pe.agent.take({ type: 'leave' });
  await capture.stop();

  const ours = `bgp and ip.src == ${OURS}`;
  assert.equal(await capture.malformed('bgp'), 0);
  assert.equal(
    (await capture.fields(`(${ours}) and _ws.expert.severity >= 0x600000`, ['_ws.expert.message'])).join(),
    '',
  );
  const text = await capture.text(`${ours} and bgp.type == 2`);
  for (const word of [
    'Ethernet Segment Route (4)',
    'Ethernet AD Route (1)',
    'MAC Advertisement Route (2)',
    'ES Import',
    'Single-Active',
  ]) {
    assert.ok(text.includes(word), `tshark prints ${word}:\n${text}`);
  }
  console.log(
    `GoBGP withdraws its ES route: all VLANs here after ${takenOverMs.toFixed(0)} ms; comes back: its VLANs blocked after ` +
      `${blockedMs.toFixed(0)} ms; is killed: taken over after ${diedMs.toFixed(0)} ms`,
  );
});

test('GoBGP of another AS connects to us; AS numbers of 4 octets', { timeout: 120_000 }, async (t) => {
  const port = 17_979;
  const as = 4_200_000_001;
  const pe = new Pe({ peerAs: as, acDf: true, listen: port });
  t.after(async () => {
    await pe.close();
    await gobgp.kill();
  });
  await pe.speaker.start();
  pe.agent.take({ type: 'segment', up: true });
  await pe.forwards(ALL);
  await gobgp.start({ as, ourAs: AS, dials: port });
  const capture = await Capture.start(gobgp.namespace, 'eth0', join(gobgp.folder, 'bgp2.pcap'));
  await until('Established', 20_000, async () => (await gobgp.state()) === 'ESTABLISHED');
  await gobgp.route('add', SEGMENT);
  await pe.forwards('10,20');
  // GoBGP 3 takes our A-D routes and not the ES route: the DF Election community is one that it does not know.
  await until('our path', 10_000, async () =>
    (await gobgp.routes())
      .split('\n')
      .some((line) => line.includes(`[type:A-D][rd:${OURS}:1000]`) && line.includes(` ${AS} `)),
  );
  // The router ends on purpose: GoBGP hears it.
  pe.agent.take({ type: 'leave' });
  await until('no routes of ours', 10_000, async () => !(await gobgp.routes()).includes(`rd:${OURS}`));
  await pe.speaker.close();
  await until('the end', 10_000, async () => (await gobgp.state()) !== 'ESTABLISHED');
  await capture.stop();
  const decode = ['-d', `tcp.port==${port},bgp`];
  assert.equal((await capture.fields('bgp and _ws.malformed', ['frame.number'], decode)).join(), '');
  // The default algorithm with AC-DF, in an ES route (RFC 8584 section 2.2).
  const election = `ip.src == ${OURS} and tcp contains 06:06:00:40:00:00:00:00`;
  const sent = await capture.fields(election, ['bgp.evpn.nlri.rt'], decode);
  assert.ok(sent.length > 0 && sent.every(([types = '']) => types.split(',').includes('4')), JSON.stringify(sent));
  await gobgp.kill();
});
