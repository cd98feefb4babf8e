/**
 * Locks on parts of running (RFC 5717). A locked node is locked with all that is below it, whether it was there when the
 * lock was granted or comes later; the expressions that selected it are not evaluated again. Any number of them costs
 * an edit of another session no more than a look-up for each step of the rows that it changes.
 *
 *     row key → what is locked there: the row with all below it, or a node inside of it (a leaf, a folded container)
 */
import sortedTree from 'sorted-btree';
import type { KeySpace } from '../../datastore/key/key.ts';
import type { InstanceAddress } from '../../datastore/key/path.ts';
import type { RowChange, RowKey } from '../../datastore/view/view.ts';
import { type Fault, FaultError } from '../../yang/fault.ts';
import type { DataSchemaNode } from '../../yang/schema/node.ts';
import { StateSignal } from '../operational/state-signal.ts';
import { lockDenied } from './locks.ts';

// A CommonJS package whose class is the property `default` of what Node imports.
const BTree = sortedTree.default;
type BTree<K, V> = InstanceType<typeof sortedTree.default<K, V>>;

export interface PartialLock {
  readonly id: number;
  readonly sessionId: number;
  readonly since: Date;
  /** The expressions, with module names for prefixes. */
  readonly select: readonly string[];
  /** Instance paths of the nodes that are locked now, in the order in which they were selected. */
  readonly lockedNodes: readonly string[];
}

interface Held {
  readonly id: number;
  readonly sessionId: number;
  readonly since: Date;
  readonly select: readonly string[];
  readonly spots: Set<Spot>;
}

interface Spot {
  readonly lock: Held;
  readonly key: RowKey;
  /** Undefined: the whole row. */
  readonly inside: DataSchemaNode | undefined;
}

/** Nodes that may be locked at a time, and the locks of one session; the next one is refused with `resource-denied`. */
export const MAX_LOCKED_NODES = 10_000;
export const MAX_LOCKS_OF_SESSION = 1_000;

const MAX_ID = 4_294_967_295;

export class PartialLocks {
  readonly #keys: KeySpace;
  readonly #now: () => Date;
  /** A lock came or went. */
  readonly changes = new StateSignal();
  readonly #held = new Map<number, Held>();
  readonly #spots: BTree<RowKey, Spot[]> = new BTree(undefined, (a, b) => (a < b ? -1 : a > b ? 1 : 0));
  #nodes = 0;
  #lastId = 0;

  constructor(keys: KeySpace, now: () => Date = () => new Date()) {
    this.#keys = keys;
    this.#now = now;
  }

