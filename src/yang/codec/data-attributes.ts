/** The attributes that data elements may have: those of an edit, and `wd:default`. */
import type { EditOperation, NodeAttributes } from '../data/node.ts';
import type { Fault, FaultInfo } from '../fault.ts';
import type { DataSchemaNode, ListNode } from '../schema/node.ts';
import type { NameScope } from '../type/type.ts';
import { parseInstancePath } from '../xpath/instance-identifier.ts';
import { NETCONF_NAMESPACE, WITH_DEFAULTS_NAMESPACE, YANG_NAMESPACE } from './namespaces.ts';
import type { XmlAttribute, XmlElement } from './xml-reader.ts';

export type AttributeFault = Pick<Fault, 'tag' | 'message' | 'info'>;

interface Draft {
  operation?: EditOperation;
  insert?: 'first' | 'last' | 'before' | 'after';
  insertKey?: readonly string[];
  insertValue?: string;
  isDefault?: boolean;
}

const operations: ReadonlySet<string> = new Set(['merge', 'replace', 'create', 'delete', 'remove']);
const places: ReadonlySet<string> = new Set(['first', 'last', 'before', 'after']);

/** @param fail told of each attribute that is wrong; it is then left out */
export function readAttributes(
  element: XmlElement,
  schema: DataSchemaNode,
  mode: 'data' | 'edit' | 'parameter',
  scope: NameScope,
  fail: (fault: AttributeFault) => void,
): NodeAttributes {
  const draft: Draft = {};
  for (const attribute of element.attributes) {
    const reason = readAttribute(draft, attribute, schema, mode, scope);
    if (reason === undefined) continue;
    const info: FaultInfo[] = [
      { name: 'bad-attribute', value: attribute.name },
      { name: 'bad-element', value: element.name },
    ];
    const tag = reason === unknown ? 'unknown-attribute' : 'bad-attribute';
    const message = reason === unknown ? `${element.name} has no attribute ${attribute.name}` : reason;
    fail({ tag, message: `${message}.`, info });
  }
  return draft;
}

const unknown = Symbol('unknown attribute');

function readAttribute(
  draft: Draft,
  { namespace, name, value }: XmlAttribute,
  schema: DataSchemaNode,
  mode: 'data' | 'edit' | 'parameter',
  scope: NameScope,
): string | typeof unknown | undefined {
  if (mode !== 'parameter' && namespace === WITH_DEFAULTS_NAMESPACE && name === 'default') {
    if (schema.kind !== 'leaf' && schema.kind !== 'leaf-list')
      return `only leaves can be marked as default, not ${schema.name}`;
    if (value !== 'true' && value !== 'false' && value !== '1' && value !== '0')
      return `"${value}" is neither true nor false`;
    draft.isDefault = value === 'true' || value === '1';
    return undefined;
  }
  if (mode !== 'edit') return unknown;
  if (namespace === NETCONF_NAMESPACE && name === 'operation') {
    if (!operations.has(value)) return `"${value}" is no edit operation; ${[...operations].join(', ')} are`;
    draft.operation = value as EditOperation;
    return undefined;
  }
  if (namespace !== YANG_NAMESPACE) return unknown;
  const isList = schema.kind === 'list';
  if (!isList && schema.kind !== 'leaf-list') return unknown;
  switch (name) {
    case 'insert':
      if (!places.has(value)) return `"${value}" is no place to insert at; ${[...places].join(', ')} are`;
      draft.insert = value as 'first';
      return undefined;
    case 'key': {
      if (!isList) return unknown;
      const keys = readKeys(schema, value, scope);
      if (keys === undefined) return `"${value}" does not name the keys of an entry of ${schema.name}`;
      draft.insertKey = keys;
      return undefined;
    }
    case 'value': {
      if (isList) return unknown;
      const parsed = schema.type.parse(value, scope);
      if (!parsed.ok) return `"${value}" is no value of ${schema.name}: ${parsed.message}`;
      draft.insertValue = parsed.value;
      return undefined;
    }
    default:
      return unknown;
  }
}

/** `[ex:first='a'][ex:last='b']` (RFC 7950 section 7.8.6): each key once, in any order. */
function readKeys(list: ListNode, text: string, scope: NameScope): readonly string[] | undefined {
  const [step, more] = parseInstancePath(`/list:list${text.trim()}`) ?? [];
  if (step === undefined || more !== undefined || step.predicates.length !== list.keys.length) return undefined;
  const values: string[] = [];
  for (const key of list.keys) {
    const predicate = step.predicates.find((each) => each.kind === 'key' && each.name === key.name);
    if (predicate?.kind !== 'key') return undefined;
    // Without a prefix (where `list` stands above) the name is not in a namespace, which all but purists mean as the list's.
    if (predicate.module !== 'list' && scope.moduleOf(predicate.module) !== key.module.name) return undefined;
    const parsed = key.type.parse(predicate.value, scope);
    if (!parsed.ok) return undefined;
    values.push(parsed.value);
  }
  return values;
}
