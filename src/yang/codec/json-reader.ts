/** Reads JSON (RFC 7951) into DataNodes against the schema. */
import { childPath, keyPredicate, valuePredicate } from '../data/instance-path.ts';
import type { DataNode } from '../data/node.ts';
import { type Fault, FaultError } from '../fault.ts';
import type { DataSchemaNode, LeafListNode, LeafNode, ListNode, Parent, Schema } from '../schema/node.ts';
import type { BaseType, NameScope, Type } from '../type/type.ts';
import { anydataToXml } from './json-anydata.ts';
import type { Json } from './json-writer.ts';

/** A JSON number with all its digits: a double would lose those of 64-bit values. */
class ExactNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Exact = string | ExactNumber | boolean | null | readonly Exact[] | { readonly [name: string]: Exact };

export interface JsonReaderOptions {
  /** `edit`: state (config false) is refused. */
  readonly mode: 'data' | 'edit';
  /** Path and module of the parent whose members are read; left out for the root of the datastore. */
  readonly path?: string;
  readonly module?: string;
}

/** Throws a FaultError: `malformed-message` where the text is no JSON, else all faults of the data. */
export function readJson(
  schema: Schema,
  parent: Parent,
  text: string,
  options: JsonReaderOptions,
): readonly DataNode[] {
  const reader = new JsonDataReader(schema, options.mode);
  const nodes = reader.members(parent, parse(text), options.module, options.path ?? '');
  if (reader.faults.length > 0) throw new FaultError(...reader.faults);
  return nodes;
}

function parse(text: string): Exact {
  try {
    // The third argument (ECMAScript's source text access) is not yet in TypeScript's library.
    const exact = (_name: string, value: unknown, context?: { source?: string }): unknown =>
      typeof value === 'number' ? new ExactNumber(context?.source ?? String(value)) : value;
    return JSON.parse(text, exact as (name: string, value: unknown) => unknown) as Exact;
  } catch (error) {
    throw new FaultError({
      type: 'rpc',
      tag: 'malformed-message',
      message: `The text is not JSON: ${(error as Error).message}.`,
    });
  }
}

const maxFaults = 16;

class JsonDataReader {
  readonly faults: Fault[] = [];
  readonly #schema: Schema;
  readonly #mode: 'data' | 'edit';

  constructor(schema: Schema, mode: 'data' | 'edit') {
    this.#schema = schema;
    this.#mode = mode;
  }

  members(parent: Parent, value: Exact, module: string | undefined, path: string): readonly DataNode[] {
    if (!isObject(value)) {
      this.#fail({ tag: 'bad-element', message: 'A JSON object is expected here.' }, path);
      return [];
    }
    const nodes: DataNode[] = [];
    for (const [member, inside] of Object.entries(value)) {
      // Metadata of RFC 7952.
      if (member.startsWith('@')) continue;
      const schema = this.#child(parent, member, module, path);
      if (schema !== undefined) this.#node(schema, inside, module, path, nodes);
    }
    return nodes;
  }

