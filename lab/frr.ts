/** FRR as Debian ships it, in a network namespace: zebra and bgpd, with a folder of their own for sockets and files. */
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
}

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
  readonly #folder: string;
  readonly #children: readonly ChildProcess[];

  private constructor(folder: string, children: readonly ChildProcess[]) {
    this.#folder = folder;
    this.#children = children;
  }

  static async start({ namespace, configuration }: FrrOptions): Promise<Frr> {
    // The daemons run as the user of the package.
    const folder = mkdtempSync(join(tmpdir(), 'frr-'));
    await run('chown', ['frr:frr', folder]);
    const file = join(folder, 'frr.conf');
    writeFileSync(file, `${configuration.join('\n')}\n`);
    const children: ChildProcess[] = [];
    const frr = new Frr(folder, children);
    for (const daemon of ['zebra', 'bgpd']) {
      const own = ['-f', file, '-i', join(folder, `${daemon}.pid`), '-z', join(folder, 'zserv.api')];
      const all = [...own, '--vty_socket', folder, '-A', '127.0.0.1', '-P', '0'];
      const child = spawn('ip', ['netns', 'exec', namespace, join(programs, daemon), ...all], { stdio: 'ignore' });
      children.push(child);
      await until(`${daemon} to answer`, 10_000, () => frr.#ask(daemon, 'show version').then(Boolean, () => undefined));
    }
    return frr;
  }

  /** What bgpd says to a command of its shell. */
  show(command: string): Promise<string> {
    return this.#ask('bgpd', command);
  }

  #ask(daemon: string, command: string): Promise<string> {
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
    for (const child of this.#children) {
      if (child.exitCode !== null) continue;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
