/** The subagent against masters that keep to RFC 2741 and masters that do not. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Mib, scalars, Table } from '../mib/objects.ts';
import { counter64, integer, octets } from '../mib/value.ts';
import { answer } from './answer.ts';
import { compareOids, type Oid, oid } from './oid.ts';
import { AgentxError, messageLength, PduType, PduWriter, readPdu } from './pdu.ts';
import { Subagent } from './subagent.ts';

const entry = oid('1.3.6.1.2.1.2.2.1');
const rows = Array.from({ length: 50 }, (_, n) => ({ index: [n * 3 + 1], row: n }));
const mib = new Mib([
  ...scalars(oid('1.3.6.1.2.1.2'), { 1: () => integer(rows.length) }),
  new Table<number>(
    entry,
    [
      { number: 1, value: (n) => integer(n) },
      { number: 2, value: (n) => (n % 2 === 0 ? octets(Buffer.from(`row ${n}`)) : undefined) },
      { number: 10, value: (n) => counter64(BigInt(n) << 40n) },
    ],
    () => rows,
  ),
]);

/** A request as a master writes it. */
function request(
  type: number,
  ranges: readonly { start: Oid; end?: Oid; isIncluded?: boolean }[],
  bulk?: [number, number],
): Buffer {
  const writer = new PduWriter();
  writer.begin(type, { sessionId: 1, transactionId: 2, packetId: 3 });
  if (bulk !== undefined) writer.u32((bulk[0] << 16) | bulk[1]);
  for (const { start, end = [] } of ranges) {
    writer.oid(start);
    writer.oid(end);
  }
  return writer.end();
}

/** Names in a response. */
function namesIn(response: Buffer): string[] {
  const names: string[] = [];
  let at = 28;
  while (at < response.length) {
    const type = response.readUInt16BE(at);
    const count = response.readUInt8(at + 4);
    const prefix = response.readUInt8(at + 5);
    const numbers = Array.from({ length: count }, (_, n) => response.readUInt32BE(at + 8 + 4 * n));
    names.push([...(prefix === 0 ? [] : [1, 3, 6, 1, prefix]), ...numbers].join('.') + (type === 130 ? ' end' : ''));
    at += 8 + 4 * count;
    if (type === 4 || type === 64) at += 4 + Math.ceil(response.readUInt32BE(at) / 4) * 4;
    else if (type === 70) at += 8;
    else if (type < 128) at += 4;
  }
  return names;
}

function ask(message: Buffer): Buffer {
  const writer = new PduWriter();
  assert.ok(answer(mib, readPdu(message), 0, writer));
  return writer.end();
}

test('a walk by GetNext and one by GetBulk show the same objects, in order', () => {
  const walk: string[] = [];
  for (let at: Oid = entry; ; ) {
    const [name] = namesIn(ask(request(PduType.getNext, [{ start: at }])));
    if (name === undefined || name.endsWith('end')) break;
    walk.push(name);
    at = oid(name);
  }
  assert.equal(walk.length, 50 + 25 + 50);
  assert.deepEqual(
    walk,
    [...walk].sort((a, b) => compareOids(oid(a), oid(b))),
  );
  const bulk: string[] = [];
  for (let at: Oid = entry; ; ) {
    const names = namesIn(ask(request(PduType.getBulk, [{ start: at }], [0, 7])));
    const found = names.filter((name) => !name.endsWith('end'));
    bulk.push(...found);
    if (found.length < names.length || found.length === 0) break;
    at = oid(found.at(-1) as string);
  }
  assert.deepEqual(bulk, walk);
});

test('a search ends at its range', () => {
  assert.deepEqual(namesIn(ask(request(PduType.getNext, [{ start: [...entry, 1, 4], end: [...entry, 1, 7] }]))), [
    '1.3.6.1.2.1.2.2.1.1.4 end',
  ]);
});

test('damaged messages are refused or answered, never more', () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  console.log(`SEED=${seed}`);
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (state >> 8) % below;
  };
  const valid = [
    request(PduType.get, [{ start: [...entry, 1, 1] }]),
    request(PduType.getNext, [{ start: entry }, { start: [1, 3] }]),
    request(PduType.getBulk, [{ start: entry }], [0, 65_535]),
  ];
  for (let n = 0; n < 20_000; n += 1) {
    const message = Buffer.from(valid[random(valid.length)] as Buffer);
    for (let k = random(4); k >= 0; k -= 1) message[random(message.length)] = random(256);
    const cut = message.subarray(0, n % 3 === 0 ? random(message.length) : message.length);
    try {
      const length = messageLength(cut);
      if (length === undefined || length > cut.length) continue;
      const writer = new PduWriter();
      answer(mib, readPdu(cut.subarray(0, length)), 0, writer);
      assert.ok(writer.length < 1 << 20);
    } catch (error) {
      if (!(error instanceof AgentxError)) throw error;
    }
  }
});

test('a master that speaks nonsense is left, and found again when it speaks sense', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-agentx-'));
  const path = join(folder, 'master');
  const server = createServer();
  server.listen(path);
  await once(server, 'listening');
  const subagent = new Subagent({
    socketPath: path,
    description: 'test',
    mib,
    prepare: () => undefined,
    upTime: () => 0,
    log: () => undefined,
  });
  const next = async (): Promise<Socket> => ((await once(server, 'connection')) as [Socket])[0];
  try {
    const first = next();
    subagent.start();
    subagent.notify(oid('1.3.6.1.6.3.1.1.5.3'), []);
    const nonsense = await first;
    const second = next();
    nonsense.write(Buffer.alloc(64, 0xff));
    const sense = await second;
    const registered = subagent.registered(10_000);
    // `registered` begins anew: the third connection is the one that is answered.
    sense.destroy();
    let notified = 0;
    server.on('connection', (socket) => {
      let input = Buffer.alloc(0) as Buffer;
      socket.on('data', (chunk) => {
        input = Buffer.concat([input, chunk]);
        for (
          let length = messageLength(input);
          length !== undefined && length <= input.length;
          length = messageLength(input)
        ) {
          const writer = new PduWriter();
          if (input.readUInt8(1) === PduType.notify) notified += 1;
          writer.begin(PduType.response, { sessionId: 7, transactionId: 0, packetId: input.readUInt32BE(12) });
          writer.u32(0);
          writer.u32(0);
          socket.write(writer.end());
          input = input.subarray(length);
        }
      });
    });
    await registered;
    assert.equal(subagent.state.isRegistered, true);
    assert.ok(subagent.state.protocolErrors >= 1);
    while (subagent.state.notificationsSent === 0) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(notified, 1);
  } finally {
    subagent.stop();
    server.close();
    rmSync(folder, { recursive: true });
  }
});
