/** sluiced as a process of its own, without an engine: for what has to do with the process, its files and its end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectUnix, type NetconfClient } from '../../src/northbound/netconf/client.ts';

const program = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export interface SluicedProcessOptions {
  /** Its state is the subfolder `state`, its sockets are in `run`. */
  readonly folder: string;
  /** The state folder, if it is elsewhere. */
  readonly state?: string;
  /** The first configuration, as a document; the factory's otherwise. */
  readonly config?: string;
  readonly yangPaths?: readonly string[];
  /** For Node, before the program. */
  readonly nodeArguments?: readonly string[];
  /** Runs in a shell before the program, such as `ulimit -f 100`. */
  readonly before?: string;
}

export class SluicedProcess {
  readonly child: ChildProcess;
  readonly socket: string;
  readonly #run: string;
  #log = '';

  private constructor(child: ChildProcess, run: string) {
    this.child = child;
    this.#run = run;
    this.socket = join(run, 'netconf.sock');
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#log += text;
      });
    }
  }

  /** Resolves when it is ready; rejects with what it said where it ends before. */
  static async start(options: SluicedProcessOptions): Promise<SluicedProcess> {
    const started = SluicedProcess.begin(options);
    await started.ready();
    return started;
  }

  /** As `start`, without waiting. */
  static begin(options: SluicedProcessOptions): SluicedProcess {
    const { folder, config, yangPaths = [], nodeArguments = [], before } = options;
    const run = join(folder, 'run');
    mkdirSync(run, { recursive: true });
    rmSync(join(run, 'netconf.json'), { force: true });
    const args = [
      ...['--no-warnings', ...nodeArguments, program],
      ...['--state', options.state ?? join(folder, 'state'), '--run', run],
      ...['--engine', join(run, 'no-engine.sock'), '--netconf', '127.0.0.1:0'],
      ...yangPaths.flatMap((path) => ['--yang-path', path]),
    ];
    if (config !== undefined) {
      writeFileSync(join(folder, 'config.xml'), config);
      args.push('--config', join(folder, 'config.xml'));
    }
    const stdio: ['ignore', 'pipe', 'pipe', 'ipc'] = ['ignore', 'pipe', 'pipe', 'ipc'];
    const child =
      before === undefined
        ? spawn(process.execPath, args, { stdio })
        : spawn('sh', ['-c', `${before}; exec "$@"`, 'sh', process.execPath, ...args], { stdio });
    const kill = (): boolean => child.kill('SIGKILL');
    process.once('exit', kill); // a test that breaks off takes it along
    child.once('exit', () => process.off('exit', kill));
    return new SluicedProcess(child, run);
  }

  async ready(): Promise<void> {
    while (!/ ready$/m.test(this.#log)) {
      if (!this.isAlive) throw new Error(`sluiced ended:\n${this.#log}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** All that it has said. */
  get log(): string {
    return this.#log;
  }

  /** Forgets what it has said so far. */
  dropLog(): void {
    this.#log = '';
  }

  get isAlive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Where it listens for SSH. */
  get port(): number {
    return (JSON.parse(readFileSync(join(this.#run, 'netconf.json'), 'utf8')) as { port: number }).port;
  }

  /** A recovery session. */
  connect(): Promise<NetconfClient> {
    return connectUnix(this.socket);
  }

  /** Resolves when it is gone. */
  async end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    if (!this.isAlive) return;
    const exited = once(this.child, 'exit');
    this.child.kill(signal);
    await exited;
  }
}
