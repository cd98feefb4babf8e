/**
 * A process that is kept running: started, restarted at once when it ends, stopped on demand. Its output goes to a log
 * file; it tells that it is ready by a byte on file descriptor 3.
 *
 * It runs in a session of its own: Ctrl-C reaches the start alone, which ends its services in order, and a start that
 * is killed leaves the router forwarding.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { openLog } from '../platform/log-file.ts';
import { end, nameOf, type ProcessName } from '../platform/processes.ts';

export interface ServiceOptions {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly log: string;
  readonly readyTimeoutMs: number;
  /** Called with every new process. */
  readonly started: (name: ProcessName) => void;
  /** Called when the process ended by itself; it is restarted after this. */
  readonly died: (how: string) => void;
}

/** A log above this size is put aside (one generation) when the process starts. */
const maxLogBytes = 8 * 1024 * 1024;
/** Restarts are immediate unless the process died within this time of its start; then the pause doubles up to the limit. */
const quickDeathMs = 2000;
const maxPauseMs = 5000;

export class Service {
  readonly #options: ServiceOptions;
  #child: ChildProcess | undefined;
  #stopping = false;
  #pauseMs = 0;
  #restart: NodeJS.Timeout | undefined;

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  /** Starts the process; resolves once it is ready. Rejects if it ends first (then it is not started again) or is late. */
  start(): Promise<void> {
    return this.#run(true);
  }

  #run(isFirst: boolean): Promise<void> {
    const { name, program, args, log, readyTimeoutMs } = this.#options;
    const startedAt = performance.now();
    const output = openLog(log, maxLogBytes);
    const child = spawn(program, [...args, '--ready-fd', '3'], {
      stdio: ['ignore', output, output, 'pipe'],
      detached: true,
    });
    closeSync(output);
    this.#child = child;
    const named = child.pid === undefined ? undefined : nameOf(child.pid);
    if (named !== undefined) this.#options.started(named);

    let isReady = false;
    return new Promise((resolve, reject) => {
      const late = setTimeout(
        () => reject(new Error(`${name} is not ready after ${readyTimeoutMs / 1000} s; see ${log}`)),
        readyTimeoutMs,
      );
      child.stdio[3]?.once('data', () => {
        clearTimeout(late);
        isReady = true;
        resolve();
      });
      child.once('error', (error) => {
        clearTimeout(late);
        reject(error);
      });
      child.once('exit', (code, signal) => {
        clearTimeout(late);
        this.#child = undefined;
        const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
        reject(new Error(`${name} ${how} before it was ready; see ${log}`));
        if (this.#stopping || (isFirst && !isReady)) return;
        const quick = performance.now() - startedAt < quickDeathMs;
        this.#pauseMs = quick ? Math.min(Math.max(this.#pauseMs * 2, 100), maxPauseMs) : 0;
        this.#options.died(how);
        this.#restart = setTimeout(() => this.#run(false).catch(() => undefined), this.#pauseMs);
      });
    });
  }

  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    const pid = this.#child?.pid;
    const named = pid === undefined ? undefined : nameOf(pid);
    if (named !== undefined) await end(named, graceMs);
  }
}
