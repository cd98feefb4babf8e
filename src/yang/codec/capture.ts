/** Keeps the content of an anydata or anyxml node as XML text that stands by itself. */
import { escapeAttribute, escapeText } from './escape.ts';
import type { ResolvePrefix, XmlElement, XmlHandler } from './xml-reader.ts';

/**
 * What may be a name inside of text or an attribute's value; with the colon behind it the prefix of one. It takes every
 * run of name characters, so that no run is looked at twice.
 */
const names = /[A-Za-z_][\w.-]*:?/g;

/**
 * Each outermost element declares what it needs from outside: the prefixes of names, and those that names in values
 * may use. It gets `open`, `text` and `close` for what is inside the node.
 */
export class XmlCapture implements XmlHandler {
  #xml = '';
  /** The outermost element that is open: its text up to where its declarations go, and what follows. */
  #head = '';
  #tail = '';
  #tagOpen = false;
  readonly #needed = new Map<string, string>();
  /** End tags of the open elements, and the prefixes that each declares. */
  readonly #ends: string[] = [];
  readonly #declared: (readonly string[])[] = [];
  #resolve: ResolvePrefix = () => undefined;

  get xml(): string {
    return this.#xml;
  }

  open(element: XmlElement, resolve: ResolvePrefix): void {
    this.#resolve = resolve;
    this.#endTag();
    const name = element.prefix === '' ? element.name : `${element.prefix}:${element.name}`;
    const outermost = this.#ends.length === 0;
    this.#ends.push(`</${name}>`);
    this.#declared.push(element.declarations.map(([prefix]) => prefix));
    let rest = '';
    for (const [prefix, namespace] of element.declarations) {
      rest += ` xmlns${prefix === '' ? '' : `:${prefix}`}="${escapeAttribute(namespace)}"`;
    }
    this.#need(element.prefix, element.namespace);
    for (const attribute of element.attributes) {
      if (attribute.prefix !== '' && attribute.prefix !== 'xml') this.#need(attribute.prefix, attribute.namespace);
      this.#needInside(attribute.value);
      const attributeName = attribute.prefix === '' ? attribute.name : `${attribute.prefix}:${attribute.name}`;
      rest += ` ${attributeName}="${escapeAttribute(attribute.value)}"`;
    }
    if (outermost) {
      this.#head = `<${name}`;
      this.#tail = rest;
    } else {
      this.#tail += `<${name}${rest}`;
    }
    this.#tagOpen = true;
  }

  text(text: string): void {
    if (this.#ends.length === 0) {
      this.#xml += escapeText(text);
      return;
    }
    this.#endTag();
    this.#needInside(text);
    this.#tail += escapeText(text);
  }

  close(): void {
    const end = this.#ends.pop();
    this.#declared.pop();
    if (this.#tagOpen) this.#tail += '/>';
    else this.#tail += end;
    this.#tagOpen = false;
    if (this.#ends.length > 0) return;
    let declarations = '';
    for (const [prefix, namespace] of this.#needed) {
      declarations += ` xmlns${prefix === '' ? '' : `:${prefix}`}="${escapeAttribute(namespace)}"`;
    }
    this.#xml += this.#head + declarations + this.#tail;
    this.#needed.clear();
  }

  #endTag(): void {
    if (this.#tagOpen) this.#tail += '>';
    this.#tagOpen = false;
  }

  #need(prefix: string, namespace: string): void {
    if (!this.#declared.some((declared) => declared.includes(prefix))) this.#needed.set(prefix, namespace);
  }

  #needInside(text: string): void {
    if (!text.includes(':')) return;
    for (const [name] of text.matchAll(names)) {
      if (!name.endsWith(':')) continue;
      const prefix = name.slice(0, -1);
      if (prefix === 'xml' || prefix === 'xmlns') continue;
      if (this.#declared.some((declared) => declared.includes(prefix))) continue;
      const namespace = this.#resolve(prefix);
      if (namespace !== undefined) this.#needed.set(prefix, namespace);
    }
  }
}
