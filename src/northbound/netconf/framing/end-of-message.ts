/** NETCONF 1.0 and every hello: messages end with `]]>]]>` (RFC 6242 section 4.3). */
import type { Decoder, MessageSink } from './decoder.ts';

export const END_OF_MESSAGE = Buffer.from(']]>]]>', 'latin1');

export class EndOfMessageDecoder implements Decoder {
  readonly #sink: MessageSink;
  /** The start of a possible delimiter at the end of what came so far; not given to the sink yet. */
  #held: Buffer = Buffer.alloc(0);
  #inMessage = false;

  constructor(sink: MessageSink) {
    this.#sink = sink;
  }

  get inMessage(): boolean {
    return this.#inMessage || this.#held.length > 0;
  }

  decode(buffer: Buffer, start: number): number {
    if (this.#held.length > 0) return this.#decodeJoined(buffer, start);
    const at = buffer.indexOf(END_OF_MESSAGE, start);
    if (at >= 0) {
      this.#pass(buffer.subarray(start, at));
      this.#finish();
      return at + END_OF_MESSAGE.length;
    }
    const rest = buffer.subarray(start);
    const keep = delimiterPrefix(rest);
    this.#pass(rest.subarray(0, rest.length - keep));
    // A copy, so that five bytes do not keep a large buffer alive.
    this.#held = Buffer.from(rest.subarray(rest.length - keep));
    return buffer.length;
  }

  /** Decodes the held bytes with as many new ones as could complete a delimiter that begins in them. */
  #decodeJoined(buffer: Buffer, start: number): number {
    const held = this.#held.length;
    const joined = Buffer.concat([this.#held, buffer.subarray(start, start + END_OF_MESSAGE.length - 1)]);
    const at = joined.indexOf(END_OF_MESSAGE);
    if (at >= 0) {
      this.#pass(joined.subarray(0, at));
      this.#finish();
      return start + at + END_OF_MESSAGE.length - held;
    }
    const keep = delimiterPrefix(joined);
    this.#pass(joined.subarray(0, joined.length - keep));
    this.#held = joined.subarray(joined.length - keep);
    const next = start + joined.length - held;
    return next < buffer.length ? this.decode(buffer, next) : next;
  }

  #pass(piece: Buffer): void {
    if (piece.length === 0) return;
    this.#inMessage = true;
    this.#sink.data(piece);
  }

  #finish(): void {
    this.#held = Buffer.alloc(0);
    this.#inMessage = false;
    this.#sink.end();
  }
}

/** Length of the longest end of the bytes that is a true prefix of the delimiter. */
function delimiterPrefix(bytes: Buffer): number {
  for (let length = Math.min(bytes.length, END_OF_MESSAGE.length - 1); length > 0; length--) {
    if (bytes.subarray(bytes.length - length).equals(END_OF_MESSAGE.subarray(0, length))) return length;
  }
  return 0;
}
