/** Notifications that tell of a subscription itself (RFC 8639 section 2.7): to its receiver alone, whatever its filter. */
import { build, type PlainData } from '../../../../yang/data/build.ts';
import type { Schema } from '../../../../yang/schema/node.ts';
import { notificationText, writeEvent } from '../record.ts';
import { PUSH, SUBSCRIBED } from './errors.ts';
import type { SuspendedReason, TerminatedReason } from './subscription.ts';
import { type Terms, termsData } from './terms.ts';

export class Notices {
  readonly #schema: Schema;

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  replayCompleted(id: number): string {
    return this.#write('replay-completed', { id });
  }

  modified(id: number, terms: Terms): string {
    return this.#write('subscription-modified', { id, ...termsData(terms) });
  }

  suspended(id: number, reason: SuspendedReason): string {
    return this.#write('subscription-suspended', { id, reason: `${SUBSCRIBED}:${reason}` });
  }

  resumed(id: number): string {
    return this.#write('subscription-resumed', { id });
  }

  terminated(id: number, reason: TerminatedReason): string {
    const module = reason === 'unchanging-selection' ? PUSH : SUBSCRIBED;
    return this.#write('subscription-terminated', { id, reason: `${module}:${reason}` });
  }

  #write(name: string, data: PlainData): string {
    const node = this.#schema.notifications.get(`${SUBSCRIBED}:${name}`);
    if (node === undefined) throw new Error(`the schema has no ${name}`);
    return notificationText(new Date(), writeEvent(this.#schema, { node, children: build(node, data) }));
  }
}
