/** What a session sends besides its replies. */
import type { XmlWriter } from '../../../yang/codec/xml-writer.ts';
import type { Content } from '../rpc/handler.ts';

/**
 * One notification: its text, or what gives it when its turn comes, for those that are as large as a datastore; undefined
 * then: it came to nothing.
 */
export type Outgoing = string | (() => Promise<((writer: XmlWriter) => Content) | undefined>);

export interface NotificationSource {
  /** The next notification to send; undefined: there is none now. Must be quick: it keeps the event loop. */
  next(): Outgoing | undefined;
  /** There will be none any more, once `next` has given what waits. */
  readonly isOver: boolean;
}
