/**
 * One PE with its runtime and an engine that forwards nothing, and a foreign PE that speaks nothing but BGP with it. What changes
 * in the configuration is followed in place, with the session where that can stay.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { until } from '../../../../lab/run.ts';
import { EngineClient } from '../../../engine/client.ts';
import { BfdState, LinkState } from '../../../engine/gen/sluice_pb.js';
import { ReferenceEngine } from '../../../engine/testing/reference-engine.ts';
import { BgpSpeaker } from '../../../platform/bgp/speaker.ts';
import { PeerSessions } from '../../../platform/peer-session/peer-sessions.ts';
import type { PlainData } from '../../../yang/data/build.ts';
import { type Rows, rowsWith, viewOf } from '../../testing/schema.ts';
import { vlanRange, vlanSet, vlansText } from '../decision/vlan-set.ts';
import { NO_DF_ELECTION, routeTarget } from '../evpn/communities.ts';
import { EvpnPeers } from '../evpn/evpn-peers.ts';
import { bgpState, segmentEvpnState } from '../evpn/state.ts';
import { MacTable } from '../exchange/mac-table.ts';
import { ETHERNET_SEGMENTS, peerSession, SEGMENT } from '../model.ts';
import { indexes, modelParts, replayOf } from '../testing/parts.ts';
import { EthernetSegments } from './segments.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-evpn-'));
const ends: (() => Promise<void>)[] = [];
after(async () => {
  for (const end of ends) await end();
  rmSync(folder, { recursive: true });
});

const [OURS, THEIRS] = ['127.0.78.1', '127.0.78.2'] as const;
const AS = 65_000;
const ESI = '00112233445566778899';
const IFACE = '/ietf-interfaces:interfaces/interface';
const EDGE = `${ETHERNET_SEGMENTS}/provider-edge`;
const BGP = `${EDGE}/sluice-evpn:bgp`;
const NEIGHBOR = `${BGP}/neighbor[remote-address='${THEIRS}']`;
const S = `${SEGMENT}[name='s']`;

const alwaysTrue = (is: boolean): true | undefined => (is ? true : undefined);

/** A foreign PE: its routes, and what it heard. */
class Foreign {
  readonly theirMacs = new MacTable();
  readonly heard: string[] = [];
  ups = 0;
  able = '';
  readonly evpn: EvpnPeers;
  readonly speaker: BgpSpeaker;

  constructor() {
    this.evpn = new EvpnPeers({
      as: AS,
      identifier: THEIRS,
      hasBfd: () => false,
      segments: [
        {
          esi: ESI,
          address: THEIRS,
          own: [],
          rdNumber: 1,
          evis: [10, 11, 12, 13, 14].map((vlan) => ({
            vlan,
            routeTarget: routeTarget(AS, vlan),
            tag: 0,
            rdNumber: vlan,
            label: 0,
          })),
          ownMacs: new MacTable(),
          theirMacs: this.theirMacs,
          take: (event) => {
            if (event.type === 'foreign') this.able = event.advert === undefined ? '' : vlansText(event.advert.able);
          },
        },
      ],
      remoteMacs: new MacTable(),
      wake: (session) => this.speaker.wake(session),
      note: (_, text) => this.heard.push(text),
    });
    const { evpn } = this;
    this.speaker = new BgpSpeaker({
      local: { as: AS, identifier: 2, holdSeconds: 9 },
      peers: [{ address: OURS, as: AS }],
      listen: { host: THEIRS, port: 0 },
      client: {
        up: (peer, session) => {
          this.ups += 1;
          evpn.up(peer, session);
        },
        down: (peer, reason) => evpn.down(peer, reason),
        update: (peer, update) => evpn.update(peer, update),
        next: (peer) => evpn.next(peer),
        refresh: (peer) => evpn.refresh(peer),
        note: (_, text) => this.heard.push(text),
      },
    });
  }

  announce(able = vlanRange(10, 14)): void {
    this.evpn.announce(ESI, { ...NO_DF_ELECTION, able, draining: false, pins: [] });
  }
}

class Pe {
  engine: ReferenceEngine;
  readonly log: string[] = [];
  readonly segments: EthernetSegments;
  readonly #client: EngineClient;
  readonly #port: number;
  #view: ReturnType<typeof viewOf>;

