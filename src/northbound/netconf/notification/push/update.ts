/** push-update (RFC 8641 section 3.7): all that is subscribed to, as it is at one moment, written as the client reads. */
import type { Decisions } from '../../../../commit/access/access.ts';
import type { XmlWriter } from '../../../../yang/codec/xml-writer.ts';
import { FaultError } from '../../../../yang/fault.ts';
import type { Filter } from '../../filter/filter.ts';
import { applyFilter, writeFiltered } from '../../filter/filtered.ts';
import type { Wanted } from '../../filter/selector.ts';
import type { Content } from '../../rpc/handler.ts';
import { NOTIFICATION_NAMESPACE } from '../record.ts';
import type { Moment } from './datastores.ts';

export const PUSH_NAMESPACE = 'urn:ietf:params:xml:ns:yang:ietf-yang-push';

/**
 * The notification's content. `moment` is closed, and `done` called, when it is written or given up. Throws a FaultError
 * where the filter takes too long.
 */
export function pushUpdate(
  id: number,
  moment: Moment,
  filter: Filter | undefined,
  decisions: Decisions,
  done: () => void,
): (writer: XmlWriter) => Content {
  const at = new Date();
  const { view, options } = moment;
  const wanted = wantedOf(() => applyFilter(view, filter, decisions, options.defaults));
  return function* (writer) {
    try {
      openNotification(writer, 'push-update', id, at);
      writer.open('datastore-contents', PUSH_NAMESPACE);
      yield* writeFiltered(view, wanted, decisions, options, writer);
      for (let open = 0; open < 3; open++) writer.close();
    } finally {
      moment[Symbol.dispose]();
      done();
    }
  };
}

/** An XPath expression that gives no nodes selects nothing (leaf datastore-xpath-filter). */
export function wantedOf(apply: () => Wanted): Wanted {
  try {
    return apply();
  } catch (error) {
    if (error instanceof FaultError && error.faults[0]?.tag === 'invalid-value') return 'none';
    throw error;
  }
}

/** Opens the notification and the event in it. */
export function openNotification(writer: XmlWriter, name: string, id: number, at: Date): void {
  writer.open('notification', NOTIFICATION_NAMESPACE);
  writer.element('eventTime', NOTIFICATION_NAMESPACE, at.toISOString());
  writer.open(name, PUSH_NAMESPACE);
  writer.element('id', PUSH_NAMESPACE, String(id));
}
