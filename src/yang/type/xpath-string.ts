/**
 * ietf-yang-types:xpath1.0 (RFC 6991) and what is derived from it. The prefixes in such a string mean what they mean where
 * it is written, so the canonical form has module names in their place, and a writer turns those into its own prefixes.
 * A prefix that means nothing there may be a module's name (RFC 8639, leaf stream-xpath-filter; RFC 8641).
 */
import { accepted, quote, refused } from './base.ts';
import { StringType } from './string.ts';
import type { NameScope, ParsedValue } from './type.ts';

/** The typedef whose strings these are. */
export const XPATH_TYPEDEF = 'ietf-yang-types:xpath1.0';

/** RFC 5717's module writes `string` where it means an expression, its only string: it is older than the typedef. */
export const XPATH_MODULE = 'ietf-netconf-partial-lock';

/** Literals and axes are passed over; what remains of name and colon is a prefix. */
const PREFIX = /"[^"]*"|'[^']*'|[A-Za-z_][\w.-]*::|([A-Za-z_][\w.-]*):(?=[A-Za-z_*])/g;

export class XPathStringType extends StringType {
  override get hasNames(): boolean {
    return true;
  }

  override parse(lexical: string, scope: NameScope): ParsedValue {
    const parsed = super.parse(lexical, scope);
    if (!parsed.ok) return parsed;
    let unknown: string | undefined;
    const value = replacePrefixes(parsed.value, (prefix) => {
      const module = scope.moduleOf(prefix) ?? scope.implemented?.(prefix);
      if (module === undefined) unknown ??= prefix;
      return module ?? prefix;
    });
    return unknown === undefined
      ? accepted(value)
      : refused(`the prefix "${unknown}" in ${quote(lexical)} stands for no module`);
  }

  override toXml(value: string, prefixOf: (module: string) => string): string {
    return replacePrefixes(value, prefixOf);
  }
}

function replacePrefixes(text: string, replace: (prefix: string) => string): string {
  return text.replace(PREFIX, (all: string, prefix: string | undefined) =>
    prefix === undefined ? all : `${replace(prefix)}:`,
  );
}
