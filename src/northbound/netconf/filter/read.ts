/** Reads `<filter>`: its attributes say which kind it is, its content is a subtree filter. */
import { NETCONF_NAMESPACE } from '../../../yang/codec/namespaces.ts';
import type { ResolvePrefix, XmlElement, XmlHandler } from '../../../yang/codec/xml-reader.ts';
import { FaultError } from '../../../yang/fault.ts';
import type { Schema } from '../../../yang/schema/node.ts';
import { compileExpression } from '../../../yang/xpath/compile.ts';
import type { Filter, FilterElement } from './filter.ts';

interface Open {
  readonly element: XmlElement;
  readonly children: FilterElement[];
  text: string;
  /** Prefixes of the text, taken while they are in scope. */
  readonly modules: Map<string, string>;
}

/** How many elements a filter may have. */
const MAX_ELEMENTS = 20_000;
/** Characters of one content match. */
const MAX_TEXT = 65_536;
const PREFIX = /^\s*([A-Za-z_][\w.-]*):/;
const PREFIXES = /([A-Za-z_][\w.-]*):/g;

export class FilterReader implements XmlHandler {
  readonly #schema: Schema;
  readonly #filter: Filter | FaultError | undefined;
  readonly #elements: FilterElement[] = [];
  readonly #open: Open[] = [];
  #count = 0;
  /** More than the limits allow: found while reading, told by `finish`. */
  #excess: FaultError | undefined;
  #resolve: ResolvePrefix = () => undefined;

  /**
   * `element` is the filter itself: `<filter>`, or a `<subtree-filter>` of RFC 8526 and later, which has no attributes.
   * Faults come out of `finish`, so that the rest of the message is still read.
   */
  constructor(schema: Schema, element: XmlElement, resolve: ResolvePrefix) {
    this.#schema = schema;
    const [attribute] = element.attributes;
    if (element.name === 'filter') this.#filter = this.#readAttributes(element, resolve);
    else if (attribute !== undefined) this.#filter = unknownAttribute(attribute.name, element.name);
  }

