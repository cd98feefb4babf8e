/** Whether a subscription's filter lets an event through (RFC 5277 section 3.6): whole, or not at all. */

import type { DataNode } from '../../../yang/data/node.ts';
import { DataTree } from '../../../yang/data/tree.ts';
import type { ContainerNode, DataSchemaNode, OperationNode, Schema } from '../../../yang/schema/node.ts';
import type { Filter } from '../filter/filter.ts';
import { compileSubtree, type Spec } from '../filter/subtree.ts';
import { EvaluationTimeout, TimedTree } from '../filter/timed-tree.ts';
import type { EventRecord } from './record.ts';

/** Time for an XPath filter and one event. */
const EVALUATION_MS = 50;

export class EventFilter {
  readonly #schema: Schema;
  readonly #filter: Filter;
  /** Subtree filters, compiled once a kind of notification. */
  readonly #specs = new Map<OperationNode, Spec>();

  constructor(schema: Schema, filter: Filter) {
    this.#schema = schema;
    this.#filter = filter;
  }

  /** An event on which the filter fails is not selected. Throws EvaluationTimeout where it takes too long. */
  matches(event: EventRecord): boolean {
    try {
      return this.#matches(event);
    } catch (error) {
      if (error instanceof EvaluationTimeout) throw error;
      return false;
    }
  }

  #matches({ node, children }: EventRecord): boolean {
    const element = asElement(node);
    const dataChildren = new Map<string, DataSchemaNode>([[`${node.module.name}:${node.name}`, element]]);
    const nodes = [{ schema: element, children: children() }];
    if (this.#filter.kind === 'xpath') {
      const tree = new DataTree({ schema: this.#schema, top: { children: [element], dataChildren }, nodes });
      return this.#filter.expression.test(new TimedTree(tree, EVALUATION_MS), tree.root());
    }
    let spec = this.#specs.get(node);
    if (spec === undefined) {
      spec = compileSubtree(this.#filter.elements, dataChildren);
      this.#specs.set(node, spec);
    }
    return selects(spec, nodes);
  }
}

const elements = new WeakMap<OperationNode, ContainerNode>();

/** The notification as the element that filters see: the root of the event's document. */
function asElement(node: OperationNode): ContainerNode {
  let element = elements.get(node);
  if (element === undefined) {
    const { children, dataChildren, musts, ...base } = node;
    element = {
      ...base,
      kind: 'container',
      presence: true,
      index: -1,
      dataParent: undefined,
      whens: [],
      children,
      dataChildren,
      musts,
    };
    elements.set(node, element);
  }
  return element;
}

function selects(spec: Spec, nodes: readonly DataNode[]): boolean {
  const holds = spec.matches.every(({ either }) =>
    either.some(({ leaf, value }) => nodes.some((node) => node.schema === leaf && node.value === value)),
  );
  if (!holds) return false;
  if (spec.whole) return true;
  return nodes.some(
    ({ schema, children }) =>
      spec.leaves.has(schema) || (spec.children.get(schema)?.some((below) => selects(below, children ?? [])) ?? false),
  );
}
