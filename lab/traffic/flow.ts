/** One-way UDP flows between hosts of the lab, measured by `udpflow` (udpflow.c). */
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Host, spawnIn } from '../host.ts';

export const udpflow = fileURLToPath(new URL('../../build/udpflow', import.meta.url));

export interface FlowOptions {
  readonly from: Host;
  readonly to: Host;
  readonly packetsPerSecond: number;
  /** UDP port; flows to one host that run at once need different ones. */
  readonly port?: number;
  /** The sender ends by itself after this long. */
  readonly maxSeconds?: number;
}

export interface Gap {
  /** Sequence number of the last packet before the gap. */
  readonly after: number;
  readonly lost: number;
  /** Arrival of the packets before and after, CLOCK_REALTIME. */
  readonly fromNs: bigint;
  readonly toNs: bigint;
}

export interface FlowResult {
  readonly sent: number;
  readonly received: number;
  /** sent − received, duplicates not counted. */
  readonly lost: number;
  readonly duplicates: number;
  readonly outOfOrder: number;
  /** Sequence number of the first and last packet that arrived; -1: none did. */
  readonly first: number;
  readonly last: number;
  readonly lastNs: bigint;
  readonly gaps: readonly Gap[];
}

export class Flow {
  readonly #sender: ChildProcess;
  readonly #receiver: ChildProcess;
  readonly #sent: Promise<string>;
  readonly #received: Promise<string>;

  private constructor(sender: ChildProcess, receiver: ChildProcess, received: Promise<string>) {
    this.#sender = sender;
    this.#receiver = receiver;
    this.#sent = output(sender);
    this.#received = received;
  }

  /** Starts the receiver, waits until it listens, starts the sender. */
  static async start(options: FlowOptions): Promise<Flow> {
    const port = String(options.port ?? 5000);
    const receiver = spawnIn(options.to.namespace, udpflow, ['receive', port]);
    const received = output(receiver);
    await new Promise<void>((resolve, reject) => {
      receiver.stdout?.once('data', () => resolve());
      receiver.once('exit', (code) => reject(new Error(`udpflow receive ended with ${code}`)));
    });
    const rate = String(options.packetsPerSecond);
    const seconds = String(options.maxSeconds ?? 120);
    const sender = spawnIn(options.from.namespace, udpflow, ['send', options.to.address, port, rate, seconds]);
    return new Flow(sender, receiver, received);
  }

  /** Ends the sender, gives what is under way `settleMs` to arrive, ends the receiver. */
  async stop(settleMs = 500): Promise<FlowResult> {
    this.#sender.stdin?.end();
    const sent = JSON.parse(await this.#sent) as { sent: number };
    await new Promise((resolve) => setTimeout(resolve, settleMs));
    this.#receiver.stdin?.end();
    const text = (await this.#received).replace(/^ready\n/, '');
    const received = JSON.parse(text) as {
      received: number;
      duplicates: number;
      outOfOrder: number;
      first: number;
      last: number;
      lastNs: string;
      gaps: { after: number; lost: number; fromNs: string; toNs: string }[];
    };
    return {
      ...received,
      sent: sent.sent,
      lost: sent.sent - (received.received - received.duplicates),
      lastNs: BigInt(received.lastNs),
      gaps: received.gaps.map((gap) => ({ ...gap, fromNs: BigInt(gap.fromNs), toNs: BigInt(gap.toNs) })),
    };
  }
}

/** What the program prints until it ends. An end before `stop` asks for it (the lab is taken down) is nobody's error. */
function output(child: ChildProcess): Promise<string> {
  const printed = new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve(text) : reject(new Error(`udpflow ended with ${code}`))));
  });
  printed.catch(() => undefined);
  return printed;
}
