/**
 * What polling costs: `npm run bench:snmp -- [--json]`.
 *
 * Debian's snmpbulkwalk of ifXTable with 1,000 and 10,000 interfaces and of inetCidrRouteTable with 10,000 routes, in
 * objects per second; the same walk of snmpd's own inetCidrRouteTable with as many routes in a network namespace; and what
 * a NETCONF session waits before the walks and during them.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { run, until } from '../../lab/run.ts';
import type { NetconfClient } from '../../src/northbound/netconf/client.ts';
import { editConfig, interfaces, namespace as ns, subInterface } from '../configuration.ts';
import { Router } from '../router.ts';
import { asCommunity, freePort, snmpConfiguration, station } from '../snmp.ts';

interface Row {
  readonly walk: string;
  readonly rows: number;
  readonly objects: number;
  /** The best of five: the machine is shared. */
  readonly objectsPerSecond: number;
}

interface Waits {
  readonly p50: number;
  readonly p99: number;
}

const IF_X_TABLE = '1.3.6.1.2.1.31.1.1';
const ROUTES = '1.3.6.1.2.1.4.24.7';
/** Objects that a station asks for at once. */
const REPETITIONS = '-Cr50';
const WALKS = 5;
const IDLE_MS = 5_000;
const POLL_MS = 5;

const { values } = parseArgs({ options: { json: { type: 'boolean' } } });
const rows: Row[] = [];

/** `walk` gives how many objects it showed. */
async function measure(name: string, count: number, walk: () => Promise<number>): Promise<void> {
  let best = 0;
  let objects = 0;
  for (let n = 0; n < WALKS; n += 1) {
    const from = performance.now();
    objects = await walk();
    best = Math.max(best, objects / ((performance.now() - from) / 1000));
  }
  rows.push({ walk: name, rows: count, objects, objectsPerSecond: Math.round(best) });
  if (!values.json)
    console.log(
      `${name.padEnd(34)} ${String(count).padStart(6)} rows ${String(Math.round(best)).padStart(8)} objects/s`,
    );
}

// ------------------------------------------------------------------------------------------------------ the peer

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
    const tool = ['snmpbulkwalk', '-On', '-OU', '-Oe', ...asCommunity, REPETITIONS, '127.0.0.1:1161', ROUTES];
    const walk = async (): Promise<number> => {
      const shown = await run('ip', ['netns', 'exec', namespace, 'env', 'MIBS=', ...tool]).catch(() => '');
      return shown.split('\n').length - 1;
    };
    let have = 0;
    for (const count of counts) {
      const more = Array.from({ length: count - have }, (_, n) => `route add ${prefix(have + n)} via 10.255.0.2`);
      await inside(more);
      have = count;
      // Its rows are read again once a minute at most; a walk that shows them all is what is measured.
      await until('snmpd to see its routes', 120_000, async () => (await walk()) > count * 4 || undefined);
      await measure("snmpd's own inetCidrRouteTable", count, walk);
    }
  } finally {
    child?.kill();
    execFileSync('ip', ['netns', 'delete', namespace]);
    rmSync(folder, { recursive: true, force: true });
  }
}

function prefix(n: number): string {
  return `10.${1 + (n >> 8)}.${n & 255}.0/24`;
}

// ------------------------------------------------------------------------------------------------------ the router

async function walked(name: string, count: number, port: number, oid: string): Promise<void> {
  await measure(name, count, async () => {
    const answer = await station('snmpbulkwalk', port, asCommunity, REPETITIONS, oid);
    if (!answer.ok) throw new Error(answer.error);
    return answer.lines.length;
  });
}

function staticRoutes(count: number): string {
  const routes = Array.from(
    { length: count },
    (_, n) =>
      `<route><destination-prefix>${prefix(n)}</destination-prefix><next-hop><next-hop-address>10.255.0.2</next-hop-address></next-hop></route>`,
  );
  return `<routing xmlns="urn:ietf:params:xml:ns:yang:ietf-routing"><control-plane-protocols><control-plane-protocol><type>static</type><name>s</name><static-routes><ipv4 xmlns="urn:ietf:params:xml:ns:yang:ietf-ipv4-unicast-routing">${routes.join('')}</ipv4></static-routes></control-plane-protocol></control-plane-protocols></routing>`;
}

/** What an empty get-config takes until `end`, in milliseconds. */
async function waitsUntil(client: NetconfClient, end: Promise<void>): Promise<Waits> {
  const waits: number[] = [];
  let isDone = false;
  const done = end.finally(() => {
    isDone = true;
  });
  while (!isDone) {
    const from = performance.now();
    await client.rpc(
      '<get-config><source><running/></source><filter><nothing xmlns="urn:example:none"/></filter></get-config>',
    );
    waits.push(performance.now() - from);
    await sleep(POLL_MS);
  }
  await done;
  waits.sort((a, b) => a - b);
  const at = (part: number): number => Number((waits[Math.floor(waits.length * part)] ?? 0).toFixed(1));
  return { p50: at(0.5), p99: at(0.99) };
}

await peer([1_000, 10_000]);
const router = await Router.start();
try {
  const port = await freePort();
  const client = await router.connect();
  const address =
    '<ipv4 xmlns="urn:ietf:params:xml:ns:yang:ietf-ip"><address><ip>10.255.0.1</ip><prefix-length>24</prefix-length></address></ipv4>';
  const ports = ['p', 'q', 'r'].map(
    (name) =>
      `<interface><name>${name}</name><type xmlns:t="${ns.interfaceTypes}">t:ethernetCsmacd</type><port xmlns="${ns.ports}"><ring>${name}</ring></port>${name === 'p' ? address : ''}</interface>`,
  );
  await client.rpc(editConfig('running', interfaces(...ports), snmpConfiguration({ port })));
  const netconf: Record<string, Waits> = {};
  let have = ports.length;
  for (const count of [1_000, 10_000]) {
    const more: string[] = [];
    for (; have < count; have += 1) more.push(subInterface(['p', 'q', 'r'][have % 3] as string, Math.floor(have / 3)));
    await client.rpc(editConfig('running', interfaces(...more)));
    netconf[`before walks, ${count} interfaces`] = await waitsUntil(client, sleep(IDLE_MS));
    netconf[`walks of ${count} interfaces`] = await waitsUntil(client, walked('ifXTable', count, port, IF_X_TABLE));
  }
  await client.rpc(editConfig('running', staticRoutes(10_000)));
  netconf['walks of 10000 routes'] = await waitsUntil(client, walked('inetCidrRouteTable', 10_000, port, ROUTES));
  if (values.json) console.log(JSON.stringify({ rows, netconfMs: netconf }, undefined, 2));
  else
    for (const [when, { p50, p99 }] of Object.entries(netconf))
      console.log(`an empty get-config, ${when}: p50 ${p50} ms, p99 ${p99} ms`);
  await client.close();
} finally {
  await router.stop();
}
