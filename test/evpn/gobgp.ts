/** GoBGP (Debian's gobgpd) in a namespace at the end of a cable, originating routes as its command line is told. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deleteNamespaces, makeNamespaces, plainDevice } from '../../lab/host.ts';
import { ipBatch, run, runIn, until } from '../../lab/run.ts';

/** A network of its own for each run (RFC 2544), since our end is in the machine's own namespace. */
const NETWORK = `198.18.${1 + (process.pid % 250)}`;
export const OURS = `${NETWORK}.1`;
export const THEIRS = `${NETWORK}.2`;

export interface GobgpOptions {
  readonly as: number;
  readonly ourAs: number;
  /** Where it connects to; undefined: it listens at port 179. */
  readonly dials?: number;
}

export class Gobgp {
  readonly namespace: string;
  readonly device: string;
  readonly folder: string;
  #daemon: ChildProcess | undefined;

  private constructor(name: string) {
    this.namespace = `sl-${name}`;
    this.device = `sl-${name}`;
    this.folder = mkdtempSync(join(tmpdir(), 'sluice-gobgp-'));
  }

  /** Makes the namespace and the cable: our end has OURS, its end THEIRS. */
  static async make(): Promise<Gobgp> {
    const gobgp = new Gobgp(`gb${process.pid}`);
    const { namespace, device } = gobgp;
    await makeNamespaces([namespace]);
    await ipBatch([
      `link add name eth0 netns ${namespace} type veth peer name ${device}`,
      `address add ${OURS}/24 dev ${device}`,
      `link set dev ${device} up`,
    ]);
    await plainDevice(undefined, device);
    await ipBatch([`address add ${THEIRS}/24 dev eth0`, 'link set dev eth0 up'], namespace);
    return gobgp;
  }

  async start({ as, ourAs, dials }: GobgpOptions): Promise<void> {
    const file = join(this.folder, 'gobgpd.toml');
    writeFileSync(
      file,
      `[global.config]
  as = ${as}
  router-id = "${THEIRS}"
  port = ${dials === undefined ? 179 : -1}
[[neighbors]]
  [neighbors.config]
    neighbor-address = "${OURS}"
    peer-as = ${ourAs}
  [neighbors.timers.config]
    hold-time = 9
    connect-retry = 5
    idle-hold-time-after-reset = 1
  [neighbors.transport.config]
    passive-mode = ${dials === undefined}
${dials === undefined ? '' : `    remote-port = ${dials}\n`}  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
      afi-safi-name = "l2vpn-evpn"
`,
    );
    const args = [
      'netns',
      'exec',
      this.namespace,
      'gobgpd',
      '-f',
      file,
      '-t',
      'toml',
      '--api-hosts',
      '127.0.0.1:50051',
    ];
    // `ip netns exec` becomes gobgpd: the process is its own.
    this.#daemon = spawn('ip', args, { stdio: 'ignore' });
    await until('gobgpd answers', 20_000, () => this.tell('global').catch(() => undefined));
  }

  /** Runs gobgp; what it printed. */
  async tell(...words: readonly string[]): Promise<string> {
    const text = await runIn(this.namespace, 'gobgp', ...words);
    if (text.startsWith('error')) throw new Error(`gobgp ${words.join(' ')}: ${text.split('\n')[0]}`);
    return text;
  }

  /** Adds or deletes an EVPN route. */
  async route(what: 'add' | 'del', route: string): Promise<void> {
    await this.tell('global', 'rib', what, '-a', 'evpn', ...route.split(' '));
  }

  /** Its EVPN routes, as it prints them. */
  routes(): Promise<string> {
    return this.tell('global', 'rib', '-a', 'evpn');
  }

  async state(): Promise<string> {
    return (await this.tell('neighbor', OURS)).match(/BGP state = (\S+?),?\s/)?.[1] ?? '';
  }

  /** SIGKILL: nobody is told. */
  async kill(): Promise<void> {
    const daemon = this.#daemon;
    this.#daemon = undefined;
    if (daemon === undefined || daemon.exitCode !== null || daemon.signalCode !== null) return;
    const ended = new Promise((resolve) => daemon.once('exit', resolve));
    daemon.kill('SIGKILL');
    await ended;
  }

  async delete(): Promise<void> {
    await this.kill();
    await deleteNamespaces([this.namespace]);
    await run('ip', ['link', 'delete', this.device]).catch(() => undefined);
    rmSync(this.folder, { recursive: true });
  }
}
