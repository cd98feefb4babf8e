/**
 * A whole router with GoBGP as the foreign PE of a segment: configured by NETCONF, elected and taken over as GoBGP says or dies, read
 * back, and a control plane that is killed and comes again.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { runIn, until } from '../../lab/run.ts';
import { RpcError } from '../../src/northbound/netconf/client.ts';
import { bridgeDomain, bridgeDomains, editConfig, interfaces, port, subInterface } from '../configuration.ts';
import { Router } from '../router.ts';
import { segmentRoles, segmentState } from '../segment.ts';
import { configure, linuxHost } from '../topology.ts';
import { Gobgp, OURS, THEIRS } from './gobgp.ts';

const AS = 65_000;
/** Type 1 (LACP): system aa:bb:cc:dd:ee:ff, port key 10. */
const ESI = '01:aa:bb:cc:dd:ee:ff:00:0a:00';
const GOBGP_ESI = 'esi LACP aa:bb:cc:dd:ee:ff 10';
const SEGMENT = `esi ${THEIRS} ${GOBGP_ESI} rd ${THEIRS}:1`;
const VLANS = [10, 11, 20, 21] as const;
const evpn = 'urn:sluice:yang:sluice-evpn';
const segments = (content: string): string =>
  `<ethernet-segments xmlns="urn:sluice:yang:sluice-ethernet-segments">${content}</ethernet-segments>`;

const bgp = (neighbor = ''): string =>
  `<provider-edge><local-address>${OURS}</local-address><bgp xmlns="${evpn}"><as>${AS}</as><neighbor><remote-address>${THEIRS}</remote-address>${neighbor}</neighbor></bgp></provider-edge>`;
const NEIGHBOR = `<peer-as>${AS}</peer-as><timers><hold-time>9</hold-time><connect-retry-interval>1</connect-retry-interval></timers>`;
// GoBGP 3 drops an ES route with a DF Election community: none is sent with the default algorithm and without AC-DF.
const segment = `<ethernet-segment><name>ce1</name><ethernet-segment-identifier>${ESI}</ethernet-segment-identifier><interface>ce</interface>${VLANS.map((vlan) => `<vlan>${vlan}</vlan>`).join('')}<df-election><ac-influenced>false</ac-influenced><election-wait-time>200</election-wait-time></df-election><timers><recovery-time>0</recovery-time></timers><evpn xmlns="${evpn}"><foreign-settle-time>300</foreign-settle-time><evpn-instance><evi>77</evi><service-interface-type>vlan-aware-bundle</service-interface-type>${VLANS.map((vlan) => `<vlan>${vlan}</vlan>`).join('')}</evpn-instance></evpn></ethernet-segment>`;

/** A host in VLAN 10, and one frame. */
const MAC = '020000000001';
const SEND = `import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(('eth0', 0))
s.send(bytes.fromhex(''.join(sys.argv[1:])))`;

let gobgp: Gobgp;
let router: Router;
before(async () => {
  [gobgp, router] = await Promise.all([Gobgp.make(), Router.start()]);
});
after(async () => {
  await router.stop();
  await gobgp.delete();
});

async function forwards(vlans: readonly number[]): Promise<void> {
  await until(`VLANs ${vlans} here`, 30_000, async () => {
    const roles = await segmentRoles(router);
    const is = VLANS.every((vlan) => roles.get(vlan) === (vlans.includes(vlan) ? 'forwarder' : 'blocked'));
    return is || undefined;
  }).catch(async (error: Error) => {
    throw new Error(`${error.message}\n${await segmentState(router)}\n${router.output}`);
  });
}

/** The first element of this name in the state. */
async function said(name: string): Promise<string | undefined> {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(await segmentState(router))?.[1];
}

async function refused(content: string): Promise<RpcError> {
  const client = await router.connect();
  try {
    await client.rpc(editConfig('running', content));
  } catch (error) {
    assert.ok(error instanceof RpcError);
    return error;
  } finally {
    await client.close();
  }
  return assert.fail('it is taken');
}

test('a router and GoBGP on one segment', { timeout: 180_000 }, async () => {
  await gobgp.start({ as: AS, ourAs: AS });
  const host = await linuxHost(router, 'ce', '77.1');
  await configure(router, [
    interfaces(port('ce', router.device('ce')), ...VLANS.map((vlan) => subInterface('ce', vlan))),
    bridgeDomains(bridgeDomain('vlan10', ['ce.10'])),
  ]);

  // Refused with its place: a segment before there is BGP.
  const error = await refused(
    segments(`<provider-edge><local-address>${OURS}</local-address></provider-edge>${segment}`),
  );
  assert.equal(error.tag, 'invalid-value');
  assert.match(error.path ?? '', /ethernet-segment\[[^\]]*name='ce1'\]\/[^/]*:evpn$/);

  await configure(router, [segments(bgp(NEIGHBOR) + segment)]);
  await forwards(VLANS);
  await until('Established', 30_000, async () => (await gobgp.state()) === 'ESTABLISHED' || undefined);
  // Service carving: ordinal 0 is ours, ordinal 1 GoBGP's.
  await gobgp.route('add', SEGMENT);
  await forwards([10, 20]);

  const state = await segmentState(router);
  assert.match(state, /<session-state>established<\/session-state>/);
  assert.match(state, new RegExp(`<identifier>${THEIRS}</identifier>`));
  assert.match(state, /<prefixes><received>1<\/received><sent>6<\/sent><unusable>0<\/unusable><\/prefixes>/);
  const peer = new RegExp(
    `<foreign-peer><address>${THEIRS}</address><alive>true</alive>.*<elected-vlans>2</elected-vlans>`,
    's',
  );
  assert.match(state, peer);
  assert.match(state, new RegExp(`<vlan-id>11</vlan-id><role>blocked</role><elected>${THEIRS}</elected>`));

  // What the bridge learns behind the segment, GoBGP hears.
  await runIn(host, 'python3', '-c', SEND, 'ffffffffffff', MAC, '8100000a0806', '00'.repeat(46));
  await until(
    'the address',
    20_000,
    async () => (await gobgp.routes()).includes('[etag:10][mac:02:00:00:00:00:01]') || undefined,
  );
  assert.equal(await said('announced-macs'), '1');

  // It withdraws its ES route: at once all is ours; it comes back.
  await gobgp.route('del', SEGMENT);
  await forwards(VLANS);
  await gobgp.route('add', SEGMENT);
  await forwards([10, 20]);

  // A change that does not name the session leaves it; one that does begins it anew.
  await configure(router, [interfaces(port('spare'))]);
  assert.equal(await said('established-transitions'), '1');
  await configure(router, [segments(bgp('<timers><hold-time>12</hold-time></timers>'))]);
  await until('a new session', 30_000, async () => (await said('established-transitions')) === '2' || undefined);
  await forwards([10, 20]);

  // The control plane is killed: GoBGP takes us for gone, the engine goes on; the next one finds GoBGP again.
  await router.kill('sluiced');
  await until('gone', 30_000, async () => !(await gobgp.routes()).includes(`rd:${OURS}`) || undefined);
  await until(
    'again',
    30_000,
    async () => (await gobgp.routes()).includes(`[type:esi][rd:${OURS}:65000]`) || undefined,
  );
  await forwards([10, 20]);

  // It dies without a word.
  await gobgp.kill();
  await forwards(VLANS);
  assert.notEqual(await said('session-state'), 'established');
  assert.notEqual(await said('last-error'), undefined);
});
