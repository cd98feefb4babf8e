import assert from 'node:assert/strict';
import { test } from 'node:test';
import { snmpdConfiguration } from '../../platform/snmpd/configuration.ts';
import { keys, type Rows, viewOf } from '../testing/schema.ts';
import { checkSnmp } from './check.ts';
import { hexString, localizedKey } from './localize.ts';
import { readSnmp } from './model.ts';

const SNMP = '/ietf-snmp:snmp';
const key = (octets: number): string => hexString(Buffer.alloc(octets, 0xab));
const hex = (octets: number): string => 'ab'.repeat(octets);

const rows: Rows = {
  [SNMP]: {
    'engine/enabled': 'true',
    'engine/version/v2c': '',
    'engine/version/v3': '',
    'engine/engine-id': '80:00:1f:88:80:01',
    'engine/enable-authen-traps': 'true',
  },
  '/ietf-system:system': { location: 'a # rack', contact: 'somebody' },
  [`${SNMP}/engine/listen[name='v4']`]: { 'udp/ip': '192.0.2.1' },
  [`${SNMP}/engine/listen[name='v6']`]: { 'udp/ip': '2001:db8::1', 'udp/port': '1161' },
  [`${SNMP}/community[index='named']`]: { 'text-name': 'public', 'security-name': 'reader', 'target-tag': 'stations' },
  [`${SNMP}/community[index='everywhere']`]: { 'security-name': 'a reader' },
  [`${SNMP}/target[name='station']`]: {
    'udp/ip': '192.0.2.9',
    'udp/prefix-length': '24',
    'target-params': 'c',
    timeout: '200',
    retries: '2',
  },
  [`${SNMP}/target[name='station']/tag[.='stations']`]: {},
  [`${SNMP}/target[name='user']`]: { 'udp/ip': '2001:db8::9', 'udp/port': '1162', 'target-params': 'u' },
  [`${SNMP}/target[name='user']/tag[.='users']`]: {},
  [`${SNMP}/target-params[name='c']`]: { 'v2c/security-name': 'reader' },
  [`${SNMP}/target-params[name='u']`]: { 'usm/user-name': 'remote', 'usm/security-level': 'auth-priv' },
  [`${SNMP}/notify[name='n']`]: { tag: 'stations' },
  [`${SNMP}/notify[name='i']`]: { tag: 'stations', type: 'inform' },
  [`${SNMP}/notify[name='u']`]: { tag: 'users', type: 'inform' },
  [`${SNMP}/usm/local/user[name='operator']`]: {},
  [`${SNMP}/usm/local/user[name='operator']/auth`]: { 'sluice-snmp:sha-256/key': key(32) },
  [`${SNMP}/usm/local/user[name='operator']/priv`]: { 'aes/key': key(32) },
  [`${SNMP}/usm/local/user[name='open']`]: {},
  [`${SNMP}/usm/remote[engine-id='80:00:1f:88:80:02']`]: {},
  [`${SNMP}/usm/remote[engine-id='80:00:1f:88:80:02']/user[name='remote']`]: {},
  [`${SNMP}/usm/remote[engine-id='80:00:1f:88:80:02']/user[name='remote']/auth`]: {
    'sluice-snmp:sha-512/key': key(64),
  },
  [`${SNMP}/usm/remote[engine-id='80:00:1f:88:80:02']/user[name='remote']/priv`]: { 'aes/key': key(16) },
  [`${SNMP}/vacm/group[name='readers']`]: {},
  [`${SNMP}/vacm/group[name='readers']/member[security-name='reader']`]: {},
  [`${SNMP}/vacm/group[name='readers']/member[security-name='reader']/security-model[.='v2c']`]: {},
  [`${SNMP}/vacm/group[name='readers']/member[security-name='operator']`]: {},
  [`${SNMP}/vacm/group[name='readers']/member[security-name='operator']/security-model[.='usm']`]: {},
  [`${SNMP}/vacm/group[name='readers']/access[context=''][security-model='any'][security-level='auth-priv']`]: {
    'read-view': 'most',
    'notify-view': 'most',
  },
  [`${SNMP}/vacm/view[name='most']`]: {},
  [`${SNMP}/vacm/view[name='most']/include[.='1.3.6.1']`]: {},
  [`${SNMP}/vacm/view[name='most']/exclude[.='1.3.6.1.2.1.2.2.1.*.3']`]: {},
};

const configurationOf = (from: Rows): readonly string[] =>
  snmpdConfiguration(
    readSnmp(keys, viewOf(from, [])),
    { agentxSocket: '/run/x/agentx', bulkModule: '/x/agentx_bulk.so', engineId: '80001f888001' },
    { description: 'Sluice', objectId: '1.3.6.1.4.1.1' },
  ).split('\n');

