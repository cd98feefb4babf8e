/**
 * Whether the input or output of an rpc or action, or a notification, is what its schema says (RFC 7950 sections 7.14.2,
 * 7.14.3, 7.16.2 and 8.1). Values and names have been checked by the reader; here the shape and the constraints are.
 */
import { type ErrorType, type Fault, FaultError } from '../fault.ts';
import type {
  CaseNode,
  ChoiceNode,
  Constraint,
  DataSchemaNode,
  LeafNode,
  ListNode,
  OperationNode,
  Schema,
  SchemaNode,
} from '../schema/node.ts';
import type { Type } from '../type/type.ts';
import { followInstanceIdentifier } from '../xpath/instance-identifier.ts';
import { leafrefTargets } from '../xpath/leafref.ts';
import { memberOf } from '../xpath/member-type.ts';
import type { XPathTree } from '../xpath/tree.ts';
import { keysOf } from './find.ts';
import { childPath, keyPredicate, operationPath, valuePredicate } from './instance-path.ts';
import type { DataNode } from './node.ts';
import { DataTree, type DataTreeHandle } from './tree.ts';

export interface OperationContext<B> {
  /** Running and state, for leafrefs and constraints that lead there. Without it those that do are not checked. */
  readonly accessible?: XPathTree<B>;
  /** The node of it that an action is called on. */
  readonly above?: B;
  /** Type of the faults of the shape; `application` where left out. */
  readonly errorType?: ErrorType;
  /** Path of an action's node, in front of the action's name; left out for rpcs and notifications. */
  readonly path?: string;
}

/** Throws a FaultError with all faults. */
export function validateOperation<B = never>(
  schema: Schema,
  operation: OperationNode,
  nodes: readonly DataNode[],
  context: OperationContext<B> = {},
): void {
  const faults = operationFaults(schema, operation, nodes, context);
  if (faults.length > 0) throw new FaultError(...faults);
}

export function operationFaults<B = never>(
  schema: Schema,
  operation: OperationNode,
  nodes: readonly DataNode[],
  context: OperationContext<B> = {},
): readonly Fault[] {
  const { accessible: behind, above } = context;
  const tree = new DataTree<B>({
    schema,
    top: operation,
    nodes,
    ...(behind === undefined ? {} : { behind }),
    ...(above === undefined ? {} : { above }),
  });
  const check = new OperationCheck(tree, behind !== undefined, context.errorType ?? 'application');
  const path = context.path ?? operationPath(operation);
  for (const must of operation.musts) check.must(must, tree.top(), path);
  check.siblings(operation.children, operation.module.name, tree.top(), nodes, path);
  return check.faults;
}

class OperationCheck<B> {
  readonly faults: Fault[] = [];
  readonly #tree: DataTree<B>;
  readonly #complete: boolean;
  readonly #type: ErrorType;

  constructor(tree: DataTree<B>, complete: boolean, type: ErrorType) {
    this.#tree = tree;
    this.#complete = complete;
    this.#type = type;
  }

  /** @param given the children as they came; the tree has defaults and non-presence containers among them */
  siblings(
    schemas: readonly SchemaNode[],
    module: string | undefined,
    parent: DataTreeHandle<B>,
    given: readonly DataNode[],
    path: string,
  ): void {
    const present = new Set(given.map(({ schema }) => schema));
    this.#required(schemas, module, parent, present, path);
    const seen = new Set<DataSchemaNode>();
    const entries = new Set<string>();
    const counts = new Map<DataSchemaNode, number>();
    const isGiven = new Set(given);
    for (const handle of this.#tree.children(parent)) {
      const node = handle.kind === 'forest' ? handle.node : undefined;
      if (node === undefined) continue;
      const { schema } = node;
      const at = childPath(path, module, schema, predicateOf(node));
      const exists = this.#conditionsHold(schema, handle, parent);
      if (!exists) {
        if (isGiven.has(node)) this.#unexpected(at, schema, `the condition under which ${schema.name} exists is false`);
        continue;
      }
      counts.set(schema, (counts.get(schema) ?? 0) + 1);
      this.#once(node, at, seen, entries);
      this.#node(node, handle, at);
    }
    this.#counts(counts, module, path);
    for (const schema of counts.keys()) {
      if (schema.kind === 'list' && schema.uniques.length > 0) this.#unique(schema, module, parent, path);
    }
  }

  /** RFC 7950 section 7.8.3: entries that have all leaves of a `unique`, defaults included. */
  #unique(list: ListNode, module: string | undefined, parent: DataTreeHandle<B>, path: string): void {
    for (const leaves of list.uniques) {
      const seen = new Set<string>();
      for (const entry of this.#tree.children(parent, list)) {
        if (entry.kind !== 'forest' || entry.node === undefined) continue;
        const found = leaves.map((leaf) => this.#leafOf(leaf, list, entry));
        if (found.includes(undefined)) continue;
        const values = JSON.stringify(found);
        const at = childPath(path, module, list, predicateOf(entry.node));
        const below = (leaf: LeafNode) => `${at}${leaf.path.slice(list.path.length)}`;
        if (seen.has(values)) {
          const names = leaves.map(({ name }) => name).join(', ');
          this.#alike(at, leaves.map(below), `Another entry of ${list.name} has the same ${names}.`);
        }
        seen.add(values);
      }
    }
  }

