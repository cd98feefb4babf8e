/**
 * Turns the events below an element into DataNodes, against the schema, in one pass.
 *
 * It goes on after a fault, because the path of the fault may need keys that come later, and because a client with
 * several faults wants to hear of them at once; `finish` throws what was found.
 */
import { childPath, keyPredicate, valuePredicate } from '../data/instance-path.ts';
import type { DataNode, NodeAttributes } from '../data/node.ts';
import { type ErrorType, type Fault, FaultError } from '../fault.ts';
import type { AnydataNode, DataSchemaNode, Parent, Schema } from '../schema/node.ts';
import type { NameScope } from '../type/type.ts';
import { XmlCapture } from './capture.ts';
import { type AttributeFault, readAttributes } from './data-attributes.ts';
import type { ResolvePrefix, XmlElement, XmlHandler } from './xml-reader.ts';

export interface XmlDataReaderOptions {
  /**
   * `data`: a complete instance, such as the input of an rpc. `edit`: the content of `<config>`: attributes of edits are
   * read, leaves to be deleted may be empty, state is refused.
   */
  readonly mode: 'data' | 'edit';
  /** Type of the faults: `application` (the default) for data of models, `protocol` for the input of rpcs. */
  readonly errorType?: ErrorType;
  /** Path of the parent (operationPath of an rpc); empty for the root of the datastore. */
  readonly path?: string;
  /**
   * May take over the content of an anydata or anyxml node: `<config>` and `<filter>` of NETCONF's rpcs. It gets the
   * node's attributes, too, and the events inside. The DataNode then has no `xml`.
   */
  readonly foreign?: (schema: AnydataNode, element: XmlElement, resolve: ResolvePrefix) => XmlHandler | undefined;
}

/** More faults than this are not reported. */
const maxFaults = 16;
/** Values longer than this are left out of paths: a reply is not to be as large as the message that it refuses. */
const maxInPath = 1_024;

interface Frame {
  /** Undefined: the parent that was given. */
  readonly schema: DataSchemaNode | undefined;
  readonly above: Frame | undefined;
  readonly dataChildren: ReadonlyMap<string, DataSchemaNode> | undefined;
  attributes: NodeAttributes | undefined;
  /** Whether the node goes by delete or remove, of itself or of an ancestor. */
  deleted: boolean;
  readonly children: DataNode[];
  /** Text of a leaf. */
  text: string;
  /** How many siblings came before. */
  readonly index: number;
  /** Whether text between the elements was reported. */
  mixed: boolean;
}

const noChildren: ReadonlyMap<string, DataSchemaNode> = new Map();
const noNodes: DataNode[] = [];

/** Children by their local names, where that tells them apart: most elements are found without making a name of two. */
const childrenByName = new WeakMap<ReadonlyMap<string, DataSchemaNode>, ReadonlyMap<string, DataSchemaNode>>();

function childOf(children: ReadonlyMap<string, DataSchemaNode>, element: XmlElement): DataSchemaNode | undefined {
  let byName = childrenByName.get(children);
  if (byName === undefined) {
    const made = new Map<string, DataSchemaNode>();
    for (const child of children.values()) if (!made.has(child.name)) made.set(child.name, child);
    byName = made;
    childrenByName.set(children, byName);
  }
  const child = byName.get(element.name);
  return child?.module.namespace === element.namespace ? child : undefined;
}

