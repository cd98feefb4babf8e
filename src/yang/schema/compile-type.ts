/** `type` statements to types: typedefs followed, restrictions applied (RFC 7950 sections 7.3, 7.4 and 9). */
import { ModuleError } from '../statement/error.ts';
import type { Statement } from '../statement/statement.ts';
import { BinaryType } from '../type/binary.ts';
import { BooleanType, EmptyType } from '../type/boolean.ts';
import { isBuiltIn, ONLY_BUILT_IN, RESTRICTIONS } from '../type/built-in.ts';
import { DECIMAL64_BOUNDS, Decimal64Type, scaled } from '../type/decimal64.ts';
import { BitsType, EnumerationType } from '../type/enumeration.ts';
import { IdentityrefType } from '../type/identityref.ts';
import { InstanceIdentifierType } from '../type/instance-identifier.ts';
import { type IntegerBase, IntegerType, integerBounds } from '../type/integer.ts';
import { LeafrefType } from '../type/leafref.ts';
import { BadRange, parseRanges, type Ranges, type Restriction } from '../type/range.ts';
import { LENGTH_BOUNDS, StringType } from '../type/string.ts';
import type { BaseType, Type } from '../type/type.ts';
import { UnionType } from '../type/union.ts';
import { XPATH_MODULE, XPATH_TYPEDEF, XPathStringType } from '../type/xpath-string.ts';
import { namesOf } from './compile-names.ts';
import { patternsOf } from './compile-pattern.ts';
import type { IdentityTable } from './identity.ts';
import { child, type Definition, type Scope } from './module.ts';
import type { Schema } from './node.ts';

/** A leafref whose target is still to be found, from the leaf that uses the type. */
export interface OpenLeafref {
  readonly type: LeafrefType;
  readonly path: Definition;
  readonly requireInstance: boolean;
}

export interface CompiledType {
  readonly type: Type;
  /** `default` and `units` of the nearest typedef that has one. */
  readonly default: Definition | undefined;
  readonly units: string | undefined;
  readonly leafrefs: readonly OpenLeafref[];
}

const MAX_CHAIN = 200;

export class TypeCompiler {
  private readonly identities: IdentityTable;
  private readonly schema: () => Schema;
  private readonly typedefs = new Map<Statement, CompiledType>();
  private readonly inLeaves = new Map<Statement, CompiledType>();
  private readonly open: Statement[] = [];

  constructor(identities: IdentityTable, schema: () => Schema) {
    this.identities = identities;
    this.schema = schema;
  }

  /** @param typedef name of the typedef that the statement defines, if it does */
  compile(statement: Statement, scope: Scope, typedef?: string): CompiledType {
    const name = statement.argument as string;
    if (isBuiltIn(name)) return this.cached(statement, typedef, () => this.builtIn(name, statement, scope, typedef));
    const found = scope.find('typedef', name, statement);
    if (!found) throw new ModuleError(statement, `there is no type "${name}"`);
    const base = this.compileTypedef(found);
    checkRestrictions(statement, base.type.base, false);
    const restricts = statement.children.some(({ keyword }) => RESTRICTIONS[base.type.base].includes(keyword));
    if (!restricts && typedef === undefined && base.leafrefs.length === 0) return base;
    return this.cached(statement, typedef, () => this.derive(base, statement, scope, typedef ?? base.type.typedef));
  }

  /** A grouping's leaf has one type wherever it is used, unless a leafref depends on where that is. */
  private cached(statement: Statement, typedef: string | undefined, make: () => CompiledType): CompiledType {
    const known = typedef === undefined ? this.inLeaves.get(statement) : undefined;
    if (known) return known;
    const made = make();
    if (typedef === undefined && made.leafrefs.length === 0) this.inLeaves.set(statement, made);
    return made;
  }

  /** A current definition does not use a deprecated or obsolete one of its own module (section 7.21.2). */
  checkStatus(type: Statement, scope: Scope): void {
    if (isBuiltIn(type.argument as string)) return;
    const typedef = scope.find('typedef', type.argument as string, type);
    const status = typedef && child(typedef.statement, 'status')?.argument;
    if (!status || status === 'current' || typedef.scope.unit.module !== scope.unit.module) return;
    throw new ModuleError(type, `a current definition uses the type "${type.argument}", which is ${status}`);
  }

