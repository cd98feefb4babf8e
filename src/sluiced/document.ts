/** A configuration as an XML instance document: root `<config>` in NETCONF's base namespace. */
import { NETCONF_NAMESPACE } from '../yang/codec/namespaces.ts';
import { XmlDataReader } from '../yang/codec/xml-data-reader.ts';
import { XmlReader } from '../yang/codec/xml-reader.ts';
import type { DataNode } from '../yang/data/node.ts';
import { FaultError } from '../yang/fault.ts';
import type { Schema } from '../yang/schema/node.ts';

/** The data of a document. Throws a FaultError that names what is wrong and where. */
export function readConfigDocument(schema: Schema, text: Buffer): readonly DataNode[] {
  const data = new XmlDataReader(schema, schema, { mode: 'edit' });
  let depth = 0;
  const reader = new XmlReader({
    open(element, resolve) {
      if (depth++ > 0) data.open(element, resolve);
      else if (element.name !== 'config' || element.namespace !== NETCONF_NAMESPACE) {
        throw new FaultError({
          type: 'application',
          tag: 'unknown-element',
          message: `the root is <${element.name}> in "${element.namespace}", not <config> in "${NETCONF_NAMESPACE}"`,
        });
      }
    },
    text(content) {
      if (depth > 1) data.text(content);
      else if (content.trim() !== '') {
        throw new FaultError({
          type: 'application',
          tag: 'bad-element',
          message: 'text beside the elements of <config>',
        });
      }
    },
    close() {
      if (--depth > 0) data.close();
    },
  });
  reader.write(text);
  reader.end();
  return data.finish();
}
