/** Canonical instance-identifiers and the paths of faults: `/module:a/b[key='v']/c[.='v']/d[3]`, taken apart. */
import type { DataSchemaNode } from '../schema/node.ts';
import type { XPathTree } from './tree.ts';

export interface PathStep {
  /** In front of the name, or that of the step before. */
  readonly module: string;
  /** Whether the module is written. */
  readonly written: boolean;
  readonly name: string;
  readonly predicates: readonly PathPredicate[];
}

export type PathPredicate =
  | { readonly kind: 'key'; readonly module: string; readonly name: string; readonly value: string }
  | { readonly kind: 'value'; readonly value: string }
  /** From 1. */
  | { readonly kind: 'position'; readonly position: number };

const stepPattern = /\/(?:([^:/[\]='"\s]+):)?([^:/[\]='"\s]+)/y;
const predicatePattern =
  /\[\s*(?:(?:([^:/[\]='"\s]+):)?([^:/[\]='"\s]+)\s*=\s*(?:'([^']*)'|"([^"]*)"|concat\(((?:'[^']*'|"[^"]*"|[,\s])*)\))|([0-9]+))\s*\]/y;

/** Undefined where the text is no such path. */
export function parseInstancePath(path: string): readonly PathStep[] | undefined {
  const steps: PathStep[] = [];
  let at = 0;
  let module = '';
  while (at < path.length) {
    stepPattern.lastIndex = at;
    const step = stepPattern.exec(path);
    if (step === null) return undefined;
    at = stepPattern.lastIndex;
    module = step[1] ?? module;
    const predicates: PathPredicate[] = [];
    for (;;) {
      predicatePattern.lastIndex = at;
      const predicate = predicatePattern.exec(path);
      if (predicate === null) break;
      at = predicatePattern.lastIndex;
      const value = predicate[3] ?? predicate[4] ?? joined(predicate[5] ?? '');
      if (predicate[6] !== undefined) predicates.push({ kind: 'position', position: Number(predicate[6]) });
      else if (predicate[2] === '.') predicates.push({ kind: 'value', value });
      else predicates.push({ kind: 'key', module: predicate[1] ?? module, name: predicate[2] as string, value });
    }
    steps.push({ module, written: step[1] !== undefined, name: step[2] as string, predicates });
  }
  return steps.length === 0 || module === '' ? undefined : steps;
}

/** A value in the quotes of a path; XPath 1.0 has no escape, so a value with both kinds is joined by concat(). */
export function quote(value: string): string {
  if (!value.includes("'")) return `'${value}'`;
  if (!value.includes('"')) return `"${value}"`;
  return `concat(${value
    .split("'")
    .map((part) => `'${part}'`)
    .join(`,"'",`)})`;
}

/** The strings among the arguments of a concat(), joined. */
function joined(args: string): string {
  return (args.match(/'[^']*'|"[^"]*"/g) ?? []).map((each) => each.slice(1, -1)).join('');
}

/** The node that a canonical instance-identifier names, if it exists. */
export function followInstanceIdentifier<N>(tree: XPathTree<N>, path: string): N | undefined {
  let node = tree.root();
  for (const step of parseInstancePath(path) ?? []) {
    const schema: DataSchemaNode | undefined = tree.childSchemas(node).get(`${step.module}:${step.name}`);
    if (schema === undefined) return undefined;
    const next = childAt(tree, node, schema, step.predicates);
    if (next === undefined) return undefined;
    node = next;
  }
  return tree.schema(node) === undefined ? undefined : node;
}

function childAt<N>(
  tree: XPathTree<N>,
  node: N,
  schema: DataSchemaNode,
  predicates: readonly PathPredicate[],
): N | undefined {
  if (schema.kind === 'list' && schema.keys.length > 0) {
    const keys: string[] = [];
    for (const key of schema.keys) {
      const predicate = predicates.find((each) => each.kind === 'key' && each.name === key.name);
      if (predicate?.kind !== 'key') return undefined;
      keys.push(predicate.value);
    }
    return tree.entry(node, schema, keys);
  }
  const [predicate] = predicates;
  let position = 0;
  for (const child of tree.children(node, schema)) {
    position++;
    if (predicate === undefined) return child;
    if (predicate.kind === 'value' && tree.value(child) === predicate.value) return child;
    if (predicate.kind === 'position' && predicate.position === position) return child;
  }
  return undefined;
}
