/** leafref (RFC 7950 section 9.9): the values of the leaf that it points to. */
import type { Constraint, LeafListNode, LeafNode } from '../schema/node.ts';
import { TypeBase } from './base.ts';
import type { NameScope, ParsedValue, Type } from './type.ts';

export interface LeafrefTarget {
  readonly target: LeafNode | LeafListNode;
  readonly path: Constraint;
  readonly requireInstance: boolean;
}

/** Made before its target is known; `resolve` is called once, before the schema is handed out. */
export class LeafrefType extends TypeBase {
  private resolved: LeafrefTarget | undefined;

  constructor(typedef: string | undefined) {
    super('leafref', typedef);
  }

  resolve(target: LeafrefTarget): void {
    this.resolved = target;
  }

  get leafref(): LeafrefTarget {
    if (!this.resolved) throw new Error('the leafref is used before it is resolved');
    return this.resolved;
  }

  private get values(): Type {
    return this.leafref.target.type;
  }

  override get hasNames(): boolean {
    return this.values.hasNames;
  }

  parse(lexical: string, scope: NameScope): ParsedValue {
    return this.values.parse(lexical, scope);
  }

  override toXml(value: string, prefixOf: (module: string) => string): string {
    return this.values.toXml(value, prefixOf);
  }

  override toJson(value: string): string | number | boolean | [null] {
    return this.values.toJson(value);
  }

  override compare(a: string, b: string): number {
    return this.values.compare(a, b);
  }
}