  /** Value of a leaf that containers may lie above, or its default in use. */
  #leafOf(leaf: LeafNode, list: ListNode, entry: DataTreeHandle<B>): string | undefined {
    const way: DataSchemaNode[] = [];
    for (let at: LeafNode['dataParent'] = leaf; at && 'index' in at && at !== list; at = at.dataParent) way.unshift(at);
    let handle: DataTreeHandle<B> | undefined = entry;
    for (const step of way) {
      if (handle === undefined) return undefined;
      [handle] = this.#tree.children(handle, step);
    }
    return handle && this.#tree.value(handle);
  }

  #node(node: DataNode, handle: DataTreeHandle<B>, path: string): void {
    const { schema } = node;
    for (const must of schema.musts) this.must(must, handle, path);
    if (schema.kind === 'container' || schema.kind === 'list') {
      this.siblings(schema.children, schema.module.name, handle, node.children ?? [], path);
    } else if ((schema.kind === 'leaf' || schema.kind === 'leaf-list') && node.value !== undefined) {
      this.#reference(schema.type, node.value, handle, path);
    }
  }

  /** RFC 7950 section 15.4. */
  must(constraint: Constraint, handle: DataTreeHandle<B>, path: string): void {
    if (constraint.expression.test(this.#tree, handle)) return;
    this.faults.push({
      type: 'application',
      tag: 'operation-failed',
      appTag: constraint.errorAppTag ?? 'must-violation',
      path,
      message: constraint.errorMessage ?? `The condition "${constraint.expression.source}" is not met.`,
    });
  }

  #conditionsHold(schema: DataSchemaNode, handle: DataTreeHandle<B>, parent: DataTreeHandle<B>): boolean {
    return schema.whens.every(({ expression, context }) =>
      expression.test(this.#tree, context === 'self' ? handle : parent),
    );
  }

  /** A second instance of what can be there once, a second entry with the same key or value. */
  #once(node: DataNode, path: string, seen: Set<DataSchemaNode>, entries: Set<string>): void {
    const { schema } = node;
    if (schema.kind === 'list' || schema.kind === 'leaf-list') {
      // Entries of state lists without keys, and values of state leaf-lists, may be equal (RFC 7950 section 7.7).
      if (schema.kind === 'list' ? schema.keys.length === 0 : !schema.config) return;
      const keys = schema.kind === 'list' ? keysOf(schema, node) : [node.value];
      const id = JSON.stringify([schema.index, ...keys]);
      if (keys.includes(undefined)) return;
      if (entries.has(id)) this.#notUnique(path, schema);
      entries.add(id);
    } else {
      if (seen.has(schema)) this.#misplaced(path, schema, `${schema.name} is given twice`);
      seen.add(schema);
    }
  }

  #required(
    schemas: readonly SchemaNode[],
    module: string | undefined,
    parent: DataTreeHandle<B>,
    present: ReadonlySet<DataSchemaNode>,
    path: string,
  ): void {
    for (const schema of schemas) {
      if (schema.kind === 'choice') this.#choice(schema, module, parent, present, path);
      else if (schema.kind === 'leaf' || schema.kind === 'anydata' || schema.kind === 'anyxml') {
        const missing = (schema.mandatory || (schema.kind === 'leaf' && schema.isKey)) && !present.has(schema);
        if (missing && this.#parentConditionsHold(schema, parent))
          this.#missing(childPath(path, module, schema), schema);
      } else if (
        (schema.kind === 'list' || schema.kind === 'leaf-list') &&
        schema.minElements > 0 &&
        !present.has(schema)
      ) {
        if (this.#parentConditionsHold(schema, parent)) this.#tooFew(childPath(path, module, schema), schema.name);
      }
    }
  }

  #choice(
    choice: ChoiceNode,
    module: string | undefined,
    parent: DataTreeHandle<B>,
    present: ReadonlySet<DataSchemaNode>,
    path: string,
  ): void {
    const chosen = choice.cases.filter((each) => namedIn(each).some((node) => present.has(node)));
    const [first, second] = chosen;
    if (first === undefined) {
      const members = choice.cases.flatMap(namedIn);
      // Where the condition of all that it could be is false there is nothing to choose.
      const possible = members.length === 0 || members.some((node) => this.#parentConditionsHold(node, parent));
      if (choice.mandatory && possible) this.#missingChoice(choice, path);
    } else {
      if (second !== undefined) {
        const node = namedIn(second).find((each) => present.has(each)) as DataSchemaNode;
        this.#misplaced(
          childPath(path, module, node),
          node,
          `the choice ${choice.name} has data of the cases ${first.name} and ${second.name}`,
        );
      }
      for (const each of chosen) this.#required(each.children, module, parent, present, path);
    }
  }

  /** Of a node that is not there: its conditions that are asked of the parent, and those asked of itself as if it were. */
  #parentConditionsHold(schema: DataSchemaNode, parent: DataTreeHandle<B>): boolean {
    const absent: DataTreeHandle<B> = {
      kind: 'forest',
      node: { schema },
      parent: parent.kind === 'forest' ? parent : undefined,
      index: Number.MAX_SAFE_INTEGER,
      implicit: true,
    };
    return this.#conditionsHold(schema, absent, parent);
  }

  #counts(counts: ReadonlyMap<DataSchemaNode, number>, module: string | undefined, path: string): void {
    for (const [schema, count] of counts) {
      if (schema.kind !== 'list' && schema.kind !== 'leaf-list') continue;
      const at = childPath(path, module, schema);
      if (count > schema.maxElements) {
        // RFC 7950 section 15.2.
        this.faults.push({
          type: 'application',
          tag: 'operation-failed',
          appTag: 'too-many-elements',
          path: at,
          message: `${schema.name} has ${count} entries; at most ${schema.maxElements} are allowed.`,
        });
      } else if (count < schema.minElements) this.#tooFew(at, schema.name);
    }
  }

  /** RFC 7950 section 15.5: leafrefs and instance-identifiers that ask for an instance. */
  #reference(type: Type, value: string, handle: DataTreeHandle<B>, path: string): void {
    const member = memberOf(type, value);
    let found = true;
    if (member.base === 'leafref' && member.leafref?.requireInstance) {
      if (this.#complete || !isAbsolute(member.leafref.path)) {
        found = leafrefTargets(this.#tree, handle, member, value).length > 0;
      }
    } else if (member.base === 'instance-identifier' && member.requireInstance && this.#complete) {
      found = followInstanceIdentifier(this.#tree, value) !== undefined;
    }
    if (found) return;
    this.faults.push({
      type: 'application',
      tag: 'data-missing',
      appTag: 'instance-required',
      path,
      message: `There is no instance "${value}" for it to refer to.`,
    });
  }

  #missing(path: string, schema: DataSchemaNode): void {
    // RFC 6241 appendix A: "An expected element is missing"; the parent is where it is missing.
    this.faults.push({
      type: this.#type,
      tag: 'missing-element',
      path: path.slice(0, path.lastIndexOf('/')) || '/',
      message: `${schema.name} is missing.`,
      info: [{ name: 'bad-element', value: schema.name }],
    });
  }

  /** RFC 7950 section 15.6. */
  #missingChoice(choice: ChoiceNode, path: string): void {
    this.faults.push({
      type: 'application',
      tag: 'data-missing',
      appTag: 'missing-choice',
      path,
      message: `One of the cases of ${choice.name} is required: ${choice.cases.map(({ name }) => name).join(', ')}.`,
      info: [{ name: 'missing-choice', value: choice.name, module: 'yang' }],
    });
  }

  /** RFC 7950 section 15.3. */
  #tooFew(path: string, name: string): void {
    this.faults.push({
      type: 'application',
      tag: 'operation-failed',
      appTag: 'too-few-elements',
      path,
      message: `${name} has too few entries.`,
    });
  }

  #unexpected(path: string, schema: DataSchemaNode, reason: string): void {
    this.faults.push({
      type: this.#type,
      tag: 'unknown-element',
      path,
      message: `${capital(reason)}.`,
      info: [{ name: 'bad-element', value: schema.name }],
    });
  }

  #misplaced(path: string, schema: DataSchemaNode, reason: string): void {
    this.faults.push({
      type: this.#type,
      tag: 'bad-element',
      path,
      message: `${capital(reason)}.`,
      info: [{ name: 'bad-element', value: schema.name }],
    });
  }

  /** RFC 7950 section 15.1, for keys as for `unique`. */
  #notUnique(path: string, schema: DataSchemaNode): void {
    const leaves =
      schema.kind === 'list'
        ? (schema as ListNode).keys.map((key) => childPath(path, schema.module.name, key))
        : [path];
    const what = `${schema.name} has two entries with one ${schema.kind === 'list' ? 'key' : 'value'}.`;
    this.#alike(path, leaves, what);
  }

  #alike(path: string, leaves: readonly string[], message: string): void {
    this.faults.push({
      type: 'application',
      tag: 'operation-failed',
      appTag: 'data-not-unique',
      path,
      message,
      info: leaves.map((value) => ({ name: 'non-unique', value, module: 'yang', isPath: true })),
    });
  }
}

function predicateOf(node: DataNode): string {
  const { schema } = node;
  if (schema.kind === 'list') return keyPredicate(schema, keysOf(schema, node));
  return schema.kind === 'leaf-list' && node.value !== undefined ? valuePredicate(node.value) : '';
}

/** Data nodes of a case, through choices inside of it. */
function namedIn(each: CaseNode): DataSchemaNode[] {
  return each.children.flatMap((node): DataSchemaNode[] => {
    if (node.kind === 'choice') return node.cases.flatMap(namedIn);
    if (node.kind === 'case') return namedIn(node);
    return 'index' in node ? [node] : [];
  });
}

function isAbsolute({ expression }: Constraint): boolean {
  return expression.source.trimStart().startsWith('/') || expression.source.includes('deref(');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