  constructor(port: number) {
    this.#port = port;
    this.#view = this.#read({});
    this.engine = this.#newEngine();
    this.#client = new EngineClient({
      socketPath: join(folder, 'engine.sock'),
      owner: 'sluiced',
      intent: () => replayOf(this.#view),
      log: () => {},
    });
    this.segments = new EthernetSegments({
      ...modelParts,
      engine: this.#client,
      running: () => this.#view,
      kept: { of: () => new Map(), write: async () => {} },
      transport: (options) => new PeerSessions(options),
      speaker: (options) => new BgpSpeaker(options),
      notify: () => {},
      log: (line) => this.log.push(line),
    });
  }

  get forwarded(): string {
    return this.engine.segments.open('s').join();
  }

  async start(): Promise<void> {
    await this.engine.listen();
    this.segments.start();
    this.#client.start();
    ends.push(async () => {
      await this.segments.close();
      await this.#client.stop();
      await this.engine.kill().catch(() => {});
    });
  }

  async configure(more: Rows): Promise<void> {
    this.#view = this.#read(more);
    await this.#client.replay();
    this.segments.changed();
  }

  async restartEngine(): Promise<void> {
    await this.engine.kill();
    this.engine = this.#newEngine();
    await this.engine.listen();
  }

  neighbor(): PlainData {
    const { edge, evpn } = this.segments;
    assert.ok(edge !== undefined);
    const state = bgpState(edge, evpn, () => ({}));
    const [neighbor] = (state?.['neighbor'] ?? []) as readonly PlainData[];
    return (neighbor?.['state'] ?? {}) as PlainData;
  }

  segment(): PlainData {
    const run = this.segments.run('s');
    assert.ok(run !== undefined);
    return (segmentEvpnState(run, this.segments.evpn)?.['state'] ?? {}) as PlainData;
  }

  async forwards(vlans: string): Promise<void> {
    await until(`forwarding ${vlans}`, 20_000, () => alwaysTrue(this.forwarded === vlans)).catch((error: Error) => {
      throw new Error(`${error.message}; it is ${this.forwarded}\n${this.log.join('\n')}`);
    });
  }

  #read(more: Rows): ReturnType<typeof viewOf> {
    const rows: Record<string, Record<string, string>> = {
      [`${IFACE}[name='p']`]: { type: 'iana-if-type:ethernetCsmacd', 'sluice-interfaces:port/ring': 'r' },
      [EDGE]: { 'local-address': OURS },
      [BGP]: { as: String(AS), 'local-port': '17978' },
      [NEIGHBOR]: {
        'peer-as': String(AS),
        'transport/remote-port': String(this.#port),
        'timers/connect-retry-interval': '1',
        'timers/hold-time': '9',
      },
      [S]: {
        'ethernet-segment-identifier': ESI.replace(/..(?!$)/g, '$&:'),
        interface: 'p',
        'df-election/election-wait-time': '50',
        'df-election/ac-influenced': 'false',
        'timers/recovery-time': '0',
      },
      [`${S}/vlan[.='10-13']`]: {},
      [`${S}/sluice-evpn:evpn`]: { 'foreign-settle-time': '100' },
    };
    for (const vlan of [10, 11, 12, 13, 14]) {
      rows[`${IFACE}[name='p.${vlan}']`] = {
        type: 'iana-if-type:l2vlan',
        'sluice-interfaces:parent-interface': 'p',
        'sluice-interfaces:encapsulation/outer-vlan-id': String(vlan),
      };
    }
    return viewOf(rowsWith(rows, more), indexes);
  }

  #newEngine(): ReferenceEngine {
    const engine = new ReferenceEngine(join(folder, 'engine.sock'));
    engine.answers.set('ports', () => [{ ports: [{ name: 'p', link: LinkState.LINK_UP }] }]);
    return engine;
  }
}

