/** Two PEs that speak nothing but EVPN to each other, their BGP sessions joined in memory; and a peer that means ill. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BgpSession } from '../../../platform/bgp/session.ts';
import { randomOf } from '../../testing/random.ts';
import type { Event } from '../decision/event.ts';
import type { Advert } from '../decision/message.ts';
import { eventText } from '../decision/text.ts';
import { type VlanSet, vlanRange, vlanSet, vlansText } from '../decision/vlan-set.ts';
import { MacTable } from '../exchange/mac-table.ts';
import { dfElection, esImport, esiLabel, NO_DF_ELECTION, routeTarget } from './communities.ts';
import { EvpnPeers } from './evpn-peers.ts';
import { encodeRoute, MAX_ET, type Route, routeDistinguisher } from './nlri.ts';
import type { Telling } from './own-routes.ts';
import type { EvpnSegment } from './segment.ts';

const ESI = '01aabbccddeeff000a00';
const AS = 65_000;
const ADDRESSES = ['192.0.2.1', '192.0.2.2'] as const;

let identifiers = 0;

interface Options {
  readonly vlans?: number;
  readonly liveness?: 'bgp' | 'bfd';
  readonly own?: readonly string[];
  readonly routesMax?: number;
  readonly macRoutesMax?: number;
  /** Each VLAN is an EVI of its own. */
  readonly isVlanBased?: boolean;
}

class Pe {
  readonly events: string[] = [];
  readonly heard: Event[] = [];
  readonly notes: string[] = [];
  readonly asked: string[] = [];
  readonly segments: readonly EvpnSegment[];
  readonly ownMacs = new MacTable();
  readonly theirMacs = new MacTable();
  readonly remoteMacs = new MacTable();
  readonly evpn: EvpnPeers;

  constructor(
    address: string,
    { vlans = 4, liveness = 'bgp', own = [], routesMax, macRoutesMax, isVlanBased = false }: Options = {},
  ) {
    this.segments = [
      {
        esi: ESI,
        address,
        own,
        rdNumber: 60_000,
        evis: Array.from({ length: vlans }, (_, at) => ({
          vlan: at + 1,
          routeTarget: routeTarget(AS, isVlanBased ? at + 1 : 1),
          tag: isVlanBased ? 0 : at + 1,
          rdNumber: isVlanBased ? at + 1 : 1,
          label: 16 * (at + 1) + 1,
        })),
        ownMacs: this.ownMacs,
        theirMacs: this.theirMacs,
        take: (event) => {
          this.heard.push(event);
          this.events.push(eventText(event));
        },
      },
    ];
    this.evpn = new EvpnPeers({
      as: AS,
      identifier: address,
      hasBfd: () => liveness === 'bfd',
      segments: this.segments,
      remoteMacs: this.remoteMacs,
      wake: () => {},
      askAgain: (session) => this.asked.push(session),
      note: (_, text) => this.notes.push(text),
      ...(routesMax === undefined ? {} : { routesMax }),
      ...(macRoutesMax === undefined ? {} : { macRoutesMax }),
    });
  }

  session(name: string): BgpSession {
    identifiers += 1;
    return new BgpSession({ as: AS, identifier: identifiers, holdSeconds: 9 }, AS, {
      opened: () => undefined,
      established: () => this.evpn.up(name, { isInternal: true }),
      updated: (update) => this.evpn.update(name, update),
      next: () => this.evpn.next(name),
      refresh: () => this.evpn.refresh(name),
    });
  }
}

/** Carries messages both ways until nothing is left; their octets. */
function carry(a: BgpSession, b: BgpSession): number {
  let octets = 0;
  for (let isDone = false; !isDone; ) {
    isDone = true;
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      for (let message = from.take(); message !== undefined; message = from.take()) {
        isDone = false;
        octets += message.length;
        assert.equal(to.receive(message), undefined);
      }
    }
  }
  return octets;
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function advert(able: VlanSet, more: Partial<Advert> = {}): Advert {
  return { ...NO_DF_ELECTION, acDf: true, able, draining: false, pins: [], ...more };
}

