/**
 * Open vSwitch's userspace datapath on the same packets, on DPDK: its ports are DPDK's pcap driver, which plays a capture
 * from memory, and a sink. Debian's package of it is unpacked beside the build and not installed, because it would take
 * the place of the Open vSwitch that the lab runs.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { child } from '../children.ts';
import { writeCapture } from '../packets.ts';
import type { Workload } from '../workload.ts';
import { type PeerClocks, windowsOf } from './peer.ts';
import { first, onCore, threadOf } from './testpmd.ts';

const binary = new URL('../../../../build/bench/ovs/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk', import.meta.url)
  .pathname;
const run = promisify(execFile);
/** The driver keeps each frame in a buffer of 2 KB. */
const mostFrames = 50_000;
/** A query of the counters costs some milliseconds: longer windows than elsewhere. */
const windowMs = 300;

/** Undefined: it has no way to do what the workload asks. */
export async function measureOpenVswitch(
  workload: Workload,
  windows: number,
  tscHz: number,
): Promise<PeerClocks | undefined> {
  if (workload.openflow === undefined) return undefined;
  if (!existsSync(binary)) throw new Error('Open vSwitch on DPDK is missing: scripts/setup bench');
  const vswitch = await Vswitch.start();
  try {
    await vswitch.addPorts(workload);
    await vswitch.addFlows(workload.openflow());
    const tid = threadOf(vswitch.pid, 'pmd-c01');
    await onCore(tid);
    await vswitch.warm();
    return await windowsOf(vswitch.pid, tid, Math.ceil(windows / 3), tscHz, () => vswitch.received(), windowMs);
  } finally {
    await vswitch.stop();
  }
}

class Vswitch {
  readonly #folder = mkdtempSync(join(tmpdir(), 'sluice-ovs-'));
  readonly #processes: ChildProcess[] = [];
  readonly #environment = { ...process.env, OVS_RUNDIR: this.#folder, OVS_LOGDIR: this.#folder };

  static async start(): Promise<Vswitch> {
    const it = new Vswitch();
    try {
      await it.#start();
      return it;
    } catch (error) {
      await it.stop();
      throw error;
    }
  }

  async #start(): Promise<void> {
    const database = join(this.#folder, 'conf.db');
    const socket = join(this.#folder, 'db.sock');
    await run('ovsdb-tool', ['create', database, '/usr/share/openvswitch/vswitch.ovsschema']);
    this.#spawn('ovsdb-server', [database, `--remote=punix:${socket}`, `--unixctl=${join(this.#folder, 'db.ctl')}`]);
    await until('ovsdb-server listens', () => existsSync(socket));
    await this.#vsctl('--no-wait', 'init');
    await this.#vsctl(
      ...['--no-wait', 'set', 'Open_vSwitch', '.', 'other_config:dpdk-init=true', 'other_config:pmd-cpu-mask=0x2'],
      ...['other_config:dpdk-lcore-mask=0x1', 'other_config:dpdk-extra=--no-pci --in-memory --no-telemetry'],
    );
    this.#spawn(binary, [`unix:${socket}`, '--disable-system', `--unixctl=${this.#control}`, '--log-file']);
    await until('ovs-vswitchd listens', () => existsSync(this.#control));
    await this.#vsctl('add-br', 'br0', '--', 'set', 'bridge', 'br0', 'datapath_type=netdev', 'fail_mode=secure');
  }

  get pid(): number {
    return this.#processes[1]?.pid ?? 0;
  }

  get #control(): string {
    return join(this.#folder, 'vswitchd.ctl');
  }

  async addPorts({ packets }: Workload): Promise<void> {
    for (const [at, frames] of [packets.a, packets.b].entries()) {
      let device = `net_null${at},no-rx=1`;
      if (frames !== undefined) {
        const capture = join(this.#folder, `${at}.pcap`);
        writeCapture(capture, first(frames(), mostFrames));
        device = `net_pcap${at},rx_pcap=${capture},infinite_rx=1`;
      }
      const name = `p${at + 1}`;
      await this.#vsctl(
        ...['add-port', 'br0', name, '--', 'set', 'interface', name, 'type=dpdk', `ofport_request=${at + 1}`],
        `options:dpdk-devargs="${device}"`,
      );
      const { stdout } = await this.#vsctl('get', 'interface', name, 'error');
      if (stdout.trim() !== '[]') throw new Error(`port ${name}: ${stdout.trim()}`);
    }
  }

  async addFlows(flows: Iterable<string>): Promise<void> {
    const file = join(this.#folder, 'flows');
    writeFileSync(file, `${[...flows].join('\n')}\n`);
    const bridge = `unix:${join(this.#folder, 'br0.mgmt')}`;
    await run('ovs-ofctl', ['-O', 'OpenFlow15', 'add-flows', bridge, file], { env: this.#environment });
  }

  async received(): Promise<number> {
    return await this.#counter('packets received');
  }

  /** Waits until nearly every packet finds its flow in the datapath; what does not settle is measured as it is. */
  async warm(): Promise<void> {
    let before = { received: 0, missed: 0 };
    for (let n = 0; n < 30; n += 1) {
      await sleep(500);
      const now = {
        received: await this.received(),
        missed: await this.#counter('miss with success upcall'),
      };
      if (n > 1 && now.missed - before.missed < (now.received - before.received) / 1_000) return;
      before = now;
    }
  }

  async #counter(name: string): Promise<number> {
    const { stdout } = await run('ovs-appctl', ['-t', this.#control, 'dpif-netdev/pmd-stats-show']);
    const ofThread = stdout.slice(stdout.indexOf('pmd thread'));
    return Number(new RegExp(`${name}: (\\d+)`).exec(ofThread)?.[1] ?? 0);
  }

  async stop(): Promise<void> {
    for (const process of this.#processes.reverse()) {
      if (process.exitCode !== null || process.signalCode !== null) continue;
      const ended = once(process, 'exit');
      process.kill('SIGKILL');
      await ended;
    }
    rmSync(this.#folder, { recursive: true });
  }

  #spawn(program: string, args: readonly string[]): void {
    this.#processes.push(child(spawn(program, args, { stdio: 'ignore', env: this.#environment })));
  }

  async #vsctl(...args: readonly string[]): Promise<{ stdout: string }> {
    return await run('ovs-vsctl', ['--timeout=30', `--db=unix:${join(this.#folder, 'db.sock')}`, ...args]);
  }
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + 20_000;
  while (!isSo()) {
    if (performance.now() > giveUpAt) throw new Error(`${what}: not within 20 s`);
    await sleep(50);
  }
}
