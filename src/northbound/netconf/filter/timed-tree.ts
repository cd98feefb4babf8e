/** An XPath tree that ends an evaluation which takes too long: it keeps the event loop from everybody else. */
import type { DataSchemaNode, ListNode } from '../../../yang/schema/node.ts';
import type { XPathTree } from '../../../yang/xpath/tree.ts';

/** How often the clock is looked at, in nodes. */
const CLOCK_STEP = 256;

export class EvaluationTimeout extends Error {
  constructor() {
    super('the expression takes too long');
    this.name = 'EvaluationTimeout';
  }
}

export class TimedTree<N> implements XPathTree<N> {
  readonly #tree: XPathTree<N>;
  readonly #deadline: number;
  #nodes = 0;

  constructor(tree: XPathTree<N>, limitMs: number) {
    this.#tree = tree;
    this.#deadline = performance.now() + limitMs;
  }

  root(): N {
    return this.#tree.root();
  }

  parent(node: N): N | undefined {
    this.#count();
    return this.#tree.parent(node);
  }

  schema(node: N): DataSchemaNode | undefined {
    return this.#tree.schema(node);
  }

  *children(node: N, schema?: DataSchemaNode): Iterable<N> {
    for (const child of this.#tree.children(node, schema)) {
      this.#count();
      yield child;
    }
  }

  childSchemas(node: N): ReadonlyMap<string, DataSchemaNode> {
    return this.#tree.childSchemas(node);
  }

  entry(node: N, list: ListNode, keys: readonly string[]): N | undefined {
    this.#count();
    return this.#tree.entry(node, list, keys);
  }

  value(node: N): string | undefined {
    return this.#tree.value(node);
  }

  id(node: N): string {
    return this.#tree.id(node);
  }

  compare(a: N, b: N): number {
    return this.#tree.compare(a, b);
  }

  derivedFromOrSelf(identity: string, base: string): boolean {
    return this.#tree.derivedFromOrSelf(identity, base);
  }

  #count(): void {
    if (++this.#nodes % CLOCK_STEP === 0 && performance.now() > this.#deadline) throw new EvaluationTimeout();
  }
}