test('what one announces the other takes as its advert; withdrawn, changed, lost', async () => {
  const [a, b] = [new Pe(ADDRESSES[0]), new Pe(ADDRESSES[1])];
  a.evpn.announce(ESI, advert(vlanRange(1, 4)));
  a.ownMacs.add(2, 0x0200_0000_0001);
  const [x, y] = [a.session(ADDRESSES[1]), b.session(ADDRESSES[0])];
  const tell = async (): Promise<string[]> => {
    carry(x, y);
    await settled();
    return b.events.splice(0);
  };
  assert.deepEqual(await tell(), ['foreign 192.0.2.1 able 1-4', 'liveness 192.0.2.1 alive']);
  assert.deepEqual([...b.theirMacs.of(2)], [0x0200_0000_0001]);
  a.evpn.announce(ESI, advert(vlanRange(1, 3)));
  assert.deepEqual(await tell(), ['foreign 192.0.2.1 able 1-3']);
  a.evpn.announce(ESI, advert(vlanRange(1, 3), { method: 'preference', preference: 7, dontPreempt: true }));
  assert.deepEqual(await tell(), ['foreign 192.0.2.1 able 1-3 preference 7 dont-preempt']);
  a.evpn.announce(ESI, advert(vlanRange(1, 3), { acDf: false, method: 'highest-random-weight' }));
  assert.deepEqual(await tell(), ['foreign 192.0.2.1 able 1-4 no-ac-df'], 'without AC-DF the circuits do not count');
  a.ownMacs.remove(2, 0x0200_0000_0001);
  a.evpn.announce(ESI, undefined);
  assert.deepEqual(await tell(), ['foreign 192.0.2.1 withdrawn', 'liveness 192.0.2.1 lost']);
  assert.equal(b.theirMacs.size, 0);
  a.evpn.announce(ESI, advert(vlanSet([4])));
  assert.deepEqual(await tell(), ['foreign 192.0.2.1 able 4', 'liveness 192.0.2.1 alive']);
  b.evpn.down(ADDRESSES[0], 'closed');
  assert.deepEqual(b.events.splice(0), ['liveness 192.0.2.1 lost', 'session 192.0.2.1 down']);
  assert.deepEqual(b.notes, ['closed']);
});

test('liveness by BFD: the routes say what a PE is, and not that it lives', async () => {
  const [a, b] = [new Pe(ADDRESSES[0]), new Pe(ADDRESSES[1], { liveness: 'bfd' })];
  a.evpn.announce(ESI, advert(vlanRange(1, 4)));
  b.evpn.setLiveness(ADDRESSES[0], true);
  carry(a.session(ADDRESSES[1]), b.session(ADDRESSES[0]));
  await settled();
  b.evpn.down(ADDRESSES[0], 'closed');
  b.evpn.setLiveness(ADDRESSES[0], false);
  const alive = 'liveness 192.0.2.1 alive';
  const expected = [alive, 'foreign 192.0.2.1 able 1-4', alive, 'session 192.0.2.1 down', 'liveness 192.0.2.1 lost'];
  assert.deepEqual(b.events, expected);
});

test('two sessions tell the same, such as of two route reflectors: it is there while one tells it', async () => {
  const [a, b] = [new Pe(ADDRESSES[0]), new Pe(ADDRESSES[1])];
  a.evpn.announce(ESI, advert(vlanRange(1, 4)));
  a.ownMacs.add(1, 5);
  for (const name of ['198.51.100.1', '198.51.100.2']) carry(a.session(name), b.session(name));
  await settled();
  assert.equal(b.events.length, 2);
  b.evpn.down('198.51.100.1', 'closed');
  assert.equal(b.events.length, 2);
  assert.equal(b.theirMacs.size, 1);
  b.evpn.down('198.51.100.2', 'closed');
  assert.equal(b.events.length, 4);
  assert.equal(b.theirMacs.size, 0);
});

test('a PE of ours is none of the foreign ones, and our own routes come back to nobody', async () => {
  const [a, b] = [new Pe(ADDRESSES[0]), new Pe(ADDRESSES[1], { own: [ADDRESSES[0]] })];
  a.evpn.announce(ESI, advert(vlanRange(1, 4)));
  carry(a.session(ADDRESSES[1]), b.session(ADDRESSES[0]));
  await settled();
  assert.deepEqual(b.events, []);
  const reflected = new Pe(ADDRESSES[0]);
  reflected.evpn.up('rr', { isInternal: true });
  const route = encodeRoute({
    type: 'ethernet-segment',
    rd: routeDistinguisher('192.0.2.9', 1),
    esi: ESI,
    originator: '192.0.2.9',
  });
  const update = {
    withdrawn: [],
    reached: [route],
    nextHop: Buffer.of(192, 0, 2, 9),
    asPath: [],
    extendedCommunities: [Buffer.from(esImport(ESI), 'hex')],
    isEndOfRib: false,
    problems: [],
  };
  reflected.evpn.update('rr', { ...update, originatorId: 0xc000_0201 });
  await settled();
  assert.deepEqual(reflected.events, []);
  reflected.evpn.update('rr', { ...update, originatorId: 0xc000_0202 });
  await settled();
  assert.equal(reflected.events[0], 'foreign 192.0.2.9 able 1-4 no-ac-df');
  reflected.evpn.up('ebgp', { isInternal: false });
  reflected.evpn.update('rr', { ...update, reached: [], withdrawn: [route], originatorId: undefined });
  reflected.evpn.update('ebgp', { ...update, asPath: [1, AS], originatorId: undefined });
  await settled();
  assert.deepEqual(reflected.events.slice(2), ['foreign 192.0.2.9 withdrawn', 'liveness 192.0.2.9 lost']);
});

