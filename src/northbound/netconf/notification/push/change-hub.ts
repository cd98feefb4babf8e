/** Who is told of changes of datastores: each change is worked out once for all subscriptions that are alike. */
import type { Datastores } from '../../../../commit/datastores.ts';
import type { StateProvider } from '../../../../commit/operational/state.ts';
import { END, type KeySpace } from '../../../../datastore/key/key.ts';
import type { SourceView } from '../../../../datastore/view/source.ts';
import type { Change, RowChange } from '../../../../datastore/view/view.ts';
import type { Entry } from './changes.ts';
import { type Moment, OPERATIONAL } from './datastores.ts';
import type { OnChangeSubscription } from './on-change.ts';
import { StateMirror } from './state-mirror.ts';

/** A difference between two views of one datastore. */
export interface ViewChange {
  readonly before: SourceView;
  readonly after: SourceView;
  readonly rows: readonly RowChange[];
  /** Access control may be another one after it. */
  readonly changesRules: boolean;
}

export interface ChangeHubParts {
  readonly keys: KeySpace;
  readonly datastores: Datastores;
  readonly providers: readonly StateProvider[];
  readonly onBug: (error: unknown) => void;
}

const RULES = '/ietf-netconf-acm:nacm';

export class ChangeHub {
  readonly keys: KeySpace;
  readonly mirror: StateMirror;
  readonly #parts: ChangeHubParts;
  readonly #subscriptions = new Set<OnChangeSubscription>();

  constructor(parts: ChangeHubParts) {
    this.#parts = parts;
    this.keys = parts.keys;
    this.mirror = new StateMirror({
      ...parts,
      onChange: (change) => this.#tell(change, (subscription) => subscription.isOperational),
    });
    parts.datastores.onCommit((_record, change) => {
      try {
        this.#committed(change);
      } catch (error) {
        // A commit does not fail for those who hear of it.
        parts.onBug(error);
      }
    });
  }

  /** `begin` is called when the datastore can be followed: soon, or when its state has been read for the first time. */
  add(subscription: OnChangeSubscription, begin: () => void): void {
    const ready = subscription.isOperational ? this.mirror.use() : Promise.resolve();
    ready
      .then(() => {
        if (subscription.isOver) return;
        this.#subscriptions.add(subscription);
        begin();
      })
      .catch((error) => subscription.fail(error));
  }

  remove(subscription: OnChangeSubscription): void {
    this.#subscriptions.delete(subscription);
    if (subscription.isOperational) this.mirror.release();
  }

  /** The datastore as it is now, as far as changes of it are told. */
  moment(datastore: string): Moment {
    const reading = this.#parts.datastores.read('running');
    const isOperational = datastore === OPERATIONAL;
    return {
      view: isOperational ? this.mirror.over(reading.view) : reading.view,
      options: { configOnly: !isOperational, defaults: 'explicit' },
      [Symbol.dispose]: () => reading[Symbol.dispose](),
    };
  }

  #committed({ before, after, rows }: Change): void {
    if (this.#subscriptions.size === 0) return;
    const changesRules = rows.some(({ node }) => node?.path.startsWith(RULES));
    // The views of a commit are the store's own.
    const change = { before: before as SourceView, after: after as SourceView, rows, changesRules };
    this.#tell(change, (subscription) => !subscription.isOperational);
    if (!this.mirror.isRunning) return;
    this.#tell(this.mirror.committed(change), (subscription) => subscription.isOperational);
  }

  #tell(change: ViewChange, concerns: (subscription: OnChangeSubscription) => boolean): void {
    const known = new Map<string, { readonly entries: readonly Entry[]; readonly of: OnChangeSubscription }>();
    for (const subscription of [...this.#subscriptions]) {
      if (!concerns(subscription)) continue;
      try {
        let found = known.get(subscription.likeness);
        if (found === undefined) {
          found = { entries: subscription.entries(change), of: subscription };
          known.set(subscription.likeness, found);
        } else subscription.follow(found.of);
        if (found.entries.length > 0) subscription.take(found.entries);
      } catch (error) {
        subscription.fail(error);
      }
    }
  }
}

/** All rows of two views, in key order. */
export function* allRows(before: SourceView, after: SourceView): Iterable<RowChange> {
  const root = { before: before.get(''), after: after.get('') };
  if (root.before !== undefined || root.after !== undefined) yield { key: '', node: undefined, ...root };
  const others = after.scan('', END)[Symbol.iterator]();
  let other = others.next();
  for (const { key, node, row } of before.scan('', END)) {
    for (; !other.done && other.value.key < key; other = others.next()) {
      yield { key: other.value.key, node: other.value.node, before: undefined, after: other.value.row };
    }
    if (!other.done && other.value.key === key) {
      yield { key, node, before: row, after: other.value.row };
      other = others.next();
    } else yield { key, node, before: row, after: undefined };
  }
  for (; !other.done; other = others.next()) {
    yield { key: other.value.key, node: other.value.node, before: undefined, after: other.value.row };
  }
}
