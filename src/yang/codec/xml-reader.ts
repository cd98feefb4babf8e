/**
 * A streaming reader of one XML document, as NETCONF allows them (RFC 6241 section 3): UTF-8, XML 1.0, namespaces, no
 * document type declaration. Chunks go in as they come, events come out; the first fault ends it for good.
 */
import { type SaxesAttributeNS, SaxesParser, type SaxesTagNS } from 'saxes';
import { FaultError } from '../fault.ts';

const XMLNS = 'http://www.w3.org/2000/xmlns/';

export interface XmlAttribute {
  /** Empty where the attribute has no prefix. */
  readonly namespace: string;
  readonly prefix: string;
  readonly name: string;
  readonly value: string;
}

export interface XmlElement {
  /** Local name. */
  readonly name: string;
  readonly prefix: string;
  /** Empty: in none. */
  readonly namespace: string;
  /** Namespace declarations are not among them. */
  readonly attributes: readonly XmlAttribute[];
  /** Prefixes declared on the element itself, with their namespaces. The empty prefix is the default namespace. */
  readonly declarations: readonly (readonly [prefix: string, namespace: string])[];
}

/** Namespace of a prefix where the reader is. Undefined: not declared. */
export type ResolvePrefix = (prefix: string) => string | undefined;

/**
 * Takes the events. Text comes in pieces: a comment, a CDATA section or a processing instruction may cut it.
 * A document counts only once `XmlReader.end` has returned: an end tag of the wrong name closes, then throws.
 */
export interface XmlHandler {
  open(element: XmlElement, resolve: ResolvePrefix): void;
  text(text: string): void;
  close(): void;
}

export interface XmlLimits {
  /** Open elements. saxes looks names up through all of them, so the cost of a document grows with it. */
  readonly depth: number;
  /** Of one element, declarations included. */
  readonly attributes: number;
  /** Characters of one attribute's value. XPath filters and namespaces stand in attributes. */
  readonly attributeLength: number;
  /** Characters of one name. */
  readonly nameLength: number;
}

export const defaultLimits: XmlLimits = { depth: 128, attributes: 256, attributeLength: 65_536, nameLength: 1_024 };

const none: readonly never[] = [];

export class XmlReader {
  readonly #parser = new SaxesParser({ xmlns: true, position: true, defaultXMLVersion: '1.0', forceXMLVersion: true });
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  readonly #handler: XmlHandler;
  readonly #resolve: ResolvePrefix;
  #depth = 0;
  #attributes = 0;
  #failed: unknown;

  constructor(handler: XmlHandler, limits: XmlLimits = defaultLimits) {
    this.#handler = handler;
    const parser = this.#parser;
    this.#resolve = (prefix) => parser.resolve(prefix);
    parser.on('error', (error) => {
      // saxes: "line:column: reason."
      throw malformed(error.message.replace(/^(\d+):(\d+): /, 'line $1, column $2: ').replace(/\.$/, ''));
    });
    parser.on('doctype', () => {
      throw malformed('a document type declaration is not allowed (RFC 6241 section 3)');
    });
    parser.on('xmldecl', ({ encoding }) => {
      if (encoding !== undefined && encoding.toLowerCase() !== 'utf-8') {
        throw malformed(`the encoding is ${encoding}, not UTF-8 (RFC 6241 section 3)`);
      }
    });
    parser.on('opentagstart', ({ name }) => {
      if (this.#depth >= limits.depth) throw tooBig(`elements are nested deeper than ${limits.depth}`);
      if (name.length > limits.nameLength) throw tooBig(`a name is longer than ${limits.nameLength} characters`);
      this.#attributes = 0;
    });
    parser.on('attribute', ({ name, value }) => {
      if (++this.#attributes > limits.attributes)
        throw tooBig(`an element has more than ${limits.attributes} attributes`);
      if (name.length > limits.nameLength) throw tooBig(`a name is longer than ${limits.nameLength} characters`);
      if (value.length > limits.attributeLength) {
        throw tooBig(`the value of an attribute is longer than ${limits.attributeLength} characters`);
      }
    });
    parser.on('opentag', (tag) => this.#open(tag));
    parser.on('closetag', () => {
      this.#depth--;
      handler.close();
    });
    const text = (text: string) => {
      if (this.#depth > 0) handler.text(text);
    };
    parser.on('text', text);
    parser.on('cdata', text);
  }

  /** Throws a FaultError: `malformed-message`, `too-big`, or what the handler throws; and the same again after that. */
  write(chunk: Uint8Array | string): void {
    this.#guard(() => {
      const text = typeof chunk === 'string' ? chunk : this.#decode(chunk);
      if (text !== '') this.#parser.write(text);
    });
  }

  /** The document is complete: throws where it is not. */
  end(): void {
    this.#guard(() => {
      const rest = this.#decode(undefined);
      if (rest !== '') this.#parser.write(rest);
      this.#parser.close();
    });
  }

  #guard(step: () => void): void {
    if (this.#failed !== undefined) throw this.#failed;
    try {
      step();
    } catch (error) {
      this.#failed = error;
      throw error;
    }
  }

  #decode(chunk: Uint8Array | undefined): string {
    try {
      return chunk === undefined ? this.#decoder.decode() : this.#decoder.decode(chunk, { stream: true });
    } catch {
      throw malformed('the text is not UTF-8');
    }
  }

  #open(tag: SaxesTagNS): void {
    this.#depth++;
    let attributes: readonly XmlAttribute[] = none;
    let declarations: readonly (readonly [string, string])[] = none;
    if (this.#attributes > 0) {
      const plain: XmlAttribute[] = [];
      const declared: [string, string][] = [];
      for (const attribute of Object.values(tag.attributes) as SaxesAttributeNS[]) {
        if (attribute.uri === XMLNS) declared.push([attribute.prefix === '' ? '' : attribute.local, attribute.value]);
        else
          plain.push({
            namespace: attribute.uri,
            prefix: attribute.prefix,
            name: attribute.local,
            value: attribute.value,
          });
      }
      attributes = plain;
      declarations = declared;
    }
    this.#handler.open(
      { name: tag.local, prefix: tag.prefix, namespace: tag.uri, attributes, declarations },
      this.#resolve,
    );
  }
}

/** RFC 6241 appendix A: "failed to be parsed correctly … the message is not well-formed XML". */
export function malformed(reason: string): FaultError {
  return new FaultError({
    type: 'rpc',
    tag: 'malformed-message',
    message: `The message is not well-formed XML: ${reason}.`,
  });
}

function tooBig(reason: string): FaultError {
  return new FaultError({
    type: 'rpc',
    tag: 'too-big',
    message: `The message is beyond a limit of this server: ${reason}.`,
  });
}
