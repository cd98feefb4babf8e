import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomOf } from '../../features/testing/random.ts';
import { isError } from './attributes.ts';
import { type BgpError, encodeMessage, HEADER, MESSAGE_MAX, MessageAssembler, MessageType } from './message.ts';
import { decodeOpen, encodeOpen } from './open.ts';
import { decodeUpdate, encodeAnnouncement, encodeEndOfRib, encodeWithdrawal, type Update } from './update.ts';

const internal = { isInternal: true, hasFourOctetAs: true };
const external = { isInternal: false, hasFourOctetAs: true };
const origin = { as: 65_000, ...internal };
const nextHop = Buffer.of(192, 0, 2, 1);
const nlri = [{ type: 4, value: Buffer.alloc(23, 7) }];
const extendedCommunities = [Buffer.from('0602000102030405', 'hex')];

const bodyOf = (message: Buffer | undefined): Buffer => Buffer.from((message as Buffer).subarray(HEADER));
const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex');

/** An UPDATE of these attributes. */
function update(attributes: string, more = ''): Buffer {
  const octets = hex(attributes);
  return Buffer.concat([Buffer.of(0, 0, octets.length >> 8, octets.length & 0xff), octets, hex(more)]);
}

function sound(body: Buffer, circumstances = internal): Update {
  const decoded = decodeUpdate(body, circumstances);
  assert.ok(!isError(decoded), `${(decoded as BgpError).text}`);
  return decoded;
}

const REACH = '800e 0e 0019 46 04 c0000201 00 04 03 aabbcc';
const MANDATORY = '4001 01 02  4002 00  4005 04 00000064';

test('OPEN: what it says comes back; an AS above 65,535 is in the capability', () => {
  for (const as of [65_000, 4_200_000_000]) {
    const open = decodeOpen(bodyOf(encodeOpen({ as, holdSeconds: 9, identifier: 0xc000_0201 })));
    const capabilities = { hasFourOctetAs: true, hasEvpn: true, hasRouteRefresh: true };
    assert.deepEqual(open, { as, holdSeconds: 9, identifier: 0xc000_0201, ...capabilities });
  }
  assert.equal(bodyOf(encodeOpen({ as: 4_200_000_000, holdSeconds: 9, identifier: 1 })).readUInt16BE(1), 23_456);
});

test('OPEN: errors have their subcode (RFC 4271 section 6.2)', () => {
  const good = bodyOf(encodeOpen({ as: 65_000, holdSeconds: 9, identifier: 1 }));
  const changed = (at: number, octets: string): Buffer => {
    const copy = Buffer.from(good);
    hex(octets).copy(copy, at);
    return copy;
  };
  const subcode = (body: Buffer): number => {
    const error = decodeOpen(body);
    assert.ok(isError(error));
    assert.equal(error.code, 2);
    return error.subcode;
  };
  assert.equal(subcode(changed(0, '03')), 1);
  assert.equal(subcode(changed(3, '0002')), 6);
  assert.equal(subcode(changed(5, '00000000')), 3);
  assert.equal(subcode(changed(10, '01')), 4);
  assert.equal(subcode(changed(9, '01')), 0);
  assert.equal(subcode(changed(11, '20')), 0);
  // RFC 9072: the same in its extended form.
  const parameters = good.subarray(10);
  const extended = Buffer.concat([
    good.subarray(0, 9),
    hex('ffff'),
    Buffer.of(0, parameters.length + 1, 2, 0, parameters.length - 2),
    parameters.subarray(2),
  ]);
  const open = decodeOpen(extended);
  assert.ok(!isError(open) && open.hasEvpn && open.as === 65_000);
});

test('routes come back as they were, in as few messages as they fit', () => {
  const many = Array.from({ length: 500 }, (_, at) => ({ type: 2, value: Buffer.alloc(33, at & 0xff) }));
  const messages = encodeAnnouncement({ nextHop, extendedCommunities, nlri: many }, origin);
  assert.equal(messages.length, Math.ceil((500 * 35) / (MESSAGE_MAX - 100)));
  const decoded = messages.map((message) => sound(bodyOf(message)));
  assert.deepEqual(
    decoded.flatMap(({ reached }) => reached.map(({ type, value }) => ({ type, value: Buffer.from(value) }))),
    many,
  );
  assert.deepEqual(decoded[0]?.extendedCommunities, extendedCommunities);
  assert.deepEqual(Buffer.from(decoded[0]?.nextHop ?? []), nextHop);
  const withdrawn = encodeWithdrawal(many).flatMap((message) => sound(bodyOf(message)).withdrawn);
  assert.equal(withdrawn.length, 500);
  assert.equal(sound(bodyOf(encodeEndOfRib())).isEndOfRib, true);
  assert.equal(sound(bodyOf(encodeWithdrawal(nlri)[0])).isEndOfRib, false);
});

