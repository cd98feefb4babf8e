/** What can be said of a payload without the datastore: keys present, nothing twice, one case of a choice. */
import type { KeySpace } from '../../datastore/key/key.ts';
import { asRow } from '../../datastore/row/shape.ts';
import type { RowKey } from '../../datastore/view/view.ts';
import type { DataNode, EditOperation } from '../../yang/data/node.ts';
import { FaultError } from '../../yang/fault.ts';
import type { CaseNode, ChoiceNode, DataSchemaNode, LeafListNode, ListNode } from '../../yang/schema/node.ts';
import { casesOf } from './case.ts';
import { attributeFault, misplaced, missingKey, notUnique } from './faults.ts';

/** The canonical keys of a list entry in the payload. Only after checkPayload, which sees that they are there. */
export function keyValues(list: ListNode, node: DataNode): readonly string[] {
  const { keys } = list;
  const only = keys[0];
  if (keys.length === 1 && only !== undefined) return [keyValue(only, node) ?? ''];
  return keys.map((key) => keyValue(key, node) ?? '');
}

function keyValue(key: DataSchemaNode, node: DataNode): string | undefined {
  const first = node.children?.[0]; // where readers put it
  if (first?.schema === key) return first.value;
  return node.children?.find((child) => child.schema === key)?.value;
}

/** Up to this number siblings are compared with each other, instead of kept in a set. */
const fewSiblings = 16;

function isBefore(payload: readonly DataNode[], index: number, schema: DataSchemaNode): boolean {
  for (let at = 0; at < index; at++) if (payload[at]?.schema === schema) return true;
  return false;
}

/** Checks siblings: the payload's nodes below one instance. `parent` is the row that holds the instance. */
export function checkPayload(
  keys: KeySpace,
  parent: RowKey,
  payload: readonly DataNode[],
  inherited: EditOperation,
): void {
  const entries = new Set<RowKey>();
  const single = payload.length > fewSiblings ? new Set<DataSchemaNode>() : undefined;
  const cases = new Map<ChoiceNode, CaseNode>();
  for (const [index, node] of payload.entries()) {
    const { schema } = node;
    const operation = node.attributes?.operation ?? inherited;
    if (schema.kind === 'list' || schema.kind === 'leaf-list') {
      if (schema.config) checkEntry(keys, parent, schema, node, entries);
    } else {
      if (single === undefined ? isBefore(payload, index, schema) : single.has(schema)) {
        const path = keys.path(parent, schema);
        throw new FaultError(misplaced(path, schema, `${schema.name} is given twice`));
      }
      single?.add(schema);
    }

    if (operation === 'delete' || operation === 'remove') checkDeletion(keys, parent, node);
    else if (operation !== 'none') checkCases(keys, parent, schema, cases);
  }
}

function checkEntry(
  keys: KeySpace,
  parent: RowKey,
  schema: ListNode | LeafListNode,
  node: DataNode,
  seen: Set<RowKey>,
): void {
  let values: readonly string[];
  if (schema.kind === 'list') {
    assertKeys(keys, parent, schema, node);
    values = keyValues(schema, node);
  } else {
    if (node.value === undefined) return; // refused where it is applied
    values = [node.value];
  }
  const key = keys.child(parent, schema, values);
  if (seen.has(key)) {
    const leaves = schema.kind === 'list' ? schema.keys.map((leaf) => keys.path(key, leaf)) : [keys.path(key)];
    const what = schema.kind === 'list' ? `two entries of ${schema.name} have one key` : `${schema.name} has it twice`;
    throw new FaultError(notUnique(keys.path(key), leaves, what));
  }
  seen.add(key);
}

/** RFC 7950 section 8.3.1: "data for more than one case branch of a choice". */
function checkCases(keys: KeySpace, parent: RowKey, schema: DataSchemaNode, chosen: Map<ChoiceNode, CaseNode>): void {
  for (const { choice, of } of casesOf(schema)) {
    const before = chosen.get(choice);
    if (before !== undefined && before !== of) {
      const message = `the choice ${choice.name} has data of the cases ${before.name} and ${of.name}`;
      throw new FaultError(misplaced(keys.path(parent, schema), schema, message));
    }
    chosen.set(choice, of);
  }
}

/** Below a node that goes nothing can be set, and its entries are named like any others. */
function checkDeletion(keys: KeySpace, parent: RowKey, node: DataNode): void {
  const { schema, children } = node;
  if (children === undefined || children.length === 0) return;
  if (schema.kind === 'list') assertKeys(keys, parent, schema, node);
  const row = asRow(schema);
  const values = schema.kind === 'list' ? keyValues(schema, node) : [];
  const holder = row === undefined ? parent : keys.child(parent, row, values);
  for (const child of children) {
    const operation = child.attributes?.operation;
    if (operation !== undefined && operation !== 'delete' && operation !== 'remove') {
      const message = `${child.schema.name} cannot be set by ${operation}: ${schema.name} is deleted`;
      const path = row === undefined ? keys.path(parent, schema) : keys.path(holder);
      throw new FaultError(attributeFault('bad-attribute', path, child.schema, 'operation', message));
    }
    checkDeletion(keys, holder, child);
  }
}

/** RFC 7950 section 8.3.1: "all keys must be present". */
function assertKeys(keys: KeySpace, parent: RowKey, list: ListNode, node: DataNode): void {
  const missing = list.keys.find((key) => keyValue(key, node) === undefined);
  if (missing !== undefined) throw new FaultError(missingKey(keys.path(parent, list), missing));
}