  compileTypedef({ statement, scope }: Definition): CompiledType {
    const known = this.typedefs.get(statement);
    if (known) return known;
    if (this.open.includes(statement))
      throw new ModuleError(statement, `typedef "${statement.argument}" is derived from itself`);
    if (this.open.length > MAX_CHAIN) throw new ModuleError(statement, `types are derived more than ${MAX_CHAIN} deep`);
    this.open.push(statement);
    const inner = this.compile(
      child(statement, 'type') as Statement,
      scope,
      `${scope.unit.module.name}:${statement.argument}`,
    );
    this.open.pop();
    const own = child(statement, 'default');
    const result: CompiledType = {
      ...inner,
      default: own ? { statement: own, scope } : inner.default,
      units: child(statement, 'units')?.argument ?? inner.units,
    };
    this.typedefs.set(statement, result);
    return result;
  }

  private builtIn(base: BaseType, statement: Statement, scope: Scope, typedef: string | undefined): CompiledType {
    checkRestrictions(statement, base, true);
    const simple = (type: Type): CompiledType => ({ type, default: undefined, units: undefined, leafrefs: [] });
    switch (base) {
      case 'decimal64': {
        const digits = child(statement, 'fraction-digits');
        if (!digits) throw new ModuleError(statement, 'a decimal64 needs "fraction-digits"');
        const fractionDigits = Number(digits.argument);
        return simple(
          new Decimal64Type(
            typedef,
            fractionDigits,
            decimalRange(statement, fractionDigits, { ranges: DECIMAL64_BOUNDS }),
          ),
        );
      }
      case 'string':
        return simple(
          new (isXPath(typedef, scope) ? XPathStringType : StringType)(
            typedef,
            lengthOf(statement, undefined),
            patternsOf(statement),
          ),
        );
      case 'boolean':
        return simple(new BooleanType(typedef));
      case 'empty':
        return simple(new EmptyType(typedef));
      case 'enumeration':
        return simple(new EnumerationType(typedef, ...namesOf(statement, scope.unit, undefined)));
      case 'bits':
        return simple(new BitsType(typedef, ...namesOf(statement, scope.unit, undefined)));
      case 'binary':
        return simple(new BinaryType(typedef, lengthOf(statement, undefined)));
      case 'leafref':
        return this.leafref(statement, scope, typedef);
      case 'identityref':
        return simple(this.identityref(statement, scope, typedef));
      case 'union':
        return this.union(statement, scope, typedef);
      case 'instance-identifier':
        return simple(new InstanceIdentifierType(typedef, requireInstance(statement) ?? true, this.schema));
      default:
        return simple(integer(base, typedef, statement, { ranges: integerBounds(base) }));
    }
  }

  /** A new type from `base` with the restrictions of `statement`, named `typedef`. */
  private derive(base: CompiledType, statement: Statement, scope: Scope, typedef: string | undefined): CompiledType {
    const { type } = base;
    if (type instanceof LeafrefType) {
      const [open] = base.leafrefs as [OpenLeafref];
      const derived = new LeafrefType(typedef);
      const required = requireInstance(statement) ?? open.requireInstance;
      return { ...base, type: derived, leafrefs: [{ type: derived, path: open.path, requireInstance: required }] };
    }
    if (type instanceof UnionType) return { ...base, ...cloneUnion(type, base.leafrefs, typedef) };
    return { ...base, type: this.deriveSimple(type, statement, scope, typedef) };
  }

  private deriveSimple(type: Type, statement: Statement, scope: Scope, typedef: string | undefined): Type {
    if (type instanceof IntegerType) {
      return integer(type.base as IntegerBase, typedef, statement, type.restriction);
    }
    if (type instanceof Decimal64Type) {
      return new Decimal64Type(
        typedef,
        type.fractionDigits,
        decimalRange(statement, type.fractionDigits, type.restriction),
      );
    }
    if (type instanceof StringType) {
      const Derived = type instanceof XPathStringType ? XPathStringType : StringType;
      return new Derived(typedef, lengthOf(statement, type.length), [...type.patterns, ...patternsOf(statement)]);
    }
    if (type instanceof BinaryType) return new BinaryType(typedef, lengthOf(statement, type.length));
    if (type instanceof EnumerationType) return new EnumerationType(typedef, ...namesOf(statement, scope.unit, type));
    if (type instanceof BitsType) return new BitsType(typedef, ...namesOf(statement, scope.unit, type));
    if (type instanceof InstanceIdentifierType) {
      return new InstanceIdentifierType(typedef, requireInstance(statement) ?? type.requireInstance, this.schema);
    }
    if (type instanceof IdentityrefType) {
      return new IdentityrefType(typedef, type.identityBases, (bases) => this.identities.derivedFromAll(bases));
    }
    return type instanceof BooleanType ? new BooleanType(typedef) : new EmptyType(typedef);
  }

