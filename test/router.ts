/**
 * A router for tests: `npm start` itself (src/start) without its lab, in a folder of its own, on a free port. So tests
 * see what an operator gets, restarts and the clean end included.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../lab/run.ts';
import { Site, type SiteOptions } from '../lab/site.ts';
import { connectUnix, type NetconfClient } from '../src/northbound/netconf/client.ts';
import { isAlive } from '../src/platform/processes.ts';
import { devicePrefix } from '../src/start/clear.ts';
import { type Places, placesOf, type RunRecord, readRecord } from '../src/start/record.ts';

const program = fileURLToPath(new URL('../src/start/main.ts', import.meta.url));

export interface RouterOptions {
  /** Further options of `npm start --`. */
  readonly args?: readonly string[];
  /** Use this state folder and leave it behind; otherwise a new one that `stop` removes. */
  readonly state?: string;
  readonly lab?: boolean;
  /** Network namespace that it runs in, with its ports. */
  readonly namespace?: string;
}

export class Router {
  readonly places: Places;
  readonly #child: ChildProcess;
  readonly #keepState: boolean;
  #output = '';

  private constructor(places: Places, child: ChildProcess, keepState: boolean) {
    this.places = places;
    this.#child = child;
    this.#keepState = keepState;
  }

  static async start(options: RouterOptions = {}): Promise<Router> {
    const state = options.state ?? mkdtempSync(join(tmpdir(), 'sluice-test-'));
    const places = placesOf(state);
    const args = [program, ...(options.lab ? [] : ['--no-lab']), '--state', state, '--netconf', '127.0.0.1:0'];
    const inside = options.namespace === undefined ? [] : ['ip', 'netns', 'exec', options.namespace];
    const [command = '', ...words] = [...inside, process.execPath, ...args, ...(options.args ?? [])];
    const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    const router = new Router(places, child, options.state !== undefined);
    // A test that ends early takes its router with it.
    const abandon = (): boolean => child.kill('SIGINT');
    process.once('exit', abandon);
    child.once('exit', () => process.off('exit', abandon));
    const collect = (chunk: Buffer): void => {
      router.#output += chunk.toString();
    };
    child.stderr?.on('data', collect);
    await new Promise<void>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`the router ended with code ${code}:\n${router.#output}`)));
      child.stdout?.on('data', (chunk: Buffer) => {
        collect(chunk);
        if (router.#output.includes('Ctrl-C stops it')) resolve();
      });
    });
    return router;
  }

  /** All that it printed so far. */
  get output(): string {
    return this.#output;
  }

  /** Where NETCONF over SSH listens. */
  get endpoint(): { readonly address: string; readonly port: number } {
    return JSON.parse(readFileSync(`${this.places.run}/netconf.json`, 'utf8')) as { address: string; port: number };
  }

  get password(): string {
    return readFileSync(`${this.places.state}/admin-password`, 'utf8').trim();
  }

  /** A NETCONF session over the recovery socket. */
  connect(): Promise<NetconfClient> {
    return connectUnix(this.places.netconfSocket);
  }

  record(): RunRecord {
    const record = readRecord(this.places);
    if (record === undefined) throw new Error('the router does not run');
    return record;
  }

  /** kill -9 of one of its processes; resolves when that process is gone. */
  async kill(which: 'engine' | 'sluiced'): Promise<void> {
    const name = this.record()[which];
    if (name === undefined) throw new Error(`${which} does not run`);
    process.kill(name.pid, 'SIGKILL');
    await until(`the end of ${which}`, 5000, () => !isAlive(name) || undefined);
  }

  /**
   * All of it stops where it is, at once, as a machine that loses its power; `crash` then ends it. The end of a process costs
   * the kernel tens of milliseconds, in which nothing else has that processor: no power cut at one router takes them of another.
   */
  freeze(): void {
    const { engine, sluiced } = this.record();
    for (const name of [engine, sluiced]) if (name !== undefined) process.kill(name.pid, 'SIGSTOP');
    this.#child.kill('SIGSTOP');
  }

  /** kill -9 of all of it, as a machine that loses its power: nothing restarts anything. Its devices stay. */
  async crash(): Promise<void> {
    const { engine, sluiced } = this.record();
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    for (const name of [engine, sluiced]) if (name !== undefined) process.kill(name.pid, 'SIGKILL');
    await ended;
    for (const name of [engine, sluiced]) {
      if (name !== undefined) await until('the end of the router', 5000, () => !isAlive(name) || undefined);
    }
  }

  /** Name of the kernel device for the router's port number `port` of a site; within the router's own prefix. */
  device(name: string): string {
    return `${devicePrefix(this.places)}${name}`;
  }

  /** Builds a site at the router's ports `devices`; the router clears it at its end, as its own lab. */
  buildSite(
    options: Pick<SiteOptions, 'number' | 'vlans' | 'routerDevices'> & { ageingSeconds?: number },
  ): Promise<Site> {
    return Site.build({
      ...options,
      prefix: this.places.namespacePrefix,
      folder: `${this.places.run}/site${options.number}`,
    });
  }

  /** Ctrl-C, and waits for the end. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = new Promise((resolve) => this.#child.once('exit', resolve));
      this.#child.kill('SIGINT');
      await ended;
    }
    if (!this.#keepState) rmSync(this.places.state, { recursive: true, force: true });
  }
}
