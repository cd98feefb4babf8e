/** Finds what leafrefs point to (RFC 7950 section 9.9). */
import { ModuleError } from '../statement/error.ts';
import type { Statement } from '../statement/statement.ts';
import type { OpenLeaf } from './compile.ts';
import type { OpenLeafref } from './compile-type.ts';
import type { ConstraintCompiler } from './constraint.ts';
import type { LoadedModule, Unit } from './module.ts';
import type { DataSchemaNode, LeafListNode, LeafNode, OperationNode, RpcNode, SchemaNode } from './node.ts';

/** What stands at the top of the accessible tree (RFC 7950 section 6.4.1). */
export interface Top {
  readonly dataChildren: ReadonlyMap<string, DataSchemaNode>;
  readonly rpcs: ReadonlyMap<string, RpcNode>;
  readonly notifications: ReadonlyMap<string, OperationNode>;
  readonly structures: ReadonlyMap<string, OperationNode>;
}

/** A position in the data tree; `undefined` is the root. */
type Position = DataSchemaNode | OperationNode | RpcNode | undefined;

const MAX_CHAIN = 200;
const NAME = /^(?:[A-Za-z_][\w.-]*:)?[A-Za-z_][\w.-]*$/;
const STEP = /\s*([^/[\]\s]+)\s*((?:\[[^[\]]*\]\s*)*)/y;
const PREDICATE = /^\s*((?:[A-Za-z_][\w.-]*:)?[A-Za-z_][\w.-]*)\s*=\s*current\s*\(\s*\)\s*\/(.*)$/s;
const DEREF = /^deref\(([^()]*)\)\/(.*)$/s;

export class LeafrefResolver {
  private readonly top: Top;
  private readonly constraints: ConstraintCompiler;
  private readonly open = new Map<DataSchemaNode, OpenLeaf>();
  private readonly resolving: DataSchemaNode[] = [];
  private readonly done = new Set<OpenLeafref>();

  constructor(top: Top, constraints: ConstraintCompiler, leaves: readonly OpenLeaf[]) {
    this.top = top;
    this.constraints = constraints;
    for (const leaf of leaves) if (leaf.leafrefs.length > 0) this.open.set(leaf.node, leaf);
  }

  resolveAll(): void {
    for (const { node } of this.open.values()) this.resolve(node);
  }

  /** Resolves the leafrefs of a leaf after those of what they point to. */
  private resolve(node: DataSchemaNode): void {
    const leaf = this.open.get(node);
    if (!leaf) return;
    if (this.resolving.includes(node))
      throw new ModuleError(leaf.node.origin, `the leafref "${node.name}" points to itself`);
    if (this.resolving.length > MAX_CHAIN) {
      throw new ModuleError(leaf.node.origin, `leafrefs point to each other more than ${MAX_CHAIN} deep`);
    }
    this.resolving.push(node);
    for (const open of leaf.leafrefs) {
      if (this.done.has(open)) continue;
      const target = this.target(open, leaf.node);
      this.resolve(target);
      const path = this.constraints.when(open.path, leaf.node.module as LoadedModule, 'self');
      open.type.resolve({ target, path, requireInstance: open.requireInstance });
      this.done.add(open);
    }
    this.resolving.pop();
  }

  private target(open: OpenLeafref, node: LeafNode | LeafListNode): LeafNode | LeafListNode {
    const { statement, scope } = open.path;
    const found = this.walk(statement.argument as string, node, scope.unit, node.module as LoadedModule, statement);
    if (found === undefined || (found.kind !== 'leaf' && found.kind !== 'leaf-list')) {
      throw new ModuleError(
        statement,
        `the path of "${node.path}" leads to ${shown(found)}, expected a leaf or leaf-list`,
      );
    }
    if (node.config && open.requireInstance && !found.config) {
      throw new ModuleError(statement, `"${node.path}" is configuration and points to "${found.path}", which is state`);
    }
    if (node.status === 'current' && found.status !== 'current' && node.module === found.module) {
      throw new ModuleError(
        statement,
        `"${node.path}" is current and points to "${found.path}", which is ${found.status}`,
      );
    }
    return found;
  }

