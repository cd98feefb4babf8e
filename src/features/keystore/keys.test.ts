import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { test } from 'node:test';
import { certificatesOf, MaterialError } from './certificate.ts';
import { DerError, derChildren, derOid, readDer, writeDer } from './der.ts';
import {
  cleartextKeyOf,
  type KeyPair,
  publicKeyOf,
  SPKI_FORMAT,
  SSH_PUBLIC_KEY_FORMAT,
  sourceOf,
  spkiOf,
} from './key-pair.ts';
import { publicKeyOfSshBlob, sshBlob, sshKeyType } from './ssh-wire.ts';

const made: Readonly<Record<string, KeyObject>> = {
  'ssh-ed25519': generateKeyPairSync('ed25519').privateKey,
  'ecdsa-sha2-nistp256': generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  'ecdsa-sha2-nistp384': generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
  'ecdsa-sha2-nistp521': generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey,
  'ssh-rsa': generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
};

/** A key pair of which nothing is configured. */
const none: KeyPair = {
  publicKeyFormat: undefined,
  publicKey: undefined,
  privateKeyFormat: undefined,
  cleartext: undefined,
  isHidden: false,
};

for (const [type, key] of Object.entries(made)) {
  test(`sshBlob and publicKeyOfSshBlob agree on keys of ${type}`, () => {
    assert.equal(sshKeyType(key), type);
    const blob = sshBlob(createPublicKey(key));
    assert.ok(publicKeyOfSshBlob(blob).equals(createPublicKey(key)));
    for (let length = 0; length < blob.length; length++) {
      assert.throws(() => publicKeyOfSshBlob(blob.subarray(0, length)), MaterialError, `${length} bytes`);
    }
  });

  test(`publicKeyOf and cleartextKeyOf read every format of ${type}`, () => {
    const ssh = sshBlob(createPublicKey(key)).toString('base64');
    for (const [publicKeyFormat, publicKey] of [
      [SSH_PUBLIC_KEY_FORMAT, ssh],
      [SPKI_FORMAT, spkiOf(key)],
    ]) {
      const pair = { ...none, publicKeyFormat, publicKey };
      assert.equal(publicKeyOf(pair)?.equals(createPublicKey(key)), true);
      assert.deepEqual(sourceOf(pair).source, { kind: 'hidden', spki: spkiOf(key) });
    }
    const formats: [string, 'pkcs1' | 'sec1' | 'pkcs8'][] = [['one-asymmetric-key-format', 'pkcs8']];
    if (type === 'ssh-rsa') formats.push(['rsa-private-key-format', 'pkcs1']);
    if (type.startsWith('ecdsa')) formats.push(['ec-private-key-format', 'sec1']);
    for (const [format, form] of formats) {
      const cleartext = key.export({ format: 'der', type: form as 'pkcs8' }).toString('base64');
      const pair = { ...none, privateKeyFormat: `ietf-crypto-types:${format}`, cleartext };
      assert.equal(cleartextKeyOf(pair)?.equals(key), true, format);
    }
  });
}

test('readDer and writeDer agree, also on long content; derOid reads arcs of several octets', () => {
  for (const length of [0, 1, 127, 128, 255, 256, 70_000]) {
    const content = Buffer.alloc(length, 7);
    const element = writeDer(0x04, content);
    assert.ok(readDer(element).content.equals(content));
    assert.equal(derChildren(Buffer.concat([element, element])).length, 2);
  }
  assert.equal(derOid(Buffer.from('2a864886f70d010702', 'hex')), '1.2.840.113549.1.7.2');
  assert.equal(derOid(Buffer.from('551d11', 'hex')), '2.5.29.17');
});

test('certificatesOf refuses whatever is no certificate, and nothing else comes of it', () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1e9);
  console.log(`seed ${seed}`);
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % below;
  };
  const oid = writeDer(0x06, Buffer.from('2a864886f70d010702', 'hex'));
  const inner = writeDer(
    0x30,
    writeDer(0x02, Buffer.from([1])),
    writeDer(0x31),
    writeDer(0x30, oid),
    writeDer(0xa0, writeDer(0x30)),
  );
  const cms = writeDer(0x30, oid, writeDer(0xa0, inner));
  for (let count = 0; count < 3000; count++) {
    const data = Buffer.from(cms);
    for (let change = 0; change <= random(4); change++) data[random(data.length)] = random(256);
    const cut = data.subarray(0, random(3) === 0 ? random(data.length) : data.length);
    assert.throws(() => certificatesOf(cut), MaterialError);
  }
  assert.throws(() => readDer(Buffer.from([0x30, 0x80])), DerError);
});
