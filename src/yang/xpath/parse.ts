/** Recursive-descent parser of XPath 1.0 (the grammar of its sections 2 and 3). */
import type { ArithmeticOperator, Axis, ComparisonOperator, Expr, NodeTest, Predicate, Step } from './ast.ts';
import { type FunctionSignature, signatures } from './functions.ts';
import { XPathSyntaxError } from './syntax-error.ts';
import { type Token, tokenize } from './token.ts';

/** Nesting of parentheses, predicates, calls and left-associative operators. */
const maxDepth = 160;
/** Characters; the longest `must` of public modules has some 2,000. */
const maxLength = 65_536;

const axes: ReadonlySet<string> = new Set<Axis>([
  'ancestor',
  'ancestor-or-self',
  'attribute',
  'child',
  'descendant',
  'descendant-or-self',
  'following',
  'following-sibling',
  'namespace',
  'parent',
  'preceding',
  'preceding-sibling',
  'self',
]);

const nodeTypes = new Set(['node', 'text', 'comment', 'processing-instruction']);

/** How names of the expression are read. */
export interface NameResolver {
  /** Undefined: the prefix is not declared. */
  moduleOf(prefix: string): string | undefined;
  readonly defaultModule: string | undefined;
}

const anyNode: NodeTest = { kind: 'node' };

