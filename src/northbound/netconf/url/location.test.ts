import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FaultError } from '../../../yang/fault.ts';
import { isSame, locate, nameOf } from './location.ts';

test('locate takes files below the folder and https URLs', () => {
  const names: [url: string, name: string][] = [
    ['file:///backup.xml', 'file:///backup.xml'],
    ['file:/backup.xml', 'file:///backup.xml'],
    ['FILE://localhost/sites/north-1/b@2.xml', 'file:///sites/north-1/b@2.xml'],
    ['https://host/a.xml', 'https://host/a.xml'],
    ['HTTPS://user:secret@host:8443/a.xml?token=secret#part', 'https://host:8443/a.xml'],
    ['https://[2001:db8::1]/a', 'https://[2001:db8::1]/a'],
  ];
  for (const [url, name] of names) assert.equal(nameOf(locate(url, '/p')), name, url);
});

test('locate refuses every other way to name something', () => {
  for (const url of [
    '',
    'backup.xml',
    '/backup.xml',
    'file:backup.xml',
    'file://host/backup.xml',
    'file:///',
    'file:///../secret',
    'file:///a/../../secret',
    'file:///a/./b',
    'file:///a//b',
    'file:////etc/passwd',
    'file:///.hidden',
    'file:///a%2f..%2fsecret',
    'file:///%2e%2e/secret',
    'file:///a\\b',
    'file:///a\0b',
    'file:///ä',
    'file:///a b',
    'file:///a?b',
    'file:///a#b',
    `file:///${'a/'.repeat(8)}b`,
    `file:///${'a'.repeat(129)}`,
    'http://host/a.xml',
    'ftp://host/a.xml',
    'https:host/a.xml',
    'https:///a.xml',
    'https://',
    'https://user:%zz@host/',
    `https://host/${'a'.repeat(4096)}`,
  ]) {
    assert.throws(
      () => locate(url, '/ietf-netconf:validate/source/url'),
      (error) =>
        error instanceof FaultError &&
        error.faults[0]?.tag === 'invalid-value' &&
        error.faults[0].path === '/ietf-netconf:validate/source/url' &&
        !error.faults[0].message.includes('secret'),
      url,
    );
  }
});

test('isSame compares what is named, not how', () => {
  const same = (one: string, other: string) => isSame(locate(one, ''), locate(other, ''));
  assert.ok(same('file:///a', 'file://localhost/a'));
  assert.ok(same('https://Host:443/a', 'https://host/a#x'));
  assert.ok(!same('file:///a', 'file:///b'));
  assert.ok(!same('https://host/a', 'https://host/b'));
  assert.ok(!same('file:///a', 'https://a/a'));
});
