import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CHUNK_BYTES } from './bundle.ts';
import { BootEnvironment } from './environment.ts';
import { type Install, Slots } from './slots.ts';
import { bundle, contents, running, slotsIn, within } from './testing/bundle.ts';

/** In pieces that fit nothing. */
async function* stream(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 70_001) yield bytes.subarray(at, at + 70_001);
}

test(
  'a bundle is written whole, tried once and confirmed',
  within(async (folder, { publicKey, privateKey }) => {
    const slots = slotsIn(folder, publicKey);
    assert.deepEqual(slots.slots(), [
      { name: 'a', state: 'booted', ...running },
      { name: 'b', state: 'empty', version: undefined, buildTime: undefined },
    ]);
    assert.throws(() => slots.tryOther(), /holds nothing/);
    const told: Install[] = [];
    await slots.installFrom(stream(bundle(privateKey)), (install) => told.push(install));
    for (const name of ['boot', 'root'] as const) {
      assert.ok(readFileSync(`${folder}/${name}-b`).subarray(0, contents[name].length).equals(contents[name]));
      assert.ok(
        readFileSync(`${folder}/${name}-a`).every((byte) => byte === 1),
        'the slot that runs is as it was',
      );
    }
    assert.deepEqual(told.at(-1), { state: 'done', version: '2', percent: 100, error: undefined });
    assert.equal(slots.tryOther(), 'b');
    assert.deepEqual(slots.state(), { slot: 'a', trial: 'b', attempts: 0, bad: undefined });
    assert.equal(slots.slots()[1]?.state, 'trial');
    // What the new slot sees when it is found good.
    const other = new Slots({
      booted: 'b',
      device: (name) => `${folder}/${name}`,
      bundleKey: '',
      folder,
      running: { version: '2', buildTime: 2 },
    });
    other.confirm();
    assert.deepEqual(other.state(), { slot: 'b', trial: undefined, attempts: 0, bad: undefined });
  }),
);

test(
  'a trial that failed is told as bad once the old slot runs again',
  within(async (folder, { publicKey, privateKey }) => {
    const slots = slotsIn(folder, publicKey);
    await slots.installFrom(stream(bundle(privateKey)), () => undefined);
    slots.tryOther();
    slots.confirm();
    assert.equal(slots.slots()[1]?.state, 'bad');
    assert.equal(slots.state().slot, 'a');
  }),
);

test(
  'nothing of a bundle with a wrong signature is written',
  within(async (folder, { publicKey }) => {
    const slots = slotsIn(folder, publicKey);
    const before = readFileSync(`${folder}/boot-b`);
    const foreign = bundle(generateKeyPairSync('ed25519').privateKey);
    await assert.rejects(
      slots.installFrom(stream(foreign), () => undefined),
      /signature/,
    );
    assert.ok(readFileSync(`${folder}/boot-b`).equals(before));
  }),
);

test(
  'a bundle with any flipped bit is refused, and its slot does not start',
  within(async (folder, { publicKey, privateKey }) => {
    const slots = slotsIn(folder, publicKey);
    const good = bundle(privateKey);
    const heads = good.length - contents.boot.length - contents.root.length;
    for (const at of [
      3,
      17,
      30,
      90,
      120,
      heads,
      heads + 4096,
      heads + contents.boot.length + CHUNK_BYTES + 7,
      good.length - 1,
    ]) {
      const bad = Buffer.from(good);
      bad.writeUInt8(bad.readUInt8(at) ^ 0x10, at);
      await assert.rejects(
        slots.installFrom(stream(bad), () => undefined),
        `at byte ${at}`,
      );
      assert.throws(() => slots.tryOther(), /holds nothing/);
      assert.equal(slots.install.state, 'failed');
      if (at >= heads)
        assert.ok(
          readFileSync(`${folder}/boot-b`)
            .subarray(0, 512)
            .every((byte) => byte === 0),
        );
    }
    await assert.rejects(
      slots.installFrom(stream(good.subarray(0, -1)), () => undefined),
      /cut short/,
    );
    await assert.rejects(
      slots.installFrom(stream(Buffer.concat([good, Buffer.from('x')])), () => undefined),
      /follows/,
    );
  }),
);

test(
  'a bundle for something else is refused',
  within(async (folder, { publicKey, privateKey }) => {
    const slots = slotsIn(folder, publicKey);
    const other = bundle(privateKey, { compatible: 'toaster' });
    await assert.rejects(
      slots.installFrom(stream(other), () => undefined),
      /toaster/,
    );
    const empty = bundle(privateKey, { images: [] });
    await assert.rejects(
      slots.installFrom(stream(empty), () => undefined),
      /not boot and root/,
    );
  }),
);

test(
  'the boot environment is within the first sector of its file',
  within(async (folder, { publicKey }) => {
    slotsIn(folder, publicKey);
    const environment = new BootEnvironment(`${folder}/env`);
    environment.write({ slot: 'b', trial: 'a', attempts: 2, bad: 'a' });
    assert.deepEqual(environment.read(), { slot: 'b', trial: 'a', attempts: 2, bad: 'a' });
    const bytes = readFileSync(`${folder}/env`);
    assert.equal(bytes.toString('latin1', 8192 + 512, 8192 + 1024), '#'.repeat(512));
    assert.equal(bytes.toString('latin1', 700, 731), '# GRUB Environment Block\nslot=b');
  }),
);
