/** Whether the input of an rpc or action is what its schema says (RFC 7950 sections 7.14.2, 7.15.1, 8.1). */
import type { DataNode } from '../../../yang/data/node.ts';
import { type OperationContext, operationFaults } from '../../../yang/data/validate.ts';
import { type Fault, FaultError } from '../../../yang/fault.ts';
import type { RpcNode, Schema } from '../../../yang/schema/node.ts';

/** Throws a FaultError with all faults. */
export function assertInput<B = never>(
  schema: Schema,
  rpc: RpcNode,
  input: readonly DataNode[],
  context: OperationContext<B>,
): void {
  const faults = operationFaults(schema, rpc.input, input, context);
  if (faults.length > 0) throw new FaultError(...faults.map(asModuleSays));
}

/**
 * RFC 8526 section 3.1.1: `with-origin` for another datastore than operational is an `invalid-value`, whatever its `when`
 * makes of it.
 */
function asModuleSays(fault: Fault): Fault {
  const isOrigin = fault.path === '/ietf-netconf-nmda:get-data/with-origin' && fault.tag === 'unknown-element';
  if (!isOrigin) return fault;
  const { info: _, ...rest } = fault;
  return { ...rest, tag: 'invalid-value' };
}
