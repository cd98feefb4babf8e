import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomOf } from '../../testing/random.ts';
import {
  type DfElection,
  decodeCommunities,
  dfElection,
  esImport,
  esiLabel,
  NO_DF_ELECTION,
  routeTarget,
} from './communities.ts';
import { decodeRoute, encodeRoute, MAX_ET, mplsLabel, type Route, routeDistinguisher, routeKey } from './nlri.ts';

const ESI = '01aabbccddeeff000a00';
const rd = routeDistinguisher('192.0.2.1', 7);

const ROUTES: readonly Route[] = [
  { type: 'ethernet-ad', rd, esi: ESI, tag: MAX_ET, label: 0 },
  { type: 'ethernet-ad', rd, esi: ESI, tag: 4094, label: mplsLabel(1_048_575) },
  { type: 'mac-ip', rd, esi: ESI, tag: 10, mac: 2 ** 48 - 1, ip: undefined, label: 0xff_ffff },
  { type: 'mac-ip', rd, esi: ESI, tag: 0, mac: 1, ip: '192.0.2.9', label: 1, secondLabel: 2 },
  { type: 'mac-ip', rd, esi: ESI, tag: 0, mac: 1, ip: '2001:db8::9', label: 1 },
  { type: 'ethernet-segment', rd, esi: ESI, originator: '192.0.2.1' },
  { type: 'ethernet-segment', rd, esi: ESI, originator: '2001:db8::1' },
];

test('routes come back as they were', () => {
  for (const route of ROUTES) assert.deepEqual(decodeRoute(encodeRoute(route)), { value: route });
  assert.equal(encodeRoute(ROUTES[5] as Route).value.toString('hex'), `0001c00002010007${ESI}20c0000201`);
  assert.equal(decodeRoute({ type: 5, value: Buffer.alloc(34) }), undefined);
});

test('a key leaves out what may change: labels, and the ESI of an address (RFC 7432 section 7)', () => {
  assert.equal(new Set(ROUTES.map(routeKey)).size, ROUTES.length);
  const [, ad, mac] = ROUTES as [Route, Route, Route];
  assert.equal(routeKey({ ...ad, label: 5 } as Route), routeKey(ad));
  assert.equal(routeKey({ ...mac, label: 5, esi: '0'.repeat(20) } as Route), routeKey(mac));
});

test('communities are those of the registries', () => {
  assert.equal(esImport(ESI), '0602aabbccddeeff');
  assert.equal(esiLabel(true).toString('hex'), '0601010000000000');
  assert.equal(routeTarget(65_000, 77), '0002fde80000004d');
  assert.equal(routeTarget(4_200_000_000, 77), '0202fa56ea00004d');
  const election: DfElection = { method: 'preference', acDf: true, dontPreempt: true, preference: 500 };
  assert.equal(dfElection(election).toString('hex'), '060602c0000001f4');
  for (const one of [election, { ...NO_DF_ELECTION, method: 'highest-random-weight', acDf: true } as const]) {
    assert.deepEqual(decodeCommunities([dfElection(one)]).dfElection, one);
  }
  assert.deepEqual(decodeCommunities([]).dfElection, NO_DF_ELECTION);
  // Two that differ, and an algorithm that is not known: the default one.
  const other = dfElection({ ...election, preference: 501 });
  assert.deepEqual(decodeCommunities([dfElection(election), other]).dfElection, NO_DF_ELECTION);
  assert.equal(decodeCommunities([Buffer.from('0606034000000000', 'hex')]).dfElection.method, 'default-7432');
  const all = decodeCommunities(
    [esImport(ESI), routeTarget(1, 2), '0106000000000000', '030c000000000008'].map((one) => Buffer.from(one, 'hex')),
  );
  assert.deepEqual(all, {
    routeTargets: [routeTarget(1, 2)],
    esImports: [esImport(ESI)],
    isSingleActive: undefined,
    dfElection: NO_DF_ELECTION,
  });
});

test('random and damaged octets are refused, or have one meaning', () => {
  const random = randomOf(Number(process.env['SLUICE_FUZZ_SEED'] ?? 7));
  const rounds = Number(process.env['SLUICE_FUZZ'] ?? 20_000);
  const below = (limit: number): number => Math.floor(random() * limit);
  const valid = ROUTES.map(encodeRoute);
  let accepted = 0;
  for (let round = 0; round < rounds; round += 1) {
    const { type, value } = valid[below(valid.length)] as (typeof valid)[number];
    let octets = Buffer.from(value);
    for (let flips = below(3); flips > 0; flips -= 1) octets[below(octets.length)] = below(256);
    if (random() < 0.2) octets = octets.subarray(0, below(octets.length));
    if (random() < 0.1) octets = Buffer.concat([octets, Buffer.alloc(1 + below(5))]);
    const decoded = decodeRoute({ type, value: octets });
    if (decoded !== undefined && 'value' in decoded) {
      accepted += 1;
      assert.deepEqual(encodeRoute(decoded.value).value, octets);
    }
    const community = Buffer.from(Array.from({ length: 8 }, (_, at) => (at < 2 ? below(8) : below(256))));
    const { dfElection: its } = decodeCommunities([community]);
    assert.deepEqual(decodeCommunities([dfElection(its)]).dfElection, its);
  }
  assert.ok(accepted > rounds / 5, `${accepted} of ${rounds} were taken`);
});
