/** The errors of an edit: tags of RFC 6241 appendix A as RFC 7950 sections 8.3 and 15 assign them. */
import type { Fault, FaultInfo } from '../../yang/fault.ts';
import type { DataSchemaNode, LeafNode } from '../../yang/schema/node.ts';

/** YANG's own namespace, `urn:ietf:params:xml:ns:yang:1`, which has no module (fault.ts). */
export const YANG_NAMESPACE = 'yang';

export function dataExists(path: string): Fault {
  return { type: 'application', tag: 'data-exists', path, message: 'the node to create exists already' };
}

export function dataMissing(path: string, why = 'the node to delete does not exist'): Fault {
  return { type: 'application', tag: 'data-missing', path, message: why };
}

/** "An unexpected element is present" (RFC 6241 appendix A): state, or a node whose `when` is false (RFC 7950 8.3.2). */
export function unexpected(path: string, node: DataSchemaNode, why: string): Fault {
  return { type: 'application', tag: 'unknown-element', path, message: why, info: [badElement(node)] };
}

/** Data of two cases of one choice (RFC 7950 section 8.3.1), a second instance of a leaf or container. */
export function misplaced(path: string, node: DataSchemaNode, why: string): Fault {
  return { type: 'application', tag: 'bad-element', path, message: why, info: [badElement(node)] };
}

export function missingKey(path: string, key: LeafNode): Fault {
  return {
    type: 'application',
    tag: 'missing-element',
    path,
    message: `the list key ${key.name} is missing`,
    info: [badElement(key)],
  };
}

export function noValue(path: string, node: DataSchemaNode): Fault {
  return { type: 'application', tag: 'invalid-value', path, message: `${node.name} has no value` };
}

/** RFC 6243 section 4.5.2. */
export function invalidDefault(path: string, message: string): Fault {
  return { type: 'application', tag: 'invalid-value', path, message };
}

/**
 * Two entries of a list with one key, or two equal values of a leaf-list, in one payload. RFC 6241 section 7.2: the
 * contents of <config> "MUST follow the constraints of that data model"; RFC 7950 section 7.8.2: "the combined values of
 * all the leafs specified in the key are used to uniquely identify a list entry". The error for values that are not
 * unique is that of RFC 7950 section 15.1.
 */
export function notUnique(path: string, leaves: readonly string[], message: string): Fault {
  return {
    type: 'application',
    tag: 'operation-failed',
    appTag: 'data-not-unique',
    path,
    message,
    info: leaves.map((value) => ({ name: 'non-unique', value, module: YANG_NAMESPACE, isPath: true })),
  };
}

/** RFC 7950 section 15.7. */
export function missingInstance(path: string, node: DataSchemaNode, attribute: 'key' | 'value'): Fault {
  return {
    type: 'application',
    tag: 'bad-attribute',
    appTag: 'missing-instance',
    path,
    message: 'the entry that the insertion refers to does not exist',
    info: [badAttribute(attribute), badElement(node)],
  };
}

export function attributeFault(
  tag: 'bad-attribute' | 'missing-attribute' | 'unknown-attribute',
  path: string,
  node: DataSchemaNode,
  attribute: string,
  message: string,
): Fault {
  return { type: 'application', tag, path, message, info: [badAttribute(attribute), badElement(node)] };
}

function badElement(node: DataSchemaNode): FaultInfo {
  return { name: 'bad-element', value: node.name };
}

function badAttribute(name: string): FaultInfo {
  return { name: 'bad-attribute', value: name };
}
