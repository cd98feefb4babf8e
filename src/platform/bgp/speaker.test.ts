/** Speakers on 127.0.0.0/8, and plain sockets that say what no speaker would. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { until } from '../../../lab/run.ts';
import { encodeMessage, MessageAssembler, MessageType } from './message.ts';
import { encodeOpen } from './open.ts';
import type { Telling } from './session.ts';
import { BgpSpeaker, type SpeakerOptions } from './speaker.ts';
import type { Update } from './update.ts';

const [ONE, TWO] = ['127.0.77.1', '127.0.77.2'] as const;
const AS = 65_000;
const announcement = {
  nextHop: Buffer.of(127, 0, 77, 1),
  extendedCommunities: [Buffer.alloc(8)],
  nlri: [{ type: 4, value: Buffer.alloc(23) }],
};

class End {
  readonly ups: string[] = [];
  readonly downs: string[] = [];
  readonly notes: string[] = [];
  readonly updates: Update[] = [];
  readonly tellings: Telling[] = [];
  readonly refreshes: string[] = [];
  readonly speaker: BgpSpeaker;

  constructor(identifier: number, options: Pick<SpeakerOptions, 'peers' | 'listen' | 'times'>, holdSeconds = 9) {
    this.speaker = new BgpSpeaker({
      local: { as: AS, identifier, holdSeconds },
      ...options,
      times: { retryMs: 50, ...options.times },
      client: {
        up: (peer) => this.ups.push(peer),
        down: (_, reason) => this.downs.push(reason),
        update: (_, update) => {
          this.updates.push(update);
          return undefined;
        },
        next: () => this.tellings.shift(),
        refresh: (peer) => this.refreshes.push(peer),
        note: (_, text) => this.notes.push(text),
      },
    });
  }
}

const seen = (what: string, is: () => boolean): Promise<true> =>
  until(what, 10_000, () => (is() ? (true as const) : undefined));

/** A speaker at TWO that waits for ONE. */
async function listening(times: SpeakerOptions['times'] = {}, hold = 9): Promise<{ end: End; port: number }> {
  const end = new End(2, { peers: [{ address: ONE, as: AS }], listen: { host: TWO, port: 0 }, times }, hold);
  return { end, port: (await end.speaker.start()) as number };
}

function dialling(port: number, hold = 9): End {
  return new End(1, { peers: [{ address: TWO, as: AS, dials: { port, localAddress: ONE } }] }, hold);
}

/** A plain socket from ONE, and the messages that it got. */
async function plain(port: number): Promise<{ socket: Socket; types: number[]; errors: number[][] }> {
  const socket = connect({ host: TWO, port, localAddress: ONE });
  const [types, errors]: [number[], number[][]] = [[], []];
  const assembler = new MessageAssembler();
  socket.on('error', () => {});
  socket.on('data', (octets: Buffer) => {
    for (const { type, body } of assembler.take(octets).messages) {
      types.push(type);
      if (type === MessageType.notification) errors.push([...body.subarray(0, 2)]);
    }
  });
  await once(socket, 'connect');
  return { socket, types, errors };
}

const keepalive = encodeMessage(MessageType.keepalive, Buffer.alloc(0));
const open = (more: Partial<Parameters<typeof encodeOpen>[0]> = {}): Buffer =>
  encodeOpen({ as: AS, holdSeconds: 9, identifier: 1, ...more });

