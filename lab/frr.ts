/** FRR as Debian ships it, in a network namespace: zebra and daemons of protocols, with a folder of their own for sockets and files. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, until } from './run.ts';

const programs = '/usr/lib/frr';

export interface FrrOptions {
  readonly namespace: string;
  /** In FRR's configuration language. */
  readonly configuration: readonly string[];
  /** Beside zebra; bgpd alone unless said. */
  readonly daemons?: readonly Daemon[];
}

export type Daemon = 'bgpd' | 'bfdd';

export interface BgpSession {
  readonly as: number;
  readonly address: string;
  readonly peer: string;
  readonly peerAs: number;
  readonly keepaliveSeconds: number;
  readonly holdSeconds: number;
  /** A prefix to announce. */
  readonly network?: string;
}

/** One eBGP session, in FRR's configuration language. */
export const bgpConfiguration = (it: BgpSession): string[] => [
  `router bgp ${it.as}`,
  ` bgp router-id ${it.address}`,
  ' no bgp ebgp-requires-policy',
  ' no bgp network import-check',
  ` neighbor ${it.peer} remote-as ${it.peerAs}`,
  ` neighbor ${it.peer} timers ${it.keepaliveSeconds} ${it.holdSeconds}`,
  ` neighbor ${it.peer} timers connect 1`,
  ...(it.network === undefined ? [] : [' address-family ipv4 unicast', `  network ${it.network}`]),
];

export class Frr {
  readonly #namespace: string;
  readonly #folder: string;
  readonly #children = new Map<string, ChildProcess>();

  private constructor(namespace: string, folder: string) {
    this.#namespace = namespace;
    this.#folder = folder;
  }

  static async start({ namespace, configuration, daemons = ['bgpd'] }: FrrOptions): Promise<Frr> {
    // The daemons run as the user of the package.
    const folder = mkdtempSync(join(tmpdir(), 'frr-'));
    await run('chown', ['frr:frr', folder]);
    writeFileSync(join(folder, 'frr.conf'), `${configuration.join('\n')}\n`);
    const frr = new Frr(namespace, folder);
    for (const daemon of ['zebra', ...daemons]) await frr.begin(daemon);
    return frr;
  }

  /** Starts a daemon that does not run. */
  async begin(daemon: string): Promise<void> {
    const folder = this.#folder;
    const own = ['-f', join(folder, 'frr.conf'), '-i', join(folder, `${daemon}.pid`), '-z', join(folder, 'zserv.api')];
    const all = [...own, '--vty_socket', folder, '-A', '127.0.0.1', '-P', '0'];
    if (daemon === 'bfdd') all.push('--bfdctl', join(folder, 'bfdd.sock'));
    // Whatever else this machine does must not look like a peer that is dead.
    const scheduled = daemon === 'bfdd' ? ['-f', '2'] : ['-o', '0'];
    const command = [...scheduled, 'ip', 'netns', 'exec', this.#namespace, join(programs, daemon), ...all];
    this.#children.set(daemon, spawn('chrt', command, { stdio: 'ignore' }));
    await until(`${daemon} to answer`, 10_000, () => this.ask(daemon, 'show version').then(Boolean, () => undefined));
  }

  /** Ends a daemon without a last word; `begin` starts it again. Resolves once it is gone. */
  async kill(daemon: Daemon): Promise<void> {
    await end(this.#children.get(daemon), 'SIGKILL');
    this.#children.delete(daemon);
  }

  /** What bgpd says to a command of its shell. */
  show(command: string): Promise<string> {
    return this.ask('bgpd', command);
  }

  ask(daemon: string, command: string): Promise<string> {
    return run('vtysh', ['--vty_socket', this.#folder, '-d', daemon, '-c', command]);
  }

  /** The state of the session with a peer, as bgpd names it: Established, Active, Idle, … */
  async session(peer: string): Promise<string> {
    return (await this.#neighbors())[peer]?.bgpState ?? 'none';
  }

  /** How often the session with a peer was lost. */
  async drops(peer: string): Promise<number> {
    return (await this.#neighbors())[peer]?.connectionsDropped ?? 0;
  }

  async #neighbors(): Promise<Record<string, { bgpState?: string; connectionsDropped?: number }>> {
    return JSON.parse(await this.show('show bgp neighbors json'));
  }

  async stop(): Promise<void> {
    for (const child of this.#children.values()) await end(child, 'SIGTERM');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function end(child: ChildProcess | undefined, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child === undefined || child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await ended;
}
