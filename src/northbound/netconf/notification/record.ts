/** An event as streams carry it: written once, with its number in the log; of one that is replayed the data is read anew. */
import type { LoggedEvent } from '../../../datastore/event-log.ts';
import { writeData } from '../../../yang/codec/write-data.ts';
import { XmlDataReader } from '../../../yang/codec/xml-data-reader.ts';
import { type ResolvePrefix, type XmlElement, type XmlHandler, XmlReader } from '../../../yang/codec/xml-reader.ts';
import { XmlWriter } from '../../../yang/codec/xml-writer.ts';
import type { DataNode } from '../../../yang/data/node.ts';
import type { OperationNode, Schema } from '../../../yang/schema/node.ts';
import type { NotificationEvent } from './event.ts';

export const NOTIFICATION_NAMESPACE = 'urn:ietf:params:xml:ns:netconf:notification:1.0';

export interface EventRecord {
  readonly seq: number;
  readonly node: OperationNode;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The whole notification element. */
  readonly text: string;
  children(): readonly DataNode[];
}

/** The element of an event, without the notification around it. */
export function writeEvent(schema: Schema, { node, children }: Pick<NotificationEvent, 'node' | 'children'>): string {
  const writer = new XmlWriter(schema);
  if (children.length === 0) writer.element(node.name, node.module.namespace, '');
  else {
    writer.open(node.name, node.module.namespace);
    writeData(writer, children);
    writer.close();
  }
  return writer.take();
}

/** RFC 5277 section 4. */
export function notificationText(at: Date, xml: string): string {
  return `<notification xmlns="${NOTIFICATION_NAMESPACE}"><eventTime>${at.toISOString()}</eventTime>${xml}</notification>`;
}

/** Undefined: no module of today has such a notification. */
export function recordOf(schema: Schema, { seq, at, name, xml }: LoggedEvent): EventRecord | undefined {
  const node = schema.notifications.get(name);
  if (node === undefined) return undefined;
  let data: readonly DataNode[] | undefined;
  return {
    seq,
    node,
    at,
    text: notificationText(new Date(at), xml),
    children: () => {
      data ??= readEvent(schema, node, xml);
      return data;
    },
  };
}

/** Throws a FaultError where the schema has become another. */
function readEvent(schema: Schema, node: OperationNode, xml: string): readonly DataNode[] {
  const content = new XmlDataReader(schema, node, { mode: 'data' });
  const reader = new XmlReader(new Inside(content));
  reader.write(xml);
  reader.end();
  return content.finish();
}

/** Hands on what is inside of the outermost element. */
class Inside implements XmlHandler {
  readonly #inner: XmlHandler;
  #depth = 0;

  constructor(inner: XmlHandler) {
    this.#inner = inner;
  }

  open(element: XmlElement, resolve: ResolvePrefix): void {
    if (this.#depth++ > 0) this.#inner.open(element, resolve);
  }

  text(text: string): void {
    if (this.#depth > 1) this.#inner.text(text);
  }

  close(): void {
    if (--this.#depth > 0) this.#inner.close();
  }
}
