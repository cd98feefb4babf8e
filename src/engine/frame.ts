/** Frames of the engine's socket: a 4-byte length, big-endian, then that many bytes (native/api/sluice.proto). */

/** Most bytes in a frame. */
export const MAX_FRAME = 16 * 1024 * 1024;

/** The message with its length in front. */
export function encodeFrame(message: Uint8Array): Buffer {
  if (message.length > MAX_FRAME) throw new RangeError(`a frame of ${message.length} bytes is above ${MAX_FRAME}`);
  const frame = Buffer.allocUnsafe(4 + message.length);
  frame.writeUInt32BE(message.length, 0);
  frame.set(message, 4);
  return frame;
}

/** Cuts a byte stream into messages. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #buffered = 0;
  /** Length of the message that is being read; undefined: its length is still to come. */
  #wanted: number | undefined;

  /** The messages that are complete with this chunk. Throws RangeError where the peer announces too long a frame. */
  *push(chunk: Buffer): Generator<Buffer> {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    for (;;) {
      if (this.#wanted === undefined) {
        if (this.#buffered < 4) return;
        this.#wanted = this.#take(4).readUInt32BE(0);
        if (this.#wanted > MAX_FRAME) throw new RangeError(`a frame of ${this.#wanted} bytes is above ${MAX_FRAME}`);
      }
      if (this.#buffered < this.#wanted) return;
      const message = this.#take(this.#wanted);
      this.#wanted = undefined;
      yield message;
    }
  }

  /** The first `length` of the buffered bytes; one copy at most, and only where they span chunks. */
  #take(length: number): Buffer {
    this.#buffered -= length;
    const first = this.#chunks[0];
    if (first !== undefined && first.length >= length) {
      if (first.length === length) this.#chunks.shift();
      else this.#chunks[0] = first.subarray(length);
      return first.subarray(0, length);
    }
    const taken = Buffer.allocUnsafe(length);
    let filled = 0;
    let used = 0;
    while (filled < length) {
      const chunk = this.#chunks[used] as Buffer;
      const part = Math.min(chunk.length, length - filled);
      chunk.copy(taken, filled, 0, part);
      filled += part;
      if (part === chunk.length) used += 1;
      else this.#chunks[used] = chunk.subarray(part);
    }
    this.#chunks.splice(0, used);
    return taken;
  }
}
