import assert from 'node:assert/strict';
import { isIPv6 } from 'node:net';
import { test } from 'node:test';
import { addressBytes, addressText, isLinkLocal, networkOf, prefixBytes, prefixText } from './address.ts';
import { randomOf } from './testing/random.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('addressBytes reads the forms of RFC 4291, and addressText writes that of RFC 5952', () => {
  assert.equal(hex(addressBytes('192.0.2.1')), 'c0000201');
  for (const [text, bytes, canonical] of [
    ['::', '0'.repeat(32), '::'],
    ['::1', `${'0'.repeat(31)}1`, '::1'],
    ['2001:db8::1', '20010db8000000000000000000000001', '2001:db8::1'],
    ['2001:DB8:0:0:1:0:0:1', '20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
    ['fe80::1%eth0', 'fe800000000000000000000000000001', 'fe80::1'],
    ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201', '::ffff:c000:201'],
    ['1::', `0001${'0'.repeat(28)}`, '1::'],
    ['1:0:0:2:0:0:0:3', '00010000000000020000000000000003', '1:0:0:2::3'],
  ] as const) {
    assert.equal(hex(addressBytes(text)), bytes, text);
    assert.equal(addressText(addressBytes(text)), canonical);
  }
  assert.ok(isLinkLocal(addressBytes('febf::1')));
  assert.ok(!isLinkLocal(addressBytes('fec0::1')));
});

test('addressText and addressBytes are inverse, and Node takes the text', () => {
  const seed = Number(process.env['SEED'] ?? 5);
  const random = randomOf(seed);
  for (let round = 0; round < 2000; round += 1) {
    const bytes = Uint8Array.from({ length: 16 }, () => (random() < 0.5 ? 0 : Math.floor(random() * 256)));
    const text = addressText(bytes);
    assert.ok(isIPv6(text), `seed ${seed}: ${text}`);
    assert.equal(hex(addressBytes(text)), hex(bytes), `seed ${seed}: ${text}`);
    assert.equal(text, new URL(`http://[${text}]`).hostname.slice(1, -1), `seed ${seed}`);
  }
});

test('networkOf keeps the bits of the prefix alone', () => {
  const prefix = prefixBytes('10.255.255.255/13');
  assert.equal(prefixText({ address: networkOf(prefix.address, prefix.length), length: 13 }), '10.248.0.0/13');
  assert.equal(addressText(networkOf(prefix.address, 0)), '0.0.0.0');
  assert.equal(addressText(networkOf(prefix.address, 32)), '10.255.255.255');
  assert.equal(addressText(networkOf(addressBytes('2001:db8:ffff::1'), 33)), '2001:db8:8000::');
});
