/**
 * Reads the content of `<action>` (RFC 7950 section 7.15.2): one path of containers and list entries with their keys,
 * then the action with its input.
 */
import { NETCONF_NAMESPACE } from '../../../yang/codec/namespaces.ts';
import { XmlDataReader } from '../../../yang/codec/xml-data-reader.ts';
import type { ResolvePrefix, XmlElement, XmlHandler } from '../../../yang/codec/xml-reader.ts';
import { childPath, keyPredicate } from '../../../yang/data/instance-path.ts';
import type { DataNode } from '../../../yang/data/node.ts';
import { type Fault, FaultError } from '../../../yang/fault.ts';
import type { ContainerNode, DataSchemaNode, LeafNode, ListNode, RpcNode, Schema } from '../../../yang/schema/node.ts';

interface Step {
  readonly node: ContainerNode | ListNode;
  readonly keys: Map<LeafNode, string>;
}

export interface ReadAction {
  readonly rpc: RpcNode;
  readonly input: readonly DataNode[];
  /** Instance path of the node that the action is called on. */
  readonly path: string;
  /** The same with the action's name: what paths of its input begin with. */
  readonly inputPath: string;
}

export class ActionReader implements XmlHandler {
  readonly #schema: Schema;
  readonly #admit: (rpc: RpcNode, target: string) => void;
  readonly #steps: Step[] = [];
  #key: { readonly leaf: LeafNode; text: string; resolve: ResolvePrefix } | undefined;
  #rpc: RpcNode | undefined;
  #path = '';
  #input: XmlDataReader | undefined;
  #inputDepth = 0;
  #skipped = 0;
  #fault: FaultError | undefined;

  constructor(schema: Schema, admit: (rpc: RpcNode, target: string) => void) {
    this.#schema = schema;
    this.#admit = admit;
  }

  finish(): ReadAction {
    if (this.#fault !== undefined) throw this.#fault;
    if (this.#rpc === undefined || this.#input === undefined) {
      throw new FaultError({
        type: 'protocol',
        tag: 'missing-element',
        message: 'The action element names no action.',
        info: [{ name: 'bad-element', value: 'action' }],
      });
    }
    const inputPath = this.#inputPath(this.#rpc);
    return { rpc: this.#rpc, input: this.#input.finish(), path: this.#path, inputPath };
  }

  open(element: XmlElement, resolve: ResolvePrefix): void {
    if (this.#skipped > 0 || this.#fault !== undefined) {
      this.#skipped++;
      return;
    }
    if (this.#input !== undefined && this.#inputDepth > 0) {
      this.#inputDepth++;
      this.#input.open(element, resolve);
      return;
    }
    this.#step(element, resolve);
  }

  #step(element: XmlElement, resolve: ResolvePrefix): void {
    const module = this.#schema.moduleByNamespace.get(element.namespace)?.name;
    if (module === undefined) {
      this.#fail(unknownNamespace(element), this.#here());
      return;
    }
    const parent = this.#steps.at(-1)?.node;
    const action = parent?.children.find(
      (child): child is RpcNode =>
        child.kind === 'action' && child.name === element.name && child.module.name === module,
    );
    if (action !== undefined && this.#rpc === undefined) {
      this.#begin(action);
      return;
    }
    const child = (parent ?? this.#schema).dataChildren.get(`${module}:${element.name}`);
    if (child?.kind === 'container' || child?.kind === 'list') this.#steps.push({ node: child, keys: new Map() });
    else if (child?.kind === 'leaf' && child.isKey) this.#key = { leaf: child, text: '', resolve };
    else this.#fail(unknownElement(element, child), this.#here());
  }

  #begin(action: RpcNode): void {
    this.#path = this.#instancePath();
    if (this.#fault !== undefined) {
      this.#skipped = 1;
      return;
    }
    try {
      this.#admit(action, this.#path);
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      this.#fault = error;
      this.#skipped = 1;
      return;
    }
    this.#rpc = action;
    this.#input = new XmlDataReader(this.#schema, action.input, {
      mode: 'data',
      path: this.#inputPath(action),
    });
    this.#inputDepth = 1;
  }

  #inputPath(action: RpcNode): string {
    const module = action.module.name;
    return `${this.#path}/${module === this.#steps.at(-1)?.node.module.name ? '' : `${module}:`}${action.name}`;
  }

  text(text: string): void {
    if (this.#skipped > 0) return;
    if (this.#inputDepth > 0) {
      if (this.#inputDepth > 1) this.#input?.text(text);
    } else if (this.#key !== undefined) this.#key.text += text;
  }

  close(): void {
    if (this.#skipped > 0) {
      this.#skipped--;
      return;
    }
    if (this.#inputDepth > 0) {
      this.#inputDepth--;
      if (this.#inputDepth > 0) this.#input?.close();
      return;
    }
    if (this.#key !== undefined) this.#keyRead();
    else this.#steps.pop();
  }

  #keyRead(): void {
    const key = this.#key;
    this.#key = undefined;
    if (key === undefined) return;
    const parsed = key.leaf.type.parse(key.text, {
      moduleOf: (prefix) => this.#schema.moduleByNamespace.get(key.resolve(prefix) ?? NETCONF_NAMESPACE)?.name,
    });
    if (parsed.ok) this.#steps.at(-1)?.keys.set(key.leaf, parsed.value);
    else {
      const path = childPath(this.#here(), this.#steps.at(-1)?.node.module.name, key.leaf);
      this.#fail({ type: 'application', tag: 'invalid-value', message: parsed.message }, path);
    }
  }

  /** The path of the node that the action is called on; a key that is missing is a fault. */
  #instancePath(): string {
    let path = '';
    for (const [index, { node, keys }] of this.#steps.entries()) {
      path = this.#pathOf(index);
      if (node.kind !== 'list') continue;
      const missing = node.keys.find((leaf) => !keys.has(leaf));
      if (missing === undefined) continue;
      const message = `An entry of ${node.name} lacks its key ${missing.name}.`;
      const info = [{ name: 'bad-element', value: missing.name }];
      this.#fail({ type: 'protocol', tag: 'missing-element', message, info }, path);
    }
    return path;
  }

  /** The path of the element that is being read, with the keys known so far. */
  #here(): string {
    return this.#pathOf(this.#steps.length - 1);
  }

  #pathOf(last: number): string {
    let path = '';
    let module: string | undefined;
    for (const { node, keys } of this.#steps.slice(0, last + 1)) {
      const values = node.kind === 'list' ? node.keys.map((leaf) => keys.get(leaf)) : [];
      path = childPath(path, module, node, node.kind === 'list' ? keyPredicate(node, values) : '');
      module = node.module.name;
    }
    return path;
  }

  #fail(fault: Fault, path: string): void {
    this.#fault ??= new FaultError(path === '' ? fault : { ...fault, path });
  }
}

function unknownNamespace({ name, namespace }: XmlElement): Fault {
  return {
    type: 'protocol',
    tag: 'unknown-namespace',
    message: `No module of this server has the namespace "${namespace}".`,
    info: [
      { name: 'bad-element', value: name },
      { name: 'bad-namespace', value: namespace },
    ],
  };
}

function unknownElement(element: XmlElement, child: DataSchemaNode | undefined): Fault {
  return {
    type: 'protocol',
    tag: child === undefined ? 'unknown-element' : 'bad-element',
    message: `${element.name} is neither a step to an action, nor a key, nor an action here.`,
    info: [{ name: 'bad-element', value: element.name }],
  };
}
