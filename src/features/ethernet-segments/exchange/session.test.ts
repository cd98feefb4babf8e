import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomOf } from '../../testing/random.ts';
import type { Message } from '../decision/message.ts';
import { vlanSet } from '../decision/vlan-set.ts';
import { FrameType } from './frame.ts';
import { MacTable } from './mac-table.ts';
import { MacReplica, MacSender, PENDING_MAX } from './replication.ts';
import { DECISION_MAX, ExchangeSession, type SegmentTables } from './session.ts';

const ESI = Uint8Array.from([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
const VLANS = 4094;
const MACS = 100_000;

function tables(): SegmentTables {
  const own = { remote: new MacTable(), segment: new MacTable() };
  return { esi: ESI, own, theirs: { remote: new MacReplica(new MacTable()), segment: new MacReplica(new MacTable()) } };
}

class End {
  readonly session: ExchangeSession;
  readonly heard: Message[] = [];
  isUp = false;

  constructor(segment: SegmentTables, nonce: number) {
    this.session = new ExchangeSession({
      nonce: Buffer.alloc(16, nonce),
      key: nonce * 0x1234_5677,
      segments: [segment],
      onUp: () => {
        this.isUp = true;
      },
      onMessage: (_, message) => this.heard.push(message),
    });
  }
}

/** Carries what both ends have to say; the octets of each direction. */
function carry(a: ExchangeSession, b: ExchangeSession, most = Number.POSITIVE_INFINITY): { ab: number; ba: number } {
  const octets = { ab: 0, ba: 0 };
  for (let frames = 0; frames < most; ) {
    const [fromA, fromB] = [a.take(), b.take()];
    if (fromA === undefined && fromB === undefined) break;
    if (fromA !== undefined) assert.equal(b.receive(fromA), undefined);
    if (fromB !== undefined) assert.equal(a.receive(fromB), undefined);
    octets.ab += fromA?.length ?? 0;
    octets.ba += fromB?.length ?? 0;
    frames += 1;
  }
  return octets;
}

function same(own: MacTable, replica: MacTable): void {
  assert.equal(replica.size, own.size);
  for (const vlan of own.vlans()) assert.deepEqual([...replica.of(vlan)].sort(), [...own.of(vlan)].sort());
}

test(`${VLANS} VLANs and ${MACS} addresses: sent once, then what changes, then what differs`, () => {
  const [a, b] = [tables(), tables()];
  const random = randomOf(1);
  const mac = (): number => Math.floor(random() * 2 ** 48);
  const known: [number, number][] = [];
  for (let count = 0; count < MACS; count += 1) {
    const one: [number, number] = [1 + (count % VLANS), mac()];
    known.push(one);
    a.own.segment.add(...one);
  }
  const line = (what: string, octets: { ab: number; ba: number }, from: number, changes: number): void =>
    console.log(
      `${what}: ${octets.ab} octets there, ${octets.ba} back, ${(performance.now() - from).toFixed(0)} ms` +
        (changes > 0 ? `, ${(octets.ab / changes).toFixed(1)} octets a change` : ''),
    );
  let [x, y] = [new End(a, 1), new End(b, 2)];
  let from = performance.now();
  const whole = carry(x.session, y.session);
  line(`all of ${MACS}`, whole, from, MACS);
  same(a.own.segment, b.theirs.segment.table);
  assert.ok(whole.ab < MACS * 7);

  const change = (count: number): void => {
    for (let n = 0; n < count; n += 1) {
      const [vlan, old] = known[Math.floor(random() * known.length)] as [number, number];
      if (!a.own.segment.remove(vlan, old)) continue;
      a.own.segment.add(vlan, mac());
    }
  };
  from = performance.now();
  change(500);
  const incremental = carry(x.session, y.session);
  line('500 removed, 500 added', incremental, from, 1000);
  same(a.own.segment, b.theirs.segment.table);
  assert.ok(incremental.ab < 20_000);

  x.session.close();
  y.session.close();
  change(500);
  [x, y] = [new End(a, 3), new End(b, 4)];
  from = performance.now();
  const again = carry(x.session, y.session);
  line('a session later, 1000 changes missed', again, from, 1000);
  same(a.own.segment, b.theirs.segment.table);
  assert.ok(again.ab < whole.ab / 5);

  from = performance.now();
  [x, y] = [new End(a, 5), new End(b, 6)];
  const nothing = carry(x.session, y.session);
  line('a session later, nothing missed', nothing, from, 0);
  assert.ok(nothing.ab < 3_000);
});

test('a message of the decision waits for no addresses', () => {
  const [a, b] = [tables(), tables()];
  for (let mac = 0; mac < MACS; mac += 1) a.own.remote.add(1 + (mac % VLANS), mac);
  const [x, y] = [new End(a, 1), new End(b, 2)];
  // Hellos and summaries, then some of the addresses.
  carry(x.session, y.session, 40);
  assert.ok(!x.session.isIdle);
  assert.ok(x.session.send(ESI, { type: 'relinquish', vlans: vlanSet([7]) }));
  const frame = x.session.take() as Buffer;
  assert.equal(frame[2], FrameType.decision);
  y.session.receive(frame);
  assert.deepEqual(
    y.heard.map(({ type }) => type),
    ['relinquish'],
  );
  // What was half done when a session ended: the replica keeps what it has, and the next session completes it.
  x.session.close();
  y.session.close();
  const [v, w] = [new End(a, 3), new End(b, 4)];
  carry(v.session, w.session);
  same(a.own.remote, b.theirs.remote.table);
});

test('changes while a table is on its way arrive', () => {
  const [a, b] = [tables(), tables()];
  const random = randomOf(9);
  for (let mac = 0; mac < 20_000; mac += 1) a.own.remote.add(1 + (mac % 20), mac);
  b.theirs.remote.table.add(3, 999_999);
  const [x, y] = [new End(a, 1), new End(b, 2)];
  for (let round = 0; round < 400; round += 1) {
    carry(x.session, y.session, 1);
    for (let n = 0; n < 50; n += 1) {
      const [vlan, mac] = [1 + Math.floor(random() * 20), Math.floor(random() * 30_000)];
      if (random() < 0.5) a.own.remote.add(vlan, mac);
      else a.own.remote.remove(vlan, mac);
    }
  }
  carry(x.session, y.session);
  same(a.own.remote, b.theirs.remote.table);
});

test('above the bound a VLAN waits as a whole', () => {
  const own = new MacTable();
  const sender = new MacSender(ESI, 'remote', own);
  for (const summary of new MacReplica(new MacTable()).summaries(ESI, 'remote', 1)) sender.onSummary(summary);
  for (let mac = 0; mac < 50_000; mac += 1) {
    own.add(1 + (mac % 7), mac);
    assert.ok(sender.pending <= PENDING_MAX);
  }
  const replica = new MacReplica(new MacTable());
  for (let body = sender.take(1000); body !== undefined; body = sender.take(1000)) replica.apply(body);
  same(own, replica.table);
  assert.equal(sender.pending, 0);
});

test('a replica has a limit', () => {
  const replica = new MacReplica(new MacTable(), 2);
  replica.apply({ esi: ESI, set: 'remote', groups: [{ operation: 0, vlan: 1, macs: [1, 2, 3] }] });
  assert.equal(replica.table.size, 2);
  assert.equal(replica.refused, 1);
});

test('frames that are repeated, left out, or of another session end the session', () => {
  const frames = (nonce: number): { readonly session: ExchangeSession; readonly next: () => Buffer } => {
    const [x, y] = [new End(tables(), nonce), new End(tables(), nonce + 1)];
    y.session.receive(x.session.take() as Buffer);
    x.session.receive(y.session.take() as Buffer);
    return { session: y.session, next: () => x.session.take() as Buffer };
  };
  const repeated = frames(1);
  const frame = repeated.next();
  assert.equal(repeated.session.receive(frame), undefined);
  assert.equal(repeated.session.receive(frame), 'frame 1 in place of 2');
  const omitted = frames(3);
  omitted.next();
  assert.equal(omitted.session.receive(omitted.next()), 'frame 2 in place of 1');
  const [first, second] = [frames(5), frames(7)];
  assert.equal(second.session.receive(first.next()), 'a frame of another session');
});

test('a peer that does not read: the decision lane has a bound', () => {
  const { session } = new End(tables(), 1);
  const message = { type: 'relinquish', vlans: vlanSet([7]) } as const;
  let taken = 0;
  while (session.send(ESI, message)) taken += 1;
  assert.ok(taken * 15 <= DECISION_MAX && taken > 10_000);
});
