import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomOf } from '../../testing/random.ts';
import type { Message } from '../decision/message.ts';
import { messageText } from '../decision/text.ts';
import { NO_VLANS, vlanRange, vlanSet, vlansText } from '../decision/vlan-set.ts';
import { decodeDecision, encodeDecision } from './decision-codec.ts';
import { Assembler, encodeFrame, FRAME_MAX, FrameType } from './frame.ts';
import { decodeMacs, decodeSummary, encodeMacs, encodeSummary, Operation } from './mac-codec.ts';

const ESI = Uint8Array.from([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
const ODD = vlanSet(Array.from({ length: 2047 }, (_, at) => at * 2 + 1));

const MESSAGES: readonly Message[] = [
  {
    type: 'sync',
    stamp: 2 ** 48 - 1,
    forwarding: ODD,
    advert: {
      method: 'preference',
      preference: 65_535,
      dontPreempt: true,
      acDf: true,
      draining: false,
      able: vlanRange(1, 4094),
      pins: [{ address: '2001:db8::1', vlans: vlanSet([0, 4094]) }],
    },
  },
  { type: 'state', opened: NO_VLANS, closed: vlanSet([10]), stamp: 7 },
  { type: 'claim', id: 4_294_967_295, vlans: vlanRange(2, 300), asks: ['192.0.2.1', '192.0.2.3'] },
  { type: 'grant', id: 1, vlans: vlanSet([31, 32, 63, 64]), stamp: 3 },
  { type: 'relinquish', vlans: vlanSet([4094]) },
  { type: 'leave' },
];

test('messages of the decision come back as they were, in few octets', () => {
  for (const message of MESSAGES) {
    const decoded = decodeDecision(encodeDecision({ esi: ESI, message }));
    assert.ok('value' in decoded, JSON.stringify(decoded));
    assert.deepEqual(decoded.value.esi, ESI);
    assert.equal(messageText(decoded.value.message), messageText(message));
  }
  const claim = encodeDecision({
    esi: ESI,
    message: { type: 'claim', id: 1, vlans: vlanRange(1, 4094), asks: ['192.0.2.1'] },
  });
  assert.equal(claim.length, 33, '4,094 VLANs are one range');
});

test('addresses and summaries come back as they were', () => {
  const macs = {
    esi: ESI,
    set: 'segment',
    groups: [
      { operation: Operation.begin, vlan: 0, macs: [] },
      { operation: Operation.add, vlan: 4094, macs: [0, 2 ** 48 - 1] },
    ],
  } as const;
  assert.deepEqual(decodeMacs(encodeMacs(macs)), { value: macs });
  const digests = new Map([[256, { high: 4_294_967_295, low: 0 }]]);
  const summary = { esi: ESI, set: 'remote', key: 5, first: 256, last: 511, digests } as const;
  assert.deepEqual(decodeSummary(encodeSummary(summary)), { value: summary });
});

test('random and damaged octets are refused, and nothing else happens', () => {
  const random = randomOf(Number(process.env['SLUICE_FUZZ_SEED'] ?? 3));
  const rounds = Number(process.env['SLUICE_FUZZ'] ?? 5_000);
  const below = (limit: number): number => Math.floor(random() * limit);
  const valid = MESSAGES.map((message) => Buffer.from(encodeDecision({ esi: ESI, message })));
  valid.push(
    Buffer.from(encodeMacs({ esi: ESI, set: 'remote', groups: [{ operation: 0, vlan: 3, macs: [1, 2, 3] }] })),
  );
  valid.push(Buffer.from(encodeSummary({ esi: ESI, set: 'remote', key: 1, first: 0, last: 255, digests: new Map() })));
  let accepted = 0;
  for (let round = 0; round < rounds; round += 1) {
    let body: Buffer;
    if (random() < 0.3) body = Buffer.from(Array.from({ length: below(80) }, () => below(256)));
    else {
      body = Buffer.from(valid[below(valid.length)] as Buffer);
      for (let flips = 1 + below(4); flips > 0; flips -= 1) body[below(body.length)] = below(256);
      if (random() < 0.3) body = body.subarray(0, below(body.length));
    }
    const decision = decodeDecision(body);
    if ('value' in decision) {
      accepted += 1;
      // What is taken has one meaning, whoever sends it on.
      const again = decodeDecision(Buffer.from(encodeDecision(decision.value)));
      assert.ok('value' in again);
      assert.equal(messageText(again.value.message), messageText(decision.value.message));
    }
    decodeMacs(body);
    decodeSummary(body);
    new Assembler().take(body);
  }
  assert.ok(accepted > 100, `${accepted} of ${rounds} were messages all the same`);
});

test('frames come out of any pieces', () => {
  const random = randomOf(5);
  const frames = Array.from({ length: 50 }, (_, sequence) =>
    Buffer.from(
      encodeFrame({
        type: FrameType.decision,
        tag: 9,
        sequence,
        body: Buffer.alloc(Math.floor(random() * 3000), sequence),
      }),
    ),
  );
  let rest: Buffer = Buffer.concat(frames);
  const assembler = new Assembler();
  let next = 0;
  while (rest.length > 0) {
    const count = 1 + Math.floor(random() * 2000);
    const taken = assembler.take(Buffer.from(rest.subarray(0, count)));
    assert.equal(taken.problem, undefined);
    for (const frame of taken.frames) {
      assert.equal(frame.sequence, next);
      assert.ok(frame.body.every((octet) => octet === next));
      next += 1;
    }
    rest = rest.subarray(count);
  }
  assert.equal(next, 50);
  assert.throws(() => encodeFrame({ type: 1, tag: 0, sequence: 0, body: Buffer.alloc(FRAME_MAX) }), RangeError);
});

test('sets of VLANs have one form', () => {
  for (const text of ['-', '0', '4094', '1-4094', '1-10,12-20,4000']) {
    const message = { type: 'relinquish', vlans: text === '-' ? NO_VLANS : vlanSet(numbers(text)) } as const;
    const decoded = decodeDecision(encodeDecision({ esi: ESI, message }));
    assert.ok('value' in decoded && decoded.value.message.type === 'relinquish');
    assert.equal(vlansText(decoded.value.message.vlans), text);
  }
});

function numbers(text: string): number[] {
  return text.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, at) => first + at);
  });
}
