/** The two framings of RFC 6242 on the way in: bytes of any size go in, pieces of messages come out. */

/** The framing is broken: the session ends at once, because nothing that follows can be trusted (RFC 6242 section 4.2). */
export class FramingError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'FramingError';
  }
}

export interface MessageSink {
  /** A piece of the current message. */
  data(piece: Buffer): void;
  /** The message is complete. */
  end(): void;
}

export interface Decoder {
  /**
   * Decodes from `start` and returns where it stopped: after the end of a message (the caller decides whether, and in
   * which framing, to go on) or at the end of the buffer. Throws FramingError.
   */
  decode(buffer: Buffer, start: number): number;
  /** Whether bytes of a message have come in whose end has not. */
  readonly inMessage: boolean;
}
