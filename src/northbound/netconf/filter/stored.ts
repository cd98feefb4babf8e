/** Filters that are data: parameters of rpcs that are no `<filter>`, and those of /filters (RFC 8639, RFC 8641). */
import { XmlReader } from '../../../yang/codec/xml-reader.ts';
import type { Schema } from '../../../yang/schema/node.ts';
import { compileExpression } from '../../../yang/xpath/compile.ts';
import type { Filter } from './filter.ts';
import { FilterReader } from './read.ts';

/** The content of an anydata node as a subtree filter. Throws a FaultError. */
export function subtreeFilter(schema: Schema, xml: string): Filter {
  const element = { name: 'filter', prefix: '', namespace: '', attributes: [], declarations: [] };
  const filter = new FilterReader(schema, element, () => undefined);
  let depth = 0;
  const reader = new XmlReader({
    open: (inner, resolve) => {
      if (depth++ > 0) filter.open(inner, resolve);
    },
    text: (text) => {
      if (depth > 1) filter.text(text);
    },
    close: () => {
      if (--depth > 0) filter.close();
    },
  });
  reader.write(`<filter>${xml}</filter>`);
  reader.end();
  return filter.finish();
}

/** A value of the type xpath1.0: prefixes are names of modules. Throws a FaultError where it is no expression. */
export function xpathFilter(value: string): Filter {
  const scope = { moduleOf: (prefix: string) => prefix, defaultModule: undefined };
  return { kind: 'xpath', expression: compileExpression(value, scope) };
}