  /** All locks, for the state of ietf-netconf-monitoring, oldest first. */
  *all(): Iterable<PartialLock> {
    for (const held of this.#held.values()) yield this.#shown(held);
  }

  /** A session that holds a partial lock, whichever. */
  get holder(): number | undefined {
    for (const { sessionId } of this.#held.values()) return sessionId;
    return undefined;
  }

  isHolder(sessionId: number): boolean {
    for (const held of this.#held.values()) if (held.sessionId === sessionId) return true;
    return false;
  }

  /**
   * Locks the nodes for the session; what it holds already may be among them. Throws `lock-denied` with the session-id of
   * another holder and the path of the node (RFC 5717 section 2.4.1).
   */
  grant(sessionId: number, select: readonly string[], nodes: readonly InstanceAddress[]): PartialLock {
    this.#checkLimits(sessionId, nodes.length);
    for (const node of nodes) {
      const holder = this.#conflict(node, sessionId);
      if (holder === undefined) continue;
      const path = this.#pathOf(node.key, node.node);
      throw new FaultError({
        ...lockDenied(`session ${holder} has locked this node or one above or below it`, holder),
        path,
      });
    }
    const held: Held = { id: this.#nextId(), sessionId, since: this.#now(), select, spots: new Set() };
    for (const { key, node } of nodes) {
      const inside = node === this.#keys.node(key) ? undefined : node;
      const spot: Spot = { lock: held, key, inside };
      held.spots.add(spot);
      const here = this.#spots.get(key);
      if (here === undefined) this.#spots.set(key, [spot]);
      else here.push(spot);
    }
    this.#nodes += nodes.length;
    this.#held.set(held.id, held);
    this.changes.tell();
    return this.#shown(held);
  }

  /** Throws `invalid-value` where the session holds no such lock (RFC 5717 section 2.4.2). */
  release(id: number, sessionId: number): void {
    const held = this.#held.get(id);
    if (held === undefined || held.sessionId !== sessionId) {
      throw new FaultError({
        type: 'protocol',
        tag: 'invalid-value',
        path: '/ietf-netconf-partial-lock:partial-unlock/lock-id',
        message: `this session holds no lock ${id}`,
        info: [{ name: 'bad-element', value: 'lock-id' }],
      });
    }
    this.#end(held);
  }

  /** Ends all locks of a session. */
  releaseAll(sessionId: number): void {
    for (const held of [...this.#held.values()]) if (held.sessionId === sessionId) this.#end(held);
  }

  /** `in-use` for what another session has locked of the rows that are to be changed; undefined: nothing. */
  faultOf(rows: readonly RowChange[], sessionId: number): Fault | undefined {
    let isOthers = false;
    for (const held of this.#held.values()) isOthers ||= held.sessionId !== sessionId;
    if (!isOthers) return undefined;
    for (const row of rows) {
      const spot = this.#touched(row, sessionId);
      if (spot === undefined) continue;
      return {
        type: 'protocol',
        tag: 'in-use',
        appTag: 'locked',
        path: this.#pathOf(spot.key, spot.inside),
        message: `session ${spot.lock.sessionId} has locked this node`,
      };
    }
    return undefined;
  }

  /** After a commit: a node that its holder deleted is no longer locked. */
  forget(rows: readonly RowChange[]): void {
    if (this.#nodes === 0) return;
    for (const { key, before, after } of rows) {
      const here = this.#spots.get(key);
      if (here === undefined) continue;
      for (const spot of [...here]) {
        const { inside } = spot;
        const isGone =
          inside?.kind === 'leaf' || inside?.kind === 'anydata' || inside?.kind === 'anyxml'
            ? before?.leaves.has(inside) === true && after?.leaves.has(inside) !== true
            : after === undefined && this.#keys.node(key)?.dataParent !== undefined;
        if (isGone) this.#drop(spot);
      }
    }
  }

  /** What another session holds that a changed row is part of. */
  #touched(row: RowChange, sessionId: number): Spot | undefined {
    const steps = this.#keys.decode(row.key);
    for (let i = 0; i <= steps.length; i++) {
      const key = i === 0 ? '' : (steps[i - 1]?.key ?? '');
      const next = steps[i]?.node;
      for (const spot of this.#others(key, sessionId)) {
        const { inside } = spot;
        if (inside === undefined || (next !== undefined && isBelow(next, inside))) return spot;
        if (next === undefined && changesInside(row, inside)) return spot;
      }
    }
    return undefined;
  }

  /** The other session that has locked the node, or something above or below it. */
  #conflict({ key, node }: InstanceAddress, sessionId: number): number | undefined {
    const steps = this.#keys.decode(key);
    const own = steps.at(-1)?.node;
    const inside = node === own ? undefined : node;
    for (let i = 0; i <= steps.length; i++) {
      const at = i === 0 ? '' : (steps[i - 1]?.key ?? '');
      const next = steps[i]?.node ?? inside;
      for (const spot of this.#others(at, sessionId)) {
        if (spot.inside === undefined || next === undefined) return spot.lock.sessionId;
        if (isBelow(next, spot.inside) || (at === key && isBelow(spot.inside, next))) return spot.lock.sessionId;
      }
    }
    for (let pair = this.#spots.nextHigherPair(key); pair?.[0].startsWith(key); ) {
      const [below, spots]: [RowKey, Spot[]] = pair;
      const first = this.#keys.decode(below)[steps.length]?.node;
      const isPart = inside === undefined || (first !== undefined && isBelow(first, inside));
      const other = isPart ? spots.find(({ lock }) => lock.sessionId !== sessionId) : undefined;
      if (other !== undefined) return other.lock.sessionId;
      pair = this.#spots.nextHigherPair(below);
    }
    return undefined;
  }

  *#others(key: RowKey, sessionId: number): Iterable<Spot> {
    for (const spot of this.#spots.get(key) ?? []) if (spot.lock.sessionId !== sessionId) yield spot;
  }

  #end(held: Held): void {
    for (const spot of [...held.spots]) this.#drop(spot);
    this.#held.delete(held.id);
    this.changes.tell();
  }

  #drop(spot: Spot): void {
    if (!spot.lock.spots.delete(spot)) return;
    this.#nodes--;
    const here = this.#spots.get(spot.key)?.filter((other) => other !== spot) ?? [];
    if (here.length === 0) this.#spots.delete(spot.key);
    else this.#spots.set(spot.key, here);
  }

  #checkLimits(sessionId: number, nodes: number): void {
    let own = 0;
    for (const held of this.#held.values()) if (held.sessionId === sessionId) own++;
    if (own >= MAX_LOCKS_OF_SESSION) throw denied(`a session may hold ${MAX_LOCKS_OF_SESSION} partial locks`);
    if (this.#nodes + nodes > MAX_LOCKED_NODES) {
      throw denied(`no more than ${MAX_LOCKED_NODES} nodes may be locked at a time; lock a node above them`);
    }
  }

  #nextId(): number {
    do this.#lastId = this.#lastId >= MAX_ID ? 1 : this.#lastId + 1;
    while (this.#held.has(this.#lastId));
    return this.#lastId;
  }

  #shown({ id, sessionId, since, select, spots }: Held): PartialLock {
    return { id, sessionId, since, select, lockedNodes: [...spots].map((spot) => this.#pathOf(spot.key, spot.inside)) };
  }

  #pathOf(key: RowKey, node: DataSchemaNode | undefined): string {
    return this.#keys.path(key, node === undefined || node === this.#keys.node(key) ? undefined : node);
  }
}

/** Whether a node is another or below it in the schema. */
function isBelow(node: DataSchemaNode, above: DataSchemaNode): boolean {
  for (let at: typeof node.dataParent | DataSchemaNode = node; at !== undefined; ) {
    if (at === above) return true;
    at = 'dataParent' in at ? at.dataParent : undefined;
  }
  return false;
}

/** Whether the change of a row is one of a node inside of it: of the leaf itself, of one below it, or of the row's existence. */
function changesInside({ before, after }: RowChange, inside: DataSchemaNode): boolean {
  if (before === undefined || after === undefined) return true;
  for (const [leaf, value] of after.leaves) {
    if (before.leaves.get(leaf) !== value && isBelow(leaf, inside)) return true;
  }
  for (const leaf of before.leaves.keys()) if (!after.leaves.has(leaf) && isBelow(leaf, inside)) return true;
  return false;
}

function denied(message: string): FaultError {
  return new FaultError({ type: 'application', tag: 'resource-denied', message });
}
