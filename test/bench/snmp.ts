/**
 * What polling costs: `npm run bench:snmp -- [--json]`.
 *
 * Debian's snmpbulkwalk of ifXTable with 1,000 and 10,000 interfaces, in objects per second, and the same walk of snmpd's
 * own inetCidrRouteTable with 1,000 and 5,000 routes in a network namespace; and what a NETCONF session waits meanwhile.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { run, until } from '../../lab/run.ts';
import { editConfig, interfaces, namespace as ns, subInterface } from '../configuration.ts';
import { Router } from '../router.ts';
import { asCommunity, freePort, snmpConfiguration, station } from '../snmp.ts';

interface Row {
  readonly walk: string;
  readonly rows: number;
  readonly objects: number;
  /** The best of three: the machine is shared. */
  readonly objectsPerSecond: number;
}

const { values } = parseArgs({ options: { json: { type: 'boolean' } } });
const rows: Row[] = [];

async function walked(walk: string, count: number, port: number, oid: string): Promise<void> {
  let best = 0;
  let objects = 0;
  for (let n = 0; n < 3; n += 1) {
    const from = performance.now();
    const answer = await station('snmpbulkwalk', port, asCommunity, '-Cr50', oid);
    if (!answer.ok) throw new Error(answer.error);
    objects = answer.lines.length;
    best = Math.max(best, objects / ((performance.now() - from) / 1000));
  }
  rows.push({ walk, rows: count, objects, objectsPerSecond: Math.round(best) });
  if (!values.json)
    console.log(
      `${walk.padEnd(44)} ${String(count).padStart(6)} rows ${String(Math.round(best)).padStart(8)} objects/s`,
    );
}

/** snmpd's own table of routes, in a namespace with so many. */
async function peer(counts: readonly number[]): Promise<void> {
  const namespace = 'slbsnmp';
  const folder = mkdtempSync(join(tmpdir(), 'sluice-snmp-'));
  let child: ChildProcess | undefined;
  execFileSync('ip', ['netns', 'add', namespace]);
  try {
    const inside = (batch: readonly string[]) =>
      run('ip', ['-n', namespace, '-batch', '-'], { input: `${batch.join('\n')}\n` });
    await inside([
      'link set lo up',
      'link add name veth1 type veth peer name veth2',
      'link set dev veth1 up',
      'link set dev veth2 up',
      'addr add 10.255.0.1/24 dev veth1',
    ]);
    writeFileSync(join(folder, 'snmpd.conf'), 'agentAddress udp:127.0.0.1:1161\nrocommunity public\n');
    child = spawn(
      'ip',
      ['netns', 'exec', namespace, '/usr/sbin/snmpd', '-f', '-C', '-c', join(folder, 'snmpd.conf'), '-Lo'],
      {
        stdio: 'ignore',
        env: { ...process.env, MIBS: '', SNMP_PERSISTENT_DIR: folder },
      },
    );
    const ask = async (args: readonly string[]): Promise<string> =>
      await run('ip', ['netns', 'exec', namespace, 'env', 'MIBS=', ...args]).catch(() => '');
    const walk = ['snmpbulkwalk', '-On', '-v2c', '-c', 'public', '-Cr50', '127.0.0.1:1161', '1.3.6.1.2.1.4.24.7'];
    let have = 0;
    for (const count of counts) {
      const more = Array.from(
        { length: count - have },
        (_, n) => `route add 10.${1 + ((have + n) >> 8)}.${(have + n) & 255}.0/24 via 10.255.0.2`,
      );
      await inside(more);
      have = count;
      // Its rows are read again once a minute at most; a walk that shows them all is what is measured.
      await until(
        'snmpd to see its routes',
        120_000,
        async () => (await ask(walk)).split('\n').length > count * 4 || undefined,
      );
      let best = 0;
      let objects = 0;
      for (let n = 0; n < 3; n += 1) {
        const from = performance.now();
        objects = (await ask(walk)).split('\n').length - 1;
        best = Math.max(best, objects / ((performance.now() - from) / 1000));
      }
      const name = "snmpd's own inetCidrRouteTable";
      rows.push({ walk: name, rows: count, objects, objectsPerSecond: Math.round(best) });
      if (!values.json)
        console.log(
          `${name.padEnd(44)} ${String(count).padStart(6)} rows ${String(Math.round(best)).padStart(8)} objects/s`,
        );
    }
  } finally {
    child?.kill();
    execFileSync('ip', ['netns', 'delete', namespace]);
    rmSync(folder, { recursive: true, force: true });
  }
}

await peer([1_000, 5_000]);
const router = await Router.start();
try {
  const port = await freePort();
  const client = await router.connect();
  const ports = ['p', 'q', 'r'].map(
    (name) =>
      `<interface><name>${name}</name><type xmlns:t="${ns.interfaceTypes}">t:ethernetCsmacd</type><port xmlns="${ns.ports}"><ring>${name}</ring></port></interface>`,
  );
  await client.rpc(editConfig('running', interfaces(...ports), snmpConfiguration({ port })));
  let have = 0;
  const waits: number[] = [];
  for (const count of [1_000, 10_000]) {
    const more: string[] = [];
    for (; have < count - 3; have += 1)
      more.push(subInterface(['p', 'q', 'r'][have % 3] as string, 1 + Math.floor(have / 3)));
    await client.rpc(editConfig('running', interfaces(...more)));
    const walk = walked('ifXTable', count, port, '1.3.6.1.2.1.31.1.1');
    let isDone = false;
    const polling = (async () => {
      while (!isDone) {
        const from = performance.now();
        await client.rpc(
          '<get-config><source><running/></source><filter><nothing xmlns="urn:example:none"/></filter></get-config>',
        );
        waits.push(performance.now() - from);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    await walk;
    isDone = true;
    await polling;
  }
  waits.sort((a, b) => a - b);
  const at = (part: number): number => waits[Math.floor(waits.length * part)] ?? 0;
  if (values.json)
    console.log(JSON.stringify({ rows, netconfDuringWalkMs: { p50: at(0.5), p99: at(0.99) } }, undefined, 2));
  else console.log(`an empty get-config meanwhile: p50 ${at(0.5).toFixed(1)} ms, p99 ${at(0.99).toFixed(1)} ms`);
  await client.close();
} finally {
  await router.stop();
}