for (const isVlanBased of [false, true]) {
  const service = isVlanBased ? 'an EVI for each VLAN' : 'a VLAN-aware bundle';
  test(`4,094 VLANs and 20,000 addresses as ${service}: in order, once, as few octets as it takes`, async () => {
    const options = { vlans: 4094, isVlanBased };
    const [a, b] = [new Pe(ADDRESSES[0], options), new Pe(ADDRESSES[1], options)];
    for (let mac = 0; mac < 20_000; mac += 1) a.ownMacs.add(1 + (mac % 4094), mac);
    a.evpn.announce(ESI, advert(vlanRange(1, 4094)));
    const [x, y] = [a.session(ADDRESSES[1]), b.session(ADDRESSES[0])];
    let from = performance.now();
    const octets = carry(x, y);
    await settled();
    const allMs = performance.now() - from;
    assert.deepEqual(b.events, ['foreign 192.0.2.1 able 1-4094', 'liveness 192.0.2.1 alive']);
    assert.equal(b.theirMacs.size, 20_000);
    from = performance.now();
    a.evpn.announce(ESI, advert(vlanRange(2, 4094)));
    const change = carry(x, y);
    await settled();
    console.log(
      `${service}: ${octets} octets in ${allMs.toFixed(0)} ms; one circuit: ${change} octets in ${(performance.now() - from).toFixed(0)} ms`,
    );
    assert.equal(b.events.at(-1), 'foreign 192.0.2.1 able 2-4094');
    assert.ok(change < 100);
  });
}

test('a session has a limit', () => {
  const [a, b] = [new Pe(ADDRESSES[0]), new Pe(ADDRESSES[1], { routesMax: 10 })];
  for (let mac = 0; mac < 50; mac += 1) a.ownMacs.add(1, mac);
  const [x, y] = [a.session(ADDRESSES[1]), b.session(ADDRESSES[0])];
  let end: ReturnType<BgpSession['receive']>;
  for (let round = 0; round < 9 && end === undefined; round += 1) {
    for (let message = y.take(); message !== undefined; message = y.take()) x.receive(message);
    for (let message = x.take(); message !== undefined && end === undefined; message = x.take())
      end = y.receive(message);
  }
  assert.ok(end !== undefined && 'error' in end);
  assert.deepEqual([end.error.code, end.error.subcode], [6, 1]);
});