  /** The filter; throws where it is none. */
  finish(): Filter {
    if (this.#filter instanceof FaultError) throw this.#filter;
    if (this.#excess !== undefined) throw this.#excess;
    return this.#filter ?? { kind: 'subtree', elements: this.#elements };
  }

  open(element: XmlElement, resolve: ResolvePrefix): void {
    if (++this.#count > MAX_ELEMENTS) this.#exceed(`The filter has more than ${MAX_ELEMENTS} elements.`);
    this.#resolve = resolve;
    this.#open.push({ element, children: [], text: '', modules: new Map() });
  }

  text(text: string): void {
    const open = this.#open.at(-1);
    if (open === undefined || this.#excess !== undefined) return;
    open.text += text;
    if (open.text.length > MAX_TEXT) this.#exceed(`A value in the filter is longer than ${MAX_TEXT} characters.`);
    else this.#noteModules(open);
  }

  close(): void {
    const open = this.#open.pop();
    if (open === undefined) throw new Error('more elements are closed than were opened');
    if (this.#excess !== undefined) return;
    const { element, modules } = open;
    const siblings = this.#open.at(-1)?.children ?? this.#elements;
    siblings.push({
      name: element.name,
      namespace: element.namespace === '' ? undefined : element.namespace,
      hasAttributes: element.attributes.length > 0,
      children: open.children,
      text: open.text.trim(),
      moduleOf: (prefix) => modules.get(prefix),
    });
  }

  #exceed(message: string): void {
    this.#excess ??= new FaultError({ type: 'protocol', tag: 'too-big', message });
  }

  #noteModules(open: Open): void {
    const prefixes = PREFIX.test(open.text)
      ? ['', ...[...open.text.matchAll(PREFIXES)].map(([, name]) => name ?? '')]
      : [''];
    for (const prefix of prefixes) {
      const module = this.#moduleOf(this.#resolve(prefix));
      if (module !== undefined) open.modules.set(prefix, module);
    }
  }

  #moduleOf(namespace: string | undefined): string | undefined {
    return moduleOf(this.#schema, namespace);
  }

  /** Undefined: a subtree filter, whose elements follow. */
  #readAttributes(element: XmlElement, resolve: ResolvePrefix): Filter | FaultError | undefined {
    let type = 'subtree';
    let select: string | undefined;
    for (const attribute of element.attributes) {
      // RFC 6241 writes them without a namespace; its own module has them in NETCONF's.
      const known = attribute.namespace === '' || attribute.namespace === NETCONF_NAMESPACE;
      if (known && attribute.name === 'type') type = attribute.value;
      else if (known && attribute.name === 'select') select = attribute.value;
      else return unknownAttribute(attribute.name, 'filter');
    }
    if (type === 'subtree') return undefined;
    if (type !== 'xpath') {
      return attributeFault('bad-attribute', 'type', `"${type}" is no kind of filter; subtree and xpath are.`);
    }
    if (select === undefined) {
      return attributeFault(
        'missing-attribute',
        'select',
        'An XPath filter needs its expression in the attribute select.',
      );
    }
    return this.#compile(select, resolve);
  }

  #compile(select: string, resolve: ResolvePrefix): Filter | FaultError {
    return compileSelect(select, modulesOf(this.#schema, select, resolve));
  }
}

/** Reads an `<xpath-filter>` (RFC 8526 section 3.1.1, RFC 8639): its text, with the prefixes that are in scope on it. */
export class XPathFilterReader {
  readonly #schema: Schema;
  readonly #resolve: ResolvePrefix;
  #text = '';
  #modules: ReadonlyMap<string, string> = new Map();

  constructor(schema: Schema, resolve: ResolvePrefix) {
    this.#schema = schema;
    this.#resolve = resolve;
  }

  text(text: string): void {
    if (this.#text.length > MAX_TEXT) return;
    this.#text += text;
    this.#modules = modulesOf(this.#schema, this.#text, this.#resolve);
  }

  finish(): Filter {
    if (this.#text.length > MAX_TEXT) {
      const message = `The expression is longer than ${MAX_TEXT} characters.`;
      throw new FaultError({ type: 'protocol', tag: 'too-big', message });
    }
    const filter = compileSelect(this.#text, this.#modules);
    if (filter instanceof FaultError) throw filter;
    return filter;
  }
}

/**
 * The modules of all prefixes in an expression. Values inside of it may hold prefixes, too, and are read when it is
 * evaluated: all are noted while they are in scope.
 */
function modulesOf(schema: Schema, select: string, resolve: ResolvePrefix): ReadonlyMap<string, string> {
  const modules = new Map<string, string>();
  for (const [, prefix = ''] of select.matchAll(PREFIXES)) {
    const module = moduleOf(schema, resolve(prefix));
    if (module !== undefined) modules.set(prefix, module);
  }
  return modules;
}

function moduleOf(schema: Schema, namespace: string | undefined): string | undefined {
  return namespace === undefined ? undefined : schema.moduleByNamespace.get(namespace)?.name;
}

function compileSelect(select: string, modules: ReadonlyMap<string, string>): Filter | FaultError {
  try {
    const scope = { moduleOf: (prefix: string) => modules.get(prefix), defaultModule: undefined };
    return { kind: 'xpath', expression: compileExpression(select, scope) };
  } catch (error) {
    if (error instanceof FaultError) return error;
    throw error;
  }
}

function unknownAttribute(name: string, element: string): FaultError {
  return attributeFault('unknown-attribute', name, `A ${element} has no attribute ${name}.`, element);
}

function attributeFault(
  tag: 'unknown-attribute' | 'bad-attribute' | 'missing-attribute',
  name: string,
  message: string,
  element = 'filter',
): FaultError {
  return new FaultError({
    type: 'protocol',
    tag,
    message,
    info: [
      { name: 'bad-attribute', value: name },
      { name: 'bad-element', value: element },
    ],
  });
}
