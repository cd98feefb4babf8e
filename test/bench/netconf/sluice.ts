/** Sluice as `npm start` runs it, without an engine: netconfd has none either. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../../../lab/run.ts';
import { connectUnix } from '../../../src/northbound/netconf/client.ts';
import { sluicedFlags } from '../../../src/start/node-flags.ts';
import { editConfig } from '../../configuration.ts';
import type { Subject } from './subject.ts';

const main = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
const compileCache = fileURLToPath(new URL('../../../build/compile-cache', import.meta.url));

/** `flags`: further ones for Node, to profile it. */
export async function startSluice(flags: readonly string[] = []): Promise<Subject> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const [state, run] = [join(folder, 'state'), join(folder, 'run')];
  mkdirSync(run);
  const child = spawn(
    process.execPath,
    [
      ...sluicedFlags,
      ...flags,
      ...[main, '--state', state, '--run', run, '--engine', join(run, 'none.sock'), '--netconf', '127.0.0.1:0'],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, NODE_COMPILE_CACHE: compileCache }, cwd: folder },
  );
  const { pid } = child;
  if (pid === undefined) throw new Error('sluiced does not start');
  const announced = join(run, 'netconf.json');
  await until('sluiced', 30_000, () => {
    if (child.exitCode !== null) throw new Error(`sluiced ended with ${child.exitCode}`);
    return existsSync(announced);
  });
  const { port } = JSON.parse(readFileSync(announced, 'utf8')) as { port: number };
  const privateKey = await authorize(folder, join(run, 'netconf.sock'));
  return {
    ...{ name: 'sluice', port, username: 'admin', privateKey, folder, pid, helpers: [], hasCandidate: true },
    async stop() {
      await ended(child, 'SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Gives the administrator a key: hashing a password would be most of a connection. */
async function authorize(folder: string, socket: string): Promise<Buffer> {
  const file = join(folder, 'key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
  const [algorithm, data] = readFileSync(`${file}.pub`, 'utf8').split(' ');
  const client = await connectUnix(socket);
  await client.rpc(
    editConfig(
      'running',
      `<system xmlns="urn:ietf:params:xml:ns:yang:ietf-system"><authentication><user><name>admin</name><authorized-key><name>bench</name><algorithm>${algorithm}</algorithm><key-data>${data}</key-data></authorized-key></user></authentication></system>`,
    ),
  );
  await client.close();
  return readFileSync(file);
}

export async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await exit;
}