/** Throws XPathSyntaxError. */
export function parseXPath(source: string, names: NameResolver): Expr {
  if (source.length > maxLength) throw new XPathSyntaxError(`longer than ${maxLength} characters`, maxLength);
  return new Parser(tokenize(source), names).parse();
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #names: NameResolver;
  #next = 0;
  #nesting = 0;

  constructor(tokens: readonly Token[], names: NameResolver) {
    this.#tokens = tokens;
    this.#names = names;
  }

  parse(): Expr {
    const expr = this.#expr();
    const token = this.#peek();
    if (token.kind !== 'end') throw this.#unexpected(token);
    return expr;
  }

  #peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#next + ahead, this.#tokens.length - 1)] as Token;
  }

  #isSymbol(value: string, ahead = 0): boolean {
    const token = this.#peek(ahead);
    return token.kind === 'symbol' && token.value === value;
  }

  #accept(value: string): boolean {
    if (!this.#isSymbol(value)) return false;
    this.#next++;
    return true;
  }

  #expect(value: string): void {
    if (!this.#accept(value)) throw this.#unexpected(this.#peek(), `"${value}"`);
  }

  #unexpected(token: Token, wanted?: string): XPathSyntaxError {
    const what =
      token.kind === 'end'
        ? 'the expression ends'
        : token.kind === 'symbol'
          ? `"${token.value}" is`
          : token.kind === 'name'
            ? `the name "${token.prefix === undefined ? '' : `${token.prefix}:`}${token.local}" is`
            : `the ${token.kind} ${JSON.stringify(token.value)} is`;
    return new XPathSyntaxError(`${what} where ${wanted ?? 'something else'} is expected`, token.at);
  }

  #deeper<T>(parse: () => T): T {
    if (++this.#nesting > maxDepth) throw new XPathSyntaxError(`nested deeper than ${maxDepth}`, this.#peek().at);
    const result = parse();
    this.#nesting--;
    return result;
  }

  #depth(...parts: readonly Expr[]): number {
    let depth = 0;
    for (const part of parts) if (part.depth > depth) depth = part.depth;
    if (depth >= maxDepth) throw new XPathSyntaxError(`nested deeper than ${maxDepth}`, this.#peek().at);
    return depth + 1;
  }

  #expr(): Expr {
    return this.#deeper(() => this.#logic('or', () => this.#logic('and', () => this.#equality())));
  }

  #logic(operator: 'or' | 'and', operand: () => Expr): Expr {
    const first = operand();
    if (!this.#isSymbol(operator)) return first;
    const operands = [first];
    while (this.#accept(operator)) operands.push(operand());
    return {
      kind: 'logic',
      operator,
      operands,
      type: 'boolean',
      positional: operands.some((part) => part.positional),
      depth: this.#depth(...operands),
    };
  }

  #leftAssociative(
    operators: readonly string[],
    operand: () => Expr,
    make: (operator: string, left: Expr, right: Expr) => Expr,
  ): Expr {
    let left = operand();
    for (;;) {
      const token = this.#peek();
      if (token.kind !== 'symbol' || !operators.includes(token.value)) return left;
      this.#next++;
      left = make(token.value, left, operand());
    }
  }

  readonly #compare = (operator: string, left: Expr, right: Expr): Expr => ({
    kind: 'compare',
    operator: operator as ComparisonOperator,
    left,
    right,
    type: 'boolean',
    positional: left.positional || right.positional,
    depth: this.#depth(left, right),
  });

  readonly #arithmetic = (operator: string, left: Expr, right: Expr): Expr => ({
    kind: 'arithmetic',
    operator: operator as ArithmeticOperator,
    left,
    right,
    type: 'number',
    positional: left.positional || right.positional,
    depth: this.#depth(left, right),
  });

  #equality(): Expr {
    return this.#leftAssociative(['=', '!='], () => this.#relational(), this.#compare);
  }

  #relational(): Expr {
    return this.#leftAssociative(['<', '<=', '>', '>='], () => this.#additive(), this.#compare);
  }

  #additive(): Expr {
    return this.#leftAssociative(['+', '-'], () => this.#multiplicative(), this.#arithmetic);
  }

  #multiplicative(): Expr {
    return this.#leftAssociative(['*', 'div', 'mod'], () => this.#unary(), this.#arithmetic);
  }

  #unary(): Expr {
    let minuses = 0;
    while (this.#accept('-')) minuses++;
    let operand = this.#union();
    // Two minuses still make a number of what they stand before.
    for (let i = minuses === 0 ? 0 : minuses % 2 === 0 ? 2 : 1; i > 0; i--) {
      operand = {
        kind: 'negate',
        operand,
        type: 'number',
        positional: operand.positional,
        depth: this.#depth(operand),
      };
    }
    return operand;
  }

  #union(): Expr {
    const first = this.#path();
    if (!this.#isSymbol('|')) return first;
    const operands = [first];
    while (this.#accept('|')) operands.push(this.#path());
    for (const operand of operands) {
      if (operand.type !== 'nodes') throw new XPathSyntaxError('"|" joins node sets only', this.#peek().at);
    }
    return {
      kind: 'union',
      operands,
      type: 'nodes',
      positional: operands.some((part) => part.positional),
      depth: this.#depth(...operands),
    };
  }

  #path(): Expr {
    const token = this.#peek();
    if (this.#startsPrimary(token)) return this.#filter();
    if (this.#accept('/')) {
      const steps = this.#startsStep(this.#peek()) ? this.#steps([]) : [];
      return this.#makePath('root', [], steps);
    }
    if (this.#accept('//')) return this.#makePath('root', [], this.#steps([descend()]));
    if (!this.#startsStep(token)) throw this.#unexpected(token, 'a path, a value or a call');
    return this.#makePath('context', [], this.#steps([]));
  }

  #startsPrimary(token: Token): boolean {
    if (token.kind === 'literal' || token.kind === 'number') return true;
    if (token.kind === 'symbol') return token.value === '(' || token.value === '$';
    return (
      token.kind === 'name' &&
      token.local !== '*' &&
      this.#isSymbol('(', 1) &&
      !(token.prefix === undefined && nodeTypes.has(token.local))
    );
  }

  #startsStep(token: Token): boolean {
    if (token.kind === 'name') return true;
    return token.kind === 'symbol' && (token.value === '.' || token.value === '..' || token.value === '@');
  }

  #makePath(start: 'root' | 'context' | Expr, startPredicates: readonly Predicate[], steps: readonly Step[]): Expr {
    const parts: Expr[] = [];
    if (typeof start !== 'string') parts.push(start);
    for (const predicate of startPredicates) parts.push(predicate.expr);
    for (const step of steps) for (const predicate of step.predicates) parts.push(predicate.expr);
    return {
      kind: 'path',
      start,
      startPredicates,
      steps: joinDescents(steps),
      type: 'nodes',
      positional: typeof start !== 'string' && start.positional,
      depth: this.#depth(...parts),
    };
  }

  #filter(): Expr {
    const at = this.#peek().at;
    const primary = this.#primary();
    const predicates = this.#predicates();
    const slash = this.#isSymbol('/') || this.#isSymbol('//');
    if (predicates.length === 0 && !slash) return primary;
    if (primary.type !== 'nodes') throw new XPathSyntaxError(`a ${primary.type} has no nodes to select from`, at);
    let steps: Step[] = [];
    if (this.#accept('//')) steps = this.#steps([descend()]);
    else if (this.#accept('/')) steps = this.#steps([]);
    return this.#makePath(primary, predicates, steps);
  }

  #primary(): Expr {
    const token = this.#peek();
    this.#next++;
    switch (token.kind) {
      case 'literal':
        return { kind: 'literal', value: token.value, type: 'string', positional: false, depth: 1 };
      case 'number':
        return { kind: 'number', value: token.value, type: 'number', positional: false, depth: 1 };
      case 'name':
        return this.#call(token.prefix, token.local, token.at);
      case 'symbol': {
        if (token.value === '$') throw new XPathSyntaxError('no variable is bound', token.at);
        const expr = this.#expr();
        this.#expect(')');
        return expr;
      }
      case 'end':
        throw this.#unexpected(token);
    }
  }

  #call(prefix: string | undefined, name: string, at: number): Expr {
    const signature = prefix === undefined ? signatures.get(name) : undefined;
    if (signature === undefined) {
      throw new XPathSyntaxError(`there is no function ${prefix === undefined ? '' : `${prefix}:`}${name}()`, at);
    }
    this.#expect('(');
    const args: Expr[] = [];
    if (!this.#accept(')')) {
      do args.push(this.#expr());
      while (this.#accept(','));
      this.#expect(')');
    }
    checkArguments(name, signature, args, at);
    const own = name === 'position' || name === 'last';
    return {
      kind: 'call',
      name,
      args,
      type: signature.result,
      positional: own || args.some((part) => part.positional),
      depth: this.#depth(...args),
    };
  }

  #steps(steps: Step[]): Step[] {
    for (;;) {
      steps.push(this.#step());
      if (this.#accept('//')) steps.push(descend());
      else if (!this.#accept('/')) return steps;
    }
  }

  #step(): Step {
    if (this.#accept('.')) return { axis: 'self', test: anyNode, predicates: [] };
    if (this.#accept('..')) return { axis: 'parent', test: anyNode, predicates: [] };
    let axis: Axis = 'child';
    const token = this.#peek();
    if (this.#accept('@')) axis = 'attribute';
    else if (token.kind === 'name' && this.#isSymbol('::', 1)) {
      if (token.prefix !== undefined || !axes.has(token.local)) {
        throw new XPathSyntaxError(`there is no axis "${token.local}"`, token.at);
      }
      axis = token.local as Axis;
      this.#next += 2;
    }
    const test = this.#nodeTest();
    return { axis, test, predicates: this.#predicates() };
  }

  #nodeTest(): NodeTest {
    const token = this.#peek();
    if (token.kind !== 'name') throw this.#unexpected(token, 'a node test');
    this.#next++;
    if (token.prefix === undefined && nodeTypes.has(token.local) && this.#accept('(')) {
      if (token.local === 'processing-instruction' && this.#peek().kind === 'literal') this.#next++;
      this.#expect(')');
      if (token.local === 'node') return anyNode;
      return token.local === 'text' ? { kind: 'text' } : { kind: 'none' };
    }
    let module = this.#names.defaultModule;
    if (token.prefix !== undefined) {
      module = this.#names.moduleOf(token.prefix);
      if (module === undefined) throw new XPathSyntaxError(`the prefix "${token.prefix}" is not declared`, token.at);
    } else if (token.local === '*') {
      return { kind: 'any', module: undefined };
    }
    if (token.local === '*') return { kind: 'any', module };
    return { kind: 'name', module, name: token.local, key: module === undefined ? '' : `${module}:${token.local}` };
  }

  #predicates(): Predicate[] {
    const predicates: Predicate[] = [];
    while (this.#accept('[')) {
      const expr = this.#expr();
      this.#expect(']');
      predicates.push({ expr, positional: expr.positional || expr.type === 'number' });
    }
    return predicates;
  }
}

/** What `//` stands for, together with the `/` around it. */
function descend(): Step {
  return { axis: 'descendant-or-self', test: anyNode, predicates: [] };
}

/** `//name` is one walk along the descendant axis where no predicate counts positions. */
function joinDescents(steps: readonly Step[]): readonly Step[] {
  const joined: Step[] = [];
  for (const step of steps) {
    const before = joined.at(-1);
    if (
      before?.axis === 'descendant-or-self' &&
      before.test === anyNode &&
      before.predicates.length === 0 &&
      step.axis === 'child' &&
      !step.predicates.some((predicate) => predicate.positional)
    ) {
      joined[joined.length - 1] = { axis: 'descendant', test: step.test, predicates: step.predicates };
    } else {
      joined.push(step);
    }
  }
  return joined;
}

function checkArguments(name: string, signature: FunctionSignature, args: readonly Expr[], at: number): void {
  const { required, optional, rest } = signature;
  const most = rest === undefined ? required.length + optional.length : Number.POSITIVE_INFINITY;
  if (args.length < required.length || args.length > most) {
    throw new XPathSyntaxError(`${name}() does not take ${args.length} arguments`, at);
  }
  args.forEach((arg, index) => {
    const wanted = required[index] ?? optional[index - required.length] ?? rest;
    if (wanted === 'nodes' && arg.type !== 'nodes') {
      throw new XPathSyntaxError(`argument ${index + 1} of ${name}() must be a node set, not a ${arg.type}`, at);
    }
  });
}
