/**
 * A streaming reader of one XML document, as NETCONF allows them (RFC 6241 section 3): UTF-8, XML 1.0, namespaces, no
 * document type declaration. Chunks go in as they come, events come out; the first fault ends it for good.
 *
 * What has come in is cut at `<` and `>` by searches of the runtime, not character by character; a piece of markup that is
 * not complete waits as a rope, so that a document in pieces of one byte costs no more than its length. Start tags that have
 * no attributes but namespaces, which is most of a configuration, are looked up by their text.
 */
import { FaultError } from '../fault.ts';
import { disallowedCharacter, isNcName } from './xml-name.ts';
import { checkDeclaration, declaredPrefix, resolvePrefix, type Scope } from './xml-scope.ts';
import { parseTag, type TagBounds, type WrittenAttribute, type WrittenTag } from './xml-tag.ts';
import { cdata, characterData, XmlError } from './xml-text.ts';

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
 * A document counts only once `XmlReader.end` has returned.
 */
export interface XmlHandler {
  open(element: XmlElement, resolve: ResolvePrefix): void;
  text(text: string): void;
  close(): void;
}

export interface XmlLimits {
  /** Open elements. Names are looked up through all of them that declare any, so the cost of a document grows with it. */
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

/** What stands at the front of the input: text, or markup of a kind. `lt`: its kind is not known yet. */
type State = 'text' | 'lt' | 'tag' | 'comment' | 'cdata' | 'instruction';

/** How each kind of markup ends. */
const ends = { comment: '-->', cdata: ']]>', instruction: '?>' } as const;

/** Start tags that have no attributes but namespaces, by their text, with the element that they were last. Of all readers. */
const plainTags = new Map<string, PlainTag>();
const maxPlainTags = 2_048;
const maxPlainLength = 256;

interface PlainTag {
  /** The name as it is written. */
  readonly text: string;
  readonly isEmpty: boolean;
  element: XmlElement;
}

export class XmlReader {
  // Node's decoder takes a byte order mark away at the beginning of each chunk, where it is a character of the text.
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  readonly #handler: XmlHandler;
  readonly #limits: XmlLimits;
  readonly #bounds: TagBounds;
  readonly #resolve: ResolvePrefix = (prefix) => resolvePrefix(this.#scope, prefix);
  #failed: unknown;
  #state: State = 'text';
  /** Of what stands at the front, what came in earlier chunks. */
  #held = '';
  /** In a tag: the quote that is open. */
  #quote = '';
  /** The chunk being read, and where in it. */
  #text = '';
  #at = 0;
  /** Line and column (from 0) where the chunk begins. */
  #line = 0;
  #column = 0;
  #isFirstChunk = true;
  /** Something came before, so that no XML declaration may follow. */
  #hasBegun = false;
  #hasRoot = false;
  /** Names of the open elements as they were written, and whether each made a scope. */
  readonly #open: string[] = [];
  readonly #scoped: boolean[] = [];
  #scope: Scope | undefined;

  constructor(handler: XmlHandler, limits: XmlLimits = defaultLimits) {
    this.#handler = handler;
    this.#limits = limits;
    this.#bounds = {
      name: (name) => {
        if (name.length > limits.nameLength) throw tooBig(`a name is longer than ${limits.nameLength} characters`);
      },
      attribute: (count, value) => {
        if (count > limits.attributes) throw tooBig(`an element has more than ${limits.attributes} attributes`);
        if (value.length > limits.attributeLength) {
          throw tooBig(`the value of an attribute is longer than ${limits.attributeLength} characters`);
        }
      },
    };
  }

  /**
   * Throws a FaultError: `malformed-message`, `too-big`, or what the handler throws; and the same again after that.
   * Strings have to be cut between characters.
   */
  write(chunk: Uint8Array | string): void {
    this.#guard(() => this.#chunk(typeof chunk === 'string' ? chunk : this.#decode(chunk)));
  }

