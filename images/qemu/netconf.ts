/** NETCONF to an appliance by Debian's ncclient, one session an operation. */
import { run } from '../../lab/run.ts';

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

  #do(what: string, input: string): Promise<string> {
    return run('/usr/bin/python3', ['images/qemu/netconf.py', String(this.#port), this.#passwordFile, what], { input });
  }
}
