/**
 * A customer edge switch: Open vSwitch with its userspace datapath, in a namespace of its own. (The kernels that the
 * lab has to run on have no VLAN-aware bridge and no kernel datapath.)
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { run, until } from './run.ts';

export interface SwitchPort {
  readonly device: string;
  /** Access VLAN: frames leave untagged. Undefined: a trunk of all VLANs. */
  readonly accessVlan?: number;
}

export interface SwitchOptions {
  readonly ageingSeconds?: number;
  /**
   * Before everything else on the machine (SCHED_FIFO), as a switch in hardware would be: a router that starts must not look like
   * a network that drops frames. A loop between such switches leaves the machine little. Without the right to it they go as all.
   */
  readonly isFirst?: boolean;
}

export interface FdbEntry {
  readonly port: string;
  readonly vlan: number;
  readonly mac: string;
}

const bridge = 'ce';

function isEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

export class Switch {
  readonly namespace: string;
  readonly #folder: string;
  #processes: ChildProcess[] = [];

  private constructor(namespace: string, folder: string) {
    this.namespace = namespace;
    this.#folder = folder;
  }

  /** Starts Open vSwitch in the namespace; `folder` holds its database and sockets. */
  static async start(namespace: string, folder: string, options: SwitchOptions = {}): Promise<Switch> {
    const started = new Switch(namespace, folder);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const database = `${folder}/conf.db`;
    await rm(database, { force: true });
    await run('ovsdb-tool', ['create', database, '/usr/share/openvswitch/vswitch.ovsschema']);
    started.#spawn('ovsdb-server', [database, `--remote=punix:${started.#socket}`]);
    // ovs-vsctl that comes too early tries again after a second, at the earliest.
    await until('ovsdb-server listens', 20_000, () => existsSync(started.#socket));
    await started.#vsctl('--retry', '--no-wait', 'init');
    started.#spawn('ovs-vswitchd', [`unix:${started.#socket}`, '--disable-system'], options.isFirst);
    await started.#vsctl('add-br', bridge, '--', 'set', 'bridge', bridge, 'datapath_type=netdev');
    await started.#vsctl('set', 'bridge', bridge, `other-config:mac-aging-time=${options.ageingSeconds ?? 300}`);
    return started;
  }

  async addPorts(ports: readonly SwitchPort[]): Promise<void> {
    const args = ports.flatMap((port) => [
      '--',
      'add-port',
      bridge,
      port.device,
      ...(port.accessVlan === undefined ? [] : [`tag=${port.accessVlan}`, 'vlan_mode=access']),
    ]);
    await this.#vsctl(...args);
  }

  /** A bond of devices; `settings` are columns of its port, such as lacp=active. */
  async addBond(name: string, devices: readonly string[], settings: Readonly<Record<string, string>>): Promise<void> {
    const columns = Object.entries(settings).map(([column, value]) => `${column}=${value}`);
    await this.#vsctl('add-bond', bridge, name, ...devices, ...columns);
  }

  /** Columns of its bridge, such as rstp_enable=true. */
  async setBridge(columns: Readonly<Record<string, string>>): Promise<void> {
    await this.#vsctl('set', 'bridge', bridge, ...Object.entries(columns).map(([name, value]) => `${name}=${value}`));
  }

  /** Columns of a port, such as other_config:rstp-port-auto-edge=false. */
  async setPort(device: string, columns: Readonly<Record<string, string>>): Promise<void> {
    await this.#vsctl('set', 'port', device, ...Object.entries(columns).map(([name, value]) => `${name}=${value}`));
  }

  /** What it says of STP or RSTP on its bridge. */
  spanningTree(protocol: 'stp' | 'rstp'): Promise<string> {
    return run('ovs-appctl', ['-t', this.#control, `${protocol}/show`, bridge]);
  }

  /** What it says of LACP on a bond. */
  lacp(bond: string): Promise<string> {
    return run('ovs-appctl', ['-t', this.#control, 'lacp/show', bond]);
  }

  /** What it says of a bond's members. */
  bond(name: string): Promise<string> {
    return run('ovs-appctl', ['-t', this.#control, 'bond/show', name]);
  }

  /** Drops all that comes in and goes out by a port, as a cable in the middle of which somebody cuts: its carrier stays. */
  async cut(device: string): Promise<void> {
    await this.#portMode(device, 'no-receive', 'no-forward');
  }

  /** Ends `cut`. */
  async mend(device: string): Promise<void> {
    await this.#portMode(device, 'receive', 'forward');
  }

  /** Drops IPv4 packets between each two addresses, both ways, and what asks for the one or the other; all at once. */
  async part(...pairs: readonly (readonly [string, string])[]): Promise<void> {
    const flows = pairs
      .flatMap(([a, b]) => [
        [a, b],
        [b, a],
      ])
      .flatMap(([from, to]) => [`ip,nw_src=${from},nw_dst=${to}`, `arp,arp_spa=${from},arp_tpa=${to}`])
      .map((kind) => `cookie=1,priority=1000,${kind},actions=drop\n`);
    const args = ['-O', 'OpenFlow14', '--bundle', 'add-flows', this.#management, '-'];
    await run('ovs-ofctl', args, { input: flows.join('') });
  }

  /** Ends every `part`. */
  async join(): Promise<void> {
    await run('ovs-ofctl', ['del-flows', this.#management, 'cookie=1/-1']);
  }

  async #portMode(device: string, ...modes: readonly string[]): Promise<void> {
    for (const mode of modes) await run('ovs-ofctl', ['mod-port', this.#management, device, mode]);
  }

  /** Sets columns of a device's interface, such as cfm_mpid=9. */
  async setInterface(device: string, columns: Readonly<Record<string, string>>): Promise<void> {
    await this.#vsctl(
      'set',
      'interface',
      device,
      ...Object.entries(columns).map(([column, value]) => `${column}=${value}`),
    );
  }

  /** What a column of a device's interface holds, such as `cfm_fault`. */
  async interfaceColumn(device: string, column: string): Promise<string> {
    return (await this.#vsctl('get', 'interface', device, column)).trim();
  }

  /** Runs a program where the switch is. */
  inNamespace(program: string, args: readonly string[]): Promise<string> {
    return run('ip', ['netns', 'exec', this.namespace, program, ...args]);
  }

  /** The forwarding database as it is printed: one program is started. */
  fdbTable(): Promise<string> {
    return run('ovs-appctl', ['-t', this.#control, 'fdb/show', bridge]);
  }

  /** The forwarding database; ports by device name. */
  async fdb(): Promise<FdbEntry[]> {
    const numbers = new Map<string, string>();
    const interfaces = await this.#vsctl('--format=csv', '--no-headings', '--columns=ofport,name', 'list', 'interface');
    for (const line of interfaces.split('\n')) {
      const [number, name] = line.split(',');
      if (number !== undefined && name !== undefined) numbers.set(number, name);
    }
    const table = await this.fdbTable();
    return table
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .flatMap(([port, vlan, mac]) =>
        port !== undefined && vlan !== undefined && mac !== undefined
          ? [{ port: numbers.get(port) ?? port, vlan: Number(vlan), mac }]
          : [],
      );
  }

  /** Ends ovs-vswitchd as a crash would: nothing is forwarded or sent any more. */
  async kill(): Promise<void> {
    const daemon = this.#processes.find(({ spawnargs }) => spawnargs.includes('ovs-vswitchd'));
    if (daemon === undefined || isEnded(daemon)) return;
    const ended = new Promise((resolve) => daemon.once('exit', resolve));
    daemon.kill('SIGKILL');
    await ended;
  }

  /** Ends the processes and waits for their end. */
  async stop(): Promise<void> {
    const ended = this.#processes.map(
      (child) => new Promise<void>((resolve) => (isEnded(child) ? resolve() : child.once('exit', () => resolve()))),
    );
    for (const child of this.#processes) child.kill('SIGTERM');
    await Promise.all(ended);
    this.#processes = [];
    await rm(this.#folder, { recursive: true, force: true });
  }

  get #management(): string {
    return `unix:${this.#folder}/${bridge}.mgmt`;
  }

  get #socket(): string {
    return `${this.#folder}/db.sock`;
  }

  /** Where ovs-appctl finds it. */
  get control(): string {
    return this.#control;
  }

  get #control(): string {
    return `${this.#folder}/vswitchd.ctl`;
  }

  #vsctl(...args: string[]): Promise<string> {
    return run('ovs-vsctl', [`--db=unix:${this.#socket}`, '--timeout=20', ...args]);
  }

  #spawn(program: string, args: string[], isFirst = false): void {
    const control = program === 'ovs-vswitchd' ? this.#control : `${this.#folder}/${program}.ctl`;
    const first = isFirst ? ['sh', '-c', 'chrt -f -p 1 $$ 2>/dev/null; exec "$@"', 'sh'] : [];
    const options = [`--unixctl=${control}`, '--log-file=/dev/null', '--verbose=off'];
    const inside = ['ip', 'netns', 'exec', this.namespace, program, ...args, ...options];
    const [command = '', ...words] = [...first, ...inside];
    const child = spawn(command, words, {
      stdio: 'ignore',
      env: { ...process.env, OVS_RUNDIR: this.#folder, OVS_LOGDIR: this.#folder, OVS_DBDIR: this.#folder },
    });
    this.#processes.push(child);
  }

  /** Waits until a MAC address is known on the port in the VLAN. */
  async learned(mac: string, vlan: number, device: string, timeoutMs = 5000): Promise<void> {
    await until(
      `${mac} in VLAN ${vlan} on ${device}`,
      timeoutMs,
      async () =>
        (await this.fdb()).some((entry) => entry.mac === mac && entry.vlan === vlan && entry.port === device) ||
        undefined,
    );
  }
}
