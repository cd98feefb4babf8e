/**
 * Frames in the octets of a session. Version 1:
 *
 *   0   length (2): octets that follow, 9 to 16,382
 *   2   type (1)
 *   3   tag (4): of the session, from the nonces of both ends; 0 in `hello`
 *   7   sequence (4): 0, 1, 2 … in each direction; never wraps: a session of four thousand million frames ends
 *   11  body
 *
 * No frame is above 16 KiB, so that a message of the decision waits for one such frame at most.
 */
import { Malformed, Reader, Writer } from './octets.ts';

export const FrameType = { hello: 1, decision: 2, summary: 3, macs: 4, alive: 5, ack: 6 } as const;
export type FrameType = (typeof FrameType)[keyof typeof FrameType];

export const FRAME_MAX = 16_384;
export const HEADER = 11;
export const BODY_MAX = FRAME_MAX - HEADER;

export interface Frame {
  readonly type: FrameType;
  readonly tag: number;
  readonly sequence: number;
  readonly body: Buffer;
}

const types: ReadonlySet<number> = new Set(Object.values(FrameType));

/** Throws RangeError where the body is too long: a bug of the caller. */
export function encodeFrame({ type, tag, sequence, body }: Frame): Buffer {
  if (body.length > BODY_MAX) throw new RangeError(`a body of ${body.length} octets`);
  const writer = new Writer();
  writer.u16(HEADER - 2 + body.length);
  writer.u8(type);
  writer.u32(tag);
  writer.u32(sequence);
  writer.octets(body);
  return writer.done();
}

/** Puts frames together from octets as they come. Holds less than one frame. */
export class Assembler {
  #rest: Buffer = Buffer.alloc(0);

  /** The frames that are complete now; a problem, after which nothing more can be read. */
  take(octets: Buffer): { readonly frames: readonly Frame[]; readonly problem?: string } {
    let rest = this.#rest.length === 0 ? octets : Buffer.concat([this.#rest, octets]);
    const frames: Frame[] = [];
    while (rest.length >= 2) {
      const length = rest.readUInt16BE(0);
      if (length < HEADER - 2 || length > FRAME_MAX - 2) return { frames, problem: `a frame of ${length} octets` };
      if (rest.length < length + 2) break;
      const type = rest.readUInt8(2);
      if (!isFrameType(type)) return { frames, problem: `a frame of type ${type}` };
      const [tag, sequence] = [rest.readUInt32BE(3), rest.readUInt32BE(7)];
      frames.push({ type, tag, sequence, body: rest.subarray(HEADER, length + 2) });
      rest = rest.subarray(length + 2);
    }
    // Its own copy: a few octets do not keep a large read alive.
    this.#rest = Buffer.from(rest);
    return { frames };
  }
}

function isFrameType(type: number): type is FrameType {
  return types.has(type);
}

/** What a body says, or why it says nothing. */
export type Decoded<T> = { readonly value: T } | { readonly problem: string };

/** Runs a decoder over the whole body. */
export function decodeBody<T>(body: Buffer, decode: (reader: Reader) => T): Decoded<T> {
  const reader = new Reader(body);
  try {
    const value = decode(reader);
    reader.end();
    return { value };
  } catch (error) {
    if (error instanceof Malformed) return { problem: error.message };
    throw error;
  }
}
