/**
 * One session with a peer PE, without its transport: octets in, octets out. TLS 1.3 with certificates on both sides is below
 * it (src/platform/peer-session), which says who the peer is, hides and protects; a session adds what a transport that was
 * mixed up or played again would break: a tag from both nonces and a sequence number in every frame.
 *
 * Three lanes to the peer. Messages of the decision go first, then what the peer's replica asks of ours, then addresses,
 * one frame at a time. Of frames with addresses MACS_WINDOW at most are on their way until the peer says that it took one:
 * a decision waits behind 64 KiB in the buffers of the transport, and not behind all that these hold.
 * - decision: bounded by DECISION_MAX octets. At the bound `send` says no: the peer does not read, and the session is to end.
 * - addresses: bounded by what there is (replication.ts).
 */
import { createHash } from 'node:crypto';
import type { Message } from '../decision/message.ts';
import { decodeDecision, encodeDecision } from './decision-codec.ts';
import { Assembler, BODY_MAX, decodeBody, encodeFrame, type Frame, FrameType } from './frame.ts';
import { decodeMacs, decodeSummary, encodeMacs, encodeSummary, MAC_SETS, type MacSet } from './mac-codec.ts';
import type { MacTable } from './mac-table.ts';
import { hexDigits, Writer } from './octets.ts';
import { type MacReplica, MacSender } from './replication.ts';

/** Frames with addresses that the peer has not acknowledged. */
const MACS_WINDOW = 4;
export const DECISION_MAX = 1_048_576;
const MAGIC = 0x534c_4553; // "SLES"
const VERSION = 1;
const NONCE = 16;

/** What is exchanged of one segment. */
export interface SegmentTables {
  /** 10 octets. */
  readonly esi: Uint8Array;
  readonly own: Readonly<Record<MacSet, MacTable>>;
  readonly theirs: Readonly<Record<MacSet, MacReplica>>;
}

export interface SessionOptions {
  /** 16 octets, new for every session. */
  readonly nonce: Uint8Array;
  /** Of the digests of addresses; new for every session. */
  readonly key: number;
  /** Segments that both PEs have in their configuration; frames about others are dropped. */
  readonly segments: readonly SegmentTables[];
  /** The peer said hello: messages can be sent. */
  readonly onUp: () => void;
  readonly onMessage: (esi: Uint8Array, message: Message) => void;
}

interface Segment {
  readonly tables: SegmentTables;
  readonly senders: Readonly<Record<MacSet, MacSender>>;
}

