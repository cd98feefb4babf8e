/**
 * Writes XML as text that the caller takes in pieces, so that a reply of any size needs a buffer of one piece only:
 * `if (writer.length > 65_536) yield writer.take()`.
 *
 * An element has no prefix: where the module changes, the default namespace does. Prefixes appear in values alone
 * (identityref, instance-identifier), declared on the element that needs them.
 */
import type { DataSchemaNode, Module, Schema } from '../schema/node.ts';
import { escapeAttribute, escapeText } from './escape.ts';
import { WITH_DEFAULTS_NAMESPACE } from './namespaces.ts';

/** An attribute as it is written: name with prefix (or `xmlns:prefix`), value not yet escaped. */
export type WrittenAttribute = readonly [name: string, value: string];

type Leafy = Extract<DataSchemaNode, { kind: 'leaf' | 'leaf-list' }>;

/** What never changes of a node's tags. */
interface Tags {
  readonly namespace: string;
  /** `<name`, and the same with the declaration of its namespace. */
  readonly start: string;
  readonly startWithNamespace: string;
  readonly end: string;
}

const isDefault = ` xmlns:wd="${WITH_DEFAULTS_NAMESPACE}" wd:default="true"`;

export class XmlWriter {
  readonly #modules: ReadonlyMap<string, Module>;
  #text = '';
  readonly #ends: string[] = [];
  /** Default namespace inside of each open element. */
  readonly #namespaces: string[] = [];
  #namespace = '';

  /** @param schema for the prefixes of the modules that values name */
  constructor(schema: Pick<Schema, 'modules'>) {
    this.#modules = schema.modules;
  }

  /** Characters that wait to be taken. */
  get length(): number {
    return this.#text.length;
  }

  /** Open elements. */
  get depth(): number {
    return this.#ends.length;
  }

  /** What was written since the last call. */
  take(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }

  /** `<name xmlns="namespace" …>`; the namespace is declared where it is not the default one already. */
  open(name: string, namespace: string, attributes?: readonly WrittenAttribute[]): void {
    this.#startTag(name, namespace, attributes);
    this.#text += '>';
    this.#push(`</${name}>`, namespace);
  }

  /** `<name …>text</name>`. */
  element(name: string, namespace: string, text: string, attributes?: readonly WrittenAttribute[]): void {
    this.#startTag(name, namespace, attributes);
    this.#text += text === '' ? '/>' : `>${escapeText(text)}</${name}>`;
  }

  #startTag(name: string, namespace: string, attributes: readonly WrittenAttribute[] | undefined): void {
    let tag = `<${name}`;
    if (namespace !== this.#namespace) tag += ` xmlns="${escapeAttribute(namespace)}"`;
    for (const [attribute, value] of attributes ?? []) tag += ` ${attribute}="${escapeAttribute(value)}"`;
    this.#text += tag;
  }

  /** Opens a container or a list entry. `attributes`: as XML, with a blank in front; so in `leaf` and `anydata`. */
  openElement(node: DataSchemaNode, attributes = ''): void {
    const tags = tagsOf(node);
    this.#text += `${tags.namespace === this.#namespace ? tags.start : tags.startWithNamespace}${attributes}>`;
    this.#push(tags.end, tags.namespace);
  }

  #push(end: string, namespace: string): void {
    this.#ends.push(end);
    this.#namespaces.push(this.#namespace);
    this.#namespace = namespace;
  }

  /** A leaf or an entry of a leaf-list, its value canonical. `asDefault` adds RFC 6243's attribute. */
  leaf(node: Leafy, value: string, asDefault = false, attributes = ''): void {
    const tags = tagsOf(node);
    const start = (tags.namespace === this.#namespace ? tags.start : tags.startWithNamespace) + attributes;
    if (node.type.hasNames) {
      const declared = new Declarations(this.#modules);
      const text = node.type.toXml(value, declared.prefixOf);
      this.#text += `${start}${declared.text}${asDefault ? isDefault : ''}>${escapeText(text)}${tags.end}`;
      return;
    }
    if (value === '') this.#text += `${start}${asDefault ? isDefault : ''}/>`;
    else this.#text += `${start}${asDefault ? isDefault : ''}>${escapeText(value)}${tags.end}`;
  }

  /** A leaf without content, as delete and remove allow it, or an empty container. */
  emptyElement(node: DataSchemaNode): void {
    const tags = tagsOf(node);
    this.#text += `${tags.namespace === this.#namespace ? tags.start : tags.startWithNamespace}/>`;
  }

  /** anydata and anyxml: inner XML that declares the namespaces that it needs. */
  anydata(node: DataSchemaNode, xml: string, attributes = ''): void {
    this.openElement(node, attributes);
    this.#text += xml;
    this.close();
  }

  text(text: string): void {
    this.#text += escapeText(text);
  }

  /** Text that is XML already, as it is. */
  raw(xml: string): void {
    this.#text += xml;
  }

  /** Ends the innermost open element. */
  close(): void {
    const end = this.#ends.pop();
    if (end === undefined) throw new Error('no element is open');
    this.#text += end;
    this.#namespace = this.#namespaces.pop() as string;
  }
}

/** Declarations of prefixes on one element. Two modules may want one prefix: the second gets a number. */
export class Declarations {
  readonly #modules: ReadonlyMap<string, Module>;
  readonly #prefixes = new Map<string, string>();
  readonly #namespaces = new Map<string, string>();

  constructor(modules: ReadonlyMap<string, Module>) {
    this.#modules = modules;
  }

  readonly prefixOf = (name: string): string => {
    const known = this.#prefixes.get(name);
    if (known !== undefined) return known;
    const module = this.#modules.get(name);
    // A module that is gone from the schema: its name stands for itself.
    const wanted = module?.prefix ?? name;
    let prefix = wanted;
    for (let count = 2; this.#namespaces.has(prefix); count++) prefix = `${wanted}${count}`;
    this.#prefixes.set(name, prefix);
    this.#namespaces.set(prefix, module?.namespace ?? name);
    return prefix;
  };

  /** Prefix to namespace. */
  get namespaces(): ReadonlyMap<string, string> {
    return this.#namespaces;
  }

  /** ` xmlns:a="…" xmlns:b="…"`. */
  get text(): string {
    let text = '';
    for (const [prefix, namespace] of this.#namespaces) text += ` xmlns:${prefix}="${escapeAttribute(namespace)}"`;
    return text;
  }
}

const known = new WeakMap<DataSchemaNode, Tags>();

function tagsOf(node: DataSchemaNode): Tags {
  let tags = known.get(node);
  if (tags === undefined) {
    const { name } = node;
    const { namespace } = node.module;
    tags = {
      namespace,
      start: `<${name}`,
      startWithNamespace: `<${name} xmlns="${escapeAttribute(namespace)}"`,
      end: `</${name}>`,
    };
    known.set(node, tags);
  }
  return tags;
}