test('every leaf of ietf-snmp finds its place in the configuration of the master', () => {
  assert.deepEqual(configurationOf(rows), [
    '# Written by the router; what is changed here is lost.',
    'agentAddress udp:192.0.2.1:161,udp6:[2001:db8::1]:1161',
    'master agentx',
    'agentXSocket /run/x/agentx',
    'dlmod agentx_bulk /x/agentx_bulk.so',
    'agentXTimeout 5',
    'agentXRetries 1',
    'dontLogTCPWrappersConnects yes',
    'exactEngineID 0x80001f888001',
    'sysDescr Sluice',
    'sysObjectID .1.3.6.1.4.1.1',
    'sysLocation a   rack',
    'sysContact somebody',
    'authtrapenable 1',
    'createUser -e 0x80001f888001 open',
    `createUser -e 0x80001f888001 operator SHA-256 -l 0x${hex(32)} AES -l 0x${hex(16)}`,
    `createUser -e 0x80001f888002 remote SHA-512 -l 0x${hex(64)} AES -l 0x${hex(16)}`,
    'com2sec xa94b0a76405b4d613eb1ef03 default everywhere',
    'com2sec6 xa94b0a76405b4d613eb1ef03 default everywhere',
    'com2sec reader 192.0.2.9/24 public',
    'view most included .1.3.6.1',
    'view most excluded .1.3.6.1.2.1.2.2.1.0.3 ff:bf',
    'view most excluded .1.3.6.1.4.1.2021.13.14',
    'group readers usm operator',
    'group readers v2c reader',
    'access readers "" any priv exact most none most',
    'trapsess -Ci -r 2 -t 2 -v 2c -c public udp:192.0.2.9:162',
    'trapsess -v 2c -c public udp:192.0.2.9:162',
    'trapsess -Ci -r 3 -t 15 -v 3 -u remote -l authPriv -e 0x80001f888002 udp6:[2001:db8::9]:1162',
    '',
  ]);
});

test('without v2c there are no communities, and nobody that comes by them', () => {
  const { 'engine/version/v2c': _, ...engine } = rows[SNMP] as Record<string, string>;
  const lines = configurationOf({ ...rows, [SNMP]: engine });
  assert.deepEqual(
    lines.filter((line) => /com2sec|v2c|-v 2c/.test(line)),
    [],
  );
});

test('an address without a location is a line of its own, whatever text holds', () => {
  const lines = configurationOf({ ...rows, '/ietf-system:system': { location: 'x\nrwcommunity open' } });
  assert.ok(!lines.some((line) => line.startsWith('rwcommunity')));
});

test('a key is localized as the master does it', () => {
  // RFC 3414 appendix A.3 has MD5 and SHA-1 alone; the case snmp-discovery asks snmpd itself with such a key.
  const key256 = localizedKey('maplesyrup', 'sha-256', Buffer.from('000000000000000000000002', 'hex'));
  assert.equal(key256.toString('hex'), '8982e0e549e866db361a6b625d84cccc11162d453ee8ce3a6445c2d6776f0f8b');
});

const refusals: readonly (readonly [what: string, change: Rows, path: RegExp])[] = [
  ['an engine without an address', { [SNMP]: { 'engine/enabled': 'true' } }, /engine\/.*enabled/],
  [
    'a target without parameters',
    { ...rows, [`${SNMP}/target[name='lost']`]: { 'udp/ip': '192.0.2.1', 'target-params': 'none' } },
    /target\[.*lost.*target-params/,
  ],
  [
    'parameters of no user',
    { ...rows, [`${SNMP}/target-params[name='u']`]: { 'usm/user-name': 'nobody', 'usm/security-level': 'auth-priv' } },
    /user-name/,
  ],
  [
    'a level above the keys',
    { ...rows, [`${SNMP}/target-params[name='u']`]: { 'usm/user-name': 'open', 'usm/security-level': 'auth-priv' } },
    /security-level/,
  ],
  [
    'two entries of one community',
    { ...rows, [`${SNMP}/community[index='x']`]: { 'text-name': 'public', 'security-name': 'x' } },
    /community/,
  ],
  [
    'a community with a quote',
    { ...rows, [`${SNMP}/community[index='x']`]: { 'text-name': 'a"b', 'security-name': 'x' } },
    /community/,
  ],
  ['a context', { ...rows, [`${SNMP}/community[index='x']`]: { context: 'blue', 'security-name': 'x' } }, /context/],
  [
    'a prefix longer than the address',
    {
      ...rows,
      [`${SNMP}/target[name='station']`]: { 'udp/ip': '192.0.2.9', 'udp/prefix-length': '33', 'target-params': 'c' },
    },
    /prefix-length/,
  ],
  ['a user with a blank', { ...rows, [`${SNMP}/usm/local/user[name='a b']`]: {} }, /user/],
  ['a short key of AES', { ...rows, [`${SNMP}/usm/local/user[name='operator']/priv`]: { 'aes/key': key(8) } }, /user/],
  [
    'another security model',
    { ...rows, [`${SNMP}/vacm/group[name='readers']/member[security-name='reader']/security-model[.='tsm']`]: {} },
    /member/,
  ],
];
for (const [what, change, path] of refusals) {
  test(`check refuses ${what}`, () => {
    const faults = checkSnmp({ before: viewOf({}, []), after: viewOf(change, []), rows: [] }, keys);
    assert.ok(faults.length > 0, 'nothing is refused');
    assert.match(faults[0]?.path ?? '', path);
  });
}

test('check accepts what is whole', () => {
  assert.deepEqual(checkSnmp({ before: viewOf({}, []), after: viewOf(rows, []), rows: [] }, keys), []);
});
