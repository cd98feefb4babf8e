/**
 * YANG's types (RFC 7950 section 9). Inside the router a leaf's value is one string, its canonical form,
 * with module names as prefixes where the form holds names (identityref `iana-if-type:l2vlan`,
 * instance-identifier `/ietf-interfaces:interfaces/interface[name='a']`, as in RFC 7951 section 6.8 and 6.11).
 * So equality is string equality, 64-bit and decimal numbers are exact, and storing needs no conversion.
 */
import type { Constraint, Identity, LeafListNode, LeafNode } from '../schema/node.ts';

export type BaseType =
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'decimal64'
  | 'string'
  | 'boolean'
  | 'enumeration'
  | 'bits'
  | 'binary'
  | 'leafref'
  | 'identityref'
  | 'empty'
  | 'union'
  | 'instance-identifier';

/** How the names in a lexical value are to be read: the namespaces in scope of XML, or JSON's module names. */
export interface NameScope {
  /** Module of a prefix; of the empty prefix: the default (XML: default namespace; JSON: the leaf's own module). */
  moduleOf(prefix: string): string | undefined;
  /** The name itself where it is that of an implemented module: for prefixes that nobody declared. */
  implemented?(name: string): string | undefined;
  /** The value stands in a YANG module (`default`), where integers may be hexadecimal or octal (RFC 7950 section 9.2.1). */
  readonly inModule?: boolean;
}

export type ParsedValue =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly message: string; readonly appTag?: string };

export interface Type {
  readonly base: BaseType;
  /** Name of the typedef it came from, as `module:name`; undefined for a built-in type. */
  readonly typedef: string | undefined;
  /** Lexical to canonical; says what is wrong with a value that does not fit. */
  parse(lexical: string, scope: NameScope): ParsedValue;
  /** Whether canonical values of the type can hold module names, which a writer has to turn into prefixes. */
  readonly hasNames: boolean;
  /**
   * Canonical to XML: `prefixOf` gives the prefix to use for a module (and declares it).
   * Only to be called where `hasNames` is set; otherwise the canonical form is the XML form.
   */
  toXml(value: string, prefixOf: (module: string) => string): string;
  /** JSON form (RFC 7951 section 6): number, string, boolean, or [null] for empty. */
  toJson(value: string): string | number | boolean | [null];
  /** Numeric order of two canonical values of a numeric type; otherwise by code point. */
  compare(a: string, b: string): number;

  /** enumeration: names with values; bits: names with positions. In order of value. */
  readonly names?: readonly { readonly name: string; readonly value: number }[];
  /** union: member types in order. */
  readonly members?: readonly Type[];
  /** leafref: what it points to (its type decides the values), the path, and whether an instance must exist. */
  readonly leafref?: {
    readonly target: LeafNode | LeafListNode;
    readonly path: Constraint;
    readonly requireInstance: boolean;
  };
  /** instance-identifier: whether an instance must exist. */
  readonly requireInstance?: boolean;
  /** identityref: the bases; a value must be derived from all. */
  readonly identityBases?: readonly Identity[];
  /** decimal64. */
  readonly fractionDigits?: number;
  /** Ranges or lengths, inclusive, as bigint (decimal64: scaled by fractionDigits). */
  readonly ranges?: readonly (readonly [bigint, bigint])[];
}
