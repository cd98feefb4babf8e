/** Namespaces in scope (Namespaces in XML 1.0). One scope an element that declares any. */
import type { QName } from './xml-name.ts';
import { XmlError } from './xml-text.ts';

const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace';
const XMLNS_NAMESPACE = 'http://www.w3.org/2000/xmlns/';

export interface Scope {
  readonly above: Scope | undefined;
  readonly declared: readonly (readonly [prefix: string, namespace: string])[];
}

/** Undefined: not declared. */
export function resolvePrefix(scope: Scope | undefined, prefix: string): string | undefined {
  for (let at = scope; at !== undefined; at = at.above) {
    for (const [declared, namespace] of at.declared) if (declared === prefix) return namespace;
  }
  return prefix === 'xml' ? XML_NAMESPACE : prefix === 'xmlns' ? XMLNS_NAMESPACE : undefined;
}

/** The prefix that an attribute declares (the empty one: the default namespace); undefined where it declares none. */
export function declaredPrefix({ prefix, local }: QName): string | undefined {
  if (prefix === 'xmlns') return local;
  return prefix === '' && local === 'xmlns' ? '' : undefined;
}

/** Section 3: what may not be declared. Throws XmlError. */
export function checkDeclaration(prefix: string, namespace: string): void {
  if (prefix === 'xmlns') throw new XmlError('the prefix xmlns may not be declared');
  if ((prefix === 'xml') !== (namespace === XML_NAMESPACE)) {
    throw new XmlError(`the prefix xml and its namespace belong together`);
  }
  if (namespace === XMLNS_NAMESPACE) throw new XmlError(`${XMLNS_NAMESPACE} may not be declared`);
  if (prefix !== '' && namespace === '') throw new XmlError('invalid attempt to undefine prefix in XML 1.0');
}
