/** YANG's additions to the function library (RFC 7950 section 10). */
import { FaultError } from '../fault.ts';
import type { LeafListNode, LeafNode } from '../schema/node.ts';
import { Pattern } from '../type/pattern/pattern.ts';
import type { Expr } from './ast.ts';
import type { Evaluation, Frame } from './evaluate.ts';
import type { FunctionBody } from './function-bodies.ts';
import { followInstanceIdentifier } from './instance-identifier.ts';
import { leafrefTargets } from './leafref.ts';
import { memberOf, memberType } from './member-type.ts';

function firstLeaf<N>(
  evaluation: Evaluation<N>,
  arg: Expr | undefined,
  frame: Frame<N>,
): { node: N; schema: LeafNode | LeafListNode; value: string } | undefined {
  const node = arg === undefined ? undefined : evaluation.nodes(arg, frame)[0];
  if (node === undefined) return undefined;
  const schema = evaluation.tree.schema(node);
  const value = evaluation.tree.value(node);
  if ((schema?.kind !== 'leaf' && schema?.kind !== 'leaf-list') || value === undefined) return undefined;
  return { node, schema, value };
}

function string<N>(evaluation: Evaluation<N>, arg: Expr | undefined, frame: Frame<N>): string {
  return arg === undefined ? '' : evaluation.string(arg, frame);
}

/** Section 10.4: whether some node's identity is derived from the one named; a name without prefix is in the expression's own module. */
function derived<N>(evaluation: Evaluation<N>, args: readonly Expr[], frame: Frame<N>, orSelf: boolean): boolean {
  const [nodes, name] = args;
  if (nodes === undefined) return false;
  const base = identityNamed(evaluation, name, frame);
  return evaluation.nodes(nodes, frame).some((node) => {
    const schema = evaluation.tree.schema(node);
    const value = evaluation.tree.value(node);
    if ((schema?.kind !== 'leaf' && schema?.kind !== 'leaf-list') || value === undefined) return false;
    if (memberType(schema.type, value).base !== 'identityref') return false;
    return evaluation.tree.derivedFromOrSelf(value, base) && (orSelf || value !== base);
  });
}

/** Identities that literals name: an expression's literals are read in its scope alone. */
const literals = new WeakMap<Expr, string>();

function identityNamed<N>(evaluation: Evaluation<N>, name: Expr | undefined, frame: Frame<N>): string {
  const known = name && literals.get(name);
  if (known !== undefined) return known;
  const text = string(evaluation, name, frame).trim();
  const colon = text.indexOf(':');
  const prefix = colon < 0 ? '' : text.slice(0, colon);
  // Clients also write module names, which is what the values of identityrefs look like.
  const module = evaluation.scope.moduleOf(prefix) ?? prefix;
  const identity = `${module}:${text.slice(colon + 1)}`;
  if (name?.kind === 'literal') literals.set(name, identity);
  return identity;
}

/** Patterns of re-match(): those of modules are constants, those of clients come and go. */
const patterns = new Map<string, Pattern>();

function patternOf(source: string): Pattern {
  const known = patterns.get(source);
  if (known !== undefined) return known;
  let pattern: Pattern;
  try {
    pattern = new Pattern(source, false);
  } catch (error) {
    throw new FaultError({
      type: 'protocol',
      tag: 'invalid-value',
      message: `re-match() is given no regular expression of XML Schema: ${(error as Error).message}`,
    });
  }
  if (patterns.size >= 256) patterns.clear();
  patterns.set(source, pattern);
  return pattern;
}

export const yangBodies: readonly (readonly [string, FunctionBody])[] = [
  ['current', (evaluation) => [evaluation.current]],
  [
    're-match',
    (evaluation, [subject, pattern], frame) =>
      patternOf(string(evaluation, pattern, frame)).accepts(string(evaluation, subject, frame)),
  ],
  [
    'deref',
    (evaluation, [nodes], frame) => {
      const leaf = firstLeaf(evaluation, nodes, frame);
      if (leaf === undefined) return [];
      const type = memberOf(leaf.schema.type, leaf.value);
      if (type.base === 'leafref') return leafrefTargets(evaluation.tree, leaf.node, type, leaf.value);
      if (type.base !== 'instance-identifier') return [];
      const target = followInstanceIdentifier(evaluation.tree, leaf.value);
      return target === undefined ? [] : [target];
    },
  ],
  ['derived-from', (evaluation, args, frame) => derived(evaluation, args, frame, false)],
  ['derived-from-or-self', (evaluation, args, frame) => derived(evaluation, args, frame, true)],
  [
    'enum-value',
    (evaluation, [nodes], frame) => {
      const leaf = firstLeaf(evaluation, nodes, frame);
      if (leaf === undefined) return Number.NaN;
      const type = memberType(leaf.schema.type, leaf.value);
      if (type.base !== 'enumeration') return Number.NaN;
      return type.names?.find(({ name }) => name === leaf.value)?.value ?? Number.NaN;
    },
  ],
  [
    'bit-is-set',
    (evaluation, [nodes, bit], frame) => {
      const leaf = firstLeaf(evaluation, nodes, frame);
      if (leaf === undefined || memberType(leaf.schema.type, leaf.value).base !== 'bits') return false;
      return leaf.value.split(' ').includes(string(evaluation, bit, frame));
    },
  ],
];
