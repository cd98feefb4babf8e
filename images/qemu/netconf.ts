/** NETCONF to an appliance by Debian's ncclient, one session an operation. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { run } from '../../lab/run.ts';

const PYTHON = '/usr/bin/python3';

export class Netconf {
  readonly #port: number;
  readonly #passwordFile: string;

  constructor(port: number, passwordFile: string) {
    this.#port = port;
    this.#passwordFile = passwordFile;
  }

  /** Edits the candidate and commits; resolves when the commit is acknowledged. */
  edit(content: string): Promise<string> {
    return this.#do('edit', content);
  }

  /** @param filter of subtrees */
  get(filter: string): Promise<string> {
    return this.#do('get', filter);
  }

  /** @param operation the element inside `<rpc>` */
  rpc(operation: string): Promise<string> {
    return this.#do('rpc', operation);
  }

  /**
   * Commits this number as the contact, then the next one, and so on, in one session until the machine is gone.
   * @param acknowledged told of each; @returns resolves when the session has ended
   */
  async count(from: number, acknowledged: (number: number) => void): Promise<void> {
    const child = spawn(PYTHON, this.#command('count'), { stdio: ['pipe', 'pipe', 'ignore'] });
    child.stdin.end(String(from));
    for await (const line of createInterface(child.stdout)) acknowledged(Number(line));
  }

  #command(what: string): string[] {
    return ['images/qemu/netconf.py', String(this.#port), this.#passwordFile, what];
  }

  #do(what: string, input: string): Promise<string> {
    return run(PYTHON, this.#command(what), { input });
  }
}
