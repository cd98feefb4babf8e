/**
 * Messages of AgentX version 1 (RFC 2741), in network byte order.
 *
 *     0        1        2        3
 *     | version| type   | flags  | 0      |   section 6.1
 *     | session id                        |
 *     | transaction id                    |
 *     | packet id                         |
 *     | length of the payload             |
 *     | payload …
 *
 * The subagent reads what the master asks and writes what it answers; both come with a bound on their size.
 */
import { MAX_OID_LENGTH, type Oid } from './oid.ts';

export const HEADER_BYTES = 20;
/** Longest message that is read; a master's request names at most some hundred objects. */
export const MAX_PAYLOAD_BYTES = 1 << 20;

export const PduType = {
  open: 1,
  close: 2,
  register: 3,
  unregister: 4,
  get: 5,
  getNext: 6,
  getBulk: 7,
  testSet: 8,
  commitSet: 9,
  undoSet: 10,
  cleanupSet: 11,
  notify: 12,
  ping: 13,
  response: 18,
} as const;

const NETWORK_BYTE_ORDER = 0x10;
const NON_DEFAULT_CONTEXT = 0x08;

/** Values of a response's error (section 6.2.16). */
export const ResponseError = {
  none: 0,
  genErr: 5,
  notWritable: 17,
  parseError: 266,
  requestDenied: 267,
  processingError: 268,
  unsupportedContext: 262,
} as const;

/** Types of values (section 5.4). */
export type Value =
  | { readonly type: 'integer' | 'counter32' | 'gauge32' | 'timeTicks'; readonly value: number }
  | { readonly type: 'counter64'; readonly value: bigint }
  | { readonly type: 'octets' | 'ipAddress'; readonly value: Uint8Array }
  | { readonly type: 'oid'; readonly value: Oid }
  | { readonly type: 'noSuchObject' | 'noSuchInstance' | 'endOfMibView' };

const valueTypes: Readonly<Record<Value['type'], number>> = {
  integer: 2,
  octets: 4,
  oid: 6,
  ipAddress: 64,
  counter32: 65,
  gauge32: 66,
  timeTicks: 67,
  counter64: 70,
  noSuchObject: 128,
  noSuchInstance: 129,
  endOfMibView: 130,
};

export interface VarBind {
  readonly name: Oid;
  readonly value: Value;
}

/** Objects from `start` on (itself only if `isIncluded`) up to before `end` (empty: no end). */
export interface SearchRange {
  readonly start: Oid;
  readonly isIncluded: boolean;
  readonly end: Oid;
}

interface Head {
  readonly sessionId: number;
  readonly transactionId: number;
  readonly packetId: number;
}

/** What a master sends. */
export type MasterPdu = Head &
  (
    | { readonly type: 'get' | 'getNext'; readonly ranges: readonly SearchRange[] }
    | {
        readonly type: 'getBulk';
        readonly nonRepeaters: number;
        readonly maxRepetitions: number;
        readonly ranges: readonly SearchRange[];
      }
    | { readonly type: 'response'; readonly error: number; readonly index: number }
    | { readonly type: 'close'; readonly reason: number }
    /** Something that is answered by its type alone: sets, of which there are none here, and what is not known. */
    | { readonly type: 'other'; readonly code: number }
    | { readonly type: 'otherContext' }
  );

/** A message that is not as RFC 2741 says: the session cannot go on. */
export class AgentxError extends Error {}

// ---------------------------------------------------------------------------------------------------------- reading

class Reader {
  readonly #buffer: Buffer;
  #at: number;

  constructor(buffer: Buffer, at: number) {
    this.#buffer = buffer;
    this.#at = at;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#buffer.length;
  }

  #take(bytes: number): number {
    const from = this.#at;
    if (from + bytes > this.#buffer.length) throw new AgentxError('a message ends within a field');
    this.#at = from + bytes;
    return from;
  }

  u8(): number {
    return this.#buffer.readUInt8(this.#take(1));
  }

  u16(): number {
    return this.#buffer.readUInt16BE(this.#take(2));
  }

  u32(): number {
    return this.#buffer.readUInt32BE(this.#take(4));
  }

  skip(bytes: number): void {
    this.#take(bytes);
  }