test('random routes, announced and withdrawn in any order: what is left is what was not withdrawn', async () => {
  const random = randomOf(Number(process.env['SLUICE_FUZZ_SEED'] ?? 1));
  const below = (limit: number): number => Math.floor(random() * limit);
  const b = new Pe(ADDRESSES[1]);
  b.evpn.up('rr', { isInternal: true });
  const route = (): Route => {
    const rd = routeDistinguisher('192.0.2.1', below(2));
    switch (below(3)) {
      case 0:
        return { type: 'ethernet-segment', rd, esi: ESI, originator: ADDRESSES[0] };
      case 1:
        return { type: 'ethernet-ad', rd, esi: ESI, tag: [MAX_ET, 1, 2, 3, 9][below(5)] as number, label: 0 };
      default:
        return {
          type: 'mac-ip',
          rd,
          esi: random() < 0.5 ? ESI : '00'.repeat(10),
          tag: 1 + below(3),
          mac: below(3),
          ip: undefined,
          label: below(2),
        };
    }
  };
  const communities = [
    Buffer.from(esImport(ESI), 'hex'),
    Buffer.from(routeTarget(AS, 1), 'hex'),
    esiLabel(true),
    dfElection({ ...NO_DF_ELECTION, acDf: true }),
  ];
  const common = {
    nextHop: Buffer.of(192, 0, 2, 1),
    asPath: [],
    originatorId: undefined,
    isEndOfRib: false,
    problems: [],
  };
  const there = new Map<string, Telling | Route>();
  for (let round = 0; round < 5_000; round += 1) {
    const one = route();
    const isThere = random() < 0.6;
    // Sometimes its communities are others, so that it is nothing to us any more.
    const isForeign = isThere && random() < 0.1;
    b.evpn.update('rr', {
      ...common,
      reached: isThere ? [encodeRoute(one)] : [],
      withdrawn: isThere ? [] : [encodeRoute(one)],
      extendedCommunities: isForeign ? [] : communities,
    });
    if (round % 100 === 0) await settled();
    const key = one.type === 'mac-ip' ? `${one.rd} ${one.tag} ${one.mac}` : JSON.stringify(one);
    // Of an A-D route of the whole segment it is the ESI that counts.
    const isKept = isThere && (!isForeign || (one.type === 'ethernet-ad' && one.tag === MAX_ET));
    if (isKept) there.set(key, one);
    else there.delete(key);
  }
  await settled();
  const left = [...there.values()] as Route[];
  const macs = (esi: string): number =>
    new Set(left.flatMap((one) => (one.type === 'mac-ip' && one.esi === esi ? [`${one.tag} ${one.mac}`] : []))).size;
  assert.equal(b.theirMacs.size, macs(ESI));
  assert.equal(b.remoteMacs.size, macs('00'.repeat(10)));
  const isUp = left.some(({ type }) => type === 'ethernet-segment');
  const isServing = left.some((one) => one.type === 'ethernet-ad' && one.tag === MAX_ET);
  const tags = left.flatMap((one) => (one.type === 'ethernet-ad' && one.tag < 4 ? [one.tag] : []));
  const last = b.heard.filter(({ type }) => type === 'foreign').at(-1);
  const expected = isUp ? vlansText(isServing ? vlanSet(tags) : vlanSet([])) : undefined;
  assert.equal(
    last?.type === 'foreign' && last.advert !== undefined ? vlansText(last.advert.able) : undefined,
    expected,
  );
  b.evpn.down('rr', 'closed');
  assert.deepEqual([b.theirMacs.size, b.remoteMacs.size], [0, 0]);
});

/** One session of a PE that tells these routes again whenever it is asked. */
function telling(of: Pe, routes: readonly Route[], communities: readonly Buffer[]): () => void {
  of.evpn.up('rr', { isInternal: true });
  const tellAll = (): void => {
    of.evpn.update('rr', {
      withdrawn: [],
      reached: routes.map(encodeRoute),
      nextHop: Buffer.of(192, 0, 2, 9),
      asPath: [],
      originatorId: undefined,
      extendedCommunities: communities,
      isEndOfRib: false,
      problems: [],
    });
  };
  tellAll();
  return tellAll;
}

/** What the session hears until nothing is left: by type, announced (+) and withdrawn (-). */
function heard(of: Pe): string[] {
  const words: string[] = [];
  for (let next = of.evpn.next('rr'); next !== undefined; next = of.evpn.next('rr')) {
    const nlri = next.type === 'announce' ? next.announcement.nlri : next.type === 'withdraw' ? next.nlri : [];
    for (const { type } of nlri) words.push(`${next.type === 'announce' ? '+' : '-'}${type}`);
  }
  return words;
}

