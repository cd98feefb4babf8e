/**
 * Reads one rpc message (RFC 6241 section 4.1): its envelope, and its operation against the schema, in one pass while the
 * message comes in. What is wrong with the operation is kept for the reply; what is wrong with the XML is thrown at once.
 */
import { NETCONF_NAMESPACE, YANG_NAMESPACE } from '../../../yang/codec/namespaces.ts';
import { XmlDataReader } from '../../../yang/codec/xml-data-reader.ts';
import type { ResolvePrefix, XmlElement, XmlHandler } from '../../../yang/codec/xml-reader.ts';
import type { WrittenAttribute } from '../../../yang/codec/xml-writer.ts';
import { operationPath } from '../../../yang/data/instance-path.ts';
import type { DataNode } from '../../../yang/data/node.ts';
import { reachOf } from '../../../yang/data/reach.ts';
import type { OperationContext } from '../../../yang/data/validate.ts';
import { type Fault, FaultError } from '../../../yang/fault.ts';
import type { AnydataNode, RpcNode, Schema } from '../../../yang/schema/node.ts';
import type { Filter } from '../filter/filter.ts';
import { FilterReader, XPathFilterReader } from '../filter/read.ts';
import { ActionReader } from './action.ts';
import { assertInput } from './input.ts';

/** Of the input: its path, and the type of its faults. */
export type InputContext = Pick<OperationContext<never>, 'path' | 'errorType'>;

/** A message whose operation is known and whose input is valid. */
export interface Operation {
  readonly rpc: RpcNode;
  readonly input: readonly DataNode[];
  readonly config: readonly DataNode[] | undefined;
  readonly filter: Filter | undefined;
  /** Of an action: the instance path of its node. */
  readonly target?: string;
  /** The input is still to be validated, since its constraints look into the datastores. */
  readonly unchecked?: InputContext;
}

/** Whether the operation may be called and can be: throws the fault where not. Asked before its content is read. */
export type Admit = (rpc: RpcNode, target: string | undefined) => void;

export class MessageReader implements XmlHandler {
  readonly #schema: Schema;
  readonly #admit: Admit;
  #depth = 0;
  #isRpc = false;
  #attributes: readonly WrittenAttribute[] = [];
  readonly #faults: Fault[] = [];
  #operations = 0;
  #rpc: RpcNode | undefined;
  #data: XmlDataReader | undefined;
  #action: ActionReader | undefined;
  /** Takes what is inside of the operation's element; undefined: it is skipped. */
  #inner: XmlHandler | undefined;
  #config: XmlDataReader | undefined;
  #filter: FilterReader | XPathFilterReader | undefined;
  /** The filter while its text comes in, which the input's reader gets as well. */
  #xpathFilter: XPathFilterReader | undefined;

  constructor(schema: Schema, admit: Admit) {
    this.#schema = schema;
    this.#admit = admit;
  }

  /** Whether the message is an rpc, as far as it has been read. */
  get isRpc(): boolean {
    return this.#isRpc;
  }

  /** All attributes and prefixes of the rpc element, which the reply repeats (section 4.1). */
  get attributes(): readonly WrittenAttribute[] {
    return this.#attributes;
  }

