/** enumeration and bits (RFC 7950 sections 9.6 and 9.7). */
import { accepted, quote, refused, TypeBase } from './base.ts';
import type { NameScope, ParsedValue } from './type.ts';

/** An enum with its value or a bit with its position. */
export interface NamedValue {
  readonly name: string;
  readonly value: number;
}

export class EnumerationType extends TypeBase {
  readonly names: readonly NamedValue[];
  /** With those that an `if-feature` removed: a derived type may name them. */
  readonly declared: readonly NamedValue[];
  private readonly known: ReadonlySet<string>;

  /** @param names in order of value */
  constructor(typedef: string | undefined, names: readonly NamedValue[], declared = names) {
    super('enumeration', typedef);
    this.names = names;
    this.declared = declared;
    this.known = new Set(names.map(({ name }) => name));
  }

  parse(lexical: string, _scope: NameScope): ParsedValue {
    if (this.known.has(lexical)) return accepted(lexical);
    return refused(`${quote(lexical)} is none of ${listed(this.names)}`);
  }
}

export class BitsType extends TypeBase {
  readonly names: readonly NamedValue[];
  /** With those that an `if-feature` removed: a derived type may name them. */
  readonly declared: readonly NamedValue[];
  private readonly order: ReadonlyMap<string, number>;

  /** @param names in order of position */
  constructor(typedef: string | undefined, names: readonly NamedValue[], declared = names) {
    super('bits', typedef);
    this.names = names;
    this.declared = declared;
    this.order = new Map(names.map(({ name }, index) => [name, index]));
  }

  /** Canonical: in the order of positions, one space in between (section 9.7.2). */
  parse(lexical: string, _scope: NameScope): ParsedValue {
    const set = new Set<number>();
    for (const name of lexical.split(/[ \t\r\n]+/)) {
      if (name === '') continue;
      const index = this.order.get(name);
      if (index === undefined) return refused(`${quote(name)} is none of the bits ${listed(this.names)}`);
      if (set.has(index)) return refused(`the bit ${quote(name)} is there twice`);
      set.add(index);
    }
    const indexes = [...set].sort((a, b) => a - b);
    return accepted(indexes.map((index) => this.names[index]?.name).join(' '));
  }
}

const MOST = 12;

function listed(names: readonly NamedValue[]): string {
  const first = names.slice(0, MOST).map(({ name }) => name);
  return first.join(', ') + (names.length > MOST ? ', …' : '');
}
