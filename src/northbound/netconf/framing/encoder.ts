/**
 * Messages on the way out: text is gathered into frames and handed to the stream; who writes more than the client reads
 * has to wait. So one reply needs a frame of memory and what the transport holds, whatever its size.
 */
import type { ByteStream } from '../transport/byte-stream.ts';

export type Framing = 'end-of-message' | 'chunked';

/** Text gathered before a frame leaves, in UTF-16 code units. */
const FRAME = 32 * 1024;

const NO_BYTES = Buffer.alloc(0);
const CHUNKED_END = Buffer.from('\n##\n', 'latin1');
const EOM_END = Buffer.from(']]>]]>', 'latin1');

export class StalledError extends Error {
  constructor() {
    super('the client does not read');
    this.name = 'StalledError';
  }
}

export class Encoder {
  /** Set after the exchange of hellos. */
  framing: Framing = 'end-of-message';
  readonly #stream: ByteStream;
  readonly #stallMs: number;
  #text = '';
  #blocked = false;
  #waiting: { resolve: () => void; reject: (error: Error) => void } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #broken: Error | undefined;

  /** @param stallMs how long one wait for the client may last */
  constructor(stream: ByteStream, stallMs: number) {
    this.#stream = stream;
    this.#stallMs = stallMs;
  }

  /** Adds to the current message. False: wait for `drained` before more is written. */
  write(text: string): boolean {
    this.#text += text;
    if (this.#text.length >= FRAME) this.#flush(NO_BYTES);
    return !this.#blocked;
  }

  /** Ends the current message and sends what is left of it. */
  end(): boolean {
    this.#flush(this.framing === 'chunked' ? CHUNKED_END : EOM_END);
    return !this.#blocked;
  }

  /** Whether a wait would be over at once. */
  get ready(): boolean {
    return !this.#blocked;
  }

  /** Resolves when the client has read enough; rejects with StalledError when it does not, or when the stream closes. */
  async drained(): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken;
    if (!this.#blocked) return;
    if (this.#waiting !== undefined) throw new Error('two writers wait for one stream');
    await new Promise<void>((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#timer = setTimeout(() => this.fail(new StalledError()), this.#stallMs);
    });
  }

  /** The stream can take more. */
  onDrain(): void {
    this.#blocked = false;
    const waiting = this.#settle();
    waiting?.resolve();
  }

  /** The stream is gone, or is to be given up: whoever waits is told, and nothing is written any more. */
  fail(error: Error): void {
    this.#broken ??= error;
    const waiting = this.#settle();
    waiting?.reject(this.#broken);
  }

  #settle(): { resolve: () => void; reject: (error: Error) => void } | undefined {
    clearTimeout(this.#timer);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }

  #flush(trailer: Buffer): void {
    const text = this.#text;
    this.#text = '';
    if (this.#broken !== undefined || (text === '' && trailer.length === 0)) return;
    if (!this.#stream.write(frame(text, this.framing, trailer))) this.#blocked = true;
  }
}

/** One buffer with the chunk header, where there is one, the text and the trailer. */
function frame(text: string, framing: Framing, trailer: Buffer): Buffer {
  const size = Buffer.byteLength(text);
  const header = framing === 'chunked' && size > 0 ? `\n#${size}\n` : '';
  const buffer = Buffer.allocUnsafe(header.length + size + trailer.length);
  buffer.write(header, 0, 'latin1');
  buffer.write(text, header.length, 'utf8');
  trailer.copy(buffer, header.length + size);
  return buffer;
}
