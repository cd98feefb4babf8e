import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Case, Figure } from '../../case.ts';
import {
  bridgeDomain,
  bridgeDomains,
  editConfig,
  interfaces,
  namespace as ns,
  subInterface,
} from '../../configuration.ts';
import { Router } from '../../router.ts';
import {
  asCommunity,
  asUser,
  authKey,
  freePort,
  namespace,
  passphrases,
  snmpConfiguration,
  station,
  valueIn,
} from '../../snmp.ts';

const SYSTEM = '1.3.6.1.2.1.1';
const IF_NUMBER = '1.3.6.1.2.1.2.1.0';
const IF_TABLE = '1.3.6.1.2.1.2.2';
const IF_X_TABLE = '1.3.6.1.2.1.31.1.1';
const IF_NAME = '1.3.6.1.2.1.31.1.1.1.1';

const execute = promisify(execFile);

/** A port on a ring; `more` are further elements of the interface. */
export const ring = (name: string, of: string, more = ''): string =>
  `<interface><name>${name}</name><description>about ${name}</description><type xmlns:t="${ns.interfaceTypes}">t:ethernetCsmacd</type><port xmlns="${ns.ports}"><ring>${of}</ring></port>${more}</interface>`;
const address =
  '<ipv4 xmlns="urn:ietf:params:xml:ns:yang:ietf-ip"><address><ip>192.0.2.1</ip><prefix-length>24</prefix-length></address></ipv4>';

/** A router with two ports, two sub-interfaces in a bridge domain, and an SNMP engine. */
async function routerWithSnmp(excluded: readonly string[] = []): Promise<{ router: Router; port: number }> {
  const router = await Router.start();
  const port = await freePort();
  const client = await router.connect();
  await client.rpc(
    editConfig(
      'running',
      interfaces(ring('p', 'r0', address), ring('q', 'r0'), subInterface('p', 10), subInterface('q', 10)),
      bridgeDomains(bridgeDomain('vlan10', ['p.10', 'q.10'])),
      snmpConfiguration({ port, excluded }),
    ),
  );
  await client.close();
  return { router, port };
}

/** Everything that a station of whatever make asks first, and what has to come. */
const discovery: readonly (readonly [
  what: string,
  tool: 'snmpget' | 'snmpwalk' | 'snmpbulkwalk',
  oid: string,
  expected: RegExp | number,
])[] = [
  ['sysDescr', 'snmpget', `${SYSTEM}.1.0`, /^Sluice /],
  ['sysObjectID', 'snmpget', `${SYSTEM}.2.0`, /^\.1\.3\.6\.1\.4\.1\./],
  ['sysUpTime', 'snmpget', `${SYSTEM}.3.0`, /\d/],
  ['system', 'snmpwalk', SYSTEM, 8],
  ['ifNumber', 'snmpget', IF_NUMBER, /^4$/],
  ['ifTable', 'snmpbulkwalk', IF_TABLE, 22 * 4],
  ['ifXTable', 'snmpbulkwalk', IF_X_TABLE, 19 * 4],
  // Two on top of two, nobody above two, nobody below two.
  ['ifStackTable', 'snmpwalk', '1.3.6.1.2.1.31.1.2', 6],
  ['dot1dBaseNumPorts', 'snmpget', '1.3.6.1.2.1.17.1.2.0', /^2$/],
  ['dot1dBasePortTable', 'snmpwalk', '1.3.6.1.2.1.17.1.4', 5 * 2],
  ['dot1qVlanStaticName', 'snmpwalk', '1.3.6.1.2.1.17.7.1.4.3.1.1', 1],
  ['entPhysicalTable', 'snmpbulkwalk', '1.3.6.1.2.1.47.1.1.1', 15 * 3],
  ['entAliasMappingTable', 'snmpwalk', '1.3.6.1.2.1.47.1.3.2', 2],
  ['ipAdEntAddr', 'snmpget', '1.3.6.1.2.1.4.20.1.1.192.0.2.1', /^192\.0\.2\.1$/],
  ['ipAddressTable', 'snmpwalk', '1.3.6.1.2.1.4.34', 9],
  ['hrSystemUptime', 'snmpget', '1.3.6.1.2.1.25.1.1.0', /\d/],
  ['hrMemorySize', 'snmpget', '1.3.6.1.2.1.25.2.2.0', /\d/],
  ['hrProcessorTable', 'snmpwalk', '1.3.6.1.2.1.25.3.3', 2],
];

