/** The example module, and instances of it, as the tests of this folder, of XPath and of the codecs use them. */
import { XmlDataReader, type XmlDataReaderOptions } from '../../codec/xml-data-reader.ts';
import { type XmlHandler, XmlReader } from '../../codec/xml-reader.ts';
import { loadSchema } from '../../schema/load.ts';
import type { Parent, Schema } from '../../schema/node.ts';
import type { DataNode } from '../node.ts';

/** Folders of this router's own and of the standard modules. */
export const modulePaths: readonly string[] = [
  import.meta.dirname,
  `${import.meta.dirname}/../../../../yang`,
  '/usr/share/yuma/nmda-modules/ietf',
  '/usr/share/yuma/modules/ietf',
  '/usr/share/yang/modules/libyang',
];

export function exampleSchema(): Schema {
  return loadSchema({ paths: modulePaths, modules: [{ name: 'example' }, { name: 'example-kinds' }] });
}

/** Prefixes of the expressions in the tests. */
export const exampleScope = {
  moduleOf: (prefix: string) => ({ ex: 'example', k: 'example-kinds' })[prefix],
  defaultModule: 'example',
};

/** Reads the children of a root element that the text is put into. */
export function readXml(
  schema: Schema,
  xml: string,
  options: XmlDataReaderOptions,
  parent: Parent = schema,
): readonly DataNode[] {
  const data = new XmlDataReader(schema, parent, options);
  const reader = new XmlReader(below(data));
  reader.write(`<root xmlns:ex="urn:example:data" xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" `);
  reader.write(`xmlns:yang="urn:ietf:params:xml:ns:yang:1">${xml}</root>`);
  reader.end();
  return data.finish();
}

/** Passes on what is inside of the root element. */
export function below(inner: XmlHandler): XmlHandler {
  let depth = 0;
  return {
    open(element, resolve) {
      if (depth++ > 0) inner.open(element, resolve);
    },
    text(text) {
      if (depth > 1) inner.text(text);
    },
    close() {
      if (--depth > 0) inner.close();
    },
  };
}

export const exampleXml =
  '<network xmlns="urn:example:data" xmlns:ex="urn:example:data">' +
  '<port><name>a</name><kind xmlns:q="urn:example:kinds">q:laser</kind><speed>18446744073709551615</speed>' +
  '<load>1.50</load><level>low</level><flags>up loop</flags><tag>7</tag><tag>none</tag><trunk/><side>3</side></port>' +
  '<port><name>b</name><kind xmlns:q="urn:example:kinds">q:copper</kind><speed>100</speed><enabled>false</enabled></port>' +
  '<port><name>it\'s "c"</name><level>high</level><flags>up</flags><trunk><native>12</native></trunk></port>' +
  '<link><from>a</from><to>b</to><cost>-5</cost><slow/></link>' +
  '<main>b</main>' +
  "<where>/ex:network/ex:port[ex:name='b']/ex:speed</where>" +
  '<key>AAEC</key>' +
  '<note><x xmlns="urn:example:kinds">1 &lt; 2</x></note>' +
  '</network>';
