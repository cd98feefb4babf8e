/** Access control (RFC 8341) over the configuration that is running. */
import {
  type AccessControl,
  type Decisions,
  type Principal,
  permitAll,
  type WriteOperation,
} from '../../commit/access/access.ts';
import type { KeySpace } from '../../datastore/key/key.ts';
import type { Change, Row, RowChange, RowKey, View } from '../../datastore/view/view.ts';
import type { Fault } from '../../yang/fault.ts';
import type { DataSchemaNode, SchemaNode } from '../../yang/schema/node.ts';
import { groupsId, isAtOrBelow, isData, Judge, lazyInstance } from './judge.ts';
import { type Rules, readRules } from './model.ts';

/** One denied node denies the request; some more say where else to look. */
const MAX_FAULTS = 16;

/** Refused requests since the start. */
export interface Denials {
  operations: number;
  dataWrites: number;
  notifications: number;
}

export class NacmAccessControl implements AccessControl {
  readonly denials: Denials = { operations: 0, dataWrites: 0, notifications: 0 };
  readonly #keys: KeySpace;
  readonly #running: () => View;
  #rules: Rules | undefined;
  #judges = new Map<string, Judge>();

  /** `running` gives the configuration at the moment of the call. */
  constructor(keys: KeySpace, running: () => View) {
    this.#keys = keys;
    this.#running = running;
  }

  /** To be called when /nacm of running has changed: the next decisions are by the new rules. */
  invalidate(): void {
    this.#rules = undefined;
    this.#judges = new Map();
  }

  decisions(principal: Principal): Decisions {
    this.#rules ??= readRules(this.#keys, this.#running());
    const rules = this.#rules;
    if (principal.recovery || !rules.enabled) return permitAll;
    const groups = new Set(rules.groupsOf.get(principal.user) ?? []);
    if (rules.externalGroups) for (const group of principal.externalGroups) groups.add(group);
    const id = groupsId([...groups]);
    let judge = this.#judges.get(id);
    if (judge === undefined) {
      judge = new Judge(rules, [...groups]);
      this.#judges.set(id, judge);
    }
    return new JudgedDecisions(this.#keys, judge, principal.user, this.denials);
  }
}

class JudgedDecisions implements Decisions {
  readonly #keys: KeySpace;
  readonly #judge: Judge;
  readonly #user: string;
  readonly #denials: Denials;

  constructor(keys: KeySpace, judge: Judge, user: string, denials: Denials) {
    this.#keys = keys;
    this.#judge = judge;
    this.#user = user;
    this.#denials = denials;
  }

  readable(node: DataSchemaNode): ReturnType<Decisions['readable']> {
    return this.#judge.readable(node);
  }

  read(node: DataSchemaNode, row: RowKey): boolean {
    return this.#judge.instance(node, 'read', lazyInstance(this.#keys, row, this.#user));
  }

  write(change: Change, isImplied: Parameters<Decisions['write']>[1] = () => false): readonly Fault[] {
    const faults: Fault[] = [];
    for (const row of change.rows) {
      this.#writeRow(row, isImplied, faults);
      if (faults.length >= MAX_FAULTS) break;
    }
    if (faults.length > 0) this.#denials.dataWrites += 1;
    return faults;
  }

  may(node: DataSchemaNode, row: RowKey, operation: WriteOperation): boolean {
    return this.#judge.instance(node, operation, lazyInstance(this.#keys, row, this.#user));
  }

  refuse(paths: readonly string[]): readonly Fault[] {
    this.#denials.dataWrites += 1;
    return paths.slice(0, MAX_FAULTS).map((path) => denied(path, HIDDEN));
  }

  rpc(node: Parameters<Decisions['rpc']>[0]): boolean {
    const permitted = this.#judge.rpc(node);
    if (!permitted) this.#denials.operations += 1;
    return permitted;
  }

  action(node: Parameters<Decisions['action']>[0], row: RowKey): boolean {
    const permitted = this.#judge.action(node, lazyInstance(this.#keys, row, this.#user));
    if (!permitted) this.#denials.operations += 1;
    return permitted;
  }