test('a session, routes, an end with a NOTIFICATION, and a session again', async () => {
  const { end: two, port } = await listening();
  const one = dialling(port);
  one.tellings.push({ type: 'announce', announcement }, { type: 'end-of-rib' });
  await one.speaker.start();
  await seen('routes', () => two.updates.length === 2);
  assert.equal(two.updates[0]?.reached.length, 1);
  assert.equal(two.updates[1]?.isEndOfRib, true);
  one.tellings.push({ type: 'withdraw', nlri: announcement.nlri });
  one.speaker.wake(TWO);
  await seen('the withdrawal', () => two.updates[2]?.withdrawn.length === 1);
  two.speaker.reset(ONE, { code: 6, subcode: 4, data: Buffer.alloc(0), text: 'reset by the test' });
  await seen('again', () => two.ups.length === 2 && one.ups.length === 2);
  assert.deepEqual(one.downs, ['NOTIFICATION 6/4 (cease)']);
  assert.deepEqual(two.downs, ['reset by the test']);
  await one.speaker.close();
  await seen('the end', () => two.downs.length === 2);
  assert.equal(two.downs[1], 'NOTIFICATION 6/2 (cease)');
  await two.speaker.close();
});

test('both connect: one connection stays (RFC 4271 section 6.8)', async () => {
  const [portOne, portTwo] = [17_901, 17_902];
  const of = (own: string, peer: string, listen: number, port: number, identifier: number): End =>
    new End(identifier, {
      peers: [{ address: peer, as: AS, dials: { port, localAddress: own } }],
      listen: { host: own, port: listen },
    });
  const [one, two] = [of(ONE, TWO, portOne, portTwo, 1), of(TWO, ONE, portTwo, portOne, 2)];
  await Promise.all([one.speaker.start(), two.speaker.start()]);
  await seen('both up', () => one.ups.length > 0 && two.ups.length > 0);
  for (const end of [one, two]) end.tellings.push({ type: 'announce', announcement });
  one.speaker.wake(TWO);
  two.speaker.wake(ONE);
  await seen('routes both ways', () => one.updates.length === 1 && two.updates.length === 1);
  assert.deepEqual([one.downs, two.downs, one.ups.length, two.ups.length], [[], [], 1, 1]);
  await one.speaker.close();
  await two.speaker.close();
});

test('who is no peer is refused', async () => {
  const { end, port } = await listening();
  const socket = connect({ host: TWO, port, localAddress: '127.0.77.3' });
  await once(socket, 'close');
  assert.deepEqual(end.notes, ['no peer: refused']);
  await end.speaker.close();
});

test('errors are told with their codes', async () => {
  const { end, port } = await listening();
  const told = async (expected: readonly number[], ...octets: readonly Buffer[]): Promise<void> => {
    const { socket, errors } = await plain(port);
    for (const one of octets) socket.write(one);
    await once(socket, 'close');
    assert.deepEqual(errors, [[...expected]]);
  };
  const update = encodeMessage(MessageType.update, Buffer.alloc(4));
  await told([2, 2], open({ as: 65_001 }));
  await told([2, 3], open({ identifier: 2 }));
  await told([2, 6], open({ holdSeconds: 1 }));
  // An OPEN without a capability.
  await told([2, 7], encodeMessage(MessageType.open, Buffer.from('04fde800090000000100', 'hex')));
  await told([5, 1], keepalive);
  await told([5, 2], open(), update);
  await told([5, 3], open(), open());
  await told([1, 1], Buffer.alloc(19));
  await told([3, 1], open(), keepalive, encodeMessage(MessageType.update, Buffer.from('00050000', 'hex')));
  assert.deepEqual(end.downs, ['an UPDATE whose lengths do not fit']);
  await end.speaker.close();
});

test('silence: no OPEN in time, and the hold timer', async () => {
  const { end, port } = await listening({ openMs: 100 }, 3);
  const mute = await plain(port);
  await once(mute.socket, 'close');
  assert.deepEqual(mute.errors, [[4, 0]]);
  // An OPEN without a hold time, and no KEEPALIVE after it.
  const half = await plain(port);
  half.socket.write(open({ holdSeconds: 0 }));
  await once(half.socket, 'close');
  assert.deepEqual(half.errors, [[4, 0]]);
  const { socket, errors, types } = await plain(port);
  socket.write(Buffer.concat([open({ holdSeconds: 3 }), keepalive]));
  const from = performance.now();
  // Octets that make no message are no sign of life.
  const drip = setInterval(() => socket.write(Buffer.of(0xff)), 400);
  await once(socket, 'close');
  clearInterval(drip);
  assert.deepEqual(errors, [[4, 0]]);
  assert.ok(performance.now() - from > 2_900);
  assert.ok(types.filter((type) => type === MessageType.keepalive).length >= 2, 'it keeps the session alive itself');
  assert.deepEqual(end.downs, ['hold timer expired']);
  await end.speaker.close();
});