/** Debian's snmptable, with the modules of test/mibs: description, MTU of each row. */
async function snmptable(port: number, table: string): Promise<string[]> {
  const modules = [new URL('../../mibs', import.meta.url), new URL('../../../src/northbound/snmp', import.meta.url)];
  const { stdout } = await execute(
    'snmptable',
    [
      ...asCommunity,
      '-M',
      modules.map((url) => fileURLToPath(url)).join(':'),
      '-m',
      'IF-MIB:SLUICE-MIB',
      '-Cf',
      ',',
      '-CH',
      `127.0.0.1:${port}`,
      table,
    ],
    { env: { ...process.env, MIBS: '' } },
  );
  return stdout.split('\n').map((line) => line.split(',').slice(1, 3).join());
}

async function discovered(): Promise<readonly Figure[]> {
  const { router, port } = await routerWithSnmp();
  try {
    for (const who of [asCommunity, asUser('operator')]) {
      for (const [what, tool, oid, expected] of discovery) {
        const answer = await station(tool, port, who, oid);
        assert.ok(answer.ok, `${what}: ${answer.error}`);
        if (typeof expected === 'number')
          assert.ok(answer.lines.length >= expected, `${what}: ${answer.lines.length} of ${expected} objects`);
        else assert.match(valueIn(answer.lines[0]), expected, what);
      }
    }
    const table = await snmptable(port, 'IF-MIB::ifTable');
    assert.deepEqual(table.filter((row) => /^[pq],/.test(row)).sort(), ['p,1500', 'q,1500']);
    const client = await router.connect();
    const localized = await client.rpc(
      `<localize-key xmlns="${namespace.sluice}"><passphrase>${passphrases.auth}</passphrase></localize-key>`,
    );
    await client.close();
    assert.ok(localized.includes(`<key xmlns="${namespace.sluice}">${authKey}</key>`), localized);
    const walk = await station('snmpbulkwalk', port, asCommunity, '1.3.6.1');
    assert.ok(walk.ok, walk.error);
    const names = walk.lines.map((line) => line.split(' ', 1)[0] ?? '');
    assert.equal(new Set(names).size, names.length, 'an object came twice');
    return [
      { what: 'objects that a whole walk shows', value: names.length },
      { what: 'questions of a station that were answered, by v2c and v3', value: discovery.length * 2 },
    ];
  } finally {
    await router.stop();
  }
}

async function refused(): Promise<readonly Figure[]> {
  const { router, port } = await routerWithSnmp();
  try {
    const ask = (who: readonly string[], oid = `${SYSTEM}.1.0`) => station('snmpget', port, who, oid);
    assert.ok((await ask(asUser('operator'))).ok);
    assert.ok((await ask(asUser('limited'))).ok);
    const attempts: readonly (readonly [string, readonly string[], string?])[] = [
      ['another community', ['-v2c', '-c', 'private']],
      ['SNMPv1', ['-v1', '-c', 'public']],
      ['no authentication', ['-v3', '-u', 'operator', '-l', 'noAuthNoPriv']],
      ['authentication without encryption', asUser('operator', { level: 'authNoPriv' })],
      ['a wrong authentication key', asUser('operator', { auth: 'another phrase' })],
      ['a wrong privacy key', asUser('operator', { priv: 'another phrase' })],
      ['a user that is not there', asUser('nobody')],
      ['a user without a name', ['-v3', '-u', '', '-l', 'noAuthNoPriv']],
      ['an object outside of the view', asUser('limited'), IF_NUMBER],
    ];
    for (const [what, who, oid] of attempts) {
      const answer = await ask(who, oid);
      assert.ok(!answer.ok, `${what}: ${answer.lines.join()}`);
    }
    const set = await station('snmpset', port, asUser('operator'), '1.3.6.1.2.1.2.2.1.7.1', 'i', '2');
    assert.ok(!set.ok, 'a set was taken');
    return [{ what: 'ways to ask that are refused', value: attempts.length + 1 }];
  } finally {
    await router.stop();
  }
}

/** Of IF-MIB: a column, an object of another column, a row. */
const holes = [`${IF_X_TABLE}.1.5`, `${IF_TABLE}.1.10.2`, `${IF_X_TABLE}.1.*.3`];

