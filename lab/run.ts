/** Runs the programs of the lab (ip, ethtool, ovs-vsctl) and waits for what they do. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs a program; its standard output. An exit code other than 0 throws an error with what the program said. */
export async function run(program: string, args: readonly string[], options: { input?: string } = {}): Promise<string> {
  const child = execute(program, [...args], { maxBuffer: 64 * 1024 * 1024 });
  if (options.input !== undefined) child.child.stdin?.end(options.input);
  try {
    return (await child).stdout;
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim();
    throw new Error(`${program} ${args.join(' ')}: ${said || (error as Error).message}`);
  }
}

/** Runs a program in a network namespace. */
export const runIn = (namespace: string, ...command: readonly string[]): Promise<string> =>
  run('ip', ['netns', 'exec', namespace, ...command]);

/** One `ip -batch`: all lines, in order, in one process. */
export async function ipBatch(lines: readonly string[], namespace?: string): Promise<void> {
  const where = namespace === undefined ? [] : ['-n', namespace];
  await run('ip', [...where, '-batch', '-'], { input: `${lines.join('\n')}\n` });
}

/** Polls a condition that has no event to wait for (state inside foreign programs); throws after `timeoutMs`. */
export async function until<T>(
  what: string,
  timeoutMs: number,
  condition: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
