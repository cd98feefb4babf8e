/**
 * The decisions of RFC 8341 section 3.4 for one set of groups. Where no rule with a key predicate is in the way, the
 * verdict follows from the schema node alone and is remembered, so that a big tree costs one lookup a node.
 */
import type { SchemaVerdict } from '../../commit/access/access.ts';
import type { KeySpace, KeyStep } from '../../datastore/key/key.ts';
import type { DataSchemaNode, OperationNode, RpcNode, SchemaNode } from '../../yang/schema/node.ts';
import type { AccessOperation, Rule, Rules } from './model.ts';
import { meets } from './path.ts';

const DENY_ALL = 'ietf-netconf-acm:default-deny-all';
const DENY_WRITE = 'ietf-netconf-acm:default-deny-write';
/** Where it is an instance that decides. */
type Instance = { readonly steps: readonly KeyStep[]; readonly user: string };
/** Section 3.4.4, step 11: denied where no rule permits them. */
const SENSITIVE_RPCS = new Set(['kill-session', 'delete-config']);
/** Section 3.4.6, step 4: the marks of RFC 5277, always permitted. */
const SUBSCRIPTION_MARKS = new Set(['replayComplete', 'notificationComplete']);

export class Judge {
  readonly #rules: Rules;
  /** Those of the matching lists, in order. */
  readonly #applicable: readonly Rule[];
  /** By operation, then by the node's index. */
  readonly #own: Record<AccessOperation, (SchemaVerdict | undefined)[]> = {
    create: [],
    read: [],
    update: [],
    delete: [],
    exec: [],
  };
  readonly #whole = new Map<DataSchemaNode, SchemaVerdict>();

  /** `groups`: those of the user. Without one no rule list applies, not even that for `*` (section 3.4.4, step 5). */
  constructor(rules: Rules, groups: readonly string[]) {
    this.#rules = rules;
    this.#applicable =
      groups.length === 0
        ? []
        : rules.lists
            .filter((list) => list.groups.has('*') || groups.some((group) => list.groups.has(group)))
            .flatMap((list) => list.rules);
  }

  /** Section 3.4.5 for all instances of a node: `depends` where a rule asks for key values. */
  own(node: DataSchemaNode, operation: AccessOperation): SchemaVerdict {
    const known = this.#own[operation];
    let verdict = known[node.index];
    if (verdict === undefined) {
      verdict = this.#data(node, operation, undefined);
      known[node.index] = verdict;
    }
    return verdict;
  }

  /** The same for one instance. */
  instance(node: DataSchemaNode, operation: AccessOperation, instance: Instance): boolean {
    const verdict = this.own(node, operation);
    return verdict === 'depends' ? this.#data(node, operation, instance) === 'permit' : verdict === 'permit';
  }

  /** Reading all instances of a node and all that is below them. */
  readable(node: DataSchemaNode): SchemaVerdict {
    const known = this.#whole.get(node);
    if (known !== undefined) return known;
    let verdict = this.own(node, 'read');
    if (verdict === 'permit' && 'dataChildren' in node) {
      for (const child of node.dataChildren.values()) {
        if (this.readable(child) !== 'permit') verdict = 'depends';
      }
    }
    this.#whole.set(node, verdict);
    return verdict;
  }

  /** Section 3.4.4. */
  rpc(node: RpcNode): boolean {
    const isBase = node.module.name === 'ietf-netconf';
    if (isBase && node.name === 'close-session') return true;
    for (const rule of this.#applicable) {
      if (!rule.operations.has('exec') || !isOfModule(rule, node)) continue;
      const { about } = rule;
      if (about.kind === 'any' || (about.kind === 'rpc' && isNamed(about.name, node))) return rule.permits;
    }
    if (node.extensions.has(DENY_ALL)) return false;
    if (isBase && SENSITIVE_RPCS.has(node.name)) return false;
    return this.#rules.execPermitted;
  }

  /** Section 3.4.5 for an action: exec on the action, and its path readable. */
  action(node: RpcNode, instance: Instance): boolean {
    return this.#inTree(node, 'exec', this.#rules.execPermitted, instance);
  }

  /** Section 3.4.6. One that belongs to a data node (RFC 7950 section 7.16) is judged as a part of the tree. */
  notification(node: OperationNode, instance: Instance): boolean {
    if (node.parent !== undefined) return this.#inTree(node, 'read', this.#rules.readPermitted, instance);
    if (node.module.name === 'nc-notifications' && SUBSCRIPTION_MARKS.has(node.name)) return true;
    for (const rule of this.#applicable) {
      if (!rule.operations.has('read') || !isOfModule(rule, node)) continue;
      const { about } = rule;
      if (about.kind === 'any' || (about.kind === 'notification' && isNamed(about.name, node))) return rule.permits;
    }
    return !node.extensions.has(DENY_ALL) && this.#rules.readPermitted;
  }

  /** An action or notification inside of data: every node that it is in has to be readable (section 3.1.3). */
  #inTree(node: RpcNode | OperationNode, operation: AccessOperation, byDefault: boolean, instance: Instance): boolean {
    for (let above = node.parent; above !== undefined; above = above.parent) {
      if (isData(above) && !this.instance(above, 'read', instance)) return false;
    }
    for (const rule of this.#applicable) {
      if (!rule.operations.has(operation) || !isOfModule(rule, node)) continue;
      if (rule.about.kind === 'any') return rule.permits;
      if (rule.about.kind === 'data' && this.#covers(rule, node, instance) === true) return rule.permits;
    }
    return !hasExtension(node, DENY_ALL) && byDefault;
  }

  #data(node: DataSchemaNode, operation: AccessOperation, instance: Instance | undefined): SchemaVerdict {
    for (const rule of this.#applicable) {
      if (!rule.operations.has(operation) || !isOfModule(rule, node)) continue;
      const covers = rule.about.kind === 'any' || (rule.about.kind === 'data' && this.#covers(rule, node, instance));
      if (covers === 'depends') return 'depends';
      if (covers) return rule.permits ? 'permit' : 'deny';
    }
    const isRead = operation === 'read';
    if (hasExtension(node, DENY_ALL) || (!isRead && hasExtension(node, DENY_WRITE))) return 'deny';
    return (isRead ? this.#rules.readPermitted : this.#rules.writePermitted) ? 'permit' : 'deny';
  }

  /** Whether the node, or one above it, is the one of the rule's path; `depends`: the instance decides. */
  #covers(rule: Rule, node: SchemaNode, instance: Instance | undefined): boolean | 'depends' {
    if (rule.about.kind !== 'data') return false;
    const { path } = rule.about;
    if (path.node !== undefined && !isAtOrBelow(node, path.node)) return false;
    if (path.conditions.length === 0) return true;
    return instance === undefined ? 'depends' : meets(path, instance.steps, instance.user);
  }
}

