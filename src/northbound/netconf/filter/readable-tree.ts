/**
 * XPath's tree as one reader may see it: what access control denies does not exist, so that no filter can ask for it; and
 * only for so long, because an evaluation keeps the event loop from everybody else.
 */
import type { Decisions } from '../../../commit/access/access.ts';
import type { ViewNode, ViewTree } from '../../../datastore/reading/xpath-tree.ts';
import { FaultError } from '../../../yang/fault.ts';
import type { DataSchemaNode, ListNode } from '../../../yang/schema/node.ts';
import type { XPathTree } from '../../../yang/xpath/tree.ts';

/** How often the clock is looked at, in nodes. */
const CLOCK_STEP = 1024;

export class ReadableTree implements XPathTree<ViewNode> {
  readonly #tree: ViewTree;
  readonly #decisions: Decisions;
  readonly #deadline: number;
  #nodes = 0;

  /** @param limitMs the time that the evaluation may take */
  constructor(tree: ViewTree, decisions: Decisions, limitMs: number) {
    this.#tree = tree;
    this.#decisions = decisions;
    this.#deadline = performance.now() + limitMs;
  }

  root(): ViewNode {
    return this.#tree.root();
  }

  parent(node: ViewNode): ViewNode | undefined {
    return this.#tree.parent(node);
  }

  schema(node: ViewNode): DataSchemaNode | undefined {
    return node.schema;
  }

  *children(node: ViewNode, schema?: DataSchemaNode): Iterable<ViewNode> {
    for (const child of this.#tree.children(node, schema)) {
      if (++this.#nodes % CLOCK_STEP === 0) this.#checkTime();
      if (this.#readable(child)) yield child;
    }
  }

  childSchemas(node: ViewNode): ReadonlyMap<string, DataSchemaNode> {
    return this.#tree.childSchemas(node);
  }

  entry(node: ViewNode, list: ListNode, keys: readonly string[]): ViewNode | undefined {
    const entry = this.#tree.entry(node, list, keys);
    return entry !== undefined && this.#readable(entry) ? entry : undefined;
  }

  value(node: ViewNode): string | undefined {
    return this.#tree.value(node);
  }

  id(node: ViewNode): string {
    return this.#tree.id(node);
  }

  compare(a: ViewNode, b: ViewNode): number {
    return this.#tree.compare(a, b);
  }

  derivedFromOrSelf(identity: string, base: string): boolean {
    return this.#tree.derivedFromOrSelf(identity, base);
  }

  #checkTime(): void {
    if (performance.now() < this.#deadline) return;
    throw new FaultError({
      type: 'protocol',
      tag: 'resource-denied',
      message: 'The filter takes too long to evaluate: name the list entries that are wanted by their keys.',
    });
  }

  #readable({ schema, key }: ViewNode): boolean {
    if (schema === undefined) return true;
    const verdict = this.#decisions.readable(schema);
    return verdict === 'permit' || (verdict === 'depends' && this.#decisions.read(schema, key));
  }
}
