/**
 * BGP messages as octets (RFC 4271 section 4):
 *
 *   0   marker (16): all ones
 *   16  length (2): of the whole message, 19 to 4,096 (extended messages, RFC 8654, are not announced)
 *   18  type (1)
 *   19  body
 *
 * And what ends a session: a NOTIFICATION, error code (1), subcode (1), data.
 */
export const MessageType = { open: 1, update: 2, notification: 3, keepalive: 4, routeRefresh: 5 } as const;
export type MessageType = (typeof MessageType)[keyof typeof MessageType];

export const HEADER = 19;
export const MESSAGE_MAX = 4096;

export interface Message {
  readonly type: MessageType;
  readonly body: Buffer;
}

/** Why a session ends: what the NOTIFICATION says, and what people read. */
export interface BgpError {
  readonly code: number;
  readonly subcode: number;
  readonly data: Buffer;
  readonly text: string;
}

/** RFC 4271 section 4.5; subcodes of Cease: RFC 4486. */
export const ErrorCode = { header: 1, open: 2, update: 3, holdTimer: 4, fsm: 5, cease: 6 } as const;
export const Cease = {
  maximumPrefixes: 1,
  administrativeShutdown: 2,
  peerDeconfigured: 3,
  connectionRejected: 5,
  configurationChange: 6,
  collision: 7,
} as const;

const NAMES = ['', 'message header', 'OPEN message', 'UPDATE message', 'hold timer expired', 'FSM', 'cease'];
const NONE = Buffer.alloc(0);

export function bgpError(code: number, subcode: number, text: string, data: Buffer = NONE): BgpError {
  return { code, subcode, data, text };
}

/** Throws RangeError where the message is too long: a bug of the caller. */
export function encodeMessage(type: MessageType, body: Buffer): Buffer {
  if (HEADER + body.length > MESSAGE_MAX) throw new RangeError(`a message with a body of ${body.length} octets`);
  const message = Buffer.alloc(HEADER + body.length, 0xff);
  message.writeUInt16BE(message.length, 16);
  message.writeUInt8(type, 18);
  body.copy(message, HEADER);
  return message;
}

export function encodeNotification({ code, subcode, data }: BgpError): Buffer {
  const room = MESSAGE_MAX - HEADER - 2;
  return encodeMessage(MessageType.notification, Buffer.concat([Buffer.of(code, subcode), data.subarray(0, room)]));
}

/** What the other end says about its end of the session; a body too short says nothing. */
export function notificationText(body: Buffer): string {
  const [code = 0, subcode = 0] = body;
  return `NOTIFICATION ${code}/${subcode}${NAMES[code] ? ` (${NAMES[code]})` : ''}`;
}

/** Shortest body, and the longest one, by type (RFC 4271 section 6.1). */
const LENGTHS: Readonly<Record<MessageType, readonly [number, number]>> = {
  1: [10, MESSAGE_MAX],
  2: [4, MESSAGE_MAX],
  3: [2, MESSAGE_MAX],
  4: [0, 0],
  5: [4, MESSAGE_MAX],
};

/** Puts messages together from octets as they come. Holds less than one message. */
export class MessageAssembler {
  #rest: Buffer = NONE;

  /** The messages that are complete now; an error, after which nothing more can be read. */
  take(octets: Buffer): { readonly messages: readonly Message[]; readonly error?: BgpError } {
    let rest = this.#rest.length === 0 ? octets : Buffer.concat([this.#rest, octets]);
    const messages: Message[] = [];
    while (rest.length >= HEADER) {
      for (let at = 0; at < 16; at += 1) {
        if (rest[at] !== 0xff) {
          return { messages, error: bgpError(ErrorCode.header, 1, 'a marker that is not all ones') };
        }
      }
      const length = rest.readUInt16BE(16);
      const type = rest.readUInt8(18);
      if (!isMessageType(type)) {
        return { messages, error: bgpError(ErrorCode.header, 3, `a message of type ${type}`, Buffer.of(type)) };
      }
      const [least, most] = LENGTHS[type];
      if (length > MESSAGE_MAX || length < HEADER + least || length > HEADER + most) {
        const data = Buffer.from(rest.subarray(16, 18));
        return { messages, error: bgpError(ErrorCode.header, 2, `a message of type ${type}, ${length} octets`, data) };
      }
      if (rest.length < length) break;
      messages.push({ type, body: rest.subarray(HEADER, length) });
      rest = rest.subarray(length);
    }
    // Its own copy: a few octets do not keep a large read alive.
    this.#rest = Buffer.from(rest);
    return { messages };
  }
}

function isMessageType(type: number): type is MessageType {
  return type >= MessageType.open && type <= MessageType.routeRefresh;
}
