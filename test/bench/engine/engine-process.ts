/** The engine under measurement, and the one connection to it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { QueryWhat } from '../../../src/engine/client.ts';
import { Connection } from '../../../src/engine/connection.ts';
import { ApiVersion, type QueryReply } from '../../../src/engine/gen/sluice_pb.js';
import type { EngineOperation } from '../../../src/engine/operation.ts';
import { Transaction } from '../../../src/engine/transaction.ts';
import { child } from './children.ts';
import type { Route } from './prefixes.ts';

const binary = new URL('../../../build/native/sluice-engine', import.meta.url).pathname;
const deadlineMs = 60_000;
/** Some 500 KB a message, and a few megabytes in flight. */
const routesPerOperation = 20_000;
const operationsPerTransaction = 8;

export interface EngineOptions {
  readonly workers?: number;
  /** Megabytes of packet memory. */
  readonly memory?: number;
  /** Ports in memory, and workers before everything else on their cores; without, they run where they are put. */
  readonly bench?: boolean;
  /** Network namespace that it runs in. */
  readonly namespace?: string;
}

export class EngineProcess {
  readonly folder: string;
  readonly #process: ChildProcess;
  readonly #connection: Connection;

  private constructor(folder: string, process: ChildProcess, connection: Connection) {
    this.folder = folder;
    this.#process = process;
    this.#connection = connection;
  }

  static async start({
    workers = 1,
    memory = 1024,
    bench = true,
    namespace,
  }: EngineOptions = {}): Promise<EngineProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
    const socket = join(folder, 'engine.sock');
    const [program = binary, ...args] = [
      // `ip` becomes the engine: the process stays the same.
      ...(namespace === undefined ? [] : ['ip', 'netns', 'exec', namespace]),
      ...[binary, '--socket', socket, '--memory', String(memory), '--workers', String(workers)],
      ...(bench ? ['--bench', '--cores', workers === 1 ? '1' : '0,1'] : []),
    ];
    const process = child(spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] }));
    let said = '';
    process.stderr.on('data', (text) => {
      said = `${said}${text}`.slice(-4_000);
    });
    try {
      const ended = once(process, 'exit');
      await Promise.race([
        once(process.stdout, 'data'),
        ended.then(() => Promise.reject(new Error(`the engine ended: ${said}`))),
      ]);
      const connection = await Connection.open(socket, { onEvent: () => {}, onClose: () => {} });
      await connection.request({ case: 'hello', value: { major: ApiVersion.MAJOR, owner: 'bench' } }, deadlineMs);
      return new EngineProcess(folder, process, connection);
    } catch (error) {
      process.kill();
      rmSync(folder, { recursive: true });
      throw error;
    }
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** One transaction. Milliseconds until every worker had it. */
  async apply(operations: readonly EngineOperation[]): Promise<number> {
    const started = performance.now();
    const transaction = await Transaction.prepare(this.#connection, operations, { replay: false });
    await transaction.commit();
    return performance.now() - started;
  }

  /** Milliseconds until every worker had all of them. */
  async applyRoutes(vrf: string, nextHopGroup: (route: Route) => string, routes: readonly Route[]): Promise<number> {
    const operations: EngineOperation[] = [];
    for (let at = 0; at < routes.length; at += routesPerOperation) {
      const set = routes.slice(at, at + routesPerOperation).map((prefix) => ({
        prefix,
        nextHopGroup: nextHopGroup(prefix),
        preference: 1,
      }));
      operations.push({ case: 'setRoutes', value: { vrf, set } });
    }
    let took = 0;
    for (let at = 0; at < operations.length; at += operationsPerTransaction)
      took += await this.apply(operations.slice(at, at + operationsPerTransaction));
    return took;
  }

  async query(what: QueryWhat): Promise<QueryReply[]> {
    const parts: QueryReply[] = [];
    await this.#connection.request({ case: 'query', value: { what } }, deadlineMs, (part) => {
      if (part.case === 'query') parts.push(part.value);
    });
    return parts;
  }

  /** Resident memory, bytes. */
  get residentBytes(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'latin1');
    const kilobytes = (name: string): number => Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)?.[1] ?? 0);
    return (kilobytes('VmRSS') + kilobytes('HugetlbPages')) * 1024;
  }

  async stop(): Promise<void> {
    this.#connection.close(new Error('measured'));
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const ended = once(this.#process, 'exit');
      this.#process.kill();
      await ended;
    }
    rmSync(this.folder, { recursive: true });
  }
}