test('to another AS: our AS in the path, no LOCAL_PREF; in two octets where the other end reads two', () => {
  const announcement = { nextHop, extendedCommunities, nlri };
  for (const hasFourOctetAs of [true, false]) {
    const [message] = encodeAnnouncement(announcement, { as: 65_000, isInternal: false, hasFourOctetAs });
    assert.deepEqual(sound(bodyOf(message), { isInternal: false, hasFourOctetAs }).asPath, [65_000]);
  }
  const [message] = encodeAnnouncement(announcement, { as: 4_200_000_000, isInternal: false, hasFourOctetAs: false });
  assert.deepEqual(sound(bodyOf(message), { isInternal: false, hasFourOctetAs: false }).asPath, [23_456]);
});

test('RFC 7606: routes with a damaged attribute count as withdrawn', () => {
  assert.equal(sound(update(MANDATORY + REACH)).reached.length, 1);
  const damaged: readonly [string, string][] = [
    ['no LOCAL_PREF', '4001 01 02 4002 00'],
    ['no ORIGIN', '4002 00 4005 04 00000064'],
    ['no AS_PATH', '4001 01 02 4005 04 00000064'],
    ['ORIGIN of another value', '4001 01 03 4002 00 4005 04 00000064'],
    ['flags of ORIGIN', 'c001 01 02 4002 00 4005 04 00000064'],
    ['a segment of no AS', '4001 01 02 4002 02 0200 4005 04 00000064'],
    ['LOCAL_PREF of three octets', '4001 01 02 4002 00 4005 03 000064'],
    ['MULTI_EXIT_DISC', `${MANDATORY} 8004 02 0000`],
    ['communities', `${MANDATORY} c008 03 000000`],
    ['extended communities', `${MANDATORY} c010 07 00000000000000`],
    ['no extended communities in their attribute', `${MANDATORY} c010 00`],
    ['CLUSTER_LIST', `${MANDATORY} 800a 03 000000`],
    ['ORIGINATOR_ID', `${MANDATORY} 8009 03 000000`],
    ['an attribute that is cut off', `${MANDATORY} ${REACH} 4001`],
  ];
  for (const [what, attributes] of damaged) {
    const decoded = sound(update(attributes.includes(REACH) ? attributes : `${REACH}${attributes}`));
    assert.equal(decoded.reached.length, 0, what);
    assert.equal(decoded.withdrawn.length, 1, what);
    assert.ok(decoded.problems.length > 0, what);
  }
});

test('RFC 7606: attributes that are left out cost no route', () => {
  const kept: readonly [string, string, typeof internal][] = [
    ['AGGREGATOR', `${MANDATORY} c007 02 0000`, internal],
    ['ATOMIC_AGGREGATE', `${MANDATORY} 4006 01 00`, internal],
    ['ORIGIN again', `${MANDATORY} 4001 01 03`, internal],
    ['LOCAL_PREF of another AS', '4001 01 02 4002 06 02010000fde8 4005 01 00', external],
    ['ORIGINATOR_ID of another AS', '4001 01 02 4002 06 02010000fde8 8009 01 00', external],
    ['an optional attribute that is not known', `${MANDATORY} c0c8 01 00`, internal],
    ['IPv4 routes', MANDATORY, internal],
  ];
  for (const [what, attributes, circumstances] of kept) {
    const body = update(`${REACH}${attributes}`, what === 'IPv4 routes' ? '18c00002' : '');
    assert.equal(sound(body, circumstances).reached.length, 1, what);
  }
});

