/** The parsed form of an XPath 1.0 expression, prefixes resolved to modules. */

export type Axis =
  | 'ancestor'
  | 'ancestor-or-self'
  | 'attribute'
  | 'child'
  | 'descendant'
  | 'descendant-or-self'
  | 'following'
  | 'following-sibling'
  | 'namespace'
  | 'parent'
  | 'preceding'
  | 'preceding-sibling'
  | 'self';

export type NodeTest =
  /** `module` undefined: the name in any module. `key` is `module:name`, as in `Parent.dataChildren`. */
  | { readonly kind: 'name'; readonly module: string | undefined; readonly name: string; readonly key: string }
  /** `*` or `prefix:*`. */
  | { readonly kind: 'any'; readonly module: string | undefined }
  | { readonly kind: 'node' }
  | { readonly kind: 'text' }
  /** comment() and processing-instruction(): instance data has none. */
  | { readonly kind: 'none' };

export interface Step {
  readonly axis: Axis;
  readonly test: NodeTest;
  readonly predicates: readonly Predicate[];
}

export interface Predicate {
  readonly expr: Expr;
  /** Its truth depends on position() or last(), or it is a number. */
  readonly positional: boolean;
}

/** Every XPath 1.0 expression without variables has a type that is known before evaluation. */
export type ValueType = 'nodes' | 'string' | 'number' | 'boolean';

export type ComparisonOperator = '=' | '!=' | '<' | '<=' | '>' | '>=';
export type ArithmeticOperator = '+' | '-' | '*' | 'div' | 'mod';

interface Base {
  readonly type: ValueType;
  /** Whether position() or last() of the context in which the expression stands is used. */
  readonly positional: boolean;
  /** Nesting depth: bounds the evaluator's recursion. */
  readonly depth: number;
}

export type Expr =
  | (Base & { readonly kind: 'logic'; readonly operator: 'or' | 'and'; readonly operands: readonly Expr[] })
  | (Base & {
      readonly kind: 'compare';
      readonly operator: ComparisonOperator;
      readonly left: Expr;
      readonly right: Expr;
    })
  | (Base & {
      readonly kind: 'arithmetic';
      readonly operator: ArithmeticOperator;
      readonly left: Expr;
      readonly right: Expr;
    })
  | (Base & { readonly kind: 'negate'; readonly operand: Expr })
  | (Base & { readonly kind: 'union'; readonly operands: readonly Expr[] })
  | (Base & { readonly kind: 'literal'; readonly value: string })
  | (Base & { readonly kind: 'number'; readonly value: number })
  | (Base & { readonly kind: 'call'; readonly name: string; readonly args: readonly Expr[] })
  | (Base & PathParts & { readonly kind: 'path' });

export interface PathParts {
  /** Where the steps begin: the root, the context node, or the nodes that an expression gives. */
  readonly start: 'root' | 'context' | Expr;
  /** Predicates on the start expression itself: `(a | b)[1]`. */
  readonly startPredicates: readonly Predicate[];
  readonly steps: readonly Step[];
}

export type PathExpr = Extract<Expr, { kind: 'path' }>;
export type CallExpr = Extract<Expr, { kind: 'call' }>;
export type CompareExpr = Extract<Expr, { kind: 'compare' }>;
