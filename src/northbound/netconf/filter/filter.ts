/** A filter as read from `<filter>` (RFC 6241 sections 6 and 8.9), before it is applied to a schema or a view. */
import type { Expression } from '../../../yang/xpath/expression.ts';

/** An element of a subtree filter. */
export interface FilterElement {
  readonly name: string;
  /** Undefined: any namespace (section 6.2.1). */
  readonly namespace: string | undefined;
  /** It has attribute match expressions (section 6.2.2): data has no attributes, so it selects nothing. */
  readonly hasAttributes: boolean;
  readonly children: readonly FilterElement[];
  /** Text without white space around it; empty where there is none. */
  readonly text: string;
  /** Module of a prefix where the text stands, for values that hold names. */
  moduleOf(prefix: string): string | undefined;
}

export type Filter =
  | { readonly kind: 'subtree'; readonly elements: readonly FilterElement[] }
  | { readonly kind: 'xpath'; readonly expression: Expression };
