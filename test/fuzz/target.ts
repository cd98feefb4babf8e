/** The server under test: a sluiced of its own, in a folder in memory. */
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SluicedProcess } from '../sluiced/process.ts';
import type { ServerFigures } from './probe.ts';

const probe = new URL('probe.ts', import.meta.url).href;
/** Log lines that speak of a bug, not of the network or the operator. */
const bug =
  /\bbug\b|(?:Type|Range|Reference|Syntax|Assertion)Error|^\s+at .+:\d+:\d+|unhandled|failed after the commit/i;

export class Target {
  readonly #process: SluicedProcess;
  readonly #folder: string;

  private constructor(process: SluicedProcess, folder: string) {
    this.#process = process;
    this.#folder = folder;
  }

  /** @param config a configuration document */
  static async start(config: string): Promise<Target> {
    const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'sluice-fuzz-'));
    // A run that is broken off leaves nothing behind; the server ends with it (SluicedProcess).
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    try {
      const nodeArguments = ['--expose-gc', '--import', probe];
      return new Target(await SluicedProcess.start({ folder, config, nodeArguments }), folder);
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  get socket(): string {
    return this.#process.socket;
  }

  get port(): number {
    return this.#process.port;
  }

  get isAlive(): boolean {
    return this.#process.isAlive;
  }

  /** What was logged since the last call, where it speaks of a bug. */
  bugs(): string {
    const { log } = this.#process;
    this.#process.dropLog();
    return log.split('\n').some((line) => bug.test(line)) ? log : '';
  }

  /** After garbage collection. Undefined where the server does not answer within ten seconds. */
  async figures(): Promise<ServerFigures | undefined> {
    if (!this.isAlive) return undefined;
    this.#process.child.send('figures');
    const [figures] = (await Promise.race([
      once(this.#process.child, 'message'),
      new Promise((resolve) => setTimeout(resolve, 10_000, [])),
    ])) as [ServerFigures?];
    return figures;
  }

  async stop(): Promise<void> {
    await this.#process.end('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