test('a peer that reads nothing: routes wait at their source', async (t) => {
  const { end, port } = await listening({}, 0);
  t.after(() => end.speaker.close());
  const { socket } = await plain(port);
  socket.write(Buffer.concat([open(), keepalive]));
  await seen('up', () => end.ups.length === 1);
  socket.pause();
  const batch = { ...announcement, nlri: Array.from({ length: 100 }, () => ({ type: 2, value: Buffer.alloc(33) })) };
  const total = 6_000;
  for (let count = 0; count < total; count += 1) end.tellings.push({ type: 'announce', announcement: batch });
  end.speaker.wake(ONE);
  let left = end.tellings.length;
  await until('it stops', 10_000, async () => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const now = end.tellings.length;
    const isSame = now === left;
    left = now;
    return isSame ? true : undefined;
  });
  assert.ok(left > 1_000, `${total - left} batches of ${total} taken`);
  socket.resume();
  await seen('all', () => end.tellings.length === 0);
  socket.destroy();
});

test('peers come, change and go; sessions with the others go on; routes are asked for anew', async (t) => {
  const { end: two, port } = await listening();
  const third = '127.0.77.3';
  const other = new End(3, { peers: [{ address: ONE, as: AS }], listen: { host: third, port } });
  await other.speaker.start();
  const one = new End(1, { peers: [] });
  t.after(() => Promise.all([one, two, other].map((end) => end.speaker.close())));
  await one.speaker.start();
  assert.equal(one.speaker.status(TWO).state, 'Idle');
  const dials = { port, localAddress: ONE };
  const peer = { address: TWO, as: AS, dials };
  one.speaker.configure([peer]);
  await seen('up', () => one.ups.length === 1 && two.ups.length === 1);
  const { state, holdSeconds, identifier } = one.speaker.status(TWO);
  assert.deepEqual([state, holdSeconds, identifier], ['Established', 9, 2]);
  one.speaker.configure([
    { ...peer, retryMs: 70 },
    { address: third, as: AS, dials },
  ]);
  await seen('the other is up', () => other.ups.length === 1);
  assert.deepEqual([two.downs, one.downs], [[], []], 'the first goes on');
  one.speaker.askAgain(TWO);
  await seen('asked', () => two.refreshes.length === 1);
  one.speaker.configure([{ ...peer, holdSeconds: 30 }]);
  assert.deepEqual(one.downs, ['the configuration is another', 'no neighbor any more']);
  await seen('up again', () => two.ups.length === 2 && other.downs.length === 1);
  assert.deepEqual(two.downs, ['NOTIFICATION 6/6 (cease)']);
  assert.deepEqual(other.downs, ['NOTIFICATION 6/3 (cease)']);
  assert.equal(one.speaker.status(third).state, 'Idle');
  // Another place to listen at: what is there stays.
  const moved = await two.speaker.listen({ host: TWO, port: 0 });
  assert.notEqual(moved, port);
  assert.equal(one.speaker.status(TWO).state, 'Established');
});

test('a peer that cannot tell its routes anew gets a new session', async (t) => {
  const { end, port } = await listening();
  t.after(() => end.speaker.close());
  const { socket, errors } = await plain(port);
  // Multiprotocol for EVPN alone.
  const few = encodeMessage(MessageType.open, Buffer.from('04fde8000900000001080206010400190046', 'hex'));
  socket.write(Buffer.concat([few, keepalive]));
  await seen('up', () => end.ups.length === 1);
  end.speaker.askAgain(ONE);
  await once(socket, 'close');
  assert.deepEqual(errors, [[6, 6]]);
});