  private leafref(statement: Statement, scope: Scope, typedef: string | undefined): CompiledType {
    const path = child(statement, 'path');
    const required = child(statement, 'require-instance');
    if (required && scope.unit.version === '1')
      throw new ModuleError(required, '"require-instance" of a leafref needs YANG 1.1');
    if (!path) throw new ModuleError(statement, 'a leafref needs a "path"');
    const type = new LeafrefType(typedef);
    const open = { type, path: { statement: path, scope }, requireInstance: requireInstance(statement) ?? true };
    return { type, default: undefined, units: undefined, leafrefs: [open] };
  }

  private identityref(statement: Statement, scope: Scope, typedef: string | undefined): Type {
    const bases = statement.children.filter(({ keyword }) => keyword === 'base');
    if (bases.length === 0) throw new ModuleError(statement, 'an identityref needs a "base"');
    if (bases.length > 1 && scope.unit.version === '1') throw new ModuleError(statement, 'several bases need YANG 1.1');
    const identities = bases.map((base) => this.identities.base(base, scope.unit));
    return new IdentityrefType(typedef, identities, (all) => this.identities.derivedFromAll(all));
  }

  private union(statement: Statement, scope: Scope, typedef: string | undefined): CompiledType {
    const members = statement.children
      .filter(({ keyword }) => keyword === 'type')
      .map((member) => this.compile(member, scope));
    if (members.length === 0) throw new ModuleError(statement, 'a union needs at least one "type"');
    return {
      type: new UnionType(
        typedef,
        members.map(({ type }) => type),
      ),
      default: undefined,
      units: undefined,
      leafrefs: members.flatMap(({ leafrefs }) => leafrefs),
    };
  }
}

/** The union anew, so that leafrefs in it can be resolved from another leaf. */
function cloneUnion(
  union: UnionType,
  open: readonly OpenLeafref[],
  typedef: string | undefined,
): { type: Type; leafrefs: OpenLeafref[] } {
  const leafrefs: OpenLeafref[] = [];
  const clone = (type: Type): Type => {
    if (type instanceof UnionType && open.length > 0) return new UnionType(type.typedef, type.members.map(clone));
    const found = open.find((one) => one.type === type);
    if (!found) return type;
    const fresh = new LeafrefType(type.typedef);
    leafrefs.push({ ...found, type: fresh });
    return fresh;
  };
  return { type: new UnionType(typedef, union.members.map(clone)), leafrefs };
}

function checkRestrictions(statement: Statement, base: BaseType, isBuiltInType: boolean): void {
  for (const one of statement.children) {
    if (one.keyword.includes(':')) continue;
    const fits = RESTRICTIONS[base].includes(one.keyword) && (isBuiltInType || !ONLY_BUILT_IN.includes(one.keyword));
    if (!fits)
      throw new ModuleError(one, `"${one.keyword}" does not restrict the type "${statement.argument}" (${base})`);
  }
}

function requireInstance(statement: Statement): boolean | undefined {
  const one = child(statement, 'require-instance');
  return one ? one.argument === 'true' : undefined;
}

function integer(base: IntegerBase, typedef: string | undefined, statement: Statement, old: Restriction): IntegerType {
  const number = (text: string) => (/^[+-]?\d{1,20}$/.test(text) ? BigInt(text.replace('+', '')) : undefined);
  return new IntegerType(base, typedef, restriction(child(statement, 'range'), old, number) ?? old);
}

function decimalRange(statement: Statement, fractionDigits: number, old: Restriction): Restriction {
  return restriction(child(statement, 'range'), old, (text) => scaled(text, fractionDigits)) ?? old;
}

function lengthOf(statement: Statement, old: Restriction | undefined): Restriction | undefined {
  const number = (text: string) => (/^\d{1,20}$/.test(text) ? BigInt(text) : undefined);
  return restriction(child(statement, 'length'), old ?? { ranges: LENGTH_BOUNDS }, number) ?? old;
}

function restriction(
  statement: Statement | undefined,
  old: Restriction,
  number: (text: string) => bigint | undefined,
): Restriction | undefined {
  if (!statement) return undefined;
  let ranges: Ranges;
  try {
    ranges = parseRanges(statement.argument as string, old.ranges, number);
  } catch (error) {
    if (error instanceof BadRange) throw new ModuleError(statement, error.message);
    throw error;
  }
  return {
    ranges,
    errorMessage: child(statement, 'error-message')?.argument,
    errorAppTag: child(statement, 'error-app-tag')?.argument,
  };
}

/** Whether a string is an XPath expression, whose prefixes mean what they mean where it is written. */
function isXPath(typedef: string | undefined, scope: Scope): boolean {
  return typedef === XPATH_TYPEDEF || (typedef === undefined && scope.unit.module.name === XPATH_MODULE);
}