  /** Section 5.1. */
  oid(): { readonly oid: Oid; readonly isIncluded: boolean } {
    const count = this.u8();
    const prefix = this.u8();
    const include = this.u8();
    this.skip(1);
    if (count > MAX_OID_LENGTH) throw new AgentxError(`an object identifier has ${count} sub-identifiers`);
    const numbers: number[] = prefix === 0 ? [] : [1, 3, 6, 1, prefix];
    let at = this.#take(count * 4);
    for (let n = 0; n < count; n += 1, at += 4) numbers.push(this.#buffer.readUInt32BE(at));
    if (numbers.length > MAX_OID_LENGTH)
      throw new AgentxError(`an object identifier has ${numbers.length} sub-identifiers`);
    return { oid: numbers, isIncluded: include !== 0 };
  }

  ranges(): SearchRange[] {
    const ranges: SearchRange[] = [];
    while (!this.isAtEnd) {
      const { oid: start, isIncluded } = this.oid();
      ranges.push({ start, isIncluded, end: this.oid().oid });
    }
    return ranges;
  }

  /** Section 5.3. */
  skipOctets(): void {
    const length = this.u32();
    this.skip(length + padding(length));
  }
}

function padding(length: number): number {
  return (4 - (length % 4)) % 4;
}

/** The length of the message that the buffer begins with; undefined: its header is not there yet. Throws AgentxError. */
export function messageLength(buffer: Buffer): number | undefined {
  if (buffer.length < HEADER_BYTES) return undefined;
  if (buffer.readUInt8(0) !== 1) throw new AgentxError(`version ${buffer.readUInt8(0)} of AgentX`);
  if ((buffer.readUInt8(2) & NETWORK_BYTE_ORDER) === 0) throw new AgentxError('a message is not in network byte order');
  const payload = buffer.readUInt32BE(16);
  if (payload > MAX_PAYLOAD_BYTES || payload % 4 !== 0) throw new AgentxError(`a message has ${payload} bytes`);
  return HEADER_BYTES + payload;
}

/** One whole message. Throws AgentxError. */
export function readPdu(message: Buffer): MasterPdu {
  const code = message.readUInt8(1);
  const head: Head = {
    sessionId: message.readUInt32BE(4),
    transactionId: message.readUInt32BE(8),
    packetId: message.readUInt32BE(12),
  };
  const reader = new Reader(message, HEADER_BYTES);
  const isOtherContext = (message.readUInt8(2) & NON_DEFAULT_CONTEXT) !== 0;
  if (isOtherContext) reader.skipOctets();
  switch (code) {
    case PduType.get:
    case PduType.getNext: {
      const ranges = reader.ranges();
      if (isOtherContext) return { ...head, type: 'otherContext' };
      return { ...head, type: code === PduType.get ? 'get' : 'getNext', ranges };
    }
    case PduType.getBulk: {
      const nonRepeaters = reader.u16();
      const maxRepetitions = reader.u16();
      const ranges = reader.ranges();
      if (isOtherContext) return { ...head, type: 'otherContext' };
      return { ...head, type: 'getBulk', nonRepeaters, maxRepetitions, ranges };
    }
    case PduType.response: {
      reader.skip(4);
      return { ...head, type: 'response', error: reader.u16(), index: reader.u16() };
    }
    case PduType.close:
      return { ...head, type: 'close', reason: reader.u8() };
    default:
      return { ...head, type: 'other', code };
  }
}

// ---------------------------------------------------------------------------------------------------------- writing

/** Writes one message after the other into a buffer that grows. */
export class PduWriter {
  #buffer = Buffer.allocUnsafe(4096);
  #at = 0;

  #room(bytes: number): number {
    const from = this.#at;
    if (from + bytes > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, from + bytes));
      this.#buffer.copy(grown, 0, 0, from);
      this.#buffer = grown;
    }
    this.#at = from + bytes;
    return from;
  }

  /** Begins a message, which `end` closes. */
  begin(type: number, { sessionId, transactionId, packetId }: Head): void {
    this.#at = 0;
    this.#room(HEADER_BYTES);
    this.#buffer.writeUInt32BE((1 << 24) | (type << 16) | (NETWORK_BYTE_ORDER << 8), 0);
    this.#buffer.writeUInt32BE(sessionId, 4);
    this.#buffer.writeUInt32BE(transactionId, 8);
    this.#buffer.writeUInt32BE(packetId, 12);
  }

  /** The message, in memory of its own. */
  end(): Buffer {
    this.#buffer.writeUInt32BE(this.#at - HEADER_BYTES, 16);
    return Buffer.from(this.#buffer.subarray(0, this.#at));
  }

  /** Bytes of the message so far. */
  get length(): number {
    return this.#at;
  }

  u8x4(a: number, b = 0, c = 0, d = 0): void {
    const at = this.#room(4);
    this.#buffer[at] = a;
    this.#buffer[at + 1] = b;
    this.#buffer[at + 2] = c;
    this.#buffer[at + 3] = d;
  }

  u32(value: number): void {
    this.#buffer.writeUInt32BE(value, this.#room(4));
  }

  oid(of: Oid): void {
    // Sub-identifiers 1.3.6.1.p are written as p alone.
    const isInternet = of.length >= 5 && of[0] === 1 && of[1] === 3 && of[2] === 6 && of[3] === 1;
    const p = isInternet ? (of[4] as number) : 0;
    const skipped = p > 0 && p < 256 ? 5 : 0;
    this.u8x4(of.length - skipped, skipped === 0 ? 0 : p);
    let at = this.#room((of.length - skipped) * 4);
    for (let n = skipped; n < of.length; n += 1, at += 4) this.#buffer.writeUInt32BE(of[n] as number, at);
  }

  octets(of: Uint8Array): void {
    this.u32(of.length);
    const at = this.#room(of.length + padding(of.length));
    this.#buffer.set(of, at);
    this.#buffer.fill(0, at + of.length, this.#at);
  }

  varBind(name: Oid, value: Value): void {
    this.u32(valueTypes[value.type] << 16);
    this.oid(name);
    switch (value.type) {
      case 'integer':
        this.#buffer.writeInt32BE(value.value, this.#room(4));
        break;
      case 'counter32':
      case 'gauge32':
      case 'timeTicks':
        this.u32(value.value);
        break;
      case 'counter64':
        this.#buffer.writeBigUInt64BE(value.value, this.#room(8));
        break;
      case 'octets':
      case 'ipAddress':
        this.octets(value.value);
        break;
      case 'oid':
        this.oid(value.value);
        break;
      case 'noSuchObject':
      case 'noSuchInstance':
      case 'endOfMibView':
        break;
    }
  }
}