/** Whether two judges need not be told apart: the groups in one order. */
export function groupsId(groups: readonly string[]): string {
  return JSON.stringify([...groups].sort());
}

/** Makes the steps of a row's key only when a decision needs them. */
export function lazyInstance(keys: KeySpace, row: string, user: string): Instance {
  let steps: readonly KeyStep[] | undefined;
  return {
    user,
    get steps() {
      steps ??= keys.decode(row);
      return steps;
    },
  };
}

function isOfModule(rule: Rule, node: SchemaNode): boolean {
  return rule.module === '*' || rule.module === node.module.name;
}

function isNamed(name: string, node: SchemaNode): boolean {
  return name === '*' || name === node.name;
}

export function isAtOrBelow(node: SchemaNode, above: SchemaNode): boolean {
  for (let at: SchemaNode | undefined = node; at !== undefined; at = at.parent) if (at === above) return true;
  return false;
}

/** Whether the node or one above it has the extension: what protects a node protects what is in it. */
function hasExtension(node: SchemaNode, extension: string): boolean {
  for (let at: SchemaNode | undefined = node; at !== undefined; at = at.parent) {
    if (at.extensions.has(extension)) return true;
  }
  return false;
}

export function isData(node: SchemaNode): node is DataSchemaNode {
  return 'index' in node;
}