  /** The document is complete: throws where it is not. */
  end(): void {
    this.#guard(() => {
      this.#chunk(this.#decode(undefined));
      if (this.#state !== 'text') throw new XmlError('unexpected end: unclosed tag or other markup');
      if (this.#open.length > 0) throw new XmlError(`unclosed tag: ${this.#open.at(-1)}`);
      this.#characters(this.#held);
      if (!this.#hasRoot) throw new XmlError('document must contain a root element');
    });
  }

  #guard(step: () => void): void {
    if (this.#failed !== undefined) throw this.#failed;
    try {
      step();
    } catch (error) {
      this.#failed = error instanceof XmlError ? malformed(`${this.#place()}: ${error.message}`) : error;
      throw this.#failed;
    }
  }

  #place(): string {
    const before = this.#text.slice(0, this.#at).split('\n');
    const column = (before.at(-1) ?? '').length + (before.length === 1 ? this.#column : 0);
    return `line ${this.#line + before.length}, column ${column}`;
  }

  #decode(chunk: Uint8Array | undefined): string {
    try {
      return chunk === undefined ? this.#decoder.decode() : this.#decoder.decode(chunk, { stream: true });
    } catch {
      throw malformed('the text is not UTF-8');
    }
  }

  #chunk(chunk: string): void {
    if (chunk === '') return;
    this.#text = this.#isFirstChunk && chunk.startsWith('\uFEFF') ? chunk.slice(1) : chunk;
    this.#isFirstChunk = false;
    this.#at = 0;
    if (disallowedCharacter.test(chunk) || !chunk.isWellFormed()) throw new XmlError('disallowed character');
    while (this.#at < this.#text.length) this.#step();
    const lastLine = chunk.lastIndexOf('\n');
    if (lastLine < 0) this.#column += chunk.length;
    else {
      for (let at = chunk.indexOf('\n'); at >= 0; at = chunk.indexOf('\n', at + 1)) this.#line++;
      this.#column = chunk.length - lastLine - 1;
    }
    this.#text = '';
    this.#at = 0;
  }

  /** Reads one piece of text or markup, or holds what there is of it. */
  #step(): void {
    switch (this.#state) {
      case 'text': {
        const end = this.#text.indexOf('<', this.#at);
        if (end < 0) {
          this.#hold();
          return;
        }
        if (end > this.#at || this.#held !== '') this.#characters(this.#take(end));
        this.#at = end + 1;
        this.#state = 'lt';
        return;
      }
      case 'lt':
        this.#kind();
        return;
      case 'tag':
        this.#tag();
        return;
      default:
        this.#markup(this.#state);
    }
  }

  /** All up to `end`, with what was held before. */
  #take(end: number): string {
    const text = this.#text.slice(this.#at, end);
    if (this.#held === '') return text;
    const whole = this.#held + text;
    this.#held = '';
    return whole;
  }

