import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NameScope } from './type.ts';
import { XPathStringType } from './xpath-string.ts';

const type = new XPathStringType('ietf-yang-types:xpath1.0', undefined, []);
const scope: NameScope = { moduleOf: (prefix) => ({ i: 'ietf-interfaces', s: 'ietf-system' })[prefix] };

test('XPathStringType keeps module names in place of prefixes, outside of literals and axes', () => {
  const written = `/i:interfaces/i:interface[i:name="s:x"]/child::s:* | //i:b['i:c'] | count(i:d)`;
  const parsed = type.parse(written, scope);
  assert.deepEqual(parsed, {
    ok: true,
    value:
      '/ietf-interfaces:interfaces/ietf-interfaces:interface[ietf-interfaces:name="s:x"]/child::ietf-system:*' +
      ` | //ietf-interfaces:b['i:c'] | count(ietf-interfaces:d)`,
  });
  const back = { 'ietf-interfaces': 'i', 'ietf-system': 's' } as Readonly<Record<string, string>>;
  assert.equal(parsed.ok && type.toXml(parsed.value, (module) => back[module] ?? module), written);
});

test('XPathStringType refuses a prefix that stands for no module', () => {
  assert.equal(type.parse('/x:a', scope).ok, false);
  assert.equal(type.parse('/', scope).ok, true);
});
