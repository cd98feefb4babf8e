/**
 * NETCONF 1.1 (RFC 6242 section 4.2):
 *
 *   Chunked-Message = 1*chunk end-of-chunks
 *   chunk           = LF HASH chunk-size LF chunk-data
 *   chunk-size      = 1*DIGIT without leading zeros, 1 to 4294967295
 *   end-of-chunks   = LF HASH HASH LF
 */
import { type Decoder, FramingError, type MessageSink } from './decoder.ts';

const LF = 0x0a;
const HASH = 0x23;
const ZERO = 0x30;
const NINE = 0x39;
const MAX_CHUNK = 4_294_967_295;

/** What the next byte has to be. */
type State = 'lf' | 'hash' | 'size-or-hash' | 'size' | 'data' | 'end-lf';

export class ChunkedDecoder implements Decoder {
  readonly #sink: MessageSink;
  #state: State = 'lf';
  /** The size as read so far; then the bytes of the chunk that have not come. */
  #size = 0;
  #chunks = 0;

  constructor(sink: MessageSink) {
    this.#sink = sink;
  }

  get inMessage(): boolean {
    return this.#chunks > 0 || this.#state !== 'lf';
  }

  decode(buffer: Buffer, start: number): number {
    let at = start;
    while (at < buffer.length) {
      if (this.#state === 'data') {
        const end = Math.min(buffer.length, at + this.#size);
        this.#sink.data(buffer.subarray(at, end));
        this.#size -= end - at;
        at = end;
        if (this.#size === 0) this.#state = 'lf';
        continue;
      }
      const ended = this.#header(buffer[at] as number);
      at++;
      if (ended) {
        this.#chunks = 0;
        this.#state = 'lf';
        this.#sink.end();
        return at;
      }
    }
    return at;
  }

  /** Takes one byte of a chunk's header; true: it was the last of end-of-chunks. */
  #header(byte: number): boolean {
    switch (this.#state) {
      case 'lf':
        if (byte !== LF) throw unexpected(byte, 'a line feed');
        this.#state = 'hash';
        return false;
      case 'hash':
        if (byte !== HASH) throw unexpected(byte, '"#"');
        this.#state = 'size-or-hash';
        return false;
      case 'size-or-hash':
        if (byte === HASH) {
          if (this.#chunks === 0) throw new FramingError('a message needs one chunk at least');
          this.#state = 'end-lf';
          return false;
        }
        if (byte <= ZERO || byte > NINE) throw unexpected(byte, 'a chunk size, not 0 and without leading zeros,');
        this.#size = byte - ZERO;
        this.#state = 'size';
        return false;
      case 'size':
        if (byte === LF) {
          this.#chunks++;
          this.#state = 'data';
          return false;
        }
        if (byte < ZERO || byte > NINE) throw unexpected(byte, 'a digit or a line feed');
        this.#size = this.#size * 10 + (byte - ZERO);
        if (this.#size > MAX_CHUNK) throw new FramingError(`a chunk is larger than ${MAX_CHUNK} bytes`);
        return false;
      case 'end-lf':
        if (byte !== LF) throw unexpected(byte, 'a line feed');
        return true;
      case 'data':
        throw new Error('unreachable: chunk data has no header bytes');
    }
  }
}

function unexpected(byte: number, wanted: string): FramingError {
  return new FramingError(`byte 0x${byte.toString(16).padStart(2, '0')} where ${wanted} must be`);
}
