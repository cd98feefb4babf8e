/** The server under test: a sluiced of its own, without an engine, in a folder in memory. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServerFigures } from './probe.ts';

const program = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const probe = new URL('probe.ts', import.meta.url).href;
/** Log lines that speak of a bug, not of the network or the operator. */
const bug =
  /\bbug\b|(?:Type|Range|Reference|Syntax|Assertion)Error|^\s+at .+:\d+:\d+|unhandled|failed after the commit/i;

export class Target {
  readonly socket: string;
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #folder: string;
  #log = '';
  #read = 0;
  #stopping = false;

  private constructor(child: ChildProcess, folder: string, log: string) {
    this.#child = child;
    this.#folder = folder;
    this.socket = join(folder, 'run/netconf.sock');
    this.port = (JSON.parse(readFileSync(join(folder, 'run/netconf.json'), 'utf8')) as { port: number }).port;
    this.#log = log;
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text: string) => this.#took(text));
  }

  /** @param config a configuration document */
  static async start(config: string): Promise<Target> {
    const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'sluice-fuzz-'));
    mkdirSync(join(folder, 'run'));
    writeFileSync(join(folder, 'config.xml'), config);
    const options = {
      state: join(folder, 'state'),
      run: join(folder, 'run'),
      engine: join(folder, 'no-engine.sock'),
      netconf: '127.0.0.1:0',
      config: join(folder, 'config.xml'),
    };
    const child = spawn(
      process.execPath,
      [
        ...['--expose-gc', '--no-warnings', '--import', probe, program],
        ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]),
      ],
      { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
    );
    let log = '';
    const ready = Promise.withResolvers<void>();
    const collect = (text: string): void => {
      log += text;
      if (/ ready$/m.test(log)) ready.resolve();
    };
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', collect);
    child.once('exit', () => ready.reject(new Error(`the server did not start:\n${log}`)));
    await ready.promise;
    const target = new Target(child, folder, log);
    for (const stream of [child.stdout, child.stderr]) stream?.off('data', collect);
    // A run that breaks off takes its server with it.
    process.once('exit', () => child.kill('SIGKILL'));
    return target;
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Log lines since the last call that speak of bugs. */
  bugs(): string {
    const news = this.#log.slice(this.#read);
    this.#read = this.#log.length;
    const lines = news.split('\n');
    return lines.some((line) => bug.test(line)) ? news : '';
  }

  /** After garbage collection. Undefined where the server does not answer within ten seconds. */
  async figures(): Promise<ServerFigures | undefined> {
    if (!this.isAlive) return undefined;
    this.#child.send('figures');
    const [figures] = (await Promise.race([
      once(this.#child, 'message'),
      new Promise((resolve) => setTimeout(resolve, 10_000, [])),
    ])) as [ServerFigures?];
    return figures;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.isAlive) {
      const exited = once(this.#child, 'exit');
      this.#child.kill('SIGKILL');
      await exited;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #took(text: string): void {
    if (this.#stopping) return;
    this.#log += text;
    // Hours of log are not kept.
    if (this.#log.length > 4_000_000) {
      this.#log = this.#log.slice(this.#read);
      this.#read = 0;
    }
  }
}
