/**
 * node-instance-identifier (RFC 8341 section 4): an instance-identifier whose key predicates are optional. A predicate's
 * value is a literal or `$USER`. Matches the node that it names and every node below.
 */
import type { KeyStep } from '../../datastore/key/key.ts';
import type { DataSchemaNode, Schema, SchemaNode } from '../../yang/schema/node.ts';

/** A key of a list on the way that must have this value. */
interface KeyCondition {
  readonly node: DataSchemaNode;
  readonly keyIndex: number;
  /** Undefined: the user's name. */
  readonly value: string | undefined;
}

export interface RulePath {
  /** The node that the path names: data, an action, a notification; undefined: `/`, everything. */
  readonly node: SchemaNode | undefined;
  readonly conditions: readonly KeyCondition[];
}

const NAME = String.raw`(?:([A-Za-z_][\w.-]*):)?([A-Za-z_][\w.-]*|\.)`;
const STEP = new RegExp(String.raw`\s*/\s*${NAME}\s*`, 'y');
const PREDICATE = new RegExp(String.raw`\[\s*${NAME}\s*=\s*(?:'([^']*)'|"([^"]*)"|(\$USER))\s*\]\s*`, 'y');

/**
 * Undefined where the path names nothing of the schema: it then matches nothing. Prefixes are names of modules (the
 * canonical form) or the prefixes that the modules declare themselves.
 */
export function parseRulePath(schema: Schema, text: string): RulePath | undefined {
  if (text.trim() === '/') return { node: undefined, conditions: [] };
  const conditions: KeyCondition[] = [];
  let node: SchemaNode | undefined;
  let module: string | undefined;
  let at = 0;
  while (at < text.length) {
    STEP.lastIndex = at;
    const step = STEP.exec(text);
    if (step === null) return undefined;
    at = STEP.lastIndex;
    module = step[1] === undefined ? module : moduleOf(schema, step[1]);
    node = module === undefined ? undefined : childOf(schema, node, module, step[2] as string);
    if (node === undefined) return undefined;
    for (PREDICATE.lastIndex = at; text[at] === '['; PREDICATE.lastIndex = at) {
      const predicate = PREDICATE.exec(text);
      const condition = predicate && conditionOf(node, predicate);
      if (!condition) return undefined;
      conditions.push(condition);
      at = PREDICATE.lastIndex;
    }
  }
  return node && { node, conditions };
}

/** Whether the text has the form of a path, whatever it names. */
export function isRulePath(text: string): boolean {
  if (text.trim() === '/') return true;
  let at = 0;
  while (at < text.length) {
    STEP.lastIndex = at;
    if (!STEP.test(text)) return false;
    for (at = STEP.lastIndex; text[at] === '['; at = PREDICATE.lastIndex) {
      PREDICATE.lastIndex = at;
      if (!PREDICATE.test(text)) return false;
    }
  }
  return at > 0;
}

/** Whether the instance that the steps of a row's key lead to, or is in that row, meets the conditions. */
export function meets(path: RulePath, steps: readonly KeyStep[], user: string): boolean {
  return path.conditions.every(({ node, keyIndex, value }) => {
    const step = steps.find((one) => one.node === node);
    return step !== undefined && step.keys[keyIndex] === (value ?? user);
  });
}

function conditionOf(node: SchemaNode, predicate: RegExpExecArray): KeyCondition | undefined {
  const value = predicate[3] ?? predicate[4];
  const name = predicate[2];
  if (node.kind === 'leaf-list') return name === '.' ? { node, keyIndex: 0, value } : undefined;
  if (node.kind !== 'list') return undefined;
  const keyIndex = node.keys.findIndex((leaf) => leaf.name === name);
  return keyIndex < 0 ? undefined : { node, keyIndex, value };
}

function childOf(schema: Schema, parent: SchemaNode | undefined, module: string, name: string): SchemaNode | undefined {
  if (parent === undefined) return schema.dataChildren.get(`${module}:${name}`);
  if (!('dataChildren' in parent)) return undefined;
  return (
    parent.dataChildren.get(`${module}:${name}`) ??
    parent.children.find(
      (node) =>
        (node.kind === 'action' || node.kind === 'notification') && node.name === name && node.module.name === module,
    )
  );
}

function moduleOf(schema: Schema, prefix: string): string | undefined {
  if (schema.modules.get(prefix)?.implemented) return prefix;
  for (const module of schema.modules.values()) if (module.implemented && module.prefix === prefix) return module.name;
  return undefined;
}
