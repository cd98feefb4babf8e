/** netconf-session-start and netconf-session-end (RFC 6470). */
import { build, type PlainData } from '../../../yang/data/build.ts';
import type { Schema } from '../../../yang/schema/node.ts';
import type { EndReason, Session } from '../session/session.ts';
import type { NotificationEvent } from './event.ts';

export class SessionEvents {
  readonly #schema: Schema;
  readonly #publish: (event: NotificationEvent) => void;

  constructor(schema: Schema, publish: (event: NotificationEvent) => void) {
    this.#schema = schema;
    this.#publish = publish;
  }

  started(session: Session): void {
    this.#tell('netconf-session-start', parameters(session));
  }

  ended(session: Session, reason: EndReason): void {
    const killedBy = reason === 'killed' ? session.killedBy : undefined;
    this.#tell('netconf-session-end', { ...parameters(session), 'killed-by': killedBy, 'termination-reason': reason });
  }

  #tell(name: string, content: PlainData): void {
    const node = this.#schema.notifications.get(`ietf-netconf-notifications:${name}`);
    if (node !== undefined) this.#publish({ node, children: build(node, content), at: new Date() });
  }
}

function parameters({ id, peer }: Session): PlainData {
  return { username: peer.principal.user, 'session-id': id, 'source-host': peer.sourceHost };
}
