/** A configuration as an XML document: root `<config>` in NETCONF's base namespace (RFC 6241 section 8.8.5). */
import type { DataNode } from '../data/node.ts';
import { FaultError } from '../fault.ts';
import type { Schema } from '../schema/node.ts';
import { NETCONF_NAMESPACE } from './namespaces.ts';
import { XmlDataReader, type XmlDataReaderOptions } from './xml-data-reader.ts';
import { type ResolvePrefix, type XmlElement, type XmlHandler, XmlReader } from './xml-reader.ts';

/** Reads a document as it comes in. Throws a FaultError that names what is wrong and where. */
export class ConfigDocument {
  readonly #data: XmlDataReader;
  readonly #xml: XmlReader;

  constructor(schema: Schema, mode: XmlDataReaderOptions['mode']) {
    this.#data = new XmlDataReader(schema, schema, { mode });
    this.#xml = new XmlReader(new RootHandler(this.#data));
  }

  write(chunk: Buffer): void {
    this.#xml.write(chunk);
  }

  finish(): readonly DataNode[] {
    this.#xml.end();
    return this.#data.finish();
  }
}

class RootHandler implements XmlHandler {
  readonly #data: XmlDataReader;
  #depth = 0;

  constructor(data: XmlDataReader) {
    this.#data = data;
  }

  open(element: XmlElement, resolve: ResolvePrefix): void {
    if (this.#depth++ > 0) this.#data.open(element, resolve);
    else if (element.name !== 'config' || element.namespace !== NETCONF_NAMESPACE) {
      throw new FaultError({
        type: 'application',
        tag: 'unknown-element',
        message: `the root is <${element.name}> in "${element.namespace}", not <config> in "${NETCONF_NAMESPACE}"`,
      });
    } else if (element.attributes.length > 0) {
      // An operation stands on the nodes of a configuration: here it would be lost unheard.
      const message = `<config> has no attribute ${element.attributes[0]?.name}`;
      throw new FaultError({ type: 'application', tag: 'unknown-attribute', message });
    }
  }

  text(content: string): void {
    if (this.#depth > 1) this.#data.text(content);
    else if (content.trim() !== '') {
      throw new FaultError({
        type: 'application',
        tag: 'bad-element',
        message: 'text beside the elements of <config>',
      });
    }
  }

  close(): void {
    if (--this.#depth > 0) this.#data.close();
  }
}
