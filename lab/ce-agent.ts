/** The agent of CEs that run Linux (ce-agent/), in the namespace of a switch. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { run, until } from './run.ts';

const sources = fileURLToPath(new URL('../ce-agent', import.meta.url));

/** `ce-agent-asan`: with sanitizers. `ce-agent-static`: for a machine without libraries. */
export type AgentBinary = 'ce-agent' | 'ce-agent-asan' | 'ce-agent-static';

/** Builds it where it is not built; its path. */
export async function buildAgent(binary: AgentBinary): Promise<string> {
  const built = `../build/ce-agent/${binary}`;
  await run('make', ['-C', sources, '-s', built]);
  return fileURLToPath(new URL(built, `file://${sources}/`));
}

export class CeAgent {
  /** What it has said. */
  readonly lines: string[] = [];
  readonly #child: ChildProcess;

  private constructor(namespace: string, program: string, args: readonly string[]) {
    this.#child = spawn('ip', ['netns', 'exec', namespace, program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (chunk: Buffer) => this.lines.push(...chunk.toString().split('\n').filter(Boolean)));
  }

  /** Resolves once it listens at its ports. */
  static async start(namespace: string, args: readonly string[], binary: AgentBinary = 'ce-agent'): Promise<CeAgent> {
    const agent = new CeAgent(namespace, await buildAgent(binary), args);
    await until('the agent is ready', 10_000, () => agent.lines.includes('ready') || undefined);
    return agent;
  }

  /** Resolves with its exit code. */
  async stop(): Promise<number | null> {
    if (this.#child.exitCode !== null) return this.#child.exitCode;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const [code] = (await ended) as [number | null];
    return code;
  }
}
