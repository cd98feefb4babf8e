import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeFrame, FrameReader, MAX_FRAME } from './frame.ts';

test('FrameReader gives the same messages however the stream is cut', () => {
  const messages = [0, 1, 2, 5, 300, 70_000].map((length) => Buffer.alloc(length, length % 251));
  const stream = Buffer.concat(messages.map((message) => encodeFrame(message)));
  for (const size of [1, 2, 3, 7, 4096, stream.length]) {
    const reader = new FrameReader();
    const read: Buffer[] = [];
    for (let at = 0; at < stream.length; at += size) read.push(...reader.push(stream.subarray(at, at + size)));
    assert.equal(read.length, messages.length);
    for (const [index, message] of messages.entries()) assert.ok(read[index]?.equals(message), `cut by ${size}`);
  }
});

test('FrameReader refuses a frame above the limit before its content', () => {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(MAX_FRAME + 1);
  assert.throws(() => [...new FrameReader().push(header)], RangeError);
});

test('encodeFrame refuses a message above the limit', () => {
  assert.throws(() => encodeFrame(new Uint8Array(MAX_FRAME + 1)), RangeError);
});