  notification(node: Parameters<Decisions['notification']>[0], row: RowKey = ''): boolean {
    const permitted = this.#judge.notification(node, lazyInstance(this.#keys, row, this.#user));
    if (!permitted) this.#denials.notifications += 1;
    return permitted;
  }

  /** Each node that is created, changed or deleted needs the access of its own (section 3.2.3). */
  #writeRow(
    { key, node, before, after }: RowChange,
    isImplied: (row: RowKey, node: DataSchemaNode) => boolean,
    faults: Fault[],
  ): void {
    if (before === undefined && after !== undefined && this.#mayCreate(node, after)) return;
    const instance = lazyInstance(this.#keys, key, this.#user);
    const ask = (asked: DataSchemaNode, operation: WriteOperation): boolean => {
      if (this.#judge.instance(asked, operation, instance)) return true;
      if (operation === 'delete' && isImplied(key, asked)) return true;
      const inside = asked === node ? undefined : asked;
      const path = this.#visiblePath(key, asked, inside);
      const isVisible = path === this.#keys.path(key, inside);
      const fault = denied(path, isVisible ? `${operation} is not permitted here.` : HIDDEN);
      if (faults.every((one) => one.path !== path || one.message !== fault.message)) faults.push(fault);
      return false;
    };
    // An entry or presence container is a node of its own; a non-presence container is not created by anybody.
    const isNode = node !== undefined && (node.kind !== 'container' || node.presence);
    if (isNode && (before === undefined || after === undefined)) {
      if (!ask(node, before === undefined ? 'create' : 'delete')) return;
    }
    const keysOf: readonly DataSchemaNode[] = node?.kind === 'list' ? node.keys : [];
    const changed = changedLeaves(before, after).filter(([leaf]) => !keysOf.includes(leaf));
    for (const [leaf, operation] of changed) ask(leaf, operation);
    // Moved within an ordered-by user list.
    if (isNode && before !== undefined && after !== undefined && changed.length === 0) ask(node, 'update');
  }

  /** Whether the schema alone says that the row and all that it holds may be created: of many rows there is no more to ask. */
  #mayCreate(node: RowChange['node'], { leaves }: Row): boolean {
    if (node !== undefined && this.#judge.own(node, 'create') !== 'permit') return false;
    for (const leaf of leaves.keys()) if (this.#judge.own(leaf, 'create') !== 'permit') return false;
    return true;
  }

  /** The path of a node or, where it may not be read, of the nearest row above it that may: errors show nothing hidden. */
  #visiblePath(key: RowKey, asked: DataSchemaNode, inside: DataSchemaNode | undefined): string | undefined {
    const instance = lazyInstance(this.#keys, key, this.#user);
    let hidden: SchemaNode | undefined;
    for (let at: SchemaNode | undefined = asked; at !== undefined; at = at.parent) {
      if (isData(at) && !this.#judge.instance(at, 'read', instance)) hidden = at;
    }
    if (hidden === undefined) return this.#keys.path(key, inside);
    const row = instance.steps.findLast(({ node }) => node !== hidden && isAtOrBelow(hidden, node));
    return row && this.#keys.path(row.key);
  }
}

/** In place of what was asked for, where that would tell of something hidden whether it is there. */
const HIDDEN = 'Access to this, or to something in it, is not permitted.';

function denied(path: string | undefined, message: string): Fault {
  return { type: 'application', tag: 'access-denied', ...(path === undefined ? {} : { path }), message };
}

function changedLeaves(before: Row | undefined, after: Row | undefined): [DataSchemaNode, WriteOperation][] {
  const changed: [DataSchemaNode, WriteOperation][] = [];
  for (const [leaf, value] of after?.leaves ?? []) {
    const old = before?.leaves.get(leaf);
    if (old === undefined) changed.push([leaf, 'create']);
    else if (old !== value) changed.push([leaf, 'update']);
  }
  for (const leaf of before?.leaves.keys() ?? []) if (!after?.leaves.has(leaf)) changed.push([leaf, 'delete']);
  return changed;
}
