/** The sessions that are open, by their ids. */
import type { Session } from './session.ts';

const MAX_ID = 4_294_967_295;

export class Sessions {
  readonly #sessions = new Map<number, Session>();
  #lastId = 0;

  /** An id that no session has (RFC 6241: 1 to 4294967295). */
  nextId(): number {
    do this.#lastId = this.#lastId >= MAX_ID ? 1 : this.#lastId + 1;
    while (this.#sessions.has(this.#lastId));
    return this.#lastId;
  }

  get size(): number {
    return this.#sessions.size;
  }

  add(session: Session): void {
    this.#sessions.set(session.id, session);
  }

  delete(session: Session): void {
    this.#sessions.delete(session.id);
  }

  get(id: number): Session | undefined {
    return this.#sessions.get(id);
  }

  isOpen(id: number): boolean {
    return this.#sessions.get(id)?.isOver === false;
  }

  /** Those whose hellos are exchanged. */
  *open(): Iterable<Session> {
    for (const session of this.#sessions.values()) if (session.isOpen) yield session;
  }

  all(): Iterable<Session> {
    return this.#sessions.values();
  }

  close(id: number): void {
    this.#sessions.get(id)?.end('closed');
  }

  /** Whether there was such a session. */
  kill(id: number, by: number): boolean {
    const session = this.#sessions.get(id);
    if (session === undefined || !session.isOpen) return false;
    session.killedBy = by;
    session.end('killed');
    return true;
  }
}
