/**
 * A VLAN-aware bridge of the Linux kernel, in a QEMU guest under emulation: kernels that the lab has to run on do not filter
 * VLANs in theirs. Its ports are joined to devices of a namespace, as by cables:
 *
 *   device ─ tc redirect ─ TAP ─ QEMU ─ virtio ─ port of br0
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { ipBatch, run, runIn, until } from '../run.ts';
import type { FdbEntry } from '../switch.ts';
import { guestImage } from './image.ts';

export interface LinuxBridgeOptions {
  readonly namespace: string;
  /** For sockets and the console's log. */
  readonly folder: string;
  /** Devices of the namespace; the bridge's ports have their names. */
  readonly cables: readonly string[];
  /** A port without a cable: its TAP has this name, for a switch of the namespace. */
  readonly trunk: string;
  readonly vlans: readonly number[];
  readonly ageingSeconds: number;
}

/** Under emulation, on a machine that does other things too. */
const bootMs = 120_000;

export class LinuxBridge {
  readonly #qemu: ChildProcess;
  readonly #control: Socket;
  readonly #ports: readonly string[];
  #said = '';
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(qemu: ChildProcess, control: Socket, ports: readonly string[]) {
    this.#qemu = qemu;
    this.#control = control;
    this.#ports = ports;
    control.setEncoding('utf8');
    control.on('data', (text: string) => {
      this.#said += text.replaceAll('\r', '');
    });
    // The guest's end is the end of what waits for it.
    control.on('error', () => undefined);
  }

  /** Resolves when the bridge is there and forwards. */
  static async start(options: LinuxBridgeOptions): Promise<LinuxBridge> {
    const { namespace, folder, cables, trunk, vlans, ageingSeconds } = options;
    const image = await guestImage();
    await mkdir(folder, { recursive: true });
    const ports = [...cables, trunk];
    const taps = [...cables.map((_, index) => `guest${index}`), trunk];
    for (const [index, tap] of taps.entries()) {
      await ipBatch([`tuntap add dev ${tap} mode tap`], namespace);
      await runIn(namespace, 'sh', '-c', `echo 1 >/proc/sys/net/ipv6/conf/${tap}/disable_ipv6`);
      await ipBatch([`link set ${tap} up`], namespace);
      const device = cables[index];
      if (device !== undefined) await cable(namespace, tap, device);
    }
    // An emulated timer comes late on a loaded machine, and the kernel would not believe in it.
    const command = [
      'console=ttyS0',
      'quiet',
      'panic=-1',
      'no_timer_check',
      `bridge.ports=${ports}`,
      `bridge.vlans=${vlans}`,
    ];
    command.push(`bridge.ageing=${ageingSeconds}`);
    const control = join(folder, 'control');
    const log = join(folder, 'console.log');
    const args = ['-M', 'pc', '-accel', 'tcg', '-m', '160', '-nodefaults', '-no-reboot', '-display', 'none'];
    args.push('-kernel', image.kernel, '-initrd', image.initramfs, '-append', command.join(' '));
    args.push('-chardev', `file,id=log,path=${log}`, '-serial', 'chardev:log');
    args.push('-chardev', `socket,id=control,path=${control},server=on,wait=off`, '-serial', 'chardev:control');
    for (const [index, tap] of taps.entries()) {
      args.push('-netdev', `tap,id=n${index},ifname=${tap},script=no,downscript=no`);
      // What the guest sends and takes are frames as on a cable.
      const plain = 'csum=off,gso=off,guest_csum=off,guest_tso4=off,guest_tso6=off,host_tso4=off,host_tso6=off';
      args.push(
        '-device',
        `virtio-net-pci,netdev=n${index},mac=52:54:00:00:00:0${index + 1},romfile=,rx_queue_size=1024,${plain}`,
      );
    }
    const qemu = spawn('ip', ['netns', 'exec', namespace, 'qemu-system-x86_64', ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let complaint = '';
    qemu.stderr?.on('data', (chunk: Buffer) => {
      complaint += chunk.toString();
    });
    const ended = once(qemu, 'exit').then(async ([code]) => {
      throw new Error(`QEMU ended with ${code}: ${complaint}${await readFile(log, 'utf8').catch(() => '')}`);
    });
    ended.catch(() => undefined);
    const connected = until('QEMU listens', 20_000, () => connection(control));
    const bridge = new LinuxBridge(qemu, await Promise.race([connected, ended]), ports);
    try {
      await Promise.race([
        until('the guest is up', bootMs, () => bridge.#said.includes('ready\n') || undefined),
        ended,
      ]);
    } catch (error) {
      await bridge.stop();
      throw new Error(`${(error as Error).message}\n${await readFile(log, 'utf8').catch(() => '')}`);
    }
    bridge.#said = '';
    return bridge;
  }

  /** Runs a line of shell in the guest; its output. Any code but 0 throws. */
  run(line: string): Promise<string> {
    const answer = this.#turn.then(() => this.#ask(line));
    this.#turn = answer.catch(() => undefined);
    return answer;
  }

  async #ask(line: string): Promise<string> {
    this.#said = '';
    this.#control.write(`${line}\n`);
    const [, output, code] = await until(
      `the guest to answer: ${line}`,
      30_000,
      () => /^([\s\S]*?)^=(\d+)\n/m.exec(this.#said) ?? undefined,
    );
    if (code !== '0') throw new Error(`the guest: ${line}: ${output?.trim()} (${code})`);
    return output ?? '';
  }

  /** What it has learned. */
  async fdb(): Promise<FdbEntry[]> {
    const table = await this.run('bridge fdb show br br0');
    return [...table.matchAll(/^(\S+) dev (\S+) vlan (\d+) (?!.*permanent)/gm)].map(([, mac, port, vlan]) => ({
      mac: mac as string,
      port: port as string,
      vlan: Number(vlan),
    }));
  }

  /** Nothing passes from one of these ports to another. */
  async isolate(ports: readonly string[], isIsolated: boolean): Promise<void> {
    for (const port of ports) await this.run(`bridge link set dev ${port} isolated ${isIsolated ? 'on' : 'off'}`);
  }

  get ports(): readonly string[] {
    return this.#ports;
  }

  async stop(): Promise<void> {
    this.#control.destroy();
    if (this.#qemu.exitCode !== null || this.#qemu.signalCode !== null) return;
    const ended = once(this.#qemu, 'exit');
    this.#qemu.kill('SIGKILL');
    await ended;
  }
}

/** What comes by the one device goes out by the other. */
async function cable(namespace: string, a: string, b: string): Promise<void> {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    await run('tc', ['-n', namespace, 'qdisc', 'add', 'dev', from, 'handle', 'ffff:', 'ingress']);
    const all = ['parent', 'ffff:', 'protocol', 'all', 'u32', 'match', 'u32', '0', '0'];
    const redirect = ['action', 'mirred', 'egress', 'redirect', 'dev', to];
    await run('tc', ['-n', namespace, 'filter', 'add', 'dev', from, ...all, ...redirect]);
  }
}

async function connection(path: string): Promise<Socket | undefined> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return socket;
  } catch {
    return undefined;
  }
}