  #hold(): void {
    this.#held += this.#at === 0 ? this.#text : this.#text.slice(this.#at);
    this.#at = this.#text.length;
  }

  /** What begins with this `<`. */
  #kind(): void {
    const first = this.#held === '' ? this.#text.charCodeAt(this.#at) : 0x21;
    if (first === 0x3f) {
      this.#at++;
      this.#state = 'instruction';
      return;
    }
    if (first !== 0x21) {
      this.#hasBegun = true;
      this.#state = 'tag';
      return;
    }
    this.#hasBegun = true;
    const begin = this.#held + this.#text.slice(this.#at, this.#at + 8 - this.#held.length);
    for (const [opening, state] of [
      ['!--', 'comment'],
      ['![CDATA[', 'cdata'],
      ['!DOCTYPE', undefined],
    ] as const) {
      if (begin.startsWith(opening)) {
        if (state === undefined) throw malformed('a document type declaration is not allowed (RFC 6241 section 3)');
        if (state === 'cdata' && this.#open.length === 0) throw new XmlError('text data outside of root node');
        this.#at += opening.length - this.#held.length;
        this.#held = '';
        this.#state = state;
        return;
      }
      if (opening.startsWith(begin)) {
        this.#hold();
        return;
      }
    }
    throw new XmlError('disallowed character after "<!"');
  }

  /** A comment, a CDATA section or a processing instruction, to its end. */
  #markup(state: keyof typeof ends): void {
    const end = ends[state];
    // The end may have begun in what is held.
    const tail = this.#held.slice(1 - end.length);
    const found = tail === '' ? this.#text.indexOf(end, this.#at) : (tail + this.#text.slice(this.#at)).indexOf(end);
    if (found < 0) {
      this.#hold();
      return;
    }
    const after = tail === '' ? found + end.length : this.#at + found + end.length - tail.length;
    const content = this.#take(after).slice(0, -end.length);
    this.#at = after;
    this.#state = 'text';
    if (state === 'cdata') {
      if (content !== '') this.#handler.text(cdata(content));
    } else if (state === 'comment') {
      if (content.includes('--') || content.endsWith('-')) throw new XmlError('malformed comment');
    } else this.#instruction(content);
  }

  #instruction(content: string): void {
    const target = /^[^ \t\r\n]*/.exec(content)?.[0] ?? '';
    if (target === 'xml') {
      if (this.#hasBegun) throw new XmlError('an XML declaration must be at the start of the document');
      const declaration =
        /^xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(["'])1\.[0-9]+\1(?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*(["'])([A-Za-z][A-Za-z0-9._-]*)\2)?(?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*(["'])(?:yes|no)\4)?[ \t\r\n]*$/.exec(
          content,
        );
      if (declaration === null) throw new XmlError('malformed XML declaration');
      const encoding = declaration[3];
      if (encoding !== undefined && encoding.toLowerCase() !== 'utf-8') {
        throw malformed(`the encoding is ${encoding}, not UTF-8 (RFC 6241 section 3)`);
      }
    } else if (!isNcName(target) || target.toLowerCase() === 'xml') {
      throw new XmlError('malformed processing instruction');
    }
    this.#hasBegun = true;
  }

  #characters(text: string): void {
    if (text === '') return;
    this.#held = '';
    this.#hasBegun = true;
    if (this.#open.length > 0) this.#handler.text(characterData(text));
    else if (/[^ \t\r\n]/.test(text)) throw new XmlError('text data outside of root node');
  }

  #tag(): void {
    if (this.#held === '') {
      const close = this.#text.indexOf('>', this.#at);
      const text = close < 0 ? '' : this.#text.slice(this.#at, close);
      // Without quotes in it, the first `>` ends it; what is known has none.
      const known = plainTags.get(text);
      if (known !== undefined) {
        this.#at = close + 1;
        this.#state = 'text';
        this.#plain(known);
        return;
      }
    }
    const end = this.#tagEnd();
    if (end < 0) {
      this.#hold();
      return;
    }
    const text = this.#take(end);
    this.#at = end + 1;
    this.#state = 'text';
    if (text.startsWith('/')) this.#endTag(text.slice(1));
    else this.#startTag(text);
  }

  /** Where the `>` is that is in no quotes; -1: not in this chunk. */
  #tagEnd(): number {
    const text = this.#text;
    for (let at = this.#at; at < text.length; at++) {
      if (this.#quote !== '') {
        at = text.indexOf(this.#quote, at);
        if (at < 0) return -1;
        this.#quote = '';
        continue;
      }
      const code = text.charCodeAt(at);
      if (code === 0x3e) return at;
      if (code === 0x22 || code === 0x27) this.#quote = text[at] as string;
      // Soon, not only after all of a message was gathered.
      else if (code === 0x3c) throw new XmlError('disallowed character "<" in a tag');
    }
    return -1;
  }

  #endTag(text: string): void {
    const name = this.#open.at(-1);
    if (text !== name && text.replace(/[ \t\r\n]+$/, '') !== name) {
      throw new XmlError(`unexpected close tag: ${text.slice(0, this.#limits.nameLength)}`);
    }
    this.#close();
  }

  #close(): void {
    this.#open.pop();
    // The names in the element's text are read when it closes.
    this.#handler.close();
    if (this.#scoped.pop()) this.#scope = this.#scope?.above;
  }

  #startTag(text: string): void {
    this.#checkDepth();
    const tag = parseTag(text, this.#bounds);
    const declarations: (readonly [string, string])[] = [];
    const attributes: WrittenAttribute[] = [];
    for (const { name, value } of tag.attributes) {
      const prefix = declaredPrefix(name);
      if (prefix === undefined) {
        attributes.push({ name, value });
        continue;
      }
      checkDeclaration(prefix, value);
      if (declarations.some(([other]) => other === prefix)) throw new XmlError(`duplicate attribute: ${name.text}`);
      declarations.push([prefix, value]);
    }
    if (declarations.length > 0) this.#scope = { above: this.#scope, declared: declarations };
    const { prefix, local } = tag.name;
    const namespace = this.#namespaceOf(prefix, true);
    const element = { name: local, prefix, namespace, attributes: this.#attributes(attributes), declarations };
    if (attributes.length === 0 && text.length <= maxPlainLength) remember(text, tag, element);
    this.#enter(tag.name.text, element, tag.isEmpty);
  }

  #attributes(written: readonly WrittenAttribute[]): readonly XmlAttribute[] {
    if (written.length === 0) return none;
    const seen = new Set<string>();
    return written.map(({ name, value }) => {
      const namespace = this.#namespaceOf(name.prefix, false);
      const id = `{${namespace}}${name.local}`;
      if (seen.has(id)) throw new XmlError(`duplicate attribute: ${name.text}`);
      seen.add(id);
      return { namespace, prefix: name.prefix, name: name.local, value };
    });
  }

  #plain(tag: PlainTag): void {
    this.#checkDepth();
    const { declarations, prefix } = tag.element;
    if (declarations.length > 0) this.#scope = { above: this.#scope, declared: declarations };
    const namespace = this.#namespaceOf(prefix, true);
    if (tag.element.namespace !== namespace) tag.element = { ...tag.element, namespace };
    this.#enter(tag.text, tag.element, tag.isEmpty);
  }

  #namespaceOf(prefix: string, isElement: boolean): string {
    if (prefix === '') return isElement ? (resolvePrefix(this.#scope, '') ?? '') : '';
    const namespace = resolvePrefix(this.#scope, prefix);
    if (namespace === undefined || (isElement && prefix === 'xmlns')) {
      throw new XmlError(`unbound namespace prefix: ${prefix}`);
    }
    return namespace;
  }

  #enter(name: string, element: XmlElement, isEmpty: boolean): void {
    if (this.#open.length === 0) {
      if (this.#hasRoot) throw new XmlError('documents may contain only one root');
      this.#hasRoot = true;
    }
    this.#open.push(name);
    this.#scoped.push(element.declarations.length > 0);
    this.#handler.open(element, this.#resolve);
    if (isEmpty) this.#close();
  }

  #checkDepth(): void {
    if (this.#open.length >= this.#limits.depth) {
      throw tooBig(`elements are nested deeper than ${this.#limits.depth}`);
    }
  }
}

/** Keeps copies: a slice would keep the whole chunk that it was cut from. */
function remember(text: string, { name, isEmpty }: WrittenTag, element: XmlElement): void {
  const copy = (part: string): string => Buffer.from(part).toString();
  const declarations = element.declarations.map(([prefix, namespace]) => [copy(prefix), copy(namespace)] as const);
  const kept = { name: copy(element.name), prefix: copy(element.prefix), namespace: copy(element.namespace) };
  if (plainTags.size >= maxPlainTags) plainTags.clear();
  plainTags.set(copy(text), {
    ...{ text: copy(name.text), isEmpty },
    element: { ...kept, attributes: none, declarations },
  });
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
