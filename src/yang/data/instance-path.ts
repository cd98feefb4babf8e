/** Instance paths as faults carry them (fault.ts): `/module:a/b[key='v']/c`. */
import type { DataSchemaNode, ListNode, OperationNode } from '../schema/node.ts';
import { quote } from '../xpath/instance-identifier.ts';

/** The path of the root of an operation's data: `/module:rpc`, `/module:notification`, or below an action's node. */
export function operationPath(operation: OperationNode): string {
  return operation.kind === 'notification' || operation.kind === 'structure'
    ? operation.path
    : operation.path.replace(/\/[^/]*$/, '');
}

/**
 * The path of a child.
 *
 * @param parentModule the module of the parent node, whose name is not repeated; undefined below the root
 * @param predicate `[name='a']`, from keyPredicate or valuePredicate, or empty
 */
export function childPath(
  parent: string,
  parentModule: string | undefined,
  child: DataSchemaNode,
  predicate = '',
): string {
  const module = child.module.name;
  return `${parent}/${module === parentModule ? '' : `${module}:`}${child.name}${predicate}`;
}

/** A key that is not known is left out. */
export function keyPredicate(list: ListNode, values: readonly (string | undefined)[]): string {
  return list.keys
    .map((key, index) => {
      const value = values[index];
      return value === undefined ? '' : `[${key.name}=${quote(value)}]`;
    })
    .join('');
}

export function valuePredicate(value: string): string {
  return `[.=${quote(value)}]`;
}
