import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ipBatch } from '../../../lab/run.ts';
import { type Case, type Figure, medianAndWorst } from '../../case.ts';
import {
  blockPoint,
  blockPoints,
  bridgeDomain,
  bridgeDomains,
  editConfig,
  interfaces,
  port,
  subInterface,
} from '../../configuration.ts';
import { Router } from '../../router.ts';
import { asCommunity, freePort, snmpConfiguration, station } from '../../snmp.ts';
import { Wire } from '../../wire.ts';

const LINK_DOWN = '.1.3.6.1.6.3.1.1.5.3';
const LINK_UP = '.1.3.6.1.6.3.1.1.5.4';
const COLD_START = '.1.3.6.1.6.3.1.1.5.1';
const AUTHENTICATION_FAILURE = '.1.3.6.1.6.3.1.1.5.5';
const CONFIG_CHANGE = '.1.3.6.1.2.1.47.2.0.1';
const BLOCKED = '.1.3.6.1.4.1.8072.9999.9999.5157.0.1';
const RELEASED = '.1.3.6.1.4.1.8072.9999.9999.5157.0.2';

interface Received {
  readonly trap: string;
  readonly text: string;
  readonly atMs: number;
}

/** Debian's snmptrapd, which prints what it receives. */
class TrapStation {
  readonly received: Received[] = [];
  readonly #child: ChildProcess;
  readonly #folder: string;
  #wake: () => void = () => undefined;

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
  }

  static async listen(udpPort: number): Promise<TrapStation> {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-traps-'));
    const child = spawn(
      '/usr/sbin/snmptrapd',
      ['-f', '-n', '-Lo', '-C', '-On', '--disableAuthorization=yes', '-F', 'TRAP %v\n', `udp:127.0.0.1:${udpPort}`],
      { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, MIBS: '', SNMP_PERSISTENT_DIR: folder } },
    );
    const it = new TrapStation(child, folder);
    const ready = new Promise<void>((resolve) => {
      createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (text) => {
        if (text.includes('NET-SNMP version')) resolve();
        const trap = /\.1\.3\.6\.1\.6\.3\.1\.1\.4\.1\.0 = OID: (\S+)/.exec(text)?.[1];
        if (trap === undefined) return;
        it.received.push({ trap, text, atMs: performance.timeOrigin + performance.now() });
        it.#wake();
      });
    });
    await ready;
    return it;
  }

  /** The first notification of this kind from number `from` on. */
  async one(trap: string, from = 0): Promise<Received> {
    for (;;) {
      const found = this.received.slice(from).find((each) => each.trap === trap);
      if (found !== undefined) return found;
      await new Promise<void>((resolve, reject) => {
        const late = setTimeout(
          () => reject(new Error(`no ${trap} among ${this.received.map((each) => each.trap)}`)),
          10_000,
        );
        this.#wake = () => {
          clearTimeout(late);
          resolve();
        };
      });
    }
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill();
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function notified(): Promise<readonly Figure[]> {
  const router = await Router.start();
  const [udpPort, trapPort, informPort] = [await freePort(), await freePort(), await freePort()];
  const wire = await Wire.connect(router, ['a', 'b']);
  const traps = await TrapStation.listen(trapPort);
  const informs = await TrapStation.listen(informPort);
  const client = await router.connect();
  try {
    await client.rpc(
      editConfig(
        'running',
        interfaces(
          port('a', router.device('a')),
          port('b', router.device('b')),
          subInterface('a', 10),
          subInterface('b', 10),
        ),
        bridgeDomains(bridgeDomain('vlan10', ['a.10', 'b.10'])),
        snmpConfiguration({
          port: udpPort,
          receivers: [
            { name: 'traps', port: trapPort, type: 'trap' },
            { name: 'informs', port: informPort, type: 'inform' },
          ],
        }),
      ),
    );
    await traps.one(COLD_START);
    await informs.one(COLD_START);

    const refused = await station('snmpget', udpPort, ['-v2c', '-c', 'wrong'], '1.3.6.1.2.1.1.1.0');
    assert.ok(!refused.ok);
    await traps.one(AUTHENTICATION_FAILURE);

    const latencies: number[] = [];
    for (let n = 0; n < 10; n += 1) {
      const from = traps.received.length;
      await client.rpc(editConfig('running', blockPoints(blockPoint('b', 10))));
      const sent = performance.timeOrigin + performance.now();
      const set = await traps.one(BLOCKED, from);
      latencies.push(set.atMs - sent);
      assert.match(set.text, /"b"/);
      await client.rpc(editConfig('running', blockPoints(blockPoint('b', 10, 'delete'))));
      await traps.one(RELEASED, from);
    }
    const from = traps.received.length;
    await ipBatch(['link set dev a down'], wire.namespace);
    const down = await traps.one(LINK_DOWN, from);
    assert.match(down.text, /2\.2\.1\.8\.\d+ = INTEGER: [27]/);
    await ipBatch(['link set dev a up'], wire.namespace);
    await traps.one(LINK_UP, from);
    await informs.one(LINK_UP);
    await traps.one(CONFIG_CHANGE);
    assert.ok((await station('snmpget', udpPort, asCommunity, '1.3.6.1.2.1.1.1.0')).ok);
    return [
      ...medianAndWorst('commit answered → block point trap received', latencies, 'ms'),
      { what: 'traps received', value: traps.received.length },
      { what: 'informs received', value: informs.received.length },
    ];
  } finally {
    await client.close();
    await Promise.all([traps.close(), informs.close()]);
    await wire.close();
    await router.stop();
  }
}

export const cases: readonly Case[] = [
  { id: 'snmp-traps', shows: 'traps and informs of links, block points, starts and wrong names arrive', run: notified },
];
