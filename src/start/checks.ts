/** What has to be true before a start can begin. Each answer says what is missing and what to do. */
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { isAlive } from '../platform/processes.ts';
import type { Endpoint, Options } from './options.ts';
import type { Places, RunRecord } from './record.ts';

/** A start that cannot be: `message` says what is missing, `advice` what to do. */
export class StartError extends Error {
  readonly advice: string;

  constructor(message: string, advice: string) {
    super(message);
    this.advice = advice;
  }
}

export function checkRoot(): void {
  if (process.getuid?.() !== 0) {
    throw new StartError(
      'the router has to run as root: it opens network devices and makes namespaces.',
      'Run it again as root: sudo npm start',
    );
  }
}

export function checkNotRunning(places: Places, record: RunRecord | undefined): void {
  if (record !== undefined && isAlive(record.starter)) {
    throw new StartError(
      `a router with this state folder runs already (process ${record.starter.pid}).`,
      `End it with: kill ${record.starter.pid}   or use another folder: npm start -- --state DIR`,
    );
  }
  // A socket path holds at most 107 bytes (unix(7)); the places are short by construction.
  if (places.netconfSocket.length > 107) throw new Error('socket path too long');
}

export function checkFiles(options: Options): void {
  if (options.config !== undefined && !existsSync(options.config)) {
    throw new StartError(`--config ${options.config}: there is no such file.`, 'Give the path of an XML document.');
  }
  for (const path of options.yangPaths) {
    if (!existsSync(path)) {
      throw new StartError(`--yang-path ${path}: there is no such folder.`, 'Give a folder that holds .yang files.');
    }
  }
}

/** Whether the NETCONF address can be listened on. */
export async function checkPort({ address, port }: Endpoint): Promise<void> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', (error: NodeJS.ErrnoException) => {
      const reason =
        error.code === 'EADDRINUSE'
          ? `port ${port} of ${address} is taken by another program.`
          : `${address} port ${port} cannot be listened on: ${error.message}.`;
      const advice = `See who has it: ss -ltnp 'sport = :${port}'   or use another: npm start -- --netconf ${address}:${port + 1000}`;
      reject(new StartError(reason, advice));
    });
    probe.listen({ host: address, port, exclusive: true }, () => probe.close(() => resolve()));
  });
}