  #child(parent: Parent, member: string, module: string | undefined, path: string): DataSchemaNode | undefined {
    const colon = member.indexOf(':');
    const name = member.slice(colon + 1);
    const own = colon < 0 ? module : member.slice(0, colon);
    const info = [{ name: 'bad-element', value: name }];
    if (own === undefined || !this.#schema.modules.has(own)) {
      const message =
        own === undefined ? `"${name}" needs the name of its module in front.` : `There is no module ${own}.`;
      this.#fail(
        { tag: 'unknown-namespace', message, info: [...info, { name: 'bad-namespace', value: own ?? '' }] },
        path,
      );
      return undefined;
    }
    const schema = parent.dataChildren.get(`${own}:${name}`);
    if (schema === undefined) {
      this.#fail({ tag: 'unknown-element', message: `The module ${own} has no ${name} here.`, info }, path);
      return undefined;
    }
    if (!schema.config && this.#mode === 'edit') {
      this.#fail(
        { tag: 'unknown-element', message: `${name} is state, not configuration.`, info },
        childPath(path, module, schema),
      );
      return undefined;
    }
    return schema;
  }

  #node(schema: DataSchemaNode, value: Exact, module: string | undefined, path: string, nodes: DataNode[]): void {
    switch (schema.kind) {
      case 'container': {
        const at = childPath(path, module, schema);
        nodes.push({ schema, children: this.members(schema, value, schema.module.name, at) });
        return;
      }
      case 'list':
        this.#array(schema, value, module, path).forEach((entry, index) => {
          nodes.push(this.#entry(schema, entry, module, path, index));
        });
        return;
      case 'leaf': {
        const read = this.#value(schema, value, childPath(path, module, schema));
        if (read !== undefined) nodes.push({ schema, value: read });
        return;
      }
      case 'leaf-list':
        for (const each of this.#array(schema, value, module, path)) {
          const lexical = each instanceof ExactNumber ? each.text : String(each);
          const read = this.#value(schema, each, childPath(path, module, schema, valuePredicate(lexical)));
          if (read !== undefined) nodes.push({ schema, value: read });
        }
        return;
      case 'anydata':
      case 'anyxml':
        nodes.push({ schema, xml: anydataToXml(this.#schema, plain(value)) });
    }
  }

  #array(schema: ListNode | LeafListNode, value: Exact, module: string | undefined, path: string): readonly Exact[] {
    if (Array.isArray(value)) return value;
    const at = childPath(path, module, schema);
    this.#fail(
      {
        tag: 'bad-element',
        message: `${schema.name} is a JSON array.`,
        info: [{ name: 'bad-element', value: schema.name }],
      },
      at,
    );
    return [];
  }

  #entry(schema: ListNode, value: Exact, module: string | undefined, path: string, index: number): DataNode {
    const values = schema.keys.map((key) => {
      const found = memberOf(value, key);
      const lexical = found === undefined ? undefined : lexicalOf(key.type, found);
      const parsed = lexical === undefined ? undefined : key.type.parse(lexical, scopeOf(key));
      return parsed?.ok ? parsed.value : lexical;
    });
    const predicate = schema.keys.length === 0 ? `[${index + 1}]` : keyPredicate(schema, values);
    const at = childPath(path, module, schema, predicate);
    const children = this.members(schema, value, schema.module.name, at);
    schema.keys.forEach((key, place) => {
      if (values[place] !== undefined) return;
      if (memberOf(value, key) !== undefined) return;
      const message = `An entry of ${schema.name} lacks its key ${key.name}.`;
      this.#fail({ tag: 'missing-element', message, info: [{ name: 'bad-element', value: key.name }] }, at);
    });
    const keys = schema.keys.flatMap((key) => children.find((child) => child.schema === key) ?? []);
    return { schema, children: [...keys, ...children.filter((child) => !keys.includes(child))] };
  }

  #value(schema: LeafNode | LeafListNode, value: Exact, path: string): string | undefined {
    const lexical = lexicalOf(schema.type, value);
    if (lexical === undefined) {
      this.#fail(
        { tag: 'invalid-value', message: `The JSON value of ${schema.name} is not of the kind that its type has.` },
        path,
      );
      return undefined;
    }
    const parsed = schema.type.parse(lexical, scopeOf(schema));
    if (parsed.ok) return parsed.value;
    this.#fail(
      {
        tag: 'invalid-value',
        ...(parsed.appTag === undefined ? {} : { appTag: parsed.appTag }),
        message: parsed.message,
      },
      path,
    );
    return undefined;
  }

  #fail(fault: Omit<Fault, 'type' | 'path'>, path: string): void {
    if (this.faults.length >= maxFaults) return;
    this.faults.push({ type: 'application', ...fault, ...(path === '' ? {} : { path }) });
  }
}

/** Names in JSON values have module names in front; without, they are of the leaf's own module (RFC 7951 section 6.8). */
function scopeOf(leaf: LeafNode | LeafListNode): NameScope {
  return { moduleOf: (prefix) => (prefix === '' ? leaf.module.name : prefix) };
}

const numbers: ReadonlySet<BaseType> = new Set<BaseType>(['int8', 'int16', 'int32', 'uint8', 'uint16', 'uint32']);
const longNumbers: ReadonlySet<BaseType> = new Set<BaseType>(['int64', 'uint64', 'decimal64']);

/**
 * The lexical value that a JSON value stands for, if it is of the kind that the type has (RFC 7951 section 6).
 * 64-bit and decimal values are strings; as numbers they are taken too, since none of their digits is lost here.
 */
function lexicalOf(type: Type, value: Exact): string | undefined {
  if (type.base === 'leafref' && type.leafref !== undefined) return lexicalOf(type.leafref.target.type, value);
  if (type.base === 'union') {
    for (const member of type.members ?? []) {
      const lexical = lexicalOf(member, value);
      if (lexical !== undefined) return lexical;
    }
    return undefined;
  }
  if (numbers.has(type.base)) return value instanceof ExactNumber ? integerText(value.text) : undefined;
  if (longNumbers.has(type.base) && value instanceof ExactNumber) return value.text;
  if (type.base === 'boolean') return typeof value === 'boolean' ? String(value) : undefined;
  if (type.base === 'empty') return Array.isArray(value) && value.length === 1 && value[0] === null ? '' : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** 1e2 and 100.0 are integers, too. */
function integerText(text: string): string {
  if (/^-?[0-9]+$/.test(text)) return text;
  const number = Number(text);
  return Number.isSafeInteger(number) ? String(number) : text;
}

function isObject(value: Exact): value is { readonly [name: string]: Exact } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
}

/** The member of an object that a key of a list is. */
function memberOf(value: Exact, key: LeafNode): Exact | undefined {
  if (!isObject(value)) return undefined;
  const name = [key.name, `${key.module.name}:${key.name}`].find((each) => Object.hasOwn(value, each));
  return name === undefined ? undefined : value[name];
}

function plain(value: Exact): Json {
  if (value instanceof ExactNumber) return value.text;
  if (Array.isArray(value)) return value.map(plain);
  if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([name, inside]) => [name, plain(inside)]));
  return value as Json;
}
