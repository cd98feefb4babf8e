/**
 * An engine that speaks the whole contract and forwards nothing: for tests of what talks to an engine. It checks
 * references, tags and devices as the real one does, keeps transactions, and sends the events of block points.
 */
import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { encodeFrame, FrameReader } from '../frame.ts';
import {
  ApiVersion,
  ErrorCode,
  type EventSchema,
  type QueryReplySchema,
  ReplySchema,
  type Request,
  RequestSchema,
  type SegmentProbe,
} from '../gen/sluice_pb.js';
import type { EngineOperation } from '../operation.ts';
import { apply, encoded, type Objects, refusal } from './objects.ts';
import { ReferenceSegments } from './reference-segments.ts';

type ReplyInit = NonNullable<MessageInitShape<typeof ReplySchema>['body']>;
export type QueryReplyInit = MessageInitShape<typeof QueryReplySchema>;

interface OpenTransaction {
  readonly replay: boolean;
  readonly operations: EngineOperation[];
  prepared?: Objects;
}

interface Session {
  readonly socket: Socket;
  open?: OpenTransaction;
}

const ok: ReplyInit = { case: 'ok', value: {} };

function error(code: ErrorCode, message: string, object = '', operation = 0): ReplyInit {
  return { case: 'error', value: { code, message, object, operation } };
}

export class ReferenceEngine {
  objects: Objects = new Map();
  transactions = 0;
  /** Names of devices that cannot be opened. */
  readonly missingDevices = new Set<string>();
  /** Answers to queries by what is asked, in parts. */
  readonly answers = new Map<string, (names: readonly string[]) => readonly QueryReplyInit[]>();
  readonly segments = new ReferenceSegments();
  /** Takes the probes that are sent to CEs. */
  onProbe: (probe: SegmentProbe) => void = () => {};
  /** While set, requests are read and not answered. */
  silent = false;
  readonly instance = BigInt(Math.floor(Math.random() * 1e15));
  readonly #path: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #subscribers = new Set<Socket>();

  constructor(path: string) {
    this.#path = path;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  async listen(): Promise<void> {
    rmSync(this.#path, { force: true });
    await new Promise<void>((resolve) => this.#server.listen(this.#path, resolve));
  }

  /** As kill -9 does. */
  async kill(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  emit(what: NonNullable<MessageInitShape<typeof EventSchema>['what']>): void {
    const atNs = BigInt(Date.now()) * 1_000_000n;
    for (const socket of this.#subscribers) this.#send(socket, 0, { case: 'event', value: { atNs, what } });
  }

  #send(socket: Socket, id: number, body: ReplyInit): void {
    socket.write(encodeFrame(toBinary(ReplySchema, create(ReplySchema, { id, body }))));
  }

  #serve(socket: Socket): void {
    const reader = new FrameReader();
    const session: Session = { socket };
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#subscribers.delete(socket);
    });
    socket.on('data', (chunk) => {
      for (const message of reader.push(chunk)) {
        const { id, body } = fromBinary(RequestSchema, message);
        if (this.silent) continue;
        for (const reply of this.#answer(session, body)) this.#send(socket, id, reply);
      }
    });
  }

  #answer(session: Session, body: Request['body']): ReplyInit[] {
    const { open } = session;
    switch (body.case) {
      case 'hello': {
        const value = { major: ApiVersion.MAJOR, instance: this.instance, objects: this.objects.size };
        return [{ case: 'hello', value }];
      }
      case 'subscribe':
        this.#subscribers.add(session.socket);
        return [ok];
      case 'begin':
        if (open !== undefined) return [error(ErrorCode.ERROR_PROTOCOL, 'a transaction is open')];
        session.open = { replay: body.value.replay, operations: [] };
        return [ok];
      case 'operations':
        if (open === undefined) return [error(ErrorCode.ERROR_PROTOCOL, 'no transaction is open')];
        for (const { op } of body.value.operations) {
          if (op.case !== undefined) open.operations.push(op as EngineOperation);
        }
        return [ok];
      case 'prepare':
        if (open === undefined) return [error(ErrorCode.ERROR_PROTOCOL, 'no transaction is open')];
        return [this.#prepare(open)];
      case 'commit': {
        if (open?.prepared === undefined) return [error(ErrorCode.ERROR_PROTOCOL, 'nothing is prepared')];
        delete session.open;
        this.transactions += 1;
        return [{ case: 'commit', value: this.#swing(open.prepared) }];
      }
      case 'abort':
        delete session.open;
        return [ok];
      case 'segmentOrder': {
        const effectiveAtNs = BigInt(Date.now()) * 1_000_000n;
        const why = this.segments.order(this.objects, body.value, effectiveAtNs);
        if (why !== undefined) return [error(ErrorCode.ERROR_NOT_FOUND, why)];
        return [{ case: 'segmentOrder', value: { effectiveAtNs } }];
      }
      case 'announceMacs': {
        const { logicalPort, to, macs } = body.value;
        this.segments.announced.push(`${logicalPort} ${to} ${Buffer.from(macs).toString('hex')}`);
        return [ok];
      }
      case 'segmentProbe':
        this.onProbe(body.value);
        return [ok];
      case 'query': {
        const { what } = body.value;
        if (what.case === 'ethernetSegments') {
          const ethernetSegments = [...this.segments.states(this.objects)];
          return [{ case: 'query', value: { ethernetSegments, last: true } }];
        }
        const names = typeof what.value === 'object' && 'names' in what.value ? what.value.names : [];
        const parts = this.answers.get(what.case ?? '')?.(names) ?? [{}];
        return parts.map((part, index) => ({ case: 'query', value: { ...part, last: index === parts.length - 1 } }));
      }
      default:
        return [ok];
    }
  }

  #prepare(open: OpenTransaction): ReplyInit {
    const { operations } = open;
    const missing = operations.findIndex(
      (one) => one.case === 'setPort' && this.missingDevices.has(String(one.value.device?.value)),
    );
    if (missing >= 0) return error(ErrorCode.ERROR_DEVICE, 'there is no such device', '', missing);
    const after = apply(this.objects, operations, open.replay);
    const refused = refusal(after, operations);
    if (refused !== undefined) return error(refused.code, refused.message, refused.object, refused.operation);
    open.prepared = after;
    return ok;
  }

  /** Makes the objects the current ones and tells of block points that came and went. */
  #swing(after: Objects): { created: number; changed: number; deleted: number } {
    const before = this.objects;
    this.objects = after;
    this.segments.committed(after);
    let [created, changed, deleted] = [0, 0, 0];
    for (const [id, operation] of after) {
      const old = before.get(id);
      if (old === undefined) created += 1;
      else if (encoded(old) !== encoded(operation)) changed += 1;
      if (old === undefined && operation.case === 'setBlockPoint') this.#tellBlockPoint(operation, true);
    }
    for (const [id, operation] of before) {
      if (after.has(id)) continue;
      deleted += 1;
      if (operation.case === 'setBlockPoint') this.#tellBlockPoint(operation, false);
    }
    return { created, changed, deleted };
  }

  #tellBlockPoint(operation: Extract<EngineOperation, { case: 'setBlockPoint' }>, blocked: boolean): void {
    const { name = '', port = '', vid = 0, cause = 0 } = operation.value;
    const effectiveAtNs = BigInt(Date.now()) * 1_000_000n;
    this.emit({ case: 'blockPoint', value: { name, port, vid, blocked, cause, effectiveAtNs } });
  }
}
