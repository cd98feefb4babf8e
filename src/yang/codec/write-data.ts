/** DataNodes as XML (RFC 7950's encoding). */
import type { DataNode } from '../data/node.ts';
import type { Schema } from '../schema/node.ts';
import { XmlWriter } from './xml-writer.ts';

/** Writes the nodes into the element that the writer has open. */
export function writeData(writer: XmlWriter, nodes: readonly DataNode[]): void {
  for (const node of nodes) {
    const { schema } = node;
    switch (schema.kind) {
      case 'container':
      case 'list':
        if (node.children === undefined || node.children.length === 0) {
          writer.emptyElement(schema);
          break;
        }
        writer.openElement(schema);
        writeData(writer, node.children);
        writer.close();
        break;
      case 'leaf':
      case 'leaf-list':
        if (node.value === undefined) writer.emptyElement(schema);
        else writer.leaf(schema, node.value, node.attributes?.isDefault ?? false);
        break;
      case 'anydata':
      case 'anyxml':
        writer.anydata(schema, node.xml ?? '');
        break;
    }
  }
}

/** The nodes as one string. */
export function dataToXml(schema: Schema, nodes: readonly DataNode[]): string {
  const writer = new XmlWriter(schema);
  writeData(writer, nodes);
  return writer.take();
}