/** Bulks of every size, of one range and of several side by side, show what GetNext shows: no more, in the same order. */
async function bulksAgree(): Promise<readonly Figure[]> {
  const { router, port } = await routerWithSnmp(holes);
  try {
    const namesOf = async (tool: string, ...args: readonly string[]): Promise<string[]> => {
      const { lines, ok, error } = await station(tool, port, asCommunity, ...args);
      assert.ok(ok, error);
      return lines.map((line) => line.split(' ', 1)[0] ?? '');
    };
    const hidden = new RegExp(`^\\.(${holes.join('|').replaceAll('.', '\\.').replaceAll('*', '\\d+')})(\\.|$)`);
    const sizes = ['1', '2', '7', '50', '1000'];
    let objects = 0;
    for (const oid of [IF_TABLE, IF_X_TABLE, '1.3.6.1.2.1.31', '1.3.6.1.2.1.47']) {
      const byNext = await namesOf('snmpwalk', oid);
      assert.ok(!byNext.some((name) => hidden.test(name)), `GetNext shows what is outside of the view of ${oid}`);
      for (const size of sizes)
        assert.deepEqual(await namesOf('snmpbulkwalk', `-Cr${size}`, oid), byNext, `${oid} by ${size}`);
      objects += byNext.length * sizes.length;
    }
    // One object of sysDescr, then rows of three columns, of which the second is not seen and the third has a hole.
    const starts = [`${SYSTEM}.1`, IF_NAME, `${IF_X_TABLE}.1.5`, `${IF_TABLE}.1.10.1`];
    const side = await namesOf('snmpbulkget', '-Cn1', '-Cr3', ...starts);
    const columns = await Promise.all(starts.slice(1).map((start) => namesOf('snmpbulkget', '-Cr3', start)));
    assert.deepEqual(
      side.slice(1),
      [0, 1, 2].flatMap((row) => columns.map((column) => column[row])),
    );
    assert.ok(!side.some((name) => hidden.test(name)));
    return [{ what: 'objects by GetBulk that GetNext shows too, in the same order', value: objects + side.length }];
  } finally {
    await router.stop();
  }
}

/** A walk while interfaces come and go: no error, no object twice, an end. */
async function walkedDuringChanges(): Promise<readonly Figure[]> {
  const { router, port } = await routerWithSnmp();
  const client = await router.connect();
  try {
    const changes = 1_000;
    let walks = 0;
    let objects = 0;
    let isDone = false;
    const walking = (async () => {
      while (!isDone || walks === 0) {
        const walk = await station('snmpbulkwalk', port, asCommunity, '-Cr20', IF_X_TABLE);
        assert.ok(walk.ok, walk.error);
        const names = walk.lines.map((line) => line.split(' ', 1)[0] ?? '');
        assert.equal(new Set(names).size, names.length, 'an object came twice');
        walks += 1;
        objects += names.length;
      }
    })();
    for (let n = 0; n < changes / 2; n += 1) {
      await client.rpc(editConfig('running', interfaces(subInterface('p', 100 + (n % 50)))));
      await client.rpc(editConfig('running', interfaces(subInterface('p', 100 + (n % 50), 'delete'))));
    }
    isDone = true;
    await walking;
    return [
      { what: 'changes of interfaces', value: changes },
      { what: 'walks of ifXTable meanwhile', value: walks },
      { what: 'objects in them', value: objects },
    ];
  } finally {
    await client.close();
    await router.stop();
  }
}

/** Names, numbers and counters agree with NETCONF's operational datastore, and numbers stay over a restart. */
async function agrees(): Promise<readonly Figure[]> {
  const { router, port } = await routerWithSnmp();
  try {
    const client = await router.connect();
    const xml = await client.rpc(`<get><filter><interfaces xmlns="${ns.interfaces}"/></filter></get>`);
    await client.close();
    const byNetconf = [...xml.matchAll(/<interface><name>([^<]*)<.*?<if-index>(\d+)</g)]
      .map(([, name, index]) => `${index} ${name}`)
      .sort();
    const names = async (): Promise<string[]> => {
      const { lines } = await station('snmpwalk', port, asCommunity, IF_NAME);
      return lines.map((line) => `${/\.(\d+) = /.exec(line)?.[1]} ${valueIn(line)}`).sort();
    };
    assert.deepEqual(await names(), byNetconf);
    await router.kill('engine');
    assert.deepEqual(await names(), byNetconf);
    return [{ what: 'interfaces with the same number by SNMP and NETCONF', value: byNetconf.length }];
  } finally {
    await router.stop();
  }
}

export const cases: readonly Case[] = [
  { id: 'snmp-discovery', shows: 'what monitoring stations ask first is answered, by v2c and v3', run: discovered },
  { id: 'snmp-refused', shows: 'wrong names, keys, levels and objects outside of the view are refused', run: refused },
  { id: 'snmp-bulk', shows: 'GetBulk shows what GetNext shows, and nothing outside of the view', run: bulksAgree },
  {
    id: 'snmp-changes',
    shows: 'walks during 1,000 interface changes bring no error and no loop',
    run: walkedDuringChanges,
  },
  { id: 'snmp-agrees', shows: 'SNMP and NETCONF say the same of interfaces', run: agrees },
];
