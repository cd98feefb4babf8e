/**
 * instance-identifier (RFC 7950 section 9.13). Canonical as in RFC 7951 section 6.11: a module name where the module
 * changes, keys in the order of the list's `key` statement, canonical key values.
 */
import type { DataSchemaNode, LeafNode, Schema } from '../schema/node.ts';
import { accepted, quote, refused, TypeBase } from './base.ts';
import type { NameScope, ParsedValue } from './type.ts';

interface Predicate {
  /** A key's name as written, or `.`. */
  readonly name: string;
  readonly value: string;
}

interface Step {
  readonly name: string;
  readonly predicates: readonly Predicate[];
  /** `[3]`: the third entry of a list without keys, or of a leaf-list. */
  readonly position: string | undefined;
}

class Refusal extends Error {}

const NAME = '(?:[A-Za-z_][\\w.-]*:)?[A-Za-z_][\\w.-]*';
const STEP = new RegExp(`/(${NAME})`, 'y');
const PREDICATE = new RegExp(
  `\\[[ \\t\\r\\n]*(?:(\\.|${NAME})[ \\t\\r\\n]*=[ \\t\\r\\n]*("[^"]*"|'[^']*')|([1-9]\\d*))[ \\t\\r\\n]*\\]`,
  'y',
);
const CANONICAL: NameScope = { moduleOf: (name) => (name === '' ? undefined : name) };
/** Steps and predicates of one value. */
const MAX_PARTS = 1_000;

export class InstanceIdentifierType extends TypeBase {
  readonly requireInstance: boolean;
  private readonly schema: () => Schema;

  /** @param schema asked when values are parsed, so after the schema is complete */
  constructor(typedef: string | undefined, requireInstance: boolean, schema: () => Schema) {
    super('instance-identifier', typedef);
    this.requireInstance = requireInstance;
    this.schema = schema;
  }

  override get hasNames(): boolean {
    return true;
  }

  parse(lexical: string, scope: NameScope): ParsedValue {
    try {
      return accepted(this.rewrite(lexical.trim(), scope, undefined));
    } catch (error) {
      if (error instanceof Refusal) return refused(`${quote(lexical)} is not an instance identifier: ${error.message}`);
      throw error;
    }
  }

  override toXml(value: string, prefixOf: (module: string) => string): string {
    return this.rewrite(value, CANONICAL, prefixOf);
  }

  /** Canonical form, or with `prefixOf` XML's, where every name has a prefix. */
  private rewrite(text: string, scope: NameScope, prefixOf: ((module: string) => string) | undefined): string {
    const steps = split(text);
    let children: ReadonlyMap<string, DataSchemaNode> | undefined = this.schema().dataChildren;
    let module: string | undefined;
    let result = '';
    for (const step of steps) {
      const [prefix, name] = splitName(step.name);
      const found = prefix === undefined ? module : scope.moduleOf(prefix);
      if (found === undefined) throw new Refusal(`the module of "${step.name}" is not known`);
      const node: DataSchemaNode | undefined = children?.get(`${found}:${name}`);
      if (!node) throw new Refusal(`there is no node "${found}:${name}" at ${result === '' ? 'the top' : result}`);
      if (prefixOf) result += `/${prefixed(found, name, prefixOf)}`;
      else result += found === module ? `/${name}` : `/${found}:${name}`;
      module = found;
      result += predicates(step, node, scope, prefixOf);
      children = node.kind === 'container' || node.kind === 'list' ? node.dataChildren : undefined;
    }
    return result;
  }
}

function split(text: string): Step[] {
  const steps: Step[] = [];
  let parts = 0;
  let offset = 0;
  while (offset < text.length) {
    STEP.lastIndex = offset;
    const step = STEP.exec(text);
    if (!step || ++parts > MAX_PARTS) throw new Refusal(`unexpected text at character ${offset + 1}`);
    offset = STEP.lastIndex;
    const found: Predicate[] = [];
    let position: string | undefined;
    while (text[offset] === '[') {
      PREDICATE.lastIndex = offset;
      const predicate = PREDICATE.exec(text);
      if (!predicate || ++parts > MAX_PARTS || position !== undefined) {
        throw new Refusal(`unexpected text at character ${offset + 1}`);
      }
      if (predicate[3] !== undefined) position = predicate[3];
      else found.push({ name: predicate[1] as string, value: (predicate[2] as string).slice(1, -1) });
      offset = PREDICATE.lastIndex;
    }
    steps.push({ name: step[1] as string, predicates: found, position });
  }
  if (steps.length === 0) throw new Refusal('it is empty');
  return steps;
}

function predicates(
  step: Step,
  node: DataSchemaNode,
  scope: NameScope,
  prefixOf: ((module: string) => string) | undefined,
): string {
  if (step.position !== undefined) {
    const allowed = node.kind === 'leaf-list' || (node.kind === 'list' && node.keys.length === 0);
    if (!allowed || step.predicates.length > 0)
      throw new Refusal(`a position does not select an entry of "${node.name}"`);
    return `[${step.position}]`;
  }
  if (node.kind === 'leaf-list') {
    const [predicate] = step.predicates;
    if (step.predicates.length !== 1 || predicate?.name !== '.')
      throw new Refusal(`"${node.name}" needs one predicate [.='value']`);
    return `[.=${predicateValue(predicate.value, node, scope, prefixOf)}]`;
  }
  if (node.kind !== 'list') {
    if (step.predicates.length > 0) throw new Refusal(`"${node.name}" has no entries to select`);
    return '';
  }
  const values = new Map<LeafNode, string>();
  for (const predicate of step.predicates) {
    const [prefix, name] = splitName(predicate.name);
    const module = prefix === undefined ? node.module.name : scope.moduleOf(prefix);
    const key = node.keys.find((leaf) => leaf.name === name && leaf.module.name === module);
    if (!key) throw new Refusal(`"${predicate.name}" is not a key of "${node.name}"`);
    if (values.has(key)) throw new Refusal(`the key "${name}" is there twice`);
    values.set(key, predicateValue(predicate.value, key, scope, prefixOf));
  }
  if (node.keys.length === 0 || values.size !== node.keys.length)
    throw new Refusal(`an entry of "${node.name}" needs all its keys`);
  return node.keys
    .map((key) => `[${prefixOf ? prefixed(key.module.name, key.name, prefixOf) : key.name}=${values.get(key)}]`)
    .join('');
}

function predicateValue(
  text: string,
  node: Extract<DataSchemaNode, { kind: 'leaf' | 'leaf-list' }>,
  scope: NameScope,
  prefixOf: ((module: string) => string) | undefined,
): string {
  const parsed = node.type.parse(text, scope);
  if (!parsed.ok) throw new Refusal(`"${node.name}": ${parsed.message}`);
  const value = prefixOf && node.type.hasNames ? node.type.toXml(parsed.value, prefixOf) : parsed.value;
  const mark = value.includes("'") ? '"' : "'";
  if (value.includes(mark)) throw new Refusal(`a key value holds both kinds of quotes`);
  return `${mark}${value}${mark}`;
}

function splitName(name: string): [string | undefined, string] {
  const colon = name.indexOf(':');
  return colon < 0 ? [undefined, name] : [name.slice(0, colon), name.slice(colon + 1)];
}

function prefixed(module: string, name: string, prefixOf: (module: string) => string): string {
  const prefix = prefixOf(module);
  return prefix === '' ? name : `${prefix}:${name}`;
}
