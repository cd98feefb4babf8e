/** identityref (RFC 7950 section 9.10). Canonical: `module:identity`. */
import type { Identity } from '../schema/node.ts';
import { accepted, quote, refused, TypeBase } from './base.ts';
import type { NameScope, ParsedValue } from './type.ts';

export class IdentityrefType extends TypeBase {
  readonly identityBases: readonly Identity[];
  private readonly derived: (bases: readonly Identity[]) => ReadonlySet<string>;
  private allowed: ReadonlySet<string> | undefined;

  /** @param derived names (`module:identity`) of the identities derived from all bases; asked once, on first use */
  constructor(
    typedef: string | undefined,
    bases: readonly Identity[],
    derived: (bases: readonly Identity[]) => ReadonlySet<string>,
  ) {
    super('identityref', typedef);
    this.identityBases = bases;
    this.derived = derived;
  }

  override get hasNames(): boolean {
    return true;
  }

  parse(lexical: string, scope: NameScope): ParsedValue {
    const text = lexical.trim();
    const colon = text.indexOf(':');
    const prefix = colon < 0 ? '' : text.slice(0, colon);
    const module = scope.moduleOf(prefix);
    if (module === undefined) {
      return refused(
        prefix === '' ? `${quote(lexical)} has no prefix` : `the prefix of ${quote(lexical)} is not declared`,
      );
    }
    this.allowed ??= this.derived(this.identityBases);
    const value = `${module}:${text.slice(colon + 1)}`;
    if (this.allowed.has(value)) return accepted(value);
    const bases = this.identityBases.map((base) => `${base.module.name}:${base.name}`).join(' and ');
    return refused(`${quote(value)} is not an identity derived from ${bases}`);
  }

  override toXml(value: string, prefixOf: (module: string) => string): string {
    const colon = value.indexOf(':');
    const prefix = prefixOf(value.slice(0, colon));
    return prefix === '' ? value.slice(colon + 1) : `${prefix}:${value.slice(colon + 1)}`;
  }
}
