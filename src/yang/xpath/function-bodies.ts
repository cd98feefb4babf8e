/** What the functions do. Argument counts and node set arguments have been checked by the parser. */
import type { Expr } from './ast.ts';
import { characterCount, normalizeSpace, round, substring, toNumber, translate } from './convert.ts';
import type { Evaluation, Frame, Value } from './evaluate.ts';
import { yangBodies } from './yang-functions.ts';

export type FunctionBody = <N>(evaluation: Evaluation<N>, args: readonly Expr[], frame: Frame<N>) => Value<N>;

/** The argument, or without one the context node. */
function first<N>(evaluation: Evaluation<N>, args: readonly Expr[], frame: Frame<N>): N | undefined {
  return args[0] === undefined ? frame.node : evaluation.nodes(args[0], frame)[0];
}

function text<N>(evaluation: Evaluation<N>, args: readonly Expr[], index: number, frame: Frame<N>): string {
  const arg = args[index];
  return arg === undefined ? evaluation.stringOf(frame.node) : evaluation.string(arg, frame);
}

function number<N>(evaluation: Evaluation<N>, args: readonly Expr[], index: number, frame: Frame<N>): number {
  const arg = args[index];
  return arg === undefined ? toNumber(evaluation.stringOf(frame.node)) : evaluation.number(arg, frame);
}

const coreBodies: readonly (readonly [string, FunctionBody])[] = [
  ['last', (_evaluation, _args, frame) => frame.size],
  ['position', (_evaluation, _args, frame) => frame.position],
  ['count', (evaluation, [nodes], frame) => (nodes === undefined ? 0 : evaluation.nodes(nodes, frame).length)],
  // No leaf is of DTD type ID, and no node has a language.
  ['id', () => []],
  ['lang', () => false],
  ['local-name', (evaluation, args, frame) => schemaOf(evaluation, first(evaluation, args, frame))?.name ?? ''],
  [
    'namespace-uri',
    (evaluation, args, frame) => schemaOf(evaluation, first(evaluation, args, frame))?.module.namespace ?? '',
  ],
  [
    'name',
    (evaluation, args, frame) => {
      const schema = schemaOf(evaluation, first(evaluation, args, frame));
      return schema === undefined ? '' : `${schema.module.name}:${schema.name}`;
    },
  ],
  ['string', (evaluation, args, frame) => text(evaluation, args, 0, frame)],
  ['concat', (evaluation, args, frame) => args.map((arg) => evaluation.string(arg, frame)).join('')],
  [
    'starts-with',
    (evaluation, args, frame) => text(evaluation, args, 0, frame).startsWith(text(evaluation, args, 1, frame)),
  ],
  [
    'contains',
    (evaluation, args, frame) => text(evaluation, args, 0, frame).includes(text(evaluation, args, 1, frame)),
  ],
  [
    'substring-before',
    (evaluation, args, frame) => {
      const whole = text(evaluation, args, 0, frame);
      return whole.slice(0, Math.max(0, whole.indexOf(text(evaluation, args, 1, frame))));
    },
  ],
  [
    'substring-after',
    (evaluation, args, frame) => {
      const whole = text(evaluation, args, 0, frame);
      const mark = text(evaluation, args, 1, frame);
      const at = whole.indexOf(mark);
      return at < 0 ? '' : whole.slice(at + mark.length);
    },
  ],
  [
    'substring',
    (evaluation, args, frame) =>
      substring(
        text(evaluation, args, 0, frame),
        number(evaluation, args, 1, frame),
        args.length > 2 ? number(evaluation, args, 2, frame) : undefined,
      ),
  ],
  ['string-length', (evaluation, args, frame) => characterCount(text(evaluation, args, 0, frame))],
  ['normalize-space', (evaluation, args, frame) => normalizeSpace(text(evaluation, args, 0, frame))],
  [
    'translate',
    (evaluation, args, frame) =>
      translate(text(evaluation, args, 0, frame), text(evaluation, args, 1, frame), text(evaluation, args, 2, frame)),
  ],
  ['boolean', (evaluation, [arg], frame) => arg !== undefined && evaluation.boolean(arg, frame)],
  ['not', (evaluation, [arg], frame) => !(arg !== undefined && evaluation.boolean(arg, frame))],
  ['true', () => true],
  ['false', () => false],
  ['number', (evaluation, args, frame) => number(evaluation, args, 0, frame)],
  [
    'sum',
    (evaluation, [nodes], frame) => {
      if (nodes === undefined) return 0;
      return evaluation.nodes(nodes, frame).reduce((sum, node) => sum + toNumber(evaluation.stringOf(node)), 0);
    },
  ],
  ['floor', (evaluation, args, frame) => Math.floor(number(evaluation, args, 0, frame))],
  ['ceiling', (evaluation, args, frame) => Math.ceil(number(evaluation, args, 0, frame))],
  ['round', (evaluation, args, frame) => round(number(evaluation, args, 0, frame))],
];

function schemaOf<N>(evaluation: Evaluation<N>, node: N | undefined) {
  return node === undefined ? undefined : evaluation.tree.schema(node);
}

export const bodies: ReadonlyMap<string, FunctionBody> = new Map([...coreBodies, ...yangBodies]);
