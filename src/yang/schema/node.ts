/**
 * The compiled schema: what the statements of all modules, with groupings, augments and
 * deviations applied, say about data (RFC 7950). Immutable once compiled.
 */
import type { Statement } from '../statement/statement.ts';
import type { Type } from '../type/type.ts';
import type { Expression } from '../xpath/expression.ts';

export interface Module {
  readonly name: string;
  readonly namespace: string;
  readonly prefix: string;
  /** Newest revision, empty where the module has none. */
  readonly revision: string;
  readonly yangVersion: '1' | '1.1';
  /** False: only imported (its typedefs, groupings and identities), not served. */
  readonly implemented: boolean;
  /** Names of the features that are supported. */
  readonly features: ReadonlySet<string>;
  readonly submodules: readonly { readonly name: string; readonly revision: string; readonly source: string }[];
  /** Modules that deviate this one. */
  readonly deviatedBy: readonly string[];
  /** The module's text, for get-schema. */
  readonly source: string;
}

export interface Identity {
  readonly module: Module;
  readonly name: string;
  readonly bases: readonly Identity[];
}

/** A `must` or `when` with all that its evaluation and its error need. */
export interface Constraint {
  readonly expression: Expression;
  /** `must` only. */
  readonly errorMessage?: string;
  readonly errorAppTag?: string;
  /**
   * `when` only: the node that is the context of the evaluation (RFC 7950 section 7.21.5): the data node
   * itself, or, from uses, augment, choice and case, its data parent.
   */
  readonly context: 'self' | 'parent';
}

interface NodeBase {
  /** Without a prefix. */
  readonly name: string;
  /** The module whose namespace the node is in. */
  readonly module: Module;
  /** Schema parent, choices and cases included. Undefined for a top-level node. */
  readonly parent: SchemaNode | undefined;
  /**
   * Path through data nodes, a module name in front where the module changes:
   * `/ietf-interfaces:interfaces/interface/sluice-interfaces:encapsulation`. Nodes in rpc input and output and in
   * notifications begin with the rpc's or notification's own path: `/ietf-netconf:edit-config/input/target`.
   */
  readonly path: string;
  readonly config: boolean;
  readonly status: 'current' | 'deprecated' | 'obsolete';
  readonly description: string;
  /** Where the node was written. */
  readonly origin: Statement;
  /** Extension statements on the node that our code asks for, as `module:extension`, with their argument (nacm:default-deny-all, …). */
  readonly extensions: ReadonlyMap<string, string>;
}

interface DataNodeBase extends NodeBase {
  /** Dense number of the node in its schema, from 0. Not stable from one schema to another. */
  readonly index: number;
  /** Nearest ancestor that is a data node, an input, an output or a notification. */
  readonly dataParent: DataSchemaNode | OperationNode | undefined;
  /** All conditions under which the node exists; those of enclosing choices, cases, uses and augments included. */
  readonly whens: readonly Constraint[];
}

/** What has child data nodes. */
export interface Parent {
  /** Schema children, choices included, in schema order. */
  readonly children: readonly SchemaNode[];
  /** Data children through choices and cases; key `module:name`. */
  readonly dataChildren: ReadonlyMap<string, DataSchemaNode>;
}

export interface ContainerNode extends DataNodeBase, Parent {
  readonly kind: 'container';
  readonly presence: boolean;
  readonly musts: readonly Constraint[];
}

export interface ListNode extends DataNodeBase, Parent {
  readonly kind: 'list';
  /** Key leaves in the order of the `key` statement; empty for a keyless state list. */
  readonly keys: readonly LeafNode[];
  readonly orderedByUser: boolean;
  readonly minElements: number;
  /** Infinity: unbounded. */
  readonly maxElements: number;
  /** Each `unique` statement: the leaves that it names. */
  readonly uniques: readonly (readonly LeafNode[])[];
  readonly musts: readonly Constraint[];
}

export interface LeafNode extends DataNodeBase {
  readonly kind: 'leaf';
  readonly type: Type;
  readonly units: string | undefined;
  /** Canonical, from the leaf or its type. */
  readonly default: string | undefined;
  readonly mandatory: boolean;
  /** Whether it is a key of its list. */
  readonly isKey: boolean;
  readonly musts: readonly Constraint[];
}

export interface LeafListNode extends DataNodeBase {
  readonly kind: 'leaf-list';
  readonly type: Type;
  readonly units: string | undefined;
  readonly defaults: readonly string[];
  readonly orderedByUser: boolean;
  readonly minElements: number;
  readonly maxElements: number;
  readonly musts: readonly Constraint[];
}

export interface AnydataNode extends DataNodeBase {
  readonly kind: 'anydata' | 'anyxml';
  readonly mandatory: boolean;
  readonly musts: readonly Constraint[];
}

export interface ChoiceNode extends NodeBase {
  readonly kind: 'choice';
  readonly cases: readonly CaseNode[];
  readonly mandatory: boolean;
  readonly defaultCase: CaseNode | undefined;
}

export interface CaseNode extends NodeBase {
  readonly kind: 'case';
  readonly children: readonly SchemaNode[];
}

export interface RpcNode extends NodeBase {
  /** `action` hangs below a container or list. */
  readonly kind: 'rpc' | 'action';
  readonly input: OperationNode;
  readonly output: OperationNode;
}

/**
 * The root of a data tree of its own: an rpc's or action's input or output, a notification, or a structure
 * (`rc:yang-data` of RFC 8040, `sx:structure` of RFC 8791).
 */
export interface OperationNode extends NodeBase, Parent {
  readonly kind: 'input' | 'output' | 'notification' | 'structure';
  readonly musts: readonly Constraint[];
}

export type DataSchemaNode = ContainerNode | ListNode | LeafNode | LeafListNode | AnydataNode;
export type SchemaNode = DataSchemaNode | ChoiceNode | CaseNode | RpcNode | OperationNode;
export type ParentNode = ContainerNode | ListNode | OperationNode;

export interface Schema extends Parent {
  /** By name; implemented and imported. (Two revisions of one module: the imported ones under `name@revision`.) */
  readonly modules: ReadonlyMap<string, Module>;
  readonly moduleByNamespace: ReadonlyMap<string, Module>;
  /** Top-level data nodes of all implemented modules; key `module:name`. */
  readonly dataChildren: ReadonlyMap<string, DataSchemaNode>;
  /** Key `module:name`. */
  readonly rpcs: ReadonlyMap<string, RpcNode>;
  /** Top-level notifications, key `module:name`. */
  readonly notifications: ReadonlyMap<string, OperationNode>;
  /** `rc:yang-data` and `sx:structure`, key `module:name`. Their nodes are not found by `find`. */
  readonly structures: ReadonlyMap<string, OperationNode>;
  /** Key `module:name`. */
  readonly identities: ReadonlyMap<string, Identity>;
  /** Every data node by its `index`. */
  readonly nodes: readonly DataSchemaNode[];
  /** The data node (also inside operations) with this `path`. */
  find(path: string): DataSchemaNode | undefined;
  /** Whether the identity (`module:name`) is derived from the other, or is it. */
  derivedFromOrSelf(identity: string, base: string): boolean;
}
