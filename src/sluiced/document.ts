/** A configuration as an XML instance document: root `<config>` in NETCONF's base namespace. */
import { ConfigDocument } from '../yang/codec/config-document.ts';
import type { DataNode } from '../yang/data/node.ts';
import type { Schema } from '../yang/schema/node.ts';

/** The data of a document. Throws a FaultError that names what is wrong and where. */
export function readConfigDocument(schema: Schema, text: Buffer): readonly DataNode[] {
  const document = new ConfigDocument(schema, 'edit');
  document.write(text);
  return document.finish();
}
