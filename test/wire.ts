/**
 * Cables into the router's ports, with scapy at their far ends (client/frames.py): sends frames with any tags and says
 * which of them came out where, and with which tags.
 */
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { makeNamespaces, plainDevice, spawnIn } from '../lab/host.ts';
import { ipBatch } from '../lab/run.ts';
import type { Router } from './router.ts';

const program = fileURLToPath(new URL('./client/frames.py', import.meta.url));
/** MTU of cables: above every MTU of a port, so that what is too long is the router's to judge. */
const longest = 9400;
/** The kernel attaches XDP to a veth only where a frame of its peer fits into one page. */
const longestXdp = 3000;

export type Driver = 'af-packet' | 'af-xdp';
/** IEEE Std 802's EtherType for experiments. */
const experiment = 0x88b5;

export const broadcast = 'ff:ff:ff:ff:ff:ff';

/** Address of a station behind a cable. */
export const station = (number: number): string =>
  `02:00:00:00:${Math.floor(number / 256)
    .toString(16)
    .padStart(2, '0')}:${(number % 256).toString(16).padStart(2, '0')}`;

/** A frame to send; by default an untagged broadcast from station 1 with the least payload. */
export interface Frame {
  /** Name of the cable. */
  readonly at: string;
  /** As `s100/5 c10/3d`: kind, VLAN identifier, PCP, DEI. */
  readonly tags?: string;
  readonly from?: string;
  readonly to?: string;
  readonly type?: number;
  /** Bytes behind the EtherType, at least 46. */
  readonly payload?: number;
}

export interface Captured {
  readonly at: string;
  readonly to: string;
  readonly from: string;
  readonly tags: string;
  readonly type: number;
  /** Hexadecimal. */
  readonly payload: string;
  /** CLOCK_REALTIME of the kernel. */
  readonly ns: bigint;
}

export interface SendOptions {
  /** Sends all of it so many times. */
  readonly repeat?: number;
  readonly perSecond?: number;
  /** Captures until nothing has come for so long. */
  readonly quietMs?: number;
  readonly waitMs?: number;
}

interface Reply {
  readonly captured: readonly {
    at: string;
    ns: string;
    frame: { to: string; from: string; tags: string; type: number; payload: string };
  }[];
  readonly refused: number;
}

export class Wire {
  readonly namespace: string;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #names: readonly string[];
  #last = 0;

  private constructor(namespace: string, names: readonly string[], child: ChildProcess) {
    if (child.stdout === null) throw new Error('no output');
    this.namespace = namespace;
    this.#names = names;
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  /** One cable for each name, to the device `router.device(name)`. The router clears them at its end. */
  static async connect(router: Router, names: readonly string[], driver: Driver = 'af-packet'): Promise<Wire> {
    const namespace = `${router.places.namespacePrefix}wire`;
    await makeNamespaces([namespace]);
    for (const name of names) await layCable(router, namespace, name, driver);
    return await Wire.attach(namespace, names);
  }

  /** To cables that lie there. */
  static async attach(namespace: string, names: readonly string[]): Promise<Wire> {
    const wire = new Wire(namespace, names, spawnIn(namespace, '/usr/bin/python3', [program, ...names]));
    await wire.#reply();
    return wire;
  }

  /**
   * Sends the frames, in order, and says for each where it came out: tags by cable, `-` for none, joined by `+` where it
   * came more than once.
   */
  async send(frames: readonly Frame[], options: SendOptions = {}): Promise<Record<string, string>[]> {
    const first = this.#last + 1;
    const captured = await this.exchange(frames, options);
    const results: Record<string, string>[] = frames.map(() => ({}));
    for (const one of captured) {
      const result = results[Number.parseInt(one.payload.slice(0, 8), 16) - first];
      if (one.type !== experiment || result === undefined) continue;
      const before = result[one.at];
      result[one.at] = (before === undefined ? '' : `${before}+`) + (one.tags || '-');
    }
    return results;
  }

  /** Sends the frames; all that came out anywhere. */
  async exchange(frames: readonly Frame[], options: SendOptions = {}): Promise<Captured[]> {
    const send = frames.map((frame) => ({ at: frame.at, frame: this.#build(frame) }));
    return captures(await this.#request({ ...options, send }));
  }

  /** Sends bytes as they are. */
  async bytes(at: string, frames: readonly string[]): Promise<Captured[]> {
    return captures(await this.#request({ send: frames.map((hex) => ({ at, frame: { hex } })) }));
  }

  /** All that comes out by itself until nothing came for so long. */
  listen(quietMs: number, waitMs: number): Promise<Captured[]> {
    return this.exchange([], { quietMs, waitMs });
  }

  /** Sends odd frames (client/frames.py) and throws away what comes back. */
  async odd(at: string, count: number, seed: number): Promise<number> {
    return ((await this.#request({ random: at, count, seed })) as unknown as { sent: number }).sent;
  }

  get names(): readonly string[] {
    return this.#names;
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.stdin?.end();
    await ended;
  }

  #build(frame: Frame): object {
    this.#last += 1;
    return {
      from: frame.from ?? station(1),
      to: frame.to ?? broadcast,
      tags: frame.tags ?? '',
      type: frame.type ?? experiment,
      payload: this.#last
        .toString(16)
        .padStart(8, '0')
        .padEnd(2 * (frame.payload ?? 46), '0'),
    };
  }

  #request(request: object): Promise<Reply> {
    this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
    return this.#reply();
  }

  async #reply(): Promise<Reply> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('frames.py ended');
    return JSON.parse(value) as Reply;
  }
}

/** A veth pair between the router's device and the cable's far end. */
export async function layCable(
  router: Router,
  namespace: string,
  name: string,
  driver: Driver = 'af-packet',
): Promise<void> {
  const device = router.device(name);
  const mtu = driver === 'af-xdp' ? longestXdp : longest;
  await ipBatch([
    `link add name ${name} netns ${namespace} mtu ${mtu} type veth peer name ${device} mtu ${mtu}`,
    `link set dev ${device} up`,
  ]);
  await plainDevice(namespace, name);
  await plainDevice(undefined, device);
  await ipBatch([`link set dev ${name} up`], namespace);
}

function captures({ captured, refused }: Reply): Captured[] {
  if (refused > 0) throw new Error(`the kernel refused ${refused} frames`);
  return captured.map(({ at, frame, ns }) => ({ at, ...frame, ns: BigInt(ns) }));
}
