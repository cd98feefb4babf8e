/**
 * dpdk-testpmd on the same packets: its pcap driver keeps the capture in memory and plays it again and again, and frees
 * what is sent. Its mode `mac` rewrites both MAC addresses of each packet: the least that a forwarder does.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { child } from '../children.ts';
import { writeCapture } from '../packets.ts';
import type { Workload } from '../workload.ts';
import { type PeerClocks, windowsOf } from './peer.ts';

/** The driver keeps each frame in a buffer of 2 KB. */
const mostFrames = 50_000;

export async function measureTestpmd(workload: Workload, windows: number, tscHz: number): Promise<PeerClocks> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-testpmd-'));
  const capture = join(folder, 'a.pcap');
  writeCapture(capture, first(workload.packets.a(), mostFrames));
  const testpmd = child(
    spawn(
      // Without a terminal it would keep its answers back until some kilobytes have come together.
      'stdbuf',
      [
        ...['-oL', 'dpdk-testpmd'],
        ...['-l', '0,1', '-m', '512', '--in-memory', '--no-pci', '--no-telemetry'],
        ...['--vdev', `net_pcap0,rx_pcap=${capture},infinite_rx=1`, '--vdev', 'net_null0,no-rx=1'],
        ...['--', '-i', '--nb-cores=1', '--forward-mode=mac', '--total-num-mbufs=120000', '--burst=64'],
      ],
      { stdio: 'pipe' },
    ),
  );
  const ended = once(testpmd, 'exit');
  try {
    const console = new Console(testpmd);
    await console.until('testpmd>', 30_000);
    await console.ask('start', 'packet forwarding');
    const tid = threadOf(testpmd.pid ?? 0, 'rte-worker-1', 'lcore-worker-1');
    await onCore(tid);
    await sleep(500);
    const packets = async (): Promise<number> =>
      Number(/RX-packets:\s*(\d+)/.exec(await console.ask('show port stats 0', 'Tx-bps:'))?.[1] ?? 0);
    return await windowsOf(testpmd.pid ?? 0, tid, windows, tscHz, packets);
  } finally {
    testpmd.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true });
  }
}

/** At a fixed priority, as the engine's workers are. */
export async function onCore(tid: number): Promise<void> {
  await once(spawn('chrt', ['-f', '-p', '1', String(tid)], { stdio: 'ignore' }), 'exit');
}

export function threadOf(pid: number, ...names: readonly string[]): number {
  for (const tid of readdirSync(`/proc/${pid}/task`)) {
    const name = readFileSync(`/proc/${pid}/task/${tid}/comm`, 'latin1').trim();
    if (names.some((one) => name.startsWith(one))) return Number(tid);
  }
  throw new Error(`process ${pid} has no thread ${names.join(' or ')}`);
}

export function* first<T>(all: Iterable<T>, count: number): Generator<T> {
  let left = count;
  for (const one of all) {
    if (left === 0) return;
    left -= 1;
    yield one;
  }
}

/** testpmd's command line. */
class Console {
  readonly #process: ChildProcess;
  #text = '';
  #changed: (() => void) | undefined;

  constructor(process: ChildProcess) {
    this.#process = process;
    for (const stream of [process.stdout, process.stderr]) {
      stream?.on('data', (text) => {
        this.#text += text;
        this.#changed?.();
      });
    }
    process.on('exit', () => this.#changed?.());
  }

  /** What it answers, up to and with the text. */
  async ask(command: string, wanted: string): Promise<string> {
    this.#text = '';
    this.#process.stdin?.write(`${command}\n`);
    return await this.until(wanted, 5_000);
  }

  /** What it printed up to and with the text. */
  async until(wanted: string, withinMs: number): Promise<string> {
    const giveUpAt = performance.now() + withinMs;
    while (!this.#text.includes(wanted)) {
      const ended = this.#process.exitCode !== null || this.#process.signalCode !== null;
      if (ended || performance.now() > giveUpAt)
        throw new Error(`dpdk-testpmd does not come to its prompt: ${this.#text.slice(-300)}`);
      await Promise.race([
        new Promise<void>((resolve) => {
          this.#changed = resolve;
        }),
        sleep(100, undefined, { ref: false }),
      ]);
    }
    return this.#text;
  }
}
