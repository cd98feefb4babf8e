/**
 * A host and a router, each a network namespace, with two veth pairs between them: what the host sends by `out` comes
 * to the router's `left`, and what leaves by the router's `right` comes back to the host's `back`.
 */
import { run } from '../../../../lab/run.ts';

export const left = 'sb-left';
export const right = 'sb-right';
const out = 'sb-out';
const back = 'sb-back';

export interface Passed {
  readonly sent: number;
  readonly received: number;
  readonly seconds: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

export interface Target {
  /** Destination of the frames. */
  readonly mac: string;
  readonly address: string;
}

export class Topology {
  readonly host = `sb-host-${process.pid}`;
  readonly router = `sb-router-${process.pid}`;
  readonly #tool: string;

  private constructor(tool: string) {
    this.#tool = tool;
  }

  static async make(folder: string): Promise<Topology> {
    const tool = `${folder}/frames`;
    const source = new URL('./frames.c', import.meta.url).pathname;
    await run('gcc', ['-O2', '-Wall', '-Wextra', '-Werror', '-pthread', '-o', tool, source]);
    const it = new Topology(tool);
    await run('ip', ['netns', 'add', it.host]);
    await run('ip', ['netns', 'add', it.router]);
    for (const [near, far] of [
      [out, left],
      [back, right],
    ] as const) {
      await run('ip', ['-n', it.host, 'link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', it.router]);
      await run('ip', ['-n', it.host, 'link', 'set', near, 'up', 'promisc', 'on']);
      await run('ip', ['-n', it.router, 'link', 'set', far, 'up', 'promisc', 'on']);
    }
    return it;
  }

  /** `rate` 0: as many frames as the sender makes. */
  async pass(target: Target, length: number, rate: number, seconds: number): Promise<Passed> {
    const args = [target.mac, target.address, String(length), String(rate), String(seconds)];
    return JSON.parse(await run('ip', ['netns', 'exec', this.host, this.#tool, out, back, ...args])) as Passed;
  }

  async inRouter(...command: readonly string[]): Promise<string> {
    return await run('ip', ['netns', 'exec', this.router, ...command]);
  }

  async end(): Promise<void> {
    for (const namespace of [this.host, this.router])
      await run('ip', ['netns', 'del', namespace]).catch(() => undefined);
  }
}