  private walk(text: string, from: DataSchemaNode, unit: Unit, namespace: LoadedModule, place: Statement): Position {
    let path = text.trim();
    let position: Position = from;
    const deref = DEREF.exec(path);
    if (deref) {
      const reference = this.walk(deref[1] as string, from, unit, namespace, place);
      if (reference?.kind !== 'leaf' && reference?.kind !== 'leaf-list')
        throw new ModuleError(place, 'deref() needs a leafref');
      this.resolve(reference);
      if (!reference.type.leafref) throw new ModuleError(place, `deref() needs a leafref, "${reference.path}" is none`);
      position = reference.type.leafref.target;
      path = deref[2] as string;
    } else if (path.startsWith('/')) {
      position = undefined;
      path = path.slice(1);
    }
    for (const { name: part, predicates } of steps(path, place)) {
      if (part === '..') {
        if (position === undefined) throw new ModuleError(place, `the path of "${from.path}" goes above the root`);
        position = this.parent(position);
        continue;
      }
      if (part === '.') continue;
      if (!NAME.test(part)) throw new ModuleError(place, `${JSON.stringify(part)} is not a step of a leafref's path`);
      const colon = part.indexOf(':');
      const module = colon < 0 ? namespace : unit.resolve(part, place).module;
      const next = this.child(position, module.name, part.slice(colon + 1));
      if (!next) {
        throw new ModuleError(
          place,
          `the path of "${from.path}" leads nowhere: ${shown(position)} has no "${module.name}:${part.slice(colon + 1)}"`,
        );
      }
      position = next;
      for (const predicate of predicates) this.checkPredicate(predicate, position, from, unit, namespace, place);
    }
    return position;
  }

  /** `[key = current()/../leaf]` (section 9.9.2). */
  private checkPredicate(
    predicate: string,
    list: Position,
    from: DataSchemaNode,
    unit: Unit,
    namespace: LoadedModule,
    place: Statement,
  ): void {
    const match = PREDICATE.exec(predicate);
    if (!match)
      throw new ModuleError(
        place,
        `[${predicate}] is not a predicate of a leafref's path, as in [name = current()/../name]`,
      );
    const [, key, path] = match as unknown as [string, string, string];
    const colon = key.indexOf(':');
    const module = colon < 0 ? namespace : unit.resolve(key, place).module;
    const isKey =
      list?.kind === 'list' &&
      list.keys.some((one) => one.name === key.slice(colon + 1) && one.module.name === module.name);
    if (!isKey) throw new ModuleError(place, `"${key}" is not a key of ${shown(list)}`);
    const value = this.walk(path, from, unit, namespace, place);
    if (value?.kind !== 'leaf')
      throw new ModuleError(place, `[${predicate}] compares with ${shown(value)}, expected a leaf`);
  }

  private parent(position: DataSchemaNode | OperationNode | RpcNode): Position {
    switch (position.kind) {
      case 'input':
      case 'output':
        return position.parent as RpcNode;
      case 'rpc':
      case 'action':
      case 'notification':
      case 'structure':
        return nearestData(position.parent);
      default: {
        const { dataParent } = position;
        // input and output are no data nodes: their content is that of the operation.
        return dataParent?.kind === 'input' || dataParent?.kind === 'output'
          ? (dataParent.parent as RpcNode)
          : dataParent;
      }
    }
  }

  private child(position: Position, module: string, name: string): Position {
    const key = `${module}:${name}`;
    if (position === undefined) {
      const { dataChildren, rpcs, notifications, structures } = this.top;
      return dataChildren.get(key) ?? rpcs.get(key) ?? notifications.get(key) ?? structures.get(key);
    }
    switch (position.kind) {
      case 'rpc':
      case 'action':
        return position.input.dataChildren.get(key) ?? position.output.dataChildren.get(key);
      case 'container':
      case 'list':
        return (
          position.dataChildren.get(key) ??
          (position.children.find(
            (one) => isOperation(one) && one.module.name === module && one.name === name,
          ) as Position)
        );
      case 'input':
      case 'output':
      case 'notification':
      case 'structure':
        return position.dataChildren.get(key);
      default:
        return undefined;
    }
  }
}

function isOperation(node: SchemaNode): boolean {
  return node.kind === 'action' || node.kind === 'notification';
}

function nearestData(node: SchemaNode | undefined): Position {
  let one = node;
  while (one && (one.kind === 'choice' || one.kind === 'case')) one = one.parent;
  return one as Position;
}

interface Step {
  readonly name: string;
  /** Content of the brackets. */
  readonly predicates: string[];
}

/** Splits at slashes that are not in predicates. */
function steps(path: string, place: Statement): Step[] {
  const result: Step[] = [];
  let offset = 0;
  do {
    STEP.lastIndex = offset;
    const match = STEP.exec(path);
    if (!match) throw new ModuleError(place, `unexpected text at character ${offset + 1} of the path`);
    const predicates = Array.from((match[2] ?? '').matchAll(/\[([^[\]]*)\]/g), (one) => one[1] as string);
    result.push({ name: match[1] as string, predicates });
    offset = STEP.lastIndex + 1;
    if (STEP.lastIndex < path.length && path[STEP.lastIndex] !== '/') {
      throw new ModuleError(place, `unexpected text at character ${offset} of the path`);
    }
  } while (offset <= path.length);
  return result;
}

function shown(position: Position): string {
  return position === undefined ? 'the root' : `${position.kind} "${position.path}"`;
}