  /** What is asked for. Throws a FaultError of everything that is wrong with it. */
  finish(): Operation {
    if (this.#faults.length > 0) throw new FaultError(...this.#faults);
    if (this.#action !== undefined) {
      const { rpc, input, path, inputPath } = this.#action.finish();
      const unchecked = this.#check(rpc, input, { path: inputPath, errorType: 'application' });
      return { rpc, input, config: undefined, filter: undefined, target: path, ...unchecked };
    }
    const rpc = this.#rpc;
    if (rpc === undefined || this.#data === undefined) {
      throw new FaultError({
        type: 'protocol',
        tag: 'missing-element',
        message: 'The rpc names no operation.',
        info: badElement('rpc'),
      });
    }
    const input = this.#data.finish();
    const unchecked = this.#check(rpc, input, { path: operationPath(rpc.input), errorType: 'protocol' });
    const filter = this.#filter?.finish();
    return { rpc, input, config: this.#config?.finish(), filter, ...unchecked };
  }

  /** At once where nothing but the message is needed for it. */
  #check(rpc: RpcNode, input: readonly DataNode[], context: InputContext): { unchecked?: InputContext } {
    if (reachOf(rpc.input) !== 'inside') return { unchecked: context };
    assertInput(this.#schema, rpc, input, context);
    return {};
  }

  open(element: XmlElement, resolve: ResolvePrefix): void {
    this.#depth++;
    if (this.#depth === 1) this.#envelope(element);
    else if (this.#depth > 2) {
      this.#inner?.open(this.#depth === 3 ? this.#meant(element) : element, resolve);
      if (this.#depth === 3) this.#expression(element, resolve);
    } else if (this.#isRpc) this.#operation(element);
  }

  text(text: string): void {
    if (this.#depth >= 2) {
      this.#inner?.text(text);
      if (this.#depth === 3) this.#xpathFilter?.text(text);
    } else if (this.#isRpc && text.trim() !== '') {
      this.#fail({
        type: 'protocol',
        tag: 'bad-element',
        message: 'An rpc holds one element, not text.',
        info: badElement('rpc'),
      });
    }
  }

  close(): void {
    this.#depth--;
    if (this.#depth === 2) this.#xpathFilter = undefined;
    if (this.#depth >= 2) this.#inner?.close();
    else if (this.#depth === 1) this.#inner = undefined;
  }

  #envelope(element: XmlElement): void {
    if (element.name !== 'rpc' || element.namespace !== NETCONF_NAMESPACE) {
      this.#fail({
        type: 'protocol',
        tag: 'unknown-element',
        message: `A message is an rpc in the namespace ${NETCONF_NAMESPACE}, not ${element.name} in "${element.namespace}".`,
        info: badElement(element.name),
      });
      return;
    }
    this.#isRpc = true;
    const declarations = element.declarations.filter(([prefix]) => prefix !== '');
    this.#attributes = [
      ...declarations.map(([prefix, uri]): WrittenAttribute => [`xmlns:${prefix}`, uri]),
      ...element.attributes.map(
        ({ prefix, name, value }): WrittenAttribute => [prefix === '' ? name : `${prefix}:${name}`, value],
      ),
    ];
    if (!element.attributes.some(({ namespace, name }) => namespace === '' && name === 'message-id')) {
      this.#fail({
        type: 'rpc',
        tag: 'missing-attribute',
        message: 'An rpc needs a message-id.',
        info: [{ name: 'bad-attribute', value: 'message-id' }, ...badElement('rpc')],
      });
    }
  }

  #operation(element: XmlElement): void {
    this.#operations++;
    if (this.#operations > 1) {
      if (this.#operations === 2) {
        this.#fail({
          type: 'protocol',
          tag: 'unknown-element',
          message: 'An rpc holds one operation.',
          info: badElement(element.name),
        });
      }
      return;
    }
    if (element.name === 'action' && element.namespace === YANG_NAMESPACE) {
      this.#action = new ActionReader(this.#schema, this.#admit);
      this.#inner = this.#action;
      return;
    }
    const module = this.#schema.moduleByNamespace.get(element.namespace);
    const rpc = module && this.#schema.rpcs.get(`${module.name}:${element.name}`);
    if (rpc === undefined) {
      this.#fail({
        type: 'protocol',
        tag: 'operation-not-supported',
        message: `This server has no operation ${element.name} in the namespace "${element.namespace}".`,
      });
      return;
    }
    for (const { name } of element.attributes) this.#fail(unknownAttribute(name, element.name));
    this.#rpc = rpc;
    this.#read(rpc);
  }

  #read(rpc: RpcNode): void {
    try {
      this.#admit(rpc, undefined);
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      this.#faults.push(...error.faults);
      return;
    }
    this.#data = new XmlDataReader(this.#schema, rpc.input, {
      mode: 'data',
      errorType: 'protocol',
      path: operationPath(rpc.input),
      foreign: (schema, element, resolve) => this.#takeOver(schema, element, resolve),
    });
    this.#inner = this.#data;
  }

  #takeOver(schema: AnydataNode, element: XmlElement, resolve: ResolvePrefix): XmlHandler | undefined {
    if (schema.name === 'config' && this.#config === undefined) {
      // An operation stands on the nodes of a configuration (RFC 6241 section 7.2): here it would be lost unheard.
      for (const { name } of element.attributes) this.#fail(unknownAttribute(name, 'config'));
      // Only edits have operations and places to insert at (RFC 6241 section 7.2).
      const mode = this.#rpc?.name === 'edit-config' || this.#rpc?.name === 'edit-data' ? 'edit' : 'data';
      this.#config = new XmlDataReader(this.#schema, this.#schema, { mode });
      return this.#config;
    }
    if ((schema.name === 'filter' || schema.name === 'subtree-filter') && this.#filter === undefined) {
      const filter = new FilterReader(this.#schema, element, resolve);
      this.#filter = filter;
      return filter;
    }
    return undefined;
  }

  /**
   * Two parameters that ncclient puts in other namespaces than the standards do, where there is nothing else that they
   * could mean: `<config>` in none, if its caller names none, and NETCONF's `<filter>` in create-subscription.
   */
  #meant(element: XmlElement): XmlElement {
    const { name, namespace } = element;
    if (name === 'config' && namespace === '') return { ...element, namespace: NETCONF_NAMESPACE };
    if (name === 'filter' && namespace === NETCONF_NAMESPACE && this.#rpc?.name === 'create-subscription') {
      return { ...element, namespace: this.#rpc.module.namespace };
    }
    return element;
  }

  /** The parameter `xpath-filter` takes the prefixes in scope on its element. */
  #expression(element: XmlElement, resolve: ResolvePrefix): void {
    if (this.#filter !== undefined || element.name !== 'xpath-filter') return;
    const module = this.#schema.moduleByNamespace.get(element.namespace);
    if (module === undefined || !this.#rpc?.input.dataChildren.has(`${module.name}:${element.name}`)) return;
    this.#xpathFilter = new XPathFilterReader(this.#schema, resolve);
    this.#filter = this.#xpathFilter;
  }

  #fail(fault: Fault): void {
    this.#faults.push(fault);
  }
}

function badElement(value: string): { name: string; value: string }[] {
  return [{ name: 'bad-element', value }];
}

function unknownAttribute(name: string, element: string): Fault {
  return {
    type: 'protocol',
    tag: 'unknown-attribute',
    message: `${element} has no attribute ${name}.`,
    info: [{ name: 'bad-attribute', value: name }, ...badElement(element)],
  };
}