test('a foreign PE by BGP: elected, changed in place, lost, with the engine away', async (t) => {
  const foreign = new Foreign();
  const port = (await foreign.speaker.start()) as number;
  t.after(() => foreign.speaker.close());
  const pe = new Pe(port);
  await pe.start();
  await pe.forwards('10,11,12,13');
  await until('the session', 10_000, () => alwaysTrue(foreign.able === '10-14'));

  // Service carving: ordinal 0 is ours.
  foreign.announce();
  await pe.forwards('10,12');
  const { 'foreign-peer': peers, ...segment } = pe.segment();
  assert.deepEqual(segment, {
    announced: true,
    'announced-vlans': 4,
    'announced-macs': 0,
    'left-out-macs': 0,
    'segment-macs': 0,
  });
  const theirs = {
    address: THEIRS,
    alive: true,
    announced: true,
    lost: false,
    'df-election-method': 'default-7432',
    preference: undefined,
    'dont-preempt': false,
    'ac-influenced': false,
    'able-vlans': 4,
    'elected-vlans': 2,
    'unsettled-vlans': 4,
  };
  assert.deepEqual(peers, [theirs]);
  const { messages: _, 'session-changed-at': __, ...neighbor } = pe.neighbor();
  assert.deepEqual(neighbor, {
    'session-state': 'established',
    'established-transitions': 1,
    'last-error': undefined,
    'negotiated-hold-time': 9,
    identifier: '0.0.0.2',
    prefixes: { received: 6, sent: 6, unusable: 0 },
  });

  // A VLAN more: the session goes on, and the foreign PE tells what was passed over.
  const more = { [`${S}/vlan[.='14']`]: {} };
  await pe.configure(more);
  await pe.forwards('10,12,14');
  await until('told anew', 10_000, () => alwaysTrue((pe.neighbor()['prefixes'] as PlainData)['received'] === 7));
  // What has nothing to do with it changes nothing.
  await pe.configure({ ...more, [`${IFACE}[name='q']`]: { type: 'iana-if-type:ethernetCsmacd' } });
  assert.equal(foreign.ups, 1);

  // Addresses behind the segment, as the bridge has them.
  const domain = "/sluice-bridge-domains:bridge-domains/bridge-domain[name='d']";
  pe.engine.answers.set('fdb', () => [
    { fdb: [{ bridgeDomain: 'd', logicalPort: 'p.10', mac: Uint8Array.of(2, 0, 0, 0, 0, 1) }] },
  ]);
  await pe.configure({ ...more, [domain]: {}, [`${domain}/member[interface='p.10']`]: {} });
  await until('the address', 10_000, () => alwaysTrue(foreign.theirMacs.of(10).has(0x0200_0000_0001)));
  assert.equal(pe.segment()['announced-macs'], 1);

  // It withdraws: all is ours. It comes again: its VLANs are blocked.
  foreign.evpn.announce(ESI, undefined);
  await pe.forwards('10,11,12,13,14');
  foreign.announce();
  await pe.forwards('10,12,14');

  // Another hold time is another session.
  await pe.configure({ ...more, [NEIGHBOR]: { 'timers/hold-time': '30' } });
  await until('again', 10_000, () => alwaysTrue(foreign.ups === 2));
  await pe.forwards('10,12,14');

  // The engine goes: the foreign PE takes us for gone; it comes, and so do we.
  await pe.restartEngine();
  await until('once more', 20_000, () => alwaysTrue(foreign.ups === 3));
  await pe.configure(more);
  await pe.forwards('10,12,14');

  // No neighbor any more.
  await pe.configure({ ...more, [NEIGHBOR]: { enabled: 'false' } });
  await pe.forwards('10,11,12,13,14');
  assert.equal(pe.neighbor()['session-state'], 'idle');
  await until('told', 10_000, () => alwaysTrue(foreign.heard.includes('NOTIFICATION 6/3 (cease)')));

  // With it again, and gone with the segment's evpn alone.
  await pe.configure(more);
  await pe.forwards('10,12,14');
  assert.equal(foreign.able, '10-14');
  await pe.segments.leave();
  await until('withdrawn', 10_000, () => alwaysTrue(foreign.able === ''));
  assert.equal(pe.forwarded, '');
  assert.equal(pe.neighbor()['session-state'], 'established');
});

test('liveness by BFD: a session that is lost is no word', async (t) => {
  const foreign = new Foreign();
  const port = (await foreign.speaker.start()) as number;
  const pe = new Pe(port);
  const bfd = {
    [`${BGP}/foreign-peer[address='${THEIRS}']`]: {},
    [`${BGP}/foreign-peer[address='${THEIRS}']/bfd`]: {
      'network-instance': 'default',
    },
  };
  let state = BfdState.BFD_UP;
  pe.engine.answers.set('bfdSessions', () => [{ bfdSessions: [{ name: peerSession(THEIRS), state }] }]);
  await pe.start();
  await pe.configure(bfd);
  foreign.announce(vlanSet([10, 11, 12, 13]));
  await pe.forwards('10,12');
  await foreign.speaker.close();
  t.after(() => foreign.speaker.close());
  await until('lost', 10_000, () => alwaysTrue(pe.neighbor()['session-state'] !== 'established'));
  const [peer] = pe.segment()['foreign-peer'] as readonly PlainData[];
  assert.deepEqual([peer?.['alive'], peer?.['lost']], [true, true]);
  assert.equal(pe.forwarded, '10,12');
  state = BfdState.BFD_DOWN;
  pe.engine.emit({ case: 'bfd', value: { name: peerSession(THEIRS), state } });
  await pe.forwards('10,11,12,13');
});
