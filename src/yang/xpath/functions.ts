/** The functions that an expression can call and what they take: XPath 1.0 section 4 and RFC 7950 section 10. */
import type { ValueType } from './ast.ts';

type ArgumentType = 'nodes' | 'any';

export interface FunctionSignature {
  readonly required: readonly ArgumentType[];
  readonly optional: readonly ArgumentType[];
  /** Type of any number of further arguments. */
  readonly rest?: ArgumentType;
  readonly result: ValueType;
}

function take(
  result: ValueType,
  required: readonly ArgumentType[],
  optional: readonly ArgumentType[] = [],
): FunctionSignature {
  return { required, optional, result };
}

export const signatures: ReadonlyMap<string, FunctionSignature> = new Map<string, FunctionSignature>([
  // Node sets (section 4.1)
  ['last', take('number', [])],
  ['position', take('number', [])],
  ['count', take('number', ['nodes'])],
  ['id', take('nodes', ['any'])],
  ['local-name', take('string', [], ['nodes'])],
  ['namespace-uri', take('string', [], ['nodes'])],
  ['name', take('string', [], ['nodes'])],
  // Strings (section 4.2)
  ['string', take('string', [], ['any'])],
  ['concat', { required: ['any', 'any'], optional: [], rest: 'any', result: 'string' }],
  ['starts-with', take('boolean', ['any', 'any'])],
  ['contains', take('boolean', ['any', 'any'])],
  ['substring-before', take('string', ['any', 'any'])],
  ['substring-after', take('string', ['any', 'any'])],
  ['substring', take('string', ['any', 'any'], ['any'])],
  ['string-length', take('number', [], ['any'])],
  ['normalize-space', take('string', [], ['any'])],
  ['translate', take('string', ['any', 'any', 'any'])],
  // Booleans (section 4.3)
  ['boolean', take('boolean', ['any'])],
  ['not', take('boolean', ['any'])],
  ['true', take('boolean', [])],
  ['false', take('boolean', [])],
  ['lang', take('boolean', ['any'])],
  // Numbers (section 4.4)
  ['number', take('number', [], ['any'])],
  ['sum', take('number', ['nodes'])],
  ['floor', take('number', ['any'])],
  ['ceiling', take('number', ['any'])],
  ['round', take('number', ['any'])],
  // YANG (RFC 7950 section 10)
  ['current', take('nodes', [])],
  ['re-match', take('boolean', ['any', 'any'])],
  ['deref', take('nodes', ['nodes'])],
  ['derived-from', take('boolean', ['nodes', 'any'])],
  ['derived-from-or-self', take('boolean', ['nodes', 'any'])],
  ['enum-value', take('number', ['nodes'])],
  ['bit-is-set', take('boolean', ['nodes', 'any'])],
]);

/** Functions that, called without an argument, take the context node. */
export const contextFunctions: ReadonlySet<string> = new Set([
  'local-name',
  'namespace-uri',
  'name',
  'string',
  'string-length',
  'normalize-space',
  'number',
]);
