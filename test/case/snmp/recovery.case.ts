import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { until } from '../../../lab/run.ts';
import { nameOf } from '../../../src/platform/processes.ts';
import type { Case, Figure } from '../../case.ts';
import { editConfig, interfaces } from '../../configuration.ts';
import { Router } from '../../router.ts';
import { asCommunity, asUser, freePort, namespace, snmpConfiguration, station, Tap } from '../../snmp.ts';
import { ring } from './stations.case.ts';

/** 1.3.6.1.6.3.15.1.1.2, as BER writes it. */
const NOT_IN_TIME_WINDOWS = Buffer.from('2b060106030f010102', 'hex');
const IF_NUMBER = '1.3.6.1.2.1.2.1.0';

/** The engine's process and start count. */
async function engineOf(router: Router): Promise<{ pid: number; boots: number }> {
  const client = await router.connect();
  const xml = await client.rpc(`<get><filter><snmp xmlns="${namespace.snmp}"><engine/></snmp></filter></get>`);
  await client.close();
  const { pid } = JSON.parse(readFileSync(`${router.places.state}/snmp/snmpd.json`, 'utf8')) as { pid: number };
  return { pid, boots: Number(/<engine-boots>(\d+)</.exec(xml)?.[1]) };
}

async function answers(port: number, who: readonly string[] = asCommunity): Promise<boolean> {
  return (await station('snmpget', port, who, IF_NUMBER)).ok;
}

async function recovers(): Promise<readonly Figure[]> {
  const router = await Router.start();
  try {
    const port = await freePort();
    const client = await router.connect();
    await client.rpc(editConfig('running', interfaces(ring('p', 'r0')), snmpConfiguration({ port })));
    await client.close();
    assert.ok(await answers(port));
    const before = await engineOf(router);

    const tap = new Tap(port);
    assert.ok(await answers(await tap.open(), asUser('operator')));
    const captured = tap.requests.at(-1) as Buffer;

    // The master is killed: another one, that counts on.
    let since = performance.now();
    process.kill(before.pid, 'SIGKILL');
    await until('the next master', 20_000, async () => (await answers(port)) || undefined);
    const masterMs = performance.now() - since;
    const after = await engineOf(router);
    assert.notEqual(after.pid, before.pid);
    assert.equal(after.boots, before.boots + 1);
    assert.ok(await answers(port, asUser('operator')), 'a user after a restart of the master');
    // What was captured before is outside of the time window now: usmStatsNotInTimeWindows, not an answer.
    assert.ok((await tap.replay(captured)).includes(NOT_IN_TIME_WINDOWS), 'a captured request was answered');
    tap.close();

    // The control plane, and with it the subagent, is killed: the master stays, and is found again.
    since = performance.now();
    await router.kill('sluiced');
    assert.ok((await station('snmpget', port, asCommunity, '1.3.6.1.2.1.1.1.0')).ok, 'the master alone');
    await until('the next subagent', 30_000, async () => (await answers(port)) || undefined);
    const subagentMs = performance.now() - since;
    const kept = await engineOf(router);
    assert.deepEqual(kept, after);

    const fuzzed = await fuzz(port);
    assert.ok(await answers(port), 'after the datagrams');
    assert.ok(await answers(port, asUser('operator')), 'after the datagrams, a user');
    assert.deepEqual(await engineOf(router), after);
    const pid = after.pid;
    await router.stop();
    assert.equal(nameOf(pid), undefined, 'the master is left behind');
    return [
      { what: 'master killed → answers', value: masterMs, unit: 'ms' },
      { what: 'control plane killed → answers for the router', value: subagentMs, unit: 'ms' },
      { what: 'malformed datagrams', value: fuzzed },
    ];
  } finally {
    await router.stop();
  }
}

/** A GetNext of v2c, damaged in every way: bytes, lengths, truncation, and bytes that are no BER at all. */
async function fuzz(port: number): Promise<number> {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  console.log(`SEED=${seed}`);
  const valid = Buffer.from('302502010104067075626c6963a11802047b2f1a2b020100020100300a300806042b0601020500', 'hex');
  const socket = createSocket('udp4');
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (state >> 8) % below;
  };
  const count = 5_000;
  for (let n = 0; n < count; n += 1) {
    const message = Buffer.from(valid);
    for (let k = random(4); k >= 0; k -= 1) message[random(message.length)] = random(256);
    const sent = n % 5 === 0 ? message.subarray(0, random(message.length)) : message;
    await new Promise<void>((resolve, reject) =>
      socket.send(sent, port, '127.0.0.1', (error) => (error ? reject(error) : resolve())),
    );
  }
  socket.close();
  return count;
}

export const cases: readonly Case[] = [
  {
    id: 'snmp-recovery',
    shows: 'master and subagent are back by themselves; captured and malformed datagrams harm nobody',
    run: recovers,
  },
];
