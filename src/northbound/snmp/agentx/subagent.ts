/**
 * The subagent: one session with the master agent (RFC 2741) over its local socket. It registers the subtrees, answers
 * for them, and sends notifications. A master that goes away is looked for until it is back; notifications wait meanwhile,
 * as many as the bound says, the oldest giving way.
 */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Mib } from '../mib/objects.ts';
import { answer } from './answer.ts';
import { type Oid, oid } from './oid.ts';
import {
  AgentxError,
  type MasterPdu,
  messageLength,
  PduType,
  PduWriter,
  ResponseError,
  readPdu,
  type VarBind,
} from './pdu.ts';

export interface SubagentOptions {
  /** The master's socket. */
  readonly socketPath: string;
  readonly description: string;
  readonly mib: Mib;
  /** What has to be awaited before the request can be answered; undefined: nothing. */
  readonly prepare: (pdu: MasterPdu) => Promise<void> | undefined;
  /** sysUpTime, hundredths of a second. */
  readonly upTime: () => number;
  readonly log: (message: string) => void;
}

export interface SubagentState {
  readonly isRegistered: boolean;
  readonly requests: number;
  readonly notificationsSent: number;
  readonly notificationsDropped: number;
  readonly protocolErrors: number;
}

const SESSION_TIMEOUT_SECONDS = 10;
const PING_MS = 15_000;
/** How soon a lost master is looked for, doubling up to the most. */
const FIRST_PAUSE_MS = 50;
const MOST_PAUSE_MS = 2_000;
/** Notifications that wait for a master, or for its answer. */
const MOST_NOTIFICATIONS = 1_024;
/** Requests that wait for values; a master asks for a handful at a time. */
const MOST_REQUESTS = 256;

const SNMP_TRAP_OID = oid('1.3.6.1.6.3.1.1.4.1.0');
const DEFAULT_PRIORITY = 127;

interface Notification {
  readonly trap: Oid;
  readonly objects: readonly VarBind[];
}

export class Subagent {
  readonly #options: SubagentOptions;
  readonly #writer = new PduWriter();
  #socket: Socket | undefined;
  #input: Buffer = Buffer.alloc(0);
  #sessionId = 0;
  #packetId = 0;
  /** What to do with the answer to a message of ours, by packet id. */
  readonly #asked = new Map<number, (error: number, sessionId: number) => void>();
  readonly #waiting: Notification[] = [];
  readonly #awaiting: (() => void)[] = [];
  #isRegistered = false;
  #isStopped = false;
  #pauseMs = FIRST_PAUSE_MS;
  #retry: NodeJS.Timeout | undefined;
  #ping: NodeJS.Timeout | undefined;
  #pending = 0;
  #told = '';
  #requests = 0;
  #sent = 0;
  #dropped = 0;
  #protocolErrors = 0;

  constructor(options: SubagentOptions) {
    this.#options = options;
  }

  get state(): SubagentState {
    return {
      isRegistered: this.#isRegistered,
      requests: this.#requests,
      notificationsSent: this.#sent,
      notificationsDropped: this.#dropped,
      protocolErrors: this.#protocolErrors,
    };
  }

  start(): void {
    this.#connect();
  }

