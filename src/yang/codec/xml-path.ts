/** Instance paths of faults as XPath with prefixes, which `error-path` and instance-identifiers in XML are. */
import type { Schema } from '../schema/node.ts';
import { parseInstancePath, quote } from '../xpath/instance-identifier.ts';
import { Declarations } from './xml-writer.ts';

export interface XmlPath {
  readonly xpath: string;
  /** Prefix to namespace: all that the path uses. */
  readonly namespaces: ReadonlyMap<string, string>;
}

/** `/ietf-interfaces:interfaces/interface[name='a']` as `/if:interfaces/if:interface[if:name='a']`. */
export function pathToXml(schema: Pick<Schema, 'modules'>, path: string): XmlPath {
  const declared = new Declarations(schema.modules);
  const steps = parseInstancePath(path);
  if (steps === undefined) return { xpath: path, namespaces: declared.namespaces };
  let xpath = '';
  for (const step of steps) {
    xpath += `/${declared.prefixOf(step.module)}:${step.name}`;
    for (const predicate of step.predicates) {
      if (predicate.kind === 'position') xpath += `[${predicate.position}]`;
      else if (predicate.kind === 'value') xpath += `[.=${quote(predicate.value)}]`;
      else xpath += `[${declared.prefixOf(predicate.module)}:${predicate.name}=${quote(predicate.value)}]`;
    }
  }
  return { xpath, namespaces: declared.namespaces };
}
