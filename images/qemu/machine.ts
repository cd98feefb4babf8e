/**
 * The appliance in QEMU, by software emulation: a management interface behind QEMU's own network with forwarded ports, and
 * router ports as TAPs, each put into a namespace once QEMU has opened it. `stop` ends it in order, `kill` cuts the power.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { ipBatch, until } from '../../lab/run.ts';

export interface MachinePort {
  readonly namespace: string;
  /** Name of the TAP, in the namespace too. */
  readonly device: string;
}

/** Ports of a run of its own: a namespace and a TAP each, whose names begin so. */
export function machinePorts(namespace: string, device: string, count: number): readonly MachinePort[] {
  return Array.from({ length: count }, (_, index) => ({
    namespace: `${namespace}-${process.pid}-${index + 1}`,
    device: `${device}${process.pid % 100000}n${index}`,
  }));
}

export interface MachineOptions {
  /** The disk, written to: a copy or an overlay, or the address of a server. */
  readonly disk: string;
  readonly format: 'raw' | 'qcow2';
  /** Sockets, logs, the firmware's variables: `variables.fd`, made where it is not there. */
  readonly folder: string;
  /** secure: UEFI that verifies by its variables, which are guarded by system management mode. */
  readonly firmware: Firmware;
  readonly ports: readonly MachinePort[];
  /** On 127.0.0.1, forwarded to NETCONF and SNMP. */
  readonly netconfPort: number;
  readonly snmpPort: number;
  /** Folder that the machine sees as a volume named SLUICE. */
  readonly configDrive?: string;
  readonly memoryMegabytes?: number;
  /** File with a machine of the same options that was running (`saveAndEnd`): it goes on from there. */
  readonly running?: string;
  /** A restart of the machine ends it: what its disk holds then can be looked at. */
  readonly endsAtRestart?: boolean;
}

export type Firmware = 'bios' | 'uefi' | 'secure';

const OVMF = '/usr/share/OVMF';

export class Machine {
  readonly options: MachineOptions;
  readonly serialLog: string;
  readonly #process: ChildProcess;
  #console: Socket | undefined;
  /** When the process was started, performance.now(). */
  readonly startedMs = performance.now();

  private constructor(options: MachineOptions, process: ChildProcess) {
    this.options = options;
    this.serialLog = `${options.folder}/serial.log`;
    this.#process = process;
  }