test('RFC 7606: where it is not known which routes are meant, the session ends', () => {
  const ends: readonly [string, Buffer, number][] = [
    ['lengths', hex('0005 0000'), 1],
    ['attributes longer than the message', hex('0000 0005 4001'), 1],
    ['a damaged attribute without routes', update('4001 02 0202'), 1],
    ['MP_REACH_NLRI twice', update(REACH + REACH), 1],
    ['an NLRI that is cut off', update('800e 0d 0019 46 04 c0000201 00 04 03 aabb'), 9],
    ['a withdrawn NLRI that is cut off', update('800f 05 0019 46 04 03'), 9],
    ['a next hop of 5 octets', update('800e 0a 0019 46 05 c000020100 00'), 9],
    ['a well-known attribute that is not known', update('4063 00'), 2],
  ];
  for (const [what, body, subcode] of ends) {
    const error = decodeUpdate(body, internal);
    assert.ok(isError(error), what);
    assert.deepEqual([error.code, error.subcode], [3, subcode], what);
  }
});

test('messages come out of any pieces; a damaged header has its error', () => {
  const random = randomOf(3);
  const stream = Buffer.concat(
    Array.from({ length: 40 }, () => encodeAnnouncement({ nextHop, extendedCommunities, nlri }, origin)).flat(),
  );
  const assembler = new MessageAssembler();
  let count = 0;
  for (let at = 0; at < stream.length; ) {
    const end = at + 1 + Math.floor(random() * 200);
    const { messages, error } = assembler.take(Buffer.from(stream.subarray(at, end)));
    assert.equal(error, undefined);
    for (const { type, body } of messages) if (type === MessageType.update && sound(body)) count += 1;
    at = end;
  }
  assert.equal(count, 40);
  const errorOf = (octets: Buffer): readonly (number | undefined)[] => {
    const { error } = new MessageAssembler().take(octets);
    return [error?.code, error?.subcode];
  };
  const keepalive = encodeMessage(MessageType.keepalive, Buffer.alloc(0));
  const changed = (at: number, octet: number): Buffer => {
    const copy = Buffer.from(keepalive);
    copy[at] = octet;
    return copy;
  };
  assert.deepEqual(errorOf(changed(3, 0)), [1, 1]);
  assert.deepEqual(errorOf(changed(17, 20)), [1, 2]);
  assert.deepEqual(errorOf(changed(16, 255)), [1, 2]);
  assert.deepEqual(errorOf(changed(18, 9)), [1, 3]);
  assert.deepEqual(errorOf(keepalive), [undefined, undefined]);
});

test('random and damaged octets: an error or an UPDATE, and nothing else happens', () => {
  const random = randomOf(Number(process.env['SLUICE_FUZZ_SEED'] ?? 5));
  const rounds = Number(process.env['SLUICE_FUZZ'] ?? 20_000);
  const below = (limit: number): number => Math.floor(random() * limit);
  const valid = [
    bodyOf(encodeOpen({ as: 65_000, holdSeconds: 9, identifier: 1 })),
    bodyOf(encodeAnnouncement({ nextHop, extendedCommunities, nlri: [...nlri, ...nlri] }, origin)[0]),
    bodyOf(encodeWithdrawal(nlri)[0]),
    update(`${REACH}${MANDATORY} 8009 04 01020304 800a 04 01020304 c007 08 0000fde801020304 c008 04 00010002`),
  ];
  let accepted = 0;
  for (let round = 0; round < rounds; round += 1) {
    let body = Buffer.from(valid[below(valid.length)] as Buffer);
    if (random() < 0.2) body = Buffer.from(Array.from({ length: 10 + below(80) }, () => below(256)));
    for (let flips = below(4); flips > 0; flips -= 1) body[below(body.length)] = below(256);
    if (random() < 0.2) body = body.subarray(0, below(body.length));
    if (body.length >= 10) decodeOpen(body);
    if (body.length < 4) continue;
    for (const circumstances of [internal, external, { isInternal: true, hasFourOctetAs: false }]) {
      const decoded = decodeUpdate(body, circumstances);
      if (isError(decoded)) {
        assert.equal(decoded.code, 3);
        continue;
      }
      accepted += 1;
      for (const { value } of [...decoded.reached, ...decoded.withdrawn]) assert.ok(value.length < 256);
      for (const community of decoded.extendedCommunities) assert.equal(community.length, 8);
      assert.ok(decoded.reached.length === 0 || decoded.nextHop.length === 4 || decoded.nextHop.length === 16);
    }
    new MessageAssembler().take(body);
  }
  assert.ok(accepted > rounds / 20, `${accepted} of ${rounds} were taken`);
});