  /** A master has just been started: looks for it at once; resolves when it has taken all registrations, or late. */
  async registered(timeoutMs: number): Promise<void> {
    const late = new AbortController();
    const done = new Promise<void>((resolve) => this.#awaiting.push(resolve));
    this.#socket?.destroy();
    this.#pauseMs = FIRST_PAUSE_MS;
    await Promise.race([done, sleep(timeoutMs, undefined, { signal: late.signal }).catch(() => undefined)]);
    late.abort();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#retry);
    this.#socket?.destroy();
    this.#lost();
  }

  /** Sends a notification at once, or as soon as there is a master. Never blocks. */
  notify(trap: Oid, objects: readonly VarBind[]): void {
    this.#waiting.push({ trap, objects });
    if (this.#waiting.length > MOST_NOTIFICATIONS) {
      this.#waiting.shift();
      this.#dropped += 1;
    }
    this.#sendNotifications();
  }

  // ------------------------------------------------------------------------------------------------------ connection

  #connect(): void {
    const socket = connect(this.#options.socketPath);
    this.#socket = socket;
    this.#input = Buffer.alloc(0);
    socket.on('connect', () => this.#open());
    socket.on('data', (chunk) => this.#receive(socket, chunk));
    socket.on('drain', () => socket.resume());
    socket.on('error', () => undefined); // 'close' follows
    socket.on('close', () => {
      if (this.#socket !== socket) return;
      this.#lost();
      if (this.#isStopped) return;
      this.#retry = setTimeout(() => this.#connect(), this.#pauseMs);
      this.#pauseMs = Math.min(this.#pauseMs * 2, MOST_PAUSE_MS);
    });
  }

  #lost(): void {
    if (this.#isRegistered) this.#options.log('the SNMP master agent is gone');
    this.#socket = undefined;
    this.#isRegistered = false;
    this.#asked.clear();
    clearInterval(this.#ping);
  }

  #open(): void {
    this.#sessionId = 0;
    this.#ask(
      PduType.open,
      (writer) => {
        writer.u8x4(SESSION_TIMEOUT_SECONDS);
        writer.oid([0, 0]);
        writer.octets(Buffer.from(this.#options.description, 'utf8'));
      },
      (error, sessionId) => {
        if (error !== ResponseError.none) return this.#fail(`the master refuses a session: error ${error}`);
        this.#sessionId = sessionId;
        this.#register();
      },
    );
  }

  #register(): void {
    const { subtrees } = this.#options.mib;
    let left = subtrees.length;
    for (const { prefix } of subtrees) {
      this.#ask(
        PduType.register,
        (writer) => {
          writer.u8x4(SESSION_TIMEOUT_SECONDS, DEFAULT_PRIORITY);
          writer.oid(prefix);
        },
        (error) => {
          if (error !== ResponseError.none) {
            this.#options.log(`the SNMP master does not take ${prefix.join('.')}: error ${error}`);
          }
          left -= 1;
          if (left === 0) this.#registered();
        },
      );
    }
  }

  #registered(): void {
    this.#isRegistered = true;
    this.#pauseMs = FIRST_PAUSE_MS;
    for (const resolve of this.#awaiting.splice(0)) resolve();
    this.#ping = setInterval(() => {
      // The last one was not answered: the master hangs.
      if (this.#asked.size > 0) this.#fail('the SNMP master does not answer');
      else
        this.#ask(
          PduType.ping,
          () => undefined,
          () => undefined,
        );
    }, PING_MS);
    this.#sendNotifications();
  }

  #fail(reason: string): void {
    this.#options.log(reason);
    this.#socket?.destroy();
  }

  // ------------------------------------------------------------------------------------------------------ messages out

  #ask(type: number, payload: (writer: PduWriter) => void, answered: (error: number, sessionId: number) => void): void {
    this.#packetId = (this.#packetId + 1) >>> 0;
    this.#asked.set(this.#packetId, answered);
    this.#writer.begin(type, { sessionId: this.#sessionId, transactionId: 0, packetId: this.#packetId });
    payload(this.#writer);
    this.#socket?.write(this.#writer.end());
  }

  #sendNotifications(): void {
    if (!this.#isRegistered) return;
    for (const { trap, objects } of this.#waiting.splice(0)) {
      this.#ask(
        PduType.notify,
        (writer) => {
          writer.varBind(SNMP_TRAP_OID, { type: 'oid', value: trap });
          for (const { name, value } of objects) writer.varBind(name, value);
        },
        (error) => {
          if (error === ResponseError.none) this.#sent += 1;
          else this.#dropped += 1;
        },
      );
    }
  }

  // ------------------------------------------------------------------------------------------------------ messages in

  #receive(socket: Socket, chunk: Buffer): void {
    this.#input = this.#input.length === 0 ? chunk : Buffer.concat([this.#input, chunk]);
    try {
      for (;;) {
        const length = messageLength(this.#input);
        if (length === undefined || this.#input.length < length) return;
        const message = this.#input.subarray(0, length);
        this.#input = this.#input.subarray(length);
        this.#handle(socket, readPdu(message));
      }
    } catch (error) {
      if (!(error instanceof AgentxError)) throw error;
      this.#protocolErrors += 1;
      this.#fail(`the SNMP master sends what is not AgentX: ${error.message}`);
    }
  }

  #handle(socket: Socket, pdu: MasterPdu): void {
    if (pdu.type === 'response') {
      const answered = this.#asked.get(pdu.packetId);
      this.#asked.delete(pdu.packetId);
      answered?.(pdu.error, pdu.sessionId);
      return;
    }
    if (pdu.type === 'close') {
      socket.destroy();
      return;
    }
    this.#requests += 1;
    const waits = this.#pending < MOST_REQUESTS ? this.#options.prepare(pdu) : undefined;
    if (waits === undefined) {
      this.#answer(socket, pdu);
      return;
    }
    this.#pending += 1;
    waits.then(
      () => {
        this.#pending -= 1;
        this.#answer(socket, pdu);
      },
      (error) => {
        // Values of before are better than none.
        this.#pending -= 1;
        this.#tellOnce(`state for SNMP could not be read: ${error}`);
        this.#answer(socket, pdu);
      },
    );
  }

  /** The same once, until something else is to be told: a station asks again and again. */
  #tellOnce(message: string): void {
    if (this.#told !== message) this.#options.log(message);
    this.#told = message;
  }

  #answer(socket: Socket, pdu: MasterPdu): void {
    if (this.#socket !== socket) return;
    if (!answer(this.#options.mib, pdu, this.#options.upTime(), this.#writer)) return;
    if (!socket.write(this.#writer.end())) socket.pause();
  }
}
