/** Bytes to and from a server, for what no well-behaved client sends. */
import { connect, type Socket } from 'node:net';

export const BASE = 'urn:ietf:params:xml:ns:netconf:base:1.0';

export function hello(...versions: readonly string[]): string {
  const capabilities = versions.map((version) => `<capability>urn:ietf:params:netconf:base:${version}</capability>`);
  return `<hello xmlns="${BASE}"><capabilities>${capabilities.join('')}</capabilities></hello>]]>]]>`;
}

/** `text` as a message of one chunk. */
export function chunk(text: string): string {
  return `\n#${Buffer.byteLength(text)}\n${text}\n##\n`;
}

export class Raw {
  readonly socket: Socket;
  /** Everything received. */
  received = '';
  ended = false;
  #wake: (() => void)[] = [];

  constructor(path: string) {
    this.socket = connect(path);
    this.socket.setEncoding('utf8');
    this.socket.on('data', (text: string) => {
      this.received += text;
      this.#changed();
    });
    this.socket.on('close', () => {
      this.ended = true;
      this.#changed();
    });
    this.socket.on('error', () => undefined);
  }

  send(...texts: readonly (string | Buffer)[]): this {
    for (const text of texts) this.socket.write(text);
    return this;
  }

  /** Waits until the pattern has been received; throws when the session ends before, or nothing comes. */
  async until(pattern: RegExp): Promise<string> {
    await this.#wait(() => pattern.test(this.received) || this.ended);
    const found = pattern.exec(this.received);
    if (found === null) throw new Error(`the session ended before ${pattern}: ${this.received.slice(-1000)}`);
    return found[0];
  }

  /** Waits for the end; all that was received. */
  async end(): Promise<string> {
    await this.#wait(() => this.ended);
    return this.received;
  }

  close(): void {
    this.socket.destroy();
  }

  async #wait(done: () => boolean): Promise<void> {
    const deadline = Date.now() + 10_000;
    while (!done()) {
      if (Date.now() > deadline) throw new Error(`nothing more came: ${this.received.slice(-1000)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1000);
        this.#wake.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  #changed(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}
