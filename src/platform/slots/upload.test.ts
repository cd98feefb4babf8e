/** A bundle in chunks: what is refused changes nothing, and no end but the right one leaves a slot that starts. */
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { FaultError } from '../../yang/fault.ts';
import type { Slots } from './slots.ts';
import { bundle, contents, slotsIn, within } from './testing/bundle.ts';
import type { Upload } from './upload.ts';

const PIECE = 300_001;

function begun(slots: Slots, bytes: number, idleMs?: number): Upload {
  return slots.beginUpload(7, bytes, () => undefined, idleMs);
}

async function putAll(upload: Upload, bytes: Buffer, until = bytes.length): Promise<void> {
  while (upload.next < until) {
    await upload.put(upload.next, bytes.subarray(upload.next, Math.min(until, upload.next + PIECE)));
  }
}

const refused =
  (tag: string, message = /./) =>
  (error: unknown): boolean =>
    error instanceof FaultError && error.faults[0]?.tag === tag && message.test(error.message);

const sum = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

function headOfB(folder: string): Buffer {
  return readFileSync(`${folder}/boot-b`).subarray(0, 512);
}

async function withBundle(
  work: (it: { folder: string; slots: Slots; whole: Buffer; privateKey: KeyObject }) => Promise<void>,
): Promise<void> {
  await within(async (folder, { publicKey, privateKey }) => {
    await work({ folder, slots: slotsIn(folder, publicKey), whole: bundle(privateKey), privateKey });
  })();
}

test('an upload is installed when its checksum is right, and not before', () =>
  withBundle(async ({ folder, slots, whole }) => {
    const upload = begun(slots, whole.length);
    await putAll(upload, whole);
    assert.equal(slots.install.state, 'running');
    assert.ok(headOfB(folder).every((byte) => byte === 0));
    assert.throws(() => slots.tryOther(), /being installed/);
    await upload.end(sum(whole).toUpperCase());
    assert.equal(slots.install.state, 'done');
    assert.ok(readFileSync(`${folder}/boot-b`).subarray(0, contents.boot.length).equals(contents.boot));
    assert.equal(slots.tryOther(), 'b');
  }));

test('a wrong order, an overlap and what is too long are refused, and the upload goes on', () =>
  withBundle(async ({ slots, whole }) => {
    const upload = begun(slots, whole.length);
    await putAll(upload, whole, PIECE);
    const part = whole.subarray(PIECE, 2 * PIECE);
    await assert.rejects(upload.put(2 * PIECE, part), refused('invalid-value', /goes on at 300001/));
    await assert.rejects(upload.put(PIECE - 1, part), refused('invalid-value'));
    await assert.rejects(upload.put(0, whole.subarray(0, PIECE)), refused('invalid-value'));
    await assert.rejects(upload.put(PIECE, Buffer.alloc(whole.length)), refused('too-big'));
    await assert.rejects(upload.end(sum(whole)), refused('operation-failed'));
    await putAll(upload, whole);
    await assert.rejects(upload.put(whole.length, Buffer.alloc(1)), refused('too-big'));
    await upload.end(sum(whole));
    assert.equal(slots.install.state, 'done');
  }));

test('of two who send the same chunk at once one is refused', () =>
  withBundle(async ({ slots, whole }) => {
    const upload = begun(slots, whole.length);
    const both = await Promise.allSettled([
      upload.put(0, whole.subarray(0, PIECE)),
      upload.put(0, whole.subarray(0, 9)),
    ]);
    assert.deepEqual(
      both.map(({ status }) => status),
      ['fulfilled', 'rejected'],
    );
    assert.equal(upload.next, PIECE);
    await putAll(upload, whole);
    await upload.end(sum(whole));
  }));

test('a wrong checksum, an abort and silence leave a slot that does not start', () =>
  withBundle(async ({ folder, slots, whole }) => {
    for (const [idleMs, end, error] of [
      [60_000, (upload: Upload) => assert.rejects(upload.end(sum(Buffer.alloc(1))), /checksum/), /checksum/],
      [60_000, (upload: Upload) => upload.abort('enough'), /enough/],
      [20, () => new Promise((resolve) => setTimeout(resolve, 200)), /no chunk came for 0.02 s/],
    ] as const) {
      const upload = begun(slots, whole.length, 60_000);
      await putAll(upload, whole);
      if (idleMs === 20) {
        // Another one, that is silent from its beginning.
        await upload.abort('next');
        begun(slots, whole.length, idleMs);
      }
      await end(upload);
      assert.equal(slots.install.state, 'failed');
      assert.match(slots.install.error ?? '', error);
      assert.ok(headOfB(folder).every((byte) => byte === 0));
      assert.throws(() => slots.tryOther(), /holds nothing/);
      await assert.rejects(upload.put(whole.length, Buffer.alloc(0)));
    }
  }));

test('a wrong signature is told by the chunk that completes it, and nothing was written', () =>
  withBundle(async ({ folder, slots, whole }) => {
    const before = readFileSync(`${folder}/boot-b`);
    const foreign = bundle(generateKeyPairSync('ed25519').privateKey);
    const upload = begun(slots, foreign.length);
    await upload.put(0, foreign.subarray(0, 10));
    await assert.rejects(upload.put(10, foreign.subarray(10, PIECE)), /signature/);
    assert.ok(upload.isOver);
    assert.ok(readFileSync(`${folder}/boot-b`).equals(before));
    const next = begun(slots, whole.length);
    await putAll(next, whole);
    await next.end(sum(whole));
  }));

test('a bundle that is shorter or longer than it was said to be is refused', () =>
  withBundle(async ({ slots, whole }) => {
    const short = begun(slots, whole.length - 1);
    await putAll(short, whole, whole.length - 1);
    await assert.rejects(short.end(sum(whole.subarray(0, -1))), /cut short/);
    const longer = Buffer.concat([whole, Buffer.from('x')]);
    const long = begun(slots, longer.length);
    await assert.rejects(
      putAll(long, longer).then(() => long.end(sum(longer))),
      /follows/,
    );
    assert.equal(slots.install.state, 'failed');
  }));
