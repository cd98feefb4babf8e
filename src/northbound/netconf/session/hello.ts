/** The exchange of hellos (RFC 6241 section 8.1, RFC 6242 section 4.1). */
import { NETCONF_NAMESPACE } from '../../../yang/codec/namespaces.ts';
import type { XmlElement, XmlHandler } from '../../../yang/codec/xml-reader.ts';
import { XmlWriter } from '../../../yang/codec/xml-writer.ts';
import type { Framing } from '../framing/encoder.ts';

export const BASE_1_0 = 'urn:ietf:params:netconf:base:1.0';
/** Named by a client as well, it gives the session a candidate of its own (draft-ietf-netconf-privcand). */
export const PRIVATE_CANDIDATE = 'urn:ietf:params:netconf:capability:private-candidate:1.0';
export const BASE_1_1 = 'urn:ietf:params:netconf:base:1.1';

/** A client's hello that cannot be answered: the session ends without a word (section 8.1). */
export class HelloError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'HelloError';
  }
}

export function writeHello(capabilities: readonly string[], sessionId: number): string {
  const writer = new XmlWriter({ modules: new Map() });
  writer.open('hello', NETCONF_NAMESPACE);
  writer.open('capabilities', NETCONF_NAMESPACE);
  for (const uri of capabilities) writer.element('capability', NETCONF_NAMESPACE, uri);
  writer.close();
  writer.element('session-id', NETCONF_NAMESPACE, String(sessionId));
  writer.close();
  return writer.take();
}

/** Enough for any client; what is longer is no hello. */
const MAX_CAPABILITIES = 2048;

/** Takes the events of one hello. */
export class HelloReader implements XmlHandler {
  readonly #path: string[] = [];
  readonly #capabilities = new Set<string>();
  #text = '';
  #isHello = false;

  open(element: XmlElement): void {
    const name = element.namespace === NETCONF_NAMESPACE ? element.name : `{${element.namespace}}${element.name}`;
    this.#path.push(name);
    this.#text = '';
    if (this.#path.length === 1) {
      if (name !== 'hello') throw new HelloError(`the first message is ${element.name}, not hello`);
      this.#isHello = true;
    }
    // "A server receiving a <hello> message with a <session-id> element MUST terminate the NETCONF session."
    if (this.#path.length === 2 && name === 'session-id') throw new HelloError('a client must not send a session-id');
  }

  text(text: string): void {
    if (this.#path.length === 3) this.#text += text;
  }

  close(): void {
    if (this.#path.join('/') === 'hello/capabilities/capability') {
      if (this.#capabilities.size >= MAX_CAPABILITIES) throw new HelloError('too many capabilities');
      this.#capabilities.add(this.#text.trim());
    }
    this.#path.pop();
  }

  /** Whether the client has named a capability, with or without parameters. */
  announces(uri: string): boolean {
    for (const capability of this.#capabilities) if (capability.split('?', 1)[0] === uri) return true;
    return false;
  }

  /** The framing of all that follows: the highest base that both know. */
  framing(): Framing {
    if (!this.#isHello) throw new HelloError('the first message is empty');
    if (this.#capabilities.has(BASE_1_1)) return 'chunked';
    if (this.#capabilities.has(BASE_1_0)) return 'end-of-message';
    throw new HelloError('no base capability in common');
  }
}
