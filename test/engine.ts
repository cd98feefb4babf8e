/** A packet engine of its own for a test, told what to do by its contract alone, on ordinary pages. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { until } from '../lab/run.ts';
import { Connection, type RequestBody } from '../src/engine/connection.ts';
import type {
  BfdSessionState,
  BridgeDomainState,
  CeNotificationState,
  CfmMepState,
  CfmTestReply,
  EngineState,
  EthernetSegmentState,
  Event,
  LogicalPortState,
  PortState,
  QueryReply,
  SegmentOrderSchema,
  SegmentProbeSchema,
} from '../src/engine/gen/sluice_pb.js';
import type { EngineOperation } from '../src/engine/operation.ts';
import { Transaction } from '../src/engine/transaction.ts';

const binary = fileURLToPath(new URL('../build/native/sluice-engine', import.meta.url));
const deadlineMs = 10_000;

type Query =
  | 'cfmMeps'
  | 'ceNotifications'
  | 'ethernetSegments'
  | 'bfdSessions'
  | 'ports'
  | 'logicalPorts'
  | 'bridgeDomains'
  | 'controlPlanePolicers';

export class Engine {
  readonly events: Event[] = [];
  readonly #child: ChildProcess;
  #connection: Connection | undefined;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(socket: string, args: readonly string[] = []): Promise<Engine> {
    const all = ['--socket', socket, '--memory', '64', '--no-huge', ...args];
    const child = spawn(binary, all, { stdio: ['ignore', 'pipe', 'pipe'] });
    const engine = new Engine(child);
    let log = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      if (process.env['ENGINE_LOG']) process.stderr.write(chunk);
      log = (log + chunk.toString()).slice(-4000);
    });
    const abandon = (): boolean => child.kill('SIGKILL');
    process.once('exit', abandon);
    child.once('exit', () => process.off('exit', abandon));
    await new Promise<void>((resolve, reject) => {
      child.stdout?.once('data', () => resolve());
      child.once('exit', (code) => reject(new Error(`the engine ended with ${code}: ${log}`)));
    });
    engine.#connection = await Connection.open(socket, {
      onEvent: (event) => engine.events.push(event),
      onClose: () => {},
    });
    await engine.#ask({ case: 'hello', value: { major: 1, owner: 'test' } });
    await engine.#ask({ case: 'subscribe', value: {} });
    return engine;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async apply(operations: readonly EngineOperation[]): Promise<void> {
    const transaction = await Transaction.prepare(this.#open, operations, { replay: false });
    await transaction.commit();
  }

  async ports(): Promise<Map<string, PortState>> {
    return byName((await this.#query('ports')).flatMap(({ ports }) => ports));
  }

  async logicalPorts(): Promise<Map<string, LogicalPortState>> {
    return byName((await this.#query('logicalPorts')).flatMap(({ logicalPorts }) => logicalPorts));
  }

  async ceNotification(port: string): Promise<CeNotificationState | undefined> {
    const states = (await this.#query('ceNotifications')).flatMap(({ ceNotifications }) => ceNotifications);
    return states.find((state) => state.port === port);
  }

  async bfdSessions(): Promise<Map<string, BfdSessionState>> {
    return byName((await this.#query('bfdSessions')).flatMap(({ bfdSessions }) => bfdSessions));
  }

  /** Sessions whose neighbours do not answer when they are asked. */
  async bfdAsk(sessions: string[], timeoutMs: number): Promise<readonly string[]> {
    const reply = await this.#ask({ case: 'bfdAsk', value: { sessions, timeoutMs } });
    if (reply.case !== 'bfdAsk') throw new Error(`the engine answered with ${reply.case}`);
    return reply.value.silent;
  }

  async ethernetSegments(): Promise<Map<string, EthernetSegmentState>> {
    return byName((await this.#query('ethernetSegments')).flatMap(({ ethernetSegments }) => ethernetSegments));
  }

  /** Blocks and releases VLANs; when it was effective, nanoseconds of the wall clock. */
  async order(value: MessageInitShape<typeof SegmentOrderSchema>): Promise<bigint> {
    const reply = await this.#ask({ case: 'segmentOrder', value });
    if (reply.case !== 'segmentOrder') throw new Error(`an answer of another kind: ${reply.case}`);
    return reply.value.effectiveAtNs;
  }

  async probe(value: MessageInitShape<typeof SegmentProbeSchema>): Promise<void> {
    await this.#ask({ case: 'segmentProbe', value });
  }

  async cfmMeps(): Promise<Map<string, CfmMepState>> {
    return byName((await this.#query('cfmMeps')).flatMap(({ cfmMeps }) => cfmMeps));
  }

  /** A test on demand: its results, once it has ended. */
  async cfmTest(value: Extract<RequestBody, { case: 'cfmTest' }>['value']): Promise<CfmTestReply> {
    const reply = await this.#ask({ case: 'cfmTest', value });
    if (reply.case !== 'cfmTest') throw new Error(`the engine answered with ${reply.case}`);
    return reply.value;
  }

  async ceNotifications(): Promise<readonly CeNotificationState[]> {
    return (await this.#query('ceNotifications')).flatMap(({ ceNotifications }) => ceNotifications);
  }

  async bridgeDomains(): Promise<Map<string, BridgeDomainState>> {
    return byName((await this.#query('bridgeDomains')).flatMap(({ bridgeDomains }) => bridgeDomains));
  }

  /** Packets of each class for the router itself since the engine's start. */
  async controlPlane(): Promise<Map<string, { accepted: bigint; dropped: bigint }>> {
    const states = (await this.#query('controlPlanePolicers')).flatMap((part) => part.controlPlanePolicers);
    return new Map(states.map((state) => [state.class, state]));
  }

  /** Stages that a frame would pass that comes in by the port, in order. */
  async trace(port: string, frame: Uint8Array): Promise<string[]> {
    const steps: string[] = [];
    await this.#open.request(
      { case: 'query', value: { what: { case: 'trace', value: { port, frame } } } },
      deadlineMs,
      (part) => {
        if (part.case === 'query') steps.push(...part.value.trace.map(({ stage }) => stage));
      },
    );
    return steps;
  }

  async state(): Promise<EngineState> {
    const reply = await this.#ask({ case: 'query', value: { what: { case: 'engine', value: {} } } });
    if (reply.case !== 'query' || reply.value.engine === undefined) throw new Error('no state');
    return reply.value.engine;
  }

  /** Waits until the port's link is as wanted (LinkState). */
  async link(port: string, wanted: number): Promise<void> {
    await until(`link ${wanted} of ${port}`, deadlineMs, async () =>
      (await this.ports()).get(port)?.link === wanted ? true : undefined,
    );
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number | null> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode;
    const ended = once(this.#child, 'exit');
    this.#child.kill(signal);
    const [code] = (await ended) as [number | null];
    return code;
  }

  get #open(): Connection {
    if (this.#connection === undefined) throw new Error('not connected');
    return this.#connection;
  }

  #ask(body: Parameters<Connection['request']>[0]): ReturnType<Connection['request']> {
    return this.#open.request(body, deadlineMs);
  }

  async #query(what: Query): Promise<QueryReply[]> {
    const parts: QueryReply[] = [];
    await this.#open.request(
      { case: 'query', value: { what: { case: what, value: { names: [] } } } },
      deadlineMs,
      (body) => {
        if (body.case === 'query') parts.push(body.value);
      },
    );
    return parts;
  }
}

function byName<T extends { readonly name: string }>(states: readonly T[]): Map<string, T> {
  return new Map(states.map((state) => [state.name, state]));
}

export const ringPort = (name: string, ring: string, more: object = {}): EngineOperation => ({
  case: 'setPort',
  value: { name, enabled: true, device: { case: 'ring', value: ring }, ...more },
});

export const pcapPort = (name: string, rxFile: string, txFile: string, more: object = {}): EngineOperation => ({
  case: 'setPort',
  value: { name, enabled: true, device: { case: 'pcap', value: { rxFile, txFile } }, ...more },
});

export const domain = (name: string): EngineOperation => ({
  case: 'setBridgeDomain',
  value: { name, learning: true, floodUnknownUnicast: true, ageingSeconds: 300 },
});

/** The untagged frames of a port, in a bridge domain. */
export const untagged = (port: string, bridgeDomain: string, more: object = {}): EngineOperation => ({
  case: 'setLogicalPort',
  value: { name: port, port, bridgeDomain, enabled: true, ...more },
});

/** Both ports in one bridge domain. */
export const joined = (name: string, ...ports: readonly string[]): EngineOperation[] => [
  domain(name),
  ...ports.map((port) => untagged(port, name)),
];

// ---------------------------------------------------------------- frames and capture files

export interface UdpFlow {
  readonly from?: number;
  readonly to?: number;
  readonly flow: number;
  readonly sequence: number;
  /** Bytes of UDP payload, at least 8. */
  readonly payload?: number;
}

/** An IPv4 UDP frame whose payload begins with its flow and its number in the flow. */
export function udpFrame({ from = 1, to = 2, flow, sequence, payload = 8 }: UdpFlow): Buffer {
  const frame = Buffer.alloc(42 + payload);
  frame.writeUIntBE(0x020000000000 + to, 0, 6);
  frame.writeUIntBE(0x020000000000 + from, 6, 6);
  frame.writeUInt16BE(0x0800, 12);
  frame.writeUInt16BE(0x4500, 14);
  frame.writeUInt16BE(28 + payload, 16);
  frame.writeUInt16BE(0x4011, 22);
  frame.writeUInt32BE(0x0a000000 + flow, 26);
  frame.writeUInt32BE(0x0a640001, 30);
  frame.writeUInt16BE(1024 + flow, 34);
  frame.writeUInt16BE(4789, 36);
  frame.writeUInt16BE(8 + payload, 38);
  frame.writeUInt32BE(flow, 42);
  frame.writeUInt32BE(sequence, 46);
  for (let at = 50; at < frame.length; at += 1) frame[at] = at & 0xff;
  return frame;
}

export function writeFrames(file: string, frames: readonly Buffer[]): void {
  const parts: Buffer[] = [Buffer.alloc(24)];
  parts[0]?.writeUInt32LE(0xa1b2c3d4, 0);
  parts[0]?.writeUInt32LE(0x00040002, 4);
  parts[0]?.writeUInt32LE(65535, 16);
  parts[0]?.writeUInt32LE(1, 20);
  for (const frame of frames) {
    const header = Buffer.alloc(16);
    header.writeUInt32LE(frame.length, 8);
    header.writeUInt32LE(frame.length, 12);
    parts.push(header, frame);
  }
  writeFileSync(file, Buffer.concat(parts));
}

/** Whole frames of a file that may still be written. */
export function readFrames(file: string): Buffer[] {
  const bytes = readFileSync(file);
  const frames: Buffer[] = [];
  for (let at = 24; at + 16 <= bytes.length; ) {
    const length = bytes.readUInt32LE(at + 8);
    if (at + 16 + length > bytes.length) break;
    frames.push(bytes.subarray(at + 16, at + 16 + length));
    at += 16 + length;
  }
  return frames;
}

/** Waits until the file has so many frames. */
export async function framesIn(file: string, count: number, withinMs = 5000): Promise<Buffer[]> {
  return await until(`${count} frames in ${file}`, withinMs, () => {
    const frames = readFrames(file);
    return frames.length >= count ? frames : undefined;
  });
}
