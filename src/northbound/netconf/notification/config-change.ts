/** netconf-config-change (RFC 6470): what a commit changed, by whom, told once the reply is on its way. */
import type { Datastores } from '../../../commit/datastores.ts';
import type { CommitRecord } from '../../../datastore/history.ts';
import type { KeySpace } from '../../../datastore/key/key.ts';
import { isImplicit } from '../../../datastore/row/shape.ts';
import type { Change, RowChange } from '../../../datastore/view/view.ts';
import { build, type PlainData } from '../../../yang/data/build.ts';
import type { OperationNode, Schema } from '../../../yang/schema/node.ts';
import type { Caller } from '../rpc/handler.ts';
import type { NotificationEvent } from './event.ts';

/** More single edits than this are summed up by the top-level containers that they are in. */
const MAX_EDITS = 256;

type Edit = { readonly target: string; readonly operation: 'create' | 'delete' | 'merge' | 'replace' };

export class ConfigChanges {
  readonly #keys: KeySpace;
  readonly #notification: OperationNode | undefined;
  readonly #publish: (event: NotificationEvent) => void;
  readonly #sourceHost: (sessionId: number) => string | undefined;
  /** Commits of sessions, until the session's reply is sent. */
  readonly #pending = new Map<number, readonly Edit[]>();

  constructor(
    schema: Schema,
    datastores: Datastores,
    keys: KeySpace,
    options: {
      readonly publish: (event: NotificationEvent) => void;
      readonly sourceHost: (sessionId: number) => string | undefined;
    },
  ) {
    this.#keys = keys;
    this.#notification = schema.notifications.get('ietf-netconf-notifications:netconf-config-change');
    this.#publish = options.publish;
    this.#sourceHost = options.sourceHost;
    datastores.onCommit((record, change) => this.#onCommit(record, change));
  }

  /** A session's request made this commit, and its reply is sent. */
  committed(record: CommitRecord | undefined, caller: Caller): void {
    if (record === undefined) return;
    const edits = this.#pending.get(record.id);
    this.#pending.delete(record.id);
    if (edits !== undefined) this.#tell('running', edits, caller);
  }

  startupChanged(caller: Caller): void {
    this.#tell('startup', [], caller);
  }

  #onCommit(record: CommitRecord, change: Change): void {
    const edits = this.#edits(change);
    if (record.source !== 'netconf') {
      this.#tell('running', edits, undefined);
      return;
    }
    // Told with the reply; a reply that never comes, because its session ended, must not keep it for ever.
    this.#pending.set(record.id, edits);
    for (const id of this.#pending.keys()) if (id <= record.id - 1024) this.#pending.delete(id);
  }

  #tell(datastore: 'running' | 'startup', edits: readonly Edit[], caller: Caller | undefined): void {
    if (this.#notification === undefined) return;
    const by: PlainData =
      caller === undefined
        ? { server: '' }
        : {
            username: caller.principal.user,
            'session-id': caller.sessionId,
            'source-host': this.#sourceHost(caller.sessionId),
          };
    const children = build(this.#notification, {
      'changed-by': by,
      datastore,
      edit: edits.map(({ target, operation }) => ({ target, operation })),
    });
    this.#publish({ node: this.#notification, children, at: new Date() });
  }

  #edits({ rows }: Change): readonly Edit[] {
    const edits: Edit[] = [];
    let above: RowChange | undefined;
    for (const change of rows) {
      // Rows below one that came or went are part of that.
      if (above !== undefined && change.key.startsWith(above.key)) continue;
      above = undefined;
      const { key, node, before, after } = change;
      if (!isImplicit(node) && (before === undefined) !== (after === undefined)) {
        above = change;
        edits.push({ target: this.#keys.path(key), operation: after === undefined ? 'delete' : 'create' });
      } else edits.push(...this.#leafEdits(change));
      if (edits.length > MAX_EDITS) return this.#summed(rows);
    }
    return edits;
  }

  *#leafEdits({ key, before, after }: RowChange): Iterable<Edit> {
    for (const [leaf] of before?.leaves ?? []) {
      if (after?.leaves.has(leaf) !== true) yield { target: this.#keys.path(key, leaf), operation: 'delete' };
    }
    for (const [leaf, value] of after?.leaves ?? []) {
      const old = before?.leaves.get(leaf);
      if (old !== value) {
        yield { target: this.#keys.path(key, leaf), operation: old === undefined ? 'create' : 'replace' };
      }
    }
  }

  #summed(rows: readonly RowChange[]): readonly Edit[] {
    const tops = new Set<string>();
    let top: string | undefined;
    for (const { key } of rows) {
      // Rows come in key order: what is below one top-level node comes together.
      if (top !== undefined && key.startsWith(top)) continue;
      top = this.#keys.decode(key)[0]?.key;
      if (top !== undefined) tops.add(this.#keys.path(top));
    }
    return [...tops].map((target) => ({ target, operation: 'merge' }));
  }
}