test('segments and their VLANs change in place: what is the same is not told again', async () => {
  const a = new Pe(ADDRESSES[0], { isVlanBased: true });
  const [segment] = a.segments;
  assert.ok(segment !== undefined);
  const rd = routeDistinguisher('192.0.2.9', 1);
  const routes: readonly Route[] = [
    { type: 'ethernet-segment', rd, esi: ESI, originator: '192.0.2.9' },
    { type: 'ethernet-ad', rd, esi: ESI, tag: MAX_ET, label: 0 },
    { type: 'ethernet-ad', rd, esi: ESI, tag: 0, label: 0 },
    { type: 'mac-ip', rd, esi: ESI, tag: 0, mac: 9, ip: undefined, label: 0 },
  ];
  const communities = [
    Buffer.from(esImport(ESI), 'hex'),
    // That of VLAN 5, which is none of the segment yet.
    Buffer.from(routeTarget(AS, 5), 'hex'),
    dfElection({ ...NO_DF_ELECTION, acDf: true }),
  ];
  const tellAll = telling(a, routes, communities);
  await settled();
  assert.deepEqual(a.events.splice(0), ['foreign 192.0.2.9 able -', 'liveness 192.0.2.9 alive']);
  a.evpn.announce(ESI, advert(vlanRange(1, 5)));
  a.ownMacs.add(1, 7);
  a.ownMacs.add(5, 8);
  assert.deepEqual(heard(a).sort(), ['+1', '+1', '+1', '+1', '+1', '+2', '+4']);

  // The same: nothing happens.
  a.evpn.configure([{ ...segment }]);
  assert.deepEqual([heard(a), a.asked], [[], []]);
  // VLAN 5 comes: its A-D route and its address are told, and the segment's with one route target more.
  const five = { vlan: 5, routeTarget: routeTarget(AS, 5), tag: 0, rdNumber: 5, label: 0 };
  a.evpn.announce(ESI, advert(vlanRange(1, 5)));
  a.evpn.configure([{ ...segment, evis: [...segment.evis, five] }]);
  assert.deepEqual(a.asked.splice(0), ['rr']);
  tellAll();
  await settled();
  assert.deepEqual(a.events.splice(0), ['foreign 192.0.2.9 able 5']);
  assert.deepEqual([...a.theirMacs.of(5)], [9]);
  assert.deepEqual(heard(a).sort(), ['+1', '+1', '+2']);
  assert.equal(a.evpn.counts('rr').received, 4);
  // Its route target is another: nobody is asked for less, and what was imported by the old one goes.
  a.evpn.configure([{ ...segment, evis: [...segment.evis, { ...five, routeTarget: routeTarget(AS, 55) }] }]);
  await settled();
  assert.deepEqual(a.events.splice(0), ['foreign 192.0.2.9 able -']);
  assert.equal(a.theirMacs.size, 0);
  assert.deepEqual(heard(a).sort(), ['+1', '+1', '+2']);
  assert.deepEqual(a.asked.splice(0), ['rr']);
  // VLAN 5 goes.
  a.evpn.configure([segment]);
  assert.deepEqual(heard(a).sort(), ['+1', '-1', '-2']);
  assert.deepEqual(a.asked, []);
  // A PE of ours from now on; then again a foreign one.
  a.evpn.configure([{ ...segment, own: ['192.0.2.9'] }]);
  await settled();
  assert.deepEqual(a.events.splice(0), ['foreign 192.0.2.9 withdrawn', 'liveness 192.0.2.9 lost']);
  a.evpn.configure([segment]);
  assert.deepEqual(a.asked.splice(0), ['rr']);
  tellAll();
  await settled();
  assert.deepEqual(a.events.splice(0), ['foreign 192.0.2.9 able -', 'liveness 192.0.2.9 alive']);
  // Asked anew: all routes once more.
  const all = ['+1', '+1', '+1', '+1', '+1', '+2', '+4'];
  a.evpn.refresh('rr');
  assert.deepEqual(heard(a).sort(), all);
  // However often, before it has heard them: twice.
  for (let count = 0; count < 9; count += 1) a.evpn.refresh('rr');
  assert.deepEqual(heard(a).sort(), [...all, ...all].sort());
  // The segment goes: all routes are withdrawn, the decision hears nothing more.
  a.evpn.configure([]);
  await settled();
  assert.deepEqual(heard(a).sort(), ['-1', '-1', '-1', '-1', '-1', '-2', '-4']);
  assert.deepEqual(a.events, []);
  assert.deepEqual(a.evpn.counts('rr'), { received: 0, sent: 0, unusable: 0 });
});

test('BFD that is configured no more: the ES route says who lives', async () => {
  const a = new Pe(ADDRESSES[0], { liveness: 'bfd' });
  const rd = routeDistinguisher('192.0.2.9', 1);
  telling(
    a,
    [{ type: 'ethernet-segment', rd, esi: ESI, originator: '192.0.2.9' }],
    [Buffer.from(esImport(ESI), 'hex')],
  );
  await settled();
  assert.deepEqual(a.events.splice(0), ['foreign 192.0.2.9 able 1-4 no-ac-df']);
  a.evpn.forgetLiveness('192.0.2.9');
  assert.deepEqual(a.events, ['liveness 192.0.2.9 alive']);
});

test('addresses above the bound are left out, and counted', () => {
  const most = 10;
  const a = new Pe(ADDRESSES[0], { macRoutesMax: most });
  for (let mac = 0; mac < most + 3; mac += 1) a.ownMacs.add(1, mac);
  const { macs, leftOut } = a.evpn.routesOf(ESI) ?? {};
  assert.deepEqual([macs, leftOut], [most, 3]);
  a.ownMacs.remove(1, 0);
  a.ownMacs.add(1, most + 9);
  assert.equal(a.evpn.routesOf(ESI)?.macs, most);
});