export class ExchangeSession {
  readonly #options: SessionOptions;
  readonly #assembler = new Assembler();
  readonly #segments: ReadonlyMap<string, Segment>;
  readonly #decisions: Buffer[] = [];
  #decisionOctets = 0;
  #summaries: Generator<Buffer> | undefined;
  #isAlive = false;
  #isHelloSent = false;
  #tag: number | undefined;
  #macsUnacknowledged = 0;
  #acks = 0;
  #sent = 0;
  #received = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#segments = new Map(
      options.segments.map((tables) => {
        const sender = (set: MacSet): MacSender => new MacSender(tables.esi, set, tables.own[set]);
        return [hexDigits(tables.esi), { tables, senders: { remote: sender('remote'), segment: sender('segment') } }];
      }),
    );
  }

  /** Ends it: changes of the tables are not followed any more. */
  close(): void {
    for (const { senders } of this.#segments.values()) for (const set of MAC_SETS) senders[set].close();
  }

  get isUp(): boolean {
    return this.#tag !== undefined;
  }

  /** Whether all addresses that differ, as far as the peer has said, have been sent. */
  get isIdle(): boolean {
    return [...this.#segments.values()].every(({ senders }) => MAC_SETS.every((set) => senders[set].isIdle));
  }

  /** false: the bound is reached, nothing was taken. */
  send(esi: Uint8Array, message: Message): boolean {
    const body = Buffer.from(encodeDecision({ esi, message }));
    if (this.#decisionOctets + body.length > DECISION_MAX) return false;
    this.#decisions.push(body);
    this.#decisionOctets += body.length;
    return true;
  }

  /** A frame that says that we are there, for the transport's liveness, goes out next. */
  sayAlive(): void {
    this.#isAlive = true;
  }

  /** The next frame; undefined: nothing to send now. */
  take(): Buffer | undefined {
    if (!this.#isHelloSent) {
      this.#isHelloSent = true;
      return this.#frame(FrameType.hello, this.#hello());
    }
    if (this.#tag === undefined) return undefined;
    const decision = this.#decisions.shift();
    if (decision !== undefined) {
      this.#decisionOctets -= decision.length;
      return this.#frame(FrameType.decision, decision);
    }
    if (this.#isAlive) {
      this.#isAlive = false;
      return this.#frame(FrameType.alive, Buffer.alloc(0));
    }
    if (this.#acks > 0) {
      this.#acks -= 1;
      return this.#frame(FrameType.ack, Buffer.alloc(0));
    }
    const summary = this.#summaries?.next();
    if (summary !== undefined && summary.done !== true) return this.#frame(FrameType.summary, summary.value);
    if (this.#macsUnacknowledged >= MACS_WINDOW) return undefined;
    for (const { senders } of this.#segments.values()) {
      for (const set of MAC_SETS) {
        const macs = senders[set].take(BODY_MAX);
        if (macs === undefined) continue;
        this.#macsUnacknowledged += 1;
        return this.#frame(FrameType.macs, encodeMacs(macs));
      }
    }
    return undefined;
  }

  /** Takes octets of the peer; a problem ends the session. */
  receive(octets: Buffer): string | undefined {
    const { frames, problem } = this.#assembler.take(octets);
    for (const frame of frames) {
      const wrong = this.#receive(frame);
      if (wrong !== undefined) return wrong;
    }
    return problem;
  }

  #receive(frame: Frame): string | undefined {
    if (frame.sequence !== this.#received) return `frame ${frame.sequence} in place of ${this.#received}`;
    this.#received += 1;
    if (this.#tag === undefined) return frame.type === FrameType.hello ? this.#onHello(frame) : 'no hello';
    if (frame.tag !== this.#tag) return 'a frame of another session';
    switch (frame.type) {
      case FrameType.hello:
        return 'a second hello';
      case FrameType.alive:
        return frame.body.length === 0 ? undefined : 'an alive with a body';
      case FrameType.ack:
        this.#macsUnacknowledged -= 1;
        return this.#macsUnacknowledged < 0 ? 'an ack of nothing' : undefined;
      case FrameType.decision: {
        const decoded = decodeDecision(frame.body);
        if ('problem' in decoded) return decoded.problem;
        if (this.#segments.has(hexDigits(decoded.value.esi))) {
          this.#options.onMessage(decoded.value.esi, decoded.value.message);
        }
        return undefined;
      }
      case FrameType.summary: {
        const decoded = decodeSummary(frame.body);
        if ('problem' in decoded) return decoded.problem;
        return this.#segments.get(hexDigits(decoded.value.esi))?.senders[decoded.value.set].onSummary(decoded.value);
      }
      case FrameType.macs: {
        const decoded = decodeMacs(frame.body);
        if ('problem' in decoded) return decoded.problem;
        this.#acks += 1;
        this.#segments.get(hexDigits(decoded.value.esi))?.tables.theirs[decoded.value.set].apply(decoded.value);
        return undefined;
      }
    }
  }

  /** magic (4), lowest version (1), highest version (1), nonce (16). */
  #hello(): Buffer {
    const writer = new Writer();
    writer.u32(MAGIC);
    writer.u8(VERSION);
    writer.u8(VERSION);
    writer.octets(this.#options.nonce);
    return writer.done();
  }

  #onHello({ body }: Frame): string | undefined {
    const decoded = decodeBody(body, (reader) => ({
      magic: reader.u32(),
      lowest: reader.u8(),
      highest: reader.u8(),
      nonce: Buffer.from(reader.octets(NONCE)),
    }));
    if ('problem' in decoded) return decoded.problem;
    const { magic, lowest, highest, nonce } = decoded.value;
    if (magic !== MAGIC) return 'not a PE';
    if (lowest > VERSION || highest < VERSION) return `versions ${lowest} to ${highest}`;
    const own = Buffer.from(this.#options.nonce);
    if (nonce.equals(own)) return 'our own hello';
    const ordered = Buffer.compare(own, nonce) < 0 ? [own, nonce] : [nonce, own];
    this.#tag = createHash('sha256').update(Buffer.concat(ordered)).digest().readUInt32BE(0);
    this.#summaries = this.#allSummaries();
    this.#options.onUp();
    return undefined;
  }

  *#allSummaries(): Generator<Buffer> {
    for (const { tables } of this.#segments.values()) {
      for (const set of MAC_SETS) {
        for (const summary of tables.theirs[set].summaries(tables.esi, set, this.#options.key)) {
          yield encodeSummary(summary);
        }
      }
    }
  }

  #frame(type: FrameType, body: Buffer): Buffer {
    const tag = type === FrameType.hello ? 0 : (this.#tag ?? 0);
    this.#sent += 1;
    return Buffer.from(encodeFrame({ type, tag, sequence: this.#sent - 1, body }));
  }
}