export class XmlDataReader implements XmlHandler {
  readonly #schema: Schema;
  readonly #options: XmlDataReaderOptions;
  readonly #root: Frame;
  #frame: Frame;
  #resolve: ResolvePrefix = () => undefined;
  readonly #scope: NameScope;
  /** Depth inside of an element that is skipped, and of one that another handler takes. */
  #skipped = 0;
  #foreignDepth = 0;
  #foreign: XmlHandler | undefined;
  #capture: XmlCapture | undefined;
  readonly #faults: {
    readonly fault: Omit<Fault, 'type' | 'path'>;
    readonly at: Frame;
    readonly leaf: DataSchemaNode | undefined;
  }[] = [];

  /** @param parent the schema itself, an operation, or a container or list whose children are read */
  constructor(schema: Schema, parent: Parent, options: XmlDataReaderOptions) {
    this.#schema = schema;
    this.#options = options;
    this.#root = {
      schema: undefined,
      above: undefined,
      dataChildren: parent.dataChildren,
      attributes: undefined,
      deleted: false,
      children: [],
      text: '',
      index: 0,
      mixed: false,
    };
    this.#frame = this.#root;
    this.#scope = {
      moduleOf: (prefix) => {
        const namespace = this.#resolve(prefix);
        return namespace === undefined ? undefined : this.#schema.moduleByNamespace.get(namespace)?.name;
      },
      implemented: (name) => (this.#schema.modules.get(name)?.implemented ? name : undefined),
    };
  }

  /** The nodes read. Throws a FaultError of all faults. */
  finish(): readonly DataNode[] {
    if (this.#faults.length === 0) return this.#root.children;
    const type = this.#options.errorType ?? 'application';
    throw new FaultError(
      ...this.#faults.map(({ fault, at, leaf }) => {
        const path = this.#path(at, leaf);
        return path === '' ? { type, ...fault } : { type, ...fault, path };
      }),
    );
  }

  open(element: XmlElement, resolve: ResolvePrefix): void {
    this.#resolve = resolve;
    if (this.#skipped > 0) {
      this.#skipped++;
      return;
    }
    if (this.#foreign !== undefined) {
      this.#foreignDepth++;
      this.#foreign.open(element, resolve);
      return;
    }
    const schema = this.#childSchema(element);
    if (schema === undefined) {
      this.#skipped = 1;
      return;
    }
    this.#enter(element, schema);
  }

  #enter(element: XmlElement, schema: DataSchemaNode): void {
    const above = this.#frame;
    const takesOver =
      schema.kind === 'anydata' || schema.kind === 'anyxml'
        ? this.#options.foreign?.(schema, element, this.#resolve)
        : undefined;
    const isParent = schema.kind === 'container' || schema.kind === 'list';
    const frame: Frame = {
      schema,
      above,
      dataChildren: isParent ? schema.dataChildren : undefined,
      attributes: undefined,
      deleted: above.deleted,
      children: isParent ? [] : noNodes,
      text: '',
      index: above.children.length,
      mixed: false,
    };
    this.#frame = frame;
    if (element.attributes.length > 0 && takesOver === undefined) {
      const fail = (fault: AttributeFault) => this.#fail(fault, frame);
      // Parameters of an operation have no attributes; a configuration's leaves can be tagged as default (RFC 6243).
      const isParameter = (this.#options.path ?? '') !== '';
      const mode = isParameter ? 'parameter' : this.#options.mode;
      frame.attributes = readAttributes(element, schema, mode, this.#scope, fail);
      const { operation } = frame.attributes;
      if (operation !== undefined) frame.deleted = operation === 'delete' || operation === 'remove';
    }
    if (schema.kind === 'anydata' || schema.kind === 'anyxml') {
      this.#capture = takesOver === undefined ? new XmlCapture() : undefined;
      this.#foreign = takesOver ?? this.#capture;
      this.#foreignDepth = 0;
    }
  }

  #childSchema(element: XmlElement): DataSchemaNode | undefined {
    const frame = this.#frame;
    const known = childOf(frame.dataChildren ?? noChildren, element);
    if (known !== undefined && (known.config || this.#options.mode !== 'edit')) return known;
    const module = this.#schema.moduleByNamespace.get(element.namespace);
    const info = [{ name: 'bad-element', value: element.name }];
    if (module === undefined) {
      this.#fail(
        {
          tag: 'unknown-namespace',
          message: `No module of this server has the namespace "${element.namespace}".`,
          info: [...info, { name: 'bad-namespace', value: element.namespace }],
        },
        frame,
      );
      return undefined;
    }
    const schema = (frame.dataChildren ?? noChildren).get(`${module.name}:${element.name}`);
    if (schema === undefined) {
      const where = frame.schema === undefined ? 'here' : `in ${frame.schema.name}`;
      this.#fail(
        { tag: 'unknown-element', message: `The module ${module.name} has no ${element.name} ${where}.`, info },
        frame,
      );
      return undefined;
    }
    if (!schema.config && this.#options.mode === 'edit') {
      this.#fail(
        { tag: 'unknown-element', message: `${schema.name} is state, not configuration.`, info },
        frame,
        schema,
      );
      return undefined;
    }
    return schema;
  }

  text(text: string): void {
    if (this.#skipped > 0) return;
    if (this.#foreign !== undefined) {
      this.#foreign.text(text);
      return;
    }
    const frame = this.#frame;
    const { schema } = frame;
    if (schema?.kind === 'leaf' || schema?.kind === 'leaf-list') {
      frame.text += text;
      return;
    }
    if (frame.mixed || !/[^ \t\r\n]/.test(text)) return;
    frame.mixed = true;
    const name = schema?.name ?? 'The element';
    this.#fail(
      {
        tag: 'bad-element',
        message: `${name} holds elements only, not the text "${text.trim().slice(0, 40)}".`,
        info: [{ name: 'bad-element', value: schema?.name ?? this.#parentName() }],
      },
      frame,
    );
  }

  close(): void {
    if (this.#skipped > 0) {
      this.#skipped--;
      return;
    }
    if (this.#foreign !== undefined && this.#foreignDepth > 0) {
      this.#foreignDepth--;
      this.#foreign.close();
      return;
    }
    const frame = this.#frame;
    const { schema, above } = frame;
    if (schema === undefined || above === undefined) throw new Error('more elements are closed than were opened');
    this.#frame = above;
    const node = this.#node(schema, frame);
    if (node !== undefined)
      above.children.push(frame.attributes === undefined ? node : { ...node, attributes: frame.attributes });
  }

  #node(schema: DataSchemaNode, frame: Frame): DataNode | undefined {
    switch (schema.kind) {
      case 'container':
        return { schema, children: frame.children };
      case 'list':
        return { schema, children: this.#withKeysFirst(schema.keys, frame) };
      case 'anydata':
      case 'anyxml': {
        const xml = this.#capture?.xml;
        this.#foreign = undefined;
        this.#capture = undefined;
        return xml === undefined ? { schema } : { schema, xml };
      }
      case 'leaf':
      case 'leaf-list': {
        const parsed = schema.type.parse(frame.text, this.#scope);
        if (parsed.ok) return { schema, value: parsed.value };
        // RFC 6241 section 7.2: what is deleted needs no value. Of a leaf-list it says which entry.
        if (frame.deleted && schema.kind === 'leaf' && !schema.isKey && frame.text.trim() === '') return { schema };
        this.#fail(
          {
            tag: 'invalid-value',
            ...(parsed.appTag === undefined ? {} : { appTag: parsed.appTag }),
            message: parsed.message,
          },
          frame,
        );
        return schema.kind === 'leaf' ? { schema, value: frame.text } : undefined;
      }
    }
  }

  #withKeysFirst(keys: readonly DataSchemaNode[], frame: Frame): readonly DataNode[] {
    const { children } = frame;
    let inOrder = true;
    for (let i = 0; i < keys.length; i++) {
      if (children[i]?.schema === keys[i]) continue;
      inOrder = false;
      const key = keys[i] as DataSchemaNode;
      if (!children.some((child) => child.schema === key)) {
        this.#fail(
          {
            tag: 'missing-element',
            message: `An entry of ${frame.schema?.name} lacks its key ${key.name}.`,
            info: [{ name: 'bad-element', value: key.name }],
          },
          frame,
        );
      }
    }
    if (inOrder) return children;
    const first = keys.flatMap((key) => children.find((child) => child.schema === key) ?? []);
    return [...first, ...children.filter((child) => !first.includes(child))];
  }

  /** @param leaf a child of the frame that has no frame of its own */
  #fail(fault: Omit<Fault, 'type' | 'path'>, at: Frame, leaf?: DataSchemaNode): void {
    if (this.#faults.length < maxFaults) this.#faults.push({ fault, at, leaf });
  }

  #path(frame: Frame, leaf: DataSchemaNode | undefined): string {
    const { schema, above } = frame;
    let path = this.#options.path ?? '';
    if (schema !== undefined && above !== undefined) {
      let predicate = '';
      if (schema.kind === 'leaf-list') predicate = frame.text.length > maxInPath ? '' : valuePredicate(frame.text);
      else if (schema.kind === 'list') {
        const values = schema.keys.map((key) => {
          const value = frame.children.find((child) => child.schema === key)?.value;
          return value !== undefined && value.length > maxInPath ? undefined : value;
        });
        predicate = schema.keys.length === 0 ? `[${positionOf(frame, above)}]` : keyPredicate(schema, values);
      }
      path = childPath(this.#path(above, undefined), this.#moduleOf(above), schema, predicate);
    }
    return leaf === undefined ? path : childPath(path, this.#moduleOf(frame), leaf);
  }

  /** The element whose content is read: of an rpc its own, of a configuration `<config>`. */
  #parentName(): string {
    return this.#options.path?.match(/[^:/]+$/)?.[0] ?? 'config';
  }

  #moduleOf(frame: Frame): string | undefined {
    if (frame.schema !== undefined) return frame.schema.module.name;
    // The module that the given path ends in.
    return this.#options.path?.match(/.*\/([^:/[\]'"]+):/)?.[1];
  }
}

/** Of an entry of a list without keys, from 1. */
function positionOf(frame: Frame, above: Frame): number {
  return above.children.slice(0, frame.index).filter(({ schema }) => schema === frame.schema).length + 1;
}