  static async start(options: MachineOptions): Promise<Machine> {
    mkdirSync(options.folder, { recursive: true });
    writeFileSync(`${options.folder}/serial.log`, '');
    // Of a machine that was killed.
    rmSync(`${options.folder}/serial.sock`, { force: true });
    await ipBatch(options.ports.map(({ device }) => `tuntap add dev ${device} mode tap`));
    const log = openSync(`${options.folder}/qemu.log`, 'a');
    const process = spawn('nice', ['-n', '10', 'qemu-system-x86_64', ...argumentsOf(options)], {
      stdio: ['ignore', log, log],
    });
    const machine = new Machine(options, process);
    const ended = once(process, 'exit').then(([code]) => {
      throw new Error(`QEMU ended with ${code}: ${readFileSync(`${options.folder}/qemu.log`, 'utf8')}`);
    });
    ended.catch(() => undefined);
    const opened = until('QEMU opens its console and its TAPs', 60_000, () => {
      if (!existsSync(`${options.folder}/serial.sock`)) return undefined;
      const taps = openTaps(process.pid ?? 0);
      return options.ports.every(({ device }) => taps.has(device)) || undefined;
    });
    await Promise.race([ended, opened]);
    machine.#console = createConnection(`${options.folder}/serial.sock`);
    machine.#console.on('error', () => undefined).resume();
    for (const { namespace, device } of options.ports) {
      await ipBatch([`link set ${device} netns ${namespace}`]);
      await ipBatch([`link set ${device} up`], namespace);
    }
    return machine;
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Seconds of processor that the emulation has used. */
  cpuSeconds(): number {
    const stat = readFileSync(`/proc/${this.pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  serial(): string {
    return readFileSync(this.serialLog, 'latin1');
  }

  /** Types on the serial console. */
  type(text: string): void {
    this.#console?.write(text);
  }

  /** Waits for a text on the serial console, behind `from`; where it begins. */
  async says(pattern: RegExp, timeoutMs: number, from = 0): Promise<RegExpExecArray> {
    return await until(`the machine says ${pattern}`, timeoutMs, () => {
      if (!this.isRunning) throw new Error(`the machine ended before it said ${pattern}`);
      return pattern.exec(this.serial().slice(from)) ?? undefined;
    });
  }

  /** Waits until SSH answers at the port that is forwarded to NETCONF. */
  async answers(timeoutMs: number): Promise<void> {
    const port = this.options.netconfPort;
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const socket = createConnection({ port, host: '127.0.0.1' });
      const first = await Promise.race([
        once(socket, 'data').then(([bytes]) => String(bytes)),
        once(socket, 'close').then(() => ''),
        delay(5000).then(() => ''),
      ]).catch(() => '');
      socket.destroy();
      if (first.startsWith('SSH-')) return;
      if (!this.isRunning) throw new Error(`the machine ended before port ${port} answered`);
      if (performance.now() > deadline) throw new Error(`nothing answers at port ${port} after ${timeoutMs} ms`);
      await delay(200);
    }
  }

  /** Writes what is running into a file, to go on from there as often as wanted, and ends the machine. */
  async saveAndEnd(file: string): Promise<void> {
    const gone = once(this.#process, 'exit');
    const monitor = createConnection(`${this.options.folder}/monitor.sock`);
    let said = '';
    monitor
      .on('error', () => undefined)
      .on('data', (bytes) => {
        said += bytes;
      });
    monitor.write(`migrate_set_parameter max-bandwidth 100G\nmigrate "exec:cat >${file}"\ninfo migrate\nquit\n`);
    await gone;
    this.#console?.destroy();
    if (!/Migration status: completed/.test(said)) throw new Error(`the running machine cannot be saved: ${said}`);
  }

  /** The power is cut. */
  async kill(): Promise<void> {
    if (!this.isRunning) return;
    const gone = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await gone;
    this.#console?.destroy();
    await Promise.all(
      this.options.ports.map(({ namespace, device }) =>
        ipBatch([`link delete ${device}`], namespace).catch(() => undefined),
      ),
    );
  }
}

/** TAPs that a process has open: one that is moved before it is opened would be made anew. */
function openTaps(pid: number): ReadonlySet<string> {
  const folder = `/proc/${pid}/fdinfo`;
  const names = readdirSync(folder).map((descriptor) => {
    try {
      return /^iff:\s*(\S+)/m.exec(readFileSync(`${folder}/${descriptor}`, 'latin1'))?.[1] ?? '';
    } catch {
      return ''; // closed meanwhile
    }
  });
  return new Set(names);
}

function argumentsOf(options: MachineOptions): string[] {
  const { folder, ports } = options;
  const forwards = `hostfwd=tcp:127.0.0.1:${options.netconfPort}-:830,hostfwd=udp:127.0.0.1:${options.snmpPort}-:161`;
  const firmware: string[] = [];
  const isSecure = options.firmware === 'secure';
  if (options.firmware !== 'bios') {
    const variables = `${folder}/variables.fd`;
    if (!existsSync(variables)) copyFileSync(`${OVMF}/OVMF_VARS_4M.fd`, variables);
    const code = `${OVMF}/OVMF_CODE_4M${isSecure ? '.secboot' : ''}.fd`;
    firmware.push('-drive', `if=pflash,format=raw,readonly=on,file=${code}`);
    firmware.push('-drive', `if=pflash,format=raw,file=${variables}`);
    if (isSecure) firmware.push('-global', 'driver=cfi.pflash01,property=secure,value=on');
  }
  return [
    ...[
      '-machine',
      `q35,smm=${isSecure ? 'on' : 'off'}`,
      '-accel',
      'tcg,thread=multi,tb-size=512',
      '-cpu',
      'max',
      '-smp',
      '2',
    ],
    ...['-m', String(options.memoryMegabytes ?? 2048), '-nodefaults', '-display', 'none', '-no-user-config'],
    ...['-watchdog-action', 'reset', '-device', 'i6300esb'],
    ...['-chardev', `socket,id=serial,path=${folder}/serial.sock,server=on,wait=off,logfile=${folder}/serial.log`],
    ...['-monitor', `unix:${folder}/monitor.sock,server=on,wait=off`],
    ...(options.endsAtRestart === true ? ['-action', 'reboot=shutdown'] : []),
    ...(options.running === undefined ? [] : ['-incoming', `exec:cat ${options.running}`]),
    ...['-serial', 'chardev:serial', '-rtc', 'base=utc', '-object', 'rng-random,id=rng,filename=/dev/urandom'],
    ...['-device', 'virtio-rng-pci,rng=rng'],
    ...['-drive', `if=virtio,format=${options.format},file=${options.disk},cache=writeback,discard=unmap`],
    ...(options.configDrive === undefined
      ? []
      : ['-drive', `if=virtio,read-only=on,driver=vvfat,dir=${options.configDrive},label=SLUICE`]),
    ...['-netdev', `user,id=management,${forwards}`, '-device', 'virtio-net-pci,netdev=management,addr=0x10'],
    ...ports.flatMap(({ device }, index) => [
      ...['-netdev', `tap,id=port${index},ifname=${device},script=no,downscript=no,vhost=off`],
      ...[
        '-device',
        `virtio-net-pci,netdev=port${index},addr=0x${(0x11 + index).toString(16)},mac=52:54:00:00:01:0${index}`,
      ],
    ]),
    ...firmware,
  ];
}
